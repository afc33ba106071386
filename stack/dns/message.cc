#include "stack/dns/message.h"

#include <algorithm>
#include <array>

namespace natsim::dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t most_bytes = 512;  // of a message over UDP
constexpr std::size_t most_name = 253;   // characters, without the final full stop
constexpr std::size_t most_label = 63;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t flag_response = 0x8000;
constexpr std::uint16_t flag_authoritative = 0x0400;
constexpr std::uint16_t flag_truncated = 0x0200;
constexpr std::uint16_t flag_recursion_desired = 0x0100;
constexpr std::uint16_t opcode_mask = 0x7800;
constexpr std::uint16_t pointer_to_question = 0xc000 | header_size;

void put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, static_cast<std::uint16_t>(value >> 16));
  put16(out, static_cast<std::uint16_t>(value));
}

void put_name(Bytes& out, std::string_view name) {
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    out.push_back(static_cast<std::uint8_t>(end));
    out.insert(out.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  out.push_back(0);
}

char lower(std::uint8_t c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

bool usual(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Reads a name at `at` and moves `at` behind it. A pointer leads backwards alone, so that the name
// ends (RFC 1035 §4.1.4). Of unusual characters, and of the root, there is no name.
std::optional<std::string> get_name(ByteView message, std::size_t& at) {
  std::string name;
  std::size_t next = at;
  bool jumped = false;
  while (next < message.size()) {
    const std::uint8_t length = message[next];
    if (length >= 0xc0) {
      if (next + 2 > message.size()) return std::nullopt;
      const std::size_t target = load_be16(message.data() + next) & 0x3fffU;
      if (target >= next) return std::nullopt;
      if (!jumped) at = next + 2;
      jumped = true;
      next = target;
      continue;
    }
    if (length > most_label || next + 1 + length > message.size()) return std::nullopt;
    ++next;
    if (length == 0) {
      if (!jumped) at = next;
      return name.empty() ? std::nullopt : std::optional(name);
    }
    if (!name.empty()) name += '.';
    for (std::size_t i = 0; i < length; ++i) {
      name += lower(message[next + i]);
      if (!usual(name.back())) return std::nullopt;
    }
    if (name.size() > most_name) return std::nullopt;
    next += length;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(ResponseCode code) {
  constexpr std::array<std::string_view, 6> names = {
      "No Error", "Format Error", "Server Failure", "Name Error", "Not Implemented", "Refused"};
  const auto index = static_cast<std::size_t>(code);
  return index < names.size() ? names[index] : "an unknown code";
}

std::optional<std::string> normal_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > most_name) return std::nullopt;
  std::string normal;
  std::size_t label = 0;
  for (const char c : name) {
    normal += lower(static_cast<std::uint8_t>(c));
    if (c == '.') {
      if (label == 0) return std::nullopt;
      label = 0;
    } else if (!usual(normal.back()) || ++label > most_label) {
      return std::nullopt;
    }
  }
  return label == 0 ? std::nullopt : std::optional(normal);
}

Bytes encode(const Message& message) {
  Bytes out;
  std::uint16_t flags = static_cast<std::uint8_t>(message.code);
  if (message.response) flags |= flag_response;
  if (message.authoritative) flags |= flag_authoritative;
  if (message.recursion_desired) flags |= flag_recursion_desired;
  put16(out, message.id);
  put16(out, flags);
  put16(out, 1);
  put16(out, 0);
  put32(out, 0);
  put_name(out, message.question.name);
  put16(out, static_cast<std::uint16_t>(message.question.type));
  put16(out, class_in);
  std::uint16_t count = 0;
  for (const Answer& answer : message.answers) {
    Bytes record;
    if (answer.name == message.question.name) {
      put16(record, pointer_to_question);
    } else {
      put_name(record, answer.name);
    }
    const bool v4 = answer.address.is_v4();
    put16(record, static_cast<std::uint16_t>(v4 ? RecordType::a : RecordType::aaaa));
    put16(record, class_in);
    put32(record, answer.ttl);
    put16(record, v4 ? 4 : 16);
    const auto address = answer.address.to_bytes();
    record.insert(record.end(), address.begin() + (v4 ? 12 : 0), address.end());
    if (out.size() + record.size() > most_bytes) {
      flags |= flag_truncated;
      break;
    }
    out.insert(out.end(), record.begin(), record.end());
    ++count;
  }
  store_be16(out.data() + 2, flags);
  store_be16(out.data() + 6, count);
  return out;
}

std::optional<Message> decode(ByteView datagram) {
  if (datagram.size() < header_size) return std::nullopt;
  const std::uint8_t* const p = datagram.data();
  const std::uint16_t flags = load_be16(p + 2);
  if ((flags & opcode_mask) != 0 || load_be16(p + 4) != 1) return std::nullopt;
  Message message;
  message.id = load_be16(p);
  message.response = (flags & flag_response) != 0;
  message.authoritative = (flags & flag_authoritative) != 0;
  message.recursion_desired = (flags & flag_recursion_desired) != 0;
  message.code = static_cast<ResponseCode>(flags & 0x000f);
  std::size_t at = header_size;
  const auto asked = get_name(datagram, at);
  if (!asked || at + 4 > datagram.size()) return std::nullopt;
  message.question = {*asked, static_cast<RecordType>(load_be16(p + at))};
  if (load_be16(p + at + 2) != class_in) return std::nullopt;
  at += 4;
  const std::uint16_t answers = load_be16(p + 6);
  for (std::uint16_t i = 0; i < answers; ++i) {
    const auto owner = get_name(datagram, at);
    if (!owner || at + 10 > datagram.size()) return std::nullopt;
    const auto type = static_cast<RecordType>(load_be16(p + at));
    const std::uint16_t its_class = load_be16(p + at + 2);
    const std::uint32_t ttl = load_be32(p + at + 4);
    const std::size_t length = load_be16(p + at + 8);
    at += 10;
    if (at + length > datagram.size()) return std::nullopt;
    const bool v4 = type == RecordType::a;
    if (its_class == class_in && (v4 || type == RecordType::aaaa)) {
      if (length != (v4 ? 4U : 16U)) return std::nullopt;
      const IpAddress address = IpAddress::from_bytes(v4 ? Family::ipv4 : Family::ipv6, p + at);
      // An IPv4-mapped address would read as an A record.
      if (address.is_v4() != v4) return std::nullopt;
      message.answers.push_back({*owner, ttl, address});
    }
    at += length;
  }
  return message;
}

}  // namespace natsim::dns
