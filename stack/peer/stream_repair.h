// What a receiver restores of a stream by what its sender has added for that: earlier speech within
// RED or Opus, ULPFEC within RED, FlexFEC.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/peer/codec.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/repairer.h"

namespace natsim::peer {

// Of RTCInboundRtpStreamStats.
struct FecStatistics {
  std::uint64_t packets = 0;    // of repairs, or parts of packets that hold earlier speech
  std::uint64_t bytes = 0;      // of their payload
  std::uint64_t discarded = 0;  // that restored nothing
};

class StreamRepair {
 public:
  // `codecs` are those that may come.
  void configure(const std::vector<Codec>& codecs);
  // Another stream comes.
  void begin(std::uint32_t ssrc);

  [[nodiscard]] bool is_red(std::uint8_t payload_type) const { return red_ == payload_type; }
  [[nodiscard]] bool is_ulpfec(std::uint8_t payload_type) const { return ulpfec_ == payload_type; }
  [[nodiscard]] bool is_flexfec(std::uint8_t payload_type) const {
    return flexfec_ == payload_type;
  }
  [[nodiscard]] bool restores_video() const { return ulpfec_ || flexfec_; }

  // A packet of the stream has come, without RED; a payload of repairs. Each gives the packets that
  // can be restored by it.
  std::vector<Bytes> receive(ByteView packet);
  std::vector<Bytes> receive_ulpfec(ByteView payload);
  std::vector<Bytes> receive_flexfec(const rtp::Packet& packet);
  // Earlier speech has come with a packet.
  void count_speech(std::size_t bytes, bool used);

  [[nodiscard]] FecStatistics statistics() const;

 private:
  std::vector<Bytes> receive(std::optional<rtp::Repair> repair, std::size_t bytes);

  std::optional<std::uint8_t> red_;  // payload types
  std::optional<std::uint8_t> ulpfec_;
  std::optional<std::uint8_t> flexfec_;
  std::optional<rtp::Repairer> repairer_;
  std::uint32_t ssrc_ = 0;
  FecStatistics statistics_;  // but for what the repairer has discarded
};

}  // namespace natsim::peer
