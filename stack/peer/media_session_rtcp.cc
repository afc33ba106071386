#include <algorithm>
#include <utility>
#include <variant>

#include "stack/peer/media_session.h"
#include "stack/rtp/reception.h"
#include "stack/rtp/transport_feedback.h"

namespace natsim::peer {

void MediaSession::receive_rtcp(ByteView bytes, Time now) {
  const auto packets = rtp::parse_rtcp(bytes);
  if (!packets) {
    events_.push_back(MediaIgnored{true});
    return;
  }
  for (const rtp::RtcpPacket& packet : *packets) {
    std::visit([&](const auto& known) { handle(known, now); }, packet);
  }
}

void MediaSession::handle(const rtp::SenderReport& report, Time now) {
  for (RtpReceiver& receiver : receivers_) receiver.receive_report(report, now);
  handle_blocks(report.blocks, now);
}

void MediaSession::handle(const rtp::ReceiverReport& report, Time now) {
  handle_blocks(report.blocks, now);
}

void MediaSession::handle_blocks(const std::vector<rtp::ReportBlock>& blocks, Time now) {
  for (const rtp::ReportBlock& block : blocks) {
    Sending* sending = find_sending(block.ssrc);
    if (sending == nullptr || sending->stream.ssrc() != block.ssrc) continue;
    sending->stream.receive_report(block, now);
    sending->adapt_speech(options_.fec.audio);
    if (controller_ && sending->video) {
      controller_->on_report_loss(block.fraction_lost, rtp::round_trip(block, now), now);
    }
    // The way to the peer and back is the same for what it has to send again.
    if (const auto round_trip = rtp::round_trip(block, now)) {
      for (RtpReceiver& receiver : receivers_) receiver.measure(*round_trip);
    }
  }
}

void MediaSession::handle(const rtp::Goodbye& goodbye, Time /*now*/) {
  for (const std::uint32_t ssrc : goodbye.ssrcs) events_.push_back(PeerLeft{ssrc});
}

void MediaSession::handle(const rtp::Nack& nack, Time now) {
  Sending* sending = find_sending(nack.media);
  if (sending == nullptr || !started_) return;
  std::vector<OutgoingRtp> packets;
  sending->stream.resend(nack, now, packets);
  for (OutgoingRtp& packet : packets) {
    packet.made = now;
    release(packet, now);
  }
}

void MediaSession::handle(const rtp::PictureLoss& loss, Time /*now*/) {
  Sending* sending = find_sending(loss.media);
  if (sending == nullptr || !sending->video) return;
  sending->stream.count_pli();
  sending->video->request_key_frame();
}

void MediaSession::handle(const rtp::FullIntraRequest& request, Time /*now*/) {
  for (const rtp::FullIntraRequest::Entry& entry : request.entries) {
    Sending* sending = find_sending(entry.ssrc);
    if (sending == nullptr || !sending->video) continue;
    if (sending->stream.count_fir(entry.sequence_number)) sending->video->request_key_frame();
  }
}

void MediaSession::handle(const rtp::TransportFeedback& feedback, Time now) {
  if (!controller_) return;
  controller_->on_feedback(feedback, now);
  control(now);
}

void MediaSession::handle(const rtp::EstimatedBitrate& limit, Time now) {
  if (!controller_) return;
  controller_->on_remb(limit.bitrate, now);
  control(now);
}

std::uint32_t MediaSession::reporter() const {
  for (const Sending& sending : sending_) {
    if (sending.active) return sending.stream.ssrc();
  }
  return own_ssrc_;
}

std::vector<rtp::RtcpPacket> MediaSession::make_reports(Time now) {
  std::vector<rtp::ReportBlock> blocks;
  for (RtpReceiver& receiver : receivers_) {
    constexpr std::size_t most_blocks = 31;
    if (auto block = receiver.report(now); block && blocks.size() < most_blocks) {
      blocks.push_back(*block);
    }
  }
  std::vector<rtp::RtcpPacket> packets;
  rtp::SourceDescription description;
  const auto describe = [&](std::uint32_t ssrc) {
    constexpr std::size_t most_chunks = 31;
    if (description.chunks.size() == most_chunks) return;
    description.chunks.push_back({ssrc, {{rtp::SourceDescription::ItemType::cname, cname_}}});
  };
  for (const Sending& sending : sending_) {
    if (!sending.active || !sending.stream.has_sent()) continue;
    rtp::SenderReport report = sending.stream.report(now);
    report.blocks = std::exchange(blocks, {});  // all of them in the first one
    packets.emplace_back(std::move(report));
    describe(sending.stream.ssrc());
  }
  if (packets.empty()) {
    packets.emplace_back(rtp::ReceiverReport{reporter(), std::move(blocks)});
    describe(reporter());
  }
  packets.emplace_back(std::move(description));
  return packets;
}

void MediaSession::send_reports(Time now) {
  transmits_.push_back({rtp::encode(make_reports(now)), true});
  schedule_reports(now);
}

void MediaSession::schedule_reports(Time now) {
  const bool video =
      std::any_of(sending_.begin(), sending_.end(),
                  [](const Sending& sending) { return sending.active && sending.video; }) ||
      std::any_of(receivers_.begin(), receivers_.end(),
                  [](const auto& receiver) { return receiver.kind() == MediaKind::video; });
  const Duration interval = video ? options_.video_report_interval : options_.audio_report_interval;
  next_report_ = now + random_.between(interval / 2, interval + interval / 2);
}

void MediaSession::send_feedback(rtp::RtcpPacket feedback, Time now) {
  if (!started_) return;
  std::vector<rtp::RtcpPacket> packets;
  if (!reduced_size_) packets = make_reports(now);
  packets.push_back(std::move(feedback));
  transmits_.push_back({rtp::encode(packets), true});
}

void MediaSession::send_transport_feedback(Time now) {
  next_transport_feedback_ = Time::never();
  auto packets = std::exchange(arrivals_.packets, {});
  if (packets.empty()) return;
  std::sort(packets.begin(), packets.end());
  // What came late is told with its own number as the first; what was told as missing may follow.
  const std::int64_t begin =
      std::min(arrivals_.first.value_or(packets.front().first), packets.front().first);
  const std::int64_t end = packets.back().first + 1;
  arrivals_.first = end;
  constexpr Duration reference_unit = milliseconds(64);
  constexpr Duration unit = microseconds(250);
  rtp::TransportFeedback feedback{.sender = reporter(),
                                  .media = arrivals_.media_ssrc,
                                  .base_sequence = static_cast<std::uint16_t>(begin),
                                  .feedback_count = arrivals_.count++};
  const std::int64_t reference = (packets.front().second - Time{}) / reference_unit;
  // 24 bits, which wrap.
  feedback.reference_time =
      static_cast<std::int32_t>((reference + (1 << 23)) % (1 << 24)) - (1 << 23);
  constexpr std::int64_t most_told = 2000;  // a jump of the numbers is not told in full
  std::int64_t told = reference * (reference_unit / unit);  // in units, of the arrival before
  auto packet = packets.begin();
  for (std::int64_t number = std::max(begin, end - most_told); number < end; ++number) {
    while (packet != packets.end() && packet->first < number) ++packet;
    if (packet == packets.end() || packet->first != number) {
      feedback.arrivals.emplace_back(std::nullopt);
      continue;
    }
    const std::int64_t at = (packet->second - Time{}) / unit;
    feedback.arrivals.emplace_back(
        static_cast<std::int16_t>(std::clamp<std::int64_t>(at - told, INT16_MIN, INT16_MAX)));
    told = at;
  }
  feedback.base_sequence =
      static_cast<std::uint16_t>(end - static_cast<std::int64_t>(feedback.arrivals.size()));
  send_feedback(std::move(feedback), now);
}

void MediaSession::stop(Time now) {
  if (!std::exchange(started_, false)) return;
  auto packets = make_reports(now);
  rtp::Goodbye goodbye;
  for (const Sending& sending : sending_) {
    if (sending.stream.has_sent()) goodbye.ssrcs.push_back(sending.stream.ssrc());
  }
  packets.emplace_back(std::move(goodbye));
  transmits_.push_back({rtp::encode(packets), true});
}

}  // namespace natsim::peer
