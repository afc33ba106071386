#include "stack/rtp/feedback.h"

#include <bit>
#include <cstddef>
#include <utility>

namespace natsim::rtp {
namespace {

constexpr std::uint32_t remb_identifier = 0x52454d42;  // "REMB"
constexpr int mantissa_bits = 18;
constexpr int nack_group = 16;  // sequence numbers behind the first one of a group

// libstdc++ 12 gives the argument's type.
int width_of(std::uint64_t number) { return static_cast<int>(std::bit_width(number)); }

struct Heading {
  std::uint32_t sender;
  std::uint32_t media;
};

std::optional<Heading> read_heading(ByteReader& in) {
  const auto sender = in.u32();
  const auto media = in.u32();
  if (!sender || !media) return std::nullopt;
  return Heading{*sender, *media};
}

}  // namespace

std::optional<Nack> Nack::parse(std::uint8_t /*format*/, ByteView body) {
  ByteReader in(body);
  const auto heading = read_heading(in);
  if (!heading || in.remaining() == 0 || in.remaining() % 4 != 0) return std::nullopt;
  Nack nack{heading->sender, heading->media, {}};
  while (const auto first = in.u16()) {
    const std::uint16_t following = *in.u16();
    nack.lost.push_back(*first);
    for (int i = 0; i < nack_group; ++i) {
      if ((following >> i & 1) != 0) {
        nack.lost.push_back(static_cast<std::uint16_t>(*first + i + 1));
      }
    }
  }
  return nack;
}

void Nack::write(ByteWriter& out) const {
  out.u32(sender);
  out.u32(media);
  for (std::size_t i = 0; i < lost.size();) {
    const std::uint16_t first = lost[i];
    std::uint32_t following = 0;
    int last = 0;
    for (++i; i < lost.size(); ++i) {
      const int ahead = static_cast<std::uint16_t>(lost[i] - first);
      if (ahead <= last || ahead > nack_group) break;
      following |= std::uint32_t{1} << (ahead - 1);
      last = ahead;
    }
    out.u16(first);
    out.u16(static_cast<std::uint16_t>(following));
  }
}

std::optional<PictureLoss> PictureLoss::parse(std::uint8_t /*format*/, ByteView body) {
  ByteReader in(body);
  const auto heading = read_heading(in);
  if (!heading || in.remaining() != 0) return std::nullopt;
  return PictureLoss{heading->sender, heading->media};
}

void PictureLoss::write(ByteWriter& out) const {
  out.u32(sender);
  out.u32(media);
}

std::optional<FullIntraRequest> FullIntraRequest::parse(std::uint8_t /*format*/, ByteView body) {
  ByteReader in(body);
  const auto heading = read_heading(in);
  if (!heading || in.remaining() == 0 || in.remaining() % 8 != 0) return std::nullopt;
  FullIntraRequest request{heading->sender, {}};
  while (const auto ssrc = in.u32()) {
    request.entries.push_back({*ssrc, static_cast<std::uint8_t>(*in.u32() >> 24)});
  }
  return request;
}

void FullIntraRequest::write(ByteWriter& out) const {
  out.u32(sender);
  out.u32(0);  // RFC 5104 §4.3.1.2
  for (const Entry& entry : entries) {
    out.u32(entry.ssrc);
    out.u32(std::uint32_t{entry.sequence_number} << 24);
  }
}

std::optional<EstimatedBitrate> EstimatedBitrate::parse(std::uint8_t /*format*/, ByteView body) {
  ByteReader in(body);
  const auto heading = read_heading(in);
  const auto identifier = in.u32();
  const auto packed = in.u32();
  if (!heading || identifier != remb_identifier || !packed) return std::nullopt;
  const std::size_t count = *packed >> 24;
  const int exponent = static_cast<int>(*packed >> mantissa_bits & 0x3f);
  const std::uint64_t mantissa = *packed & ((1U << mantissa_bits) - 1);
  if (in.remaining() != count * 4 || width_of(mantissa) + exponent > 64) return std::nullopt;
  EstimatedBitrate estimate{heading->sender, mantissa == 0 ? 0 : mantissa << exponent, {}};
  while (const auto ssrc = in.u32()) estimate.ssrcs.push_back(*ssrc);
  return estimate;
}

void EstimatedBitrate::write(ByteWriter& out) const {
  out.u32(sender);
  out.u32(0);
  out.u32(remb_identifier);
  const int width = width_of(bitrate);
  const int exponent = width > mantissa_bits ? width - mantissa_bits : 0;
  out.u32(static_cast<std::uint32_t>(ssrcs.size()) << 24 |
          static_cast<std::uint32_t>(exponent) << mantissa_bits |
          static_cast<std::uint32_t>(bitrate >> exponent));
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
}

}  // namespace natsim::rtp
