// A media sender under congestion control, and whom it shares a bottleneck with, in virtual time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/congestion/controller.h"

namespace natsim::congestion {

// What is to happen, in the order of time and then of asking.
class Agenda {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] Time now() const { return now_; }
  void at(Time time, Action action) { actions_.emplace(Key{time, count_++}, std::move(action)); }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }
  void run_until(Time end);

 private:
  using Key = std::pair<Time, std::uint64_t>;

  Time now_;
  std::uint64_t count_ = 0;
  std::map<Key, Action> actions_;
};

// A tail-drop queue before a rate, then a delay; packets are lost by chance after it.
class Bottleneck {
 public:
  struct Options {
    std::uint64_t rate = 1'000'000;      // bits per second
    Duration queue = milliseconds(300);  // that it can hold, in time at its rate
    Duration delay = milliseconds(50);
    Duration jitter;  // at most, added to the delay; packets stay in order
    double loss = 0;
  };

  Bottleneck(Agenda& agenda, const Options& options, std::uint64_t seed)
      : agenda_(agenda), options_(options), random_(seed) {}

  void send(std::uint32_t bytes, Agenda::Action arrive);

  void set_rate(std::uint64_t rate) { options_.rate = rate; }
  void set_loss(double loss) { options_.loss = loss; }
  // How long a packet that comes now would wait.
  [[nodiscard]] Duration waiting() const { return time_of(queued_); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct Packet {
    std::uint32_t bytes;
    Agenda::Action arrive;
  };

  [[nodiscard]] Duration time_of(std::uint64_t bytes) const;
  void serve();

  Agenda& agenda_;
  Options options_;
  Random random_;
  std::deque<Packet> packets_;  // the first one is being sent
  std::uint64_t queued_ = 0;    // bytes
  std::uint64_t dropped_ = 0;   // by the queue
  Time last_arrival_;
};

// A video source, its pacer and controller, and the receiver that gives feedback.
class MediaFlow {
 public:
  struct Options {
    Limits limits;
    std::uint64_t media = 1'500'000;  // bits per second, at most
    Duration feedback_delay = milliseconds(50);
    Bottleneck* feedback_path = nullptr;  // in place of a mere delay
    std::uint64_t seed = 1;
  };

  MediaFlow(Agenda& agenda, Bottleneck& path, const Options& options);

  Controller controller;
  std::uint64_t media;       // as in the options
  double feedback_loss = 0;  // of the feedback's packets
  bool is_sending = true;

  // Of what arrived from then to then, padding included, in bits per second. Tenths of seconds.
  [[nodiscard]] double throughput(Time from, Time to) const;
  // The targets as they were each 10 ms, and how long packets would wait in the queue.
  [[nodiscard]] double mean_target(Time from, Time to) const;
  [[nodiscard]] double least_target(Time from, Time to) const;
  [[nodiscard]] Duration mean_wait(Time from, Time to) const;
  [[nodiscard]] Duration most_wait(Time from, Time to) const;
  // The first sample from then on at which the target is at least, at most that.
  [[nodiscard]] std::optional<Time> reached(double target, Time from) const;
  [[nodiscard]] std::optional<Time> fell_to(double target, Time from) const;

 private:
  struct Sample {
    double target;
    Duration wait;
  };

  void sample();
  void make_frame();
  void pace();
  void transmit(std::uint32_t bytes, std::uint32_t probe);
  void receive(std::int64_t number);
  void report();
  // After each call of the controller.
  void settle();
  [[nodiscard]] std::pair<std::size_t, std::size_t> samples(Time from, Time to) const;

  Agenda& agenda_;
  Bottleneck& path_;
  Options options_;
  Time begun_;
  Random random_;
  std::uint64_t backlog_ = 0;  // bytes
  bool is_pacing_ = false;
  std::deque<Probe> clusters_;       // the first is being sent, media before padding
  std::uint64_t cluster_bytes_ = 0;  // of it, so far
  std::uint32_t cluster_packets_ = 0;
  std::int64_t next_number_ = 65'000;  // it wraps within the first seconds
  Time armed_ = Time::never();
  std::map<std::int64_t, Time> arrivals_;  // that no feedback has told of
  std::int64_t next_reported_ = 65'000;
  std::uint8_t feedback_count_ = 0;
  std::vector<std::uint64_t> bytes_;  // that arrived, in each tenth of a second
  std::vector<Sample> samples_;
};

// Greedy, with slow start, additive increase, and half the window at a loss.
class TcpLikeFlow {
 public:
  TcpLikeFlow(Agenda& agenda, Bottleneck& path, Duration ack_delay);
  void start();
  void stop() { is_sending_ = false; }
  [[nodiscard]] std::uint64_t delivered() const { return delivered_; }  // bytes

 private:
  void fill();
  void acknowledge(std::int64_t number);
  void give_up(Time when);

  Agenda& agenda_;
  Bottleneck& path_;
  Duration ack_delay_;
  bool is_sending_ = false;
  double window_ = 10;  // packets
  double threshold_ = 1e9;
  std::deque<std::int64_t> outstanding_;
  std::int64_t next_ = 0;
  std::int64_t recovery_ = -1;  // losses up to that number have been answered
  Time progress_;
  std::uint64_t delivered_ = 0;
};

}  // namespace natsim::congestion
