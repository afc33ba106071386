// All streams of a peer: sources, packets, RTCP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/congestion/controller.h"
#include "stack/media/audio_source.h"
#include "stack/media/video_source.h"
#include "stack/peer/pacer.h"
#include "stack/peer/rtp_receiver.h"
#include "stack/peer/rtp_sender.h"
#include "stack/peer/transceiver.h"
#include "stack/rtp/rtcp.h"

namespace natsim::peer {

struct MediaOptions {
  std::uint64_t audio_bitrate = 32'000;     // of Opus, bits per second
  bool dtx = false;                         // Opus sends nothing in pauses
  std::uint64_t video_bitrate = 1'000'000;  // bits per second, at most
  // With congestion control the video's rate goes where the path allows; else it stays at the most.
  bool congestion_control = true;
  std::uint64_t start_bitrate = 300'000;  // of all that is sent, as libwebrtc begins
  std::uint64_t least_bitrate = 30'000;
  Fec fec;  // that is offered, accepted and sent
  std::int64_t frames_per_second = 30;
  media::Resolution resolution;
  // Between two packets of RTCP, without video and with it either way, as browsers have it; each is
  // drawn from half to one and a half times that (RFC 3550 §6.3.1).
  Duration audio_report_interval = seconds(5);
  Duration video_report_interval = seconds(1);
  Duration transport_feedback_interval = milliseconds(100);
};

// A packet for the secure transport.
struct MediaPacket {
  Bytes bytes;
  bool rtcp = false;
};

// The peer says goodbye to its streams (RFC 3550 §6.6).
struct PeerLeft {
  std::uint32_t ssrc = 0;
};
// A packet that belongs to nothing.
struct MediaIgnored {
  bool rtcp = false;
};
using MediaEvent = std::variant<PeerLeft, MediaIgnored>;

// Contract (beside that of stack/base/machine.h):
// 1. `apply` says what has been agreed, after each exchange of descriptions; `start` that packets
//    may leave. Sources run from both being there on, until `stop` or an agreement that ends them.
// 2. A packet goes to the stream that its MID and, of simulcast, its RID name, else to that of its
// SSRC, else to the only one
//    with its payload type (RFC 9143 §9.2). Others are ignored.
// 3. Video leaves through a pacer, at two and a half times its rate; audio and retransmissions pass
//    it by. With congestion control, which needs transport-wide feedback for the video that is
//    sent, its rate is what is left of the target behind audio and headers. Simulcast shares it out
//    among its streams, the smallest first; one that gets nothing pauses.
// 4. Feedback (NACK, PLI) leaves at once, reports at their interval. Packets of RTCP are compound
//    unless reduced size was agreed for all sections (RFC 5506).
class MediaSession {
 public:
  // `cname` names this peer's streams (RFC 7022).
  MediaSession(const MediaOptions& options, std::string cname, Random random);

  void apply(const std::vector<Transceiver>& transceivers, Time now);
  void start(Time now);
  // Says goodbye, and ends.
  void stop(Time now);

  void receive_rtp(ByteView packet, Time now);
  void receive_rtcp(ByteView packet, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<MediaPacket> poll_transmit();
  std::optional<MediaEvent> poll_event();

  // What congestion control allows, of all that is sent; nullopt while there is none.
  [[nodiscard]] std::optional<std::uint64_t> target_bitrate() const;
  // What a video that is sent is encoded at, bits per second, all its streams together; nullopt if
  // there is none.
  [[nodiscard]] std::optional<std::uint64_t> target_bitrate(TransceiverId id) const;
  // The streams of a section that are or were sent or received; of simulcast there are several.
  [[nodiscard]] std::vector<const RtpSender*> senders(TransceiverId id) const;
  [[nodiscard]] std::vector<const RtpReceiver*> receivers(TransceiverId id) const;
  // The first of them; null if there is none.
  [[nodiscard]] const RtpSender* sender(TransceiverId id) const;
  [[nodiscard]] const RtpReceiver* receiver(TransceiverId id) const;
  // What a stream of video is made of; null if that SSRC is not of one.
  [[nodiscard]] const media::VideoSource* video_source(std::uint32_t ssrc) const;

 private:
  struct Sending {
    RtpSender stream;
    std::optional<media::AudioSource> audio;
    std::optional<media::VideoSource> video;
    bool active = false;
    bool paused = false;  // of simulcast: there is no bit-rate for it
    media::Resolution resolution;
    EncodingRates rates;  // of simulcast

    [[nodiscard]] Time next() const;
    // What the peer has reported, or agreed to, bears upon the encoder.
    void adapt_speech(AudioFec fec);
  };
  // Of packets with transport-wide numbers that came since the last feedback.
  struct Arrivals {
    std::optional<std::int64_t> first;  // extended number that the feedback begins with
    std::vector<std::pair<std::int64_t, Time>> packets;
    std::uint32_t media_ssrc = 0;
    std::uint8_t count = 0;  // of feedback packets
  };

  Sending* find_sending(std::uint32_t ssrc);
  void apply_sending(const Transceiver& transceiver, bool sends, Time now);
  Sending& sending_of(const Transceiver& transceiver, const SentSources& sources,
                      const std::string& rid);
  void apply_receiving(const Transceiver& transceiver, bool receives);
  void set_video_bitrate(std::uint64_t bitrate, Time now);
  void start_source(Sending& sending, Time now);
  void capture(Time now);
  // The bytes that it comes to on the wire.
  std::size_t release(OutgoingRtp& packet, Time now, std::uint32_t probe = 0);
  void pace(Time now);
  void control(Time now);
  [[nodiscard]] bool is_controlled() const;
  [[nodiscard]] std::uint64_t audio_on_wire() const;
  [[nodiscard]] std::uint64_t most_on_wire() const;
  [[nodiscard]] std::uint64_t without_repairs(std::uint64_t bitrate) const;
  RtpReceiver* receiver_of(const rtp::Packet& packet);
  void give_feedback(Time now);

  // media_session_rtcp.cc
  void handle(const rtp::SenderReport& report, Time now);
  void handle(const rtp::ReceiverReport& report, Time now);
  void handle(const rtp::Goodbye& goodbye, Time now);
  void handle(const rtp::Nack& nack, Time now);
  void handle(const rtp::PictureLoss& loss, Time now);
  void handle(const rtp::FullIntraRequest& request, Time now);
  void handle(const rtp::TransportFeedback& feedback, Time now);
  void handle(const rtp::EstimatedBitrate& limit, Time now);
  template <typename Other>
  void handle(const Other& /*packet*/, Time /*now*/) {}
  void handle_blocks(const std::vector<rtp::ReportBlock>& blocks, Time now);
  [[nodiscard]] std::uint32_t reporter() const;
  std::vector<rtp::RtcpPacket> make_reports(Time now);
  void send_reports(Time now);
  void send_feedback(rtp::RtcpPacket feedback, Time now);
  void send_transport_feedback(Time now);
  void schedule_reports(Time now);

  MediaOptions options_;
  std::string cname_;
  Random random_;
  bool started_ = false;
  bool reduced_size_ = false;
  std::uint32_t own_ssrc_ = 0;  // that reports come from when nothing is sent
  std::deque<Sending> sending_;
  std::deque<RtpReceiver> receivers_;
  std::uint16_t transport_number_ = 0;  // of the next packet
  Pacer pacer_;
  std::optional<congestion::Controller> controller_;
  Arrivals arrivals_;
  rtp::Unwrapper<std::uint16_t> transport_numbers_;
  Time next_transport_feedback_ = Time::never();
  Time next_report_ = Time::never();
  std::deque<MediaPacket> transmits_;
  std::deque<MediaEvent> events_;
};

}  // namespace natsim::peer
