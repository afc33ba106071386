// How a stream that is sent is protected from loss, as was agreed on: speech by earlier speech once
// more (RFC 2198), video by ULPFEC within RED (RFC 5109 §14) or by FlexFEC (RFC 8627).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/peer/codec.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/protection.h"
#include "stack/rtp/protector.h"

namespace natsim::peer {

// Contract:
// 1. `report` says what is lost; as long as nothing is, nothing is added.
// 2. With RED each packet of video is wrapped, repairs or none, so that retransmissions are of one
//    payload type; speech is only while there is something to repeat.
// 3. Repairs are for packets as they leave, but for RED's header: it comes with the transport.
class StreamProtection {
 public:
  // Earlier packets of speech in a packet, at most.
  static constexpr std::size_t most_redundancy = 2;
  // Bytes that a packet of media must leave free, so that its repair is as long as others: RED's
  // and ULPFEC's headers, and the header extensions, which a repair has twice.
  static constexpr std::size_t room = 48;

  // `fec_ssrc` and `first_number` are of FlexFEC's stream.
  StreamProtection(std::uint32_t fec_ssrc, std::uint16_t first_number)
      : fec_ssrc_(fec_ssrc), next_fec_number_(first_number) {}

  // `codecs` are those that may be sent, `codec` the one that is.
  void configure(const std::vector<Codec>& codecs, const Codec& codec);
  [[nodiscard]] bool protects_video() const { return protector_.has_value(); }
  // The payload type of RED, if video is wrapped in it.
  [[nodiscard]] std::optional<std::uint8_t> wrapping() const {
    return ulpfec_ ? red_ : std::nullopt;
  }
  [[nodiscard]] std::uint32_t fec_ssrc() const { return fec_ssrc_; }
  // Packets of speech that each one repeats by now.
  [[nodiscard]] std::size_t redundancy() const;

  void report(std::uint8_t fraction_lost, Duration round_trip, Time now);
  [[nodiscard]] const rtp::ProtectionRate& rate() const { return control_.rate(); }

  // Puts the payload into RED, and earlier speech before it, where that is due.
  void wrap(rtp::Header& header, Bytes& payload);
  // The repairs that are due after the packet, which is of video and as it leaves. Those of ULPFEC
  // are of the same stream and have no sequence number yet.
  struct Packet {
    rtp::Header header;
    Bytes payload;
  };
  std::vector<Packet> repairs_after(ByteView packet, const rtp::Header& header, bool key, Time now);

 private:
  struct Spoken {
    std::uint32_t timestamp = 0;
    Bytes payload;
  };

  std::uint32_t fec_ssrc_;
  std::uint16_t next_fec_number_;
  std::uint8_t payload_type_ = 0;  // of the codec
  bool resends_ = false;
  bool speech_ = false;
  std::optional<std::uint8_t> red_;  // payload types
  std::optional<std::uint8_t> ulpfec_;
  std::optional<std::uint8_t> flexfec_;
  rtp::ProtectionControl control_;
  std::optional<rtp::Protector> protector_;
  std::deque<Spoken> spoken_;  // the last packets of speech, the latest last
};

}  // namespace natsim::peer
