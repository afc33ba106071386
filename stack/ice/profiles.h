// How known clients time, retransmit and nominate: options by the client's name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "stack/base/time.h"
#include "stack/ice/options.h"
#include "stack/stun/client_transaction.h"

namespace natsim::ice {

// A row of the table. What a client does that no option can say stands in `unlike`.
struct Profile {
  std::string_view name;
  std::string_view client;
  Duration ta;                           // Options::ta
  stun::TransactionTimers timers;        // Options::timers: towards servers
  stun::TransactionTimers check_timers;  // Options::check_timers
  std::optional<Duration> check_limit;   // Options::check_limit
  Nomination nomination;
  Duration patience;  // Options::direct_patience and relay_patience; zero: as they are by default
  std::optional<AcceptanceWaits> acceptance;
  bool consent;
  Duration consent_interval;
  Duration disconnected_after;
  Duration keepalive;
  Duration pac;
  std::size_t max_remote_candidates;
  Mdns mdns;                  // Options::mdns
  std::string_view source;    // where its figures stand
  std::string_view recalled;  // those of them that are not confirmed there; empty if all are
  std::string_view unlike;    // what the client does otherwise than an agent with these options
};

std::span<const Profile> profiles();
// Null if none has the name.
const Profile* find_profile(std::string_view name);

// Sets what the profile speaks of.
void apply(const Profile& profile, Options& options);

}  // namespace natsim::ice
