#include "sim/agents/ice_peer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "stack/ice/address_order.h"

namespace natsim::agents {

IcePeer::IcePeer(net::Host& host, IcePeerOptions options)
    : Agent(host, "ice"),
      options_(std::move(options)),
      session_(options_.ice, host.world().random(label()), options_.shape),
      remote_ufrags_(options_.shape.streams) {
  session_.set_servers(options_.stun_servers, options_.turn_servers);
  if (options_.tcp_candidates) {
    CandidateConnections::User& user = *this;
    tcp_ = std::make_unique<CandidateConnections>(host, user);
  }
  if (options_.ice.mdns == ice::Mdns::off) return;
  names_ = std::make_unique<CandidateNames>(host, options_.responder,
                                            host.world().random(label()).split("names"));
  names_->on_outcome = [this](const ice::Candidate& remote) { take_resolved(remote); };
}

std::uint16_t IcePeer::port_of(std::size_t agent) const {
  return options_.port == 0 ? options_.port : static_cast<std::uint16_t>(options_.port + agent);
}

Result<std::vector<IcePeer::Base>> IcePeer::open_sockets() {
  std::vector<IpAddress> addresses;
  for (const auto& interface : host().interfaces()) {
    if (!interface->up()) continue;
    const auto& own = interface->addresses();
    addresses.insert(addresses.end(), own.begin(), own.end());
  }
  addresses = ice::interleaved(addresses);
  std::vector<Base> bases;
  std::vector<Endpoint> opened;
  for (std::size_t agent = 0; agent < session_.shape().agents(); ++agent) {
    for (const IpAddress& address : addresses) {
      // A fixed port serves all generations.
      if (const Endpoint fixed{address, port_of(agent)}; is_bound(fixed)) {
        bases.push_back({agent, fixed});
        continue;
      }
      const auto bound = bind({address, port_of(agent)});
      if (!bound) {
        for (const Endpoint& base : opened) unbind(base);
        return Error{bound.error()};
      }
      bases.push_back({agent, bound.value()});
      opened.push_back(bound.value());
    }
  }
  return bases;
}

Result<bool> IcePeer::start() {
  const auto bases = open_sockets();
  if (!bases) return Error{bases.error()};
  started_ = true;
  begin(bases.value());
  return true;
}

Result<bool> IcePeer::restart() {
  const auto bases = open_sockets();
  if (!bases) return Error{bases.error()};
  ++generation_;
  tell("ice.restart", {{"reason", std::string_view()}});
  session_.restart(world().now());
  forget_remote();
  begin(bases.value());
  return true;
}

void IcePeer::follow_restart(std::uint32_t generation) {
  const auto bases = open_sockets();
  generation_ = generation;
  tell("ice.restart", {{"reason", std::string_view("the peer has")}});
  session_.restart(world().now());
  forget_remote();
  if (!bases) start_error_ = bases.error();
  begin(bases ? bases.value() : std::vector<Base>());
}

void IcePeer::begin(const std::vector<Base>& bases) {
  const Time now = world().now();
  described_ = false;
  unsent_.clear();
  ends_.clear();
  if (names_) names_->forget();
  for (const Base& base : bases) session_.add_local_address(base.agent, base.local, now);
  add_tcp_candidates(bases);
  for (const Endpoint& mapped : options_.mapped) {
    const auto base = std::find_if(bases.begin(), bases.end(), [&](const Base& known) {
      return known.local.address.family() == mapped.address.family();
    });
    if (base != bases.end()) session_.add_mapped_address(base->agent, base->local, mapped);
  }
  if (trickles()) describe();
  session_.start_gathering(now);
  pump();
}

void IcePeer::take(const Endpoint& local, const net::Packet& packet) {
  current_ = &packet;
  take_message(local, packet.source, packet.payload(), Transport::udp);
  current_ = nullptr;
}

void IcePeer::take_message(const Endpoint& local, const Endpoint& remote, ByteView bytes,
                           Transport transport) {
  taking_ = true;
  const auto data = session_.receive(local, remote, bytes, world().now(), transport);
  if (data) {
    ++datagrams_received_;
    bytes_received_ += data->payload.size();
    last_received_ = world().now();
    if (on_data) on_data(current_, data->payload);
  }
  // Drained while the packet is there, so that what is ignored is told of it.
  drain();
  taking_ = false;
}

ice::SendResult IcePeer::send(ByteView data, std::size_t agent) {
  const auto result = session_.send(agent, data, world().now());
  pump();
  return result;
}

void IcePeer::close() {
  session_.close(world().now());
  if (names_) {
    names_->forget();
    names_->withdraw();
  }
  pump();
}

void IcePeer::drain() {
  for (bool quiet = false; !quiet;) {
    while (const auto out = session_.poll_transmit()) {
      if (tcp_ && is_stream(out->transport) && tcp_->has(out->local, out->remote)) {
        if (tcp_->send(out->local, out->remote, out->payload)) continue;
        discard(nullptr, core::DropReason::queue_overflow, "TCP to the peer takes no more");
      } else if (is_stream(out->transport)) {
        send_by_connection(*out);
      } else {
        transmit(*out);
      }
    }
    quiet = true;
    while (const auto event = session_.poll_event()) {
      quiet = false;  // its handling may have given the machine something to send
      speaker_ = event->agent;
      std::visit([this](const auto& e) { on(e); }, event->event);
    }
  }
  if (std::exchange(changed_, false) && on_change) on_change();
}

void IcePeer::tell_candidate(std::string_view kind, const ice::Candidate& candidate, bool own) {
  const auto tell_with = [&](std::initializer_list<core::Field> fields) {
    world().events().emit(world().now(), id(), kind, fields);
  };
  const std::string_view type = to_string(candidate.type);
  const bool plain = candidate.transport == Transport::udp && candidate.host_name.empty();
  if (plain && own) {
    tell_with({{"type", type},
               {"address", candidate.address},
               {"base", candidate.base},
               {"priority", candidate.priority}});
  } else if (plain) {
    tell_with({{"type", type}, {"address", candidate.address}});
  } else {
    tell_with({{"type", type},
               {"address", candidate.address},
               {"base", candidate.base},
               {"priority", candidate.priority},
               {"name", std::string_view(candidate.host_name)},
               {"tcp", candidate.transport == Transport::tcp ? to_string(candidate.tcp_type)
                                                             : std::string_view()}});
  }
}

void IcePeer::on(const ice::CandidateGathered& event) {
  const ice::Candidate& candidate = event.candidate;
  if (is_named(candidate)) {
    ice::Candidate named = candidate;
    named.host_name = names_->name_of(candidate.address.address);
    tell_candidate("ice.candidate", named, true);
  } else {
    tell_candidate("ice.candidate", candidate, true);
  }
  signal_candidate(candidate);
}

void IcePeer::on(const ice::ServerFailed& event) {
  tell("ice.gathering_failed",
       {{"kind", to_string(event.kind)},
        {"transport", is_stream(event.transport) ? to_string(event.transport) : std::string_view()},
        {"server", event.server},
        {"reason", to_string(event.why)},
        {"code", event.code},
        {"elapsed", event.elapsed}});
}

void IcePeer::on(const ice::SocketNeeded& event) {
  if (is_stream(event.transport)) return connect(event);
  const auto bound = bind({event.base.address, 0});
  session_.replace_turn_socket(event.base, event.server, event.transport,
                               bound ? std::optional(bound.value()) : std::nullopt, world().now());
}

void IcePeer::on(const ice::GatheringComplete& /*event*/) {
  if (!session_.has_gathered()) return;
  tell("ice.gathering", {{"state", std::string_view("complete")}});
  if (!described_) describe();
  for (std::size_t stream = 0; stream < session_.shape().streams; ++stream) {
    sink_->send(EndOfCandidates{session_.local_credentials(stream).ufrag});
  }
}

void IcePeer::on(const ice::StateChanged& event) {
  changed_ = true;
  if (!is_single()) {
    tell("ice.component", {{"stream", static_cast<int>(session_.stream_of(speaker_))},
                           {"component", static_cast<int>(session_.component_of(speaker_))},
                           {"state", to_string(event.to)}});
  }
  const ice::AgentState state = is_single() ? event.to : session_.state();
  if (std::exchange(told_, state) == state) return;
  tell("ice.state", {{"state", to_string(state)}, {"reason", to_string(event.reason)}});
}

void IcePeer::on(const ice::RoleSwitched& event) {
  tell("ice.role", {{"role", to_string(event.to)}});
}

void IcePeer::on(const ice::PairAdded& event) {
  if (pairs_.size() < event.pair) pairs_.resize(event.pair);
  pairs_[event.pair - 1] = {event.local, event.local_type, event.remote, event.remote_type,
                            event.transport};
  tell_pair(event.pair, to_string(event.state), {});
}

void IcePeer::on(const ice::PairStateChanged& event) {
  tell_pair(event.pair, to_string(event.to), to_string(event.reason));
}

void IcePeer::tell_pair(ice::PairId pair, std::string_view state, std::string_view reason) {
  const PairFace& face = pairs_[pair - 1];
  if (is_stream(face.transport)) {
    tell("ice.pair", {{"pair", pair},
                      {"local", face.local},
                      {"local_type", to_string(face.local_type)},
                      {"remote", face.remote},
                      {"remote_type", to_string(face.remote_type)},
                      {"transport", to_string(face.transport)},
                      {"state", state},
                      {"reason", reason}});
    return;
  }
  tell("ice.pair", {{"pair", pair},
                    {"local", face.local},
                    {"local_type", to_string(face.local_type)},
                    {"remote", face.remote},
                    {"remote_type", to_string(face.remote_type)},
                    {"state", state},
                    {"reason", reason}});
}

void IcePeer::on(const ice::CheckSent& event) {
  const std::string transaction = to_string(event.transaction);
  tell("ice.check", {{"pair", event.pair},
                     {"transaction", std::string_view(transaction)},
                     {"from", event.local},
                     {"to", event.remote},
                     {"retransmission", event.transmission - 1},
                     {"nominating", event.use_candidate}});
}

void IcePeer::on(const ice::CheckReceived& event) {
  const std::string transaction = to_string(event.transaction);
  tell("ice.check_received", {{"pair", event.pair},
                              {"transaction", std::string_view(transaction)},
                              {"from", event.remote},
                              {"to", event.local},
                              {"code", event.code}});
}

void IcePeer::on(const ice::CheckAnswered& event) {
  const std::string transaction = to_string(event.transaction);
  tell("ice.answered", {{"pair", event.pair},
                        {"transaction", std::string_view(transaction)},
                        {"code", event.code},
                        {"mapped", event.mapped}});
}

void IcePeer::on(const ice::RemotePeerReflexive& event) {
  tell("ice.remote_candidate",
       {{"type", to_string(ice::CandidateType::peer_reflexive)}, {"address", event.address}});
}

void IcePeer::on(const ice::LocalPeerReflexive& event) {
  tell("ice.candidate", {{"type", to_string(ice::CandidateType::peer_reflexive)},
                         {"address", event.address},
                         {"base", event.base},
                         {"priority", event.priority}});
}

void IcePeer::on(const ice::PeerReflexiveSignalled& event) {
  tell("ice.remote_candidate", {{"type", to_string(event.type)}, {"address", event.address}});
}

void IcePeer::on(const ice::PairNominated& event) { tell("ice.nominated", {{"pair", event.pair}}); }

void IcePeer::on(const ice::SelectedPairChanged& event) {
  changed_ = true;
  const auto selected = session_.agent(speaker_).selected_pair();
  if (!session_.has_selected_all()) {
    selected_at_ = Time::never();
  } else if (selected_at_.is_never()) {
    selected_at_ = world().now();
  }
  if (!selected) return;
  tell("ice.selected", {{"pair", event.to},
                        {"local", selected->local.address},
                        {"local_type", to_string(selected->local.type)},
                        {"remote", selected->remote.address},
                        {"remote_type", to_string(selected->remote.type)}});
}

void IcePeer::on(const ice::ConsentLost& event) {
  tell("ice.consent_lost", {{"pair", event.pair}, {"revoked", event.revoked}});
}

void IcePeer::on(const ice::Ignored& event) {
  tell("ice.ignored", {{"from", event.remote}, {"reason", to_string(event.reason)}});
  if (!taking_ || event.reason == ice::IgnoreReason::indication) return;
  const auto reason = [&] {
    switch (event.reason) {
      case ice::IgnoreReason::malformed_stun:
        return core::DropReason::stun_malformed;
      case ice::IgnoreReason::unknown_transaction:
        return core::DropReason::stun_unknown_transaction;
      case ice::IgnoreReason::unauthenticated_response:
      case ice::IgnoreReason::no_credentials:
      case ice::IgnoreReason::bad_integrity:
        return core::DropReason::stun_unauthenticated;
      case ice::IgnoreReason::wrong_ufrag:
        return core::DropReason::stun_wrong_ufrag;
      case ice::IgnoreReason::peer_reflexive_cap:
        return core::DropReason::ice_candidate_limit;
      default:
        return core::DropReason::agent_unexpected;
    }
  }();
  discard(current_, reason, to_string(event.reason));
}

}  // namespace natsim::agents
