// A WebRTC peer in a script's hands: the W3C API's RTCPeerConnection, in this spelling.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/agents/peer_connection.h"
#include "sim/script/object.h"
#include "sim/script/signalling_party.h"

namespace natsim::script {

// pc:add_track(kind, options), pc:remove_track(id), pc:set_direction(id, direction), pc:stop(id),
// pc:transceivers(), pc:negotiate(), pc:create_offer(), pc:create_answer(),
// pc:set_local_description(d), pc:set_remote_description(d), pc:add_ice_candidate(c),
// pc:restart_ice(), pc:on(event, function), pc:wait(state, timeout), pc:get_stats(), pc:close();
// pc.connection_state, pc.ice_connection_state, pc.ice_gathering_state, pc.signaling_state,
// pc.local_description, pc.remote_description.
//
// Handlers of events run at the instant of the event, after what caused it. They may do whatever a
// script may, but not wait.
class PeerConnectionObject : public Scripted, public SignallingParty, private agents::SignalSink {
 public:
  static const Class lua_class;

  PeerConnectionObject(lua_State* lua, net::Host& host, agents::PeerConnectionOptions options);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

  [[nodiscard]] const std::string& party() const override { return party_; }
  // From then on it exchanges descriptions and candidates by itself, as of perfect negotiation.
  [[nodiscard]] bool connected() const override { return other_ != nullptr; }
  void connect(agents::SignalSink& sink) override { other_ = &sink; }
  agents::SignalReceiver& receiver() override { return connection_; }

 private:
  int add_track(lua_State* lua);
  int remove_track(lua_State* lua);
  int set_direction(lua_State* lua);
  int stop(lua_State* lua);
  int transceivers(lua_State* lua);
  int negotiate(lua_State* lua);
  int create_offer(lua_State* lua);
  int create_answer(lua_State* lua);
  int set_local_description(lua_State* lua);
  int set_remote_description(lua_State* lua);
  int add_ice_candidate(lua_State* lua);
  int restart_ice(lua_State* lua);
  int on(lua_State* lua);
  int wait(lua_State* lua);
  int get_stats(lua_State* lua);
  int close(lua_State* lua);
  int connection_state(lua_State* lua);
  int ice_connection_state(lua_State* lua);
  int ice_gathering_state(lua_State* lua);
  int signaling_state(lua_State* lua);
  int local_description(lua_State* lua);
  int remote_description(lua_State* lua);

  static int finish_wait(lua_State* lua, int status, lua_KContext context);

  // From the peer: what is to be told to the other side.
  void send(agents::Signal signal) override;
  void pass_on(agents::Signal signal);
  void hear(const peer::NegotiationEvent& event);
  void hear_change();
  // Tells of "negotiationneeded" when it has become so.
  void look_whether_needed();
  // Calls the handlers of `event` with what `push` pushes, one value.
  template <typename Push>
  void fire(std::string_view event, Push push);

  static const Member methods[];
  static const Member fields[];

  struct Handler {
    std::string_view event;  // of the names of events
    int function;            // a reference of the Lua registry
  };

  lua_State* lua_;                       // the run's
  std::string party_;                    // its host's name
  agents::SignalSink* other_ = nullptr;  // null without net:signalling()
  agents::PeerConnection connection_;
  std::vector<Handler> handlers_;
  bool needed_ = false;
  agents::ConnectionState state_ = agents::ConnectionState::new_connection;
  ice::AgentState ice_state_ = ice::AgentState::new_agent;
  bool reached_ = false;  // the last wait saw the state that it was for
};

}  // namespace natsim::script
