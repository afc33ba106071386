#include "sim/agents/byte_stream.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace natsim::agents {

using net::TcpEvent;

Result<std::unique_ptr<ByteStream>> ByteStream::connect(net::Host& host,
                                                        const net::TcpBinding& binding,
                                                        const Endpoint& remote, User& user,
                                                        std::optional<TlsLayer> tls) {
  std::unique_ptr<ByteStream> stream(new ByteStream(user, std::move(tls)));
  auto socket = host.tcp().connect(binding, remote, *stream);
  if (!socket) return Error{socket.error()};
  stream->socket_ = std::move(socket.value());
  stream->local_ = stream->socket_->local();
  stream->remote_ = remote;
  stream->is_client_ = true;
  if (stream->tls_) stream->tls_->set_peer(remote);
  return stream;
}

std::unique_ptr<ByteStream> ByteStream::accept(std::unique_ptr<net::TcpSocket> socket, User& user,
                                               std::optional<TlsLayer> tls) {
  std::unique_ptr<ByteStream> stream(new ByteStream(user, std::move(tls)));
  stream->socket_ = std::move(socket);
  stream->local_ = stream->socket_->local();
  stream->remote_ = stream->socket_->remote();
  if (stream->tls_) stream->tls_->set_peer(stream->remote_);
  stream->socket_->set_receiver(stream.get());
  return stream;
}

void ByteStream::send(ByteView bytes) {
  if (socket_ == nullptr || closing_) return;
  if (tls_) {
    tls_->send(bytes);
    return send_protected();
  }
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  send_unsent();
}

void ByteStream::close() {
  if (std::exchange(closing_, true)) return;
  if (tls_) {
    tls_->close();
    send_protected();
  } else {
    send_unsent();
  }
}

void ByteStream::abort() {
  if (socket_ == nullptr) return;
  socket_->set_receiver(nullptr);
  const std::unique_ptr<net::TcpSocket> socket = std::move(socket_);
  socket->abort();
}

void ByteStream::on_event(net::TcpSocket& socket, TcpEvent event) {
  switch (event) {
    case TcpEvent::connected:
      if (!is_client_) return;
      if (!tls_) return user_.on_open(*this);
      tls_->start();
      return send_protected();
    case TcpEvent::writable:
      return send_unsent();
    case TcpEvent::readable:
    case TcpEvent::peer_finished: {
      const bool last = event == TcpEvent::peer_finished;
      const Bytes bytes = socket.read(socket.connection().readable());
      if (!(tls_ ? take_protected(bytes, last) : take_plain(bytes))) return;
      if (last) end("the other side closed the stream");
      return;
    }
    case TcpEvent::ended:
      return end(net::name(socket.connection().end()));
  }
}

bool ByteStream::take_protected(ByteView bytes, bool last) {
  const std::weak_ptr<const char> alive(alive_);
  tls_->receive(bytes);
  if (last) tls_->end();
  while (const auto event = tls_->poll_event()) {
    send_protected();
    if (alive.expired() || socket_ == nullptr) return false;
    if (const auto* const data = std::get_if<tls::Data>(&*event)) {
      if (!take_plain(data->bytes)) return false;
    } else if (const auto* const closed = std::get_if<tls::Closed>(&*event)) {
      end(closed->clean ? std::string_view("the other side closed the stream") : closed->reason);
      return false;
    } else if (is_client_ && !closing_) {
      user_.on_open(*this);
      if (alive.expired() || socket_ == nullptr) return false;
    }
  }
  send_protected();
  return !alive.expired() && socket_ != nullptr;
}

bool ByteStream::take_plain(ByteView bytes) {
  if (closing_ || bytes.empty()) return true;
  const std::weak_ptr<const char> alive(alive_);
  user_.on_bytes(*this, bytes);
  if (alive.expired() || socket_ == nullptr) return false;
  if (failure_.empty()) return true;
  end(failure_);
  return false;
}

void ByteStream::send_protected() {
  while (const auto bytes = tls_->poll_transmit()) {
    unsent_.insert(unsent_.end(), bytes->begin(), bytes->end());
  }
  send_unsent();
}

void ByteStream::send_unsent() {
  if (socket_ == nullptr) return;
  const std::size_t size = std::min(unsent_.size(), socket_->connection().room());
  const auto end = unsent_.begin() + static_cast<std::ptrdiff_t>(size);
  const Bytes bytes(unsent_.begin(), end);
  unsent_.erase(unsent_.begin(), end);
  const bool closes = closing_ && unsent_.empty();
  const std::weak_ptr<const char> alive(alive_);
  if (!bytes.empty()) socket_->send(bytes);
  if (closes && !alive.expired() && socket_ != nullptr) socket_->close();
}

void ByteStream::end(std::string_view why) {
  if (socket_ == nullptr) return;
  socket_->set_receiver(nullptr);
  const std::unique_ptr<net::TcpSocket> socket = std::move(socket_);
  if (!failure_.empty()) socket->abort();
  user_.on_end(*this, why);  // may end this stream
}

}  // namespace natsim::agents
