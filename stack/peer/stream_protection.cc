#include "stack/peer/stream_protection.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/flexfec.h"
#include "stack/rtp/red.h"
#include "stack/rtp/ulpfec.h"

namespace natsim::peer {
namespace {

constexpr std::uint8_t second_repetition = 26;  // from that loss on, of 256: a tenth

// A packet without RED's header of one byte.
Bytes without_red(ByteView packet, std::size_t payload_at, std::uint8_t payload_type) {
  Bytes plain(packet.begin(), packet.end());
  plain.erase(plain.begin() + static_cast<std::ptrdiff_t>(payload_at));
  plain[1] = static_cast<std::uint8_t>((plain[1] & 0x80) | payload_type);
  return plain;
}

}  // namespace

void StreamProtection::configure(const std::vector<Codec>& codecs, const Codec& codec) {
  payload_type_ = codec.payload_type;
  resends_ = codec.wants("nack");
  speech_ = codec.is("opus");
  const auto find = [&](std::string_view name) -> std::optional<std::uint8_t> {
    for (const Codec& known : codecs) {
      if (known.is(name)) return known.payload_type;
    }
    return std::nullopt;
  };
  red_ = find("red");
  ulpfec_ = find("ulpfec");
  flexfec_ = find("flexfec");
  // A lost packet of repairs is a gap in the stream, which only VP8's picture ids bridge.
  if (!red_ || flexfec_ || !codec.is("VP8")) ulpfec_.reset();
  if (!speech_ && !ulpfec_) red_.reset();
  if (speech_ || !(ulpfec_ || flexfec_)) {
    protector_.reset();
  } else if (!protector_) {
    protector_.emplace(ulpfec_ ? rtp::ulpfec_reach : rtp::flexfec_reach);
  }
}

std::size_t StreamProtection::redundancy() const {
  if (!speech_ || !red_ || !rate().on()) return 0;
  return rate().share < 2 * second_repetition ? 1 : most_redundancy;
}

void StreamProtection::report(std::uint8_t fraction_lost, Duration round_trip, Time now) {
  control_.report(fraction_lost, round_trip, resends_, now);
  if (protector_) protector_->set_rate(rate());
}

void StreamProtection::wrap(rtp::Header& header, Bytes& payload) {
  if (!red_) return;
  std::vector<rtp::RedBlock> blocks;
  const std::size_t repeated = std::min(redundancy(), spoken_.size());
  for (auto spoken = spoken_.end() - static_cast<std::ptrdiff_t>(repeated); spoken != spoken_.end();
       ++spoken) {
    const std::uint32_t age = header.timestamp - spoken->timestamp;
    // Speech from before a pause of DTX is too old to be told, and all before that.
    if (age > rtp::most_red_age || spoken->payload.size() > rtp::most_red_block) {
      blocks.clear();
      continue;
    }
    blocks.push_back({payload_type_, static_cast<std::uint16_t>(age), spoken->payload});
  }
  const bool wraps = ulpfec_ || !blocks.empty();
  blocks.push_back({payload_type_, 0, payload});
  Bytes wrapped = wraps ? rtp::encode_red(blocks) : Bytes();
  if (speech_) {
    spoken_.push_back({header.timestamp, wraps ? std::move(payload) : payload});
    if (spoken_.size() > most_redundancy) spoken_.pop_front();
  }
  if (!wraps) return;
  header.payload_type = *red_;
  payload = std::move(wrapped);
}

std::vector<StreamProtection::Packet> StreamProtection::repairs_after(ByteView packet,
                                                                      const rtp::Header& header,
                                                                      bool key, Time now) {
  std::vector<Packet> made;
  if (!protector_) return made;
  const rtp::Protector::Place place{.key = key, .ends_frame = header.marker};
  std::vector<rtp::Repair> repairs;
  if (ulpfec_) {
    const auto parsed = rtp::Packet::parse(packet);
    const auto payload_at = static_cast<std::size_t>(parsed->payload.data() - packet.data());
    repairs = protector_->add(without_red(packet, payload_at, payload_type_), place, now);
  } else {
    repairs = protector_->add(packet, place, now);
  }
  for (const rtp::Repair& repair : repairs) {
    Packet& out = made.emplace_back();
    out.header.timestamp = header.timestamp;
    if (ulpfec_) {
      const Bytes payload = rtp::encode_ulpfec(repair);
      const rtp::RedBlock block{*ulpfec_, 0, payload};
      out.header.ssrc = header.ssrc;
      out.header.payload_type = *red_;
      out.payload = rtp::encode_red({&block, 1});
    } else {
      out.header.ssrc = fec_ssrc_;
      out.header.payload_type = *flexfec_;
      out.header.sequence_number = next_fec_number_++;
      out.header.csrcs = {header.ssrc};
      out.payload = rtp::encode_flexfec(repair);
    }
  }
  return made;
}

}  // namespace natsim::peer
