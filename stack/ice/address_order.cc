#include "stack/ice/address_order.h"

#include <algorithm>
#include <cstddef>

namespace natsim::ice {

std::vector<IpAddress> interleaved(const std::vector<IpAddress>& addresses) {
  std::vector<IpAddress> order = addresses;
  const auto first_v4 = std::stable_partition(order.begin(), order.end(),
                                              [](const IpAddress& a) { return !a.is_v4(); });
  const std::vector<IpAddress> v6(order.begin(), first_v4);
  const std::vector<IpAddress> v4(first_v4, order.end());
  if (v6.empty() || v4.empty()) return order;
  // How many of each come in a turn.
  const std::size_t six = std::max<std::size_t>(1, v6.size() / v4.size());
  const std::size_t four = std::max<std::size_t>(1, v4.size() / v6.size());
  order.clear();
  for (std::size_t i = 0, j = 0; i < v6.size() || j < v4.size();) {
    for (std::size_t n = 0; n < six && i < v6.size(); ++n) order.push_back(v6[i++]);
    for (std::size_t n = 0; n < four && j < v4.size(); ++n) order.push_back(v4[j++]);
  }
  return order;
}

}  // namespace natsim::ice
