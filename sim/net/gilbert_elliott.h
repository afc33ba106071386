// Losses that come in bursts: the Gilbert-Elliott model.
#pragma once

#include "stack/base/random.h"
#include "stack/base/result.h"

namespace natsim::net {

// A chain of two states, good and bad, that takes a step with each packet (Gilbert 1960, Elliott
// 1963). All are probabilities. Without `p` there is no loss but loss_good's.
struct GilbertElliottOptions {
  double p = 0;          // from good to bad
  double r = 1;          // from bad to good
  double loss_good = 0;  // of a packet in the good state
  double loss_bad = 1;   // of a packet in the bad state

  [[nodiscard]] constexpr bool loses() const { return p > 0 || loss_good > 0; }
  bool operator==(const GilbertElliottOptions&) const = default;
};

// The model whose bad state loses every packet, with the share `loss` of packets lost in runs of
// `burst` packets on average: r = 1/burst, p = r * loss / (1 - loss). Fails if loss is 1, burst is
// less than 1, or p would be more than 1.
Result<GilbertElliottOptions> gilbert_elliott_of_means(double loss, double burst);

// The chain at work; it begins in the good state.
class GilbertElliott {
 public:
  explicit GilbertElliott(Random random) : random_(random) {}

  // Whether the next packet is lost: drawn in the present state, which then changes or stays. Two
  // draws each time.
  bool loses_next(const GilbertElliottOptions& options);

 private:
  Random random_;
  bool bad_ = false;
};

}  // namespace natsim::net
