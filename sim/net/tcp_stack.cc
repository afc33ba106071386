#include "sim/net/tcp_stack.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/net/host.h"
#include "sim/net/network.h"
#include "sim/net/tcp_control_block.h"
#include "sim/net/trace.h"

namespace natsim::net {

using core::DropReason;

TcpStack::TcpStack(Host& host)
    : Actor(host.world().scheduler(), host.id()),
      host_(host),
      random_(host.world().random(host.name() + "/tcp")) {}

TcpStack::~TcpStack() = default;

Result<std::unique_ptr<TcpListener>> TcpStack::listen(const TcpBinding& binding,
                                                      TcpAcceptor& acceptor) {
  if (!binding.local.address.is_any() && !host_.owns(binding.local.address)) {
    return Error{
        fmt::format("{} has no address {}", host_.name(), to_string(binding.local.address))};
  }
  const auto local = choose_port(binding.local, {}, binding.sharing);
  if (!local) return Error{local.error()};
  if (listeners_.contains(local.value())) {
    return Error{fmt::format("{} listens on {} already", host_.name(), to_string(local.value()))};
  }
  std::unique_ptr<TcpListener> listener(
      new TcpListener(*this, local.value(), acceptor, binding.options));
  listeners_.emplace(local.value(), listener.get());
  holders_[local.value().port].push_back({local.value().address, binding.sharing});
  return listener;
}

void TcpStack::close(TcpListener& listener) {
  listeners_.erase(listener.local_);
  release_port(listener.local_);
  // Each one leaves the list as it ends.
  const std::vector<TcpControlBlock*> half_open = listener.half_open_;
  for (TcpControlBlock* const block : half_open) {
    block->connection.abort(host_.world().now());
    drain(*block);
  }
}

Result<std::unique_ptr<TcpSocket>> TcpStack::connect(const TcpBinding& binding,
                                                     const Endpoint& remote,
                                                     TcpReceiver& receiver) {
  Endpoint from = binding.local;
  if (from.address.is_any()) {
    const IpAddress* const source =
        host_.owns(remote.address) ? &remote.address : host_.source_for(remote.address);
    if (source == nullptr) {
      return Error{
          fmt::format("{} has no address to reach {} from", host_.name(), to_string(remote))};
    }
    from.address = *source;
  } else if (!host_.owns(from.address)) {
    return Error{fmt::format("{} has no address {}", host_.name(), to_string(from.address))};
  }
  if (from.address.family() != remote.address.family()) {
    return Error{fmt::format("{} cannot reach {}", to_string(from.address), to_string(remote))};
  }
  const auto local = choose_port(from, remote, binding.sharing);
  if (!local) return Error{local.error()};
  if (connections_.contains({local.value(), remote})) {
    return Error{fmt::format("{} has a connection from {} to {} already", host_.name(),
                             to_string(local.value()), to_string(remote))};
  }
  auto block = make_block(local.value(), remote, binding.options);
  holders_[local.value().port].push_back({local.value().address, binding.sharing});
  block->holds_port = true;
  TcpControlBlock& reference = *block;
  connections_.emplace(Ends(local.value(), remote), Entry{&reference, nullptr});
  std::unique_ptr<TcpSocket> socket(new TcpSocket(std::move(block)));
  socket->receiver_ = &receiver;
  reference.socket = socket.get();
  reference.connection.connect(host_.world().now());
  drain(reference);
  return socket;
}

void TcpStack::receive(const Packet& packet) {
  const auto segment = parse_tcp(packet.transport());
  if (!segment) return trace_drop(host_.world(), host_.id(), packet, DropReason::malformed);
  const Time now = host_.world().now();
  if (const auto found = connections_.find({packet.destination, packet.source});
      found != connections_.end()) {
    TcpControlBlock& block = *found->second.block;
    if (!block.connection.gives_way_to(*segment) || find_listener(packet.destination) == nullptr) {
      trace(host_.world(), core::PacketStep::delivered, host_.id(), packet);
      block.connection.receive(*segment, now);
      return drain(block);
    }
    forget(block);
  }
  const bool opens = segment->has(tcp_flag::syn) && !segment->has(tcp_flag::ack | tcp_flag::rst);
  TcpListener* const listener = opens ? find_listener(packet.destination) : nullptr;
  if (listener != nullptr) return accept(*listener, packet, *segment);
  trace_drop(host_.world(), host_.id(), packet, DropReason::no_socket);
  if (!silent_ && !segment->has(tcp_flag::rst)) answer_with_reset(packet, *segment);
}

bool TcpStack::receive_error(const Packet& packet, const IcmpErrorView& error) {
  const auto found = connections_.find({error.quoted_source, error.quoted_destination});
  if (found == connections_.end()) return false;
  TcpControlBlock& block = *found->second.block;
  trace(host_.world(), core::PacketStep::delivered, host_.id(), packet);
  block.connection.receive_error(error.error, error.mtu, quoted_tcp_seq(packet, error),
                                 host_.world().now());
  drain(block);
  return true;
}

void TcpStack::accept(TcpListener& listener, const Packet& packet, const TcpSegment& syn) {
  trace(host_.world(), core::PacketStep::delivered, host_.id(), packet);
  const Endpoint& local = packet.destination;
  const Endpoint& remote = packet.source;
  auto block = make_block(local, remote, listener.options_);
  TcpControlBlock& reference = *block;
  reference.listener = &listener;
  listener.half_open_.push_back(&reference);
  connections_.insert_or_assign(Ends(local, remote), Entry{&reference, std::move(block)});
  reference.connection.accept(syn, host_.world().now());
  drain(reference);
}

void TcpStack::answer_with_reset(const Packet& packet, const TcpSegment& segment) {
  TcpSegment reset{.flags = tcp_flag::rst};
  if (segment.has(tcp_flag::ack)) {
    reset.seq = segment.ack;
  } else {
    reset.ack = segment.seq + segment.length();
    reset.flags |= tcp_flag::ack;
  }
  send(packet.destination, packet.source, reset);
}

void TcpStack::send(const Endpoint& local, const Endpoint& remote, const TcpSegment& segment) {
  host_.send_from(make_tcp(host_.network().pool(), local, remote, segment));
}

void TcpStack::on_timer(core::Timer& timer) {
  TcpControlBlock& block = static_cast<TcpControlBlock::WakeUp&>(timer).block;
  const std::uint64_t before = block.connection.counters().timeouts;
  block.connection.handle_timeout(host_.world().now());
  if (block.connection.counters().timeouts != before) {
    host_.world().events().emit(
        host_.world().now(), host_.id(), "tcp.timeout",
        {{"local", block.local}, {"remote", block.remote}, {"rto", block.connection.rto().rto()}});
  }
  drain(block);
}

void TcpStack::drain(TcpControlBlock& block) {
  if (block.draining) return;  // the call that is under way goes on
  block.draining = true;
  for (;;) {
    if (const auto event = block.connection.poll_event()) {
      tell(block, *event);
    } else if (const auto segment = block.connection.poll_transmit()) {
      send(block.local, block.remote, *segment);
    } else {
      break;
    }
  }
  block.draining = false;
  block.wake_up.arm(block.connection.next_timeout());
  if (block.registered && block.connection.state() == TcpState::closed) forget(block);
}

void TcpStack::tell(TcpControlBlock& block, TcpEvent event) {
  const TcpConnection& connection = block.connection;
  const Time now = host_.world().now();
  if (event == TcpEvent::connected) {
    host_.world().events().emit(now, host_.id(), "tcp.connected",
                                {{"local", block.local}, {"remote", block.remote}});
    if (block.listener != nullptr) hand_over(block);
  } else if (event == TcpEvent::ended) {
    host_.world().events().emit(
        now, host_.id(), "tcp.ended",
        {{"local", block.local}, {"remote", block.remote}, {"how", name(connection.end())}});
  }
  if (block.socket != nullptr && block.socket->receiver_ != nullptr) {
    block.socket->receiver_->on_event(*block.socket, event);
  }
}

// An established connection becomes the program's.
void TcpStack::hand_over(TcpControlBlock& block) {
  TcpListener& listener = *std::exchange(block.listener, nullptr);
  std::erase(listener.half_open_, &block);
  std::unique_ptr<TcpSocket> socket(
      new TcpSocket(std::move(connections_.find({block.local, block.remote})->second.owned)));
  block.socket = socket.get();
  listener.acceptor_.accept(listener, std::move(socket));
}

// A program gives a connection back.
void TcpStack::release(std::unique_ptr<TcpControlBlock> block) {
  if (!block->registered) return;
  TcpControlBlock& reference = *block;
  connections_.find({block->local, block->remote})->second.owned = std::move(block);
  reference.connection.detach(host_.world().now());
  drain(reference);
}

// Takes a connection out of the register; its end, unless a program has it.
void TcpStack::forget(TcpControlBlock& block) {
  block.registered = false;
  block.wake_up.cancel();
  if (block.holds_port) release_port(block.local);
  if (block.listener != nullptr) std::erase(block.listener->half_open_, &block);
  connections_.erase(Ends(block.local, block.remote));
}

TcpListener* TcpStack::find_listener(const Endpoint& local) const {
  const auto exact = listeners_.find(local);
  if (exact != listeners_.end()) return exact->second;
  const IpAddress any = local.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
  const auto on_any = listeners_.find({any, local.port});
  return on_any == listeners_.end() ? nullptr : on_any->second;
}

// The endpoint with its port filled in, if it may be held.
Result<Endpoint> TcpStack::choose_port(const Endpoint& local, const Endpoint& remote,
                                       TcpSharing sharing) {
  if (local.port != 0) {
    if (may_hold(local, sharing)) return local;
    return Error{fmt::format("{} already uses {} for TCP", host_.name(), to_string(local))};
  }
  constexpr std::uint64_t count = 65536 - first_ephemeral_port;
  const std::uint64_t start = random_.below(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Endpoint tried{local.address,
                         static_cast<std::uint16_t>(first_ephemeral_port + (start + i) % count)};
    if (may_hold(tried, TcpSharing::exclusive) && !connections_.contains({tried, remote})) {
      return tried;
    }
  }
  return Error{fmt::format("{} has no free ephemeral port", host_.name())};
}

bool TcpStack::may_hold(const Endpoint& local, TcpSharing sharing) const {
  const auto found = holders_.find(local.port);
  if (found == holders_.end()) return true;
  return std::none_of(found->second.begin(), found->second.end(), [&](const Holder& other) {
    if (other.address.family() != local.address.family()) return false;
    if (sharing == TcpSharing::shared && other.sharing == TcpSharing::shared) return false;
    return other.address == local.address || other.address.is_any() || local.address.is_any();
  });
}

void TcpStack::release_port(const Endpoint& local) {
  const auto found = holders_.find(local.port);
  auto& holders = found->second;
  holders.erase(std::find_if(holders.begin(), holders.end(), [&](const Holder& holder) {
    return holder.address == local.address;
  }));
  if (holders.empty()) holders_.erase(found);
}

std::unique_ptr<TcpControlBlock> TcpStack::make_block(const Endpoint& local, const Endpoint& remote,
                                                      const TcpOptions& options) {
  const TcpPath path{.family = local.address.family(),
                     .mtu = host_.first_mtu(local.address, remote.address)};
  const auto initial = static_cast<std::uint32_t>(random_.next() >> 32);
  Actor& actor = *this;
  return std::make_unique<TcpControlBlock>(*this, host_, actor, local, remote,
                                           TcpConnection(options, path, initial));
}

}  // namespace natsim::net
