// Records in dense memory, named by index.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace natsim::nat {

inline constexpr std::uint32_t no_index = 0xffff'ffff;

// Contract:
// 1. An index stays valid, and its record in place, until it is given back; then it is used again,
//    the latest first.
// 2. Each block is twice as large as the one before, so that a small pool is small, a large one
//    has few blocks, and no record is ever moved.
template <typename Record>
class DensePool {
  static_assert(std::is_trivially_destructible_v<Record>, "blocks are released as plain memory");

 public:
  std::uint32_t take(const Record& record) {
    std::uint32_t index;
    if (free_.empty()) {
      index = used_++;
      const Place place = place_of(index);
      if (blocks_[place.block] == nullptr) {
        blocks_[place.block] =
            std::make_unique_for_overwrite<Slot[]>(std::size_t{first_block} << place.block);
      }
    } else {
      index = free_.back();
      free_.pop_back();
    }
    new (slot(index)) Record(record);
    return index;
  }
  void give_back(std::uint32_t index) { free_.push_back(index); }

  Record& operator[](std::uint32_t index) {
    return *std::launder(reinterpret_cast<Record*>(slot(index)));
  }
  const Record& operator[](std::uint32_t index) const {
    return *std::launder(reinterpret_cast<const Record*>(slot(index)));
  }

 private:
  static constexpr std::uint32_t first_block = 4;  // records in block 0; a power of two

  struct alignas(Record) Slot {
    std::byte bytes[sizeof(Record)];
  };
  struct Place {
    std::size_t block;
    std::uint32_t offset;
  };

  static Place place_of(std::uint32_t index) {
    const std::uint64_t shifted = std::uint64_t{index} + first_block;
    const auto block = static_cast<std::size_t>(std::bit_width(shifted) -
                                                std::bit_width(std::uint64_t{first_block}));
    return {block, static_cast<std::uint32_t>(shifted - (std::uint64_t{first_block} << block))};
  }
  Slot* slot(std::uint32_t index) const {
    const Place place = place_of(index);
    return blocks_[place.block].get() + place.offset;
  }

  std::array<std::unique_ptr<Slot[]>, 31> blocks_;  // enough for every index but no_index
  std::vector<std::uint32_t> free_;                 // given back, the latest last
  std::uint32_t used_ = 0;                          // indexes that were ever taken
};

}  // namespace natsim::nat
