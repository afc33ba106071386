#include "stack/upnp/ssdp.h"

#include <algorithm>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/upnp/http_message.h"

namespace natsim::upnp {
namespace {

constexpr std::string_view search_line = "M-SEARCH * HTTP/1.1";

Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

std::optional<HttpMessage> message_of(ByteView datagram) {
  return parse_head({reinterpret_cast<const char*>(datagram.data()), datagram.size()});
}

}  // namespace

Bytes encode(const Search& search) {
  return bytes_of(encode(HttpMessage{.start = std::string(search_line),
                                     .headers = {{"HOST", to_string(ssdp_group)},
                                                 {"MAN", "\"ssdp:discover\""},
                                                 {"MX", fmt::format("{}", search.max_wait)},
                                                 {"ST", search.target}},
                                     .body = {}}));
}

std::optional<Search> parse_search(ByteView datagram) {
  const auto message = message_of(datagram);
  if (!message || message->start != search_line) return std::nullopt;
  if (message->find("MAN") != "\"ssdp:discover\"") return std::nullopt;
  const auto target = message->find("ST");
  const auto wait = parse_number<std::uint8_t>(message->find("MX").value_or(""), 1, 120);
  if (!target || target->empty() || !wait) return std::nullopt;
  return Search{std::string(*target), std::min<std::uint8_t>(*wait, 5)};
}

Bytes encode(const SearchAnswer& answer) {
  return bytes_of(encode(HttpMessage{.start = "HTTP/1.1 200 OK",
                                     .headers = {{"CACHE-CONTROL", "max-age=1800"},
                                                 {"EXT", ""},
                                                 {"LOCATION", answer.location},
                                                 {"SERVER", "natsim UPnP/1.1 natsim/1"},
                                                 {"ST", answer.target},
                                                 {"USN", answer.name}},
                                     .body = {}}));
}

std::optional<SearchAnswer> parse_search_answer(ByteView datagram) {
  const auto message = message_of(datagram);
  if (!message || message->status() != 200) return std::nullopt;
  const auto target = message->find("ST");
  const auto location = message->find("LOCATION");
  if (!target || !location) return std::nullopt;
  return SearchAnswer{std::string(*target), std::string(message->find("USN").value_or("")),
                      std::string(*location)};
}

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view authority = text.substr(0, slash);
  const std::size_t colon = authority.find(':');
  const auto address = IpAddress::parse(authority.substr(0, colon));
  std::optional<std::uint16_t> port = 80;
  if (colon != authority.npos) {
    port = parse_number<std::uint16_t>(authority.substr(colon + 1), 1, 65'535);
  }
  if (!address || !address->is_v4() || !port) return std::nullopt;
  const std::string_view path = slash < text.size() ? text.substr(slash) : "/";
  if (path.find_first_of(" \t\r\n") != path.npos) return std::nullopt;
  return Url{{*address, *port}, std::string(path)};
}

}  // namespace natsim::upnp
