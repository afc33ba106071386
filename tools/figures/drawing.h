// Drawing a figure, by Python's matplotlib.
#pragma once

#include <string>

#include "stack/base/result.h"
#include "tools/figures/figure.h"

namespace natsim::figures {

struct DrawOptions {
  bool log_x = false;
  bool log_y = false;
  std::string title;  // instead of the figure's; empty: that one
};

// Whether `path` ends in .svg, .png or .pdf.
bool is_drawable(const std::string& path);

// Writes the picture. The error says why not: matplotlib is missing, or what it says. Empty if
// there is none.
std::string draw(const Figure& figure, const DrawOptions& options, const std::string& path);

}  // namespace natsim::figures
