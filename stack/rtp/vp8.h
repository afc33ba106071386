// VP8 frames in RTP payloads (RFC 7741).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// What stands before a packet's part of a frame (§4.2).
struct Vp8Descriptor {
  bool non_reference = false;  // the frame can be dropped without harm to later ones
  bool starts_partition = false;
  std::uint8_t partition = 0;               // 0 to 7
  std::optional<std::uint16_t> picture_id;  // 15 bits
  std::optional<std::uint8_t> tl0_picture_index;
  struct Layer {
    std::uint8_t id = 0;  // temporal, 0 to 3
    bool sync = false;    // it depends on layer 0 alone
    bool operator==(const Layer&) const = default;
  };
  std::optional<Layer> layer;
  std::optional<std::uint8_t> key_index;  // 0 to 31, of the key frame that it depends on
  bool operator==(const Vp8Descriptor&) const = default;

  // The picture id is written with 15 bits.
  [[nodiscard]] Bytes encode() const;
};

struct Vp8Payload {
  Vp8Descriptor descriptor;
  ByteView data;  // points into the parsed bytes; not empty

  // nullopt where the descriptor breaks off or nothing is behind it.
  static std::optional<Vp8Payload> parse(ByteView payload);
  // The first packet of a frame: the first partition begins with it.
  [[nodiscard]] bool starts_frame() const {
    return descriptor.starts_partition && descriptor.partition == 0;
  }
  // Of the first packet of a frame (RFC 6386 §9.1).
  [[nodiscard]] bool is_key_frame() const { return (data[0] & 1) == 0; }
};

// The payloads of a frame's packets, of `most` bytes each at the most and all about as long; the
// frame is one partition to them. `descriptor` is the first one's. Preconditions: the frame is not
// empty, the descriptor shorter than `most`.
std::vector<Bytes> packetize_vp8(Vp8Descriptor descriptor, ByteView frame, std::size_t most);

}  // namespace natsim::rtp
