#include "sim/record/nat_history.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/record/place.h"

namespace natsim::record {

const nat::NatOptions& NatRecord::options_at(Time at) const {
  std::size_t k = configurations.size() - 1;
  while (k > 0 && configurations[k].since > at) --k;
  return configurations[k].options;
}

std::string NatRecord::title(Time at) const {
  const nat::NatOptions& options = options_at(at);
  const std::string_view classic = nat::classic_name(options);
  if (classic.empty()) return fmt::format("{} ({})", name, nat::kind_name(options));
  return fmt::format("{} ({}, {})", name, nat::kind_name(options), classic);
}

const MappingRecord* NatRecord::with_external(const Endpoint& external, Time at) const {
  const MappingRecord* latest = nullptr;
  for (const MappingRecord& mapping : mappings) {
    if (mapping.external != external || mapping.created > at) continue;
    if (mapping.lives_at(at)) return &mapping;
    latest = &mapping;
  }
  return latest;
}

const MappingRecord* NatRecord::first_of(const Endpoint& internal, Time at) const {
  const auto found = std::find_if(mappings.begin(), mappings.end(), [&](const MappingRecord& m) {
    return m.internal == internal && m.lives_at(at);
  });
  return found == mappings.end() ? nullptr : &*found;
}

std::vector<Endpoint> NatRecord::contacts_of(const Endpoint& internal, Time at) const {
  std::vector<Endpoint> all;
  for (const MappingRecord& mapping : mappings) {
    if (mapping.internal != internal || !mapping.lives_at(at)) continue;
    const std::vector<Endpoint> some = contacts_at(mapping, at);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<Endpoint> contacts_at(const MappingRecord& mapping, Time at) {
  std::vector<Endpoint> contacts;
  for (const MappingRecord::Contact& contact : mapping.contacts) {
    if (contact.since <= at) contacts.push_back(contact.remote);
  }
  return contacts;
}

NatRecord& NatHistory::record_of(core::ObjectId nat) {
  const auto [entry, is_new] = index_.try_emplace(nat, nats_.size());
  if (is_new) {
    NatRecord record{.id = nat, .name = place_name(world_, nat)};
    const auto* box = dynamic_cast<const nat::NatBox*>(world_.object(nat));
    record.configurations.push_back({{}, box == nullptr ? nat::NatOptions{} : box->options()});
    nats_.push_back(std::move(record));
  }
  return nats_[entry->second];
}

const NatRecord* NatHistory::find(core::ObjectId nat) const {
  const auto found = index_.find(nat);
  return found == index_.end() ? nullptr : &nats_[found->second];
}

MappingRecord* NatHistory::latest(core::ObjectId nat, const Endpoint& internal,
                                  const Endpoint& external) {
  const auto found = latest_.find({nat, internal, external});
  return found == latest_.end() ? nullptr : &record_of(nat).mappings[found->second];
}

// It is told before the NAT has the new options: until then only what it loses by them happens.
void NatHistory::on_agent(const core::AgentEvent& event) {
  note_changes(event.at);
  if (event.kind == "nat.reconfigured") {
    record_of(event.agent);
    changes_.push_back({event.agent, event.at});
  }
}

void NatHistory::note_changes(Time now) {
  for (const Change& change : changes_) {
    if (change.since == now) continue;
    if (const auto* box = dynamic_cast<const nat::NatBox*>(world_.object(change.nat))) {
      record_of(change.nat).configurations.push_back({change.since, box->options()});
    }
  }
  std::erase_if(changes_, [now](const Change& change) { return change.since != now; });
}

void NatHistory::on_mapping(const core::MappingEvent& event) {
  if (!changes_.empty()) note_changes(event.at);
  std::vector<MappingRecord>& mappings = record_of(event.nat).mappings;
  switch (event.step) {
    case core::MappingStep::created:
      latest_[{event.nat, event.internal, event.external}] = mappings.size();
      mappings.push_back({.number = event.mapping,
                          .internal = event.internal,
                          .external = event.external,
                          .first_remote = event.remote,
                          .created = event.at,
                          .last_used = event.at});
      break;
    case core::MappingStep::expired:
    case core::MappingStep::evicted: {
      const auto found = std::lower_bound(
          mappings.begin(), mappings.end(), event.mapping,
          [](const MappingRecord& m, std::uint64_t number) { return m.number < number; });
      if (found != mappings.end() && found->number == event.mapping) found->ended = event.at;
      break;
    }
    case core::MappingStep::refreshed:
    case core::MappingStep::filter_opened:
    case core::MappingStep::filter_closed:
    case core::MappingStep::refused:
    case core::MappingStep::shadowed:
    case core::MappingStep::unshadowed:
      break;  // the translated packets tell more
  }
}

void NatHistory::on_packet(const core::PacketEvent& event) {
  if (!changes_.empty()) note_changes(event.at);
  if (event.step != core::PacketStep::translated) return;
  if (event.old_source != event.source) {
    MappingRecord* const mapping = latest(event.where, event.old_source, event.source);
    if (mapping != nullptr) {
      mapping->last_used = event.at;
      // Behind a hairpin the destination is rewritten too; the filter knows it as it was.
      const Endpoint& remote = event.old_destination;
      if (known_contacts_.insert({event.where, mapping->number, remote}).second) {
        mapping->contacts.push_back({remote, event.at});
      }
    }
  }
  if (event.old_destination != event.destination) {
    MappingRecord* const mapping = latest(event.where, event.destination, event.old_destination);
    if (mapping != nullptr) mapping->last_used = event.at;
  }
}

}  // namespace natsim::record
