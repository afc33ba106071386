#include "sim/record/event_text.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace natsim::record {
namespace {

// "{name}" stands for the field of that name. A part in brackets is left out if one of its fields
// is missing or empty.
struct Sentence {
  std::string_view kind;
  std::string_view text;
};

constexpr Sentence sentences[] = {
    Sentence{"ice.candidate", "{type} candidate {address}[, told as {name}][, TCP {tcp}]"},
    Sentence{"ice.remote_candidate",
             "learns the peer's {type} candidate {address}[, {name}][, TCP {tcp}]"},
    Sentence{"ice.restart", "restarts ICE[ ({reason})]"},
    Sentence{"ice.signal_ignored", "ignores a signalled {what}: {reason}"},
    Sentence{"ice.gathering", "gathering {state}"},
    Sentence{"ice.gathering_failed",
             "gathering failed at the {kind} server {server}[ over {transport}][: {reason}]"},
    Sentence{"ice.connection", "connection to {server} over {transport} {state}[: {reason}]"},
    Sentence{"ice.pair",
             "pair {pair} {state}: {local_type} {local} with {remote_type} {remote}[ over "
             "{transport}][ ({reason})]"},
    Sentence{"turn.peer", "connection of {relay} with {peer} {state}[: {reason}]"},
    Sentence{"turn_tcp.allocated", "{server} relays TCP at {relay}"},
    Sentence{"turn_tcp.connected", "connected with {peer} through the relay"},
    Sentence{"turn_tcp.failed", "no connection with {peer} through the relay: {reason}"},
    Sentence{"turn_tcp.ended", "the relay for TCP has ended: {reason}"},
    Sentence{"ice.component", "component {component} of stream {stream}: {state}"},
    Sentence{"ice.path", "connection from {local} to {remote} {state}[: {reason}]"},
    Sentence{"ice.nominated", "pair {pair} nominated"},
    Sentence{"ice.selected",
             "selects pair {pair}: {local_type} {local} with {remote_type} {remote}"},
    Sentence{"ice.state", "ICE {state}[ ({reason})]"},
    Sentence{"ice.role", "role {role}"},
    Sentence{"ice.consent_lost", "consent lost on pair {pair}"},
    Sentence{"ice.ignored", "ignores a packet from {from}: {reason}"},
    Sentence{"signal.sent", "signals {what}[: {text}]"},
    Sentence{"signal.received", "signalled {what}[: {text}]"},
    Sentence{"program.started", "starts {command}"},
    Sentence{"program.said", "prints {line}"},
    Sentence{"program.told", "is told {line}"},
    Sentence{"program.unheard", "prints what nobody listens to any more: {line}"},
    Sentence{"program.ended", "ends by {how}"},
    Sentence{"outside.unreadable", "sends {bytes} bytes that are no datagram"},
    Sentence{"signal.lost", "signalling lost: {what}[: {text}]"},
    Sentence{"signal.refused", "signalling refused: {what}, {reason}"},
    Sentence{"room.entered", "{how} the room '{room}' as {name}"},
    Sentence{"room.member_arrived", "{name} is in the room now"},
    Sentence{"room.member_left", "{name} has left the room: {reason}"},
    Sentence{"room.sent", "says {what} to the room"},
    Sentence{"room.received", "hears {what} from {from}"},
    Sentence{"room.error", "the signalling server answers: {reason}"},
    Sentence{"room.lost",
             "has no connection to the signalling server: {reason}; tries again in {wait}"},
    Sentence{"room.gone", "has left the room '{room}'"},
    Sentence{"room.joined", "{name} joins the room '{room}' from {client}"},
    Sentence{"room.resumed", "{name} is back in the room '{room}' from {client}"},
    Sentence{"room.relayed", "hands on {what} of {name} in the room '{room}'"},
    Sentence{"room.refused", "refuses {client} a message: {reason}"},
    Sentence{"room.absent", "{name} in the room '{room}' has no connection: {reason}"},
    Sentence{"room.left", "{name} leaves the room '{room}': {reason}"},
    Sentence{"room.restarted", "the signalling server restarts, connections: {connections}"},
    Sentence{"room.closed", "the connection of {client} ends: {reason}"},
    Sentence{"peer.signalling", "signalling {state}"},
    Sentence{"peer.state", "connection {state}"},
    Sentence{"peer.track", "gets a track of {kind}, section {mid}[: {id}]"},
    Sentence{"peer.track_ended", "the track of {kind} has ended, section {mid}"},
    Sentence{"peer.refused", "refuses {what}: {reason}"},
    Sentence{"dtls.state", "DTLS {state}[ as {role}][ with {cipher}, {profile}][: {reason}]"},
    Sentence{"tls.opened", "TLS with {peer} is open: {version}[, {alpn}][, for '{name}']"},
    Sentence{"tls.failed", "TLS with {peer} failed: {reason}"},
    Sentence{"rtp.goodbye", "the peer has ended the stream {ssrc}"},
    Sentence{"stun.mapped", "mapped to {mapped}, says {server}"},
    Sentence{"stun.failed", "STUN request failed: {reason}"},
    Sentence{"stun.probe",
             "the NAT's mapping is {mapping}, filtering {filtering}, hairpin {hairpin}"},
    Sentence{"turn.allocated", "allocates {relay} for {client}[, user {user}]"},
    Sentence{"turn.refreshed", "keeps {relay} for {lifetime} more"},
    Sentence{"turn.moved", "{client} takes {relay} along from {former}"},
    Sentence{"turn.ended", "allocation {relay} {why}"},
    Sentence{"turn.connected", "{client} connects over {transport}"},
    Sentence{"turn.disconnected", "the connection of {client} over {transport} ends: {reason}"},
    Sentence{"stream.discarded", "discards a message of a stream: {note} ({reason})"},
    Sentence{"turn.permission", "lets {peer} through at {relay}"},
    Sentence{"turn.permission_expired", "no longer lets {peer} through at {relay}"},
    Sentence{"turn.channel", "channel {number} leads from {relay} to {peer}"},
    Sentence{"turn.channel_expired", "channel {number} no longer leads from {relay} to {peer}"},
    Sentence{"turn.relay_failed", "cannot relay at {relay}: {reason}"},
    Sentence{"turn.refused", "refuses {client} {method}: {code} {reason}"},
    Sentence{"tcp.connected", "TCP {local} connected with {remote}"},
    Sentence{"tcp.ended", "TCP {local} with {remote}: {how}"},
    Sentence{"tcp.timeout", "TCP {local} with {remote}: no answer, next timeout {rto}"},
    Sentence{"nat.flushed", "is flushed, {kind}, mappings: {mappings}"},
    Sentence{"nat.rebooted", "reboots, up again in {downtime}, mappings: {mappings}"},
    Sentence{"nat.renumbered", "has the external address {address} now, mappings: {mappings}"},
    Sentence{"nat.reconfigured", "is configured anew, {kind}, mappings: {mappings}"},
    Sentence{"nat.payload_rewritten",
             "tells of {to} in the place of {from} in a payload, places: {places}, by the gateway "
             "for {gateway}"},
    Sentence{"dns.resolved", "{name} has {addresses} addresses[: {reason}]"},
    Sentence{"portmap.client", "port mapping {state}[, external {external}][: {failure}]"},
    Sentence{"portmap.mapped", "maps {internal} to {external} for {lifetime}, by {protocol}"},
    Sentence{"portmap.kept",
             "keeps the mapping of {internal} to {external} towards {peer} for {lifetime}, by "
             "{protocol}"},
    Sentence{"portmap.deleted", "ends the mapping of {internal}, by {protocol}"},
    Sentence{"portmap.refused", "refuses {internal} a mapping by {protocol}: result {result}"},
    Sentence{"scenario.log", "{text}"},
    Sentence{"scenario.metric", "{name} = {value}"},
    Sentence{"scenario.failed", "FAILED: {message}"},
    Sentence{"scenario.host_asleep", "{host} falls asleep"},
    Sentence{"scenario.host_awake", "{host} wakes up"},
    Sentence{"scenario.address_changed", "{interface} has the address {address} now"},
    Sentence{"scenario.partition", "parts {from} from {to}"},
    Sentence{"scenario.partition_healed", "heals a partition that dropped {dropped} packets"},
};

std::string value_of(const core::AgentEvent& event, std::string_view field) {
  const auto found = std::find_if(event.fields.begin(), event.fields.end(),
                                  [field](const core::Field& f) { return f.name == field; });
  return found == event.fields.end() ? std::string() : to_string(*found);
}

// Fills in the fields; nullopt if one is missing or empty.
std::optional<std::string> fill(std::string_view text, const core::AgentEvent& event) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    filled += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string value = value_of(event, text.substr(open + 1, close - open - 1));
    if (value.empty()) return std::nullopt;
    filled += value;
    text.remove_prefix(close + 1);
  }
  return filled;
}

std::optional<std::string> fill_with_brackets(std::string_view text,
                                              const core::AgentEvent& event) {
  std::string filled;
  while (!text.empty()) {
    const bool optional = text.front() == '[';
    if (optional) text.remove_prefix(1);
    const std::size_t end = std::min(text.find(optional ? ']' : '['), text.size());
    const auto part = fill(text.substr(0, end), event);
    if (!part && !optional) return std::nullopt;
    filled += part.value_or("");
    text.remove_prefix(std::min(end + (optional ? 1 : 0), text.size()));
  }
  return filled;
}

// An event that has no sentence: its kind in plain words, and its fields.
std::string list_fields(const core::AgentEvent& event) {
  std::string text(event.kind);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
  std::string_view separator = ": ";
  for (const core::Field& field : event.fields) {
    text += fmt::format("{}{} {}", separator, field.name, to_string(field));
    separator = ", ";
  }
  return text;
}

}  // namespace

std::string to_string(const core::Field& field) {
  return std::visit(
      [](const auto& value) {
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::int64_t>) {
          return fmt::format("{}", value);
        } else if constexpr (std::is_same_v<Value, std::string_view>) {
          return std::string(value);
        } else if constexpr (std::is_same_v<Value, Endpoint>) {
          // An address alone, such as a permission's, has port 0.
          return value.port == 0 ? natsim::to_string(value.address) : natsim::to_string(value);
        } else {
          return natsim::to_string(value);
        }
      },
      field.value);
}

std::string describe_agent_event(const core::AgentEvent& event) {
  const auto* const found = std::find_if(std::begin(sentences), std::end(sentences),
                                         [&](const Sentence& s) { return s.kind == event.kind; });
  const auto told =
      found == std::end(sentences) ? std::nullopt : fill_with_brackets(found->text, event);
  return told ? *told : list_fields(event);
}

std::string describe_mapping_event(const core::MappingEvent& event) {
  const std::string internal =
      event.softwire.is_any()
          ? to_string(event.internal)
          : fmt::format("{} of {}", to_string(event.internal), to_string(event.softwire));
  const std::string mapping = fmt::format("{} <-> {}", internal, to_string(event.external));
  const auto lifetime = [&] {
    return event.expires.is_never()
               ? std::string()
               : fmt::format(", expires when idle for {}", to_string(event.expires - event.at));
  };
  switch (event.step) {
    case core::MappingStep::created:
      // One that was asked for is for no remote, and has an end in the place of an idle timer.
      if (!event.remote.is_set()) {
        return fmt::format("mapping {} made as it was asked for: {}, for {}", event.mapping,
                           mapping, to_string(event.expires - event.at));
      }
      return fmt::format("mapping {} made: {}, towards {}{}", event.mapping, mapping,
                         to_string(event.remote), lifetime());
    case core::MappingStep::refreshed:
      return fmt::format("mapping {} refreshed{}", event.mapping, lifetime());
    case core::MappingStep::filter_opened:
      return fmt::format("mapping {} opens its filter for {}", event.mapping,
                         to_string(event.remote));
    case core::MappingStep::filter_closed:
      return fmt::format(
          "mapping {} closes its filter for {}", event.mapping,
          event.remote.port == 0 ? to_string(event.remote.address) : to_string(event.remote));
    case core::MappingStep::expired:
      return fmt::format("mapping {} expired: {}", event.mapping, mapping);
    case core::MappingStep::evicted:
      return fmt::format("mapping {} evicted: {}{}{}", event.mapping, mapping,
                         event.reason == core::DropReason::none ? "" : "; ",
                         event.reason == core::DropReason::none ? "" : describe(event.reason));
    case core::MappingStep::shadowed:
      return fmt::format("{} towards {} taken by the NAT itself{}", to_string(event.external),
                         to_string(event.remote), lifetime());
    case core::MappingStep::unshadowed:
      return fmt::format("{} towards {} free again", to_string(event.external),
                         to_string(event.remote));
    case core::MappingStep::refused:
      break;
  }
  return fmt::format("no mapping for {} towards {}: {}", internal, to_string(event.remote),
                     describe(event.reason));
}

}  // namespace natsim::record
