#include "sim/net/tcp_socket.h"

#include <utility>

#include "sim/net/host.h"
#include "sim/net/tcp_control_block.h"
#include "sim/net/tcp_stack.h"

namespace natsim::net {

TcpSocket::TcpSocket(std::unique_ptr<TcpControlBlock> block) : block_(std::move(block)) {}

TcpSocket::~TcpSocket() {
  block_->socket = nullptr;
  TcpStack& stack = block_->stack;
  stack.release(std::move(block_));
}

Host& TcpSocket::host() const { return block_->host; }
const Endpoint& TcpSocket::local() const { return block_->local; }
const Endpoint& TcpSocket::remote() const { return block_->remote; }
const TcpConnection& TcpSocket::connection() const { return block_->connection; }

std::size_t TcpSocket::send(ByteView bytes) {
  const std::size_t taken = block_->connection.send(bytes, block_->host.world().now());
  block_->stack.drain(*block_);
  return taken;
}

Bytes TcpSocket::read(std::size_t most) {
  Bytes bytes = block_->connection.read(most, block_->host.world().now());
  block_->stack.drain(*block_);
  return bytes;
}

void TcpSocket::close() {
  block_->connection.close(block_->host.world().now());
  block_->stack.drain(*block_);
}

void TcpSocket::abort() {
  block_->connection.abort(block_->host.world().now());
  block_->stack.drain(*block_);
}

TcpListener::~TcpListener() { stack_.close(*this); }

}  // namespace natsim::net
