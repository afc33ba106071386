#include "tools/probe/preset_text.h"

#include <array>

#include <fmt/format.h>

namespace natsim::probe {
namespace {

using stun::BindingLifetime;
using stun::FilteringBehaviour;
using stun::HairpinBehaviour;
using stun::MappingBehaviour;

std::string line(std::string_view key, std::string_view value, std::string_view remark) {
  return fmt::format("  {} = \"{}\",  -- {}\n", key, value, remark);
}

std::string unknown(std::string_view key, std::string_view why) {
  return fmt::format("  -- {}: {}; natsim's default stands\n", key, why);
}

std::string bounds(const BindingLifetime& lifetime) {
  if (!lifetime.expired_after) {
    return fmt::format("alive after {}, no longer was tried", to_string(*lifetime.alive_after));
  }
  if (!lifetime.alive_after) {
    return fmt::format("gone after {}, no shorter was tried", to_string(*lifetime.expired_after));
  }
  return fmt::format("alive after {}, gone after {}", to_string(*lifetime.alive_after),
                     to_string(*lifetime.expired_after));
}

bool is_known(const BindingLifetime& lifetime) {
  return lifetime.alive_after || lifetime.expired_after;
}

std::string mapping_lines(const Findings& findings) {
  const MappingBehaviour mapping = findings.behaviour.mapping;
  std::string text = mapping == MappingBehaviour::cannot_tell
                         ? unknown("mapping", "the server has no second address that answers")
                         : line("mapping", to_string(mapping), "measured, RFC 5780 section 4.3");
  const FilteringBehaviour filtering = findings.behaviour.filtering;
  text += filtering == FilteringBehaviour::cannot_tell
              ? unknown("filtering", "it could not be told")
              : line("filtering", to_string(filtering), "measured, RFC 5780 section 4.4");
  return text;
}

std::string port_lines(const Findings& findings) {
  const auto remark = fmt::format("measured on {} sockets", findings.samples.size());
  switch (findings.ports) {
    case PortPolicy::preserved:
      return line("port_allocation", "preserve", remark);
    case PortPolicy::random:
      return line("port_allocation", "random", remark);
    case PortPolicy::sequential: {
      std::string text = line("port_allocation", "sequential", remark);
      const std::uint16_t stride = stride_of(findings.samples);
      if (stride > 1) text += fmt::format("  port_stride = {},\n", stride);
      return text;
    }
    case PortPolicy::cannot_tell:
      break;
  }
  return unknown("port_allocation", "too few answers came");
}

std::string hairpin_line(HairpinBehaviour hairpin) {
  constexpr std::string_view section = "measured, RFC 5780 section 4.5";
  switch (hairpin) {
    case HairpinBehaviour::absent:
      return line("hairpin", "off", section);
    case HairpinBehaviour::present:
      return line("hairpin", "external_source", section);
    case HairpinBehaviour::cannot_tell:
      break;
  }
  return unknown("hairpin", "it could not be told");
}

std::string timeout_lines(const Findings& findings) {
  const auto& [idle, stream] = std::pair(findings.idle, findings.stream);
  if (!is_known(idle)) {
    return unknown("udp_timeout", "it was not measured, or the server does not know RESPONSE-PORT");
  }
  const Duration first = timeout_within(idle);
  std::string text = line("udp_timeout", to_string(first), bounds(idle));
  if (!is_known(stream)) return text;
  const Duration later = timeout_within(stream);
  if (later == first) return text;
  text += line("udp_timeout_stream", to_string(later), "once used each way: " + bounds(stream));
  text += line("udp_stream_after", "2s", "assumed, as Linux does; it was used for three seconds");
  return text;
}

}  // namespace

Duration timeout_within(const BindingLifetime& lifetime) {
  if (!lifetime.expired_after) return *lifetime.alive_after;
  if (!lifetime.alive_after) return *lifetime.expired_after;
  const std::int64_t low = lifetime.alive_after->ns;
  const std::int64_t high = lifetime.expired_after->ns;
  for (const Duration step : {seconds(60), seconds(30), seconds(10), seconds(5), seconds(1)}) {
    const std::int64_t multiple = (low + step.ns - 1) / step.ns * step.ns;
    if (multiple <= high && multiple > 0) return nanoseconds(multiple);
  }
  return nanoseconds(low + (high - low) / 2);
}

std::string preset_text(const Findings& findings, std::string_view server, std::string_view when) {
  std::string text = fmt::format(
      "-- The NAT in front of {}, as natsim probe found it on {} by {}.\n"
      "-- In a scenario beside this file: net:home(\"alice\", {{ nat = require(\"NAME\"), … }}),\n"
      "-- with the name of this file for NAME; or: natsim matrix --nat FILE.\n",
      to_string(findings.local), when, server);
  if (findings.behaviour.mapped) {
    text += fmt::format("-- Its external address was {}.\n",
                        to_string(findings.behaviour.mapped->address));
  }
  if (findings.behaviour.payload_rewritten) {
    text += "-- It changes addresses in payloads (RFC 5780 section 3.6).\n";
  }
  text += "return {\n";
  text += mapping_lines(findings);
  text += port_lines(findings);
  text += hairpin_line(findings.behaviour.hairpin);
  text += timeout_lines(findings);
  if (findings.behaviour.payload_rewritten) text += "  alg_any_address = true,\n";
  text += "}\n";
  return text;
}

}  // namespace natsim::probe
