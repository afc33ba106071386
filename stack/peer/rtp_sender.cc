#include "stack/peer/rtp_sender.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/clock.h"
#include "stack/rtp/h264.h"
#include "stack/rtp/header_values.h"
#include "stack/rtp/reception.h"
#include "stack/rtp/retransmission.h"
#include "stack/rtp/vp8.h"

namespace natsim::peer {
namespace {

std::uint8_t id_of(const Agreement& agreed, std::string_view uri) {
  const auto found = std::find_if(agreed.extensions.begin(), agreed.extensions.end(),
                                  [uri](const auto& known) { return known.uri == uri; });
  return found == agreed.extensions.end() ? 0 : static_cast<std::uint8_t>(found->id);
}

}  // namespace

RtpSender::RtpSender(const Transceiver& transceiver, SentSources sources, std::string rid,
                     Random random)
    : id_(transceiver.id),
      kind_(transceiver.kind),
      rid_(std::move(rid)),
      ssrc_(sources.ssrc),
      rtx_ssrc_(sources.rtx_ssrc),
      timestamp_offset_(static_cast<std::uint32_t>(random.next())),
      next_number_(static_cast<std::uint16_t>(random.below(1U << 15))),
      next_rtx_number_(static_cast<std::uint16_t>(random.below(1U << 15))),
      picture_id_(static_cast<std::uint16_t>(random.below(1U << 15))),
      protection_(sources.fec_ssrc,
                  static_cast<std::uint16_t>(random.split("fec").below(1U << 15))) {}

bool RtpSender::configure(const Agreement& agreed) {
  const auto codec = std::find_if(agreed.codecs.begin(), agreed.codecs.end(),
                                  [](const Codec& known) { return known.is_media(); });
  if (codec == agreed.codecs.end()) return false;
  codec_ = *codec;
  protection_.configure(agreed.codecs, codec_);
  const std::uint8_t sent_type = protection_.wrapping().value_or(codec_.payload_type);
  const auto rtx = std::find_if(agreed.codecs.begin(), agreed.codecs.end(),
                                [&](const Codec& known) { return known.repeats() == sent_type; });
  rtx_payload_type_ = rtx == agreed.codecs.end() ? std::nullopt : std::optional(rtx->payload_type);
  mid_ = agreed.mid;
  ids_ = {.mid = id_of(agreed, rtp::uri::mid),
          .rid = rid_.empty() ? std::uint8_t{0} : id_of(agreed, rtp::uri::rid),
          .repaired_rid = rid_.empty() ? std::uint8_t{0} : id_of(agreed, rtp::uri::repaired_rid),
          .audio_level = id_of(agreed, rtp::uri::audio_level),
          .abs_send_time = id_of(agreed, rtp::uri::abs_send_time),
          .transport_sequence = id_of(agreed, rtp::uri::transport_sequence)};
  return true;
}

std::uint32_t RtpSender::timestamp_of(Time captured) const {
  return timestamp_offset_ + rtp::rtp_time(captured, codec_.clock_rate);
}

OutgoingRtp RtpSender::make(Time captured, bool marker, Bytes payload) {
  OutgoingRtp packet{.header = {.marker = marker,
                                .payload_type = codec_.payload_type,
                                .sequence_number = next_number_++,
                                .timestamp = timestamp_of(captured),
                                .ssrc = ssrc_},
                     .payload = std::move(payload)};
  protection_.wrap(packet.header, packet.payload);
  add_names(packet.header);
  return packet;
}

void RtpSender::add_names(rtp::Header& header) const {
  if (ids_.mid != 0) header.extensions.push_back({ids_.mid, {mid_.begin(), mid_.end()}});
  if (ids_.rid != 0 && !statistics_.remote) {
    header.extensions.push_back({ids_.rid, {rid_.begin(), rid_.end()}});
  }
}

// In place of the RID that the original had.
void RtpSender::add_repaired_rid(rtp::Header& header) const {
  if (ids_.repaired_rid == 0) return;
  auto& all = header.extensions;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [this](const auto& known) { return known.id == ids_.rid; }),
            all.end());
  all.push_back({ids_.repaired_rid, {rid_.begin(), rid_.end()}});
}

void RtpSender::packetize(media::AudioFrame frame, std::vector<OutgoingRtp>& out) {
  OutgoingRtp packet = make(frame.captured, frame.begins_speech, std::move(frame.payload));
  if (ids_.audio_level != 0) {
    const rtp::AudioLevel level{.voice = frame.speech,
                                .level = static_cast<std::uint8_t>(frame.speech ? 30 : 127)};
    packet.header.extensions.push_back({ids_.audio_level, level.encode()});
  }
  out.push_back(std::move(packet));
  ++statistics_.frames_sent;
}

void RtpSender::packetize(const media::VideoFrame& frame, std::vector<OutgoingRtp>& out) {
  std::vector<Bytes> payloads;
  const std::size_t most =
      most_payload - (protection_.protects_video() ? StreamProtection::room : 0);
  if (codec_.is("H264")) {
    const std::vector<ByteView> units(frame.units.begin(), frame.units.end());
    payloads = rtp::packetize_h264(units, most);
  } else {
    rtp::Vp8Descriptor descriptor{.starts_partition = true, .picture_id = picture_id_};
    picture_id_ = static_cast<std::uint16_t>((picture_id_ + 1U) & 0x7fffU);
    payloads = rtp::packetize_vp8(descriptor, frame.units.front(), most);
  }
  for (Bytes& payload : payloads) {
    out.push_back(make(frame.captured, &payload == &payloads.back(), std::move(payload)));
    out.back().key = frame.key;
  }
  ++statistics_.frames_sent;
  if (frame.key) ++statistics_.key_frames_encoded;
}

void RtpSender::resend(const rtp::Nack& nack, Time now, std::vector<OutgoingRtp>& out) {
  ++statistics_.nack_count;
  if (kept_.empty()) return;
  for (const std::uint16_t number : nack.lost) {
    Kept& kept = kept_[number % history];
    if (kept.payload.empty() || kept.header.sequence_number != number) continue;
    if (!kept.resent.is_never() && now - kept.resent < round_trip_) continue;
    kept.resent = now;
    OutgoingRtp packet{.header = kept.header, .payload = kept.payload, .retransmission = true};
    if (rtx_payload_type_) {
      // Original sequence number, then the payload (RFC 4588 §4).
      packet.header.ssrc = rtx_ssrc_;
      packet.header.payload_type = *rtx_payload_type_;
      packet.header.sequence_number = next_rtx_number_++;
      add_repaired_rid(packet.header);
      packet.payload.clear();
      ByteWriter payload(packet.payload);
      payload.u16(number);
      payload.bytes(kept.payload);
    }
    out.push_back(std::move(packet));
  }
}

void RtpSender::add_repairs(const OutgoingRtp& packet, ByteView bytes, Time now,
                            std::vector<OutgoingRtp>& out) {
  if (packet.retransmission || packet.repair) return;
  for (auto& made : protection_.repairs_after(bytes, packet.header, packet.key, now)) {
    OutgoingRtp& repair = out.emplace_back(OutgoingRtp{.header = std::move(made.header),
                                                       .payload = std::move(made.payload),
                                                       .made = now,
                                                       .repair = true});
    add_names(repair.header);
    if (repair.header.ssrc == ssrc_) {
      repair.header.sequence_number = next_number_++;
    } else {
      add_repaired_rid(repair.header);
    }
  }
}

std::optional<OutgoingRtp> RtpSender::pad(Time now) {
  if (!rtx_payload_type_) return std::nullopt;
  OutgoingRtp packet{.header = {.payload_type = *rtx_payload_type_,
                                .sequence_number = next_rtx_number_++,
                                .timestamp = timestamp_of(now),
                                .ssrc = rtx_ssrc_},
                     .made = now,
                     .retransmission = true,
                     .padding = 255};
  if (!rid_.empty()) {
    add_names(packet.header);
    add_repaired_rid(packet.header);
  }
  return packet;
}

void RtpSender::sent(const OutgoingRtp& packet, Time now) {
  if (packet.header.ssrc == protection_.fec_ssrc()) return;  // a stream of its own
  ++statistics_.packets_sent;
  statistics_.bytes_sent += packet.payload.size();
  statistics_.total_packet_send_delay += now - packet.made;
  if (packet.retransmission) {
    ++statistics_.retransmitted_packets_sent;
    statistics_.retransmitted_bytes_sent += packet.payload.size();
    return;
  }
  ++original_packets_;
  original_bytes_ += packet.payload.size();
  if (packet.repair || !codec_.wants("nack")) return;
  if (kept_.empty()) kept_.resize(history);
  kept_[packet.header.sequence_number % history] = {packet.header, packet.payload};
}

rtp::SenderReport RtpSender::report(Time now) const {
  return {.ssrc = ssrc_,
          .ntp_timestamp = rtp::ntp_time(now),
          .rtp_timestamp = timestamp_of(now),
          .packet_count = static_cast<std::uint32_t>(original_packets_),
          .octet_count = static_cast<std::uint32_t>(original_bytes_)};
}

void RtpSender::receive_report(const rtp::ReportBlock& block, Time now) {
  const auto round_trip = rtp::round_trip(block, now);
  if (round_trip) round_trip_ = std::max(*round_trip, milliseconds(1));
  protection_.report(block.fraction_lost, round_trip_, now);
  const auto jitter =
      seconds(1) * static_cast<std::int64_t>(block.jitter) / std::max(codec_.clock_rate, 1U);
  const auto before = statistics_.remote ? statistics_.remote->round_trip_time : std::nullopt;
  statistics_.remote = {.packets_lost = block.cumulative_lost,
                        .fraction_lost = block.fraction_lost / 256.0,
                        .jitter = jitter,
                        .round_trip_time = round_trip ? round_trip : before};
}

bool RtpSender::count_fir(std::uint8_t sequence_number) {
  if (last_fir_ == sequence_number) return false;
  last_fir_ = sequence_number;
  ++statistics_.fir_count;
  return true;
}

}  // namespace natsim::peer
