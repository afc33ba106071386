#include "sim/script/drop_object.h"

#include <array>

#include <fmt/format.h>

#include "sim/net/node.h"
#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"

namespace natsim::script {
namespace {

using net::Direction;

constexpr std::array<Choice<Direction>, 2> directions = {
    {{"in", Direction::in}, {"out", Direction::out}}};
constexpr std::array<Choice<Traffic>, 6> protocols = {{{"any", Traffic::any},
                                                       {"udp", Traffic::udp},
                                                       {"icmp", Traffic::icmp},
                                                       {"stun", Traffic::stun},
                                                       {"turn", Traffic::turn},
                                                       {"data", Traffic::data}}};
constexpr std::array<Choice<StunClass>, 6> classes = {{{"any", StunClass::any},
                                                       {"request", StunClass::request},
                                                       {"indication", StunClass::indication},
                                                       {"success", StunClass::success},
                                                       {"error", StunClass::error},
                                                       {"response", StunClass::response}}};
constexpr std::array<Choice<stun::Method>, 7> methods_by_name = {
    {{"binding", stun::Method::binding},
     {"allocate", stun::Method::allocate},
     {"refresh", stun::Method::refresh},
     {"send", stun::Method::send},
     {"data", stun::Method::data},
     {"create_permission", stun::Method::create_permission},
     {"channel_bind", stun::Method::channel_bind}}};

struct DropOptions {
  DropRule rule;
  HostObject* host = nullptr;
};

std::uint64_t position(const Value& value) { return value.number<std::uint64_t>(1, INT64_MAX); }

constexpr std::array<Key<DropOptions>, 10> drop_keys = {{
    {"host",
     [](const Value& value, DropOptions& drop) {
       drop.host = &Run::of(value.lua()).net().names().at<HostObject>(value);
     }},
    {"direction",
     [](const Value& value, DropOptions& drop) { drop.rule.direction = value.one_of(directions); }},
    {"protocol",
     [](const Value& value, DropOptions& drop) { drop.rule.protocol = value.one_of(protocols); }},
    {"method", [](const Value& value,
                  DropOptions& drop) { drop.rule.method = value.one_of(methods_by_name); }},
    {"class",
     [](const Value& value, DropOptions& drop) { drop.rule.stun_class = value.one_of(classes); }},
    {"n", [](const Value& value,
             DropOptions& drop) { drop.rule.from = drop.rule.to = position(value); }},
    {"from", [](const Value& value, DropOptions& drop) { drop.rule.from = position(value); }},
    {"to", [](const Value& value, DropOptions& drop) { drop.rule.to = position(value); }},
    {"every", [](const Value& value, DropOptions& drop) { drop.rule.every = position(value); }},
    {"probability",
     [](const Value& value, DropOptions& drop) { drop.rule.probability = value.share(); }},
}};

// One interface's share of a rule that several may have.
class SharedRule : public net::PacketRule {
 public:
  explicit SharedRule(Dropper& dropper) : dropper_(dropper) {}
  bool drops(const net::Packet& packet, Direction direction) override {
    return dropper_.drops(packet, direction);
  }

 private:
  Dropper& dropper_;
};

int drop(lua_State* lua) {
  const Value table(lua, 1, "drop");
  DropOptions options;
  read_options(table, drop_keys, options);
  if (options.host == nullptr) table.complain("missing key 'host'");
  if (options.rule.from > options.rule.to) table.complain("'from' is greater than 'to'");
  if (table.field("n").present() &&
      (table.field("from").present() || table.field("to").present())) {
    table.complain("'n' says all that 'from' and 'to' say: give one or the other");
  }
  Run& run = Run::of(lua);
  const auto number = run.count_drop_rule();
  push(lua, run.make<DropObject>(lua, options.host->host(), options.rule,
                                 run.world().random(fmt::format("scenario/drop/{}", number))));
  return 1;
}

}  // namespace

constinit const Member DropObject::methods[] = {
    {"stop", call_member<DropObject, &DropObject::stop>},
};
constinit const Member DropObject::fields[] = {
    {"matched", call_member<DropObject, &DropObject::matched>},
    {"count", call_member<DropObject, &DropObject::count>},
};
const Class DropObject::lua_class = {"drop", "a drop rule", methods, fields};

DropObject::DropObject(const net::Node& node, const DropRule& rule, Random random)
    : dropper_(rule, random) {
  for (const auto& interface : node.interfaces()) {
    handles_.push_back(
        std::make_unique<net::RuleHandle>(*interface, std::make_unique<SharedRule>(dropper_)));
  }
}

int DropObject::stop(lua_State* /*lua*/) {
  handles_.clear();
  return 0;
}

int DropObject::matched(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(dropper_.matched()));
  return 1;
}

int DropObject::count(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(dropper_.dropped()));
  return 1;
}

void install_drop(lua_State* lua) { lua_register(lua, "drop", drop); }

}  // namespace natsim::script
