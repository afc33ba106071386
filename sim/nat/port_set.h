// Which ports of one external address are taken.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "sim/nat/options.h"

namespace natsim::nat {

// One bit a port, in pages that exist once one of their ports has been taken. A search looks at 64
// ports at a time.
class PortSet {
 public:
  [[nodiscard]] bool contains(std::uint16_t port) const;
  // Precondition: not taken.
  void take(std::uint16_t port);
  // Precondition: taken.
  void release(std::uint16_t port);

  // The ports that a search looks at.
  enum class Parity : std::uint8_t { any, even, odd };

  // The first port of the range from `start` upwards that is not taken, going on from the range's
  // first; nullopt if all are. Precondition: the range contains `start`.
  [[nodiscard]] std::optional<std::uint16_t> next_free(std::uint16_t start, const PortRange& range,
                                                       Parity parity = Parity::any) const;
  // How many ports of the range are not taken.
  [[nodiscard]] std::uint32_t count_free(const PortRange& range, Parity parity = Parity::any) const;
  // The free port that has `rank` free ports below it in the range. Precondition: there is one.
  [[nodiscard]] std::uint16_t nth_free(std::uint32_t rank, const PortRange& range,
                                       Parity parity = Parity::any) const;
  [[nodiscard]] std::uint32_t taken() const { return taken_; }

 private:
  static constexpr std::uint32_t words_per_page = 64;
  static constexpr std::uint32_t ports_per_page = 64 * words_per_page;
  struct Page {
    std::array<std::uint64_t, words_per_page> words{};
    std::uint32_t taken = 0;  // bits that are set
  };

  // The bits of the taken ports 64 * word to 64 * word + 63, and of those that are not looked at.
  [[nodiscard]] std::uint64_t unusable(std::uint32_t word, const PortRange& range,
                                       Parity parity) const;
  // The free ports of the page that begins with `word`; nullopt if none does, or not all of it is
  // in the range.
  [[nodiscard]] std::optional<std::uint32_t> free_in_page(std::uint32_t word,
                                                          const PortRange& range) const;
  [[nodiscard]] std::optional<std::uint16_t> first_free(std::uint32_t from, std::uint32_t to,
                                                        Parity parity) const;

  std::array<std::unique_ptr<Page>, 16> pages_;
  std::uint32_t taken_ = 0;  // bits that are set
};

}  // namespace natsim::nat
