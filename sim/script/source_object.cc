#include "sim/script/source_object.h"

#include <array>

#include <fmt/format.h>

#include "sim/net/wire.h"
#include "sim/script/duration_value.h"
#include "sim/script/options.h"
#include "sim/script/reachable.h"

namespace natsim::script {
namespace {

using agents::UdpSourceOptions;
using Counters = agents::UdpSource::Counters;

constexpr std::array<Key<UdpSourceOptions>, 5> source_keys = {{
    {"to", [](const Value& value, UdpSourceOptions& source) { source.to = read_endpoint(value); }},
    {"port",
     [](const Value& value, UdpSourceOptions& source) { source.local.port = value.port(); }},
    {"interval", [](const Value& value,
                    UdpSourceOptions& source) { source.interval = value.positive_duration(); }},
    {"size",
     [](const Value& value, UdpSourceOptions& source) {
       const std::uint64_t size = value.size();
       if (size < 16 || size > net::max_udp_payload) value.refuse("a size from 16B to 65487B");
       source.size = static_cast<std::size_t>(size);
     }},
    {"count",
     [](const Value& value, UdpSourceOptions& source) {
       source.count = value.number<std::uint64_t>(1, INT64_MAX);
     }},
}};

}  // namespace

constinit const Member SourceObject::methods[] = {
    {"stop", call_member<SourceObject, &SourceObject::stop>},
};
constinit const Member SourceObject::fields[] = {
    {"sent", call_member<SourceObject, &SourceObject::count<&Counters::sent>>},
    {"answered", call_member<SourceObject, &SourceObject::count<&Counters::answered>>},
    {"received", call_member<SourceObject, &SourceObject::count<&Counters::received>>},
    {"refused", call_member<SourceObject, &SourceObject::count<&Counters::refused>>},
    {"last_round_trip", call_member<SourceObject, &SourceObject::last_round_trip>},
    {"last_received", call_member<SourceObject, &SourceObject::last_received>},
};
const Class SourceObject::lua_class = {"source", "a UDP source", methods, fields};

int SourceObject::stop(lua_State* /*lua*/) {
  agent_->stop();
  return 0;
}

int SourceObject::last_round_trip(lua_State* lua) {
  if (agent_->counters().answered == 0) return 0;
  push_duration(lua, agent_->counters().last_round_trip);
  return 1;
}

int SourceObject::last_received(lua_State* lua) {
  if (agent_->counters().received == 0) return 0;
  push_duration(lua, agent_->counters().last_received - Time{});
  return 1;
}

UdpSourceOptions read_udp_source(const Value& value, const net::Host& host) {
  UdpSourceOptions options;
  read_options(value, source_keys, options);
  if (!options.to.is_set()) value.complain("missing key 'to'");
  const IpAddress* const local = host.source_for(options.to.address);
  if (local == nullptr) {
    value.complain(fmt::format("the host has no address to reach {} from", to_string(options.to)));
  }
  options.local.address = *local;
  return options;
}

}  // namespace natsim::script
