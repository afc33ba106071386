#include "stack/portmap/client.h"

#include <algorithm>
#include <array>
#include <utility>

namespace natsim::portmap {
namespace {

// RFC 6886 §3.1.
constexpr Duration nat_pmp_first_wait = milliseconds(250);
constexpr int nat_pmp_sends = 9;
// RFC 6887 §8.1.1.
constexpr Duration pcp_irt = seconds(3);
constexpr Duration pcp_mrt = seconds(1024);
// RFC 6887 §11.2.1.
constexpr Duration least_between_renewals = seconds(4);

}  // namespace

std::string_view to_string(Client::State state) {
  constexpr std::array<std::string_view, 5> names = {"requesting", "mapped", "failed", "removing",
                                                     "removed"};
  return names[static_cast<std::size_t>(state)];
}

Client::Client(const ClientOptions& options, const Endpoint& local, const Random& random, Time now)
    : options_(options), local_(local), random_(random) {
  if (options_.protocol == ClientProtocol::pcp) random_.fill(nonce_);
  begin(now);
}

// A request with its retransmissions.
void Client::begin(Time now) {
  awaiting_ = true;
  sends_ = 0;
  interval_ = options_.protocol == ClientProtocol::pcp ? pcp_irt : nat_pmp_first_wait;
  send(now);
}

void Client::send(Time now) {
  due_ = true;
  ++sends_;
  if (options_.protocol == ClientProtocol::nat_pmp) {
    deadline_ = now + interval_;
    interval_ = interval_ * 2;
    return;
  }
  // RT = (1 + RAND) * MIN(2 * RTprev, MRT), with RAND from -0.1 to 0.1.
  if (sends_ > 1) interval_ = std::min(interval_ * 2, pcp_mrt);
  interval_ = random_.between(interval_ * 9 / 10, interval_ * 11 / 10);
  deadline_ = now + interval_;
}

std::optional<Transmit> Client::poll_transmit() {
  if (!std::exchange(due_, false)) return std::nullopt;
  return Transmit{local_, options_.gateway, request()};
}

bool Client::poll_change() { return std::exchange(changed_, false); }

Bytes Client::request() const {
  const bool removing = state_ == State::removing;
  const auto lifetime = removing ? 0U : static_cast<std::uint32_t>(options_.lifetime / seconds(1));
  if (options_.protocol == ClientProtocol::pcp) {
    PcpMap map{.nonce = nonce_,
               .protocol = static_cast<std::uint8_t>(options_.transport),
               .internal_port = options_.internal_port};
    // What was assigned is suggested again, so that a gateway that has lost it can restore it.
    map.external = external_.is_set()
                       ? external_
                       : Endpoint{local_.address.is_v4() ? IpAddress::any_v4() : IpAddress(),
                                  options_.external_port};
    if (removing) map.external = {local_.address.is_v4() ? IpAddress::any_v4() : IpAddress(), 0};
    return encode(PcpRequest{.lifetime = lifetime,
                             .client = local_.address,
                             .map = map,
                             .peer = options_.peer,
                             .prefer_failure = options_.prefer_failure && !removing});
  }
  if (!knows_address_) return encode(NatPmpRequest{});
  return encode(NatPmpRequest{.opcode = options_.transport == MapProtocol::udp
                                            ? NatPmpOpcode::map_udp
                                            : NatPmpOpcode::map_tcp,
                              .internal_port = options_.internal_port,
                              .external_port = removing              ? std::uint16_t{0}
                                               : external_.port != 0 ? external_.port
                                                                     : options_.external_port,
                              .lifetime = lifetime});
}

void Client::handle_timeout(Time now) {
  if (now < deadline_) return;
  if (state_ == State::mapped) {
    if (now >= expires_) return fail("the mapping was not renewed before its end");
    ++renewal_tries_;
    awaiting_ = true;
    due_ = true;
    return plan_renewal(now);
  }
  if (options_.protocol == ClientProtocol::nat_pmp && sends_ == nat_pmp_sends) {
    return fail("the gateway does not answer");
  }
  send(now);
}

void Client::receive(const Endpoint& remote, ByteView datagram, Time now) {
  if (remote != options_.gateway || !awaiting_) return;
  if (options_.protocol == ClientProtocol::pcp) {
    if (const auto response = decode_pcp_response(datagram)) take_pcp(*response, now);
  } else if (const auto response = decode_nat_pmp_response(datagram)) {
    take_nat_pmp(*response, now);
  }
}

void Client::take_nat_pmp(const NatPmpResponse& response, Time now) {
  const auto asked = !knows_address_                          ? NatPmpOpcode::external_address
                     : options_.transport == MapProtocol::udp ? NatPmpOpcode::map_udp
                                                              : NatPmpOpcode::map_tcp;
  if (response.opcode != static_cast<std::uint8_t>(asked)) return;
  if (knows_address_ && response.result == NatPmpResult::success &&
      response.internal_port != options_.internal_port) {
    return;
  }
  follow_epoch(response.epoch, now);
  if (response.result != NatPmpResult::success)
    return fail(std::string(to_string(response.result)));
  if (!knows_address_) {
    knows_address_ = true;
    external_.address = response.external_address;
    return begin(now);
  }
  granted({external_.address, response.external_port}, response.lifetime, now);
}

void Client::take_pcp(const PcpResponse& response, Time now) {
  const PcpOpcode asked = options_.peer ? PcpOpcode::peer : PcpOpcode::map;
  if (response.opcode != static_cast<std::uint8_t>(asked)) return;
  if (response.peer && response.peer != options_.peer) return;
  if (response.map &&
      (response.map->nonce != nonce_ || response.map->internal_port != options_.internal_port ||
       response.map->protocol != static_cast<std::uint8_t>(options_.transport))) {
    return;
  }
  follow_epoch(response.epoch, now);
  if (response.result != PcpResult::success) return fail(std::string(name(response.result)));
  granted(response.map->external, response.lifetime, now);
}

void Client::granted(const Endpoint& external, std::uint32_t lifetime, Time now) {
  awaiting_ = false;
  changed_ = true;
  if (state_ == State::removing) {
    state_ = State::removed;
    deadline_ = Time::never();
    return;
  }
  if (lifetime == 0) return fail("the gateway granted no time");
  if (state_ == State::mapped) ++renewals_;
  state_ = State::mapped;
  external_ = external;
  lifetime_ = seconds(lifetime);
  granted_at_ = now;
  expires_ = now + lifetime_;
  renewal_tries_ = 0;
  plan_renewal(now);
}

// The k-th try, counted from 0, comes when 2^-(k+1) of the lifetime is left.
void Client::plan_renewal(Time now) {
  const Duration left = lifetime_ / (std::int64_t{2} << std::min(renewal_tries_, 60));
  Time at = expires_ - left;
  if (options_.protocol == ClientProtocol::pcp) {
    at += random_.between(Duration{}, left / 4);
  }
  at = std::max(at, now + least_between_renewals);
  deadline_ = std::min(at, expires_);
}

void Client::follow_epoch(std::uint32_t epoch, Time now) {
  if (last_epoch_) {
    const std::int64_t client_delta = (now - last_epoch_at_) / seconds(1);
    const std::int64_t server_delta = std::int64_t{epoch} - *last_epoch_;
    const bool lost = options_.protocol == ClientProtocol::nat_pmp
                          // RFC 6886 §3.6: 2 s less than 7/8 of the time that has passed.
                          ? server_delta < client_delta * 7 / 8 - 2
                          // RFC 6887 §8.5.
                          : server_delta < -1 ||
                                client_delta + 2 < server_delta - server_delta / 16 ||
                                server_delta + 2 < client_delta - client_delta / 16;
    if (lost) ++gateway_restarts_;
  }
  last_epoch_ = epoch;
  last_epoch_at_ = now;
}

void Client::fail(std::string reason) {
  state_ = State::failed;
  failure_ = std::move(reason);
  awaiting_ = false;
  due_ = false;
  changed_ = true;
  deadline_ = Time::never();
}

void Client::remove(Time now) {
  if (state_ != State::mapped) return;
  changed_ = true;
  if (options_.peer) {
    state_ = State::removed;
    awaiting_ = false;
    due_ = false;
    deadline_ = Time::never();
    return;
  }
  state_ = State::removing;
  begin(now);
}

}  // namespace natsim::portmap
