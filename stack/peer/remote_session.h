// What a peer's description says, read once and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/result.h"
#include "stack/ice/credentials.h"
#include "stack/peer/codec.h"
#include "stack/sdp/description.h"
#include "stack/sdp/stream_attributes.h"
#include "stack/sdp/transport_attributes.h"

namespace natsim::peer {

// One of the peer's RTP streams, as "a=ssrc" and "a=ssrc-group" of FID and FEC-FR tell of it (RFC
// 5576).
struct RemoteSource {
  std::uint32_t ssrc = 0;
  std::optional<std::uint32_t> rtx_ssrc;  // that repeats it
  std::string cname;
  std::optional<std::uint32_t> fec_ssrc;  // that repairs it

  bool operator==(const RemoteSource&) const = default;
};

struct RemoteSection {
  std::string kind;                  // of the "m=" line
  std::optional<MediaKind> media;    // nullopt: of no kind that this peer has
  std::string protocol;              // of the "m=" line
  std::vector<std::string> formats;  // of the "m=" line
  bool rejected = false;             // port 0, and not bundle-only (RFC 9143 §6)
  std::string mid;
  bool mid_signalled = true;  // false: there was none or an empty one, `mid` was made up
  bool bundled = false;       // in the session's BUNDLE group
  bool rtcp_mux = false;
  bool reduced_size = false;  // a=rtcp-rsize (RFC 5506)
  sdp::Direction direction = sdp::Direction::sendrecv;
  std::vector<Codec> codecs;
  std::vector<sdp::HeaderExtension> extensions;
  std::vector<sdp::MediaStreamId> streams;  // a=msid, else that of a=ssrc
  std::vector<RemoteSource> sources;        // those that repeat or repair another one are left out
  std::vector<sdp::RtpStreamId> rids;
  std::optional<sdp::Simulcast> simulcast;
};

// Of the one transport that all sections share.
struct RemoteTransport {
  ice::Credentials credentials;
  bool lite = false;          // a=ice-lite
  bool trickles = false;      // a=ice-options:trickle
  bool renomination = false;  // a=ice-options:renomination
  std::vector<sdp::Fingerprint> fingerprints;
  std::optional<sdp::Setup> setup;
  std::vector<std::string> candidates;  // "candidate:…" lines in their order
  bool end_of_candidates = false;
};

struct RemoteSession {
  std::vector<RemoteSection> sections;
  std::vector<std::string> bundle;  // mids of the BUNDLE group that has the first section
  bool mixed_extensions = false;    // a=extmap-allow-mixed (RFC 8285 §6)
  // nullopt if all sections are rejected.
  std::optional<RemoteTransport> transport;
};

// The error says the section, by its number from 0 and its mid, and what is wrong with it: two
// sections of one mid, two extensions of one id, ICE credentials that are missing, malformed or
// not the same in a bundle (RFC 8839 §4.4, RFC 9143 §7), no fingerprint (RFC 8122).
Result<RemoteSession> read_session(const sdp::Description& description);

}  // namespace natsim::peer
