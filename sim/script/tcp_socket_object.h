// A TCP connection and a listener in a script's hands.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "sim/script/reachable.h"

namespace natsim::script {

// What a script waits for, or knows of a connection.
enum class TcpMilestone : std::uint8_t {
  connected,  // the handshake has been done, whatever came then
  acked,      // all that was sent has been acknowledged
  ended,      // one way or another
};

// socket:wait(milestone, timeout), try_wait, send, receive, close, abort; socket.endpoint, .remote,
// .port, .state, .ending, .waiting and the counters of the connection.
class TcpSocketObject : public Reachable, private net::TcpReceiver {
 public:
  static const Class lua_class;

  explicit TcpSocketObject(net::Host& host) : host_(host) {}

  // Opens a connection; the reason if that is not possible. This or `adopt` is called once, before
  // all else.
  std::string connect(const net::TcpBinding& binding, const Endpoint& to);
  void adopt(std::unique_ptr<net::TcpSocket> socket);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  [[nodiscard]] Endpoint endpoint() const override { return socket_->local(); }

 private:
  void on_event(net::TcpSocket& socket, net::TcpEvent event) override;

  int wait(lua_State* lua);
  int try_wait(lua_State* lua);
  int send(lua_State* lua);
  int receive(lua_State* lua);
  int close(lua_State* lua);
  int abort(lua_State* lua);
  int remote(lua_State* lua);
  int port(lua_State* lua);
  int state(lua_State* lua);
  int ending(lua_State* lua);
  int connect_time(lua_State* lua);
  int rtt(lua_State* lua);
  int rto(lua_State* lua);
  int waiting(lua_State* lua);
  int congestion_window(lua_State* lua);
  int peer_window(lua_State* lua);
  int segment_size(lua_State* lua);
  template <std::uint64_t net::TcpCounters::*counter>
  int count(lua_State* lua) {
    lua_pushinteger(lua, static_cast<lua_Integer>(connection().counters().*counter));
    return 1;
  }

  int begin_wait(lua_State* lua, const char* function, lua_KFunction then);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_try_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_receive(lua_State* lua, int status, lua_KContext context);
  // Whether it has come, or never will.
  [[nodiscard]] bool reached(TcpMilestone milestone) const;
  [[nodiscard]] bool out_of_reach(TcpMilestone milestone) const;
  [[nodiscard]] std::string standing() const;
  // Something can be received, or nothing ever will.
  [[nodiscard]] bool receivable() const;
  int push_received(lua_State* lua);
  void pump();
  [[nodiscard]] const net::TcpConnection& connection() const { return socket_->connection(); }

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  Time opened_at_;
  Time connected_at_ = Time::never();
  bool ended_ = false;
  net::ByteQueue unsent_;  // what the script has sent and the connection has no room for
  bool closing_ = false;   // the script has closed it; FIN follows what is unsent
  std::unique_ptr<net::TcpSocket> socket_;
};

// listener:accept(timeout), listener:close(); listener.endpoint, listener.waiting.
class TcpListenerObject : public Reachable, private net::TcpAcceptor {
 public:
  static const Class lua_class;

  explicit TcpListenerObject(net::Host& host) : host_(host) {}

  // Listens; the reason if that is not possible. To be called once, before all else.
  std::string open(const net::TcpBinding& binding);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return local_; }

 private:
  void accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) override;

  int accept_next(lua_State* lua);
  int close(lua_State* lua);
  int port(lua_State* lua);
  int waiting(lua_State* lua);
  static int finish_accept(lua_State* lua, int status, lua_KContext context);
  int push_accepted(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  Endpoint local_;
  std::deque<std::unique_ptr<net::TcpSocket>> accepted_;  // not yet taken by the script
  std::unique_ptr<net::TcpListener> listener_;            // null once closed
};

}  // namespace natsim::script
