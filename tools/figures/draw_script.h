// The text of draw.py.
#pragma once

#include <string_view>

namespace natsim::figures {

std::string_view draw_script();

}  // namespace natsim::figures
