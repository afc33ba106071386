// The ways of the STUN packets, told by transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/core/world.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::record {

// What a NAT made of a packet on its way.
struct TranslationStep {
  core::ObjectId nat = 0;
  Endpoint old_source;
  Endpoint source;
  Endpoint old_destination;
  Endpoint destination;
};

// What a STUN message says of the ICE agent that sent it or is to have it.
struct StunContents {
  bool is_check = false;       // a Binding request of ICE (RFC 8445 section 7.1.1)
  bool is_controlled = false;  // of a check: by an agent that does not nominate
  bool nominates = false;      // of a check: USE-CANDIDATE
  bool is_success = false;     // of a response
  bool is_binding = false;     // Binding, of any class
  bool is_allocation = false;  // Allocate, of any class
  bool is_framed = false;      // it travels inside TURN framing
  std::string own_fragment;    // of a check: its sender's part of the user name
  Endpoint mapped;             // of a success: the address that its receiver was seen at
  Endpoint relayed;            // of an allocation's success
};

// The life of one packet.
struct PacketTrail {
  enum class Fate : std::uint8_t { in_flight, delivered, dropped };

  core::PacketId packet = 0;
  std::string transaction;   // its id, as 24 hexadecimal digits
  bool is_response = false;  // of its transaction
  StunContents contents;
  std::string sender;  // the host that made it
  Time sent;
  Endpoint source;  // as it was made
  Endpoint destination;
  std::vector<TranslationStep> translations;
  Fate fate = Fate::in_flight;
  Time ended;                                        // unless in flight
  core::ObjectId where = 0;                          // where it ended
  std::string place;                                 // its name
  core::DropReason reason = core::DropReason::none;  // unless dropped
  std::string note;                                  // of the drop
  Endpoint last_source;                              // as it was at its end
  Endpoint last_destination;

  // A NAT's filter refused it.
  [[nodiscard]] bool is_filtered() const {
    return reason == core::DropReason::nat_filtered_address ||
           reason == core::DropReason::nat_filtered_port;
  }
};

// Follows every STUN request and response, also inside TURN framing, so that a check that goes
// through a relay has a trail to the server and one from there, both under the check's transaction.
class PacketTrails : public core::EventListener {
 public:
  explicit PacketTrails(const core::World& world) : world_(world) {}

  void on_packet(const core::PacketEvent& event) override;

  // In the order in which they were sent; valid until the next event.
  [[nodiscard]] std::vector<const PacketTrail*> of_transaction(const std::string& hex) const;
  // All of them, in the same order; as valid.
  [[nodiscard]] const std::vector<PacketTrail>& all() const { return trails_; }
  // Of the transactions that a host began with a server: its requests and their answers.
  [[nodiscard]] std::vector<const PacketTrail*> with_server(std::string_view host,
                                                            const Endpoint& server) const;

 private:
  void begin(const core::PacketEvent& event);

  const core::World& world_;
  std::vector<PacketTrail> trails_;
  absl::flat_hash_map<core::PacketId, std::size_t> by_packet_;  // index in trails_
  // Indexes in trails_ by transaction id, as 24 hexadecimal digits.
  absl::flat_hash_map<std::string, std::vector<std::size_t>> by_transaction_;
};

}  // namespace natsim::record
