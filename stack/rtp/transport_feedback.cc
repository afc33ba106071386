#include "stack/rtp/transport_feedback.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "stack/rtp/signed_24.h"

namespace natsim::rtp {
namespace {

// What a packet's status symbol says (§3.1.1).
enum Symbol : std::uint8_t { not_received = 0, small_delta = 1, large_delta = 2, reserved = 3 };

constexpr std::uint16_t vector_chunk = 0x8000;
constexpr std::uint16_t two_bits = 0x4000;
constexpr std::size_t longest_run = 8191;
constexpr std::size_t symbols_of_one_bit = 14;
constexpr std::size_t symbols_of_two_bits = 7;

Symbol symbol_of(const TransportFeedback::Arrival& arrival) {
  if (!arrival) return not_received;
  return *arrival >= 0 && *arrival <= 255 ? small_delta : large_delta;
}

// Appends a chunk's symbols, but not more than `count` in all.
void read_chunk(std::uint16_t chunk, std::size_t count, std::vector<Symbol>& symbols) {
  if ((chunk & vector_chunk) == 0) {
    const std::size_t run = std::min<std::size_t>(chunk & longest_run, count - symbols.size());
    symbols.insert(symbols.end(), run, static_cast<Symbol>(chunk >> 13 & 3));
    return;
  }
  const int width = (chunk & two_bits) != 0 ? 2 : 1;
  for (int shift = 14 - width; shift >= 0 && symbols.size() < count; shift -= width) {
    symbols.push_back(static_cast<Symbol>(chunk >> shift & (width == 2 ? 3 : 1)));
  }
}

// The chunk for the first symbols, of which it takes as many as fit: those of a run if that fills a
// vector or ends the list, otherwise those of a vector of the narrower symbols that do.
std::uint16_t make_chunk(std::span<const Symbol> symbols, std::size_t& taken) {
  const auto other = std::find_if(symbols.begin(), symbols.end(),
                                  [&](Symbol symbol) { return symbol != symbols.front(); });
  const auto run = static_cast<std::size_t>(other - symbols.begin());
  if (run == symbols.size() || run >= symbols_of_one_bit) {
    taken = std::min(run, longest_run);
    return static_cast<std::uint16_t>(static_cast<std::size_t>(symbols.front()) << 13 | taken);
  }
  taken = std::min(symbols_of_one_bit, symbols.size());
  const bool narrow =
      std::all_of(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(taken),
                  [](Symbol symbol) { return symbol != large_delta; });
  if (!narrow) taken = std::min(symbols_of_two_bits, symbols.size());
  const int width = narrow ? 1 : 2;
  unsigned chunk = vector_chunk | (narrow ? 0U : two_bits);
  int shift = 14;
  for (const Symbol symbol : symbols.first(taken)) {
    shift -= width;
    chunk |= static_cast<unsigned>(symbol) << shift;
  }
  return static_cast<std::uint16_t>(chunk);
}

}  // namespace

std::optional<TransportFeedback> TransportFeedback::parse(std::uint8_t /*format*/, ByteView body) {
  ByteReader in(body);
  TransportFeedback feedback;
  const auto sender = in.u32();
  const auto media = in.u32();
  const auto base = in.u16();
  const auto count = in.u16();
  const auto time = in.u32();
  if (!sender || !media || !base || !count || !time || *count == 0) return std::nullopt;
  feedback.sender = *sender;
  feedback.media = *media;
  feedback.base_sequence = *base;
  feedback.reference_time = signed_24(*time >> 8);
  feedback.feedback_count = static_cast<std::uint8_t>(*time);
  std::vector<Symbol> symbols;
  while (symbols.size() < *count) {
    const auto chunk = in.u16();
    if (!chunk) return std::nullopt;
    read_chunk(*chunk, *count, symbols);
  }
  for (const Symbol symbol : symbols) {
    Arrival arrival;
    if (symbol == small_delta) {
      const auto delta = in.u8();
      if (!delta) return std::nullopt;
      arrival = *delta;
    } else if (symbol == large_delta) {
      const auto delta = in.u16();
      if (!delta) return std::nullopt;
      arrival = static_cast<std::int16_t>(*delta);
    } else if (symbol == reserved) {
      return std::nullopt;
    }
    feedback.arrivals.push_back(arrival);
  }
  return feedback;
}

void TransportFeedback::write(ByteWriter& out) const {
  out.u32(sender);
  out.u32(media);
  out.u16(base_sequence);
  out.u16(static_cast<std::uint16_t>(arrivals.size()));
  out.u32(static_cast<std::uint32_t>(reference_time) << 8 | feedback_count);
  std::vector<Symbol> symbols;
  symbols.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) symbols.push_back(symbol_of(arrival));
  std::size_t size = 0;
  for (std::span<const Symbol> rest = symbols; !rest.empty();) {
    std::size_t taken = 0;
    out.u16(make_chunk(rest, taken));
    rest = rest.subspan(taken);
    size += 2;
  }
  for (const Arrival& arrival : arrivals) {
    if (!arrival) continue;
    if (symbol_of(arrival) == small_delta) {
      out.u8(static_cast<std::uint8_t>(*arrival));
      size += 1;
    } else {
      out.u16(static_cast<std::uint16_t>(*arrival));
      size += 2;
    }
  }
  out.fill((4 - size % 4) % 4, 0);
}

}  // namespace natsim::rtp
