#include "stack/ice/profiles.h"

#include <algorithm>

namespace natsim::ice {
namespace {

using stun::TransactionTimers;

constexpr TransactionTimers rfc_timers{};
constexpr Duration default_pac = milliseconds(39'500);

constexpr Profile table[] = {
    {.name = "rfc",
     .client = "RFC 8445, 8489, 7675 and 8863",
     .ta = milliseconds(50),
     .timers = rfc_timers,
     .check_timers = rfc_timers,
     .check_limit = std::nullopt,
     .nomination = Nomination::regular,
     .patience = {},
     .acceptance = std::nullopt,
     .consent = true,
     .consent_interval = seconds(5),
     .disconnected_after = seconds(12),
     .keepalive = seconds(15),
     .pac = default_pac,
     .max_remote_candidates = 100,
     .mdns = Mdns::off,
     .source = "RFC 8445 §14, RFC 8489 §6.2.1, RFC 7675 §5.1, RFC 8863 §4",
     .recalled = "",
     .unlike = ""},
    {.name = "chrome",
     .client = "libwebrtc, as in browsers",
     .ta = milliseconds(48),
     .timers = {.rto = milliseconds(250), .max_rto = seconds(8), .rc = 9, .rm = 32},
     .check_timers = {.rto = milliseconds(48), .growth_percent = 100, .rm = 1},
     .check_limit = seconds(15),
     .nomination = Nomination::aggressive,
     .patience = {},
     .acceptance = std::nullopt,
     .consent = true,
     .consent_interval = milliseconds(2'500),
     .disconnected_after = seconds(5),
     .keepalive = seconds(10),
     .pac = seconds(15),
     .max_remote_candidates = 100,
     .mdns = Mdns::query,
     .source = "libwebrtc p2p/base/p2p_constants.h, stun_request.cc, stun_port.cc, "
               "connection.cc, p2p_transport_channel.cc",
     .recalled = "that a pair is pinged in its turn for 15 s; the 15 s before failing",
     .unlike =
         "each ping is a new transaction, no pair is frozen, USE-CANDIDATE is left out while a "
         "better pair is selected, pairs are switched by round-trip time, and host candidates are "
         "told by names (mDNS) unless the page may capture media"},
    {.name = "libnice",
     .client = "libnice",
     .ta = milliseconds(20),
     .timers = {.rc = 3, .rm = 1},
     .check_timers = {.rc = 3, .rm = 1},
     .check_limit = std::nullopt,
     .nomination = Nomination::aggressive,
     .patience = {},
     .acceptance = std::nullopt,
     .consent = false,
     .consent_interval = seconds(5),
     .disconnected_after = seconds(12),
     .keepalive = seconds(25),
     .pac = seconds(5),
     .max_remote_candidates = 25,
     .mdns = Mdns::off,
     .source = "libnice stun/usages/timer.h, agent/conncheck.c",
     .recalled = "that consent is off unless it is asked for",
     .unlike =
         "type preferences are 120, 110, 105 and 100, and checks go on for 5 s after the last "
         "one has ended"},
    {.name = "pion",
     .client = "pion/ice",
     .ta = milliseconds(1),
     .timers = {.rto = milliseconds(200), .max_rto = milliseconds(1'600), .rc = 7, .rm = 8},
     .check_timers = {.rto = milliseconds(200), .growth_percent = 100, .rc = 8, .rm = 1},
     .check_limit = std::nullopt,
     .nomination = Nomination::regular,
     .patience = {},
     .acceptance = AcceptanceWaits{.host = {},
                                   .server_reflexive = milliseconds(500),
                                   .peer_reflexive = milliseconds(1'000),
                                   .relayed = milliseconds(2'000)},
     .consent = true,
     .consent_interval = seconds(2),
     .disconnected_after = seconds(5),
     .keepalive = seconds(2),
     .pac = seconds(30),
     .max_remote_candidates = 100,
     .mdns = Mdns::query,
     .source = "pion/ice agent_config.go, agent.go; pion/turn client.go for servers",
     .recalled = "",
     .unlike = "all pairs are pinged together every 200 ms, each ping a new transaction, and "
               "PRIORITY is the local candidate's own"},
    {.name = "libjuice",
     .client = "libjuice, as in libdatachannel",
     .ta = milliseconds(50),
     .timers = {.rc = 6},
     .check_timers = rfc_timers,
     .check_limit = std::nullopt,
     .nomination = Nomination::regular,
     .patience = seconds(2),
     .acceptance = std::nullopt,
     .consent = true,
     .consent_interval = seconds(5),
     .disconnected_after = seconds(12),
     .keepalive = seconds(15),
     .pac = default_pac,
     .max_remote_candidates = 30,
     .mdns = Mdns::off,
     .source = "libjuice src/agent.h",
     .recalled = "",
     .unlike = "pairs wait for their priority alone, without foundations"},
    {.name = "aioice",
     .client = "aioice, as in aiortc",
     .ta = milliseconds(20),
     .timers = {.rm = 64},
     .check_timers = {.rm = 64},
     .check_limit = std::nullopt,
     .nomination = Nomination::aggressive,
     .patience = {},
     .acceptance = std::nullopt,
     .consent = true,
     .consent_interval = seconds(5),
     .disconnected_after = seconds(12),
     .keepalive = seconds(15),
     .pac = {},
     .max_remote_candidates = 100,
     .mdns = Mdns::query,
     .source = "aioice src/aioice/stun.py, ice.py",
     .recalled = "",
     .unlike = "checks begin when gathering has ended, and a silent server is waited for 5 s"},
};

}  // namespace

std::span<const Profile> profiles() { return table; }

const Profile* find_profile(std::string_view name) {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const Profile& row) { return row.name == name; });
  return found == std::end(table) ? nullptr : found;
}

void apply(const Profile& profile, Options& options) {
  const bool waits = profile.patience > Duration{};
  options.ta = profile.ta;
  options.timers = profile.timers;
  options.check_timers = profile.check_timers;
  options.check_limit = profile.check_limit;
  options.nomination = profile.nomination;
  options.direct_patience = waits ? profile.patience : Options().direct_patience;
  options.relay_patience = waits ? profile.patience : Options().relay_patience;
  options.acceptance = profile.acceptance;
  options.consent = profile.consent;
  options.consent_interval = profile.consent_interval;
  options.disconnected_after = profile.disconnected_after;
  options.keepalive = profile.keepalive;
  options.pac = profile.pac;
  options.max_remote_candidates = profile.max_remote_candidates;
  options.mdns = profile.mdns;
}

}  // namespace natsim::ice
