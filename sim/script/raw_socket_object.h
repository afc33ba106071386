// A raw socket in a script's hands.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "sim/net/host.h"
#include "sim/net/raw_socket.h"
#include "sim/script/object.h"
#include "stack/base/bytes.h"

namespace natsim::script {

// raw:send(bytes), raw:receive(timeout), raw:close(); raw.waiting (datagrams that have come and not
// been received).
class RawSocketObject : public Scripted, private net::RawReceiver {
 public:
  static const Class lua_class;

  explicit RawSocketObject(net::Host& host) : host_(host) {}

  // Opens it; the reason if that is not possible. To be called once, before all else.
  std::string open();

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  void receive_raw(const net::Packet& packet) override;

  int send(lua_State* lua);
  int receive_next(lua_State* lua);
  int close(lua_State* lua);
  int waiting(lua_State* lua);
  static int finish_receive(lua_State* lua, int status, lua_KContext context);
  int push_received(lua_State* lua);
  void require_open(lua_State* lua) const;

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  std::unique_ptr<net::RawSocket> socket_;  // null once closed
  std::deque<Bytes> received_;
};

}  // namespace natsim::script
