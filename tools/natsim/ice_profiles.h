// ICE clients by name, as the command line shows them.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace natsim::cli {

void print_ice_profiles();
nlohmann::ordered_json ice_profiles_json();

// Prints what a profile sets; false if none has the name.
bool show_ice_profile(std::string_view name, bool json);

std::vector<std::string_view> ice_profile_names();

}  // namespace natsim::cli
