// TCP on a simulated host, as its programs see it.
#pragma once

#include <memory>
#include <vector>

#include "sim/net/tcp_connection.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

class Host;
class TcpListener;
class TcpSocket;
class TcpStack;
struct TcpControlBlock;

// Is told what happens to a socket's connection. It may do anything with this and other sockets,
// and end them.
class TcpReceiver {
 public:
  virtual ~TcpReceiver() = default;
  virtual void on_event(TcpSocket& socket, TcpEvent event) = 0;
};

// Takes the connections that a listener has established.
class TcpAcceptor {
 public:
  virtual ~TcpAcceptor() = default;
  // The socket tells nobody of its events until it is given a receiver, which is best done here.
  virtual void accept(TcpListener& listener, std::unique_ptr<TcpSocket> socket) = 0;
};

// A connection in a program's hands, from TcpStack::connect or a listener. Its end, which must come
// before the host's, leaves the connection to close by itself (TcpConnection::detach).
class TcpSocket {
 public:
  TcpSocket(const TcpSocket&) = delete;  // the stack refers to it
  TcpSocket& operator=(const TcpSocket&) = delete;
  ~TcpSocket();

  [[nodiscard]] Host& host() const;
  [[nodiscard]] const Endpoint& local() const;
  [[nodiscard]] const Endpoint& remote() const;
  // Null: nobody is told. It must outlive the socket or be taken away first.
  void set_receiver(TcpReceiver* receiver) { receiver_ = receiver; }

  // As the functions of TcpConnection of the same names.
  std::size_t send(ByteView bytes);
  Bytes read(std::size_t most);
  void close();
  void abort();
  // For what can be asked: state, counters, readable, room.
  [[nodiscard]] const TcpConnection& connection() const;

 private:
  friend class TcpStack;

  explicit TcpSocket(std::unique_ptr<TcpControlBlock> block);

  std::unique_ptr<TcpControlBlock> block_;
  TcpReceiver* receiver_ = nullptr;
};

// Waits for connections on a local endpoint, until its end, which must come before the host's.
class TcpListener {
 public:
  TcpListener(const TcpListener&) = delete;  // the stack refers to it
  TcpListener& operator=(const TcpListener&) = delete;
  // Connections that are not established yet are answered with RST.
  ~TcpListener();

  // The address may be "any"; the port is never 0.
  [[nodiscard]] const Endpoint& local() const { return local_; }

 private:
  friend class TcpStack;

  TcpListener(TcpStack& stack, const Endpoint& local, TcpAcceptor& acceptor,
              const TcpOptions& options)
      : stack_(stack), local_(local), acceptor_(acceptor), options_(options) {}

  TcpStack& stack_;
  Endpoint local_;
  TcpAcceptor& acceptor_;
  TcpOptions options_;                       // of its connections
  std::vector<TcpControlBlock*> half_open_;  // in SYN-RECEIVED, in order of their SYNs
};

}  // namespace natsim::net
