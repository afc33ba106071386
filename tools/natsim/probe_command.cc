// natsim probe: the NAT in front of this machine, and a preset of it.
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stack/base/units.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/interruption.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"
#include "tools/probe/preset_text.h"
#include "tools/probe/prober.h"

namespace natsim::cli {
namespace {

constexpr const char* default_stun_port = "3478";

struct ProbeArguments {
  std::string server;
  std::string bind;
  std::string preset;
  probe::ProbeOptions options;
  bool json = false;
};

// Adds a duration that has to be positive.
void add_duration(CLI::App& command, const char* name, Duration& into, const char* what) {
  command
      .add_option_function<std::string>(
          name,
          [&into, name](const std::string& text) {
            const auto span = parse_duration(text);
            if (!span || span.value() <= Duration{}) {
              throw CLI::ValidationError(name, span ? "expected more than nothing" : span.error());
            }
            into = span.value();
          },
          what)
      ->type_name("DURATION")
      ->default_str(to_string(into));
}

// "host", "host:port" or an address with a port; names are looked up.
Result<Endpoint> find_server(const std::string& text) {
  if (const auto endpoint = Endpoint::parse(text)) return *endpoint;
  if (const auto address = IpAddress::parse(text)) return Endpoint{*address, 3478};
  const std::size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  const std::string port = colon == std::string::npos ? default_stun_port : text.substr(colon + 1);
  boost::asio::io_context io;
  boost::asio::ip::udp::resolver resolver(io);
  boost::system::error_code error;
  const auto found = resolver.resolve(host, port, error);
  if (error || found.empty()) {
    return Error{
        fmt::format("--server {}: expected a STUN server's name or address, with a port "
                    "unless it is 3478{}",
                    text, error ? ": " + error.message() : "")};
  }
  const auto first = found.begin()->endpoint();
  return Endpoint{*IpAddress::parse(first.address().to_string()), first.port()};
}

std::string text_of(const stun::BindingLifetime& lifetime, bool tried) {
  if (lifetime.alive_after && lifetime.expired_after) {
    return fmt::format("alive after {}, gone after {}", to_string(*lifetime.alive_after),
                       to_string(*lifetime.expired_after));
  }
  if (lifetime.alive_after) return fmt::format("over {}", to_string(*lifetime.alive_after));
  if (lifetime.expired_after) return fmt::format("under {}", to_string(*lifetime.expired_after));
  return tried ? "cannot tell: no answer, or the server does not know RESPONSE-PORT"
               : "not measured";
}

nlohmann::ordered_json json_of(const stun::BindingLifetime& lifetime) {
  nlohmann::ordered_json object = {{"alive_after", nullptr}, {"expired_after", nullptr}};
  if (lifetime.alive_after) object["alive_after"] = lifetime.alive_after->to_seconds();
  if (lifetime.expired_after) object["expired_after"] = lifetime.expired_after->to_seconds();
  return object;
}

std::string samples_of(const probe::Findings& findings) {
  std::string text;
  for (const probe::PortSample& each : findings.samples) {
    text += fmt::format("{}{}→{}", text.empty() ? "" : ", ", each.internal, each.external);
  }
  return text;
}

nlohmann::ordered_json json_of(const probe::Findings& findings) {
  const stun::BehaviourReport& behaviour = findings.behaviour;
  nlohmann::ordered_json samples = nlohmann::ordered_json::array();
  for (const probe::PortSample& each : findings.samples) {
    samples.push_back({each.internal, each.external});
  }
  nlohmann::ordered_json object = {{"local", to_string(findings.local)},
                                   {"udp_blocked", behaviour.udp_blocked},
                                   {"mapped", nullptr},
                                   {"mapping", to_string(behaviour.mapping)},
                                   {"filtering", to_string(behaviour.filtering)},
                                   {"hairpin", to_string(behaviour.hairpin)},
                                   {"ports", to_string(findings.ports)},
                                   {"samples", std::move(samples)},
                                   {"payload_rewritten", behaviour.payload_rewritten},
                                   {"timeout", json_of(findings.idle)},
                                   {"timeout_once_used", json_of(findings.stream)}};
  if (behaviour.mapped) object["mapped"] = to_string(*behaviour.mapped);
  return object;
}

void print(const probe::Findings& findings, const ProbeArguments& arguments) {
  const stun::BehaviourReport& behaviour = findings.behaviour;
  const auto line = [](std::string_view what, std::string_view text) {
    std::cout << fmt::format("{:<18}{}\n", what, text);
  };
  line("from", fmt::format("{}, by {}", to_string(findings.local), arguments.server));
  if (behaviour.udp_blocked) {
    return line("UDP", "no answer: it is blocked, or there is no STUN server");
  }
  if (behaviour.mapped) line("seen as", to_string(*behaviour.mapped));
  const bool cannot_tell = behaviour.mapping == stun::MappingBehaviour::cannot_tell;
  line("mapping",
       to_string(behaviour.mapping) +
           (cannot_tell ? ": the server has no second address that answers (RFC 5780)" : ""));
  line("filtering", to_string(behaviour.filtering));
  line("ports", fmt::format("{} ({})", to_string(findings.ports), samples_of(findings)));
  line("hairpinning", to_string(behaviour.hairpin));
  if (behaviour.payload_rewritten) line("payloads", "addresses in them are changed");
  if (behaviour.mapping == stun::MappingBehaviour::no_translation) return;
  line("timeout", text_of(findings.idle, arguments.options.lifetime));
  line("  once used", text_of(findings.stream, arguments.options.lifetime));
}

int run_probe(ProbeArguments& arguments) {
  const auto server = find_server(arguments.server);
  if (!server) return usage_error(server.error());
  arguments.options.server = server.value();
  if (!arguments.bind.empty()) {
    arguments.options.bind = IpAddress::parse(arguments.bind);
    if (arguments.options.bind &&
        arguments.options.bind->family() != server.value().address.family()) {
      return usage_error(fmt::format("--bind {}: the server's address, {}, is of the other family",
                                     arguments.bind, to_string(server.value().address)));
    }
    if (!arguments.options.bind) {
      return usage_error(
          fmt::format("--bind {}: expected an address of this machine", arguments.bind));
    }
  }
  // What is there already stays until there is something in its place.
  if (!arguments.preset.empty() && !std::ofstream(arguments.preset, std::ios::app)) {
    return usage_error(fmt::format("--preset {}: cannot be written", arguments.preset));
  }
  Interruption interruption;
  const bool shown = progress_welcome();
  const auto begun = std::chrono::steady_clock::now();
  const auto found = probe::find_out(
      arguments.options,
      [&](const std::string& what) {
        if (!shown) return;
        const auto so_far = std::chrono::duration_cast<std::chrono::seconds>(
            std::chrono::steady_clock::now() - begun);
        std::cerr << fmt::format("\r\x1b[K{} s: {}", so_far.count(), what) << std::flush;
      },
      [&] { return interruption.pending(); });
  if (shown) std::cerr << "\r\x1b[K" << std::flush;
  if (!found) return usage_error(found.error());
  if (arguments.json) {
    std::cout << json_of(found.value()).dump() << std::endl;
  } else {
    print(found.value(), arguments);
  }
  if (interruption.pending()) {
    std::cerr << "natsim: interrupted: what was not reached yet reads as what cannot be told\n";
    return exit_interrupted;
  }
  const stun::BehaviourReport& behaviour = found.value().behaviour;
  if (behaviour.udp_blocked) return exit_failed;
  if (arguments.preset.empty()) return exit_passed;
  if (behaviour.mapping == stun::MappingBehaviour::no_translation) {
    std::cerr << "natsim: nothing translates here, so that there is no preset to write\n";
    return exit_failed;
  }
  std::ofstream preset(arguments.preset);
  preset << probe::preset_text(found.value(), arguments.server,
                               fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))));
  if (!preset.flush()) {
    return usage_error(fmt::format("--preset {}: could not be written", arguments.preset));
  }
  std::cerr << fmt::format("natsim: wrote {}\n", arguments.preset);
  return exit_passed;
}

}  // namespace

Command add_probe(CLI::App& app) {
  auto arguments = std::make_shared<ProbeArguments>();
  CLI::App* const command = app.add_subcommand(
      "probe", "Find out how the NAT in front of this machine behaves, and write a preset of it");
  command
      ->add_option("--server", arguments->server,
                   "STUN server with behaviour discovery (RFC 5780): host or host:port")
      ->required();
  command->add_option("--bind", arguments->bind, "address of this machine to send from");
  command->add_option("--preset", arguments->preset,
                      "Lua file to write, for scenarios and for natsim matrix --nat");
  command->add_flag("!--no-lifetime", arguments->options.lifetime,
                    "leave out the timeouts, which take minutes");
  add_duration(*command, "--longest-lifetime", arguments->options.longest_lifetime,
               "the longest timeout that is tried");
  add_duration(*command, "--lifetime-resolution", arguments->options.lifetime_resolution,
               "how exactly timeouts are to be known");
  command->add_flag("--json", arguments->json, "print one JSON object; durations are in seconds");
  command->footer(fmt::format(
      "Timeouts are sought by several bindings at once: it takes little more than twice the longer "
      "of\nthem, and --longest-lifetime at most twice.\n\n"
      "Exit codes: 0 done, 1 UDP is blocked, or there is no NAT to write a preset of, 2 usage "
      "error,\n130 interrupted; what was known by then is shown.\n\n"
      "Examples:\n"
      "  {0} probe --server 192.0.2.1:3478 --preset office_nat.lua\n"
      "  {0} probe --server stun.example.org --no-lifetime --json",
      app.get_name()));
  return [arguments] { return run_probe(*arguments); };
}

}  // namespace natsim::cli
