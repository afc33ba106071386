// One stream that a peer receives: what came, what is missing, what is played.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stack/base/time.h"
#include "stack/media/audio_playout.h"
#include "stack/media/video_playout.h"
#include "stack/peer/stream_repair.h"
#include "stack/peer/stream_statistics.h"
#include "stack/peer/transceiver.h"
#include "stack/rtp/missing_packets.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/reception.h"
#include "stack/rtp/report.h"

namespace natsim::peer {

// Contract:
// 1. A stream is one SSRC; another one in its section takes its place when its first packet comes.
// 2. Payload types are those of the own description. RTX packets count for the stream that they
//    repeat.
// 3. What can be restored by forward error correction is taken as if it had come, but for what
//    reports say of losses. Where there is some, a missing packet is asked for a moment later.
// 4. What the sender has to be told is polled: missing packets, and the want of a key frame.
class RtpReceiver {
 public:
  // `rid` is of the peer's simulcast; empty: the section's only stream.
  RtpReceiver(TransceiverId id, MediaKind kind, std::string rid = {})
      : id_(id), kind_(kind), rid_(std::move(rid)) {}

  void configure(const Agreement& agreed);
  // False if the payload type is not of this section. `bytes` are the packet's own.
  bool receive(const rtp::Packet& packet, ByteView bytes, Time now);
  void receive_report(const rtp::SenderReport& report, Time now);

  [[nodiscard]] std::vector<std::uint16_t> missing(Time now);
  [[nodiscard]] bool wants_key_frame(Time now);
  [[nodiscard]] Time next_timeout() const;
  // The block for the next report; nullopt before the stream is believed (RFC 3550 A.1).
  std::optional<rtp::ReportBlock> report(Time now);
  void measure(Duration round_trip);

  [[nodiscard]] TransceiverId transceiver() const { return id_; }
  [[nodiscard]] MediaKind kind() const { return kind_; }
  [[nodiscard]] std::optional<std::uint32_t> ssrc() const { return ssrc_; }
  [[nodiscard]] bool is_of(std::uint32_t ssrc) const;
  [[nodiscard]] bool takes(std::uint8_t payload_type) const;
  // Whether the packet's MID is the section's, and its RID or that of what it repeats the stream's.
  [[nodiscard]] bool is_named(const rtp::Packet& packet) const;
  [[nodiscard]] InboundStatistics statistics() const;
  // The codec's name; empty before there is a stream.
  [[nodiscard]] const std::string& codec() const { return codec_.encoding; }
  // Ids of extensions; 0 if not agreed.
  [[nodiscard]] std::uint8_t transport_sequence_id() const { return transport_sequence_id_; }
  [[nodiscard]] const std::string& rid() const { return rid_; }

 private:
  void begin(std::uint32_t ssrc, const Codec& codec);
  void count(const rtp::Packet& packet, Time now);
  void take(const rtp::Header& header, ByteView payload, Time now);
  // A packet of the stream itself, or of RED; `bytes` are empty if it came as a retransmission.
  void take_stream(const rtp::Header& header, ByteView payload, ByteView bytes, Time now);
  void take_red(const rtp::Header& header, ByteView payload, ByteView bytes, Time now);
  void take_restored(const std::vector<Bytes>& packets, Time now);
  void fill_earlier(const rtp::Header& header, int packets_before, std::uint32_t age,
                    std::size_t bytes, Time now);
  void play_audio(const rtp::Header& header, Time now);
  [[nodiscard]] bool asks_for_key_frames() const;

  TransceiverId id_;
  MediaKind kind_;
  std::string rid_;
  std::string mid_;
  std::vector<Codec> codecs_;
  std::vector<RemoteSource> sources_;
  std::uint8_t transport_sequence_id_ = 0;
  std::uint8_t mid_id_ = 0;
  std::uint8_t rid_id_ = 0;
  std::uint8_t repaired_rid_id_ = 0;
  std::optional<std::uint32_t> ssrc_;
  std::optional<std::uint32_t> rtx_ssrc_;
  Codec codec_;  // of the stream
  std::optional<rtp::Reception> reception_;
  std::optional<rtp::MissingPackets> missing_;
  std::optional<media::AudioPlayout> audio_;
  std::optional<media::VideoPlayout> video_;
  StreamRepair repair_;
  // The sender's clock, by its last report: what its timestamp was when.
  std::optional<std::pair<std::uint32_t, Time>> sender_clock_;
  Duration mouth_to_ear_;  // of all in `rated_`
  std::uint64_t rated_ = 0;
  InboundStatistics statistics_;
};

}  // namespace natsim::peer
