// What is different between two texts, for people.
#pragma once

#include <string>
#include <string_view>

namespace natsim::suite {

// Line by line: "-" before what is only in `before`, "+" before what is only in `after`, " " before
// the lines around, of which there are up to three; "..." where lines are left out. Empty if the
// texts are equal.
std::string text_diff(std::string_view before, std::string_view after);

}  // namespace natsim::suite
