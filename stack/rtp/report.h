// RTCP's own packets (RFC 3550 §6.4 to §6.7): reports, descriptions, goodbyes, applications'.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// Each packet below is parsed from what is behind RTCP's four-byte header, without padding, and
// writes the same; `count` is the header's five-bit field. parse() gives nullopt where something
// does not fit.

// What a receiver has seen of one source.
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;         // of 256, since the last report
  std::int32_t cumulative_lost = 0;       // 24 bits; negative where there were duplicates
  std::uint32_t highest_sequence = 0;     // with cycles above the lower 16 bits
  std::uint32_t jitter = 0;               // in units of the timestamp
  std::uint32_t last_sr = 0;              // the middle 32 bits of its NTP timestamp; 0: none yet
  std::uint32_t delay_since_last_sr = 0;  // in 1/65536 s; 0: none yet
  bool operator==(const ReportBlock&) const = default;
};

struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp_timestamp = 0;  // seconds since 1900 in the upper half, 2^-32 s in the lower
  std::uint32_t rtp_timestamp = 0;  // the same moment by the payload's clock
  std::uint32_t packet_count = 0;
  std::uint32_t octet_count = 0;    // of payload
  std::vector<ReportBlock> blocks;  // up to 31
  bool operator==(const SenderReport&) const = default;

  static std::optional<SenderReport> parse(std::uint8_t count, ByteView body);
  void write(ByteWriter& out) const;
  [[nodiscard]] std::uint8_t count() const { return static_cast<std::uint8_t>(blocks.size()); }
};

struct ReceiverReport {
  std::uint32_t ssrc = 0;           // the reporter's
  std::vector<ReportBlock> blocks;  // up to 31
  bool operator==(const ReceiverReport&) const = default;

  static std::optional<ReceiverReport> parse(std::uint8_t count, ByteView body);
  void write(ByteWriter& out) const;
  [[nodiscard]] std::uint8_t count() const { return static_cast<std::uint8_t>(blocks.size()); }
};

struct SourceDescription {
  enum class ItemType : std::uint8_t { end = 0, cname = 1, name = 2, note = 7, priv = 8, mid = 15 };
  struct Item {
    ItemType type = ItemType::cname;  // or any other number but 0
    std::string text;                 // up to 255 bytes
    bool operator==(const Item&) const = default;
  };
  struct Chunk {
    std::uint32_t ssrc = 0;
    std::vector<Item> items;
    bool operator==(const Chunk&) const = default;
  };
  std::vector<Chunk> chunks;  // up to 31
  bool operator==(const SourceDescription&) const = default;

  static std::optional<SourceDescription> parse(std::uint8_t count, ByteView body);
  void write(ByteWriter& out) const;
  [[nodiscard]] std::uint8_t count() const { return static_cast<std::uint8_t>(chunks.size()); }
};

struct Goodbye {
  std::vector<std::uint32_t> ssrcs;  // up to 31
  std::string reason;                // up to 255 bytes; may be empty
  bool operator==(const Goodbye&) const = default;

  static std::optional<Goodbye> parse(std::uint8_t count, ByteView body);
  void write(ByteWriter& out) const;
  [[nodiscard]] std::uint8_t count() const { return static_cast<std::uint8_t>(ssrcs.size()); }
};

struct ApplicationDefined {
  std::uint8_t subtype = 0;  // up to 31
  std::uint32_t ssrc = 0;
  std::array<char, 4> name{};
  Bytes data;  // whole words
  bool operator==(const ApplicationDefined&) const = default;

  static std::optional<ApplicationDefined> parse(std::uint8_t count, ByteView body);
  void write(ByteWriter& out) const;
  [[nodiscard]] std::uint8_t count() const { return subtype; }
};

}  // namespace natsim::rtp
