#include "tools/serve/services.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace natsim::serve {

StunService::StunService(boost::asio::io_context& context,
                         const stun::BindingServer::Options& options)
    : machine_(options), sockets_(context, *this) {}

std::optional<Error> StunService::start() {
  for (const Endpoint& local : machine_.sockets()) {
    if (auto error = sockets_.open_udp(local)) return error;
  }
  return std::nullopt;
}

void StunService::on_message(const Endpoint& local, const Endpoint& remote, ByteView message,
                             Transport /*transport*/) {
  machine_.receive(local, remote, message, clock_.now());
  while (const auto out = machine_.poll_transmit()) sockets_.send(*out);
}

TurnService::TurnService(boost::asio::io_context& context, TurnServiceOptions options,
                         const Random& random, std::function<void(const turn::ServerEvent&)> told,
                         std::function<void(const Error&)> refused)
    : options_(std::move(options)),
      told_(std::move(told)),
      refused_(std::move(refused)),
      machine_(options_.turn, random),
      sockets_(context, *this),
      timer_(context) {}

std::optional<Error> TurnService::start() {
  const Endpoint& listening = options_.turn.listening.front();
  if (auto error = sockets_.open_udp(listening)) return error;
  if (options_.tcp) {
    if (auto error = sockets_.listen(listening, std::nullopt)) return error;
  }
  if (options_.tls_port) {
    return sockets_.listen({listening.address, *options_.tls_port}, options_.tls);
  }
  return std::nullopt;
}

void TurnService::on_message(const Endpoint& local, const Endpoint& remote, ByteView message,
                             Transport transport) {
  if (is_stream(transport) || local == options_.turn.listening.front()) {
    machine_.receive(local, remote, message, clock_.now(), transport);
  } else {
    machine_.receive_from_peer(local, remote, message, clock_.now());
  }
  drain();
}

void TurnService::on_disconnected(const Endpoint& local, const Endpoint& remote,
                                  Transport transport) {
  machine_.connection_closed({remote, local, transport}, clock_.now());
  drain();
}

void TurnService::drain() {
  // A relay must be open before what is sent from it.
  while (const auto event = machine_.poll_event()) {
    if (const auto* open = std::get_if<turn::OpenRelay>(&*event)) {
      if (const auto error = sockets_.open_udp(open->relay)) refused_(*error);
    } else if (const auto* close = std::get_if<turn::CloseRelay>(&*event)) {
      sockets_.close_udp(close->relay);
    }
    told_(*event);
  }
  while (const auto out = machine_.poll_transmit()) sockets_.send(*out);
  arm();
}

void TurnService::arm() {
  const Time next = machine_.next_timeout();
  if (next.is_never()) return;
  const Duration wait = std::max(next - clock_.now(), Duration{});
  timer_.expires_after(std::chrono::nanoseconds(wait.ns));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // armed anew
    machine_.handle_timeout(clock_.now());
    drain();
  });
}

}  // namespace natsim::serve
