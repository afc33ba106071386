#include "sim/agents/byte_stream.h"

#include <algorithm>
#include <utility>

namespace natsim::agents {

using net::TcpEvent;

Result<std::unique_ptr<ByteStream>> ByteStream::connect(net::Host& host,
                                                        const net::TcpBinding& binding,
                                                        const Endpoint& remote, User& user) {
  std::unique_ptr<ByteStream> stream(new ByteStream(user));
  auto socket = host.tcp().connect(binding, remote, *stream);
  if (!socket) return Error{socket.error()};
  stream->socket_ = std::move(socket.value());
  stream->local_ = stream->socket_->local();
  stream->remote_ = remote;
  return stream;
}

std::unique_ptr<ByteStream> ByteStream::accept(std::unique_ptr<net::TcpSocket> socket, User& user) {
  std::unique_ptr<ByteStream> stream(new ByteStream(user));
  stream->socket_ = std::move(socket);
  stream->local_ = stream->socket_->local();
  stream->remote_ = stream->socket_->remote();
  stream->socket_->set_receiver(stream.get());
  return stream;
}

void ByteStream::send(ByteView bytes) {
  if (socket_ == nullptr || closing_) return;
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  send_unsent();
}

void ByteStream::close() {
  if (std::exchange(closing_, true)) return;
  send_unsent();
}

void ByteStream::on_event(net::TcpSocket& socket, TcpEvent event) {
  switch (event) {
    case TcpEvent::connected:
      user_.on_open(*this);
      return;
    case TcpEvent::writable:
      return send_unsent();
    case TcpEvent::readable:
    case TcpEvent::peer_finished: {
      const Bytes bytes = socket.read(socket.connection().readable());
      if (!closing_ && !bytes.empty()) user_.on_bytes(*this, bytes);
      if (!failure_.empty()) return end(failure_);
      if (event == TcpEvent::peer_finished) end("the other side closed the stream");
      return;
    }
    case TcpEvent::ended:
      return end(net::name(socket.connection().end()));
  }
}

void ByteStream::send_unsent() {
  if (socket_ == nullptr) return;
  const std::size_t size = std::min(unsent_.size(), socket_->connection().room());
  const auto end = unsent_.begin() + static_cast<std::ptrdiff_t>(size);
  const Bytes bytes(unsent_.begin(), end);
  unsent_.erase(unsent_.begin(), end);
  const bool closes = closing_ && unsent_.empty();
  if (!bytes.empty()) socket_->send(bytes);
  if (closes && socket_ != nullptr) socket_->close();
}

void ByteStream::end(std::string_view why) {
  if (socket_ == nullptr) return;
  socket_->set_receiver(nullptr);
  const std::unique_ptr<net::TcpSocket> socket = std::move(socket_);
  if (!failure_.empty()) socket->abort();
  user_.on_end(*this, why);  // may end this stream
}

}  // namespace natsim::agents
