// Reads back the pcapng blocks that tests ask about.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::record {

struct CapturedFrame {
  std::string interface;
  std::uint64_t time = 0;   // nanoseconds
  std::uint32_t flags = 0;  // epb_flags
  std::uint64_t packet = 0;
  std::string datagram;
  std::vector<std::string> comments;
};

struct Capture {
  std::string section_comment;
  std::vector<std::string> interfaces;
  std::vector<CapturedFrame> frames;
};

inline std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes.at(at + i));
  }
  return value;
}

// Throws if a block is not well formed: lengths that differ or go past the end, bad alignment.
inline Capture read_capture(std::string_view file) {
  Capture capture;
  for (std::size_t at = 0; at < file.size();) {
    const std::uint64_t type = little_endian(file, at, 4);
    const std::uint64_t length = little_endian(file, at + 4, 4);
    if (length % 4 != 0 || little_endian(file, at + length - 4, 4) != length) {
      throw std::runtime_error("the block's lengths differ");
    }
    const std::string_view body = file.substr(at + 8, length - 12);
    at += length;
    CapturedFrame frame;
    std::size_t option = 0;
    if (type == 0x0a0d0d0a) {
      option = 16;
    } else if (type == 1) {
      option = 8;
    } else if (type == 6) {
      const std::uint64_t size = little_endian(body, 12, 4);
      frame.interface = capture.interfaces.at(little_endian(body, 0, 4));
      frame.time = little_endian(body, 4, 4) << 32 | little_endian(body, 8, 4);
      frame.datagram = body.substr(20, size);
      option = 20 + (size + 3) / 4 * 4;
    } else {
      throw std::runtime_error("unexpected block");
    }
    while (true) {
      const std::uint64_t code = little_endian(body, option, 2);
      const std::uint64_t size = little_endian(body, option + 2, 2);
      const std::string value(body.substr(option + 4, size));
      option += 4 + (size + 3) / 4 * 4;
      if (code == 0) break;
      if (type == 0x0a0d0d0a && code == 1) capture.section_comment = value;
      if (type == 1 && code == 2) capture.interfaces.push_back(value);
      if (type == 6 && code == 1) frame.comments.push_back(value);
      if (type == 6 && code == 2)
        frame.flags = static_cast<std::uint32_t>(little_endian(value, 0, 4));
      if (type == 6 && code == 5) frame.packet = little_endian(value, 0, 8);
    }
    if (option != body.size()) throw std::runtime_error("bytes behind the last option");
    if (type == 6) capture.frames.push_back(frame);
  }
  return capture;
}

}  // namespace natsim::record
