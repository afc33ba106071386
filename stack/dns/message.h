// DNS messages (RFC 1035 §4) as far as addresses need them: one question, A and AAAA answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::dns {

inline constexpr std::uint16_t server_port = 53;

// RFC 1035 §3.2.2, RFC 3596 §2.1. Others have their IANA number.
enum class RecordType : std::uint16_t { a = 1, cname = 5, aaaa = 28 };

// RFC 1035 §4.1.1.
enum class ResponseCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,
  not_implemented = 4,
  refused = 5,
};
// The RFC's words: "Name Error"; "an unknown code" for a code that it does not have.
std::string_view name(ResponseCode code);

struct Question {
  std::string name;  // in lower case without the final full stop
  RecordType type = RecordType::a;
  bool operator==(const Question&) const = default;
};

// An address that the question's name has.
struct Answer {
  std::string name;
  std::uint32_t ttl = 0;  // seconds
  IpAddress address;      // of an A or AAAA record
  bool operator==(const Answer&) const = default;
};

struct Message {
  std::uint16_t id = 0;
  bool response = false;
  bool authoritative = false;
  bool recursion_desired = true;
  ResponseCode code = ResponseCode::no_error;
  Question question;
  std::vector<Answer> answers;
  bool operator==(const Message&) const = default;
};

// The name as messages have it; nullopt unless it is 1 to 253 letters, digits, hyphens, underscores
// and full stops, in labels of 1 to 63.
std::optional<std::string> normal_name(std::string_view name);

// Precondition: names are as normal_name() gives them. Answers that do not fit 512 bytes are left
// out, and the message is marked as truncated (RFC 1035 §4.2.1).
Bytes encode(const Message& message);
// nullopt for what is no query or response with one question of class IN. Records of other types
// are skipped.
std::optional<Message> decode(ByteView datagram);

}  // namespace natsim::dns
