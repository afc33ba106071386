#include "sim/record/datagram_text.h"

#include <optional>

#include <fmt/format.h>

#include "sim/net/encapsulation.h"
#include "sim/net/fragment.h"
#include "sim/net/packet.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/wire.h"
#include "sim/record/media_text.h"
#include "sim/record/portmap_text.h"
#include "sim/record/tls_text.h"
#include "sim/record/websocket_text.h"
#include "stack/portmap/nat_pmp_message.h"
#include "stack/stun/message.h"
#include "stack/turn/channel_data.h"
#include "stack/turn/stream_framing.h"

namespace natsim::record {

using stun::MessageClass;
using stun::MessageView;
using stun::Method;

namespace {

// A message whose FINGERPRINT is wrong is still described: what it is matters more here.
std::optional<MessageView> parse_stun(ByteView payload) {
  if (!stun::looks_like_stun(payload)) return std::nullopt;
  return MessageView::parse(payload, nullptr, stun::FingerprintCheck::skip);
}

bool carries_data(const MessageView& message) {
  return message.is_indication() &&
         (message.method() == Method::send || message.method() == Method::data);
}

std::string text_of(const std::optional<Endpoint>& endpoint) {
  return endpoint ? to_string(*endpoint) : "nobody";
}

std::string describe_binding_request(const MessageView& message) {
  if (const auto change = message.change_request();
      change && (change->change_ip || change->change_port)) {
    return fmt::format(
        "STUN Binding request, answer from the other {}{}{}", change->change_ip ? "address" : "",
        change->change_ip && change->change_port ? " and " : "", change->change_port ? "port" : "");
  }
  if (!message.username()) return "STUN Binding request";
  return message.use_candidate() ? "ICE check, USE-CANDIDATE" : "ICE check";
}

// What a request is about, behind its name.
std::string subject_of(const MessageView& message) {
  std::string text;
  if (const auto channel = message.channel_number()) {
    text += fmt::format(" {:#06x}", *channel);
  }
  if (const auto peers = message.xor_peer_addresses()) {
    for (const Endpoint& peer : *peers) {
      text += fmt::format("{} {}", &peer == peers->data() ? " for" : ",",
                          message.method() == Method::create_permission ? to_string(peer.address)
                                                                        : to_string(peer));
    }
  }
  if (const auto lifetime = message.lifetime()) text += fmt::format(" for {} s", *lifetime);
  return text;
}

std::string describe_success(const MessageView& message) {
  std::string text;
  if (const auto relayed = message.xor_relayed_address()) {
    text += fmt::format(", relayed address {}", to_string(*relayed));
  }
  const auto mapped = message.has(stun::AttributeType::xor_mapped_address)
                          ? message.xor_mapped_address()
                          : message.mapped_address();
  if (mapped) text += fmt::format(", you are {}", to_string(*mapped));
  return text;
}

std::string describe_stun(const MessageView& message) {
  const bool binding = message.method() == Method::binding;
  const std::string name =
      fmt::format("{} {}", binding ? "STUN" : "TURN", to_string(message.method()));
  if (carries_data(message)) {
    return fmt::format("{} {} {}: {}", name, message.method() == Method::send ? "to" : "from",
                       text_of(message.xor_peer_address()),
                       describe_payload(message.data().value_or(ByteView())));
  }
  switch (message.message_class()) {
    case MessageClass::request:
      return binding ? describe_binding_request(message)
                     : fmt::format("{} request{}", name, subject_of(message));
    case MessageClass::indication:
      return name + " indication";
    case MessageClass::success_response:
      return fmt::format("{} success{}", name, describe_success(message));
    case MessageClass::error_response:
      break;
  }
  const auto error = message.error_code();
  return error ? fmt::format("{} error {} {}", name, static_cast<int>(error->number),
                             stun::reason_phrase(error->number))
               : name + " error";
}

std::string_view text_of(net::IcmpError error) {
  switch (error) {
    case net::IcmpError::no_route:
      return "no route";
    case net::IcmpError::host_unreachable:
      return "host unreachable";
    case net::IcmpError::port_unreachable:
      return "port unreachable";
    case net::IcmpError::too_big:
      return "packet too big";
    case net::IcmpError::admin_prohibited:
      return "administratively prohibited";
    case net::IcmpError::reassembly_timeout:
      return "reassembly timed out";
    case net::IcmpError::hop_limit_exceeded:
      return "hop limit exceeded";
  }
  return {};
}

std::string describe_icmp(ByteView datagram) {
  net::PacketPool pool;
  const net::PacketPtr packet = net::parse_datagram(pool, datagram);
  const auto error = packet == nullptr ? std::nullopt : net::parse_icmp_error(*packet);
  if (!error) return fmt::format("ICMP, {} bytes", datagram.size());
  return fmt::format("ICMP {}, about {} -> {}", text_of(error->error),
                     to_string(error->quoted_source), to_string(error->quoted_destination));
}

bool is_fragment(ByteView datagram) {
  if (datagram.size() < net::ipv4_header_size) return false;
  if (datagram[0] >> 4 == 4) {
    return (load_be16(datagram.data() + net::field::ipv4_fragment) & 0x3fff) != 0;
  }
  return datagram[6] == net::ipv6_fragment_header;
}

// What is behind the IP header; empty of a fragment, and if that is of another protocol or ends
// before.
ByteView transport_of(ByteView datagram, net::Protocol protocol) {
  if (datagram.empty()) return {};
  const bool v4 = datagram[0] >> 4 == 4;
  const std::size_t offset = v4 ? (datagram[0] & 0x0fU) * std::size_t{4} : net::ipv6_header_size;
  if (datagram.size() < offset || datagram.size() < net::ipv4_header_size) return {};
  if (datagram[v4 ? 9 : 6] != static_cast<std::uint8_t>(protocol)) return {};
  if (is_fragment(datagram)) return {};
  return datagram.subspan(offset);
}

// The messages of a TURN connection that begin and end in this segment; empty if it begins none.
std::string describe_turn_stream(ByteView payload) {
  turn::StreamFraming framing;
  framing.receive(payload);
  std::string text;
  while (const auto message = framing.poll_message()) {
    text += fmt::format("{}{}", text.empty() ? "" : "; ", describe_payload(*message));
  }
  return text;
}

// The numbers are the header's own: SYN, data and FIN with their place in the sequence space, an
// acknowledgement alone with what it acknowledges.
std::string describe_tcp(ByteView datagram) {
  const auto segment = net::parse_tcp(transport_of(datagram, net::Protocol::tcp));
  if (!segment) return fmt::format("malformed TCP, {} bytes", datagram.size());
  std::string text = "TCP";
  if (segment->has(net::tcp_flag::syn)) text += " SYN";
  if (segment->has(net::tcp_flag::fin)) text += " FIN";
  if (segment->has(net::tcp_flag::rst)) text += " RST";
  if (segment->length() > 0) text += fmt::format(" seq {}", segment->seq);
  if (segment->has(net::tcp_flag::ack)) text += fmt::format(" ACK {}", segment->ack);
  if (!segment->payload.empty()) text += fmt::format(", {} bytes", segment->payload.size());
  if (segment->window == 0 && !segment->has(net::tcp_flag::rst)) text += ", window 0";
  if (const std::string tls = describe_tls(segment->payload); !tls.empty()) {
    text += ": " + tls;
  } else if (const std::string stream = describe_websocket(segment->payload); !stream.empty()) {
    text += ": " + stream;
  } else if (const std::string turn = describe_turn_stream(segment->payload); !turn.empty()) {
    text += ": " + turn;
  }
  return text;
}

}  // namespace

ByteView udp_payload(ByteView datagram) {
  const ByteView udp = transport_of(datagram, net::Protocol::udp);
  return udp.size() < net::udp_header_size ? ByteView() : udp.subspan(net::udp_header_size);
}

ByteView without_turn_framing(ByteView payload) {
  if (turn::ChannelData::matches(payload)) {
    if (const auto data = turn::ChannelData::parse(payload)) return data->payload;
  } else if (const auto message = parse_stun(payload); message && carries_data(*message)) {
    if (const auto data = message->data()) return *data;
  }
  return payload;
}

std::string describe_payload(ByteView payload) {
  if (const auto message = parse_stun(payload)) return describe_stun(*message);
  if (turn::ChannelData::matches(payload)) {
    if (const auto data = turn::ChannelData::parse(payload)) {
      return fmt::format("TURN channel {:#06x}: {}", data->number, describe_payload(data->payload));
    }
  }
  if (std::string text = describe_media(payload); !text.empty()) return text;
  return fmt::format("data, {} bytes", payload.size());
}

// What an IPv6 packet carries; tunnels within are not looked into.
static std::string describe_encapsulated(const core::PacketEvent& event) {
  net::PacketPool pool;
  const auto outer = net::parse_datagram(pool, event.datagram);
  const auto inner = outer && !outer->is_v4() ? net::decapsulate(pool, *outer) : net::PacketPtr();
  if (inner == nullptr) return fmt::format("IPv4 in IPv6, {} bytes", event.datagram.size());
  core::PacketEvent carried = event;
  carried.protocol = static_cast<std::uint8_t>(inner->protocol);
  carried.source = inner->source;
  carried.destination = inner->destination;
  carried.datagram = inner->datagram();
  return fmt::format("IPv4 in IPv6, {} to {}: {}", to_string(inner->source),
                     to_string(inner->destination), describe_datagram(carried));
}

std::string describe_datagram(const core::PacketEvent& event) {
  net::PacketPool pool;
  if (is_fragment(event.datagram)) {
    if (const auto fragment = net::parse_datagram(pool, event.datagram)) {
      const std::size_t from = fragment->fragment_offset;
      return fmt::format("fragment {}, bytes {} to {}{}", net::identification_of(*fragment), from,
                         from + fragment->transport().size(),
                         fragment->more_fragments ? "" : ", the last");
    }
  }
  switch (static_cast<net::Protocol>(event.protocol)) {
    case net::Protocol::udp: {
      const ByteView payload = udp_payload(event.datagram);
      if (event.destination.port == portmap::server_port ||
          event.source.port == portmap::server_port) {
        if (std::string text = describe_portmap(payload); !text.empty()) return text;
      }
      return describe_payload(payload);
    }
    case net::Protocol::icmp:
    case net::Protocol::icmpv6:
      return describe_icmp(event.datagram);
    case net::Protocol::tcp:
      return describe_tcp(event.datagram);
    case net::Protocol::ipv4:
      return describe_encapsulated(event);
  }
  return fmt::format("IP protocol {}, {} bytes", event.protocol, event.datagram.size());
}

}  // namespace natsim::record
