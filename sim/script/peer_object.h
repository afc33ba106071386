// One side of a call as a script sees it.
#pragma once

#include <optional>

#include "sim/agents/call.h"
#include "sim/script/object.h"

namespace natsim::script {

// peer:pairs(), peer:send(bytes), peer:restart_ice(), peer:move_relays(), peer:close(); peer.state,
// peer.role, peer.ice_time, peer.gathering_time, peer.selected_pair, peer.components,
// peer.candidates, peer.remote_candidates, peer.bytes_received, peer.datagrams_received; of a call
// with media also peer.connection_state, peer.signaling_state, peer.dtls_time, peer.dtls_role,
// peer.srtp_profile, peer.local_description, peer.remote_description, peer:get_stats().
class PeerObject : public Scripted {
 public:
  static const Class lua_class;

  // The call owns the peer and outlives this object.
  // `connection` is null if the call is ICE alone.
  PeerObject(agents::IcePeer& peer, agents::PeerConnection* connection, const agents::Call& call)
      : peer_(peer), connection_(connection), call_(call) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

  // Also what the call offers of its caller.
  int pairs(lua_State* lua);
  int send(lua_State* lua);
  int selected_pair(lua_State* lua);
  int restart_ice(lua_State* lua);
  int move_relays(lua_State* lua);

 private:
  int close(lua_State* lua);
  int state(lua_State* lua);
  int role(lua_State* lua);
  int ice_time(lua_State* lua);
  int gathering_time(lua_State* lua);
  int components(lua_State* lua);
  int candidates(lua_State* lua);
  int remote_candidates(lua_State* lua);
  int bytes_received(lua_State* lua);
  int datagrams_received(lua_State* lua);
  int get_stats(lua_State* lua);
  int connection_state(lua_State* lua);
  int signaling_state(lua_State* lua);
  int dtls_time(lua_State* lua);
  int dtls_role(lua_State* lua);
  int srtp_profile(lua_State* lua);
  int local_description(lua_State* lua);
  int remote_description(lua_State* lua);

  // Pushes the span from the call's start to `instant`; nil if that has not been.
  int push_since_start(lua_State* lua, Time instant) const;

  static const Member methods[];
  static const Member fields[];

  agents::IcePeer& peer_;
  agents::PeerConnection* connection_;
  const agents::Call& call_;
};

}  // namespace natsim::script
