// natsim serve: the STUN and the TURN server of the simulator on real sockets.
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stack/base/words.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/selection.h"
#include "tools/serve/services.h"

namespace natsim::cli {
namespace {

constexpr const char* default_realm = "natsim";
constexpr const char* default_ports = "49152..65535";

struct ServeArguments {
  std::string kind;
  std::string listen = "127.0.0.1:3478";
  std::string alternate;
  std::vector<std::string> users;
  std::string secret;
  std::optional<std::string> realm;
  std::vector<std::string> relays;
  std::optional<std::string> ports;
  bool tcp = false;
  std::optional<std::uint16_t> tls_port;
  bool allow_loopback = false;
  bool json = false;
};

Result<Endpoint> endpoint_of(const std::string& option, const std::string& text) {
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint || endpoint->port == 0 || endpoint->address.is_any()) {
    return Error{
        fmt::format("{} {}: expected an address of this machine and a port, such as 192.0.2.1:3478",
                    option, text)};
  }
  return *endpoint;
}

// One line, or one object, of what has happened.
void say(bool json, std::string_view event, std::string_view text) {
  if (json) {
    std::cout << nlohmann::ordered_json({{"event", event}, {"text", text}}).dump() << std::endl;
  } else {
    std::cout << text << std::endl;
  }
}

// Until a signal ends it; `text` says where it listens.
template <typename Service>
int run(boost::asio::io_context& context, Service& service, bool json, std::string_view text) {
  if (const auto error = service.start()) return usage_error(error->message);
  say(json, "listening", text);
  boost::asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const auto&, int) { context.stop(); });
  context.run();
  return exit_passed;
}

int serve_stun(const ServeArguments& arguments) {
  if (!arguments.users.empty() || !arguments.secret.empty() || !arguments.relays.empty() ||
      arguments.realm || arguments.ports || arguments.tcp || arguments.tls_port ||
      arguments.allow_loopback) {
    return usage_error(
        "serve stun: --user, --secret, --realm, --relay, --ports, --tcp, --tls-port and "
        "--allow-loopback-peers are for `serve turn`");
  }
  const auto listen = endpoint_of("--listen", arguments.listen);
  if (!listen) return usage_error(listen.error());
  stun::BindingServer::Options options{.primary = listen.value(), .software = "natsim"};
  if (!arguments.alternate.empty()) {
    const auto alternate = endpoint_of("--alternate", arguments.alternate);
    if (!alternate) return usage_error(alternate.error());
    options.alternate = alternate.value();
  }
  boost::asio::io_context context;
  serve::StunService service(context, options);
  const int code = run(
      context, service, arguments.json,
      fmt::format("STUN at {} over UDP{}", arguments.listen,
                  options.alternate ? ", behaviour discovery with " + arguments.alternate : ""));
  const auto& counters = service.counters();
  if (code == exit_passed) {
    say(arguments.json, "ended",
        fmt::format("{} requests answered, {} refused, {} datagrams passed over", counters.answered,
                    counters.refused, counters.ignored));
  }
  return code;
}

// The rest of what a TURN server is told.
Result<serve::TurnServiceOptions> turn_options(const ServeArguments& arguments) {
  serve::TurnServiceOptions options;
  turn::ServerOptions& turn = options.turn;
  const auto listen = endpoint_of("--listen", arguments.listen);
  if (!listen) return Error{listen.error()};
  turn.listening = {listen.value()};
  turn.realm = arguments.realm.value_or(default_realm);
  turn.software = "natsim";
  // Clients in the field have either range.
  turn.highest_channel = turn::last_legacy_channel;
  for (const std::string& user : arguments.users) {
    const std::size_t colon = user.find(':');
    if (colon == 0 || colon == std::string::npos || colon + 1 == user.size()) {
      return Error{fmt::format("--user {}: expected name:password", user)};
    }
    turn.users.push_back({user.substr(0, colon), user.substr(colon + 1)});
  }
  if (!arguments.secret.empty()) turn.shared_secret = arguments.secret;
  if (turn.users.empty() && !turn.shared_secret) {
    return Error{"serve turn: expected --user name:password or --secret"};
  }
  for (const std::string& text : arguments.relays) {
    const auto address = IpAddress::parse(text);
    if (!address || address->is_any()) {
      return Error{fmt::format("--relay {}: expected an address of this machine", text)};
    }
    turn.relay_addresses.push_back(*address);
  }
  if (turn.relay_addresses.empty()) turn.relay_addresses = {listen.value().address};
  const std::string ports = arguments.ports.value_or(default_ports);
  const std::size_t dots = ports.find("..");
  const auto port = [](std::string_view text) {
    return parse_number<std::uint16_t>(text, 1, 65'535);
  };
  const auto first = port(std::string_view(ports).substr(0, dots));
  const auto last =
      dots == std::string::npos ? std::nullopt : port(std::string_view(ports).substr(dots + 2));
  if (!first || !last || *first > *last) {
    return Error{fmt::format("--ports {}: expected a range such as 49152..65535", ports)};
  }
  turn.first_relay_port = *first;
  turn.last_relay_port = *last;
  if (arguments.allow_loopback) {
    std::erase_if(turn.denied_peers, [](const Prefix& denied) {
      return denied.contains(IpAddress::v4(127, 0, 0, 1)) || denied.contains(IpAddress::v6(0, 1));
    });
  }
  options.tcp = arguments.tcp;
  if (arguments.tcp) turn.stream_listening.push_back(listen.value());
  if (arguments.tls_port) {
    turn.stream_listening.push_back({listen.value().address, *arguments.tls_port});
  }
  options.tls_port = arguments.tls_port;
  return options;
}

int serve_turn(const ServeArguments& arguments) {
  if (!arguments.alternate.empty()) {
    return usage_error("serve turn: --alternate is for `serve stun`");
  }
  auto options = turn_options(arguments);
  if (!options) return usage_error(options.error());
  std::random_device device;
  const Random random(std::uint64_t{device()} << 32 | device());
  std::string text = fmt::format("TURN at {} over UDP", arguments.listen);
  if (arguments.tcp) text += " and TCP";
  if (arguments.tls_port) {
    options.value().tls =
        tls::ServerOptions{.certificate = dtls::Certificate::generate(random.split("certificate")),
                           .alpn = {"stun.turn", "stun.nat-discovery"}};
    text += fmt::format(", over TLS on port {} by a certificate with the fingerprint {}",
                        *arguments.tls_port,
                        sdp::to_string(*options.value().tls->certificate.fingerprint("sha-256")));
  }
  boost::asio::io_context context;
  serve::TurnService service(
      context, std::move(options.value()), random.split("turn"),
      [&](const turn::ServerEvent& event) {
        if (std::holds_alternative<turn::PacketDropped>(event)) return;
        say(arguments.json, "turn", turn::to_string(event));
      },
      [&](const Error& error) {
        say(arguments.json, "relay_refused", "nothing will arrive at the relay " + error.message);
      });
  return run(context, service, arguments.json, text);
}

int run_serve(const ServeArguments& arguments) {
  try {
    return arguments.kind == "stun" ? serve_stun(arguments) : serve_turn(arguments);
  } catch (const std::invalid_argument& contradiction) {
    return usage_error(contradiction.what());
  }
}

}  // namespace

Command add_serve(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* const command =
      app.add_subcommand("serve", "Run the STUN or the TURN server on real sockets");
  command->add_option("KIND", arguments->kind, "stun or turn")
      ->required()
      ->check(CLI::IsMember({"stun", "turn"}));
  command->add_option("--listen", arguments->listen, "address and port that clients know")
      ->capture_default_str();
  command->add_option("--alternate", arguments->alternate,
                      "stun: another address and port, for behaviour discovery (RFC 5780)");
  command->add_option("--user", arguments->users, "turn: name:password; may be given again")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command->add_option("--secret", arguments->secret,
                      "turn: shared with who hands out credentials that expire (TURN REST)");
  command->add_option("--realm", arguments->realm, "turn: of the credentials")
      ->default_str(default_realm);
  command
      ->add_option("--relay", arguments->relays,
                   "turn: address that relays are on; may be given again; default that of --listen")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command->add_option("--ports", arguments->ports, "turn: of the relays")
      ->default_str(default_ports);
  command->add_flag("--tcp", arguments->tcp, "turn: also over TCP, on the port of --listen");
  command
      ->add_option("--tls-port", arguments->tls_port,
                   "turn: also over TLS, by a certificate made at the start")
      ->check(CLI::Range(1, 65'535));
  command->add_flag("--allow-loopback-peers", arguments->allow_loopback,
                    "turn: relay to 127.0.0.0/8 and ::1, which is denied otherwise");
  command->add_flag("--json", arguments->json, "print one JSON object a line instead of text");
  command->footer(
      fmt::format("It is a server to test with: its randomness comes from 64 bits of the "
                  "system's.\n\nExit codes: 0 ended by SIGINT or SIGTERM, 2 usage error, or an "
                  "address that cannot be had.\n\n"
                  "Examples:\n"
                  "  {0} serve stun --listen 127.0.0.1:34780 --alternate 127.0.0.2:34781\n"
                  "  {0} serve turn --listen 127.0.0.1:34780 --user alice:secret --tcp",
                  app.get_name()));
  return [arguments] { return run_serve(*arguments); };
}

}  // namespace natsim::cli
