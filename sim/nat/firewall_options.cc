#include "sim/nat/firewall_options.h"

#include <fmt/format.h>

namespace natsim::nat {
namespace {

constexpr Duration longest_firewall_timeout = seconds(365 * 24 * 3600);
constexpr PortRange dns_port = {53, 53};
constexpr PortRange https_port = {443, 443};

// What answers come by in a box of today: its firewall tracks connections.
FirewallOptions connection_tracking() {
  return {.filtering = Dependence::address_and_port_dependent, .refresh = Refresh::both};
}

constexpr std::array<FirewallPreset, 5> firewall_preset_table = {{
    {"rfc6092", "whoever was let out may be answered by anyone (RFC 6092)",
     [] { return FirewallOptions{.unsolicited_syn = UnsolicitedSyn::hold}; }},
    {"port-restricted", "answers come from the address and port that was sent to",
     &connection_tracking},
    {"udp-blocked", "no UDP but DNS gets out",
     [] {
       FirewallOptions options = connection_tracking();
       options.outbound = {{.allow = true, .protocol = net::Protocol::udp, .ports = dns_port},
                           {.allow = false, .protocol = net::Protocol::udp}};
       return options;
     }},
    {"tcp-443-only", "nothing but TCP to port 443 gets out",
     [] {
       FirewallOptions options = connection_tracking();
       options.outbound = {{.allow = true, .protocol = net::Protocol::tcp, .ports = https_port}};
       options.allow_outbound = false;
       return options;
     }},
    {"captive-portal", "nothing but DNS gets out before the log-in",
     [] {
       FirewallOptions options = connection_tracking();
       options.captive_portal = true;
       options.refuse_outbound = Refusal::reset;
       return options;
     }},
}};

}  // namespace

bool FirewallRule::matches(net::Protocol packet_protocol, std::uint16_t port,
                           const IpAddress& outside) const {
  if (protocol && *protocol != packet_protocol) return false;
  if (ports) {
    const bool has_ports =
        packet_protocol == net::Protocol::udp || packet_protocol == net::Protocol::tcp;
    if (!has_ports || !ports->contains(port)) return false;
  }
  return !remote || remote->contains(outside);
}

std::string to_string(const FirewallRule& rule, bool outbound) {
  std::string text = rule.allow ? "allow " : "deny ";
  if (!rule.protocol) {
    text += "everything";
  } else {
    text += *rule.protocol == net::Protocol::udp ? "udp" : "tcp";
  }
  if (rule.ports && rule.ports->first == rule.ports->last) {
    text += fmt::format(" port {}", rule.ports->first);
  } else if (rule.ports) {
    text += fmt::format(" ports {}-{}", rule.ports->first, rule.ports->last);
  }
  if (rule.remote) text += fmt::format(" {} {}", outbound ? "to" : "from", to_string(*rule.remote));
  return text;
}

std::span<const FirewallPreset> firewall_presets() { return firewall_preset_table; }

std::optional<FirewallOptions> find_firewall_preset(std::string_view name) {
  for (const FirewallPreset& preset : firewall_preset_table) {
    if (preset.name == name) return preset.make();
  }
  return std::nullopt;
}

std::vector<OptionError> validate(const FirewallOptions& options) {
  std::vector<OptionError> errors;
  const auto check = [&](std::string_view field, Duration timeout) {
    if (timeout > Duration{} && timeout <= longest_firewall_timeout) return;
    errors.push_back({field, to_string(timeout),
                      "more than 0s and at most " + to_string(longest_firewall_timeout)});
  };
  check("udp_timeout", options.udp_timeout);
  check("icmp_query_timeout", options.icmp_query_timeout);
  check("tcp_timeouts.syn_sent", options.tcp_timeouts.syn_sent);
  check("tcp_timeouts.syn_received", options.tcp_timeouts.syn_received);
  check("tcp_timeouts.established", options.tcp_timeouts.established);
  check("tcp_timeouts.fin_wait", options.tcp_timeouts.fin_wait);
  check("tcp_timeouts.close_wait", options.tcp_timeouts.close_wait);
  check("tcp_timeouts.last_ack", options.tcp_timeouts.last_ack);
  check("tcp_timeouts.time_wait", options.tcp_timeouts.time_wait);
  check("tcp_timeouts.closed", options.tcp_timeouts.closed);
  return errors;
}

}  // namespace natsim::nat
