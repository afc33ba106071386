// A receiver's side of forward error correction: restores the packets of a stream that did not
// come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/rtp/repair.h"

namespace natsim::rtp {

// Contract:
// 1. Packets and repairs may come in any order and more than once. A packet is restored as soon as
//    it is the only one of a repair that is missing; restored packets help to restore others. What
//    comes out at the end does not depend on the order, within the limits of number 2.
// 2. It keeps the last `window` packets, and of the repairs that lack more than one the last
//    `most_repairs`.
// 3. A packet that comes after it was restored is not told from others: the host drops duplicates
//    anyway.
class Repairer {
 public:
  static constexpr std::size_t window = 256;  // a power of two, more than any repair reaches
  static constexpr std::size_t most_repairs = 48;

  explicit Repairer(std::uint32_t ssrc) : ssrc_(ssrc), packets_(window) {}

  // Each gives the packets restored thereby, in the order in which that became possible. An RTP
  // packet as it was before SRTP, received or sent again; one of another stream is ignored.
  std::vector<Bytes> receive(ByteView packet);
  std::vector<Bytes> receive(Repair repair);

  // Repairs that restored nothing and are not kept any more.
  [[nodiscard]] std::uint64_t discarded() const { return discarded_; }

 private:
  void keep(Bytes packet);
  // Null if it is not there.
  [[nodiscard]] const Bytes* find(std::uint16_t number) const;
  std::vector<Bytes> settle();
  // Restores the packet that the repair lacks if it is one. False if it lacks more.
  bool is_done(const Repair& repair, std::vector<Bytes>& restored);

  std::uint32_t ssrc_;
  std::vector<Bytes> packets_;  // by sequence number modulo `window`; empty ones are not there
  std::deque<Repair> repairs_;  // that lack more than one packet
  std::uint64_t discarded_ = 0;
};

}  // namespace natsim::rtp
