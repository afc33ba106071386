#include "sim/agents/turn_tcp_relay.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace natsim::agents {
namespace {

constexpr std::size_t stun_header_size = 20;
constexpr net::TcpOptions data_options{.nagle = false};

IpAddress any_of(Family family) {
  return family == Family::ipv4 ? IpAddress::v4(0, 0, 0, 0) : IpAddress::parse("::").value();
}

}  // namespace

Result<std::unique_ptr<TurnTcpRelay>> TurnTcpRelay::start(net::Host& host,
                                                          TurnTcpRelayOptions options) {
  std::unique_ptr<TurnTcpRelay> relay(new TurnTcpRelay(host, std::move(options)));
  const Endpoint& server = relay->options_.server;
  TurnStream::User& user = *relay;
  auto control =
      TurnStream::connect(host, any_of(server.address.family()), server, user, std::nullopt);
  if (!control) return Error{control.error()};
  relay->control_ = std::move(control.value());
  return relay;
}

TurnTcpRelay::TurnTcpRelay(net::Host& host, TurnTcpRelayOptions options)
    : Agent(host, "turn_tcp"),
      options_(std::move(options)),
      random_(host.world().random(label())) {}

void TurnTcpRelay::on_open(TurnStream& stream) {
  client_ =
      std::make_unique<turn::Client>(turn::ClientOptions{.local = stream.local(),
                                                         .server = options_.server,
                                                         .transport = Transport::tcp,
                                                         .username = options_.username,
                                                         .password = options_.password,
                                                         .family = options_.server.address.family(),
                                                         .tcp_relay = true},
                                     random_.split("control"));
  client_->start(world().now());
  for (const IpAddress& peer : std::exchange(permitted_, {})) permit(peer);
  pump();
}

void TurnTcpRelay::on_message(TurnStream& stream, ByteView message) {
  client_->receive(stream.remote(), message, world().now());
  pump();
}

void TurnTcpRelay::on_end(TurnStream& /*stream*/, std::string_view why) {
  const auto control = std::move(control_);  // until the end of this
  if (client_) {
    client_->connection_lost(world().now());
    pump();
  }
  end(std::string(why));
}

void TurnTcpRelay::permit(const IpAddress& peer) {
  if (!client_) {
    permitted_.push_back(peer);
    return;
  }
  client_->add_peer(peer, world().now());
  pump();
}

void TurnTcpRelay::connect(const Endpoint& peer) {
  // What came of an earlier try, too late for it, is no answer to this one.
  const auto of_peer = [&](const auto& each) { return each.peer == peer; };
  std::erase_if(failures_, of_peer);
  std::erase_if(connected_, of_peer);
  if (!client_ || !client_->connect_peer(peer, world().now())) {
    fail(peer, ended_.empty() ? "there is no relay yet" : ended_, 0);
    return;
  }
  pump();
}

std::optional<TurnTcpRelay::Connected> TurnTcpRelay::take_connected(const Endpoint& peer) {
  const auto found = std::find_if(connected_.begin(), connected_.end(),
                                  [&](const Connected& each) { return each.peer == peer; });
  if (found == connected_.end()) return std::nullopt;
  Connected taken = std::move(*found);
  connected_.erase(found);
  return taken;
}

std::optional<std::string> TurnTcpRelay::take_failure(const Endpoint& peer) {
  const auto found = std::find_if(failures_.begin(), failures_.end(),
                                  [&](const Failure& each) { return each.peer == peer; });
  if (found == failures_.end()) return std::nullopt;
  std::string reason = std::move(found->reason);
  failures_.erase(found);
  return reason;
}

std::optional<TurnTcpRelay::Connected> TurnTcpRelay::take_accepted() {
  if (accepted_.empty()) return std::nullopt;
  Connected taken = std::move(accepted_.front());
  accepted_.pop_front();
  return taken;
}

bool TurnTcpRelay::has_news_of(const Endpoint& peer) const {
  const auto of_peer = [&](const auto& each) { return each.peer == peer; };
  return std::any_of(connected_.begin(), connected_.end(), of_peer) ||
         std::any_of(failures_.begin(), failures_.end(), of_peer);
}

void TurnTcpRelay::close() {
  if (client_) client_->close(world().now());
  pump();
}

void TurnTcpRelay::handle_timeout(Time now) {
  if (client_) client_->handle_timeout(now);
  for (Data& data : data_) {
    if (data.binding) data.binding->handle_timeout(now);
  }
}

Time TurnTcpRelay::next_timeout() const {
  Time next = client_ ? client_->next_timeout() : Time::never();
  for (const Data& data : data_) {
    if (data.binding) next = std::min(next, data.binding->next_timeout());
  }
  return next;
}

void TurnTcpRelay::drain() {
  if (!client_) return;
  for (bool quiet = false; !quiet;) {
    quiet = true;
    while (const auto out = client_->poll_transmit()) {
      if (control_) control_->send(out->payload);
    }
    while (const auto event = client_->poll_event()) {
      quiet = false;
      std::visit([this](const auto& e) { on(e); }, *event);
    }
  }
  send_bindings();
}

void TurnTcpRelay::send_bindings() {
  for (std::size_t i = 0; i < data_.size();) {
    Data& data = data_[i];
    if (!data.binding) {
      ++i;
      continue;
    }
    while (const auto out = data.binding->poll_transmit()) data.socket->send(out->payload);
    if (data.binding->state() != turn::ConnectionBinding::State::failed) {
      ++i;
      continue;
    }
    fail(data.peer, "the server does not bind the connection", data.binding->code());
    data_.erase(data_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void TurnTcpRelay::on(const turn::Allocated& event) {
  relayed_ = event.relayed;
  tell("turn_tcp.allocated", {{"server", options_.server}, {"relay", relayed_}});
}

void TurnTcpRelay::on(const turn::Failed& event) {
  end(event.code == 0 ? std::string(to_string(event.why))
                      : fmt::format("{} ({})", to_string(event.why), event.code));
  if (control_) control_->close();
}

void TurnTcpRelay::on(const turn::Expired& event) { end(std::string(to_string(event.why))); }

void TurnTcpRelay::on(const turn::Closed& /*event*/) {
  if (control_) control_->close();
  end("closed");
}

// The 5-tuple of a fresh connection is nobody else's, so a server that says 437 is of no use.
void TurnTcpRelay::on(const turn::NeedNewLocalPort& /*event*/) {
  client_->connection_lost(world().now());
}

void TurnTcpRelay::on(const turn::PermissionFailed& event) {
  tell("turn_tcp.failed", {{"peer", Endpoint{event.peer, 0}},
                           {"reason", std::string_view("no permission")},
                           {"code", event.code}});
}

void TurnTcpRelay::on(const turn::PeerConnected& event) {
  const net::TcpBinding binding{.local = {control_->local().address, 0}, .options = data_options};
  auto socket = host().tcp().connect(binding, options_.server, *this);
  if (!socket) return fail(event.peer, socket.error(), 0);
  data_.push_back({event.peer, event.id, event.by_peer, std::move(socket.value()), {}, {}});
}

void TurnTcpRelay::on(const turn::PeerConnectFailed& event) {
  fail(event.peer, to_string(event.why), event.code);
}

void TurnTcpRelay::on_event(net::TcpSocket& socket, net::TcpEvent event) {
  const auto found = std::find_if(data_.begin(), data_.end(),
                                  [&](const Data& data) { return data.socket.get() == &socket; });
  if (found == data_.end()) return;
  if (event == net::TcpEvent::connected) {
    found->binding.emplace(turn::ConnectionBinding::Options{.local = socket.local(),
                                                            .server = options_.server,
                                                            .transport = Transport::tcp,
                                                            .username = options_.username,
                                                            .password = options_.password,
                                                            .id = found->id},
                           random_.split(found->id), world().now());
  } else if (event == net::TcpEvent::readable) {
    return read(static_cast<std::size_t>(found - data_.begin()));
  } else if (event == net::TcpEvent::ended || event == net::TcpEvent::peer_finished) {
    fail(found->peer, "the server has closed the connection", 0);
    socket.set_receiver(nullptr);
    data_.erase(found);
    return;
  }
  pump();
}

// Whole messages and nothing behind them: that is the peer's.
void TurnTcpRelay::read(std::size_t place) {
  for (;;) {
    Data& data = data_[place];
    const std::size_t size = data.message.size() < stun_header_size
                                 ? stun_header_size
                                 : stun_header_size + load_be16(data.message.data() + 2);
    if (data.message.size() == size) {
      const Bytes message = std::exchange(data.message, {});
      data.binding->receive(message, world().now());
      if (data.binding->state() == turn::ConnectionBinding::State::bound) return bound(place);
      break;
    }
    const Bytes more = data.socket->read(size - data.message.size());
    if (more.empty()) break;
    data.message.insert(data.message.end(), more.begin(), more.end());
  }
  pump();
}

void TurnTcpRelay::bound(std::size_t place) {
  Data data = std::move(data_[place]);
  data_.erase(data_.begin() + static_cast<std::ptrdiff_t>(place));
  data.socket->set_receiver(nullptr);
  tell("turn_tcp.connected", {{"peer", data.peer}, {"by_peer", data.by_peer}});
  auto& queue = data.by_peer ? accepted_ : connected_;
  queue.push_back({data.peer, std::move(data.socket)});
  pump();
}

void TurnTcpRelay::fail(const Endpoint& peer, std::string_view reason, int code) {
  tell("turn_tcp.failed", {{"peer", peer}, {"reason", reason}, {"code", code}});
  failures_.push_back(
      {peer, code == 0 ? std::string(reason) : fmt::format("{} ({})", reason, code)});
}

void TurnTcpRelay::end(std::string reason) {
  if (!ended_.empty()) return;
  ended_ = std::move(reason);
  relayed_ = {};
  tell("turn_tcp.ended", {{"reason", std::string_view(ended_)}});
}

}  // namespace natsim::agents
