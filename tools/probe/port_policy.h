// How a NAT chooses external ports, from a few of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "stack/base/random.h"
#include "stack/stun/binding_probe.h"

namespace natsim::probe {

enum class PortPolicy : std::uint8_t { cannot_tell, preserved, sequential, random };
std::string_view to_string(PortPolicy policy);

// A mapping that was seen.
struct PortSample {
  std::uint16_t internal = 0;
  std::uint16_t external = 0;
};

// Of samples in the order in which they were made: preserved if all but one at most have the
// internal port, sequential if each is above the one before by no more than 32 (others' mappings
// come between), and by the same step most times; otherwise random. Four samples at least can tell.
PortPolicy classify(const std::vector<PortSample>& samples);
// How far sequential ports are from one another: the step that is seen most often; at least 1.
std::uint16_t stride_of(const std::vector<PortSample>& samples);

// Asks a server for the mappings of so many sockets, one after the other. Contract: that of
// stun::BehaviourDiscovery.
class PortSampling {
 public:
  PortSampling(const Endpoint& server, int sockets, Random random);

  std::optional<int> poll_socket();
  void socket_opened(int socket, const Endpoint& local, Time now);
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();

  [[nodiscard]] bool done() const { return concluded_ == sockets_; }
  [[nodiscard]] const std::vector<PortSample>& samples() const { return samples_; }

 private:
  void look();

  Endpoint server_;
  int sockets_;
  Random random_;
  int named_ = 0;      // sockets that the host has been told of
  int concluded_ = 0;  // those whose answer has come or will not
  std::optional<stun::BindingProbe> probe_;
  std::vector<PortSample> samples_;
};

}  // namespace natsim::probe
