// What the terminal, if there is one, can show.
#pragma once

#include <string>
#include <string_view>

namespace natsim::cli {

// True if standard output is a terminal and the user has not asked for plain text (NO_COLOR set to
// anything, or TERM=dumb).
bool colours();
// True if standard error is a terminal: progress is welcome there.
bool progress_welcome();
// Columns of the terminal that standard output is; 0 if it is none.
int columns();

enum class Paint { none, green, red, yellow, bold, dim };
// `text` in a colour if `coloured`, otherwise as it is.
std::string paint(bool coloured, Paint colour, std::string_view text);

}  // namespace natsim::cli
