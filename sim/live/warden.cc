#include "sim/live/warden.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

#include <fmt/format.h>

#include "sim/live/warden_process.h"

namespace natsim::live {
namespace {

constexpr std::string_view scratch_prefix = "natsim-live-";

std::string temporary_folder() {
  const char* const told = std::getenv("TMPDIR");
  return told != nullptr && *told != '\0' ? told : "/tmp";
}

// Holds a folder for as long as the result is open; not open if somebody else does.
Descriptor hold(const std::string& folder) {
  Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held.is_open() && ::flock(held.number(), LOCK_EX | LOCK_NB) != 0) held.reset();
  return held;
}

// Folders of runs that were killed. They are empty: what was in them was in memory.
void remove_leftovers() {
  const std::string folder = temporary_folder();
  DIR* const entries = ::opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* const entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(scratch_prefix)) continue;
    const std::string path = folder + "/" + std::string(name);
    if (hold(path).is_open()) ::rmdir(path.c_str());
  }
  ::closedir(entries);
}

// The first word of a file of the kernel's; empty if there is none.
std::string read_setting(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// What keeps an ordinary user from namespaces, and how to get them.
std::string why_no_namespaces(int error) {
  const std::string reason = std::strerror(error);
  if (::geteuid() == 0) {
    return fmt::format(
        "this process may not make namespaces ({}): it is root without CAP_SYS_ADMIN; in a "
        "container, start that with --privileged or with --cap-add SYS_ADMIN --cap-add NET_ADMIN "
        "--device /dev/net/tun",
        reason);
  }
  constexpr std::pair<const char*, const char*> switches[] = {
      {"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone=1"},
      {"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces=10000"},
  };
  for (const auto& [path, remedy] : switches) {
    if (read_setting(path) == "0") {
      return fmt::format(
          "ordinary users may not make user namespaces here; as root: sysctl -w {}; or run natsim "
          "as root",
          remedy);
    }
  }
  if (read_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor keeps ordinary users from user namespaces here; as root: sysctl -w "
           "kernel.apparmor_restrict_unprivileged_userns=0; or run natsim as root";
  }
  return fmt::format("user namespaces cannot be made here ({}); run natsim as root", reason);
}

// Empty if TUN devices can be made, otherwise why not and what helps.
std::string why_no_tun() {
  const Descriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (device.is_open()) return {};
  const int error = errno;
  if (error == EACCES) {
    return "/dev/net/tun cannot be opened by this user; as root: chmod 0666 /dev/net/tun (which is "
           "what udev sets by default; the kernel still asks for rights in the network namespace); "
           "or run natsim as root";
  }
  if (error == ENOENT) {
    return "there is no /dev/net/tun; as root: modprobe tun, or mkdir -p /dev/net && mknod "
           "/dev/net/tun c 10 200; in a container: --device /dev/net/tun";
  }
  return fmt::format("/dev/net/tun: {}", std::strerror(error));
}

}  // namespace

Warden::Warden(pid_t process, Descriptor socket, std::string scratch, Descriptor held)
    : process_(process),
      socket_(std::move(socket)),
      scratch_(std::move(scratch)),
      held_(std::move(held)) {}

Warden::~Warden() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::rmdir(scratch_.c_str());
}

Result<std::unique_ptr<Warden>> Warden::start() {
  remove_leftovers();
  if (std::string why = why_no_tun(); !why.empty()) return Error{std::move(why)};
  std::string scratch = fmt::format("{}/{}{}", temporary_folder(), scratch_prefix, ::getpid());
  if (::mkdir(scratch.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{fmt::format("{}: {}", scratch, std::strerror(errno))};
  }
  Descriptor held = hold(scratch);
  auto [own, theirs] = make_warden_sockets();
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  const unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | (user == 0 ? 0u : CLONE_NEWUSER);
  // As fork(), which has no flags.
  const auto process = static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
  if (process == 0) {
    own.reset();
    run_first_process(std::move(theirs), scratch, user, group);
  }
  const int error = errno;
  theirs.reset();
  if (process < 0) {
    ::rmdir(scratch.c_str());
    return Error{why_no_namespaces(error)};
  }
  std::unique_ptr<Warden> warden(
      new Warden(process, std::move(own), std::move(scratch), std::move(held)));
  const auto ready = receive_message(warden->socket_.number(), true);
  if (!ready || ready->what() != "ready") {
    return Error{fmt::format("the namespaces for programs cannot be set up: {}",
                             ready && ready->words.size() > 1 ? ready->words[1] : "they ended")};
  }
  return warden;
}

Result<WardedHost> Warden::open_host(const HostSetup& setup) {
  auto [own, theirs] = make_warden_sockets();
  std::vector<std::string> words = {"host", fmt::format("{}/{}", scratch_, hosts_++)};
  for (std::string& word : to_words(setup)) words.push_back(std::move(word));
  send_message(socket_.number(), words, {theirs.number()});
  theirs.reset();
  auto answer = receive_message(own.number(), true);
  if (!answer || answer->what() != "ready" || answer->files.empty()) {
    return Error{fmt::format("the namespace of {} cannot be set up: {}", setup.name,
                             answer && answer->words.size() > 1 ? answer->words[1] : "it ended")};
  }
  return WardedHost{std::move(answer->files.front()), std::move(own), answer->sender};
}

}  // namespace natsim::live
