// A real program on a host, as a script sees it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/agents/signalling.h"
#include "sim/core/world.h"
#include "sim/script/object.h"
#include "sim/script/outside.h"
#include "sim/script/signalling_party.h"

namespace natsim::script {

// program:send(message), program:receive(timeout), program:wait(fields, timeout),
// program:wait_for_exit(timeout), program:on(event, function), program:signal(number),
// program:close_input(); program.running, program.exit_status, program.exit_signal.
//
// Each message is given to one call of receive() or wait() alone, and to all handlers.
//
// It speaks JSON lines over its standard streams: an object a line is a message. "offer", "answer"
// and "candidate" among them, by their field "type", are signals too, once net:signalling() has
// given them a way.
//
// Events: "program.started" {host, command}, "program.said" {line}, "program.told" {line},
// "program.ended" {how}, "program.unheard" {line} of a
// message that finds 10,000 others waiting; "signal.refused" {what, reason} of a signal that is
// none.
class ProgramObject : public Scripted,
                      public SignallingParty,
                      private core::Named,
                      private ProgramListener {
 public:
  static const Class lua_class;

  // `name` is for people and events; `command` what start() is going to run.
  ProgramObject(lua_State* lua, core::World& world, std::string name);

  // The reason if it cannot be started. To be called once, before all else.
  std::string start(Outside& outside, net::Host& host, const ProgramOptions& options);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

  [[nodiscard]] const std::string& party() const override { return party_; }
  [[nodiscard]] bool connected() const override { return sink_ != nullptr; }
  void connect(agents::SignalSink& sink) override { sink_ = &sink; }
  agents::SignalReceiver& receiver() override { return receiver_; }

 private:
  // What the other side signals becomes a line.
  class Receiver : public agents::SignalReceiver {
   public:
    explicit Receiver(ProgramObject& program) : program_(program) {}
    void receive_signal(const agents::Signal& signal) override;

   private:
    ProgramObject& program_;
  };

  struct Handler {
    bool of_exit;  // otherwise of messages
    int function;  // a reference of the Lua registry
  };

  void hear_line(std::string_view line) override;
  void hear_end(const ProgramEnd& end) override;
  void hear_signal(const nlohmann::json& message);
  void say(const nlohmann::json& message);
  // The first message that waits and has all the wanted fields.
  [[nodiscard]] std::deque<nlohmann::json>::iterator find(const nlohmann::json& wanted);
  // Pushes a message, which no longer waits.
  int give(lua_State* lua, std::deque<nlohmann::json>::iterator message);

  int send(lua_State* lua);
  int receive(lua_State* lua);
  int wait(lua_State* lua);
  int wait_for_exit(lua_State* lua);
  int on(lua_State* lua);
  int signal(lua_State* lua);
  int close_input(lua_State* lua);
  int running(lua_State* lua);
  int exit_status(lua_State* lua);
  int exit_signal(lua_State* lua);
  static int finish_receive(lua_State* lua, int status, lua_KContext context);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_wait_for_exit(lua_State* lua, int status, lua_KContext context);

  static const Member methods[];
  static const Member fields[];

  lua_State* lua_;                      // the run's
  std::string party_;                   // its host's name
  Program* program_ = nullptr;          // null before start()
  agents::SignalSink* sink_ = nullptr;  // null without net:signalling()
  Receiver receiver_;
  std::deque<nlohmann::json> messages_;  // that no call was given yet, in order
  std::vector<Handler> handlers_;
  std::optional<ProgramEnd> end_;
};

}  // namespace natsim::script
