#include "sim/script/pinging.h"

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/net/echo_socket.h"
#include "sim/script/object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

struct PingOptions {
  Duration timeout = seconds(1);
  std::size_t size = 56;  // as ping(8) sends
  std::uint8_t hop_limit = net::default_hop_limit;
};

constexpr std::array<Key<PingOptions>, 3> ping_keys = {{
    {"timeout",
     [](const Value& value, PingOptions& ping) { ping.timeout = value.positive_duration(); }},
    {"size",
     [](const Value& value, PingOptions& ping) {
       ping.size = value.number<std::uint16_t>(0, static_cast<std::int64_t>(net::max_udp_payload));
     }},
    {"hop_limit", [](const Value& value,
                     PingOptions& ping) { ping.hop_limit = value.number<std::uint8_t>(1, 255); }},
}};

std::string_view name_of(net::IcmpError error) {
  switch (error) {
    case net::IcmpError::no_route:
      return "no route";
    case net::IcmpError::host_unreachable:
      return "host unreachable";
    case net::IcmpError::port_unreachable:
      return "port unreachable";
    case net::IcmpError::too_big:
      return "too big";
    case net::IcmpError::admin_prohibited:
      return "administratively prohibited";
    case net::IcmpError::hop_limit_exceeded:
      return "hop limit exceeded";
    case net::IcmpError::reassembly_timeout:
      break;
  }
  return "reassembly timeout";
}

// Keeps one request's socket while the script waits, which never sees it.
class Ping : public Scripted, private net::EchoReceiver {
 public:
  [[nodiscard]] const Class& script_class() const override { return type; }

  void send(net::Host& host, const IpAddress& remote, const PingOptions& options) {
    world_ = &host.world();
    socket_ = host.open_echo(*this);
    sent_ = world_->now();
    socket_->send(remote, 1, Bytes(options.size, 0x5a), options.hop_limit);
  }
  [[nodiscard]] bool over() const { return from_.has_value(); }
  void tell(TableWriter& table) const {
    if (from_) table.set("from", to_string(*from_));
    if (failure_.empty()) {
      table.set("round_trip", round_trip_);
      table.set("hop_limit", hop_limit_);
    } else {
      table.set("failure", failure_);
    }
  }
  void end() { socket_.reset(); }

 private:
  static constexpr Class type = {"ping", "an ICMP echo request", {}, {}};

  void receive_reply(const net::Packet& packet, const net::IcmpQuery& /*reply*/) override {
    if (over()) return;
    from_ = packet.source.address;
    round_trip_ = world_->now() - sent_;
    hop_limit_ = packet.hop_limit;
    failure_ = {};
  }
  void receive_echo_error(const net::Packet& packet, net::IcmpError error,
                          const net::IcmpQuery& /*request*/) override {
    if (over()) return;
    from_ = packet.source.address;
    failure_ = name_of(error);
  }

  core::World* world_ = nullptr;  // set by `send`, as is the socket
  std::unique_ptr<net::EchoSocket> socket_;
  Time sent_;
  Duration round_trip_;
  std::int64_t hop_limit_ = 0;
  std::optional<IpAddress> from_;  // unset until something has come back
  std::string_view failure_ = "timeout";
};

int finish_ping(lua_State* lua, int /*status*/, lua_KContext context) {
  auto& ping = *reinterpret_cast<Ping*>(context);
  TableWriter table(lua);
  ping.tell(table);
  ping.end();
  return 1;
}

}  // namespace

int ping(lua_State* lua, net::Host& host, const IpAddress& remote, const Value& options) {
  PingOptions chosen;
  if (options.present()) read_options(options, ping_keys, chosen);
  if (host.source_for(remote) == nullptr) {
    raise(lua, "host:ping: '{}' has no address to reach {} from", host.label(), to_string(remote));
  }
  Run& run = Run::of(lua);
  auto& request = run.make<Ping>(lua);
  request.send(host, remote, chosen);
  return run.wait().begin(
      lua, chosen.timeout, [&request] { return request.over(); }, finish_ping,
      reinterpret_cast<lua_KContext>(&request));
}

}  // namespace natsim::script
