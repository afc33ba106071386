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

// Two hosts with a link between them.
class Pair {
 public:
  explicit Pair(std::uint64_t seed)
      : world_(seed),
        network_(world_),
        alice_(host("alice", IpAddress::v4(198, 51, 100, 7))),
        bob_(host("bob", IpAddress::v4(198, 51, 100, 130))),
        certificates_(world_) {
    network_.connect(*alice_.interfaces().front(), *bob_.interfaces().front(),
                     {.one_way_delay = milliseconds(20)}, {.one_way_delay = milliseconds(20)});
  }

  // Null if it does not connect.
  std::unique_ptr<agents::Call> call(const agents::CallMedia& media) {
    auto call = std::move(
        agents::Call::start(alice_, bob_, {.media = media, .certificates = &certificates_})
            .value());
    const Time end = world_.now() + seconds(10);
    while (call->connected_at().is_never() && world_.scheduler().step(end)) {
    }
    return call->connected_at().is_never() ? nullptr : std::move(call);
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
  net::Host& alice_;
  net::Host& bob_;
  agents::CertificatePool certificates_;
};

const agents::CallMedia speech{.audio = sdp::Direction::sendrecv};

void bare_handshake(benchmark::State& state) {
  const BareDtls bare;
  for (auto _ : state) {
    if (!bare.handshake()) state.SkipWithError("not connected");
  }
}
BENCHMARK(bare_handshake)->Unit(benchmark::kMicrosecond);

// One more call of a run: sockets, descriptions, ICE and DTLS. The run's calls share certificates.
void set_up(benchmark::State& state) {
  Pair pair(1);
  for (auto _ : state) {
    if (!pair.call(speech)) state.SkipWithError("not connected");
  }
}
BENCHMARK(set_up)->Unit(benchmark::kMicrosecond);

// The only call of a run: beside the above, the world and two certificates.
void set_up_alone(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Pair pair(++seed);
    if (!pair.call(speech)) state.SkipWithError("not connected");
  }
}
BENCHMARK(set_up_alone)->Unit(benchmark::kMicrosecond);

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
void hour_of(benchmark::State& state, const agents::CallMedia& media) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Pair pair(++seed);
    const auto call = pair.call(media);
    if (!call) state.SkipWithError("not connected");
    pair.talk(seconds(3600));
  }
}
void hour_of_speech(benchmark::State& state) { hour_of(state, speech); }
BENCHMARK(hour_of_speech)->Unit(benchmark::kMillisecond)->Iterations(2);

// The same packets, not encrypted.
void hour_of_plain_speech(benchmark::State& state) {
  agents::CallMedia plain = speech;
  plain.security.protect_media = false;
  hour_of(state, plain);
}
BENCHMARK(hour_of_plain_speech)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
