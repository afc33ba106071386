#include "stack/peer/rtp_receiver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stack/media/speech_quality.h"
#include "stack/rtp/clock.h"
#include "stack/rtp/header_values.h"
#include "stack/rtp/opus.h"
#include "stack/rtp/red.h"
#include "stack/rtp/retransmission.h"
#include "stack/rtp/sequence.h"

namespace natsim::peer {
namespace {

// What would be more comes of a report whose time is wrong.
constexpr Duration longest_mouth_to_ear = seconds(60);

// A frame's time and a little: that is how far behind a packet its repair comes, mostly.
constexpr Duration patience = milliseconds(50);

// Comfort noise and lost packets alike stand for one packet's samples.
std::uint64_t samples_of_packet(const Codec& codec) {
  return static_cast<std::uint64_t>(codec.clock_rate) / 50;
}

}  // namespace

void RtpReceiver::configure(const Agreement& agreed) {
  mid_ = agreed.mid;
  codecs_ = agreed.received_codecs;
  sources_ = agreed.remote_sources;
  repair_.configure(codecs_);
  transport_sequence_id_ = mid_id_ = rid_id_ = repaired_rid_id_ = 0;
  for (const sdp::HeaderExtension& extension : agreed.extensions) {
    const auto id = static_cast<std::uint8_t>(extension.id);
    if (extension.uri == rtp::uri::transport_sequence) transport_sequence_id_ = id;
    if (extension.uri == rtp::uri::mid) mid_id_ = id;
    if (extension.uri == rtp::uri::rid) rid_id_ = id;
    if (extension.uri == rtp::uri::repaired_rid) repaired_rid_id_ = id;
  }
}

bool RtpReceiver::is_named(const rtp::Packet& packet) const {
  const auto says = [&packet](std::uint8_t id, const std::string& name) {
    const rtp::ExtensionData* data = id == 0 ? nullptr : packet.header.extension(id);
    return data != nullptr && std::equal(data->begin(), data->end(), name.begin(), name.end());
  };
  return says(mid_id_, mid_) &&
         (rid_.empty() || says(rid_id_, rid_) || says(repaired_rid_id_, rid_));
}

bool RtpReceiver::is_of(std::uint32_t ssrc) const {
  if (ssrc_ == ssrc || rtx_ssrc_ == ssrc) return true;
  return std::any_of(sources_.begin(), sources_.end(), [ssrc](const RemoteSource& source) {
    return source.ssrc == ssrc || source.rtx_ssrc == ssrc || source.fec_ssrc == ssrc;
  });
}

bool RtpReceiver::takes(std::uint8_t payload_type) const {
  return find_codec(codecs_, payload_type) != nullptr;
}

void RtpReceiver::begin(std::uint32_t ssrc, const Codec& codec) {
  ssrc_ = ssrc;
  codec_ = codec;
  rtx_ssrc_.reset();
  for (const RemoteSource& source : sources_) {
    if (source.ssrc == ssrc) rtx_ssrc_ = source.rtx_ssrc;
  }
  reception_.emplace(ssrc, codec.clock_rate);
  sender_clock_.reset();
  audio_.reset();
  video_.reset();
  missing_.reset();
  repair_.begin(ssrc);
  if (kind_ == MediaKind::audio) {
    audio_.emplace(codec.clock_rate);
  } else {
    video_.emplace(codec.is("H264") ? media::VideoFormat::h264 : media::VideoFormat::vp8);
    if (codec.wants("nack")) {
      missing_.emplace(
          rtp::NackOptions{.patience = repair_.restores_video() ? patience : Duration{}});
    }
  }
}

void RtpReceiver::count(const rtp::Packet& packet, Time now) {
  if (const Time last = std::exchange(statistics_.last_packet_received, now); !last.is_never()) {
    statistics_.longest_silence = std::max(statistics_.longest_silence, now - last);
  }
  ++statistics_.packets_received;
  statistics_.bytes_received += packet.payload.size();
}

bool RtpReceiver::receive(const rtp::Packet& packet, ByteView bytes, Time now) {
  const Codec* codec = find_codec(codecs_, packet.header.payload_type);
  if (codec == nullptr) return false;
  if (repair_.is_flexfec(codec->payload_type)) {
    take_restored(repair_.receive_flexfec(packet), now);
    return true;
  }
  count(packet, now);
  if (const auto repeated = codec->repeats()) {
    ++statistics_.retransmitted_packets_received;
    // Without its stream it repeats nothing that is known.
    if (!ssrc_ || (*repeated != codec_.payload_type && !repair_.is_red(*repeated))) return true;
    rtx_ssrc_ = packet.header.ssrc;
    if (const auto original = rtp::restore_rtx(packet, {*ssrc_, *repeated})) {
      take_stream(original->header, original->payload, {}, now);
    }
    return true;
  }
  take_stream(packet.header, packet.payload, bytes, now);
  return true;
}

void RtpReceiver::take_stream(const rtp::Header& header, ByteView payload, ByteView bytes,
                              Time now) {
  if (repair_.is_red(header.payload_type)) {
    take_red(header, payload, bytes, now);
    return;
  }
  if (!bytes.empty()) {
    if (ssrc_ != header.ssrc || header.payload_type != codec_.payload_type) {
      const Codec* codec = find_codec(codecs_, header.payload_type);
      if (codec == nullptr || !codec->is_media()) return;
      begin(header.ssrc, *codec);
    }
    reception_->receive(header.sequence_number, header.timestamp, now);
  }
  take(header, payload, now);
  if (!bytes.empty() && repair_.restores_video()) take_restored(repair_.receive(bytes), now);
}

void RtpReceiver::take_red(const rtp::Header& header, ByteView payload, ByteView bytes, Time now) {
  const auto blocks = rtp::parse_red(payload);
  if (!blocks) return;
  const rtp::RedBlock& primary = blocks->back();
  if (repair_.is_ulpfec(primary.payload_type)) {
    if (ssrc_ != header.ssrc) return;
    if (!bytes.empty()) reception_->receive(header.sequence_number, header.timestamp, now);
    if (missing_) missing_->receive(header.sequence_number, now);
    take_restored(repair_.receive_ulpfec(primary.data), now);
    return;
  }
  if (repair_.is_red(primary.payload_type)) return;
  for (std::size_t i = 0; i + 1 < blocks->size(); ++i) {
    const rtp::RedBlock& block = (*blocks)[i];
    // Senders repeat the packets before, each of them.
    fill_earlier(header, static_cast<int>(blocks->size() - 1 - i), block.age, block.data.size(),
                 now);
  }
  rtp::Header plain = header;
  plain.payload_type = primary.payload_type;
  Bytes plain_bytes;
  if (!bytes.empty()) {
    // As it was before RED's header came to it.
    const auto begin = bytes.begin();
    const auto payload_at = payload.data() - bytes.data();
    const auto data_at = primary.data.data() - bytes.data();
    plain_bytes.assign(begin, begin + payload_at);
    plain_bytes.insert(plain_bytes.end(), begin + data_at, bytes.end());
    plain_bytes[1] = static_cast<std::uint8_t>((plain_bytes[1] & 0x80) | primary.payload_type);
  }
  take_stream(plain, primary.data, plain_bytes, now);
}

void RtpReceiver::take_restored(const std::vector<Bytes>& packets, Time now) {
  for (const Bytes& bytes : packets) {
    const auto packet = rtp::Packet::parse(bytes);
    if (!packet || packet->header.payload_type != codec_.payload_type) continue;
    take(packet->header, packet->payload, now);
  }
}

void RtpReceiver::fill_earlier(const rtp::Header& header, int packets_before, std::uint32_t age,
                               std::size_t bytes, Time now) {
  if (!audio_ || ssrc_ != header.ssrc) return;
  const auto number = static_cast<std::uint16_t>(header.sequence_number - packets_before);
  repair_.count_speech(bytes, audio_->fill(number, header.timestamp - age, now));
}

void RtpReceiver::take(const rtp::Header& header, ByteView payload, Time now) {
  if (missing_) missing_->receive(header.sequence_number, now);
  if (audio_) {
    if (codec_.is("opus") && rtp::has_in_band_fec(payload)) {
      // Of the coarser frame's size nothing is told.
      fill_earlier(header, 1, codec_.clock_rate / 50, 0, now);
    }
    play_audio(header, now);
  }
  if (!video_ || payload.empty()) return;
  if (video_->receive(header, payload, now) && missing_) {
    missing_->forget_before(*video_->needed_from());
  }
}

void RtpReceiver::play_audio(const rtp::Header& header, Time now) {
  const auto played = audio_->receive(header.sequence_number, header.timestamp, now);
  if (!played || !sender_clock_) return;
  const std::int64_t ticks = rtp::distance(sender_clock_->first, header.timestamp);
  const Time captured =
      sender_clock_->second + nanoseconds(ticks * 1'000'000'000 / codec_.clock_rate);
  // What a report says of the sender's clock may be anything.
  const Duration mouth_to_ear = *played - captured;
  if (mouth_to_ear < Duration{} || mouth_to_ear > longest_mouth_to_ear) return;
  mouth_to_ear_ += mouth_to_ear;
  ++rated_;
}

void RtpReceiver::receive_report(const rtp::SenderReport& report, Time now) {
  if (!ssrc_ || report.ssrc != *ssrc_) return;
  reception_->receive_report(report, now);
  // The world's clock is every host's, so that the report's NTP time can be read by it.
  const std::uint64_t beginning = rtp::ntp_time(Time{});
  if (report.ntp_timestamp < beginning) return;
  const std::uint64_t since = report.ntp_timestamp - beginning;
  const auto ns = static_cast<std::int64_t>((since >> 32) * 1'000'000'000 +
                                            ((since & 0xffffffffU) * 1'000'000'000 >> 32));
  sender_clock_ = {report.rtp_timestamp, Time{ns}};
}

std::vector<std::uint16_t> RtpReceiver::missing(Time now) {
  if (!missing_) return {};
  auto numbers = missing_->poll(now);
  if (missing_->poll_overflow() && video_) video_->give_up();
  if (!numbers.empty()) ++statistics_.nack_count;
  return numbers;
}

bool RtpReceiver::asks_for_key_frames() const { return video_ && codec_.wants("nack pli"); }

bool RtpReceiver::wants_key_frame(Time now) {
  if (!asks_for_key_frames() || !video_->wants_key_frame(now)) return false;
  ++statistics_.pli_count;
  return true;
}

Time RtpReceiver::next_timeout() const {
  Time next = missing_ ? missing_->next_timeout() : Time::never();
  if (asks_for_key_frames()) next = std::min(next, video_->next_timeout());
  return next;
}

std::optional<rtp::ReportBlock> RtpReceiver::report(Time now) {
  if (!reception_ || !reception_->believed()) return std::nullopt;
  return reception_->report(now);
}

void RtpReceiver::measure(Duration round_trip) {
  // A quarter more, or what is under way already would be asked for again.
  if (missing_) missing_->measure(std::max(round_trip + round_trip / 4, milliseconds(1)));
}

InboundStatistics RtpReceiver::statistics() const {
  InboundStatistics result = statistics_;
  if (reception_) {
    result.packets_lost =
        reception_->lost() - static_cast<std::int64_t>(statistics_.retransmitted_packets_received);
    result.jitter = reception_->jitter();
  }
  const FecStatistics fec = repair_.statistics();
  result.fec_packets_received = fec.packets;
  result.fec_bytes_received = fec.bytes;
  result.fec_packets_discarded = fec.discarded;
  if (audio_) {
    const media::AudioPlayoutStatistics& played = audio_->statistics();
    const auto concealed = static_cast<std::uint64_t>(std::max<std::int64_t>(played.concealed, 0));
    const std::uint64_t all = played.played + concealed;
    result.packets_discarded = played.late;
    result.total_samples_received = all * samples_of_packet(codec_);
    result.concealed_samples = concealed * samples_of_packet(codec_);
    result.concealment_events = played.runs;
    result.jitter_buffer_delay = played.waited;
    result.jitter_buffer_emitted_count = played.played;
    result.jitter_buffer_target = audio_->target();
    if (rated_ > 0) {
      result.mouth_to_ear = mouth_to_ear_ / static_cast<std::int64_t>(rated_);
      const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
      };
      const double score = media::mean_opinion_score(
          media::rating_of({.mouth_to_ear = *result.mouth_to_ear,
                            .loss = share(concealed, all),
                            .mean_loss_run = std::max(1.0, share(concealed, played.runs))}));
      // What is behind the third digit would depend on the machine's library of functions.
      result.mean_opinion_score = std::round(score * 1000) / 1000;
    }
  }
  if (video_) {
    const media::VideoPlayoutStatistics& shown = video_->statistics();
    result.frames_decoded = shown.frames_decoded;
    result.key_frames_decoded = shown.key_frames_decoded;
    result.frames_dropped = shown.frames_dropped;
    result.freeze_count = shown.freeze_count;
    result.total_freezes_duration = shown.total_freezes;
    result.total_inter_frame_delay = shown.total_inter_frame_delay;
  }
  return result;
}

}  // namespace natsim::peer
