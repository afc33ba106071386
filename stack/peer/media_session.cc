#include "stack/peer/media_session.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/header_values.h"

namespace natsim::peer {
namespace {

template <typename T>
std::optional<T> next_of(std::deque<T>& items) {
  if (items.empty()) return std::nullopt;
  std::optional<T> item(std::move(items.front()));
  items.pop_front();
  return item;
}

}  // namespace

MediaSession::MediaSession(const MediaOptions& options, std::string cname, Random random)
    : options_(options), cname_(std::move(cname)), random_(random) {}

Time MediaSession::Sending::next() const {
  if (!active) return Time::never();
  return audio ? audio->next() : video ? video->next() : Time::never();
}

const RtpSender* MediaSession::sender(TransceiverId id) const {
  for (const Sending& sending : sending_) {
    if (sending.stream.transceiver() == id) return &sending.stream;
  }
  return nullptr;
}

const RtpReceiver* MediaSession::receiver(TransceiverId id) const {
  for (const RtpReceiver& receiver : receivers_) {
    if (receiver.transceiver() == id) return &receiver;
  }
  return nullptr;
}

MediaSession::Sending& MediaSession::sending_of(const Transceiver& transceiver) {
  for (Sending& sending : sending_) {
    if (sending.stream.transceiver() == transceiver.id) return sending;
  }
  return sending_.emplace_back(
      Sending{.stream = RtpSender(transceiver, random_.split(transceiver.id))});
}

void MediaSession::apply(const std::vector<Transceiver>& transceivers, Time now) {
  reduced_size_ = true;
  for (const Transceiver& transceiver : transceivers) {
    const Agreement& agreed = transceiver.agreed;
    if (own_ssrc_ == 0) own_ssrc_ = transceiver.ssrc;
    if (agreed.current) reduced_size_ = reduced_size_ && agreed.reduced_size;
    const bool sends = agreed.current && sdp::sends(*agreed.current) && transceiver.track;
    if (sends || sender(transceiver.id) != nullptr) {
      Sending& sending = sending_of(transceiver);
      sending.active = sends && sending.stream.configure(agreed);
      if (sending.active && started_) start_source(sending, now);
    }
    const bool receives = agreed.current && sdp::receives(*agreed.current);
    if (!receives && receiver(transceiver.id) == nullptr) continue;
    if (receiver(transceiver.id) == nullptr) {
      receivers_.emplace_back(transceiver.id, transceiver.kind);
    }
    for (RtpReceiver& known : receivers_) {
      if (known.transceiver() == transceiver.id) known.configure(agreed);
    }
  }
}

void MediaSession::start(Time now) {
  if (std::exchange(started_, true)) return;
  pacer_free_ = now;
  for (Sending& sending : sending_) {
    if (sending.active) start_source(sending, now);
  }
  schedule_reports(now);
}

// Each source draws from a stream of its own.
void MediaSession::start_source(Sending& sending, Time now) {
  const Random random = random_.split("source").split(sending.stream.transceiver());
  if (sending.stream.kind() == MediaKind::audio) {
    if (sending.audio) return;
    sending.audio.emplace(media::AudioSourceOptions{.format = sending.stream.codec().is("opus")
                                                                  ? media::AudioFormat::opus
                                                                  : media::AudioFormat::g711,
                                                    .bitrate = options_.audio_bitrate,
                                                    .dtx = options_.dtx},
                          random);
    sending.audio->start(now);
    return;
  }
  if (sending.video) return;
  sending.video.emplace(media::VideoSourceOptions{.format = sending.stream.codec().is("H264")
                                                                ? media::VideoFormat::h264
                                                                : media::VideoFormat::vp8,
                                                  .resolution = options_.resolution,
                                                  .frames_per_second = options_.frames_per_second,
                                                  .bitrate = options_.video_bitrate},
                        random);
  sending.video->start(now);
}

void MediaSession::set_video_bitrate(std::uint64_t bitrate) {
  options_.video_bitrate = bitrate;
  for (Sending& sending : sending_) {
    if (sending.video) sending.video->set_bitrate(bitrate);
  }
}

void MediaSession::capture(Time now) {
  std::vector<OutgoingRtp> packets;
  for (Sending& sending : sending_) {
    while (sending.next() <= now) {
      if (sending.audio) {
        if (const auto frame = sending.audio->take()) sending.stream.packetize(*frame, packets);
      } else {
        sending.stream.packetize(sending.video->take(), packets);
      }
    }
    for (OutgoingRtp& packet : packets) {
      packet.made = now;
      if (sending.video) {
        paced_.push_back(std::move(packet));
      } else {
        release(packet, now);
      }
    }
    packets.clear();
  }
}

void MediaSession::release(OutgoingRtp& packet, Time now) {
  Sending* sending = find_sending(packet.header.ssrc);
  const RtpSender::Ids ids = sending->stream.ids();
  // Before the ones that change with each sending: those are not kept.
  sending->stream.sent(packet, now);
  if (ids.abs_send_time != 0) {
    packet.header.extensions.push_back({ids.abs_send_time, rtp::AbsSendTime::of(now).encode()});
  }
  if (ids.transport_sequence != 0) {
    packet.header.extensions.push_back(
        {ids.transport_sequence, rtp::TransportSequence{transport_number_++}.encode()});
  }
  transmits_.push_back({rtp::encode(packet.header, packet.payload), false});
}

void MediaSession::pace(Time now) {
  while (!paced_.empty() && pacer_free_ <= now) {
    OutgoingRtp packet = std::move(paced_.front());
    paced_.pop_front();
    const std::uint64_t rate = std::max<std::uint64_t>(options_.video_bitrate, 30'000) * 5 / 2;
    const auto bits = static_cast<std::int64_t>(packet.payload.size() * 8);
    pacer_free_ = std::max(pacer_free_, now) +
                  nanoseconds(bits * 1'000'000'000 / static_cast<std::int64_t>(rate));
    release(packet, now);
  }
}

MediaSession::Sending* MediaSession::find_sending(std::uint32_t ssrc) {
  for (Sending& sending : sending_) {
    if (sending.stream.ssrc() == ssrc || sending.stream.rtx_ssrc() == ssrc) return &sending;
  }
  return nullptr;
}

RtpReceiver* MediaSession::receiver_of(const rtp::Packet& packet) {
  for (RtpReceiver& receiver : receivers_) {
    const Bytes* mid =
        receiver.mid_id() == 0 ? nullptr : packet.header.extension(receiver.mid_id());
    if (mid != nullptr &&
        std::equal(mid->begin(), mid->end(), receiver.mid().begin(), receiver.mid().end())) {
      return &receiver;
    }
  }
  for (RtpReceiver& receiver : receivers_) {
    if (receiver.is_of(packet.header.ssrc)) return &receiver;
  }
  RtpReceiver* only = nullptr;
  for (RtpReceiver& receiver : receivers_) {
    if (!receiver.takes(packet.header.payload_type)) continue;
    if (only != nullptr) return nullptr;
    only = &receiver;
  }
  return only;
}

void MediaSession::receive_rtp(ByteView bytes, Time now) {
  const auto packet = rtp::Packet::parse(bytes);
  RtpReceiver* receiver = packet ? receiver_of(*packet) : nullptr;
  if (receiver == nullptr || !receiver->receive(*packet, now)) {
    events_.push_back(MediaIgnored{false});
    return;
  }
  if (const std::uint8_t id = receiver->transport_sequence_id(); id != 0) {
    const Bytes* data = packet->header.extension(id);
    const auto number = data == nullptr ? std::nullopt : rtp::TransportSequence::parse(*data);
    if (number) {
      arrivals_.packets.emplace_back(transport_numbers_.unwrap(number->number), now);
      arrivals_.media_ssrc = packet->header.ssrc;
      if (next_transport_feedback_.is_never()) {
        next_transport_feedback_ = now + options_.transport_feedback_interval;
      }
    }
  }
  give_feedback(now);
}

void MediaSession::give_feedback(Time now) {
  for (RtpReceiver& receiver : receivers_) {
    if (auto lost = receiver.missing(now); !lost.empty()) {
      send_feedback(rtp::Nack{reporter(), *receiver.ssrc(), std::move(lost)}, now);
    }
    if (receiver.wants_key_frame(now)) {
      send_feedback(rtp::PictureLoss{reporter(), *receiver.ssrc()}, now);
    }
  }
}

void MediaSession::handle_timeout(Time now) {
  if (!started_) return;
  capture(now);
  pace(now);
  give_feedback(now);
  if (next_transport_feedback_ <= now) send_transport_feedback(now);
  if (next_report_ <= now) send_reports(now);
}

Time MediaSession::next_timeout() const {
  if (!started_) return Time::never();
  Time next = std::min(next_report_, next_transport_feedback_);
  for (const Sending& sending : sending_) next = std::min(next, sending.next());
  if (!paced_.empty()) next = std::min(next, pacer_free_);
  for (const RtpReceiver& receiver : receivers_) next = std::min(next, receiver.next_timeout());
  return next;
}

std::optional<MediaPacket> MediaSession::poll_transmit() { return next_of(transmits_); }

std::optional<MediaEvent> MediaSession::poll_event() { return next_of(events_); }

}  // namespace natsim::peer
