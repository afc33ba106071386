// Candidates as text: the candidate attribute of RFC 8839 §5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/ice/candidate.h"

namespace natsim::ice {

// Whether raddr and rport tell the truth or 0.0.0.0:9 / [::]:9, which RFC 8839 §5.1 allows for
// privacy.
enum class RelatedAddress : std::uint8_t { shown, hidden };

// "candidate:1 1 UDP 2130706431 192.0.2.1 3478 typ host", without "a=". A related address that is
// unset is written as hidden, since the grammar wants one for every type but host.
std::string encode_candidate(const Candidate& candidate,
                             RelatedAddress related = RelatedAddress::shown);

// Why a line is no candidate for this agent.
enum class CandidateLineError : std::uint8_t {
  no_prefix,        // neither "candidate:" nor "a=candidate:" in front
  too_few_fields,   // the fields up to the type are not all there
  bad_foundation,   // not 1 to 32 ice-chars
  bad_component,    // not 1..255
  other_transport,  // neither UDP nor TCP
  bad_priority,     // not 1..2^31-1
  bad_address,      // neither an IP address nor a name in "local."
  bad_port,         // not 0..65535
  bad_type,         // not "typ" and one of the four types
  bad_tcp_type,     // over TCP, and "tcptype" is neither active nor passive nor so, or not there
  bad_related,      // raddr or rport malformed, or one without the other
  odd_extension,    // an extension's name without a value
};
std::string_view to_string(CandidateLineError error);

// The candidate of `line`, with or without "a=". Of the extensions the
// username fragment ("ufrag", RFC 8840 §4.4) is kept; the others are skipped. On failure gives
// nullopt and, when `error` is not null, the reason. A hidden related address is left unset, and so
// is an address that a name stands for.
std::optional<Candidate> parse_candidate(std::string_view line,
                                         CandidateLineError* error = nullptr);

}  // namespace natsim::ice
