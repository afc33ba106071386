// Where the path was full before: an average of the throughputs at over-use.
#pragma once

#include <optional>

namespace natsim::congestion {

// All rates in bits per second. The average and its deviation are libwebrtc's.
class LinkCapacity {
 public:
  void on_over_use(double throughput) { add(throughput, 0.05); }
  void on_probe(double bitrate) { add(bitrate, 0.5); }
  void reset() { estimate_.reset(); }

  [[nodiscard]] std::optional<double> estimate() const;
  // Whether a throughput is further from it than three deviations.
  [[nodiscard]] bool is_below(double throughput) const;
  [[nodiscard]] bool is_above(double throughput) const;

 private:
  void add(double sample, double weight);
  [[nodiscard]] double margin() const;  // kbit/s

  std::optional<double> estimate_;  // kbit/s
  double deviation_ = 0.4;          // its square over the estimate, in kbit/s; from 0.4 to 2.5
};

}  // namespace natsim::congestion
