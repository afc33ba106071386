// The records of a recording as bytes; see recording.h for the format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stack/base/time.h"

namespace natsim::live {

inline constexpr std::string_view recording_title = "natsim live recording 1";

enum class RecordKind : char { datagram = 'D', line = 'L', program_end = 'E', run_end = 'Z' };

// The kind, the instant, whose it is, and the length of what follows.
inline constexpr std::size_t record_header = 1 + 8 + 4 + 4;

// The lowest `bytes` bytes of the number, the lowest first.
inline void append_number(std::string& into, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) into += static_cast<char>(number >> (8 * i) & 0xFF);
}
inline std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

inline void append_record(std::string& into, RecordKind kind, Time at, std::uint32_t whose,
                          std::string_view content) {
  into += static_cast<char>(kind);
  append_number(into, static_cast<std::uint64_t>(at.ns), 8);
  append_number(into, whose, 4);
  append_number(into, content.size(), 4);
  into += content;
}

}  // namespace natsim::live
