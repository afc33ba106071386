#include "sim/record/remedy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace natsim::record {

using core::DropReason;
using nat::Dependence;

namespace {

// A NAT that behaves otherwise than it did.
enum class Change : std::uint8_t {
  sender_eim,    // the sender's NAT keeps one mapping for all destinations
  receiver_eim,  // so does the filtering NAT
  filter_adf,    // the filtering NAT looks at the address alone
  filter_eif,    // it admits everyone
};

class Counterfactual {
 public:
  explicit Counterfactual(const FilteredPacket& packet) : packet_(packet) {
    if (packet.sender_nat != nullptr && packet.sender_mapping != nullptr) {
      kept_ = packet.sender_nat->first_of(packet.sender_mapping->internal, packet.at);
    }
  }

  // Whether the change would alter anything at all.
  [[nodiscard]] bool possible(Change change) const {
    switch (change) {
      case Change::sender_eim:
        return kept_ != nullptr && kept_->external != packet_.source &&
               packet_.sender_nat->options_at(packet_.at).mapping !=
                   Dependence::endpoint_independent;
      case Change::receiver_eim:
        return packet_.nat->options_at(packet_.at).mapping != Dependence::endpoint_independent;
      case Change::filter_adf:
        return packet_.reason == DropReason::nat_filtered_port;
      case Change::filter_eif:
        return true;
    }
    return false;
  }

  [[nodiscard]] bool passes(std::span<const Change> changes) const {
    const auto changed = [&](Change change) {
      return std::find(changes.begin(), changes.end(), change) != changes.end();
    };
    const Endpoint source = changed(Change::sender_eim) ? kept_->external : packet_.source;
    if (packet_.expected_source.is_set() && source != packet_.expected_source) return false;
    const bool one_mapping = changed(Change::receiver_eim);
    const bool admitted =
        changed(Change::filter_eif) ||
        admits(one_mapping, source,
               changed(Change::filter_adf) ? Dependence::address_dependent : filtering());
    return admitted && (!packet_.needs_answer || one_mapping || answers_by_the_mapping(source));
  }

  [[nodiscard]] std::string text(Change change) const {
    const std::string& receiver = packet_.nat->name;
    switch (change) {
      case Change::sender_eim:
        return fmt::format(
            "{} keeping {} on {} for every destination (endpoint-independent mapping, EIM): the "
            "packet would have come from there",
            packet_.sender_nat->name, to_string(kept_->internal), to_string(kept_->external));
      case Change::receiver_eim:
        return fmt::format(
            "{} keeping {} on {} for every destination (endpoint-independent mapping, EIM): its "
            "one mapping would admit whomever {} has sent to",
            receiver, to_string(packet_.mapping->internal), to_string(packet_.mapping->external),
            to_string(packet_.mapping->internal));
      case Change::filter_adf:
        return fmt::format(
            "{} filtering by address alone (address-dependent filtering, ADF): {} has been sent "
            "to, on another port",
            receiver, to_string(packet_.source.address));
      case Change::filter_eif:
        return fmt::format("{} filtering nobody (endpoint-independent filtering, EIF)", receiver);
    }
    return {};
  }

 private:
  [[nodiscard]] Dependence filtering() const {
    return packet_.reason == DropReason::nat_filtered_address
               ? Dependence::address_dependent
               : Dependence::address_and_port_dependent;
  }

  [[nodiscard]] bool admits(bool one_mapping, const Endpoint& source, Dependence filtering) const {
    const bool shared = one_mapping || packet_.nat->options_at(packet_.at).filter_scope ==
                                           nat::FilterScope::per_endpoint;
    const std::vector<Endpoint> contacts =
        shared ? packet_.nat->contacts_of(packet_.mapping->internal, packet_.at)
               : contacts_at(*packet_.mapping, packet_.at);
    return std::any_of(contacts.begin(), contacts.end(), [&](const Endpoint& contact) {
      return nat::seen_by(filtering, contact) == nat::seen_by(filtering, source);
    });
  }

  // Whether what the inside host sends back to `source` leaves by the mapping that it came in by.
  [[nodiscard]] bool answers_by_the_mapping(const Endpoint& source) const {
    const Dependence mapping = packet_.nat->options_at(packet_.at).mapping;
    return nat::seen_by(mapping, packet_.mapping->first_remote) == nat::seen_by(mapping, source);
  }

  const FilteredPacket& packet_;
  const MappingRecord* kept_ = nullptr;  // that an EIM sender's NAT would have used
};

std::vector<std::string> mapping_changes(const PacketTrail& trail, const NatHistory& nats) {
  const NatRecord* const nat = nats.find(trail.where);
  const MappingRecord* const mapping =
      nat == nullptr ? nullptr : nat->with_external(trail.last_destination, trail.ended);
  if (mapping == nullptr || mapping->lives_at(trail.ended)) return {};
  return {fmt::format(
      "a keepalive from {} at least every {}, the idle timeout of {}: mapping {} was last used at "
      "{} and ended at {}",
      to_string(mapping->internal), to_string(nat->options_at(trail.ended).udp_timeout), nat->name,
      mapping->number, to_string(mapping->last_used), to_string(mapping->ended))};
}

}  // namespace

FilteredPacket filtered_packet(const PacketTrail& trail, const NatHistory& nats) {
  FilteredPacket packet{.source = trail.last_source,
                        .at = trail.ended,
                        .reason = trail.reason,
                        .needs_answer = !trail.is_response};
  if (!trail.is_filtered()) return packet;
  packet.nat = nats.find(trail.where);
  if (packet.nat == nullptr) return packet;
  packet.mapping = packet.nat->with_external(trail.last_destination, trail.ended);
  // The outermost NAT that rewrote the source.
  for (const TranslationStep& step : trail.translations) {
    if (step.old_source == step.source) continue;
    packet.sender_nat = nats.find(step.nat);
    if (packet.sender_nat != nullptr) {
      packet.sender_mapping = packet.sender_nat->with_external(step.source, trail.ended);
    }
  }
  // The filter judges a hairpinned packet by the external endpoint of its sender, which stands in
  // the same table; the packet itself was not rewritten.
  const Dependence mapping = packet.nat->options_at(packet.at).mapping;
  for (const MappingRecord& own : packet.nat->mappings) {
    if (own.internal != trail.last_source || !own.lives_at(trail.ended) ||
        nat::seen_by(mapping, own.first_remote) != nat::seen_by(mapping, trail.last_destination)) {
      continue;
    }
    packet.sender_nat = packet.nat;
    packet.sender_mapping = &own;
    packet.source = own.external;
  }
  return packet;
}

std::vector<std::string> smallest_changes(const FilteredPacket& packet) {
  if (packet.nat == nullptr || packet.mapping == nullptr) return {};
  const Counterfactual counterfactual(packet);
  std::vector<Change> possible;
  for (const Change change :
       {Change::sender_eim, Change::receiver_eim, Change::filter_adf, Change::filter_eif}) {
    if (counterfactual.possible(change)) possible.push_back(change);
  }
  std::vector<std::string> texts;
  bool filter_is_enough = false;  // EIF would be a greater change than ADF
  for (const Change change : possible) {
    if (!counterfactual.passes(std::array{change})) continue;
    if (change == Change::filter_eif && filter_is_enough) continue;
    filter_is_enough |= change == Change::filter_adf;
    texts.push_back(counterfactual.text(change));
  }
  if (!texts.empty()) return texts;
  for (auto first = possible.begin(); first != possible.end(); ++first) {
    if (*first == Change::filter_adf) break;  // with the other filter it is no pair
    // From the smallest change to the greatest; one partner of each is enough.
    const auto second = std::find_if(first + 1, possible.end(), [&](Change change) {
      return counterfactual.passes(std::array{*first, change});
    });
    if (second == possible.end()) continue;
    texts.push_back(
        fmt::format("both {}, and {}", counterfactual.text(*first), counterfactual.text(*second)));
  }
  return texts;
}

std::vector<std::string> other_changes(const PacketTrail& trail, const NatHistory& nats) {
  switch (trail.reason) {
    case DropReason::nat_no_mapping:
    case DropReason::nat_mapping_expired:
      return mapping_changes(trail, nats);
    case DropReason::nat_hairpin_off:
      return {fmt::format("{} turning packets for its own external addresses back inside "
                          "(hairpinning, RFC 4787 REQ-9)",
                          trail.place),
              "the two hosts using their addresses inside, if they can reach one another there"};
    case DropReason::nat_ports_exhausted:
      return {
          fmt::format("a free external port at {}: a wider port range, more external "
                      "addresses, or fewer mappings at once",
                      trail.place)};
    case DropReason::nat_table_full:
      return {fmt::format("a larger mapping table at {}, or fewer mappings at once", trail.place)};
    case DropReason::nat_host_limit:
      return {
          fmt::format("a higher limit of mappings a host at {}, or fewer at once", trail.place)};
    case DropReason::firewall_rule:
    case DropReason::firewall_udp_blocked:
    case DropReason::firewall_port_not_allowed:
      return {fmt::format("a rule of {} that allows it and comes first; as it is, {}", trail.place,
                          trail.note)};
    case DropReason::firewall_no_state:
      return {fmt::format("a packet from {} to {} through {} before it",
                          to_string(trail.last_destination), to_string(trail.last_source),
                          trail.place)};
    case DropReason::firewall_state_expired:
      return {fmt::format("a keepalive from {} in time: {}", to_string(trail.last_destination),
                          trail.note)};
    case DropReason::captive_portal:
      return {fmt::format("{} having logged in at {}", to_string(trail.last_source.address),
                          trail.place)};
    case DropReason::random_loss:
    case DropReason::burst_loss:
      return {fmt::format("no loss on {}", trail.place)};
    case DropReason::queue_management:
    case DropReason::queue_overflow:
      return {fmt::format("a longer queue or a higher rate on {}", trail.place)};
    case DropReason::link_down:
      return {fmt::format("{} being up", trail.place)};
    case DropReason::scripted_drop:
      return {fmt::format("the scenario not dropping it at {}", trail.place)};
    case DropReason::partitioned:
      return {fmt::format("no partition at {}", trail.place)};
    case DropReason::interface_down:
      return {fmt::format("{} being up", trail.place)};
    case DropReason::host_asleep:
      return {fmt::format("{} being awake", trail.place)};
    default:
      return {};
  }
}

}  // namespace natsim::record
