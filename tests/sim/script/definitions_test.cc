// The definition file for editors says what the program says: the same keys, fields and methods,
// the same choices and presets, and of a NAT's knobs all that their table says.
#include "script_test.h"

#include <cctype>
#include <fstream>
#include <map>
#include <ostream>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sim/core/drop_reason.h"
#include "sim/nat/dependent_knobs.h"
#include "sim/nat/firewall_options.h"
#include "sim/nat/knobs.h"
#include "sim/nat/nat_mix.h"
#include "sim/nat/presets.h"
#include "sim/net/link_presets.h"
#include "stack/ice/profiles.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// A field's line behind its name.
struct Field {
  std::string type;
  std::string meaning;
};

// The classes of natsim.d.lua: fields and methods, those of the parent included.
class Definitions {
 public:
  Definitions() {
    std::ifstream file(NATSIM_DEFINITIONS);
    std::string current;
    for (std::string line; std::getline(file, line);) {
      text_ += line + "\n";
      if (line.starts_with("---@class ")) {
        current = word(line, 10);
        names_[current];
        const auto colon = line.find(": ");
        if (colon != std::string::npos) {
          const std::string parent = word(line, colon + 2);
          names_[current] = names_[parent];
          fields_[current] = fields_[parent];
        }
      } else if (line.starts_with("---@field ") && line[10] != '[') {
        const std::string name = word(line, 10);
        names_[current].insert(name);
        fields_[current][name] = field(line.substr(line.find(' ', 10) + 1));
      } else if (line.starts_with("function ")) {
        const auto separator = line.find_first_of(".:");
        if (separator > line.find('(')) continue;
        names_[word(line, 9)].insert(word(line, separator + 1));
      }
    }
  }

  const Names& of(const std::string& name) { return names_[name]; }
  const std::map<std::string, Field>& fields_of(const std::string& name) { return fields_[name]; }
  // From the line that begins so to the next empty one.
  [[nodiscard]] std::string paragraph(const std::string& start) const {
    const auto from = text_.find("\n" + start);
    if (from == std::string::npos) return "no such paragraph";
    return text_.substr(from + 1, text_.find("\n\n", from + 1) - from);
  }

 private:
  static std::string word(const std::string& line, std::size_t from) {
    std::size_t to = from;
    while (to < line.size() && (std::isalnum(line[to]) != 0 || line[to] == '_')) ++to;
    return line.substr(from, to - from);
  }
  // A type ends at the first space that is not within quotes or brackets.
  static Field field(const std::string& rest) {
    std::size_t to = 0;
    bool quoted = false;
    for (int depth = 0; to < rest.size(); ++to) {
      const char c = rest[to];
      if (c == '"') quoted = !quoted;
      if (c == '[' || c == '{' || c == '(' || c == '<') ++depth;
      if (c == ']' || c == '}' || c == ')' || c == '>') --depth;
      if (c == ' ' && !quoted && depth == 0) break;
    }
    return {rest.substr(0, to), to < rest.size() ? rest.substr(to + 1) : ""};
  }

  std::string text_ = "\n";
  std::map<std::string, Names> names_;
  std::map<std::string, std::map<std::string, Field>> fields_;
};

std::string in_world(const std::string& body) {
  return R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet } })
    local host = net:home("home", { nat = "symmetric", wan = { internet } })
    local far = 1
  )" + body;
}

// The names that the program lists when it is given one that is like none of them.
Names listed_by(const std::string& body) {
  return quoted_behind("; expected ", error_of(in_world(body)));
}

// The texts of a type such as "a"|"b"; none if there is something else in it.
Names literals(const std::string& type) {
  static const std::regex choice(R"re("[^"]*"(\|"[^"]*")*)re");
  if (!std::regex_match(type, choice)) return {};
  Names names;
  for (std::size_t from = 0; from < type.size();) {
    const std::size_t to = type.find('"', from + 1);
    names.insert(type.substr(from + 1, to - from - 1));
    from = to + 2;
  }
  return names;
}

// "qqqqqqqqqqqqqqqqqqqqqqqq" is far from every name.
#define FAR "qqqqqqqqqqqqqqqqqqqqqqqq"

struct Case {
  const char* definition;
  const char* body;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.definition; }

class DefinitionsFile : public testing::TestWithParam<Case> {};

TEST_P(DefinitionsFile, NamesWhatTheProgramKnows) {
  EXPECT_EQ(Definitions().of(GetParam().definition), listed_by(GetParam().body));
}

// The body with `value` for the field, where it has the unknown key.
std::string with(const Case& one, const std::string& field, const std::string& value) {
  std::string body = one.body;
  const std::string unknown = FAR " = 1";
  const auto at = body.find(unknown);
  if (at == std::string::npos) return {};
  std::string settings(nat::missing_beside(field, {}));
  if (!settings.empty()) settings += ", ";
  return body.replace(at, unknown.size(), settings + field + " = " + value);
}

TEST_P(DefinitionsFile, ListsTheChoices) {
  Definitions definitions;
  for (const auto& [name, field] : definitions.fields_of(GetParam().definition)) {
    const Names choices = literals(field.type);
    const std::string body = with(GetParam(), name, "'" FAR "'");
    if (choices.empty() || body.empty()) continue;
    EXPECT_EQ(choices, listed_by(body)) << name;
  }
}

// Whether the program finds fault with the field itself.
bool refuses(const std::string& body, const std::string& field) {
  const std::regex refused("[. ]" + field + "(\\[[0-9]+\\])?: ");
  return std::regex_search(run_body(in_world(body)).error, refused);
}

TEST_P(DefinitionsFile, HasRangesThatHold) {
  static const std::regex range("(?:from ([0-9]+) to ([0-9]+)|at least ([0-9]+))(?:;|$)");
  Definitions definitions;
  for (const auto& [name, field] : definitions.fields_of(GetParam().definition)) {
    const auto taken = [&, &field_name = name](std::int64_t value) {
      return !refuses(with(GetParam(), field_name, std::to_string(value)), field_name);
    };
    // Of a NAT's the knobs' table tells them; see below.
    if (field.type != "integer" || GetParam().definition == std::string_view("NatOptions"))
      continue;
    if (with(GetParam(), name, "1").empty()) continue;
    std::smatch match;
    ASSERT_TRUE(std::regex_search(field.meaning, match, range)) << name << ": " << field.meaning;
    const std::int64_t low = std::stoll(match[1].matched ? match[1] : match[3]);
    EXPECT_TRUE(taken(low)) << name;
    EXPECT_FALSE(taken(low - 1)) << name;
    if (!match[2].matched) continue;
    const std::int64_t high = std::stoll(match[2]);
    EXPECT_TRUE(taken(high)) << name;
    EXPECT_FALSE(taken(high + 1)) << name;
  }
}

TEST_P(DefinitionsFile, HasDefaultsThatCanBeWritten) {
  static const std::regex literal(R"re(default ("[^"]*"|true|false|-?[0-9]+|\{[^}]*\}))re");
  Definitions definitions;
  for (const auto& [name, field] : definitions.fields_of(GetParam().definition)) {
    std::smatch match;
    if (!std::regex_search(field.meaning, match, literal)) continue;
    const std::string body = with(GetParam(), name, match[1]);
    if (body.empty()) continue;
    EXPECT_FALSE(refuses(body, name)) << name << " = " << match[1];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Options, DefinitionsFile,
    testing::Values(
        Case{"Attachment", "net:host('a', { link = { internet, " FAR " = 1 } })"},
        Case{"LinkDirection", "net:host('a', { link = { internet, up = { " FAR " = 1 } } })"},
        Case{"LinkOptions", "server.link:set({ " FAR " = 1 })"},
        Case{"HostSettings", "server:set({ " FAR " = 1 })"},
        Case{"LinkSwitching", "server.link:up(false, { " FAR " = 1 })"},
        Case{"BurstLoss", "server.link:set({ burst_loss = { " FAR " = 1 } })"},
        Case{"RateStep", "server.link:set({ rate_schedule = { { " FAR " = 1 } } })"},
        Case{"RateSchedule", "server.link:set({ rate_schedule = { " FAR " = 1 } })"},
        Case{"NatOptions", "net:home('a', { nat = { " FAR " = 1 } })"},
        Case{"FirewallOptions", "net:home('a', { nat = 'none', firewall = { " FAR " = 1 } })"},
        Case{"FirewallRule",
             "net:home('a', { nat = 'none', firewall = { outbound = { { " FAR " = 1 } } } })"},
        Case{"FirewallNodeOptions", "net:firewall('a', { " FAR " = 1 })"},
        Case{"PortMapServerOptions", "host.nat:port_mapping({ " FAR " = 1 })"},
        Case{"PortMappingOptions", "host:map_port({ " FAR " = 1 })"},
        Case{"RouterOptions", "net:router('a', { " FAR " = 1 })"},
        Case{"HostOptions", "net:host('a', { " FAR " = 1 })"},
        Case{"HomeOptions", "net:home('a', { " FAR " = 1 })"},
        Case{"CarrierOptions", "net:nat('a', { " FAR " = 1 })"},
        Case{"LanOptions", "net:home('a', { lan = { " FAR " = 1 } })"},
        Case{"StunServerOptions", "server:stun_server({ " FAR " = 1 })"},
        Case{"TurnServerOptions", "server:turn_server({ " FAR " = 1 })"},
        Case{"LocalOptions", "server:udp({ " FAR " = 1 })"},
        Case{"PingOptions", "server:ping(host, { " FAR " = 1 })"},
        Case{"SourceOptions", "server:udp_source({ " FAR " = 1 })"},
        Case{"TcpOptions", "host:tcp_connect('192.0.2.1:80', { " FAR " = 1 })"},
        Case{"TcpListenOptions", "host:tcp_listen({ " FAR " = 1 })"},
        Case{"TcpSourceOptions", "host:tcp_source({ " FAR " = 1 })"},
        Case{"StunRequestOptions", "host:stun_request('192.0.2.1:3478', { " FAR " = 1 })"},
        Case{"DnsServerOptions", "server:dns_server({ " FAR " = 1 })"},
        Case{"ResolveOptions", "host:resolve('192.0.2.1:53', 'a', { " FAR " = 1 })"},
        Case{"ProbeOptions", "host:probe('192.0.2.1:3478', { " FAR " = 1 })"},
        Case{"DropOptions", "drop({ " FAR " = 1 })"},
        Case{"DelayOptions", "delay({ " FAR " = 1 })"},
        Case{"DuplicateOptions", "duplicate({ " FAR " = 1 })"},
        Case{"CorruptOptions", "corrupt({ " FAR " = 1 })"},
        Case{"HoldOptions", "hold({ " FAR " = 1 })"},
        Case{"PartitionOptions", "net:partition({ " FAR " = 1 })"},
        Case{"CallOptions", "net:call(host, server, { " FAR " = 1 })"},
        Case{"PeerOptions", "net:call(host, server, { caller = { " FAR " = 1 } })"},
        Case{"SignallingOptions", "net:call(host, server, { signalling = { " FAR " = 1 } })"},
        Case{"SignallingUse",
             "net:call(host, server, { signalling = { server = '192.0.2.1:80', " FAR " = 1 } })"},
        Case{"SignallingServerOptions", "server:signalling_server({ " FAR " = 1 })"},
        Case{"TlsServerOptions", "server:signalling_server({ tls = { " FAR " = 1 } })"},
        Case{"TlsClientOptions",
             "host:signalling_client('192.0.2.1:80', { room = 'r', tls = { " FAR " = 1 } })"},
        Case{"SignallingClientOptions",
             "host:signalling_client('192.0.2.1:80', { room = 'r', " FAR " = 1 })"},
        Case{"IceServers", "net:call(host, server, { ice_servers = { " FAR " = 1 } })"},
        Case{"TurnServerUse",
             "net:call(host, server, { ice_servers = { turn = { server, " FAR " = 1 } } })"}));

INSTANTIATE_TEST_SUITE_P(
    Objects, DefinitionsFile,
    testing::Values(Case{"Net", "far = net." FAR}, Case{"Router", "far = internet." FAR},
                    Case{"Host", "far = host." FAR}, Case{"Nat", "far = host.nat." FAR},
                    Case{"DnsServer", "far = server:dns_server({})." FAR},
                    Case{"SignallingServer", "far = server:signalling_server()." FAR},
                    Case{"SignallingClient",
                         "far = host:signalling_client('192.0.2.1:80', { room = 'r' })." FAR},
                    Case{"Clat",
                         "far = net:home('c', { nat = 'none', clat = true, "
                         "wan = { internet } }).clat." FAR},
                    Case{"B4",
                         "far = net:home('b', { nat = 'none', b4 = '2001:db8::9', "
                         "wan = { internet } }).b4." FAR},
                    Case{"PortMapServer", "far = host.nat:port_mapping()." FAR},
                    Case{"PortMapping", "far = host:map_port({ port = 1 })." FAR},
                    Case{"Firewall",
                         "far = net:firewall('f', { firewall = 'rfc6092', wan = { "
                         "internet } })." FAR},
                    Case{"Interface", "far = host.interfaces[1]." FAR},
                    Case{"Link", "far = host.link." FAR},
                    Case{"StunServer", "far = server:stun_server()." FAR},
                    Case{"TurnServer", "far = server:turn_server({ users = { a = 'b' } })." FAR},
                    Case{"Echo", "far = server:echo()." FAR},
                    Case{"Socket", "far = host:udp()." FAR},
                    Case{"RawSocket", "far = server:raw()." FAR},
                    Case{"Source", "far = host:udp_source({ to = '192.0.2.1:9' })." FAR},
                    Case{"TcpListener", "far = host:tcp_listen(80)." FAR},
                    Case{"TcpSocket", "far = host:tcp_connect('192.0.2.1:80')." FAR},
                    Case{"TcpService", "far = host:tcp_echo(7)." FAR},
                    Case{"TcpSource", "far = host:tcp_source({ to = '192.0.2.1:9' })." FAR},
                    Case{"Fault", "far = drop({ host = host })." FAR},
                    Case{"Hold", "far = hold({ host = host })." FAR},
                    Case{"Partition", "far = net:partition({ host, server })." FAR},
                    Case{"Call", "far = net:call(host, server)." FAR},
                    Case{"Peer", "far = net:call(host, server).caller." FAR},
                    Case{"Expectation", "far = expect(1)." FAR},
                    Case{"Duration", "far = duration('1s')." FAR}));

// A knob's type and range as the definition file writes them, and a value that knobs.h prints.
struct KnobText {
  const nat::Knob& knob;

  [[nodiscard]] std::string type() const { return std::visit(Type{}, knob.kind); }
  [[nodiscard]] std::string range() const { return std::visit(Range{}, knob.kind); }
  [[nodiscard]] std::string initial() const {
    return std::visit(Literal{nat::value_text(knob, {})}, knob.kind);
  }

 private:
  struct Type {
    std::string operator()(const nat::ChoiceKnob& choice) const {
      std::string text;
      for (const auto name : {choice.name, choice.long_name}) {
        for (std::size_t i = 0; i < choice.size; ++i) {
          if (name(i).empty()) continue;
          text += fmt::format("{}\"{}\"", text.empty() ? "" : "|", name(i));
        }
      }
      return text;
    }
    std::string operator()(const nat::FlagKnob&) const { return "boolean"; }
    std::string operator()(const nat::CountKnob&) const { return "integer"; }
    std::string operator()(const nat::DurationKnob&) const { return "AnyDuration"; }
    std::string operator()(const nat::PortRangeKnob&) const { return "[integer, integer]"; }
    std::string operator()(const nat::PrefixKnob&) const { return "string"; }
    std::string operator()(const nat::PortTimeoutsKnob&) const {
      return "[integer, AnyDuration][]";
    }
  };
  struct Range {
    std::string operator()(const nat::CountKnob& count) const {
      if (count.high == UINT32_MAX) return {};
      return fmt::format("; from {} to {}", count.low, count.high);
    }
    std::string operator()(const nat::DurationKnob& duration) const {
      return duration.may_be_zero ? "" : "; more than 0s";
    }
    std::string operator()(const nat::PortRangeKnob&) const { return "; from 1 to 65535"; }
    std::string operator()(const nat::PortTimeoutsKnob&) const {
      return fmt::format("; at most {} rows", nat::max_port_timeouts);
    }
    std::string operator()(const auto&) const { return {}; }
  };
  struct Literal {
    std::string printed;

    std::string operator()(const nat::FlagKnob&) const {
      return printed == "yes" ? "true" : "false";
    }
    std::string operator()(const nat::CountKnob&) const { return printed; }
    std::string operator()(const nat::PortRangeKnob&) const {
      const auto dash = printed.find('-');
      return fmt::format("{{ {}, {} }}", printed.substr(0, dash), printed.substr(dash + 1));
    }
    std::string operator()(const nat::PortTimeoutsKnob&) const {
      EXPECT_EQ(printed, "none");
      return "{}";
    }
    std::string operator()(const auto&) const { return "\"" + printed + "\""; }
  };
};

TEST(DefinitionsFile, TellsOfEachKnobWhatItsTableSays) {
  std::string expected =
      "---@class NatOptions\n"
      "---@field preset? NatPreset|string the options to begin with\n";
  for (const nat::Knob& knob : nat::knobs()) {
    const KnobText text{knob};
    expected += fmt::format("---@field {}? {} {}{}; default {}", knob.name, text.type(),
                            knob.meaning, text.range(), text.initial());
    if (!knob.source.empty()) expected += fmt::format(" ({})", knob.source);
    expected += "\n";
  }
  EXPECT_EQ(Definitions().paragraph("---@class NatOptions"), expected);
}

std::string alias(const std::string& name, const std::vector<std::string_view>& names) {
  std::string text = "---@alias " + name + " ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += fmt::format("{}\"{}\"", i == 0 ? "" : "|", names[i]);
  }
  return text + "\n";
}

TEST(DefinitionsFile, ListsThePresets) {
  const Definitions definitions;
  std::vector<std::string_view> nats;
  for (const nat::Preset* const preset : nat::presets()) {
    nats.push_back(preset->name);
    if (!preset->alias.empty()) nats.push_back(preset->alias);
  }
  EXPECT_EQ(definitions.paragraph("---@alias NatPreset "), alias("NatPreset", nats));
  std::vector<std::string_view> firewalls;
  for (const nat::FirewallPreset& preset : nat::firewall_presets()) {
    firewalls.push_back(preset.name);
  }
  EXPECT_EQ(definitions.paragraph("---@alias FirewallPreset "), alias("FirewallPreset", firewalls));
  std::vector<std::string_view> links;
  for (const net::LinkPreset& preset : net::link_presets()) links.push_back(preset.name);
  EXPECT_EQ(definitions.paragraph("---@alias LinkPreset "), alias("LinkPreset", links));

  std::vector<std::string_view> clients;
  for (const ice::Profile& profile : ice::profiles()) clients.push_back(profile.name);
  EXPECT_EQ(definitions.paragraph("---@alias IceProfile "), alias("IceProfile", clients));
  std::vector<std::string_view> mixes;
  for (const nat::NatMix& mix : nat::nat_mixes()) mixes.push_back(mix.name);
  // Followed by what draws from it.
  const std::string mix = definitions.paragraph("---@alias NatMix ");
  EXPECT_EQ(mix.substr(0, mix.find('\n') + 1), alias("NatMix", mixes));
}

TEST(DefinitionsFile, ListsTheDropReasons) {
  std::vector<std::string_view> reasons;
  for (std::size_t i = 1; i < core::drop_reason_count; ++i) {
    reasons.push_back(name(static_cast<core::DropReason>(i)));
  }
  const std::string listed = Definitions().paragraph("---@alias DropReason ");
  EXPECT_EQ(listed.substr(0, listed.find('\n') + 1), alias("DropReason", reasons));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
