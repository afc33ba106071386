// Application-level gateways: what a NAT may change in UDP payloads beyond the headers (RFC 4787
// §7). IPv4 only: NATs translate it, and it is what such gateways look for.
#pragma once

#include <cstdint>
#include <optional>

#include <absl/functional/function_ref.h>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::nat {

// A payload with addresses exchanged, and how often one was.
struct RewrittenPayload {
  Bytes bytes;
  std::uint32_t places = 0;
};

// Puts the address of `to` wherever four bytes are that of `from`, and its port where the two bytes
// before them (as in a STUN attribute), or else those behind them, are the port. What is encoded in
// another way, as XOR-MAPPED-ADDRESS is for this very reason (RFC 8489 §14.2), stays. nullopt if
// there is nothing to change. Precondition: both are IPv4.
std::optional<RewrittenPayload> rewrite_any_address(ByteView payload, const Endpoint& from,
                                                    const Endpoint& to);

inline constexpr std::uint16_t sip_port = 5060;  // RFC 3261 §19.1.2

// For an internal endpoint at which media is expected: where it is to be sent.
using MediaTranslation = absl::FunctionRef<std::optional<Endpoint>(const Endpoint& internal)>;

// The same for the text of a SIP message: the address of `from` becomes that of `to` in the header
// and in an SDP body, and so does its port behind a colon. An address without a port keeps none. In
// the body, the port of a media description with that address becomes the one that `media` gives,
// if it gives any; a=rtcp is not looked at. Content-Length is mended. nullopt if there is nothing
// to change or the payload is no SIP message.
std::optional<RewrittenPayload> rewrite_sip(ByteView payload, const Endpoint& from,
                                            const Endpoint& to, MediaTranslation media);

}  // namespace natsim::nat
