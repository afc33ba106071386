// What stands between a network and the Internet beside NATs, by name: firewalls and access links.
#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace natsim::cli {

void print_firewall_presets();
void print_link_presets();
nlohmann::ordered_json firewall_presets_json();
nlohmann::ordered_json link_presets_json();

// Prints a firewall's rules or a link's figures; false if neither has the name.
bool show_access_preset(std::string_view name, bool json);

std::vector<std::string_view> access_preset_names();

}  // namespace natsim::cli
