#include "tools/serve/sockets.h"

#include <array>
#include <chrono>
#include <deque>
#include <random>
#include <utility>
#include <variant>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "stack/turn/stream_framing.h"

namespace natsim::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

asio::ip::address to_asio(const IpAddress& address) {
  if (address.is_v4()) return asio::ip::address_v4(address.to_v4());
  return asio::ip::address_v6(address.to_bytes());
}
template <typename Protocol>
asio::ip::basic_endpoint<Protocol> to_asio(const Endpoint& endpoint) {
  return {to_asio(endpoint.address), endpoint.port};
}
template <typename Protocol>
Endpoint from_asio(const asio::ip::basic_endpoint<Protocol>& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return {IpAddress::v4(address.to_v4().to_uint()), endpoint.port()};
  const auto bytes = address.to_v6().to_bytes();
  return {IpAddress::from_bytes(Family::ipv6, bytes.data()), endpoint.port()};
}

// Opens and binds; what the system says if that fails.
template <typename Socket>
std::optional<Error> bind(Socket& socket, const Endpoint& local) {
  using Protocol = typename Socket::protocol_type;
  const auto endpoint = to_asio<Protocol>(local);
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error && !local.address.is_v4()) socket.set_option(asio::ip::v6_only(true), error);
  if (!error && std::is_same_v<Protocol, asio::ip::tcp>) {
    socket.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) socket.bind(endpoint, error);
  if (!error) return std::nullopt;
  return Error{fmt::format("{}: {}", to_string(local), error.message())};
}

std::uint64_t entropy() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

WallClock::WallClock()
    : begun_{std::chrono::duration_cast<std::chrono::nanoseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count()},
      offset_ns_(steady_ns()) {}

Time WallClock::now() const { return begun_ + nanoseconds(steady_ns() - offset_ns_); }

class Sockets::UdpSocket : public std::enable_shared_from_this<UdpSocket> {
 public:
  explicit UdpSocket(Sockets& owner) : owner_(owner), socket_(owner.context_) {}

  std::optional<Error> open(const Endpoint& local) {
    if (auto error = bind(socket_, local)) return error;
    local_ = from_asio(socket_.local_endpoint());
    socket_.non_blocking(true);
    receive();
    return std::nullopt;
  }
  void close() {
    closed_ = true;
    error_code error;
    socket_.close(error);
  }
  void send(const Endpoint& remote, ByteView bytes) {
    error_code lost;  // as on any network
    socket_.send_to(asio::buffer(bytes.data(), bytes.size()), to_asio<asio::ip::udp>(remote), 0,
                    lost);
  }

 private:
  void receive() {
    socket_.async_receive_from(
        asio::buffer(buffer_), from_,
        [self = shared_from_this()](const error_code& error, std::size_t size) {
          if (self->closed_) return;
          // An ICMP error to something that was sent shows here, and is no reason to stop.
          if (!error) {
            self->owner_.user_.on_message(self->local_, from_asio(self->from_),
                                          ByteView(self->buffer_).first(size), Transport::udp);
          }
          if (!self->closed_) self->receive();
        });
  }

  Sockets& owner_;
  asio::ip::udp::socket socket_;
  Endpoint local_;
  asio::ip::udp::endpoint from_;
  std::array<std::uint8_t, 65'536> buffer_;
  bool closed_ = false;
};

class Sockets::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Sockets& owner, asio::ip::tcp::socket socket, Ends ends,
             const std::optional<tls::ServerOptions>& tls)
      : owner_(owner),
        socket_(std::move(socket)),
        deadline_(owner.context_),
        ends_(std::move(ends)) {
    if (tls) tls_.emplace(owner.tls_, *tls, owner.random_.split(owner.accepted_));
  }
  [[nodiscard]] const Ends& ends() const { return ends_; }
  [[nodiscard]] Transport transport() const { return tls_ ? Transport::tls : Transport::tcp; }

  void start() {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    deadline_.expires_after(std::chrono::nanoseconds(handshake_limit.ns));
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->spoken_) self->close();
    });
    read();
  }
  void send(ByteView message) {
    if (unsent_ + message.size() > max_unsent) return;
    if (tls_) {
      tls_->send(message, Time{});
      flush_tls();
    } else {
      write(Bytes(message.begin(), message.end()));
    }
  }
  void close() {
    if (closed_) return;
    closed_ = true;
    deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
    owner_.end(*this);
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                              if (self->closed_) return;
                              if (error) return self->close();
                              self->take(ByteView(self->buffer_).first(size));
                              if (!self->closed_) self->read();
                            });
  }
  void take(ByteView bytes) {
    if (!tls_) return take_plain(bytes);
    tls_->receive(bytes, Time{});
    while (const auto event = tls_->poll_event()) {
      if (const auto* data = std::get_if<tls::Data>(&*event)) take_plain(data->bytes);
      if (closed_) return;
    }
    flush_tls();
    if (tls_->state() == tls::Endpoint::State::closed && queue_.empty()) close();
  }
  void take_plain(ByteView bytes) {
    framing_.receive(bytes);
    while (const auto message = framing_.poll_message()) {
      spoken_ = true;
      owner_.user_.on_message(ends_.first, ends_.second, *message, transport());
      if (closed_) return;
    }
    if (framing_.broken()) close();
  }
  void flush_tls() {
    while (auto bytes = tls_->poll_transmit()) write(std::move(*bytes));
  }
  void write(Bytes bytes) {
    unsent_ += bytes.size();
    queue_.push_back(std::move(bytes));
    if (queue_.size() == 1) write_next();
  }
  void write_next() {
    asio::async_write(
        socket_, asio::buffer(queue_.front()),
        [self = shared_from_this()](const error_code& error, std::size_t /*size*/) {
          if (self->closed_) return;
          if (error) return self->close();
          self->unsent_ -= self->queue_.front().size();
          self->queue_.pop_front();
          if (!self->queue_.empty()) {
            self->write_next();
          } else if (self->tls_ && self->tls_->state() == tls::Endpoint::State::closed) {
            self->close();
          }
        });
  }

  Sockets& owner_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer deadline_;
  Ends ends_;
  std::optional<tls::Endpoint> tls_;
  turn::StreamFraming framing_{turn::last_legacy_channel};
  std::array<std::uint8_t, 16'384> buffer_{};
  std::deque<Bytes> queue_;
  std::size_t unsent_ = 0;
  bool spoken_ = false;  // a whole message has come
  bool closed_ = false;
};

class Sockets::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(Sockets& owner, const std::optional<tls::ServerOptions>& tls)
      : owner_(owner), acceptor_(owner.context_), pause_(owner.context_), tls_(tls) {}

  std::optional<Error> open(const Endpoint& local) {
    if (auto error = bind(acceptor_, local)) return error;
    error_code error;
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{fmt::format("{}: {}", to_string(local), error.message())};
    accept();
    return std::nullopt;
  }
  void close() {
    closed_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const error_code& error, asio::ip::tcp::socket socket) {
          if (self->closed_) return;
          if (error) return self->wait();
          self->take(std::move(socket));
          self->accept();
        });
  }
  // Who waits is still there as long as descriptors lack: to accept at once would fail at once.
  void wait() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = shared_from_this()](const error_code&) {
      if (!self->closed_) self->accept();
    });
  }
  void take(asio::ip::tcp::socket socket) {
    if (owner_.connections_.size() >= max_connections) return;
    error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    if (gone) return;
    const auto local = socket.local_endpoint(gone);
    if (gone) return;
    ++owner_.accepted_;
    auto connection = std::make_shared<Connection>(owner_, std::move(socket),
                                                   Ends{from_asio(local), from_asio(remote)}, tls_);
    owner_.connections_[connection->ends()] = connection;
    connection->start();
  }

  Sockets& owner_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::optional<tls::ServerOptions> tls_;
  bool closed_ = false;
};

Sockets::Sockets(boost::asio::io_context& context, User& user)
    : context_(context), user_(user), random_(entropy()) {}

Sockets::~Sockets() {
  for (const auto& [local, socket] : udp_) socket->close();
  for (const auto& [local, listener] : listeners_) listener->close();
}

std::optional<Error> Sockets::open_udp(const Endpoint& local) {
  auto socket = std::make_shared<UdpSocket>(*this);
  if (auto error = socket->open(local)) return error;
  udp_[local] = std::move(socket);
  return std::nullopt;
}

void Sockets::close_udp(const Endpoint& local) {
  const auto found = udp_.find(local);
  if (found == udp_.end()) return;
  found->second->close();
  udp_.erase(found);
}

std::optional<Error> Sockets::listen(const Endpoint& local,
                                     const std::optional<tls::ServerOptions>& tls) {
  auto listener = std::make_shared<Listener>(*this, tls);
  if (auto error = listener->open(local)) return error;
  listeners_[local] = std::move(listener);
  return std::nullopt;
}

void Sockets::send(const Transmit& message) {
  if (!is_stream(message.transport)) {
    const auto socket = udp_.find(message.local);
    if (socket != udp_.end()) socket->second->send(message.remote, message.payload);
    return;
  }
  const auto connection = connections_.find({message.local, message.remote});
  if (connection != connections_.end()) connection->second->send(message.payload);
}

void Sockets::end(Connection& connection) {
  const auto found = connections_.find(connection.ends());
  if (found == connections_.end() || found->second.get() != &connection) return;
  const std::shared_ptr<Connection> ended = std::move(found->second);
  connections_.erase(found);
  user_.on_disconnected(ended->ends().first, ended->ends().second, ended->transport());
}

}  // namespace natsim::serve
