#include "sim/nat/port_set.h"

#include <bit>

namespace natsim::nat {
namespace {

constexpr std::uint32_t word_of(std::uint32_t port) { return port / 64 % 64; }
constexpr std::uint64_t even_ports = 0x5555'5555'5555'5555;
constexpr std::uint64_t bit_of(std::uint32_t port) { return std::uint64_t{1} << port % 64; }

}  // namespace

bool PortSet::contains(std::uint16_t port) const {
  const Page* const page = pages_[port / ports_per_page].get();
  return page != nullptr && (page->words[word_of(port)] & bit_of(port)) != 0;
}

void PortSet::take(std::uint16_t port) {
  std::unique_ptr<Page>& page = pages_[port / ports_per_page];
  if (page == nullptr) page = std::make_unique<Page>();
  page->words[word_of(port)] |= bit_of(port);
  ++page->taken;
  ++taken_;
}

void PortSet::release(std::uint16_t port) {
  Page& page = *pages_[port / ports_per_page];
  page.words[word_of(port)] &= ~bit_of(port);
  --page.taken;
  --taken_;
}

std::uint64_t PortSet::unusable(std::uint32_t word, const PortRange& range, Parity parity) const {
  const Page* const page = pages_[word / words_per_page].get();
  std::uint64_t bits = page == nullptr ? 0 : page->words[word % words_per_page];
  if (word == range.first / 64U) bits |= bit_of(range.first) - 1;
  if (word == range.last / 64U) bits |= ~(bit_of(range.last) | (bit_of(range.last) - 1));
  if (parity == Parity::even) bits |= ~even_ports;
  if (parity == Parity::odd) bits |= even_ports;
  return bits;
}

std::optional<std::uint16_t> PortSet::first_free(std::uint32_t from, std::uint32_t to,
                                                 Parity parity) const {
  const PortRange part{static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to)};
  for (std::uint32_t word = from / 64; word <= to / 64; ++word) {
    const std::uint64_t bits = unusable(word, part, parity);
    if (bits == ~std::uint64_t{0}) continue;
    return static_cast<std::uint16_t>(word * 64 +
                                      static_cast<std::uint32_t>(std::countr_one(bits)));
  }
  return std::nullopt;
}

std::optional<std::uint16_t> PortSet::next_free(std::uint16_t start, const PortRange& range,
                                                Parity parity) const {
  if (const auto port = first_free(start, range.last, parity)) return port;
  return start == range.first ? std::nullopt : first_free(range.first, start - 1U, parity);
}

std::uint32_t PortSet::count_free(const PortRange& range, Parity parity) const {
  std::uint32_t free = 0;
  for (std::uint32_t word = range.first / 64U; word <= range.last / 64U; ++word) {
    if (const auto in_page = free_in_page(word, range); in_page && parity == Parity::any) {
      free += *in_page;
      word += words_per_page - 1;
    } else {
      free += static_cast<std::uint32_t>(std::popcount(~unusable(word, range, parity)));
    }
  }
  return free;
}

std::uint16_t PortSet::nth_free(std::uint32_t rank, const PortRange& range, Parity parity) const {
  std::uint32_t word = range.first / 64U;
  std::uint64_t bits;
  for (;;) {
    if (const auto free = free_in_page(word, range);
        parity == Parity::any && free && *free <= rank) {
      rank -= *free;
      word += words_per_page;
      continue;
    }
    bits = unusable(word, range, parity);
    const auto free = static_cast<std::uint32_t>(std::popcount(~bits));
    if (rank < free) break;
    rank -= free;
    ++word;
  }
  for (; rank > 0; --rank) bits |= bits + 1;  // takes the lowest free bit away
  return static_cast<std::uint16_t>(word * 64 + static_cast<std::uint32_t>(std::countr_one(bits)));
}

std::optional<std::uint32_t> PortSet::free_in_page(std::uint32_t word,
                                                   const PortRange& range) const {
  const std::uint32_t first = word * 64;
  if (word % words_per_page != 0 || first < range.first ||
      first + ports_per_page - 1 > range.last) {
    return std::nullopt;
  }
  const Page* const page = pages_[word / words_per_page].get();
  return ports_per_page - (page == nullptr ? 0 : page->taken);
}

}  // namespace natsim::nat
