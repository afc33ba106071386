// net:partition{ a, b }: two sides that do not hear each other.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/net/packet_rule.h"
#include "sim/script/object.h"

namespace natsim::script {

// The handle of a partition: partition:heal(), partition.count (packets dropped so far),
// partition.healed.
//
// What a node of one side has made, or hands over by a link of its own, dies when it arrives at a
// node of the other side (partitioned). As a packet remembers who made it through all translations,
// hosts behind NATs can be parted too; with the NAT on its host's side, the packets die in front of
// it and refresh no mapping.
class PartitionObject : public Scripted {
 public:
  static const Class lua_class;

  // The packets that the rules drop are counted in `count`.
  PartitionObject(std::vector<std::unique_ptr<net::RuleHandle>> handles,
                  std::shared_ptr<const std::uint64_t> count)
      : handles_(std::move(handles)), count_(std::move(count)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  int heal(lua_State* lua);
  int count(lua_State* lua);
  int healed(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  std::vector<std::unique_ptr<net::RuleHandle>> handles_;
  std::shared_ptr<const std::uint64_t> count_;
  bool healed_ = false;
};

// Binding, with the options at index 2.
int make_partition(lua_State* lua);

}  // namespace natsim::script
