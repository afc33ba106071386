#include "sim/script/firewall_settings.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/option_names.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"

namespace natsim::script {
namespace {

using nat::FirewallOptions;
using nat::FirewallRule;

// The value of a name or of a long name in one of nat's tables.
template <typename Option, std::size_t N>
Option firewall_word(const Value& value, const std::array<nat::OptionName<Option>, N>& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  for (const auto& row : table) {
    if (!row.long_name.empty()) names.push_back(row.long_name);
  }
  return *nat::value_in(table, names[value.index_of(names)]);
}

FirewallOptions firewall_preset(const Value& value) {
  const std::string name = value.text();
  if (const auto options = nat::find_firewall_preset(name)) return *options;
  std::vector<std::string_view> names;
  for (const nat::FirewallPreset& known : nat::firewall_presets()) names.push_back(known.name);
  value.complain(fmt::format("no firewall preset is named '{}'{}", name, suggestion(name, names)));
}

std::optional<net::Protocol> read_rule_protocol(const Value& value) {
  constexpr std::array<Choice<std::optional<net::Protocol>>, 3> names = {{
      {"any", std::nullopt},
      {"udp", net::Protocol::udp},
      {"tcp", net::Protocol::tcp},
  }};
  return value.one_of(names);
}

nat::PortRange read_rule_ports(const Value& value) {
  if (value.is_integer()) return {value.port(), value.port()};
  if (!value.is_table() || value.length() != 2) {
    value.refuse("a port, or the first and the last one, such as { 1024, 65535 }");
  }
  const nat::PortRange range{value.element(1).port(), value.element(2).port()};
  if (range.first > range.last) value.complain("the first port is greater than the last");
  return range;
}

struct RuleSetup {
  FirewallRule rule;
  bool allow_given = false;
  bool deny_given = false;
};
constexpr std::array<Key<RuleSetup>, 4> rule_keys = {{
    {"allow",
     [](const Value& value, RuleSetup& setup) {
       setup.allow_given = true;
       setup.rule.allow = true;
       setup.rule.protocol = read_rule_protocol(value);
     }},
    {"deny",
     [](const Value& value, RuleSetup& setup) {
       setup.deny_given = true;
       setup.rule.protocol = read_rule_protocol(value);
     }},
    {"port",
     [](const Value& value, RuleSetup& setup) { setup.rule.ports = read_rule_ports(value); }},
    {"remote", [](const Value& value, RuleSetup& setup) { setup.rule.remote = value.prefix(); }},
}};

std::vector<FirewallRule> read_rules(const Value& value) {
  value.require_table();
  std::vector<FirewallRule> rules;
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    const Value entry = value.element(i);
    RuleSetup setup;
    read_options(entry, rule_keys, setup);
    if (setup.allow_given == setup.deny_given) {
      entry.complain("expected one of 'allow' and 'deny', with \"udp\", \"tcp\" or \"any\"");
    }
    rules.push_back(setup.rule);
  }
  return rules;
}

constexpr std::array<Key<FirewallOptions>, 12> firewall_keys = {{
    {"preset",
     [](const Value& value, FirewallOptions& options) { options = firewall_preset(value); }},
    {"filtering",
     [](const Value& value, FirewallOptions& options) {
       options.filtering = firewall_word(value, nat::filtering_names);
     }},
    {"refresh",
     [](const Value& value, FirewallOptions& options) {
       constexpr std::array<Choice<nat::Refresh>, 2> names = {{
           {"outbound", nat::Refresh::outbound},
           {"both", nat::Refresh::both},
       }};
       options.refresh = value.one_of(names);
     }},
    {"udp_timeout",
     [](const Value& value, FirewallOptions& options) {
       options.udp_timeout = value.positive_duration();
     }},
    {"icmp_query_timeout",
     [](const Value& value, FirewallOptions& options) {
       options.icmp_query_timeout = value.positive_duration();
     }},
    {"outbound",
     [](const Value& value, FirewallOptions& options) { options.outbound = read_rules(value); }},
    {"inbound",
     [](const Value& value, FirewallOptions& options) { options.inbound = read_rules(value); }},
    {"otherwise",
     [](const Value& value, FirewallOptions& options) {
       constexpr std::array<Choice<bool>, 2> names = {{{"allow", true}, {"deny", false}}};
       options.allow_outbound = value.one_of(names);
     }},
    {"captive_portal", [](const Value& value,
                          FirewallOptions& options) { options.captive_portal = value.boolean(); }},
    {"refuse_outbound",
     [](const Value& value, FirewallOptions& options) {
       options.refuse_outbound = firewall_word(value, nat::refusal_names);
     }},
    {"refuse_inbound",
     [](const Value& value, FirewallOptions& options) {
       options.refuse_inbound = firewall_word(value, nat::refusal_names);
     }},
    {"unsolicited_syn",
     [](const Value& value, FirewallOptions& options) {
       options.unsolicited_syn = firewall_word(value, nat::unsolicited_syn_names);
     }},
}};

}  // namespace

FirewallOptions read_firewall(const Value& value) {
  if (value.is_text()) return firewall_preset(value);
  if (!value.is_table()) value.refuse("a firewall preset's name or a table of firewall options");
  FirewallOptions options;
  read_options(value, firewall_keys, options);
  const auto errors = nat::validate(options);
  if (!errors.empty()) {
    const nat::OptionError& error = errors.front();
    value.complain(
        fmt::format("{}: expected {}, got {}", error.field, error.expected, error.value));
  }
  return options;
}

}  // namespace natsim::script
