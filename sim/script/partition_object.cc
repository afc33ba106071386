#include "sim/script/partition_object.h"

#include <algorithm>
#include <array>
#include <string>

#include "sim/net/link.h"
#include "sim/net/node.h"
#include "sim/script/node_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"

namespace natsim::script {
namespace {

using Side = std::vector<net::Node*>;

// Drops, on arrival, what comes from the other side.
class PartitionRule : public net::PacketRule {
 public:
  PartitionRule(const net::Interface& at, const Side& others, std::shared_ptr<std::uint64_t> count)
      : count_(std::move(count)) {
    for (const net::Node* node : others) {
      others_.push_back(node->id());
      if (at.connected() && &at.peer().node() == node) next_to_them_ = true;
    }
  }
  net::RuleVerdict judge(const net::Packet& packet, net::Direction direction) override {
    if (direction != net::Direction::in) return {};
    const auto creator = static_cast<core::ObjectId>(packet.id >> 40);
    if (!next_to_them_ && std::find(others_.begin(), others_.end(), creator) == others_.end()) {
      return {};
    }
    ++*count_;
    return {.drop = core::DropReason::partitioned};
  }

 private:
  std::vector<core::ObjectId> others_;
  bool next_to_them_ = false;  // the link leads to one of them: all that comes is theirs
  std::shared_ptr<std::uint64_t> count_;
};

Side read_side(const Value& value) {
  const NodeNames& names = Run::of(value.lua()).net().names();
  if (!value.is_table()) return {&names.at<NodeObject>(value).node()};
  Side side;
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    side.push_back(&names.at<NodeObject>(value.element(i)).node());
  }
  if (side.empty()) value.refuse("a node or a list of nodes");
  return side;
}

std::string names_of(const Side& side) {
  std::string names;
  for (const net::Node* node : side) {
    if (!names.empty()) names += ", ";
    names += node->label();
  }
  return names;
}

}  // namespace

const Class NodeObject::lua_class = {"node", "a host, a router or a NAT", {}, {}};

constinit const Member PartitionObject::methods[] = {
    {"heal", call_member<PartitionObject, &PartitionObject::heal>},
};
constinit const Member PartitionObject::fields[] = {
    {"count", call_member<PartitionObject, &PartitionObject::count>},
    {"healed", call_member<PartitionObject, &PartitionObject::healed>},
};
const Class PartitionObject::lua_class = {"partition", "a partition", methods, fields};

int PartitionObject::heal(lua_State* lua) {
  if (healed_) return 0;
  healed_ = true;
  handles_.clear();
  Run::of(lua).tell("partition_healed", {{"dropped", static_cast<std::int64_t>(*count_)}});
  return 0;
}

int PartitionObject::count(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(*count_));
  return 1;
}

int PartitionObject::healed(lua_State* lua) {
  lua_pushboolean(lua, healed_);
  return 1;
}

int make_partition(lua_State* lua) {
  const Value table(lua, 2, "net:partition");
  constexpr std::array<std::string_view, 1> keys = {"one_way"};
  check_keys(table, keys, 2);
  const Side a = read_side(table.element(1));
  const Side b = read_side(table.element(2));
  bool one_way = false;
  if (const Value value = table.field("one_way"); value.present()) one_way = value.boolean();
  for (const net::Node* node : a) {
    if (std::find(b.begin(), b.end(), node) != b.end()) {
      table.complain("'" + node->name() + "' is on both sides");
    }
  }
  const auto count = std::make_shared<std::uint64_t>(0);
  std::vector<std::unique_ptr<net::RuleHandle>> handles;
  const auto deafen = [&](const Side& side, const Side& others) {
    for (const net::Node* node : side) {
      for (const auto& interface : node->interfaces()) {
        handles.push_back(std::make_unique<net::RuleHandle>(
            *interface, std::make_unique<PartitionRule>(*interface, others, count)));
      }
    }
  };
  deafen(b, a);
  if (!one_way) deafen(a, b);
  Run& run = Run::of(lua);
  const std::string from = names_of(a);
  const std::string to = names_of(b);
  run.tell("partition", {{"from", std::string_view(from)},
                         {"to", std::string_view(to)},
                         {"one_way", std::int64_t{one_way}}});
  push(lua, run.make<PartitionObject>(lua, std::move(handles), count));
  return 1;
}

}  // namespace natsim::script
