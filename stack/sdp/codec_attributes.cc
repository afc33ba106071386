#include "stack/sdp/codec_attributes.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "stack/base/words.h"

namespace natsim::sdp {
namespace {

std::optional<std::uint8_t> payload_type(std::string_view text) {
  return parse_number<std::uint8_t>(text, 0, 127);
}

}  // namespace

std::optional<RtpMap> parse_rtp_map(std::string_view value) {
  Words words(value);
  const auto type = payload_type(words.next());
  std::string_view codec = words.next();
  const std::size_t slash = codec.find('/');
  if (!type || slash == 0 || slash == codec.npos || !words.rest().empty()) return std::nullopt;
  RtpMap map{.payload_type = *type, .encoding = std::string(codec.substr(0, slash))};
  codec.remove_prefix(slash + 1);
  const std::size_t second = codec.find('/');
  const auto rate = parse_number<std::uint32_t>(codec.substr(0, second), 1,
                                                std::numeric_limits<std::uint32_t>::max());
  if (!rate) return std::nullopt;
  map.clock_rate = *rate;
  if (second != codec.npos) {
    const auto channels = parse_number<std::uint16_t>(codec.substr(second + 1), 1, 255);
    if (!channels) return std::nullopt;
    map.channels = *channels;
  }
  return map;
}

std::string to_string(const RtpMap& map) {
  std::string text = fmt::format("{} {}/{}", map.payload_type, map.encoding, map.clock_rate);
  if (map.channels != 1) text += fmt::format("/{}", map.channels);
  return text;
}

std::optional<std::string_view> FormatParameters::find(std::string_view name) const {
  std::string_view rest = parameters;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view each = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = each.find('=');
    if (equals != each.npos && same_without_case(each.substr(0, equals), name)) {
      return each.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<FormatParameters> parse_format_parameters(std::string_view value) {
  Words words(value);
  const std::string_view format = words.next();
  if (format.empty() || words.rest().empty()) return std::nullopt;
  return FormatParameters{std::string(format), std::string(words.rest())};
}

std::string to_string(const FormatParameters& parameters) {
  return fmt::format("{} {}", parameters.format, parameters.parameters);
}

std::optional<RtcpFeedback> parse_rtcp_feedback(std::string_view value) {
  Words words(value);
  const std::string_view format = words.next();
  RtcpFeedback feedback;
  if (format != "*") {
    feedback.payload_type = payload_type(format);
    if (!feedback.payload_type) return std::nullopt;
  }
  feedback.kind = words.next();
  feedback.parameter = words.rest();
  if (feedback.kind.empty()) return std::nullopt;
  return feedback;
}

std::string to_string(const RtcpFeedback& feedback) {
  std::string text =
      feedback.payload_type ? fmt::format("{}", *feedback.payload_type) : std::string("*");
  text += ' ' + feedback.kind;
  if (!feedback.parameter.empty()) text += ' ' + feedback.parameter;
  return text;
}

}  // namespace natsim::sdp
