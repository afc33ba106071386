// Sends datagrams at a constant rate and watches for answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/agents/agent.h"
#include "stack/base/time.h"

namespace natsim::agents {

struct UdpSourceOptions {
  Endpoint local;  // port 0: an ephemeral port
  Endpoint to;
  Duration interval = milliseconds(20);  // positive
  std::size_t size = 160;                // payload bytes, 16 to net::max_udp_payload
  std::optional<std::uint64_t> count;    // stop after so many; never if unset
};

// Each datagram begins with its number and the instant at which it was sent (8 bytes each, in
// network order), so that an echo of it gives a round-trip time.
class UdpSource : public Agent {
 public:
  // Starts sending at once. Fails if the socket cannot be opened.
  static Result<std::unique_ptr<UdpSource>> start(net::Host& host, const UdpSourceOptions& options);

  struct Counters {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;  // echoes that came back, each number once
    std::uint64_t received = 0;  // all datagrams that came, echoes included
    std::uint64_t refused = 0;   // ICMP errors
    Duration last_round_trip;    // of the latest echo
    Time last_received;          // of anything; 0 if nothing came
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  // Sends no more; still counts what comes.
  void stop();

 private:
  UdpSource(net::Host& host, const UdpSourceOptions& options);

  void take(const Endpoint& local, const net::Packet& packet) override;
  void take_error(const Endpoint& local, net::IcmpError error, const Endpoint& remote) override;
  void handle_timeout(Time now) override;
  [[nodiscard]] Time next_timeout() const override { return next_; }
  void drain() override {}

  UdpSourceOptions options_;
  Endpoint local_;
  Time next_;                        // when the next datagram is due; never() once stopped
  Transmit datagram_;                // kept, so that sending does not allocate
  std::uint64_t expected_echo_ = 0;  // numbers below have been answered or passed over
  Counters counters_;
};

}  // namespace natsim::agents
