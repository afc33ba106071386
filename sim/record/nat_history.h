// The tables of a world's NATs as they were at any time.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "sim/core/event.h"
#include "sim/core/world.h"
#include "sim/nat/options.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::record {

// One mapping from its making to its end.
struct MappingRecord {
  // A remote that the inside host has sent to through the mapping: what its filter may admit.
  struct Contact {
    Endpoint remote;
    Time since;
  };

  std::uint64_t number = 0;
  Endpoint internal;
  Endpoint external;
  Endpoint first_remote;  // whom it was made for
  Time created;
  Time last_used;              // by a packet in either direction
  Time ended = Time::never();  // expired or evicted
  std::vector<Contact> contacts;

  [[nodiscard]] bool lives_at(Time at) const { return created <= at && at < ended; }
};

struct NatRecord {
  core::ObjectId id = 0;
  std::string name;
  // As they were from a time on; at least those of its first event, in order.
  struct Configuration {
    Time since;
    nat::NatOptions options;
  };

  std::vector<Configuration> configurations;
  std::vector<MappingRecord> mappings;  // in order of creation

  // What it was told to do at `at`.
  [[nodiscard]] const nat::NatOptions& options_at(Time at) const;
  // "alice.nat (APDM/APDF, symmetric)": the name, the kind, and the kind's classic name if any.
  [[nodiscard]] std::string title(Time at) const;
  // The mapping that had the external endpoint at `at`, or else the latest that had had it before;
  // null if there was none. Of several the first made.
  [[nodiscard]] const MappingRecord* with_external(const Endpoint& external, Time at) const;
  // The first mapping that the internal endpoint had by `at`: the one that an endpoint-independent
  // mapping would have kept. Null if there was none.
  [[nodiscard]] const MappingRecord* first_of(const Endpoint& internal, Time at) const;
  // Whom the internal endpoint had sent to by `at`, through any mapping that lived then.
  [[nodiscard]] std::vector<Endpoint> contacts_of(const Endpoint& internal, Time at) const;
};

// The contacts of one mapping at a time.
std::vector<Endpoint> contacts_at(const MappingRecord& mapping, Time at);

// Follows every NAT of a world by its events.
class NatHistory : public core::EventListener {
 public:
  explicit NatHistory(const core::World& world) : world_(world) {}

  void on_mapping(const core::MappingEvent& event) override;
  void on_packet(const core::PacketEvent& event) override;
  void on_agent(const core::AgentEvent& event) override;

  // Null for a NAT that has had no event, and for what is no NAT.
  [[nodiscard]] const NatRecord* find(core::ObjectId nat) const;

 private:
  // A NAT that is being configured anew, and since when.
  struct Change {
    core::ObjectId nat;
    Time since;
  };

  NatRecord& record_of(core::ObjectId nat);
  void note_changes(Time now);
  // The latest mapping between the two endpoints; null if there is none.
  MappingRecord* latest(core::ObjectId nat, const Endpoint& internal, const Endpoint& external);

  const core::World& world_;
  std::vector<NatRecord> nats_;
  std::vector<Change> changes_;                             // whose options have not been read yet
  absl::flat_hash_map<core::ObjectId, std::size_t> index_;  // in nats_
  // The index among the NAT's mappings, by NAT, internal and external endpoint.
  absl::flat_hash_map<std::tuple<core::ObjectId, Endpoint, Endpoint>, std::size_t> latest_;
  // Contacts that are recorded, by NAT, mapping and remote.
  absl::flat_hash_set<std::tuple<core::ObjectId, std::uint64_t, Endpoint>> known_contacts_;
};

}  // namespace natsim::record
