// Bytes in network order: loads, stores, a bounds-checked reader and an appending writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace natsim {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Big-endian loads and stores. The caller guarantees that enough bytes follow `p`.
inline std::uint16_t load_be16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>((p[0] << 8) | p[1]);
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, 4);
  return __builtin_bswap32(value);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t value;
  std::memcpy(&value, p, 8);
  return __builtin_bswap64(value);
}
inline void store_be16(std::uint8_t* p, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(p, &value, 2);
}
inline void store_be32(std::uint8_t* p, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(p, &value, 4);
}
inline void store_be64(std::uint8_t* p, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(p, &value, 8);
}

// Reads from the front of untrusted bytes. A read past the end gives nullopt and leaves the reader
// as it was.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] ByteView rest() const { return rest_; }

  std::optional<std::uint8_t> u8() {
    const auto bytes = take(1);
    if (!bytes) return std::nullopt;
    return (*bytes)[0];
  }
  std::optional<std::uint16_t> u16() {
    const auto bytes = take(2);
    if (!bytes) return std::nullopt;
    return load_be16(bytes->data());
  }
  std::optional<std::uint32_t> u32() {
    const auto bytes = take(4);
    if (!bytes) return std::nullopt;
    return load_be32(bytes->data());
  }
  std::optional<std::uint64_t> u64() {
    const auto bytes = take(8);
    if (!bytes) return std::nullopt;
    return load_be64(bytes->data());
  }
  std::optional<ByteView> take(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  ByteView rest_;  // what has not been read yet
};

// Appends to a byte vector that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { store_be16(extend(2), value); }
  void u32(std::uint32_t value) { store_be32(extend(4), value); }
  void u64(std::uint64_t value) { store_be64(extend(8), value); }
  void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }
  void fill(std::size_t count, std::uint8_t value) { out_.insert(out_.end(), count, value); }

 private:
  std::uint8_t* extend(std::size_t count) {
    out_.resize(out_.size() + count);
    return out_.data() + out_.size() - count;
  }

  Bytes& out_;
};

}  // namespace natsim
