// How a peer writes its sections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stack/ice/credentials.h"
#include "stack/peer/session_description.h"
#include "stack/peer/transceiver.h"
#include "stack/sdp/description.h"
#include "stack/sdp/transport_attributes.h"

namespace natsim::peer {

// What an own description says of the transport that all sections share.
struct LocalTransport {
  ice::Credentials credentials;
  bool lite = false;
  bool renomination = false;  // a=ice-options:renomination
  sdp::Fingerprint fingerprint;
  std::vector<std::string> candidates;  // "candidate:…" lines, in the order they were gathered
  bool complete = false;                // there will be no more
};

// A section of an own description. One without a transceiver, or rejected, has port 0.
struct LocalSection {
  std::string kind;                  // of the "m=" line
  std::string protocol;              // of the "m=" line
  std::vector<std::string> formats;  // of one that is rejected: as the peer wrote them
  std::string mid;
  bool mid_signalled = true;  // an answer leaves out a mid that the offer has not
  bool rejected = false;
  TransceiverId transceiver = 0;
  sdp::Direction direction = sdp::Direction::inactive;
  std::vector<Codec> codecs;
  std::vector<sdp::HeaderExtension> extensions;
  std::vector<std::string> sent_rids;      // of simulcast
  std::vector<std::string> received_rids;  // of the peer's simulcast
  bool reduced_size = true;
};

struct LocalSession {
  sdp::Origin origin;
  sdp::Setup setup = sdp::Setup::actpass;
  bool mixed_extensions = true;
  std::string cname;
  std::vector<LocalSection> sections;
};

// The header extensions that a peer has for a kind of media, with the ids that its offers give
// them.
std::vector<sdp::HeaderExtension> extensions_of(MediaKind kind);
// Those of `offered` that the peer has, with the offer's ids.
std::vector<sdp::HeaderExtension> common_extensions(
    const std::vector<sdp::HeaderExtension>& offered, MediaKind kind);

// The description. All sections that are not rejected are in one BUNDLE group, the first of them
// carries the candidates (RFC 9143 §7.2). While candidates may still come, the "m=" and "c=" lines
// say port 9 and 0.0.0.0; afterwards the default candidate, of the type most likely to work:
// relayed, server-reflexive, host (RFC 8445 §5.1.4).
sdp::Description write_session(const LocalSession& session, const LocalTransport& transport,
                               const std::vector<Transceiver>& transceivers);

}  // namespace natsim::peer
