#include "sim/script/tcp_settings.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "sim/script/options.h"
#include "sim/script/reachable.h"

namespace natsim::script {
namespace {

using agents::TcpSourceOptions;
using net::TcpBinding;
using net::TcpOptions;

// All are read into a source's options, of which other programs use the binding alone.
using Target = TcpSourceOptions;

std::uint32_t read_buffer(const Value& value) {
  constexpr std::uint64_t largest = (1U << 30) - 1;  // RFC 7323 §2.3
  const std::uint64_t size = value.size();
  if (size < 1 || size > largest) value.refuse("a size from 1B to 1073741823B");
  return static_cast<std::uint32_t>(size);
}

// One key of TcpOptions.
template <auto member>
void read_duration(const Value& value, Target& target) {
  target.binding.options.*member = value.duration();
}
template <auto member>
void read_positive_duration(const Value& value, Target& target) {
  target.binding.options.*member = value.positive_duration();
}
template <auto member>
void read_boolean(const Value& value, Target& target) {
  target.binding.options.*member = value.boolean();
}
template <auto member>
void read_tcp_buffer(const Value& value, Target& target) {
  target.binding.options.*member = read_buffer(value);
}
template <auto member, int low, int high>
void read_number(const Value& value, Target& target) {
  using Number = std::remove_reference_t<decltype(target.binding.options.*member)>;
  target.binding.options.*member = value.number<Number>(low, high);
}

void read_delayed_ack(const Value& value, Target& target) {
  target.binding.options.delayed_ack = value.duration();
  if (target.binding.options.delayed_ack >= milliseconds(500)) {
    value.refuse("a duration below \"500ms\" (RFC 9293)");
  }
}

void read_mss(const Value& value, Target& target) {
  const std::uint64_t size = value.size();
  if (size < 28 || size > 65495) value.refuse("a size from 28B to 65495B");
  target.binding.options.mss = static_cast<std::uint16_t>(size);
}

constexpr std::array<Key<Target>, 19> binding_keys = {{
    {"ip",
     [](const Value& value, Target& target) { target.binding.local.address = value.address(); }},
    {"port", [](const Value& value, Target& target) { target.binding.local.port = value.port(); }},
    {"shared",
     [](const Value& value, Target& target) {
       target.binding.sharing =
           value.boolean() ? net::TcpSharing::shared : net::TcpSharing::exclusive;
     }},
    {"initial_rto", read_positive_duration<&TcpOptions::initial_rto>},
    {"min_rto", read_positive_duration<&TcpOptions::min_rto>},
    {"max_rto", read_positive_duration<&TcpOptions::max_rto>},
    {"syn_retries", read_number<&TcpOptions::syn_retries, 0, 255>},
    {"data_retries", read_number<&TcpOptions::data_retries, 0, 255>},
    {"initial_window", read_number<&TcpOptions::initial_window, 1, 1000>},
    {"nagle", read_boolean<&TcpOptions::nagle>},
    {"delayed_ack", read_delayed_ack},
    {"receive_buffer", read_tcp_buffer<&TcpOptions::receive_buffer>},
    {"send_buffer", read_tcp_buffer<&TcpOptions::send_buffer>},
    {"window_scale", read_boolean<&TcpOptions::window_scale>},
    {"mss", read_mss},
    {"keepalive", read_duration<&TcpOptions::keepalive>},
    {"keepalive_interval", read_positive_duration<&TcpOptions::keepalive_interval>},
    {"keepalive_probes", read_number<&TcpOptions::keepalive_probes, 1, 255>},
    {"time_wait", read_duration<&TcpOptions::time_wait>},
}};

void check(const Value& value, const TcpOptions& options) {
  if (options.min_rto > options.max_rto || options.initial_rto > options.max_rto) {
    value.complain(fmt::format("min_rto ({}) and initial_rto ({}) are at most max_rto ({})",
                               to_string(options.min_rto), to_string(options.initial_rto),
                               to_string(options.max_rto)));
  }
}

constexpr std::array<Key<Target>, 2> transfer_keys = {{
    {"to", [](const Value& value, Target& target) { target.to = read_endpoint(value); }},
    {"bytes",
     [](const Value& value, Target& target) {
       target.bytes = value.size();
       if (*target.bytes == 0) value.refuse("a size of at least 1B");
     }},
}};

constexpr auto tcp_source_keys = [] {
  std::array<Key<Target>, transfer_keys.size() + binding_keys.size()> all{};
  std::copy(binding_keys.begin(), binding_keys.end(),
            std::copy(transfer_keys.begin(), transfer_keys.end(), all.begin()));
  return all;
}();

}  // namespace

net::TcpBinding read_tcp_binding(const Value& value, const IpAddress& default_address) {
  Target target;
  target.binding.local.address = default_address;
  if (value.present()) read_options(value, binding_keys, target);
  check(value, target.binding.options);
  return target.binding;
}

net::TcpBinding read_tcp_listening(const Value& value, const IpAddress& default_address) {
  if (!value.is_table()) return {.local = {default_address, value.port()}};
  const TcpBinding binding = read_tcp_binding(value, default_address);
  if (binding.local.port == 0) value.complain("missing key 'port'");
  return binding;
}

agents::TcpSourceOptions read_tcp_source(const Value& value, const net::Host& host) {
  Target source;
  read_options(value, tcp_source_keys, source);
  if (!source.to.is_set()) value.complain("missing key 'to'");
  if (source.binding.local.address.is_any()) {
    source.binding.local.address = tcp_source_address(value, host, source.to);
  }
  check(value, source.binding.options);
  return source;
}

IpAddress tcp_source_address(const Value& value, const net::Host& host, const Endpoint& to) {
  if (host.owns(to.address)) return to.address;
  const IpAddress* const local = host.source_for(to.address);
  if (local == nullptr) {
    value.complain(fmt::format("the host has no address to reach {} from", to_string(to)));
  }
  return *local;
}

}  // namespace natsim::script
