#include "sim/net/host.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/node.h"
#include "sim/net/tcp_stack.h"
#include "sim/net/trace.h"

namespace natsim::net {

using core::DropReason;

UdpSocket::~UdpSocket() { host_.close(*this); }

void UdpSocket::send(const Endpoint& remote, ByteView payload) {
  host_.send(*this, remote, payload);
}

Host::Host(Network& network, std::string name)
    : Node(network, std::move(name)),
      Actor(network.world().scheduler(), id()),
      port_random_(network.world().random(this->name() + "/ports")),
      loopback_(*this, core::EventClass::network) {}

Host::~Host() {
  while (loopback_head_ != nullptr) {
    const PacketPtr dropped(std::exchange(loopback_head_, loopback_head_->next));
  }
}

Result<std::unique_ptr<UdpSocket>> Host::open_udp(const Endpoint& local,
                                                  DatagramReceiver& receiver) {
  if (!local.address.is_any() && !owns(local.address)) {
    return Error{fmt::format("{} has no address {}", name(), to_string(local.address))};
  }
  Endpoint bound = local;
  if (bound.port == 0) {
    const auto count = std::uint16_t{65535 - first_ephemeral_port} + 1U;
    const auto start = port_random_.below(count);
    for (std::uint64_t i = 0; i < count && bound.port == 0; ++i) {
      const auto port = static_cast<std::uint16_t>(first_ephemeral_port + (start + i) % count);
      if (!taken({local.address, port})) bound.port = port;
    }
    if (bound.port == 0) return Error{fmt::format("{} has no free ephemeral port", name())};
  } else if (taken(bound)) {
    return Error{fmt::format("{} already has a socket on {}", name(), to_string(bound))};
  }
  std::unique_ptr<UdpSocket> socket(new UdpSocket(*this, bound, receiver, dont_fragment_));
  UdpSocket*& head = sockets_[bound.port];
  socket->next_ = head;
  head = socket.get();
  return socket;
}

Result<std::unique_ptr<RawSocket>> Host::open_raw(RawReceiver& receiver) {
  if (raw_ != nullptr) return Error{fmt::format("{} has a raw socket already", name())};
  std::unique_ptr<RawSocket> socket(new RawSocket(*this, receiver));
  raw_ = socket.get();
  return socket;
}

std::unique_ptr<EchoSocket> Host::open_echo(EchoReceiver& receiver) {
  while (echo_sockets_.contains(++last_identifier_)) {
  }
  std::unique_ptr<EchoSocket> socket(new EchoSocket(*this, last_identifier_, receiver));
  echo_sockets_.emplace(last_identifier_, socket.get());
  return socket;
}

void Host::close(UdpSocket& socket) {
  const auto found = sockets_.find(socket.local_.port);
  UdpSocket** link = &found->second;
  while (*link != &socket) link = &(*link)->next_;
  *link = socket.next_;
  if (found->second == nullptr) sockets_.erase(found);
}

// Two sockets may share a port if they are bound to different addresses, neither of them "any".
bool Host::taken(const Endpoint& local) const {
  const auto found = sockets_.find(local.port);
  if (found == sockets_.end()) return false;
  for (const UdpSocket* s = found->second; s != nullptr; s = s->next_) {
    const IpAddress& other = s->local_.address;
    if (other.family() != local.address.family()) continue;
    if (other == local.address || other.is_any() || local.address.is_any()) return true;
  }
  return false;
}

UdpSocket* Host::find_socket(const Endpoint& local) const {
  const auto found = sockets_.find(local.port);
  if (found == sockets_.end()) return nullptr;
  for (UdpSocket* s = found->second; s != nullptr; s = s->next_) {
    const IpAddress& bound = s->local_.address;
    if (bound == local.address) return s;
    if (bound.is_any() && bound.family() == local.address.family()) return s;
  }
  return nullptr;
}

Interface* Host::interface_for(const IpAddress& local, const IpAddress& remote) const {
  Interface* best = nullptr;
  int best_length = -1;
  for (const auto& interface : interfaces()) {
    if (!interface->connected() || interface->address_of(remote.family()) == nullptr) continue;
    if (!local.is_any()) {
      if (interface->owns(local)) return interface.get();
      continue;
    }
    if (!interface->up()) continue;
    int length = -1;
    for (const Prefix& prefix : interface->prefixes()) {
      if (prefix.contains(remote)) length = std::max<int>(length, prefix.length);
    }
    if (best == nullptr || length > best_length) {
      best = interface.get();
      best_length = length;
    }
  }
  return best;
}

const IpAddress* Host::source_for(const IpAddress& remote) const {
  const Interface* const out = interface_for(IpAddress(), remote);
  return out == nullptr ? nullptr : out->address_of(remote.family());
}

void Host::send(const UdpSocket& socket, const Endpoint& remote, ByteView payload) {
  const IpAddress& bound = socket.local_.address;
  const Family family = remote.address.family();
  const bool possible = bound.family() == family;
  const bool to_self = possible && owns(remote.address);
  Interface* const out = possible && !to_self ? interface_for(bound, remote.address) : nullptr;
  Endpoint source = socket.local_;
  if (bound.is_any() && to_self) source.address = remote.address;
  if (bound.is_any() && out != nullptr) source.address = *out->address_of(family);
  if (!possible) source.address = family == Family::ipv4 ? IpAddress::any_v4() : IpAddress();
  PacketPtr packet = make_udp(network().pool(), source, remote, payload);
  if (!socket.dont_fragment_) fragmentation().allow(*packet);
  dispatch(std::move(packet), to_self, out);
}

void Host::send(const EchoSocket& socket, const IpAddress& remote, std::uint16_t sequence,
                ByteView payload, std::uint8_t hop_limit) {
  const IpAddress& source = owns(remote) ? remote : *source_for(remote);
  send_from(make_icmp_query(network().pool(), source, remote,
                            {.identifier = socket.identifier(), .sequence = sequence}, payload,
                            hop_limit));
}

void Host::send_from(PacketPtr packet) {
  const bool to_self = owns(packet->destination.address);
  Interface* const out =
      to_self ? nullptr : interface_for(packet->source.address, packet->destination.address);
  dispatch(std::move(packet), to_self, out);
}

void Host::send_as_is(PacketPtr packet) {
  const IpAddress& source = packet->source.address;
  Interface* out = owns(source) ? interface_for(source, packet->destination.address) : nullptr;
  if (out == nullptr && !interfaces().empty()) out = interfaces().front().get();
  stamp(*packet);
  if (out == nullptr || !out->connected()) {
    return trace_drop(world(), id(), *packet, DropReason::no_route);
  }
  out->send(std::move(packet));
}

void Host::dispatch(PacketPtr packet, bool to_self, Interface* out) {
  stamp(*packet);
  if (asleep_) return trace_drop(world(), id(), *packet, DropReason::host_asleep);
  if (to_self) {
    (loopback_head_ == nullptr ? loopback_head_ : loopback_tail_->next) = packet.get();
    loopback_tail_ = packet.release();
    if (!loopback_.armed()) loopback_.arm(world().now());
    return;
  }
  if (out == nullptr) {
    const IpAddress& source = packet->source.address;
    const bool gone = !source.is_any() && !owns(source);
    return trace_drop(world(), id(), *packet,
                      gone ? DropReason::address_gone : DropReason::no_route);
  }
  if (!packet->dont_fragment) [[unlikely]] {
    auto pieces = fragmentation().pieces(*packet, out->link().options().mtu);
    if (!pieces.empty()) return send_fragments(*packet, std::move(pieces), *out);
  }
  out->send(std::move(packet));
}

std::uint16_t Host::first_mtu(const IpAddress& local, const IpAddress& remote) const {
  const Interface* const out = owns(remote) ? nullptr : interface_for(local, remote);
  return out == nullptr ? std::uint16_t{65535} : out->link().options().mtu;
}

TcpStack& Host::tcp() {
  if (tcp_ == nullptr) tcp_ = std::make_unique<TcpStack>(*this);
  return *tcp_;
}

HostFragmentation& Host::fragmentation() {
  if (fragmentation_ == nullptr) {
    fragmentation_ =
        std::make_unique<HostFragmentation>(*this, [this](const Packet& packet, DropReason reason) {
          trace_drop(world(), id(), packet, reason);
          Interface* const out =
              reason == DropReason::fragment_timeout
                  ? interface_for(packet.destination.address, packet.source.address)
                  : nullptr;
          if (out != nullptr) send_icmp_error(IcmpError::reassembly_timeout, packet, *out);
        });
  }
  return *fragmentation_;
}

void Host::on_timer(core::Timer& /*timer*/) {
  PacketPtr packet(loopback_head_);
  loopback_head_ = std::exchange(packet->next, nullptr);
  if (loopback_head_ != nullptr) loopback_.arm(world().now());
  deliver(std::move(packet), nullptr);
}

void Host::wake() {
  asleep_ = false;
  for (core::Timer* const timer : std::exchange(overdue_, {})) timer->arm(world().now());
}

void Host::forget(core::Timer& timer) { std::erase(overdue_, &timer); }

void Host::receive(PacketPtr packet, Interface& in) {
  if (asleep_) return trace_drop(world(), id(), *packet, DropReason::host_asleep);
  if (raw_ != nullptr) [[unlikely]] {
    trace(world(), core::PacketStep::delivered, id(), *packet);
    return raw_->receiver_.receive_raw(*packet);
  }
  const IpAddress& destination = packet->destination.address;
  if (!owns(destination) && !hears(destination)) {
    const bool gone = std::any_of(
        interfaces().begin(), interfaces().end(),
        [&packet](const auto& interface) { return interface->had(packet->destination.address); });
    return trace_drop(world(), id(), *packet,
                      gone ? DropReason::address_gone : DropReason::not_local);
  }
  if (!checksums_right(*packet)) {
    return trace_drop(world(), id(), *packet, DropReason::bad_checksum);
  }
  // What a host sends to itself touches no link.
  if (packet->source.address == packet->destination.address) {
    return trace_drop(world(), id(), *packet, DropReason::land);
  }
  if (packet->is_fragment()) [[unlikely]] {
    packet = fragmentation().reassemble(std::move(packet));
    if (packet == nullptr) return;
    if (!checksums_right(*packet)) {
      return trace_drop(world(), id(), *packet, DropReason::bad_checksum);
    }
  }
  deliver(std::move(packet), &in);
}

void Host::deliver(PacketPtr packet, Interface* in) {
  if (packet->is_icmp()) return deliver_icmp(*packet);
  if (packet->protocol == Protocol::tcp) return tcp().receive(*packet);
  UdpSocket* const socket =
      packet->protocol == Protocol::udp ? find_socket(packet->destination) : nullptr;
  if (socket == nullptr) {
    trace_drop(world(), id(), *packet, DropReason::no_socket);
    if (in != nullptr && packet->protocol == Protocol::udp)
      send_icmp_error(IcmpError::port_unreachable, *packet, *in);
    return;
  }
  trace(world(), core::PacketStep::delivered, id(), *packet);
  socket->receiver_.receive(*socket, *packet);
}

void Host::deliver_icmp(const Packet& packet) {
  if (const auto query = parse_icmp_query(packet)) return deliver_query(packet, *query);
  const auto error = parse_icmp_error(packet);
  if (error && deliver_echo_error(packet, *error)) return;
  if (error && error->error == IcmpError::too_big && !packet.is_v4() &&
      owns(error->quoted_source.address)) {
    fragmentation().learn(*error);
  }
  if (error && error->quoted_protocol == Protocol::tcp && tcp_ != nullptr &&
      owns(error->quoted_source.address) && tcp_->receive_error(packet, *error)) {
    return;
  }
  UdpSocket* const socket =
      error && error->quoted_protocol == Protocol::udp && owns(error->quoted_source.address)
          ? find_socket(error->quoted_source)
          : nullptr;
  if (socket == nullptr) return trace_drop(world(), id(), packet, DropReason::no_socket);
  trace(world(), core::PacketStep::delivered, id(), packet);
  socket->receiver_.receive_error(*socket, error->error, error->quoted_destination);
}

void Host::deliver_query(const Packet& packet, const IcmpQuery& query) {
  if (!query.reply) {
    trace(world(), core::PacketStep::delivered, id(), packet);
    return send_from(make_echo_reply(network().pool(), packet));
  }
  const auto socket = echo_sockets_.find(query.identifier);
  if (socket == echo_sockets_.end())
    return trace_drop(world(), id(), packet, DropReason::no_socket);
  trace(world(), core::PacketStep::delivered, id(), packet);
  socket->second->receiver_.receive_reply(packet, query);
}

bool Host::deliver_echo_error(const Packet& packet, const IcmpErrorView& error) {
  if (!owns(error.quoted_source.address)) return false;
  const auto query = parse_quoted_query(packet, error);
  if (!query || query->reply) return false;
  const auto socket = echo_sockets_.find(query->identifier);
  if (socket == echo_sockets_.end()) return false;
  trace(world(), core::PacketStep::delivered, id(), packet);
  socket->second->receiver_.receive_echo_error(packet, error.error, *query);
  return true;
}

void Host::discard(const Packet& packet, DropReason reason, std::string_view note) {
  trace_drop(world(), id(), packet, reason, [note] { return note; });
}

}  // namespace natsim::net
