// One stream that a peer sends: frames become packets, and packets are sent again when asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/media/audio_source.h"
#include "stack/media/video_source.h"
#include "stack/peer/stream_protection.h"
#include "stack/peer/stream_statistics.h"
#include "stack/peer/transceiver.h"
#include "stack/rtp/feedback.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/report.h"

namespace natsim::peer {

// A packet before it leaves: the session adds the extensions that say when it does.
struct OutgoingRtp {
  rtp::Header header;
  Bytes payload;
  Time made;
  bool retransmission = false;
  bool repair = false;       // of others
  bool key = false;          // of a key frame
  std::uint8_t padding = 0;  // bytes of it behind the payload
};

// Bytes of an RTP payload at most, so that with all headers, SRTP's tag and TURN's framing a packet
// fits 1280 bytes, IPv6's least MTU.
inline constexpr std::size_t most_payload = 1150;

// Contract:
// 1. Sequence numbers begin below 2^15, so that a loss at the beginning cannot cost SRTP its
//    rollover counter; timestamps begin anywhere (RFC 3550 §5.1).
// 2. The last `history` packets can be sent again: by RTX if it was agreed on (RFC 4588), else as
//    they were, not more often than once a round trip each.
// 3. What leaves is to be counted by `sent`; repairs of it are due then (`add_repairs`).
// 4. A stream of simulcast is told by its RID until a report of it has come (RFC 8852 §3); its
//    retransmissions and its repairs, of which none comes, always.
// 5. A packet of repairs is not sent again.
class RtpSender {
 public:
  static constexpr std::size_t history = 1024;  // a power of two

  // `rid` is of simulcast; empty: the section's only stream.
  RtpSender(const Transceiver& transceiver, SentSources sources, std::string rid, Random random);

  // The codec and the ids may change with each exchange of descriptions. False if there is nothing
  // agreed to send with.
  bool configure(const Agreement& agreed);
  [[nodiscard]] const Codec& codec() const { return codec_; }

  void packetize(media::AudioFrame frame, std::vector<OutgoingRtp>& out);
  void packetize(const media::VideoFrame& frame, std::vector<OutgoingRtp>& out);
  void resend(const rtp::Nack& nack, Time now, std::vector<OutgoingRtp>& out);

  // The repairs that are due once `packet` has left as `bytes`.
  void add_repairs(const OutgoingRtp& packet, ByteView bytes, Time now,
                   std::vector<OutgoingRtp>& out);

  // A packet of nothing but padding, to probe the path with; nullopt if there is no RTX to send it
  // by.
  std::optional<OutgoingRtp> pad(Time now);

  // The packet leaves at `now`: it is counted, and kept if it is no retransmission.
  void sent(const OutgoingRtp& packet, Time now);
  [[nodiscard]] rtp::SenderReport report(Time now) const;
  void receive_report(const rtp::ReportBlock& block, Time now);
  void count_pli() { ++statistics_.pli_count; }
  // True if it is not a repetition (RFC 5104 §4.3.1.2).
  bool count_fir(std::uint8_t sequence_number);

  [[nodiscard]] TransceiverId transceiver() const { return id_; }
  [[nodiscard]] MediaKind kind() const { return kind_; }
  [[nodiscard]] const std::string& rid() const { return rid_; }
  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint32_t rtx_ssrc() const { return rtx_ssrc_; }
  [[nodiscard]] bool has_ssrc(std::uint32_t ssrc) const {
    return ssrc == ssrc_ || ssrc == rtx_ssrc_ || ssrc == protection_.fec_ssrc();
  }
  [[nodiscard]] const StreamProtection& protection() const { return protection_; }
  [[nodiscard]] bool has_sent() const { return statistics_.packets_sent > 0; }
  [[nodiscard]] OutboundStatistics& statistics() { return statistics_; }
  [[nodiscard]] const OutboundStatistics& statistics() const { return statistics_; }
  // Ids of extensions; 0 if not agreed.
  struct Ids {
    std::uint8_t mid = 0;
    std::uint8_t rid = 0;  // these two of simulcast only
    std::uint8_t repaired_rid = 0;
    std::uint8_t audio_level = 0;
    std::uint8_t abs_send_time = 0;
    std::uint8_t transport_sequence = 0;
  };
  [[nodiscard]] const Ids& ids() const { return ids_; }

 private:
  struct Kept {
    rtp::Header header;
    Bytes payload;
    Time resent = Time::never();
  };

  [[nodiscard]] std::uint32_t timestamp_of(Time captured) const;
  OutgoingRtp make(Time captured, bool marker, Bytes payload);
  void add_names(rtp::Header& header) const;
  void add_repaired_rid(rtp::Header& header) const;

  TransceiverId id_;
  MediaKind kind_;
  std::string rid_;
  std::uint32_t ssrc_;
  std::uint32_t rtx_ssrc_;
  std::uint32_t timestamp_offset_;
  std::uint16_t next_number_;
  std::uint16_t next_rtx_number_;
  std::uint16_t picture_id_;
  std::string mid_;
  Codec codec_;
  StreamProtection protection_;
  std::optional<std::uint8_t> rtx_payload_type_;
  Ids ids_;
  std::vector<Kept> kept_;  // by sequence number modulo `history`
  std::optional<std::uint8_t> last_fir_;
  std::uint64_t original_packets_ = 0;  // as sender reports count
  std::uint64_t original_bytes_ = 0;
  Duration round_trip_ = milliseconds(100);  // until a report tells
  OutboundStatistics statistics_;
};

}  // namespace natsim::peer
