// drop{…}, delay{…}, duplicate{…}, corrupt{…}, hold{…}: what happens to chosen packets until told
// otherwise.
#pragma once

#include <memory>
#include <vector>

#include "sim/net/node.h"
#include "sim/net/packet_rule.h"
#include "sim/script/object.h"
#include "sim/script/packet_choice.h"

namespace natsim::script {

enum class FaultKind : std::uint8_t { drop, delay, duplicate, corrupt, hold };

// What is done to each chosen packet.
struct FaultAction {
  FaultKind kind = FaultKind::drop;
  Duration by;               // of a delay
  std::uint32_t copies = 1;  // of a duplication
};

// The handle of a fault: fault:stop(), fault.count (packets that it struck so far), fault.matched.
class FaultObject : public Scripted {
 public:
  static const Class lua_class;

  // Puts the fault on every interface of the node.
  FaultObject(const net::Node& node, const FaultAction& action, const PacketChoice& choice,
              Random bits);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 protected:
  int stop(lua_State* lua);
  int matched(lua_State* lua);
  int count(lua_State* lua);

  [[nodiscard]] const std::vector<std::unique_ptr<net::RuleHandle>>& handles() const {
    return handles_;
  }

 private:
  class SharedRule;

  net::RuleVerdict judge(const net::Packet& packet, net::Direction direction);

  static const Member methods[];
  static const Member fields[];

  FaultAction action_;
  PacketChoice choice_;
  Random bits_;                                            // which bit a corruption flips
  std::vector<std::unique_ptr<net::RuleHandle>> handles_;  // none once stopped
};

// The handle of hold{}: also hold:release() and hold.held, the packets that wait now. Its end lets
// them go as well.
class HoldObject : public FaultObject {
 public:
  static const Class lua_class;

  using FaultObject::FaultObject;

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  int release(lua_State* lua);
  int held(lua_State* lua);

  static const Member methods[];
  static const Member fields[];
};

// Installs the functions that make faults.
void install_faults(lua_State* lua);

}  // namespace natsim::script
