#include "tools/probe/port_policy.h"

#include <algorithm>
#include <map>

namespace natsim::probe {
namespace {

constexpr std::size_t fewest_samples = 4;
constexpr int longest_step = 32;

// The step that is seen most often, and how often; steps beyond longest_step do not count.
std::pair<int, std::size_t> usual_step(const std::vector<PortSample>& samples) {
  std::map<int, std::size_t> seen;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const int step = samples[i].external - samples[i - 1].external;
    if (step >= 1 && step <= longest_step) ++seen[step];
  }
  std::pair<int, std::size_t> usual{1, 0};
  for (const auto& [step, times] : seen) {
    if (times > usual.second) usual = {step, times};
  }
  return usual;
}

}  // namespace

std::string_view to_string(PortPolicy policy) {
  constexpr std::string_view names[] = {"cannot tell", "preserved", "sequential", "random"};
  return names[static_cast<std::size_t>(policy)];
}

PortPolicy classify(const std::vector<PortSample>& samples) {
  if (samples.size() < fewest_samples) return PortPolicy::cannot_tell;
  const auto same = std::count_if(samples.begin(), samples.end(), [](const PortSample& each) {
    return each.internal == each.external;
  });
  if (static_cast<std::size_t>(same) + 1 >= samples.size()) return PortPolicy::preserved;
  const std::size_t steps = samples.size() - 1;
  std::size_t upwards = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const int step = samples[i].external - samples[i - 1].external;
    if (step >= 1 && step <= longest_step) ++upwards;
  }
  // One jump is where the range begins again.
  const bool sequential = upwards + 1 >= steps && usual_step(samples).second * 2 > steps;
  return sequential ? PortPolicy::sequential : PortPolicy::random;
}

std::uint16_t stride_of(const std::vector<PortSample>& samples) {
  return static_cast<std::uint16_t>(usual_step(samples).first);
}

PortSampling::PortSampling(const Endpoint& server, int sockets, Random random)
    : server_(server), sockets_(sockets), random_(random) {}

std::optional<int> PortSampling::poll_socket() {
  if (named_ > concluded_ || named_ == sockets_) return std::nullopt;
  return named_++;
}

void PortSampling::socket_opened(int /*socket*/, const Endpoint& local, Time now) {
  constexpr stun::TransactionTimers timers = {.rc = 4, .rm = 2};
  probe_.emplace(stun::BindingProbe::Request{.local = local, .remote = server_}, timers, random_,
                 now);
}

void PortSampling::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                           Time /*now*/) {
  const auto message = stun::MessageView::parse(datagram);
  if (!message || !probe_ || !probe_->receive(local, remote, *message)) return;
  look();
}

void PortSampling::handle_timeout(Time now) {
  if (!probe_ || probe_->next_timeout() > now) return;
  probe_->handle_timeout(now);
  look();
}

void PortSampling::look() {
  if (probe_->outcome() == stun::BindingProbe::Outcome::waiting) return;
  if (probe_->outcome() == stun::BindingProbe::Outcome::success) {
    samples_.push_back({probe_->transaction().local().port, probe_->answer().mapped.port});
  }
  probe_.reset();
  ++concluded_;
}

Time PortSampling::next_timeout() const { return probe_ ? probe_->next_timeout() : Time::never(); }

std::optional<Transmit> PortSampling::poll_transmit() {
  return probe_ ? probe_->poll_transmit() : std::nullopt;
}

}  // namespace natsim::probe
