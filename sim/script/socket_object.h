// A UDP socket in a script's hands.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "sim/net/host.h"
#include "sim/script/reachable.h"
#include "stack/base/result.h"

namespace natsim::script {

// socket:send(to, bytes), socket:receive(timeout), socket:close(); socket.endpoint, socket.port,
// socket.waiting (datagrams that have come and not been received).
class SocketObject : public Reachable, private net::DatagramReceiver {
 public:
  static const Class lua_class;

  explicit SocketObject(net::Host& host) : host_(host) {}

  // Binds it; the reason if that is not possible. To be called once, before all else.
  std::string open(const Endpoint& local);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return local_; }

 private:
  struct Datagram {
    Endpoint from;
    Bytes payload;
  };

  void receive(net::UdpSocket& socket, const net::Packet& packet) override;

  int send(lua_State* lua);
  int receive_next(lua_State* lua);
  int close(lua_State* lua);
  int port(lua_State* lua);
  int waiting(lua_State* lua);
  static int finish_receive(lua_State* lua, int status, lua_KContext context);
  int push_received(lua_State* lua);
  void require_open(lua_State* lua) const;

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  Endpoint local_;
  std::unique_ptr<net::UdpSocket> socket_;  // null once closed
  std::deque<Datagram> received_;
};

}  // namespace natsim::script
