#include "tools/natsim/terminal.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace natsim::cli {

bool colours() {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && no_color == nullptr && term != nullptr &&
         std::string_view(term) != "dumb";
}

bool progress_welcome() { return isatty(STDERR_FILENO) == 1; }

int columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string paint(bool coloured, Paint colour, std::string_view text) {
  constexpr const char* codes[] = {"", "32", "31", "33", "1", "2"};
  if (!coloured || colour == Paint::none) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(colour)], text);
}

}  // namespace natsim::cli
