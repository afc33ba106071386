// A stream of UDP datagrams with the times of their sending in them, its receiver, and a forwarder
// that does nothing but forward: what natsim live is measured against.
//
//   forwarding_load receive PORT SECONDS              prints a JSON line of what came, and how late
//   forwarding_load send ADDRESS PORT RATE SECONDS BYTES
//   forwarding_load forward RATE SECONDS BYTES        both, with itself between two TUN devices
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "sim/live/warden.h"

namespace {

using natsim::IpAddress;
using natsim::live::HostSetup;
using natsim::live::WardedHost;
using natsim::live::Warden;

constexpr std::int64_t second = 1'000'000'000;
constexpr int port = 9000;

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * second + time.tv_nsec;
}

void sleep_until(std::int64_t instant) {
  const timespec time{instant / second, instant % second};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

int receive(int on_port, double seconds) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const int bytes = 8 << 20;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<std::uint16_t>(on_port));
  ::bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof local);
  std::puts(R"({"type":"ready"})");
  std::fflush(stdout);
  std::vector<std::int64_t> delays;
  delays.reserve(1 << 20);
  const std::int64_t end = now() + static_cast<std::int64_t>(seconds * 1e9);
  std::array<char, 2048> buffer{};
  pollfd readable{socket, POLLIN, 0};
  while (now() < end) {
    ::poll(&readable, 1, 50);
    for (;;) {
      const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < static_cast<ssize_t>(sizeof(std::int64_t))) break;
      std::int64_t sent = 0;
      std::memcpy(&sent, buffer.data(), sizeof sent);
      delays.push_back(now() - sent);
    }
  }
  std::sort(delays.begin(), delays.end());
  const auto at = [&](double share) {
    return delays.empty() ? 0
                          : static_cast<double>(delays[static_cast<std::size_t>(
                                share * static_cast<double>(delays.size() - 1))]) /
                                1e6;
  };
  fmt::print(R"({{"type":"result","received":{},"p50_ms":{:.4f},"p99_ms":{:.4f},"p999_ms":{:.4f}}})"
             "\n",
             delays.size(), at(0.5), at(0.99), at(0.999));
  return 0;
}

int send(const char* address, int to_port, std::int64_t rate, double seconds, std::size_t bytes) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const int room = 8 << 20;
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  sockaddr_in remote{};
  remote.sin_family = AF_INET;
  remote.sin_port = htons(static_cast<std::uint16_t>(to_port));
  ::inet_pton(AF_INET, address, &remote.sin_addr);
  std::vector<char> payload(bytes);
  const auto count = static_cast<std::int64_t>(seconds * static_cast<double>(rate));
  const std::int64_t begin = now();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t due = begin + i * second / rate;
    if (now() < due) sleep_until(due);
    const std::int64_t sent = now();
    std::memcpy(payload.data(), &sent, sizeof sent);
    ::sendto(socket, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&remote),
             sizeof remote);
  }
  fmt::print(R"({{"type":"sent","sent":{}}})"
             "\n",
             count);
  return 0;
}

// Starts this program on a host, with its standard output here.
void start_on(const WardedHost& host, const std::vector<std::string>& words) {
  std::vector<std::string> message = {"start", "0", "", std::to_string(words.size())};
  message.insert(message.end(), words.begin(), words.end());
  natsim::live::send_message(host.socket.number(), message, {0, 1, 2});
  natsim::live::receive_message(host.socket.number(), true);
}

// One thread, one packet a read and a write, woken by epoll.
int forward(const std::string& self, const std::string& rate, double seconds,
            const std::string& bytes) {
  auto warden = Warden::start();
  if (!warden) {
    fmt::print(stderr, "{}\n", warden.error());
    return 1;
  }
  const auto open = [&](const char* name, const char* ip) {
    return std::move(warden.value()
                         ->open_host({.name = name, .addresses = {{*IpAddress::parse(ip), 24}}})
                         .value());
  };
  const WardedHost one = open("one", "198.51.100.1");
  const WardedHost other = open("other", "203.0.113.1");
  start_on(other, {self, "receive", std::to_string(port), std::to_string(seconds + 1)});
  start_on(one, {self, "send", "203.0.113.1", std::to_string(port), rate, std::to_string(seconds),
                 bytes});
  const int epoll = ::epoll_create1(0);
  const std::array<int, 2> tuns = {one.tun.number(), other.tun.number()};
  for (int i = 0; i < 2; ++i) {
    epoll_event watched{};
    watched.events = EPOLLIN;
    watched.data.u32 = static_cast<std::uint32_t>(i);
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, tuns[static_cast<std::size_t>(i)], &watched);
  }
  const std::int64_t end = now() + static_cast<std::int64_t>((seconds + 1.3) * 1e9);
  std::array<char, 2048> buffer{};
  while (now() < end) {
    std::array<epoll_event, 2> events{};
    const int count = ::epoll_wait(epoll, events.data(), 2, 100);
    for (int i = 0; i < count; ++i) {
      const std::size_t from = events[static_cast<std::size_t>(i)].data.u32;
      for (;;) {
        const ssize_t size = ::read(tuns[from], buffer.data(), buffer.size());
        if (size <= 0) break;
        [[maybe_unused]] const auto written =
            ::write(tuns[1 - from], buffer.data(), static_cast<std::size_t>(size));
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() == 4 && words[1] == "receive") {
    return receive(std::atoi(argv[2]), std::atof(argv[3]));
  }
  if (words.size() == 7 && words[1] == "send") {
    return send(argv[2], std::atoi(argv[3]), std::atoll(argv[4]), std::atof(argv[5]),
                static_cast<std::size_t>(std::atoll(argv[6])));
  }
  if (words.size() == 5 && words[1] == "forward") {
    return forward(words[0], words[2], std::atof(argv[3]), words[4]);
  }
  std::fputs("usage: forwarding_load receive|send|forward …; see the source\n", stderr);
  return 2;
}
