// The options of a link, as they stand in a script's tables.
#pragma once

#include <initializer_list>
#include <string_view>

#include "sim/net/link.h"
#include "sim/script/value.h"

namespace natsim::script {

// Both directions of a link. Up leads away from the node that the link was written for.
struct LinkSettings {
  net::LinkOptions up;
  net::LinkOptions down;
};

// Reads the keys that are present in `table` into `settings`: `preset`, which replaces all, the
// options of LinkDirection in natsim.d.lua for both directions, then those in the tables `up` and
// `down` for one. Raises if they contradict each other. The table may also have `more` keys, and
// values at positions 1 to `positions`, which are the caller's matter.
void read_link_settings(const Value& table, LinkSettings& settings,
                        std::initializer_list<std::string_view> more = {}, int positions = 0);

}  // namespace natsim::script
