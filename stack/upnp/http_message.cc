#include "stack/upnp/http_message.h"

#include <algorithm>

#include <fmt/format.h>

#include "stack/base/words.h"

namespace natsim::upnp {
namespace {

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// Where the head ends, its empty line included; npos if it does not.
std::size_t end_of_head(std::string_view text) {
  const std::size_t strict = text.find("\r\n\r\n");
  const std::size_t loose = text.find("\n\n");
  if (strict == text.npos && loose == text.npos) return text.npos;
  return strict < loose ? strict + 4 : loose + 2;
}

}  // namespace

std::optional<std::string_view> HttpMessage::find(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (same_without_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

int HttpMessage::status() const {
  if (!start.starts_with("HTTP/")) return 0;
  Words words(start);
  words.next();
  return parse_number<std::uint16_t>(words.next(), 100, 999).value_or(0);
}

std::string encode(const HttpMessage& message) {
  std::string text = message.start + "\r\n";
  for (const HttpHeader& header : message.headers) {
    text += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!message.body.empty()) text += fmt::format("Content-Length: {}\r\n", message.body.size());
  return text + "\r\n" + message.body;
}

std::optional<HttpMessage> parse_head(std::string_view text) {
  const std::size_t end = end_of_head(text);
  if (end == text.npos) return std::nullopt;
  HttpMessage message;
  message.body = text.substr(end);
  std::string_view rest = text.substr(0, end);
  message.start = take_line(rest);
  if (message.start.empty()) return std::nullopt;
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == line.npos) return std::nullopt;
    message.headers.push_back({std::string(trimmed(line.substr(0, colon))),
                               std::string(trimmed(line.substr(colon + 1)))});
  }
  return message;
}

HttpReader::State HttpReader::feed(ByteView bytes) {
  if (state_ != State::reading) return state_;
  read_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return state_ = in_body_ ? read_body() : read_head();
}

HttpReader::State HttpReader::end() {
  if (state_ != State::reading) return state_;
  if (!in_body_ || length_) return state_ = State::broken;
  message_.body = std::move(read_);
  return state_ = State::complete;
}

HttpReader::State HttpReader::read_head() {
  const std::size_t end = end_of_head(read_);
  if (std::min(end, read_.size()) > longest_head) return State::broken;
  if (end == read_.npos) return State::reading;
  auto head = parse_head(read_);
  if (!head || head->find("Transfer-Encoding")) return State::broken;
  message_ = std::move(*head);
  read_ = std::move(message_.body);
  message_.body.clear();
  in_body_ = true;
  if (const auto length = message_.find("Content-Length")) {
    length_ = parse_number<std::size_t>(*length, 0, longest_body);
    if (!length_) return State::broken;
  } else if (message_.status() == 0) {
    length_ = 0;  // a request without a body
  }
  return read_body();
}

HttpReader::State HttpReader::read_body() {
  if (!length_) return read_.size() > longest_body ? State::broken : State::reading;
  if (read_.size() < *length_) return State::reading;
  message_.body = read_.substr(0, *length_);
  return State::complete;
}

}  // namespace natsim::upnp
