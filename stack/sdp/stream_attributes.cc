#include "stack/sdp/stream_attributes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "stack/base/words.h"

namespace natsim::sdp {
namespace {

constexpr std::array<std::pair<Direction, std::string_view>, 4> directions = {{
    {Direction::inactive, "inactive"},
    {Direction::sendonly, "sendonly"},
    {Direction::recvonly, "recvonly"},
    {Direction::sendrecv, "sendrecv"},
}};

std::optional<std::uint32_t> parse_ssrc(std::string_view text) {
  return parse_number<std::uint32_t>(text, 0, std::numeric_limits<std::uint32_t>::max());
}

// Takes the text up to `separator`, which is taken too, from the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::optional<Simulcast::Streams> parse_streams(std::string_view text) {
  Simulcast::Streams streams;
  do {
    std::string_view alternatives = take(text, ';');
    auto& stream = streams.emplace_back();
    do {
      std::string_view id = take(alternatives, ',');
      const bool paused = id.starts_with('~');
      if (paused) id.remove_prefix(1);
      if (!is_rid(id)) return std::nullopt;
      stream.push_back({std::string(id), paused});
    } while (!alternatives.empty());
  } while (!text.empty());
  return streams;
}

std::string text_of(const Simulcast::Streams& streams) {
  std::string text;
  for (const auto& stream : streams) {
    if (!text.empty()) text += ';';
    for (const SimulcastAlternative& each : stream) {
      if (&each != &stream.front()) text += ',';
      if (each.paused) text += '~';
      text += each.id;
    }
  }
  return text;
}

}  // namespace

bool is_rid(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  });
}

std::string_view to_string(Direction direction) {
  return directions[static_cast<std::size_t>(direction)].second;
}

std::optional<Direction> parse_direction(std::string_view name) {
  for (const auto& [direction, text] : directions) {
    if (text == name) return direction;
  }
  return std::nullopt;
}

std::optional<HeaderExtension> parse_header_extension(std::string_view value) {
  Words words(value);
  std::string_view entry = words.next();
  const bool directed = entry.find('/') != entry.npos;
  const auto id = parse_number<std::uint16_t>(take(entry, '/'), 1, 4351);
  if (!id || *id == 15 || (*id > 255 && *id < 4096)) return std::nullopt;
  HeaderExtension extension{.id = *id};
  if (directed) {
    extension.direction = parse_direction(entry);
    if (!extension.direction) return std::nullopt;
  }
  extension.uri = words.next();
  extension.attributes = words.rest();
  if (extension.uri.empty()) return std::nullopt;
  return extension;
}

std::string to_string(const HeaderExtension& extension) {
  std::string text = fmt::format("{}", extension.id);
  if (extension.direction) text += fmt::format("/{}", to_string(*extension.direction));
  text += ' ' + extension.uri;
  if (!extension.attributes.empty()) text += ' ' + extension.attributes;
  return text;
}

std::optional<SourceAttribute> parse_source_attribute(std::string_view value) {
  Words words(value);
  const auto ssrc = parse_ssrc(words.next());
  std::string_view rest = words.rest();
  const bool valued = rest.find(':') != rest.npos;
  const std::string_view name = take(rest, ':');
  if (!ssrc || name.empty()) return std::nullopt;
  SourceAttribute attribute{.ssrc = *ssrc, .name = std::string(name)};
  if (valued) attribute.value = rest;
  return attribute;
}

std::string to_string(const SourceAttribute& attribute) {
  std::string text = fmt::format("{} {}", attribute.ssrc, attribute.name);
  if (attribute.value) text += ':' + *attribute.value;
  return text;
}

std::optional<SourceGroup> parse_source_group(std::string_view value) {
  Words words(value);
  SourceGroup group{.semantics = std::string(words.next())};
  for (auto word = words.next(); !word.empty(); word = words.next()) {
    const auto ssrc = parse_ssrc(word);
    if (!ssrc) return std::nullopt;
    group.sources.push_back(*ssrc);
  }
  if (group.sources.empty()) return std::nullopt;
  return group;
}

std::string to_string(const SourceGroup& group) {
  return fmt::format("{} {}", group.semantics, fmt::join(group.sources, " "));
}

std::optional<MediaStreamId> parse_media_stream_id(std::string_view value) {
  Words words(value);
  MediaStreamId id{.stream = std::string(words.next()), .track = std::string(words.next())};
  if (id.stream.empty() || id.stream.size() > 64 || id.track.size() > 64) return std::nullopt;
  if (!words.rest().empty()) return std::nullopt;
  return id;
}

std::string to_string(const MediaStreamId& id) {
  return id.track.empty() ? id.stream : id.stream + ' ' + id.track;
}

std::optional<RtpStreamId> parse_rtp_stream_id(std::string_view value) {
  Words words(value);
  RtpStreamId id{.id = std::string(words.next())};
  const std::string_view direction = words.next();
  if (!is_rid(id.id) || (direction != "send" && direction != "recv")) return std::nullopt;
  id.sent = direction == "send";
  std::string_view rest = words.next();
  if (!words.rest().empty()) return std::nullopt;
  while (!rest.empty()) {
    std::string_view text = take(rest, ';');
    const std::string_view name = take(text, '=');
    if (name.empty()) return std::nullopt;
    if (name != "pt") {
      id.restrictions.push_back({std::string(name), std::string(text)});
      continue;
    }
    // The payload types come first (RFC 8851 §4).
    if (!id.payload_types.empty() || !id.restrictions.empty()) return std::nullopt;
    do {
      const auto type = parse_number<std::uint8_t>(take(text, ','), 0, 127);
      if (!type) return std::nullopt;
      id.payload_types.push_back(*type);
    } while (!text.empty());
  }
  return id;
}

std::string to_string(const RtpStreamId& id) {
  std::string text = fmt::format("{} {}", id.id, id.sent ? "send" : "recv");
  char before = ' ';
  if (!id.payload_types.empty()) {
    text += fmt::format(" pt={}", fmt::join(id.payload_types, ","));
    before = ';';
  }
  for (const Restriction& each : id.restrictions) {
    text += before + each.name;
    if (!each.value.empty()) text += '=' + each.value;
    before = ';';
  }
  return text;
}

std::optional<Simulcast> parse_simulcast(std::string_view value) {
  Words words(value);
  Simulcast simulcast;
  for (auto direction = words.next(); !direction.empty(); direction = words.next()) {
    if (direction != "send" && direction != "recv") return std::nullopt;
    Simulcast::Streams& streams = direction == "send" ? simulcast.send : simulcast.recv;
    if (!streams.empty()) return std::nullopt;
    auto given = parse_streams(words.next());
    if (!given) return std::nullopt;
    streams = std::move(*given);
  }
  if (simulcast.send.empty() && simulcast.recv.empty()) return std::nullopt;
  return simulcast;
}

std::string to_string(const Simulcast& simulcast) {
  std::string text;
  if (!simulcast.send.empty()) text = "send " + text_of(simulcast.send);
  if (!simulcast.recv.empty()) {
    if (!text.empty()) text += ' ';
    text += "recv " + text_of(simulcast.recv);
  }
  return text;
}

}  // namespace natsim::sdp
