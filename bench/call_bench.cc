// Calls with media. Aims: setting one up costs at most 1.25 times the bare handshake of both ends
// (bare_handshake, measured beside it); a protected packet at most twice libsrtp2's own protect and
// unprotect; an hour of speech both ways at most a second.
#include <benchmark/benchmark.h>

#include "bench/bare_dtls.h"
#include "sim/agents/call.h"
#include "sim/core/world.h"
#include "sim/net/host.h"
#include "sim/net/network.h"
#include "stack/peer/secure_transport.h"
#include "stack/rtp/packet.h"

namespace natsim::bench {
namespace {

// Two hosts with a link between them, and a call.
class Call {
 public:
  Call(std::uint64_t seed, const agents::CallMedia& media) : world_(seed), network_(world_) {
    net::Host& alice = host("alice", IpAddress::v4(198, 51, 100, 7));
    net::Host& bob = host("bob", IpAddress::v4(198, 51, 100, 130));
    network_.connect(*alice.interfaces().front(), *bob.interfaces().front(),
                     {.one_way_delay = milliseconds(20)}, {.one_way_delay = milliseconds(20)});
    call_ = std::move(agents::Call::start(alice, bob, {.media = media}).value());
  }

  // False if it does not connect.
  bool connect() {
    while (call_->connected_at().is_never() && world_.scheduler().step(Time{} + seconds(10))) {
    }
    return !call_->connected_at().is_never();
  }
  void talk(Duration time) {
    const Time end = world_.now() + time;
    while (world_.scheduler().step(end)) {
    }
  }

 private:
  net::Host& host(const char* name, const IpAddress& address) {
    auto& made = network_.add<net::Host>(name);
    made.add_interface().add_address(address, 24);
    return made;
  }

  core::World world_;
  net::Network network_;
  std::unique_ptr<agents::Call> call_;
};

void bare_handshake(benchmark::State& state) {
  const BareDtls bare;
  for (auto _ : state) {
    if (!bare.handshake()) state.SkipWithError("not connected");
  }
}
BENCHMARK(bare_handshake)->Unit(benchmark::kMicrosecond);

// World, certificates, descriptions, ICE and DTLS.
void set_up(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Call call(++seed, {.audio = sdp::Direction::sendrecv});
    if (!call.connect()) state.SkipWithError("not connected");
  }
}
BENCHMARK(set_up)->Unit(benchmark::kMicrosecond);

srtp::MasterKeys keys() {
  Random random(1);
  srtp::MasterKeys keys{.profile = srtp::Profile::aead_aes_128_gcm};
  for (srtp::MasterKey* key : {&keys.client, &keys.server}) {
    key->key.resize(srtp::key_length(keys.profile));
    key->salt.resize(srtp::salt_length(keys.profile));
    random.fill(key->key);
    random.fill(key->salt);
  }
  return keys;
}

// One packet of 100 bytes from one end to the other.
void packet_of_srtp(benchmark::State& state) {
  auto from = srtp::Session::of_client(keys());
  auto to = srtp::Session::of_server(keys());
  std::uint16_t number = 0;
  for (auto _ : state) {
    Bytes packet =
        rtp::encode({.payload_type = 111, .sequence_number = number++, .ssrc = 7}, Bytes(100));
    from.value().protect_rtp(packet);
    if (to.value().unprotect_rtp(packet) != srtp::Outcome::done) state.SkipWithError("refused");
  }
}
BENCHMARK(packet_of_srtp);

void packet_of_transport(benchmark::State& state) {
  const auto a = dtls::Certificate::generate(Random(1));
  const auto b = dtls::Certificate::generate(Random(2));
  peer::SecureTransport from({}, a, Random(3));
  peer::SecureTransport to({}, b, Random(4));
  from.associate(dtls::Role::client, {*b.fingerprint("sha-256")}, Time{});
  to.associate(dtls::Role::server, {*a.fingerprint("sha-256")}, Time{});
  from.start(Time{});
  to.start(Time{});
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [one, other] : {std::pair(&from, &to), {&to, &from}}) {
      while (const auto datagram = one->poll_transmit()) {
        other->receive(*datagram, Time{});
        moved = true;
      }
    }
  }
  while (to.poll_event()) {
  }
  std::uint16_t number = 0;
  for (auto _ : state) {
    from.send_rtp(
        rtp::encode({.payload_type = 111, .sequence_number = number++, .ssrc = 7}, Bytes(100)));
    to.receive(*from.poll_transmit(), Time{});
    const auto event = to.poll_event();
    if (!event || !std::holds_alternative<peer::RtpArrived>(*event)) state.SkipWithError("refused");
  }
}
BENCHMARK(packet_of_transport);

// An hour of speech both ways: 360,000 packets, reports, consent.
void hour_of_speech(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Call call(++seed, {.audio = sdp::Direction::sendrecv});
    if (!call.connect()) state.SkipWithError("not connected");
    call.talk(seconds(3600));
  }
}
BENCHMARK(hour_of_speech)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
