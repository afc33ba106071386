#include "stack/sdp/description.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/sdp/token.h"

namespace natsim::sdp {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t most_origin = most >> 1;  // 63 bits

// The letters of lines in their order; those that repeat may follow themselves. Between "t" and "r"
// the order begins anew.
constexpr std::string_view session_order = "vosiuepcbtrzka";
constexpr std::string_view media_order = "micbka";
constexpr std::string_view repeating = "epbtra";

std::string_view text_of(Family family) { return family == Family::ipv4 ? "IP4" : "IP6"; }

// Takes "IN IP4 address" from the words.
bool read_address(Words& words, Family& family, std::string& address) {
  if (words.next() != "IN") return false;
  const std::string_view type = words.next();
  if (type != "IP4" && type != "IP6") return false;
  family = type == "IP4" ? Family::ipv4 : Family::ipv6;
  address = words.next();
  return !address.empty() && words.rest().empty();
}

bool is_protocol(std::string_view text) {
  while (true) {
    const std::size_t slash = text.find('/');
    if (!is_token(text.substr(0, slash))) return false;
    if (slash == text.npos) return true;
    text.remove_prefix(slash + 1);
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Description> parse();

 private:
  // A clause that says what is wrong; nullptr: nothing is.
  using Complaint = const char*;

  bool next_line();
  Complaint check_order();
  Complaint session_line();
  Complaint media_line();
  Complaint begin_media();
  Complaint origin();
  Complaint timing();
  static Complaint connection(std::string_view value, Connection& connection);
  static Complaint bandwidth(std::string_view value, std::vector<Bandwidth>& all);
  static Complaint attribute(std::string_view value, std::vector<Attribute>& all);

  std::string_view rest_;
  std::string_view line_;   // without its end
  std::string_view value_;  // what is behind "x="
  char letter_ = 0;
  std::size_t number_ = 0;  // of the line, from 1
  char before_ = 0;         // the letter before it on its level; 0: none
  Description description_;
};

// False at the end.
bool Parser::next_line() {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++number_;
  return true;
}

Parser::Complaint Parser::check_order() {
  const bool in_media = !description_.media.empty();
  const std::string_view order = in_media ? media_order : session_order;
  const std::size_t place = order.find(letter_);
  if (place == order.npos) return "expected a line of SDP such as \"a=...\"";
  if (number_ <= 3 && session_order[number_ - 1] != letter_) {
    return "expected v=, o= and s= first, in this order";
  }
  if (before_ == 0) return nullptr;
  const std::size_t last = order.find(before_);
  const bool again =
      place == last && (repeating.find(letter_) != repeating.npos || (in_media && letter_ == 'c'));
  const bool next_timing = before_ == 'r' && letter_ == 't';
  if (place > last || again || next_timing) return nullptr;
  return place == last ? "a line that may stand only once" : "this line belongs further up";
}

Result<Description> Parser::parse() {
  description_.timings.clear();
  while (next_line()) {
    const auto complain = [&](const char* what) {
      return Error{fmt::format("line {}: {}: {:.60}", number_, what, line_)};
    };
    if (number_ > most_lines) return complain("too many lines");
    if (line_.size() > longest_line) return complain("a line that is too long");
    if (line_.find('\0') != line_.npos || line_.find('\r') != line_.npos) {
      return complain("a control character");
    }
    if (line_.size() < 2 || line_[1] != '=') {
      return complain("expected a line of SDP such as \"a=...\"");
    }
    letter_ = line_[0];
    value_ = line_.substr(2);
    Complaint wrong = nullptr;
    if (letter_ == 'm' && number_ > 3) {
      wrong = begin_media();
    } else {
      wrong = check_order();
      if (wrong == nullptr) wrong = description_.media.empty() ? session_line() : media_line();
    }
    if (wrong != nullptr) return complain(wrong);
    before_ = letter_;
  }
  if (number_ < 3) return Error{"expected at least the lines v=, o= and s="};
  if (description_.timings.empty()) return Error{"expected a line t="};
  return std::move(description_);
}

Parser::Complaint Parser::session_line() {
  switch (letter_) {
    case 'v':
      return value_ == "0" ? nullptr : "expected version 0";
    case 'o':
      return origin();
    case 's':
      description_.name = value_;
      return nullptr;
    case 'i':
      description_.information = value_;
      return nullptr;
    case 'u':
      description_.uri = value_;
      return nullptr;
    case 'e':
      description_.emails.emplace_back(value_);
      return nullptr;
    case 'p':
      description_.phones.emplace_back(value_);
      return nullptr;
    case 'c':
      return connection(value_, description_.connection.emplace());
    case 'b':
      return bandwidth(value_, description_.bandwidths);
    case 't':
      return timing();
    case 'r':
      if (description_.timings.empty()) return "expected t= before r=";
      description_.timings.back().repeats.emplace_back(value_);
      return nullptr;
    case 'z':
      description_.zones = value_;
      return nullptr;
    case 'k':
      description_.key = value_;
      return nullptr;
    default:
      return attribute(value_, description_.attributes);
  }
}

Parser::Complaint Parser::media_line() {
  Media& media = description_.media.back();
  switch (letter_) {
    case 'i':
      media.information = value_;
      return nullptr;
    case 'c':
      return connection(value_, media.connections.emplace_back());
    case 'b':
      return bandwidth(value_, media.bandwidths);
    case 'k':
      media.key = value_;
      return nullptr;
    default:
      return attribute(value_, media.attributes);
  }
}

Parser::Complaint Parser::begin_media() {
  if (description_.media.size() == most_media) return "too many media sections";
  Words words(value_);
  Media& media = description_.media.emplace_back();
  media.kind = words.next();
  if (!is_token(media.kind)) return "expected a kind of media such as \"audio\"";
  const std::string_view ports = words.next();
  const std::size_t slash = ports.find('/');
  const auto port = parse_number<std::uint16_t>(ports.substr(0, slash), 0, 65'535);
  if (!port) return "expected a port from 0 to 65535";
  media.port = *port;
  if (slash != ports.npos) {
    const auto count = parse_number<std::uint16_t>(ports.substr(slash + 1), 1, 65'535);
    if (!count) return "expected a number of ports behind the '/'";
    media.ports = *count;
  }
  media.protocol = words.next();
  if (!is_protocol(media.protocol)) return "expected a protocol such as \"UDP/TLS/RTP/SAVPF\"";
  for (auto format = words.next(); !format.empty(); format = words.next()) {
    if (!is_token(format)) return "expected formats of one token each";
    media.formats.emplace_back(format);
  }
  return media.formats.empty() ? "expected at least one format" : nullptr;
}

Parser::Complaint Parser::origin() {
  Words words(value_);
  Origin& origin = description_.origin;
  origin.username = words.next();
  const auto id = parse_number<std::uint64_t>(words.next(), 0, most_origin);
  const auto version = parse_number<std::uint64_t>(words.next(), 0, most_origin);
  if (!id || !version) return "expected a session's id and version, each of at most 63 bits";
  origin.session_id = *id;
  origin.version = *version;
  if (!read_address(words, origin.family, origin.address)) {
    return "expected an address such as \"IN IP4 127.0.0.1\"";
  }
  return nullptr;
}

Parser::Complaint Parser::timing() {
  Words words(value_);
  const auto start = parse_number<std::uint64_t>(words.next(), 0, most);
  const auto stop = parse_number<std::uint64_t>(words.next(), 0, most);
  if (!start || !stop || !words.rest().empty()) return "expected two times such as \"0 0\"";
  description_.timings.push_back({*start, *stop, {}});
  return nullptr;
}

Parser::Complaint Parser::connection(std::string_view value, Connection& connection) {
  Words words(value);
  if (read_address(words, connection.family, connection.address)) return nullptr;
  return "expected an address such as \"IN IP4 0.0.0.0\"";
}

Parser::Complaint Parser::bandwidth(std::string_view value, std::vector<Bandwidth>& all) {
  const std::size_t colon = std::min(value.find(':'), value.size());
  const std::string_view number = value.substr(std::min(colon + 1, value.size()));
  const auto bandwidth = parse_number<std::uint64_t>(number, 0, most);
  if (!is_token(value.substr(0, colon)) || !bandwidth) {
    return "expected a bandwidth such as \"AS:500\"";
  }
  all.push_back({std::string(value.substr(0, colon)), *bandwidth});
  return nullptr;
}

Parser::Complaint Parser::attribute(std::string_view value, std::vector<Attribute>& all) {
  const std::size_t colon = value.find(':');
  if (!is_token(value.substr(0, colon))) return "expected an attribute's name";
  Attribute& attribute = all.emplace_back();
  attribute.name = value.substr(0, colon);
  if (colon != value.npos) attribute.value = value.substr(colon + 1);
  return nullptr;
}

using Out = std::back_insert_iterator<std::string>;

void write(Out out, char letter, const std::optional<std::string>& value) {
  if (value) fmt::format_to(out, "{}={}\r\n", letter, *value);
}

void write(Out out, char letter, const std::vector<std::string>& values) {
  for (const std::string& value : values) fmt::format_to(out, "{}={}\r\n", letter, value);
}

void write(Out out, const Connection& connection) {
  fmt::format_to(out, "c=IN {} {}\r\n", text_of(connection.family), connection.address);
}

void write(Out out, const std::vector<Bandwidth>& bandwidths) {
  for (const Bandwidth& each : bandwidths) {
    fmt::format_to(out, "b={}:{}\r\n", each.type, each.value);
  }
}

void write(std::string& text, const std::vector<Attribute>& attributes) {
  // Most of a description: no place for format strings.
  for (const Attribute& each : attributes) {
    text.append("a=").append(each.name);
    if (each.value) text.append(1, ':').append(*each.value);
    text.append("\r\n");
  }
}

void write(std::string& text, const Media& media) {
  const Out out(text);
  fmt::format_to(out, "m={} {}", media.kind, media.port);
  if (media.ports != 1) fmt::format_to(out, "/{}", media.ports);
  fmt::format_to(out, " {} {}\r\n", media.protocol, fmt::join(media.formats, " "));
  write(out, 'i', media.information);
  for (const Connection& each : media.connections) write(out, each);
  write(out, media.bandwidths);
  write(out, 'k', media.key);
  write(text, media.attributes);
}

}  // namespace

Result<Description> parse(std::string_view text) { return Parser(text).parse(); }

std::string to_string(const Description& description) {
  std::string text;
  const Out out(text);
  const Origin& origin = description.origin;
  fmt::format_to(out, "v=0\r\no={} {} {} IN {} {}\r\ns={}\r\n", origin.username, origin.session_id,
                 origin.version, text_of(origin.family), origin.address, description.name);
  write(out, 'i', description.information);
  write(out, 'u', description.uri);
  write(out, 'e', description.emails);
  write(out, 'p', description.phones);
  if (description.connection) write(out, *description.connection);
  write(out, description.bandwidths);
  for (const Timing& timing : description.timings) {
    fmt::format_to(out, "t={} {}\r\n", timing.start, timing.stop);
    write(out, 'r', timing.repeats);
  }
  write(out, 'z', description.zones);
  write(out, 'k', description.key);
  write(text, description.attributes);
  for (const Media& media : description.media) write(text, media);
  return text;
}

std::optional<std::string_view> find(const std::vector<Attribute>& attributes,
                                     std::string_view name) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name != name) continue;
    return attribute.value ? std::string_view(*attribute.value) : std::string_view();
  }
  return std::nullopt;
}

}  // namespace natsim::sdp
