#include "sim/live/warden_message.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <utility>

namespace natsim::live {
namespace {

constexpr std::size_t largest_message = 160'000;  // below what a socket's buffer takes by default
constexpr std::size_t most_files = 4;

}  // namespace

std::pair<Descriptor, Descriptor> make_warden_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  std::pair<Descriptor, Descriptor> pair{Descriptor(ends[0]), Descriptor(ends[1])};
  const int on = 1;
  for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  return pair;
}

bool send_message(int socket, const std::vector<std::string>& words,
                  std::initializer_list<int> files) {
  std::string bytes;
  for (const std::string& word : words) {
    const auto length = static_cast<std::uint32_t>(word.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += word;
  }
  if (bytes.size() > largest_message || files.size() > most_files) return false;
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_files)> control{};
  if (files.size() > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * files.size());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
    std::memcpy(CMSG_DATA(header), files.begin(), sizeof(int) * files.size());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

std::optional<WardenMessage> receive_message(int socket, bool wait) {
  std::vector<char> bytes(largest_message);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr)
      std::array<char, CMSG_SPACE(sizeof(int) * most_files) + CMSG_SPACE(sizeof(ucred))>
          control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  // Whoever watches the socket may have made it one that does not block.
  pollfd readable{socket, POLLIN, 0};
  while (wait && ::poll(&readable, 1, -1) < 0 && errno == EINTR) {
  }
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return std::nullopt;
  WardenMessage received;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      std::array<int, most_files> files{};
      std::memcpy(files.data(), CMSG_DATA(header), sizeof(int) * count);
      for (std::size_t i = 0; i < count; ++i) received.files.emplace_back(files[i]);
    } else if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
      received.sender = sender.pid;
    }
  }
  std::string_view rest(bytes.data(), static_cast<std::size_t>(size));
  std::uint32_t length = 0;
  while (rest.size() >= sizeof length) {
    std::memcpy(&length, rest.data(), sizeof length);
    rest.remove_prefix(sizeof length);
    if (length > rest.size()) return std::nullopt;
    received.words.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return received;
}

}  // namespace natsim::live
