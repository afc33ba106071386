#include "tools/natsim/ice_profiles.h"

#include <iostream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stack/ice/profiles.h"
#include "tools/natsim/columns.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

using ice::Profile;
using Json = nlohmann::ordered_json;
using Settings = std::vector<std::pair<std::string_view, std::string>>;

// What an unanswered request comes to.
std::string course_of(const stun::TransactionTimers& timers) {
  return fmt::format("again after {}, {} sends, given up after {}", to_string(timers.rto),
                     timers.rc, to_string(timers.total()));
}

std::string checks_of(const Profile& profile) {
  if (!profile.check_limit) return course_of(profile.check_timers);
  return fmt::format("every {}, or as often as its turn comes, for {}",
                     to_string(profile.check_timers.rto), to_string(*profile.check_limit));
}

std::string nomination_of(const Profile& profile) {
  if (profile.nomination == ice::Nomination::aggressive) return "aggressive";
  if (const auto& waits = profile.acceptance) {
    return fmt::format("regular, after {} for host, {} for srflx, {} for prflx, {} for relay",
                       to_string(waits->host), to_string(waits->server_reflexive),
                       to_string(waits->peer_reflexive), to_string(waits->relayed));
  }
  ice::Options options;
  apply(profile, options);
  return fmt::format("regular, better pairs waited for {}, by a relayed one {}",
                     to_string(options.direct_patience), to_string(options.relay_patience));
}

Settings settings_of(const Profile& profile) {
  return {{"ta", to_string(profile.ta)},
          {"requests to servers", course_of(profile.timers)},
          {"checks", checks_of(profile)},
          {"nomination", nomination_of(profile)},
          {"consent", profile.consent ? "every " + to_string(profile.consent_interval) : "none"},
          {"disconnected after", to_string(profile.disconnected_after)},
          {"keepalive", to_string(profile.keepalive)},
          {"does not fail before", to_string(profile.pac)},
          {"remote candidates", fmt::format("{}", profile.max_remote_candidates)},
          {"names of candidates", std::string(to_string(profile.mdns))}};
}

std::string_view known(const Profile& profile) {
  return profile.recalled.empty() ? "confirmed" : "in part";
}

Json json_of(const Profile& profile) {
  Json settings = Json::object();
  for (const auto& [name, value] : settings_of(profile)) settings[std::string(name)] = value;
  return {{"name", profile.name},     {"description", profile.client}, {"settings", settings},
          {"source", profile.source}, {"recalled", profile.recalled},  {"unlike", profile.unlike}};
}

}  // namespace

void print_ice_profiles() {
  Columns columns;
  columns.add({{"ICE PROFILE", Paint::bold},
               {"TA", Paint::bold},
               {"CHECKS", Paint::bold},
               {"KNOWN", Paint::bold},
               {"CLIENT", Paint::bold}});
  for (const Profile& profile : ice::profiles()) {
    columns.add(
        {{std::string(profile.name)},
         {to_string(profile.ta)},
         {checks_of(profile)},
         {std::string(known(profile)), profile.recalled.empty() ? Paint::green : Paint::yellow},
         {std::string(profile.client)}});
  }
  columns.print(colours());
}

Json ice_profiles_json() {
  Json all = Json::array();
  for (const Profile& profile : ice::profiles()) all.push_back(json_of(profile));
  return all;
}

bool show_ice_profile(std::string_view name, bool json) {
  const Profile* const profile = ice::find_profile(name);
  if (profile == nullptr) return false;
  if (json) {
    std::cout << json_of(*profile).dump(1) << '\n';
    return true;
  }
  std::cout << fmt::format("{}: {}\n\n", paint(colours(), Paint::bold, profile->name),
                           profile->client);
  Columns columns;
  for (const auto& [setting, value] : settings_of(*profile)) {
    columns.add({{std::string(setting)}, {value}});
  }
  columns.print(colours());
  std::cout << fmt::format("\nSource: {}.\n", profile->source);
  if (!profile->recalled.empty()) std::cout << fmt::format("Recalled: {}.\n", profile->recalled);
  if (!profile->unlike.empty()) std::cout << fmt::format("Unlike it: {}.\n", profile->unlike);
  std::cout << fmt::format("\nIn a scenario: net:call(a, b, {{ profile = \"{}\" }})\n",
                           profile->name);
  return true;
}

std::vector<std::string_view> ice_profile_names() {
  std::vector<std::string_view> names;
  for (const Profile& profile : ice::profiles()) names.push_back(profile.name);
  return names;
}

}  // namespace natsim::cli
