#include "stack/stun/binding_server.h"

#include <stdexcept>
#include <utility>

namespace natsim::stun {

BindingServer::BindingServer(Options options) : options_(std::move(options)) {
  if (!options_.alternate) return;
  const Endpoint& one = options_.primary;
  const Endpoint& two = *options_.alternate;
  if (one.address == two.address || one.port == two.port ||
      one.address.family() != two.address.family()) {
    throw std::invalid_argument(
        "the alternate of a STUN server differs in address and in port, not in family");
  }
}

std::vector<Endpoint> BindingServer::sockets() const {
  if (!options_.alternate) return {options_.primary};
  const Endpoint& one = options_.primary;
  const Endpoint& two = *options_.alternate;
  return {one, {one.address, two.port}, {two.address, one.port}, two};
}

Endpoint BindingServer::changed(const Endpoint& socket, ChangeRequest change) const {
  const Endpoint& one = options_.primary;
  const Endpoint& two = *options_.alternate;
  Endpoint result = socket;
  if (change.change_ip) {
    result.address = socket.address == one.address ? two.address : one.address;
  }
  if (change.change_port) result.port = socket.port == one.port ? two.port : one.port;
  return result;
}

void BindingServer::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                            Time /*now*/) {
  const auto message = MessageView::parse(datagram);
  if (message && message->method() == Method::binding && message->is_request()) {
    answer(local, remote, *message);
  } else if (message && message->method() == Method::binding && message->is_indication()) {
    ++counters_.indications;
  } else {
    ++counters_.ignored;
  }
}

void BindingServer::answer(const Endpoint& local, const Endpoint& remote,
                           const MessageView& request) {
  const bool discovery = options_.alternate.has_value();
  const auto unknown = request.unknown_required(discovery ? Usage::stun | Usage::behaviour_discovery
                                                          : Usages(Usage::stun));
  if (!unknown.empty()) {
    MessageBuilder response =
        MessageBuilder::error_response(request, ErrorNumber::unknown_attribute);
    response.unknown_attributes(unknown);
    return refuse(local, remote, request, std::move(response));
  }

  const auto change = request.change_request();
  const auto port = request.response_port();
  const auto padding = request.padding();
  // A port to answer to and padding together would be a tool for floods (RFC 5780 §7.5).
  if ((request.has(AttributeType::change_request) && !change) ||
      (request.has(AttributeType::response_port) && (!port || *port == 0 || padding))) {
    return refuse(local, remote, request,
                  MessageBuilder::error_response(request, ErrorNumber::bad_request));
  }

  if (options_.alternate_server &&
      options_.alternate_server->address.family() == remote.address.family()) {
    MessageBuilder response = MessageBuilder::error_response(request, ErrorNumber::try_alternate);
    response.alternate_server(*options_.alternate_server);
    ++counters_.redirected;
    return send(local, remote, request, std::move(response));
  }

  MessageBuilder response = MessageBuilder::success_response(request);
  response.xor_mapped_address(remote);
  Endpoint origin = local;
  if (discovery) {
    origin = changed(local, change.value_or(ChangeRequest{}));
    // MAPPED-ADDRESS beside the XORed one shows whether some gateway rewrites addresses in
    // payloads (RFC 5780 §3.6).
    response.mapped_address(remote).response_origin(origin).other_address(
        changed(local, {.change_ip = true, .change_port = true}));
    if (padding) response.padding(*padding);
  }
  ++counters_.answered;
  send(origin, {remote.address, port.value_or(remote.port)}, request, std::move(response));
}

void BindingServer::refuse(const Endpoint& local, const Endpoint& remote,
                           const MessageView& request, MessageBuilder response) {
  ++counters_.refused;
  send(local, remote, request, std::move(response));
}

void BindingServer::send(const Endpoint& local, const Endpoint& remote, const MessageView& request,
                         MessageBuilder response) {
  if (!options_.software.empty()) response.software(options_.software);
  // A client that uses FINGERPRINT tells STUN from other traffic by it.
  if (request.has_fingerprint()) response.fingerprint();
  transmits_.push_back({local, remote, response.take()});
}

std::optional<Transmit> BindingServer::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  Transmit next = std::move(transmits_.front());
  transmits_.pop_front();
  return next;
}

}  // namespace natsim::stun
