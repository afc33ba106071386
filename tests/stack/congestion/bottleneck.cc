#include "tests/stack/congestion/bottleneck.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace natsim::congestion {
namespace {

constexpr std::uint32_t packet_bytes = 1200;
// RTP's padding is at most 255 bytes.
constexpr std::uint32_t padding_bytes = 267;
constexpr std::uint32_t segment_bytes = 1500;
constexpr std::uint32_t feedback_bytes = 100;
constexpr Duration frame_interval = nanoseconds(33'333'333);
constexpr Duration feedback_interval = milliseconds(100);
constexpr Duration sample_interval = milliseconds(10);
constexpr Duration bin = milliseconds(100);
// The receiver's clock reads something else than the sender's.
constexpr Duration receiver_offset = seconds(123'456);

}  // namespace

void Agenda::run_until(Time end) {
  while (!actions_.empty() && actions_.begin()->first.first <= end) {
    auto node = actions_.extract(actions_.begin());
    now_ = node.key().first;
    node.mapped()();
  }
  now_ = end;
}

Duration Bottleneck::time_of(std::uint64_t bytes) const {
  return nanoseconds(static_cast<std::int64_t>(bytes * 8 * 1'000'000'000 / options_.rate));
}

void Bottleneck::send(std::uint32_t bytes, Agenda::Action arrive) {
  if (time_of(queued_ + bytes) > options_.queue) {
    ++dropped_;
    return;
  }
  queued_ += bytes;
  packets_.push_back({bytes, std::move(arrive)});
  if (packets_.size() == 1) serve();
}

void Bottleneck::serve() {
  agenda_.after(time_of(packets_.front().bytes), [this] {
    Packet packet = std::move(packets_.front());
    packets_.pop_front();
    queued_ -= packet.bytes;
    if (!packets_.empty()) serve();
    const Duration jitter = random_.between(Duration{}, options_.jitter);
    if (random_.chance(options_.loss)) return;
    last_arrival_ = std::max(last_arrival_, agenda_.now() + options_.delay + jitter);
    agenda_.at(last_arrival_, std::move(packet.arrive));
  });
}

MediaFlow::MediaFlow(Agenda& agenda, Bottleneck& path, const Options& options)
    : controller(options.limits, agenda.now()),
      media(options.media),
      agenda_(agenda),
      path_(path),
      options_(options),
      begun_(agenda.now()),
      random_(options.seed) {
  make_frame();
  sample();
  agenda_.after(feedback_interval, [this] { report(); });
  settle();
}

void MediaFlow::sample() {
  samples_.push_back({static_cast<double>(controller.target_bitrate()), path_.waiting()});
  agenda_.after(sample_interval, [this] { sample(); });
}

void MediaFlow::make_frame() {
  if (is_sending) {
    const std::uint64_t bitrate = std::min(controller.target_bitrate(), media);
    backlog_ += bitrate / 8 / 30;
    if (!is_pacing_) pace();
  }
  agenda_.after(frame_interval, [this] { make_frame(); });
}

void MediaFlow::pace() {
  is_pacing_ = backlog_ > 0 || !clusters_.empty();
  if (!is_pacing_) return;
  std::uint64_t rate = controller.pacing_rate();
  auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(backlog_, packet_bytes));
  std::uint32_t id = 0;
  if (!clusters_.empty()) {
    const Probe& probe = clusters_.front();
    rate = probe.bitrate;
    id = probe.id;
    bytes = std::max(bytes, padding_bytes);
    cluster_bytes_ += bytes;
    if (++cluster_packets_ >= probe.packets && cluster_bytes_ >= probe.bytes) {
      clusters_.pop_front();
      cluster_bytes_ = 0;
      cluster_packets_ = 0;
    }
  }
  backlog_ -= std::min<std::uint64_t>(backlog_, bytes);
  const auto gap = std::int64_t{bytes} * 8 * 1'000'000'000;
  agenda_.after(nanoseconds(gap / static_cast<std::int64_t>(rate)), [this] { pace(); });
  transmit(bytes, id);
}

void MediaFlow::transmit(std::uint32_t bytes, std::uint32_t probe) {
  const std::int64_t number = next_number_++;
  controller.on_packet_sent(static_cast<std::uint16_t>(number), bytes, agenda_.now(), probe);
  path_.send(bytes, [this, number, bytes] {
    bytes_.resize(std::max(bytes_.size(), static_cast<std::size_t>(agenda_.now().ns / bin.ns) + 1));
    bytes_.back() += bytes;
    receive(number);
  });
  settle();
}

void MediaFlow::receive(std::int64_t number) { arrivals_.emplace(number, agenda_.now()); }

void MediaFlow::report() {
  agenda_.after(feedback_interval, [this] { report(); });
  if (arrivals_.empty()) return;
  const auto units = [](Time at) { return (at + receiver_offset).ns / 250'000; };
  rtp::TransportFeedback feedback;
  feedback.base_sequence = static_cast<std::uint16_t>(next_reported_);
  feedback.feedback_count = feedback_count_++;
  const std::int64_t reference = units(arrivals_.begin()->second) / 256;
  feedback.reference_time = static_cast<std::int32_t>(reference);
  std::int64_t last = reference * 256;
  for (const auto& [number, at] : arrivals_) {
    feedback.arrivals.resize(static_cast<std::size_t>(number - next_reported_));
    feedback.arrivals.emplace_back(static_cast<std::int16_t>(units(at) - last));
    last = units(at);
  }
  next_reported_ = arrivals_.rbegin()->first + 1;
  arrivals_.clear();
  if (random_.chance(feedback_loss)) return;
  const auto arrive = [this, feedback] {
    controller.on_feedback(feedback, agenda_.now());
    settle();
  };
  if (options_.feedback_path == nullptr) {
    agenda_.after(options_.feedback_delay, arrive);
  } else {
    options_.feedback_path->send(feedback_bytes, arrive);
  }
}

void MediaFlow::settle() {
  while (const auto probe = controller.next_probe()) {
    clusters_.push_back(*probe);
  }
  if (!is_pacing_ && !clusters_.empty()) {
    is_pacing_ = true;
    agenda_.after({}, [this] { pace(); });
  }
  const Time next = controller.next_timeout();
  if (next.is_never() || next >= armed_) return;
  armed_ = next;
  agenda_.at(std::max(next, agenda_.now()), [this, next] {
    if (armed_ != next) return;  // An earlier one was armed since.
    armed_ = Time::never();
    if (controller.next_timeout() <= agenda_.now()) {
      controller.handle_timeout(agenda_.now());
      ASSERT_GT(controller.next_timeout(), agenda_.now());
    }
    settle();
  });
}

double MediaFlow::throughput(Time from, Time to) const {
  std::uint64_t sum = 0;
  for (auto i = static_cast<std::size_t>(from.ns / bin.ns);
       i < std::min(bytes_.size(), static_cast<std::size_t>(to.ns / bin.ns)); ++i) {
    sum += bytes_[i];
  }
  return rate_of(sum, to - from);
}

std::pair<std::size_t, std::size_t> MediaFlow::samples(Time from, Time to) const {
  return {static_cast<std::size_t>((from - begun_) / sample_interval),
          std::min(samples_.size(), static_cast<std::size_t>((to - begun_) / sample_interval))};
}

double MediaFlow::mean_target(Time from, Time to) const {
  const auto [begin, end] = samples(from, to);
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += samples_[i].target;
  return sum / static_cast<double>(end - begin);
}

double MediaFlow::least_target(Time from, Time to) const {
  const auto [begin, end] = samples(from, to);
  double least = samples_[begin].target;
  for (std::size_t i = begin; i < end; ++i) least = std::min(least, samples_[i].target);
  return least;
}

Duration MediaFlow::mean_wait(Time from, Time to) const {
  const auto [begin, end] = samples(from, to);
  Duration sum;
  for (std::size_t i = begin; i < end; ++i) sum += samples_[i].wait;
  return sum / static_cast<std::int64_t>(end - begin);
}

Duration MediaFlow::most_wait(Time from, Time to) const {
  const auto [begin, end] = samples(from, to);
  Duration most;
  for (std::size_t i = begin; i < end; ++i) most = std::max(most, samples_[i].wait);
  return most;
}

std::optional<Time> MediaFlow::reached(double target, Time from) const {
  for (auto i = samples(from, from).first; i < samples_.size(); ++i) {
    if (samples_[i].target >= target)
      return begun_ + sample_interval * static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

std::optional<Time> MediaFlow::fell_to(double target, Time from) const {
  for (auto i = samples(from, from).first; i < samples_.size(); ++i) {
    if (samples_[i].target <= target)
      return begun_ + sample_interval * static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

TcpLikeFlow::TcpLikeFlow(Agenda& agenda, Bottleneck& path, Duration ack_delay)
    : agenda_(agenda), path_(path), ack_delay_(ack_delay) {}

void TcpLikeFlow::start() {
  is_sending_ = true;
  progress_ = agenda_.now();
  fill();
  agenda_.after(seconds(1), [this] { give_up(progress_); });
}

void TcpLikeFlow::fill() {
  while (is_sending_ && static_cast<double>(outstanding_.size()) < window_) {
    const std::int64_t number = next_++;
    outstanding_.push_back(number);
    path_.send(segment_bytes, [this, number] {
      delivered_ += segment_bytes;
      agenda_.after(ack_delay_, [this, number] { acknowledge(number); });
    });
  }
}

void TcpLikeFlow::acknowledge(std::int64_t number) {
  progress_ = agenda_.now();
  // The path keeps the order: what was sent three before and is not acknowledged is lost.
  while (!outstanding_.empty() && outstanding_.front() <= number - 3) {
    if (outstanding_.front() > recovery_) {
      threshold_ = window_ = std::max(2.0, window_ / 2);
      recovery_ = next_ - 1;
    }
    outstanding_.pop_front();
  }
  std::erase(outstanding_, number);
  if (number > recovery_) window_ += window_ < threshold_ ? 1 : 1 / window_;
  fill();
}

void TcpLikeFlow::give_up(Time when) {
  if (!is_sending_) return;
  if (progress_ == when && !outstanding_.empty()) {
    threshold_ = std::max(2.0, window_ / 2);
    window_ = 1;
    recovery_ = next_ - 1;
    outstanding_.clear();
    fill();
  }
  agenda_.after(seconds(1), [this, last = progress_] { give_up(last); });
}

}  // namespace natsim::congestion
