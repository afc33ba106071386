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
  if (!active || paused) return Time::never();
  return audio ? audio->next() : video ? video->next() : Time::never();
}

// As libopus does it, which is told of the loss too.
void MediaSession::Sending::adapt_speech(AudioFec fec) {
  if (!audio || fec != AudioFec::in_band) return;
  const bool usable = stream.codec().parameter("useinbandfec") == "1";
  audio->set_in_band_fec(usable && stream.protection().rate().on());
}

std::vector<const RtpSender*> MediaSession::senders(TransceiverId id) const {
  std::vector<const RtpSender*> found;
  for (const Sending& sending : sending_) {
    if (sending.stream.transceiver() == id) found.push_back(&sending.stream);
  }
  return found;
}

std::vector<const RtpReceiver*> MediaSession::receivers(TransceiverId id) const {
  std::vector<const RtpReceiver*> found;
  for (const RtpReceiver& receiver : receivers_) {
    if (receiver.transceiver() == id) found.push_back(&receiver);
  }
  return found;
}

const RtpSender* MediaSession::sender(TransceiverId id) const {
  const auto found = senders(id);
  return found.empty() ? nullptr : found.front();
}

const RtpReceiver* MediaSession::receiver(TransceiverId id) const {
  const auto found = receivers(id);
  return found.empty() ? nullptr : found.front();
}

const media::VideoSource* MediaSession::video_source(std::uint32_t ssrc) const {
  for (const Sending& sending : sending_) {
    if (sending.stream.ssrc() == ssrc && sending.video) return &*sending.video;
  }
  return nullptr;
}

// A stream draws as it would without simulcast, further ones from streams of their own.
MediaSession::Sending& MediaSession::sending_of(const Transceiver& transceiver,
                                                const SentSources& sources,
                                                const std::string& rid) {
  for (Sending& sending : sending_) {
    if (sending.stream.transceiver() == transceiver.id && sending.stream.rid() == rid) {
      return sending;
    }
  }
  const Random random = random_.split(transceiver.id);
  return sending_.emplace_back(Sending{
      .stream = RtpSender(transceiver, sources, rid, rid.empty() ? random : random.split(rid))});
}

void MediaSession::apply(const std::vector<Transceiver>& transceivers, Time now) {
  reduced_size_ = true;
  for (const Transceiver& transceiver : transceivers) {
    const Agreement& agreed = transceiver.agreed;
    if (own_ssrc_ == 0) own_ssrc_ = transceiver.ssrc;
    if (agreed.current) reduced_size_ = reduced_size_ && agreed.reduced_size;
    apply_sending(transceiver,
                  agreed.current && sdp::sends(*agreed.current) && transceiver.track.has_value(),
                  now);
    apply_receiving(transceiver, agreed.current && sdp::receives(*agreed.current));
  }
}

void MediaSession::apply_sending(const Transceiver& transceiver, bool sends, Time now) {
  const Agreement& agreed = transceiver.agreed;
  for (Sending& sending : sending_) {
    if (sending.stream.transceiver() == transceiver.id) sending.active = false;
  }
  if (!sends) return;
  const auto activate = [&](Sending& sending) {
    sending.active = sending.stream.configure(agreed);
    if (sending.active && started_) start_source(sending, now);
  };
  if (agreed.sent_rids.empty()) {
    Sending& sending =
        sending_of(transceiver, {transceiver.ssrc, transceiver.rtx_ssrc, transceiver.fec_ssrc}, "");
    sending.resolution = options_.resolution;
    activate(sending);
    return;
  }
  const auto& encodings = transceiver.encodings;
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    const SendEncoding& encoding = encodings[i];
    const bool agreed_on = std::find(agreed.sent_rids.begin(), agreed.sent_rids.end(),
                                     encoding.rid) != agreed.sent_rids.end();
    if (!agreed_on || !encoding.active) continue;
    Sending& sending = sending_of(transceiver, encoding.sources, encoding.rid);
    sending.resolution = resolution_of(encodings, i, options_.resolution);
    sending.rates = simulcast_rates(sending.resolution);
    if (encoding.max_bitrate) {
      sending.rates.most = *encoding.max_bitrate;
      sending.rates.target = std::min(sending.rates.target, *encoding.max_bitrate);
      sending.rates.least = std::min(sending.rates.least, *encoding.max_bitrate);
    }
    activate(sending);
  }
}

void MediaSession::apply_receiving(const Transceiver& transceiver, bool receives) {
  const Agreement& agreed = transceiver.agreed;
  std::vector<std::string> rids = agreed.received_rids;
  if (rids.empty()) rids.emplace_back();  // one stream without a name
  for (const std::string& rid : rids) {
    const bool known =
        std::any_of(receivers_.begin(), receivers_.end(), [&](const RtpReceiver& receiver) {
          return receiver.transceiver() == transceiver.id && receiver.rid() == rid;
        });
    if (receives && !known) receivers_.emplace_back(transceiver.id, transceiver.kind, rid);
  }
  for (RtpReceiver& receiver : receivers_) {
    if (receiver.transceiver() == transceiver.id) receiver.configure(agreed);
  }
}

void MediaSession::start(Time now) {
  if (std::exchange(started_, true)) return;
  for (Sending& sending : sending_) {
    if (sending.active) start_source(sending, now);
  }
  schedule_reports(now);
}

// Each source draws from a stream of its own.
void MediaSession::start_source(Sending& sending, Time now) {
  Random random = random_.split("source").split(sending.stream.transceiver());
  if (!sending.stream.rid().empty()) random = random.split(sending.stream.rid());
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
                                                  .resolution = sending.resolution,
                                                  .frames_per_second = options_.frames_per_second,
                                                  .bitrate = options_.video_bitrate},
                        random);
  sending.video->start(now);
}

std::optional<std::uint64_t> MediaSession::target_bitrate() const {
  return controller_ ? std::optional(controller_->target_bitrate()) : std::nullopt;
}

std::optional<std::uint64_t> MediaSession::target_bitrate(TransceiverId id) const {
  std::optional<std::uint64_t> sum;
  for (const Sending& sending : sending_) {
    if (sending.stream.transceiver() == id && sending.video) {
      sum = sum.value_or(0) + (sending.paused ? 0 : sending.video->bitrate());
    }
  }
  return sum;
}

bool MediaSession::is_controlled() const {
  return options_.congestion_control &&
         std::any_of(sending_.begin(), sending_.end(), [](const Sending& sending) {
           return sending.active && sending.video && sending.stream.ids().transport_sequence != 0 &&
                  sending.stream.codec().wants("transport-cc");
         });
}

// Does what the controller says by now.
void MediaSession::control(Time now) {
  if (!controller_ && is_controlled()) {
    controller_.emplace(
        congestion::Limits{
            .min = options_.least_bitrate, .start = options_.start_bitrate, .max = most_on_wire()},
        now);
  }
  std::uint64_t video = options_.video_bitrate;
  if (controller_) {
    if (controller_->next_timeout() <= now) controller_->handle_timeout(now);
    while (const auto probe = controller_->next_probe()) pacer_.probe(*probe);
    const std::uint64_t target = controller_->target_bitrate();
    const std::uint64_t left = target - std::min(target, audio_on_wire());
    // A full packet is 93 parts of payload in 100.
    video = std::clamp(without_repairs(left) * 93 / 100, options_.least_bitrate,
                       options_.video_bitrate);
    pacer_.set_rate(std::max(controller_->pacing_rate(), video * 5 / 2));
  } else {
    pacer_.set_rate(std::max(video, options_.least_bitrate) * 5 / 2);
  }
  set_video_bitrate(video, now);
}

void MediaSession::set_video_bitrate(std::uint64_t bitrate, Time now) {
  std::vector<Sending*> simulcast;  // of all sections that have it
  for (Sending& sending : sending_) {
    if (!sending.video) continue;
    sending.video->set_bitrate(bitrate);
    if (sending.active && !sending.stream.rid().empty()) simulcast.push_back(&sending);
  }
  const auto pixels = [](const Sending* sending) {
    return std::uint32_t{sending->resolution.width} * sending->resolution.height;
  };
  std::stable_sort(simulcast.begin(), simulcast.end(), [&](const Sending* a, const Sending* b) {
    return a->stream.transceiver() != b->stream.transceiver()
               ? a->stream.transceiver() < b->stream.transceiver()
               : pixels(a) < pixels(b);
  });
  for (auto first = simulcast.begin(); first != simulcast.end();) {
    const auto end = std::find_if(first, simulcast.end(), [first](const Sending* sending) {
      return sending->stream.transceiver() != (*first)->stream.transceiver();
    });
    std::vector<Layer> layers;
    for (auto each = first; each != end; ++each) {
      layers.push_back({(*each)->rates, !(*each)->paused});
    }
    const auto shares = allocate(layers, bitrate);
    for (const std::uint64_t share : shares) {
      Sending& sending = **first++;
      sending.video->set_bitrate(share);
      if (std::exchange(sending.paused, share == 0) && !sending.paused) sending.video->restart(now);
    }
  }
}

// All that there can be to send: with FEC half as much again.
std::uint64_t MediaSession::most_on_wire() const {
  const bool protects = std::any_of(sending_.begin(), sending_.end(), [](const Sending& sending) {
    return sending.stream.protection().protects_video();
  });
  const std::uint64_t video = (options_.video_bitrate * 100 + 92) / 93;
  return (protects ? video * 3 / 2 : video) + audio_on_wire();
}

// What speech takes of the target, with the headers of 50 packets a second.
std::uint64_t MediaSession::audio_on_wire() const {
  constexpr std::uint64_t headers = 50 * 80 * 8;
  std::uint64_t sum = 0;
  for (const Sending& sending : sending_) {
    if (!sending.active || !sending.audio) continue;
    sum += options_.audio_bitrate * (1 + sending.stream.protection().redundancy()) + headers;
  }
  return sum;
}

// What is left of a rate for packets of video where repairs of them have their share of it.
std::uint64_t MediaSession::without_repairs(std::uint64_t bitrate) const {
  constexpr std::uint64_t whole = 256;
  std::uint64_t share = 0;
  for (const Sending& sending : sending_) {
    const StreamProtection& protection = sending.stream.protection();
    if (sending.active && protection.protects_video()) {
      share = std::max<std::uint64_t>(share, protection.rate().share);
    }
  }
  return bitrate * whole / (whole + share);
}

void MediaSession::capture(Time now) {
  std::vector<OutgoingRtp> packets;
  for (Sending& sending : sending_) {
    while (sending.next() <= now) {
      if (sending.audio) {
        if (auto frame = sending.audio->take()) {
          sending.stream.packetize(std::move(*frame), packets);
        }
      } else {
        sending.stream.packetize(sending.video->take(), packets);
      }
    }
    for (OutgoingRtp& packet : packets) {
      packet.made = now;
      if (sending.video) {
        pacer_.push(std::move(packet));
      } else {
        release(packet, now);
      }
    }
    packets.clear();
  }
}

std::size_t MediaSession::release(OutgoingRtp& packet, Time now, std::uint32_t probe) {
  constexpr std::size_t around = 16 + 28;  // SRTP's tag, UDP and IPv4
  Sending* sending = find_sending(packet.header.ssrc);
  const RtpSender::Ids ids = sending->stream.ids();
  // Before the ones that change with each sending: those are not kept.
  sending->stream.sent(packet, now);
  if (ids.abs_send_time != 0) {
    packet.header.extensions.push_back({ids.abs_send_time, rtp::AbsSendTime::of(now).encode()});
  }
  if (ids.transport_sequence != 0) {
    packet.header.extensions.push_back(
        {ids.transport_sequence, rtp::TransportSequence{transport_number_}.encode()});
  }
  Bytes bytes = rtp::encode(packet.header, packet.payload, packet.padding);
  const std::size_t size = bytes.size() + around;
  if (sending->stream.protection().protects_video()) {
    std::vector<OutgoingRtp> repairs;
    sending->stream.add_repairs(packet, bytes, now, repairs);
    for (OutgoingRtp& repair : repairs) pacer_.push(std::move(repair));
  }
  transmits_.push_back({std::move(bytes), false});
  if (ids.transport_sequence != 0) {
    if (controller_) {
      controller_->on_packet_sent(transport_number_, static_cast<std::uint32_t>(size), now, probe);
    }
    ++transport_number_;
  }
  return size;
}

void MediaSession::pace(Time now) {
  while (auto next = pacer_.poll(now)) {
    if (!next->packet) {
      for (Sending& sending : sending_) {
        if (sending.active && !sending.paused && sending.video && !next->packet)
          next->packet = sending.stream.pad(now);
      }
    }
    if (next->packet) {
      pacer_.sent(release(*next->packet, now, next->probe), now);
    } else {
      pacer_.end_probe();
    }
  }
}

MediaSession::Sending* MediaSession::find_sending(std::uint32_t ssrc) {
  for (Sending& sending : sending_) {
    if (sending.stream.has_ssrc(ssrc)) return &sending;
  }
  return nullptr;
}

RtpReceiver* MediaSession::receiver_of(const rtp::Packet& packet) {
  for (RtpReceiver& receiver : receivers_) {
    if (receiver.is_named(packet)) return &receiver;
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
  if (receiver == nullptr || !receiver->receive(*packet, bytes, now)) {
    events_.push_back(MediaIgnored{false});
    return;
  }
  if (const std::uint8_t id = receiver->transport_sequence_id(); id != 0) {
    const rtp::ExtensionData* data = packet->header.extension(id);
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
  control(now);
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
  next = std::min(next, pacer_.next_timeout());
  if (controller_) next = std::min(next, controller_->next_timeout());
  for (const RtpReceiver& receiver : receivers_) next = std::min(next, receiver.next_timeout());
  return next;
}

std::optional<MediaPacket> MediaSession::poll_transmit() { return next_of(transmits_); }

std::optional<MediaEvent> MediaSession::poll_event() { return next_of(events_); }

}  // namespace natsim::peer
