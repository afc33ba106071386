#include "tools/figures/drawing.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "tools/figures/draw_script.h"

extern char** environ;

namespace natsim::figures {
namespace {

constexpr int exit_without_matplotlib = 3;  // of draw.py
constexpr int exit_without_program = 127;

// Debian's matplotlib belongs to Debian's Python, which need not be the first on the path.
constexpr const char* interpreters[] = {"/usr/bin/python3", "python3"};

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Runs the script with `input` on its standard input; its exit code.
int run_script(const char* interpreter, const std::string& path, const std::string& input) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return exit_without_program;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  std::string program(interpreter);
  std::string option = "-c";
  std::string script(draw_script());
  std::string out = path;
  char* arguments[] = {program.data(), option.data(), script.data(), out.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, interpreter, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[0]);
  // A script that ends before it has read everything shows that by its exit code.
  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  if (failed == 0) write_all(ends[1], input);
  ::close(ends[1]);
  std::signal(SIGPIPE, before);
  if (failed != 0) return exit_without_program;
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

bool is_drawable(const std::string& path) {
  return path.ends_with(".svg") || path.ends_with(".png") || path.ends_with(".pdf");
}

std::string draw(const Figure& figure, const DrawOptions& options, const std::string& path) {
  nlohmann::ordered_json json = to_json(figure);
  if (!options.title.empty()) json["title"] = options.title;
  json["log_x"] = options.log_x;
  json["log_y"] = options.log_y;
  for (const char* const interpreter : interpreters) {
    const int code = run_script(interpreter, path, json.dump());
    if (code == exit_without_matplotlib || code == exit_without_program) continue;
    return code == 0 ? "" : fmt::format("{}: could not be drawn (Python's message is above)", path);
  }
  return "plotting takes Python's matplotlib: install the Debian package python3-matplotlib";
}

}  // namespace natsim::figures
