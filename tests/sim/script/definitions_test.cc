// The definition file for editors says what the program says: the same keys, fields and methods.
#include "script_test.h"

#include <cctype>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace natsim::script {
namespace {

using Names = std::set<std::string>;

// The classes of natsim.d.lua: fields and methods, those of the parent included.
class Definitions {
 public:
  Definitions() {
    std::ifstream file(NATSIM_DEFINITIONS);
    std::string current;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("---@class ")) {
        current = word(line, 10);
        names_[current];
        const auto colon = line.find(": ");
        if (colon != std::string::npos) names_[current] = names_[word(line, colon + 2)];
      } else if (line.starts_with("---@field ") && line[10] != '[') {
        names_[current].insert(word(line, 10));
      } else if (line.starts_with("function ")) {
        const auto separator = line.find_first_of(".:");
        if (separator > line.find('(')) continue;
        names_[word(line, 9)].insert(word(line, separator + 1));
      }
    }
  }

  const Names& of(const std::string& name) { return names_[name]; }

 private:
  static std::string word(const std::string& line, std::size_t from) {
    std::size_t to = from;
    while (to < line.size() && (std::isalnum(line[to]) != 0 || line[to] == '_')) ++to;
    return line.substr(from, to - from);
  }

  std::map<std::string, Names> names_;
};

// The names that the program lists when it is given one that is like none of them.
Names listed_by(const std::string& body) {
  const std::string error = error_of(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet } })
    local host = net:home("home", { nat = "symmetric", wan = { internet } })
    local far = 1
  )" + body);
  Names names;
  const auto list = error.find("; expected ");
  EXPECT_NE(list, std::string::npos) << error;
  std::size_t from = list;
  while ((from = error.find('\'', from + 1)) != std::string::npos) {
    const std::size_t to = error.find('\'', from + 1);
    names.insert(error.substr(from + 1, to - from - 1));
    from = to;
  }
  return names;
}

struct Case {
  const char* definition;
  const char* body;
};

class DefinitionsFile : public testing::TestWithParam<Case> {};

TEST_P(DefinitionsFile, NamesWhatTheProgramKnows) {
  EXPECT_EQ(Definitions().of(GetParam().definition), listed_by(GetParam().body));
}

// "qqqqqqqqqqqqqqqqqqqqqqqq" is far from every name.
#define FAR "qqqqqqqqqqqqqqqqqqqqqqqq"

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
        Case{"SourceOptions", "server:udp_source({ " FAR " = 1 })"},
        Case{"TcpOptions", "host:tcp_connect('192.0.2.1:80', { " FAR " = 1 })"},
        Case{"TcpListenOptions", "host:tcp_listen({ " FAR " = 1 })"},
        Case{"TcpSourceOptions", "host:tcp_source({ " FAR " = 1 })"},
        Case{"StunRequestOptions", "host:stun_request('192.0.2.1:3478', { " FAR " = 1 })"},
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
        Case{"IceServers", "net:call(host, server, { ice_servers = { " FAR " = 1 } })"},
        Case{"TurnServerUse",
             "net:call(host, server, { ice_servers = { turn = { server, " FAR " = 1 } } })"}));

INSTANTIATE_TEST_SUITE_P(
    Objects, DefinitionsFile,
    testing::Values(Case{"Net", "far = net." FAR}, Case{"Router", "far = internet." FAR},
                    Case{"Host", "far = host." FAR}, Case{"Nat", "far = host.nat." FAR},
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

}  // namespace
}  // namespace natsim::script
