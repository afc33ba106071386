// The gateway for SIP: addresses as text in headers (RFC 3261) and in SDP (RFC 8866).
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/nat/payload_addresses.h"

namespace natsim::nat {
namespace {

constexpr std::string_view line_end = "\r\n";

bool is_sip(std::string_view text) {
  const std::string_view first = text.substr(0, text.find(line_end));
  return first.starts_with("SIP/2.0 ") || first.ends_with(" SIP/2.0");
}

// Whether the address that ends before `rest` goes on there, or begins earlier than `before` ends.
bool stands_alone(std::string_view before, std::string_view rest) {
  const auto digit = [](char c) { return '0' <= c && c <= '9'; };
  if (!before.empty() && (digit(before.back()) || before.back() == '.')) return false;
  if (rest.empty()) return true;
  return !digit(rest[0]) && !(rest[0] == '.' && rest.size() > 1 && digit(rest[1]));
}

// Header fields' names are the same in either case (RFC 3261 §7.3.1).
bool is_content_length(std::string_view line) {
  std::string name(line.substr(0, line.find(':')));
  name.resize(name.find_last_not_of(" \t") + 1);
  std::ranges::transform(name, name.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name == "content-length" || name == "l";
}

// The number that the text begins with, and its length.
struct Number {
  std::uint32_t value = 0;
  std::size_t length = 0;
};
Number leading_number(std::string_view text) {
  Number number;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (read.ec == std::errc()) number.length = static_cast<std::size_t>(read.ptr - text.data());
  return number;
}

class SipRewriting {
 public:
  SipRewriting(const Endpoint& from, const Endpoint& to, MediaTranslation media)
      : from_(from),
        old_address_(to_string(from.address)),
        new_address_(to_string(to.address)),
        new_port_(to.port),
        media_(media) {}

  std::string message(std::string_view text) {
    const std::size_t blank = text.find("\r\n\r\n");
    if (blank == std::string_view::npos) return addresses(text);
    const std::string body = description(text.substr(blank + 4));
    return fmt::format("{}\r\n\r\n{}", header(text.substr(0, blank), body.size()), body);
  }
  [[nodiscard]] std::uint32_t places() const { return places_; }

 private:
  std::string addresses(std::string_view text) {
    std::string out;
    while (true) {
      const std::size_t at = text.find(old_address_);
      if (at == std::string_view::npos) return out.append(text);
      const std::string_view rest = text.substr(at + old_address_.size());
      out.append(text.substr(0, at));
      if (!stands_alone(out, rest)) {
        out.append(old_address_);
        text = rest;
        continue;
      }
      out.append(new_address_);
      ++places_;
      text = rest;
      if (!rest.starts_with(':')) continue;
      const Number port = leading_number(rest.substr(1));
      if (port.length == 0 || port.value != from_.port) continue;
      out += fmt::format(":{}", new_port_);
      text = rest.substr(1 + port.length);
    }
  }

  std::string header(std::string_view text, std::size_t body_size) {
    std::string out;
    while (true) {
      const std::size_t end = text.find(line_end);
      const std::string_view line = text.substr(0, end);
      if (is_content_length(line)) {
        out += fmt::format("{}: {}", line.substr(0, line.find(':')), body_size);
      } else {
        out.append(addresses(line));
      }
      if (end == std::string_view::npos) return out;
      out.append(line_end);
      text.remove_prefix(end + line_end.size());
    }
  }

  // Whether a part of a description says that its media is expected at the old address.
  [[nodiscard]] bool is_connected_here(std::string_view part) const {
    const std::string line = "c=IN IP4 " + old_address_;
    for (std::size_t at = part.find(line); at != std::string_view::npos;
         at = part.find(line, at + 1)) {
      if ((at == 0 || part[at - 1] == '\n') && stands_alone({}, part.substr(at + line.size()))) {
        return true;
      }
    }
    return false;
  }
  static bool is_connected(std::string_view part) {
    return part.starts_with("c=") || part.find("\nc=") != std::string_view::npos;
  }

  // The session's part, and one for each media description, which may have its own address.
  std::string description(std::string_view text) {
    std::string out;
    bool session = true;
    bool session_here = false;
    while (!text.empty()) {
      const std::size_t end = text.find("\nm=");
      const std::string_view part = text.substr(0, end == std::string_view::npos ? end : end + 1);
      const bool here = is_connected_here(part);
      if (session) {
        session_here = here;
        out.append(addresses(part));
      } else {
        out.append(addresses(is_connected(part) ? here : session_here, part));
      }
      session = false;
      text.remove_prefix(part.size());
    }
    return out;
  }

  // Of a media description: "m=audio 5004 RTP/AVP 0" is its first line.
  std::string addresses(bool here, std::string_view part) {
    const std::size_t space = part.find(' ');
    const Number port =
        space == std::string_view::npos ? Number{} : leading_number(part.substr(space + 1));
    if (!here || port.value == 0 || port.value > 65535) return addresses(part);
    const auto moved = media_({from_.address, static_cast<std::uint16_t>(port.value)});
    if (!moved || moved->port == port.value) return addresses(part);
    ++places_;
    return fmt::format("{}{}{}", part.substr(0, space + 1), moved->port,
                       addresses(part.substr(space + 1 + port.length)));
  }

  const Endpoint& from_;
  const std::string old_address_;
  const std::string new_address_;
  const std::uint16_t new_port_;
  MediaTranslation media_;
  std::uint32_t places_ = 0;
};

}  // namespace

std::optional<RewrittenPayload> rewrite_sip(ByteView payload, const Endpoint& from,
                                            const Endpoint& to, MediaTranslation media) {
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  if (!is_sip(text)) return std::nullopt;
  SipRewriting rewriting(from, to, media);
  const std::string rewritten = rewriting.message(text);
  if (rewriting.places() == 0) return std::nullopt;
  const ByteView bytes = as_bytes(rewritten);
  return RewrittenPayload{Bytes(bytes.begin(), bytes.end()), rewriting.places()};
}

}  // namespace natsim::nat
