#include "sim/record/packet_trails.h"

#include <absl/container/flat_hash_set.h>

#include "sim/record/datagram_text.h"
#include "sim/record/place.h"
#include "stack/stun/message.h"

namespace natsim::record {

using core::PacketStep;

namespace {

StunContents contents_of(const stun::MessageView& message) {
  StunContents contents{.is_success = message.is_success(),
                        .is_binding = message.method() == stun::Method::binding,
                        .is_allocation = message.method() == stun::Method::allocate};
  if (contents.is_binding && message.is_request()) {
    const std::string_view username = message.username().value_or("");
    contents.is_check = message.priority().has_value() && !username.empty();
    contents.is_controlled = message.ice_controlled().has_value();
    contents.nominates = message.use_candidate();
    // "the peer's:the sender's" (RFC 8445 section 7.2.2).
    const std::size_t colon = username.find(':');
    if (colon != std::string_view::npos) contents.own_fragment = username.substr(colon + 1);
  }
  if (contents.is_success) {
    contents.mapped = message.xor_mapped_address().value_or(Endpoint());
    contents.relayed = message.xor_relayed_address().value_or(Endpoint());
  }
  return contents;
}

}  // namespace

void PacketTrails::begin(const core::PacketEvent& event) {
  const ByteView datagram = udp_payload(event.datagram);
  const ByteView payload = without_turn_framing(datagram);
  if (!stun::looks_like_stun(payload)) return;
  const auto message = stun::MessageView::parse(payload, nullptr, stun::FingerprintCheck::skip);
  if (!message || message->is_indication()) return;
  by_packet_[event.packet] = trails_.size();
  const std::string transaction = to_string(message->transaction_id());
  by_transaction_[transaction].push_back(trails_.size());
  trails_.push_back({.packet = event.packet,
                     .transaction = transaction,
                     .is_response = message->is_response(),
                     .contents = contents_of(*message),
                     .sender = place_name(world_, event.where),
                     .sent = event.at,
                     .source = event.source,
                     .destination = event.destination,
                     .last_source = event.source,
                     .last_destination = event.destination});
  trails_.back().contents.is_framed = payload.data() != datagram.data();
}

void PacketTrails::on_packet(const core::PacketEvent& event) {
  if (event.step == PacketStep::created) return begin(event);
  if (event.step == PacketStep::egress || event.step == PacketStep::ingress ||
      event.step == PacketStep::impaired) {
    return;
  }
  const auto found = by_packet_.find(event.packet);
  if (found == by_packet_.end()) return;
  PacketTrail& trail = trails_[found->second];
  trail.last_source = event.source;
  trail.last_destination = event.destination;
  if (event.step == PacketStep::translated) {
    trail.translations.push_back({.nat = event.where,
                                  .old_source = event.old_source,
                                  .source = event.source,
                                  .old_destination = event.old_destination,
                                  .destination = event.destination});
    return;
  }
  trail.fate = event.step == PacketStep::delivered ? PacketTrail::Fate::delivered
                                                   : PacketTrail::Fate::dropped;
  trail.ended = event.at;
  trail.where = event.where;
  trail.place = place_name(world_, event.where);
  trail.reason = event.reason;
  trail.note = event.note;
}

std::vector<const PacketTrail*> PacketTrails::of_transaction(const std::string& hex) const {
  std::vector<const PacketTrail*> trails;
  const auto found = by_transaction_.find(hex);
  if (found == by_transaction_.end()) return trails;
  for (const std::size_t index : found->second) trails.push_back(&trails_[index]);
  return trails;
}

std::vector<const PacketTrail*> PacketTrails::with_server(std::string_view host,
                                                          const Endpoint& server) const {
  absl::flat_hash_set<std::string_view> transactions;
  std::vector<const PacketTrail*> found;
  for (const PacketTrail& trail : trails_) {
    if (!trail.is_response && trail.sender == host && trail.destination == server) {
      transactions.insert(trail.transaction);
    }
    if (transactions.contains(trail.transaction)) found.push_back(&trail);
  }
  return found;
}

}  // namespace natsim::record
