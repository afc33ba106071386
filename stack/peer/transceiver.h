// A media section as a peer sees it: what it wants to send and receive there, and what has been
// agreed (RFC 9429 §3.4.1, RTCRtpTransceiver of the W3C API).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/peer/codec.h"
#include "stack/peer/remote_session.h"
#include "stack/peer/simulcast.h"
#include "stack/sdp/stream_attributes.h"

namespace natsim::peer {

// Counts from 1 in the order in which a peer's transceivers came up.
using TransceiverId = std::uint32_t;

// What is sent: "a=msid:stream id" (RFC 8830).
struct Track {
  std::string stream;  // "-": of no stream
  std::string id;

  bool operator==(const Track&) const = default;
};

// What offers and answers have settled; goes back to what it was on a rollback.
struct Agreement {
  std::string mid;                        // empty: in no section yet
  std::optional<sdp::Direction> current;  // nullopt: not negotiated yet, or rejected
  std::vector<Codec> codecs;              // to send: both have them, the peer's payload types
  std::vector<Codec> received_codecs;     // as the own description has them
  std::vector<sdp::HeaderExtension> extensions;
  bool reduced_size = false;        // RTCP need not be compound (RFC 5506)
  std::optional<Track> sent_track;  // that the own description names
  bool remote_sends = false;        // by its latest description
  std::vector<sdp::MediaStreamId> remote_streams;
  std::vector<RemoteSource> remote_sources;
  std::vector<std::string> sent_rids;      // of simulcast; empty: one plain stream
  std::vector<std::string> received_rids;  // of the peer's
};

struct Transceiver {
  TransceiverId id = 0;
  MediaKind kind = MediaKind::audio;
  sdp::Direction direction = sdp::Direction::sendrecv;  // wanted
  bool stopped = false;
  bool by_remote_offer = false;   // came up for a section of the peer's offer
  bool may_take_section = false;  // by `add_track`: takes the section of a remote offer (§5.10)
  std::optional<Track> track;     // sent, while direction and peer allow it
  std::uint32_t ssrc = 0;         // of what is sent
  std::uint32_t rtx_ssrc = 0;     // of its retransmissions
  std::uint32_t fec_ssrc = 0;     // of its repairs, where they are a stream
  std::vector<Codec> codecs;      // that it may use, best first
  std::vector<SendEncoding> encodings;  // of simulcast that it would send; empty: one stream
  Agreement agreed;
};

}  // namespace natsim::peer
