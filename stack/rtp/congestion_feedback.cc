#include "stack/rtp/congestion_feedback.h"

#include <cstddef>
#include <utility>

namespace natsim::rtp {
namespace {

constexpr std::size_t most_arrivals = 16'384;
constexpr std::size_t timestamp_size = 4;
constexpr std::uint16_t received_bit = 0x8000;
constexpr int ecn_shift = 13;

}  // namespace

std::optional<CongestionFeedback> CongestionFeedback::parse(std::uint8_t /*format*/,
                                                            ByteView body) {
  ByteReader in(body);
  const auto sender = in.u32();
  if (!sender) return std::nullopt;
  CongestionFeedback feedback{.sender = *sender};
  while (in.remaining() > timestamp_size) {
    const auto ssrc = in.u32();
    const auto begin = in.u16();
    const auto count = in.u16();
    if (!count || *count > most_arrivals) return std::nullopt;
    Stream stream{*ssrc, *begin, {}};
    for (std::size_t i = 0; i < *count; ++i) {
      const auto metric = in.u16();
      if (!metric) return std::nullopt;
      if ((*metric & received_bit) == 0) {
        stream.arrivals.emplace_back(std::nullopt);
      } else {
        stream.arrivals.emplace_back(Arrival{static_cast<std::uint8_t>(*metric >> ecn_shift & 3),
                                             static_cast<std::uint16_t>(*metric & 0x1fffU)});
      }
    }
    if (*count % 2 != 0 && !in.u16()) return std::nullopt;  // fills up the word
    feedback.streams.push_back(std::move(stream));
  }
  const auto timestamp = in.u32();
  if (!timestamp) return std::nullopt;
  feedback.timestamp = *timestamp;
  return feedback;
}

void CongestionFeedback::write(ByteWriter& out) const {
  out.u32(sender);
  for (const Stream& stream : streams) {
    out.u32(stream.ssrc);
    out.u16(stream.begin);
    out.u16(static_cast<std::uint16_t>(stream.arrivals.size()));
    for (const auto& arrival : stream.arrivals) {
      const auto ecn = static_cast<std::uint32_t>(arrival ? arrival->ecn & 3 : 0);
      out.u16(static_cast<std::uint16_t>(
          arrival ? received_bit | ecn << ecn_shift | (arrival->offset & 0x1fffU) : 0U));
    }
    if (stream.arrivals.size() % 2 != 0) out.u16(0);
  }
  out.u32(timestamp);
}

}  // namespace natsim::rtp
