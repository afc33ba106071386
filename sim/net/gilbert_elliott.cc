#include "sim/net/gilbert_elliott.h"

#include <fmt/format.h>

namespace natsim::net {

Result<GilbertElliottOptions> gilbert_elliott_of_means(double loss, double burst) {
  if (loss >= 1) return Error{"a mean loss of 100% leaves no room between the bursts"};
  if (!(burst >= 1)) {
    return Error{fmt::format("a burst has at least one packet on average, got {}", burst)};
  }
  const double r = 1 / burst;
  const double p = r * loss / (1 - loss);
  if (p > 1) {
    return Error{
        fmt::format("bursts of {} packets on average cannot make up so much loss: at most {:.4g}%",
                    burst, 100 * burst / (burst + 1))};
  }
  return GilbertElliottOptions{.p = p, .r = r};
}

bool GilbertElliott::loses_next(const GilbertElliottOptions& options) {
  const bool lost = random_.chance(bad_ ? options.loss_bad : options.loss_good);
  if (random_.chance(bad_ ? options.r : options.p)) bad_ = !bad_;
  return lost;
}

}  // namespace natsim::net
