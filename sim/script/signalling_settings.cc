#include "sim/script/signalling_settings.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "sim/agents/signalling_server.h"
#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/signalling_object.h"
#include "sim/script/tls_settings.h"
#include "stack/stun/utf8.h"

namespace natsim::script {
namespace {

using agents::SignallingClientOptions;
using ServerSettings = SignallingServerSettings;

constexpr std::size_t longest_name = 64;  // bytes; the server takes no longer ones

std::string read_path(const Value& value) {
  std::string path = value.text();
  const bool plain =
      std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!path.starts_with('/') || !plain) value.refuse("a path such as \"/rooms\"");
  return path;
}

std::string read_name(const Value& value) {
  std::string name = value.text();
  if (name.empty() || name.size() > longest_name || !stun::utf8_length(name)) {
    value.refuse("a text of 1 to 64 bytes in UTF-8");
  }
  return name;
}

template <auto member>
void read_server_socket(const Value& value, ServerSettings& settings) {
  settings.server.websocket.*member = value.positive_duration();
}
template <auto member>
void read_client_socket(const Value& value, SignallingClientOptions& options) {
  options.client.websocket.*member = value.positive_duration();
}
template <auto member>
void read_client_duration(const Value& value, SignallingClientOptions& options) {
  options.client.*member = value.positive_duration();
}

using signalling::ClientOptions;
using signalling::WebSocketOptions;

constexpr std::array<Key<ServerSettings>, 9> signalling_server_keys = {{
    {"ip", [](const Value& value,
              ServerSettings& settings) { settings.binding.local.address = value.address(); }},
    {"port", [](const Value& value,
                ServerSettings& settings) { settings.binding.local.port = value.port(); }},
    {"path", [](const Value& value,
                ServerSettings& settings) { settings.server.websocket.path = read_path(value); }},
    {"resume_window",
     [](const Value& value, ServerSettings& settings) {
       settings.server.resume_window = value.positive_duration();
     }},
    {"max_members",
     [](const Value& value, ServerSettings& settings) {
       settings.server.max_members = value.number<std::size_t>(1, 1'000'000);
     }},
    {"max_undelivered",
     [](const Value& value, ServerSettings& settings) {
       settings.server.max_undelivered = value.number<std::size_t>(1, 1'000'000);
     }},
    {"ping_interval", read_server_socket<&WebSocketOptions::ping_interval>},
    {"pong_timeout", read_server_socket<&WebSocketOptions::pong_timeout>},
    // Read once all others are right: it makes a certificate, for the host.
    {"tls", [](const Value& /*value*/, ServerSettings& /*settings*/) {}},
}};

constexpr std::array<Key<SignallingClientOptions>, 7> behaviour_keys = {{
    {"path",
     [](const Value& value, SignallingClientOptions& options) {
       options.client.websocket.path = read_path(value);
     }},
    {"ping_interval", read_client_socket<&WebSocketOptions::ping_interval>},
    {"pong_timeout", read_client_socket<&WebSocketOptions::pong_timeout>},
    {"reconnect_min", read_client_duration<&ClientOptions::reconnect_min>},
    {"reconnect_max", read_client_duration<&ClientOptions::reconnect_max>},
    {"connect_timeout", read_client_duration<&ClientOptions::connect_timeout>},
    {"tls",
     [](const Value& value, SignallingClientOptions& options) {
       read_tls_client(value, to_string(options.server.address), options.tls);
     }},
}};

// The behaviour's keys behind those in `own`.
template <std::size_t N>
constexpr auto with_behaviour(const std::array<Key<SignallingClientOptions>, N>& own) {
  std::array<Key<SignallingClientOptions>, N + behaviour_keys.size()> all{};
  std::copy(behaviour_keys.begin(), behaviour_keys.end(),
            std::copy(own.begin(), own.end(), all.begin()));
  return all;
}

constexpr auto signalling_use_keys = with_behaviour<1>({{
    {"server",
     [](const Value& value, SignallingClientOptions& options) {
       auto target = read_signalling_target(value);
       options.server = target.server;
       options.tls = std::move(target.tls);
     }},
}});
constexpr auto signalling_client_keys = with_behaviour<2>({{
    {"room", [](const Value& value,
                SignallingClientOptions& options) { options.client.room = read_name(value); }},
    {"name", [](const Value& value,
                SignallingClientOptions& options) { options.client.name = read_name(value); }},
}});

void check(const Value& value, const ClientOptions& options) {
  if (options.reconnect_min > options.reconnect_max) {
    value.complain(fmt::format("reconnect_min ({}) is at most reconnect_max ({})",
                               to_string(options.reconnect_min), to_string(options.reconnect_max)));
  }
}

}  // namespace

SignallingServerSettings read_signalling_server(const Value& value, const net::Host& host) {
  ServerSettings settings;
  // As servers of small messages set TCP_NODELAY.
  settings.binding = {.local = {host.interfaces().front()->addresses().front(), 0},
                      .options = {.nagle = false}};
  if (value.present()) {
    read_options(value, signalling_server_keys, settings);
    const StackMark mark(value.lua());
    if (const Value tls = value.field("tls"); tls.present()) {
      settings.tls = read_tls_server(tls, host);
    }
  }
  if (settings.binding.local.port == 0) {
    settings.binding.local.port =
        settings.tls ? agents::default_signalling_tls_port : agents::default_signalling_port;
  }
  return settings;
}

SignallingClientOptions read_signalling_target(const Value& value) {
  SignallingClientOptions options;
  const auto use = [&](const SignallingServerObject& server) {
    options.server = server.endpoint();
    if (server.uses_tls()) {
      options.tls = default_tls_client(value, std::string(server.host().label()));
    }
    return options;
  };
  const Scripted* const object = to_scripted(value.lua(), value.index());
  if (const auto* const server = dynamic_cast<const SignallingServerObject*>(object)) {
    return use(*server);
  }
  const bool is_endpoint = value.is_table() || (value.is_text() && Endpoint::parse(value.text())) ||
                           dynamic_cast<const Reachable*>(object) != nullptr;
  if (is_endpoint) {
    options.server = read_endpoint(value);
    return options;
  }
  const auto& host = Run::of(value.lua()).net().names().at<HostObject>(value);
  if (host.signalling() != nullptr) return use(*host.signalling());
  value.complain(fmt::format("{} runs no signalling server: call host:signalling_server() before",
                             host.shown()));
}

SignallingClientOptions read_signalling_use(const Value& table) {
  SignallingClientOptions options;
  read_options(table, signalling_use_keys, options);
  check(table, options.client);
  return options;
}

SignallingClientOptions read_signalling_client(const Value& value, const net::Host& host,
                                               const Value& server) {
  SignallingClientOptions options = read_signalling_target(server);
  options.client.name = host.label();
  if (!value.present()) value.refuse("a table with a room, such as { room = \"lobby\" }");
  read_options(value, signalling_client_keys, options);
  if (options.client.room.empty()) value.complain("missing key 'room'");
  check(value, options.client);
  return options;
}

}  // namespace natsim::script
