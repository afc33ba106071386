// A sender's side of forward error correction: which packets of a stream a repair is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/rtp/protection.h"
#include "stack/rtp/repair.h"

namespace natsim::rtp {

// Contract:
// 1. Packets are protected in groups of whole frames. A group ends with the first frame after which
//    its repairs are not more than a fifth above the rate's share, for there is at least one; or
//    when its packets span the rate's time; or, within a frame, the reach of a repair.
// 2. The repairs of a group share its packets out in turn, so that a burst of losses of as many
//    packets is made good.
class Protector {
 public:
  // `reach`: numbers from a repair's first to its last packet.
  explicit Protector(int reach) : reach_(reach) {}

  void set_rate(const ProtectionRate& rate) { rate_ = rate; }

  // A packet as it is before SRTP, of at most 65535 bytes, in the order of the numbers. Gives the
  // repairs of the group that has ended by it.
  struct Place {
    bool key = false;         // of a key frame
    bool ends_frame = false;  // the last one of its
  };
  std::vector<Repair> add(ByteView packet, Place place, Time now);

 private:
  [[nodiscard]] std::size_t repairs_due() const;
  [[nodiscard]] bool is_complete(Time now) const;
  std::vector<Repair> end_group();

  int reach_;
  ProtectionRate rate_;
  std::vector<Bytes> packets_;  // of the group
  bool key_ = false;            // one of them is of a key frame
  Time first_at_;
};

}  // namespace natsim::rtp
