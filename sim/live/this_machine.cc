#include "sim/live/this_machine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "sim/net/packet.h"
#include "sim/net/wire.h"

namespace natsim::live {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::size_t largest_datagram = 65'535;
// Datagrams of one host that are read before others get their turn.
constexpr int most_at_once = 64;
// How often a world that is behind its time looks outside.
constexpr Duration between_polls = microseconds(50);

std::int64_t monotonic() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::array<Descriptor, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Has natsim run before what computes, where it may: it forwards for a fraction of the time, and
// sleeps. An ordinary user may not, and is late more often. (The real-time class, SCHED_FIFO, costs
// 40 us at the median on an idle machine.)
void go_first() { ::setpriority(PRIO_PROCESS, 0, -20); }

std::uint32_t to_number(const std::string& word) {
  std::uint32_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

}  // namespace

ThisMachine::ThisMachine(std::function<void(const std::string&)> tell, bool tell_errors)
    : tell_(std::move(tell)),
      tell_errors_(tell_errors),
      io_(1),
      alarm_(io_, ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      signals_(io_, SIGINT, SIGTERM),
      buffer_(largest_datagram) {
  go_first();
  ::signal(SIGPIPE, SIG_IGN);  // a program that has ended is told so
  watch_alarm();
  watch_signals();
}

ThisMachine::~ThisMachine() = default;

Time ThisMachine::clock() const { return Time{start_ ? monotonic() - *start_ : 0}; }

Time ThisMachine::stamp() {
  last_ = std::max(clock(), last_ + nanoseconds(1));
  return last_;
}

void ThisMachine::watch_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    interrupted_by_ = number;
    signals_.clear();  // the next one ends natsim as it always does
  });
}

void ThisMachine::watch_alarm() {
  alarm_.async_wait(stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    std::uint64_t times = 0;
    [[maybe_unused]] const auto read = ::read(alarm_.native_handle(), &times, sizeof times);
    watch_alarm();
  });
}

void ThisMachine::arm_alarm(Time due) {
  if (std::exchange(alarm_for_, due) == due) return;
  itimerspec at{};
  if (!due.is_never()) {
    const std::int64_t instant = *start_ + due.ns;
    at.it_value.tv_sec = instant / 1'000'000'000;
    at.it_value.tv_nsec = instant % 1'000'000'000;
  }
  ::timerfd_settime(alarm_.native_handle(), TFD_TIMER_ABSTIME, &at, nullptr);
}

bool ThisMachine::wait_until(Time due, Time now, std::vector<Arrival>& arrivals) {
  if (!start_) start_ = monotonic() - now.ns;
  last_ = std::max(last_, now);
  for (Arrival& early : early_) {
    early.at = stamp();
    arrivals.push_back(std::move(early));
  }
  early_.clear();
  arrivals_ = &arrivals;
  const Time present = clock();
  if (due <= present) {
    if (present - polled_ >= between_polls) {
      polled_ = present;
      io_.poll();
    }
  } else {
    arm_alarm(due);
    while (arrivals.empty() && interrupted_by_ == 0) {
      io_.run_one();
      polled_ = clock();
      if (polled_ >= due) break;
    }
  }
  arrivals_ = nullptr;
  return interrupted_by_ == 0;
}

std::optional<Error> ThisMachine::open_host(const HostSetup& setup) {
  if (warden_ == nullptr) {
    auto started = Warden::start();
    if (!started) return Error{started.error()};
    warden_ = std::move(started.value());
  }
  auto opened = warden_->open_host(setup);
  if (!opened) return Error{opened.error()};
  const auto number = static_cast<HostNumber>(hosts_.size());
  const int watched = ::fcntl(opened.value().socket.number(), F_DUPFD_CLOEXEC, 0);
  hosts_.push_back(std::make_unique<Host>(Host{setup.name, std::move(opened.value().socket),
                                               stream_descriptor(io_, opened.value().tun.release()),
                                               stream_descriptor(io_, watched)}));
  watch_tun(number);
  watch_warden(number);
  if (setup.announced) {
    const bool root = ::geteuid() == 0;
    tell_(fmt::format("a shell on {}: nsenter -t {} {}-n -m", setup.name, opened.value().process,
                      root ? "" : "-U --preserve-credentials "));
  }
  return std::nullopt;
}

void ThisMachine::watch_tun(HostNumber number) {
  hosts_[number]->tun.async_wait(stream_descriptor::wait_read,
                                 [this, number](const boost::system::error_code& error) {
                                   if (error) return;
                                   read_tun(number);
                                   watch_tun(number);
                                 });
}

void ThisMachine::read_tun(HostNumber number) {
  const int tun = hosts_[number]->tun.native_handle();
  for (int i = 0; i < most_at_once; ++i) {
    const ssize_t size = ::read(tun, buffer_.data(), buffer_.size());
    if (size <= 0) return;
    ++truth_.read;
    const auto end = buffer_.begin() + size;
    DatagramArrived arrived{number, Bytes(buffer_.begin(), end)};
    if (arrivals_ != nullptr) arrivals_->push_back({stamp(), std::move(arrived)});
  }
}

void ThisMachine::write(HostNumber host, const net::Packet& packet, Time due) {
  const ByteView datagram = packet.datagram();
  const ssize_t written =
      ::write(hosts_[host]->tun.native_handle(), datagram.data(), datagram.size());
  truth_.lateness.add(clock() - due);
  if (written != static_cast<ssize_t>(datagram.size())) ++truth_.unwritten;
  if (!net::checksums_right(packet)) ++truth_.wrong_checksums;
}

std::optional<Error> ThisMachine::start(HostNumber host, const script::ProgramOptions& options) {
  auto input = make_pipe();
  auto output = make_pipe();
  auto errors = make_pipe();
  if (!input[0].is_open() || !output[0].is_open() || !errors[0].is_open()) {
    return Error{"no file can be opened any more (ulimit -n)"};
  }
  const auto number = static_cast<ProgramNumber>(programs_.size());
  std::vector<std::string> words = {"start", std::to_string(number), options.folder,
                                    std::to_string(options.command.size())};
  words.insert(words.end(), options.command.begin(), options.command.end());
  for (const auto& [name, value] : options.environment) words.push_back(name + "=" + value);
  const auto answer = ask(host, words, {input[0].number(), output[1].number(), errors[1].number()});
  if (!answer || answer->what() != "started") {
    return Error{fmt::format("'{}' cannot be started: {}", options.command.front(),
                             answer ? answer->words[1] : "its command is too long")};
  }
  auto& program = *programs_.emplace_back(std::make_unique<RealProgram>(
      io_, hosts_[host]->name, std::move(input[1]), std::move(output[0]), std::move(errors[0])));
  hosts_of_.push_back(host);
  program.on_line = [this, number](std::string_view line) {
    arrivals_->push_back({stamp(), LineArrived{number, std::string(line)}});
  };
  program.on_error_line = [this, number](std::string_view line) {
    if (tell_errors_) tell_(fmt::format("{}: {}", programs_[number]->name(), line));
  };
  program.on_silence = [this, number] { finish(number); };
  program.begin();
  return std::nullopt;
}

// It has ended when both are known: how, and that it says no more.
void ThisMachine::finish(ProgramNumber number) {
  RealProgram& program = *programs_[number];
  if (!program.end || !program.silent() || std::exchange(program.told, true)) return;
  (arrivals_ != nullptr ? *arrivals_ : early_)
      .push_back({arrivals_ != nullptr ? stamp() : Time{}, EndArrived{number, *program.end}});
  const bool well = !program.end->by_signal && program.end->code == 0;
  if (well || tell_errors_) return;
  tell_(fmt::format("a program on {} has ended by {}", program.name(), to_string(*program.end)));
  for (const std::string& line : program.last_errors()) {
    tell_(fmt::format("{}: {}", program.name(), line));
  }
}

void ThisMachine::say(ProgramNumber program, std::string_view line) {
  programs_[program]->say(line);
}

void ThisMachine::close_input(ProgramNumber program) { programs_[program]->close_input(); }

void ThisMachine::signal(ProgramNumber program, int number) {
  send_message(hosts_[hosts_of_[program]]->warden.number(),
               {"signal", std::to_string(program), std::to_string(number)});
}

void ThisMachine::watch_warden(HostNumber number) {
  hosts_[number]->watched.async_wait(
      stream_descriptor::wait_read, [this, number](const boost::system::error_code& error) {
        if (error) return;
        while (const auto message = receive_message(hosts_[number]->warden.number(), false)) {
          take(*message);
        }
        watch_warden(number);
      });
}

std::optional<WardenMessage> ThisMachine::ask(HostNumber number,
                                              const std::vector<std::string>& words,
                                              std::initializer_list<int> files) {
  const int socket = hosts_[number]->warden.number();
  if (!send_message(socket, words, files)) return std::nullopt;
  for (;;) {
    auto message = receive_message(socket, true);
    if (!message || message->what() != "ended") return message;
    take(*message);
  }
}

void ThisMachine::take(const WardenMessage& message) {
  if (message.what() != "ended" || message.words.size() < 4) return;
  const ProgramNumber number = to_number(message.words[1]);
  if (number >= programs_.size()) return;
  programs_[number]->end = script::ProgramEnd{message.words[2] == "signal",
                                              static_cast<int>(to_number(message.words[3]))};
  finish(number);
}

void ThisMachine::stop() {
  for (HostNumber number = 0; number < hosts_.size(); ++number) {
    const auto counted = ask(number, {"count"});
    if (!counted || counted->words.size() < 3) continue;
    truth_.unread += to_number(counted->words[1]);
    truth_.unwritten += to_number(counted->words[2]);
  }
  programs_.clear();
  hosts_.clear();
  warden_.reset();
}

}  // namespace natsim::live
