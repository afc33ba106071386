#include "sim/live/warden_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <map>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

#include <fmt/format.h>

#include "sim/live/warden_message.h"

namespace natsim::live {
namespace {

constexpr int program_niceness = 5;

int to_int(std::string_view word) {
  int number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

bool write_file(const char* path, const std::string& text) {
  const Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  return file.is_open() &&
         ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Keeps what was open in natsim out: a TUN device that another process holds does not go away.
void close_all_but(int kept) {
  const auto first = static_cast<unsigned>(kept);
  if (first > 3) ::syscall(SYS_close_range, 3u, first - 1, 0u);
  ::syscall(SYS_close_range, first + 1, ~0u, 0u);
}

// Empty, or what failed.
std::string prepare(const std::string& scratch, uid_t user, gid_t group) {
  const auto failed = [](std::string_view what) {
    return fmt::format("{}: {}", what, std::strerror(errno));
  };
  if (user != 0) {
    write_file("/proc/self/setgroups", "deny");  // else the group cannot be mapped
    if (!write_file("/proc/self/uid_map", fmt::format("0 {} 1", user)) ||
        !write_file("/proc/self/gid_map", fmt::format("0 {} 1", group))) {
      return failed("the user namespace");
    }
  }
  // After the change of user, which clears it. natsim may have ended before.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("mounts");
  if (::mount("tmpfs", scratch.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0) {
    return failed(scratch);
  }
  // Shows the processes by their numbers here. Where that is not allowed the machine's view stays,
  // and serves as well.
  ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  return {};
}

// In a new process: becomes the program, or tells by `failure` why not.
[[noreturn]] void become_program(const WardenMessage& message, int failure) {
  // "start", number, folder, count of words, words, variables.
  ::setsid();
  // What forwards goes first: a program that computes all it can is not to hold up the net.
  ::setpriority(PRIO_PROCESS, 0, program_niceness);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  for (int stream = 0; stream < 3; ++stream) {
    ::dup2(message.files[static_cast<std::size_t>(stream)].number(), stream);
  }
  std::vector<char*> words;
  const auto count = static_cast<std::size_t>(to_int(message.words[3]));
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(const_cast<char*>(message.words[4 + i].c_str()));
  }
  words.push_back(nullptr);
  for (std::size_t i = 4 + count; i < message.words.size(); ++i) {
    ::putenv(const_cast<char*>(message.words[i].c_str()));
  }
  const std::string& folder = message.words[2];
  if (folder.empty() || ::chdir(folder.c_str()) == 0) ::execvp(words[0], words.data());
  const int error = errno;
  [[maybe_unused]] const auto told = ::write(failure, &error, sizeof error);
  ::_exit(127);
}

// Looks after one host's programs.
class HostWarden {
 public:
  explicit HostWarden(Descriptor socket) : socket_(std::move(socket)) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    deaths_.reset(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  // Until the socket ends.
  void run() {
    std::array<pollfd, 2> watched = {
        {{socket_.number(), POLLIN, 0}, {deaths_.number(), POLLIN, 0}}};
    for (;;) {
      ::poll(watched.data(), watched.size(), -1);
      if (watched[1].revents != 0) reap();
      if (watched[0].revents == 0) continue;
      auto message = receive_message(socket_.number(), false);
      if (!message) return;
      if (message->what() == "start") start(*message);
      if (message->what() == "signal") signal(*message);
      if (message->what() == "count") count();
    }
  }

 private:
  void start(const WardenMessage& message) {
    std::array<int, 2> pipe{};
    if (message.files.size() != 3 || ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
      send_message(socket_.number(), {"failed", std::strerror(errno)});
      return;
    }
    const Descriptor failure(pipe[0]);
    Descriptor tells(pipe[1]);
    const pid_t process = ::fork();
    if (process == 0) become_program(message, tells.number());
    tells.reset();
    int error = process < 0 ? errno : 0;
    if (process > 0 && ::read(failure.number(), &error, sizeof error) <= 0) {
      programs_[process] = message.words[1];
      send_message(socket_.number(), {"started"});
      return;
    }
    if (process > 0) ::waitpid(process, nullptr, 0);
    send_message(socket_.number(), {"failed", std::strerror(error)});
  }

  void signal(const WardenMessage& message) {
    for (const auto& [process, number] : programs_) {
      if (number == message.words[1]) ::kill(-process, to_int(message.words[2]));
    }
  }

  void count() {
    const InterfaceDrops drops = count_drops();
    send_message(socket_.number(),
                 {"counted", std::to_string(drops.unread), std::to_string(drops.refused)});
  }

  void reap() {
    signalfd_siginfo info{};
    while (::read(deaths_.number(), &info, sizeof info) > 0) {
    }
    int status = 0;
    for (pid_t process = 0; (process = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = programs_.find(process);
      if (found == programs_.end()) continue;
      const bool by_signal = WIFSIGNALED(status);
      send_message(socket_.number(),
                   {"ended", found->second, by_signal ? "signal" : "status",
                    std::to_string(by_signal ? WTERMSIG(status) : WEXITSTATUS(status))});
      ::kill(-process, SIGKILL);  // what it has left in its group
      programs_.erase(found);
    }
  }

  Descriptor socket_;
  Descriptor deaths_;                      // a signalfd of SIGCHLD
  std::map<pid_t, std::string> programs_;  // that run, and natsim's numbers of them
};

[[noreturn]] void run_host(WardenMessage message) {
  Descriptor socket = std::move(message.files.front());
  message.words.erase(message.words.begin());
  const std::string scratch = message.words.front();
  message.words.erase(message.words.begin());
  ::signal(SIGCHLD, SIG_DFL);
  close_all_but(socket.number());
  const auto tun = become_host(from_words(message.words), scratch);
  if (!tun) {
    send_message(socket.number(), {"failed", tun.error()});
    ::_exit(1);
  }
  send_message(socket.number(), {"ready"}, {tun.value().number()});
  // natsim has the only one: the device goes with it.
  ::close(tun.value().number());
  HostWarden(std::move(socket)).run();
  ::_exit(0);
}

}  // namespace

std::vector<std::string> to_words(const HostSetup& setup) {
  std::vector<std::string> words = {setup.name, std::to_string(setup.mtu),
                                    std::to_string(setup.addresses.size())};
  for (const auto& [ip, prefix_length] : setup.addresses) {
    words.push_back(to_string(ip));
    words.push_back(std::to_string(prefix_length));
  }
  for (const IpAddress& server : setup.name_servers) words.push_back(to_string(server));
  return words;
}

HostSetup from_words(const std::vector<std::string>& words) {
  HostSetup setup{.name = words[0], .mtu = static_cast<std::uint16_t>(to_int(words[1]))};
  const auto after = words.begin() + 3 + 2 * to_int(words[2]);
  for (auto word = words.begin() + 3; word != after; word += 2) {
    setup.addresses.push_back(
        {*IpAddress::parse(*word), static_cast<std::uint8_t>(to_int(word[1]))});
  }
  for (auto word = after; word != words.end(); ++word) {
    setup.name_servers.push_back(*IpAddress::parse(*word));
  }
  return setup;
}

void run_first_process(Descriptor socket, const std::string& scratch, uid_t user, gid_t group) {
  ::prctl(PR_SET_NAME, "natsim-warden");
  ::signal(SIGINT, SIG_IGN);   // a terminal's: natsim says what is to end
  ::signal(SIGCHLD, SIG_IGN);  // what has lost its parent ends without a trace
  close_all_but(socket.number());
  const std::string failure = prepare(scratch, user, group);
  if (!failure.empty()) {
    send_message(socket.number(), {"failed", failure});
    ::_exit(1);
  }
  send_message(socket.number(), {"ready"});
  while (auto message = receive_message(socket.number(), true)) {
    if (message->what() != "host" || message->files.empty()) continue;
    if (::fork() == 0) {
      socket.reset();
      run_host(std::move(*message));
    }
  }
  ::_exit(0);
}

}  // namespace natsim::live
