// The media of a world in the clear, by the keys that its peers tell of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/net/packet.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/srtp/session.h"

namespace natsim::record {

struct ClearMedia {
  Bytes datagram;  // with right lengths, and checksums as right as they were
  bool rtcp = false;
  std::size_t taken_off = 0;  // bytes: SRTP's tag, SRTCP's index and tag
};

// Contract:
// 1. It decrypts SRTP and SRTCP in UDP datagrams, and in TURN's ChannelData within them; neither
//    what TURN's indications or a stream hold, nor fragments of datagrams.
// 2. Packets are to be shown from their sender on, in the order of their sending: a receiver's
//    window of replay stands between. One that was decrypted may be shown again, at the next place
//    that it comes to, for `kept_for`.
class MediaDecryption {
 public:
  static constexpr Duration kept_for = seconds(10);

  // Takes the keys that "srtp.keys" tells; other events are nothing to it.
  void learn(const core::AgentEvent& event);
  // Nullopt if there is nothing to decrypt, or no key fits.
  std::optional<ClearMedia> decrypt(Time now, ByteView datagram);

 private:
  // Null if no key fits.
  const Bytes* clear_text(Time now, ByteView sealed, bool rtcp);
  std::optional<Bytes> open(ByteView sealed, bool rtcp);

  net::PacketPool pool_;
  std::vector<srtp::MasterKeys> keys_;
  std::vector<srtp::Session> receivers_;                      // two of each, for both directions
  absl::flat_hash_map<std::uint32_t, std::size_t> receiver_;  // that opened a source's last packet
  absl::flat_hash_map<std::string, Bytes> opened_;            // by the packet as it was sent
  std::deque<std::pair<Time, std::string>> kept_;             // their keys, oldest first
};

}  // namespace natsim::record
