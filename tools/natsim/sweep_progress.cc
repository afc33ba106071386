#include "tools/natsim/sweep_progress.h"

#include <cmath>
#include <iostream>

#include <fmt/format.h>

#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

constexpr auto between_frames = std::chrono::milliseconds(200);  // on a terminal
constexpr auto between_lines = std::chrono::seconds(5);          // elsewhere

std::string time_left(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 3600;
  if (whole < 2 * minute) return fmt::format("{} s", whole);
  if (whole < 2 * hour) return fmt::format("{} min", whole / minute);
  return fmt::format("{} h {} min", whole / hour, whole % hour / minute);
}

std::string bar(std::int64_t done, std::int64_t runs) {
  constexpr std::int64_t width = 24;
  const auto filled = static_cast<std::size_t>(runs == 0 ? width : done * width / runs);
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

}  // namespace

SweepProgress::SweepProgress(std::int64_t runs, std::int64_t before)
    : runs_(runs), before_(before), terminal_(progress_welcome()) {}

SweepProgress::~SweepProgress() { hide(); }

void SweepProgress::hide() {
  if (terminal_ && shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

void SweepProgress::show(std::int64_t done) {
  const auto now = Clock::now();
  if (now - last_ < (terminal_ ? between_frames : between_lines)) return;
  last_ = now;
  shown_ = true;
  const std::string text = progress_text(done, runs_, before_, elapsed());
  std::cerr << (terminal_ ? fmt::format("\r\x1b[K{} {}", bar(done, runs_), text)
                          : fmt::format("natsim: {}\n", text))
            << std::flush;
}

std::string progress_text(std::int64_t done, std::int64_t runs, std::int64_t before,
                          std::chrono::duration<double> elapsed) {
  const auto here = static_cast<double>(done - before);
  std::string text =
      fmt::format("{} of {} runs ({} %)", done, runs, runs == 0 ? 100 : done * 100 / runs);
  if (here <= 0 || elapsed.count() <= 0) return text;
  const double rate = here / elapsed.count();
  return text + fmt::format(", {:.{}f} a second, {} left", rate, rate < 10 ? 1 : 0,
                            time_left(static_cast<double>(runs - done) / rate));
}

}  // namespace natsim::cli
