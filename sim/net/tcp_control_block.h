// What TCP's socket and stack share: a connection with its place in the world.
#pragma once

#include <utility>

#include "sim/core/scheduler.h"
#include "sim/net/tcp_connection.h"
#include "stack/base/address.h"

namespace natsim::net {

class Host;
class TcpListener;
class TcpSocket;
class TcpStack;

struct TcpControlBlock {
  // Knows whose it is, so that the stack need not look for it.
  struct WakeUp : core::Timer {
    WakeUp(core::Actor& owner, TcpControlBlock& its_block) : Timer(owner), block(its_block) {}
    TcpControlBlock& block;
  };

  TcpControlBlock(TcpStack& its_stack, Host& its_host, core::Actor& actor,
                  const Endpoint& its_local, const Endpoint& its_remote, TcpConnection&& machine)
      : stack(its_stack),
        host(its_host),
        local(its_local),
        remote(its_remote),
        connection(std::move(machine)),
        wake_up(actor, *this) {}

  TcpStack& stack;
  Host& host;
  Endpoint local;
  Endpoint remote;
  TcpConnection connection;
  WakeUp wake_up;
  TcpSocket* socket = nullptr;      // null before it is accepted and after its program has gone
  TcpListener* listener = nullptr;  // null unless it is half open for a listener
  bool holds_port = false;
  bool draining = false;
  bool registered = true;  // among the stack's connections
};

}  // namespace natsim::net
