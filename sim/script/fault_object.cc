#include "sim/script/fault_object.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"

namespace natsim::script {
namespace {

using net::Direction;

constexpr std::array<Choice<Direction>, 2> directions = {
    {{"in", Direction::in}, {"out", Direction::out}}};
constexpr std::array<Choice<Traffic>, 7> protocols = {{{"any", Traffic::any},
                                                       {"udp", Traffic::udp},
                                                       {"tcp", Traffic::tcp},
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

struct FaultOptions {
  HostObject* host = nullptr;
  PacketMatch match;
  Turns turns;
  FaultAction action;
};

std::uint64_t position(const Value& value) { return value.number<std::uint64_t>(1, INT64_MAX); }

// One port, or { first, last }.
PortRange read_ports(const Value& value) {
  if (!value.is_table()) {
    const std::uint16_t port = value.port();
    return {port, port};
  }
  if (value.length() != 2) value.refuse("a port or a range such as { 5000, 5010 }");
  const StackMark mark(value.lua());
  const PortRange range{value.element(1).port(), value.element(2).port()};
  if (range.first > range.last) value.complain("the first port is greater than the last");
  return range;
}

constexpr std::array<Key<FaultOptions>, 14> choice_keys = {{
    {"host",
     [](const Value& value, FaultOptions& fault) {
       fault.host = &Run::of(value.lua()).net().names().at<HostObject>(value);
     }},
    {"direction", [](const Value& value,
                     FaultOptions& fault) { fault.match.direction = value.one_of(directions); }},
    {"protocol", [](const Value& value,
                    FaultOptions& fault) { fault.match.protocol = value.one_of(protocols); }},
    {"method", [](const Value& value,
                  FaultOptions& fault) { fault.match.method = value.one_of(methods_by_name); }},
    {"class", [](const Value& value,
                 FaultOptions& fault) { fault.match.stun_class = value.one_of(classes); }},
    {"min_size",
     [](const Value& value, FaultOptions& fault) { fault.match.min_size = value.size(); }},
    {"max_size",
     [](const Value& value, FaultOptions& fault) { fault.match.max_size = value.size(); }},
    {"source_port",
     [](const Value& value, FaultOptions& fault) { fault.match.source_ports = read_ports(value); }},
    {"destination_port",
     [](const Value& value, FaultOptions& fault) {
       fault.match.destination_ports = read_ports(value);
     }},
    {"n", [](const Value& value,
             FaultOptions& fault) { fault.turns.from = fault.turns.to = position(value); }},
    {"from", [](const Value& value, FaultOptions& fault) { fault.turns.from = position(value); }},
    {"to", [](const Value& value, FaultOptions& fault) { fault.turns.to = position(value); }},
    {"every", [](const Value& value, FaultOptions& fault) { fault.turns.every = position(value); }},
    {"probability",
     [](const Value& value, FaultOptions& fault) { fault.turns.probability = value.share(); }},
}};
constexpr std::array<Key<FaultOptions>, 1> delay_keys = {{
    {"by",
     [](const Value& value, FaultOptions& fault) { fault.action.by = value.positive_duration(); }},
}};
constexpr std::array<Key<FaultOptions>, 1> duplicate_keys = {{
    {"copies",
     [](const Value& value, FaultOptions& fault) {
       fault.action.copies = value.number<std::uint32_t>(1, 1000);
     }},
}};

// The keys of every fault and those of one kind.
constexpr auto with_choice(const std::array<Key<FaultOptions>, 1>& own) {
  std::array<Key<FaultOptions>, choice_keys.size() + 1> all;
  std::copy(choice_keys.begin(), choice_keys.end(), all.begin());
  all.back() = own.front();
  return all;
}

// Names the rules of one kind in order, so that each has chance of its own.
Random random_of(Run& run, std::string_view kind) {
  return run.world().random(fmt::format("scenario/{}/{}", kind, run.count_fault(kind)));
}

void check(const Value& table, const FaultOptions& options) {
  if (options.host == nullptr) table.complain("missing key 'host'");
  if (options.turns.from > options.turns.to) table.complain("'from' is greater than 'to'");
  if (options.match.min_size > options.match.max_size) {
    table.complain("'min_size' is greater than 'max_size'");
  }
  if (table.field("n").present() &&
      (table.field("from").present() || table.field("to").present())) {
    table.complain("'n' says all that 'from' and 'to' say: give one or the other");
  }
}

template <typename Object>
int make_fault(lua_State* lua, std::string_view name, const Value& table,
               const FaultOptions& options) {
  check(table, options);
  Run& run = Run::of(lua);
  const Random random = random_of(run, name);
  push(lua,
       run.make<Object>(lua, options.host->host(), options.action,
                        PacketChoice(options.match, options.turns, random), random.split("bits")));
  return 1;
}

int drop(lua_State* lua) {
  const Value table(lua, 1, "drop");
  FaultOptions options;
  read_options(table, choice_keys, options);
  return make_fault<FaultObject>(lua, "drop", table, options);
}

int delay(lua_State* lua) {
  static constexpr auto keys = with_choice(delay_keys);
  const Value table(lua, 1, "delay");
  FaultOptions options{.action = {.kind = FaultKind::delay}};
  read_options(table, keys, options);
  if (options.action.by == Duration{}) table.complain("missing key 'by'");
  return make_fault<FaultObject>(lua, "delay", table, options);
}

int duplicate(lua_State* lua) {
  static constexpr auto keys = with_choice(duplicate_keys);
  const Value table(lua, 1, "duplicate");
  FaultOptions options{.action = {.kind = FaultKind::duplicate}};
  read_options(table, keys, options);
  return make_fault<FaultObject>(lua, "duplicate", table, options);
}

int corrupt(lua_State* lua) {
  const Value table(lua, 1, "corrupt");
  FaultOptions options{.action = {.kind = FaultKind::corrupt}};
  read_options(table, choice_keys, options);
  return make_fault<FaultObject>(lua, "corrupt", table, options);
}

int hold(lua_State* lua) {
  const Value table(lua, 1, "hold");
  FaultOptions options{.action = {.kind = FaultKind::hold}};
  read_options(table, choice_keys, options);
  return make_fault<HoldObject>(lua, "hold", table, options);
}

}  // namespace

// One interface's share of a fault that several may have.
class FaultObject::SharedRule : public net::PacketRule {
 public:
  explicit SharedRule(FaultObject& fault) : fault_(fault) {}
  net::RuleVerdict judge(const net::Packet& packet, Direction direction) override {
    return fault_.judge(packet, direction);
  }

 private:
  FaultObject& fault_;
};

constinit const Member FaultObject::methods[] = {
    {"stop", call_member<FaultObject, &FaultObject::stop>},
};
constinit const Member FaultObject::fields[] = {
    {"matched", call_member<FaultObject, &FaultObject::matched>},
    {"count", call_member<FaultObject, &FaultObject::count>},
};
const Class FaultObject::lua_class = {"fault", "a fault", methods, fields};

FaultObject::FaultObject(const net::Node& node, const FaultAction& action,
                         const PacketChoice& choice, Random bits)
    : action_(action), choice_(choice), bits_(bits) {
  for (const auto& interface : node.interfaces()) {
    handles_.push_back(
        std::make_unique<net::RuleHandle>(*interface, std::make_unique<SharedRule>(*this)));
  }
}

net::RuleVerdict FaultObject::judge(const net::Packet& packet, Direction direction) {
  if (!choice_.chooses(packet, direction)) return {};
  switch (action_.kind) {
    case FaultKind::drop:
      return {.drop = core::DropReason::scripted_drop};
    case FaultKind::delay:
      return {.delay = action_.by};
    case FaultKind::duplicate:
      return {.copies = action_.copies};
    case FaultKind::corrupt:
      return {.flipped_bit =
                  static_cast<std::uint32_t>(bits_.below(packet.transport().size() * 8))};
    case FaultKind::hold:
      return {.hold = true};
  }
  return {};
}

int FaultObject::stop(lua_State* /*lua*/) {
  handles_.clear();
  return 0;
}

int FaultObject::matched(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(choice_.matched()));
  return 1;
}

int FaultObject::count(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(choice_.chosen()));
  return 1;
}

constinit const Member HoldObject::methods[] = {
    {"stop", call_member<FaultObject, &HoldObject::stop>},
    {"release", call_member<HoldObject, &HoldObject::release>},
};
constinit const Member HoldObject::fields[] = {
    {"matched", call_member<FaultObject, &HoldObject::matched>},
    {"count", call_member<FaultObject, &HoldObject::count>},
    {"held", call_member<HoldObject, &HoldObject::held>},
};
const Class HoldObject::lua_class = {"hold", "a hold", methods, fields};

int HoldObject::release(lua_State* /*lua*/) {
  for (const auto& handle : handles()) handle->release();
  return 0;
}

int HoldObject::held(lua_State* lua) {
  std::size_t count = 0;
  for (const auto& handle : handles()) count += handle->held();
  lua_pushinteger(lua, static_cast<lua_Integer>(count));
  return 1;
}

void install_faults(lua_State* lua) {
  lua_register(lua, "drop", drop);
  lua_register(lua, "delay", delay);
  lua_register(lua, "duplicate", duplicate);
  lua_register(lua, "corrupt", corrupt);
  lua_register(lua, "hold", hold);
}

}  // namespace natsim::script
