// Datagrams into both roles of a DTLS session, before, during and after a handshake: each is taken
// without a crash, deadlines stay honest, and nothing but the true peer gets an association.
//
// The input is a run of steps: a byte that says what is done, for some a length of two bytes, and
// that many bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <optional>

#include "stack/dtls/session.h"

namespace {

using namespace natsim;

void require(bool holds) {
  if (!holds) std::abort();
}

// Keys are dear and no part of what is tried.
struct Identities {
  dtls::Certificate client = dtls::Certificate::generate(Random(1));
  dtls::Certificate server = dtls::Certificate::generate(Random(2));
};

dtls::Options options(dtls::Role role, const dtls::Certificate& peer) {
  return {.role = role,
          .fingerprints = {*peer.fingerprint("sha-256")},
          .srtp_profiles = {srtp::Profile::aead_aes_128_gcm},
          .hello_verify = true};
}

class Attempt {
 public:
  explicit Attempt(const Identities& identities)
      : client_(options(dtls::Role::client, identities.server), identities.client, Random(3)),
        server_(options(dtls::Role::server, identities.client), identities.server, Random(4)) {}

  void step(std::uint8_t action, ByteReader& input) {
    dtls::Session& session = (action & 1) != 0 ? server_ : client_;
    std::deque<Bytes>& arriving = (action & 1) != 0 ? to_server_ : to_client_;
    switch (action >> 1 & 7) {
      case 0:
        session.start(now_);
        break;
      case 1:
        deliver(session, arriving, {});
        break;
      case 2:
        if (!arriving.empty()) arriving.pop_front();
        break;
      case 3:
        // The next datagram with one byte changed, which is the way into the handshake.
        deliver(session, arriving, input.u16());
        break;
      case 4:
        timeout(session);
        break;
      case 5:
        session.send(as_bytes("data"), now_);
        break;
      case 6:
        session.close(now_);
        break;
      case 7:
        if (const auto length = input.u16()) {
          const std::size_t most = input.remaining();
          session.receive(*input.take(*length < most ? *length : most), now_);
        }
        break;
    }
    drain(client_, to_server_);
    drain(server_, to_client_);
  }

 private:
  void deliver(dtls::Session& session, std::deque<Bytes>& arriving,
               std::optional<std::uint16_t> spoil) {
    if (arriving.empty()) return;
    Bytes datagram = std::move(arriving.front());
    arriving.pop_front();
    if (spoil) datagram[*spoil % datagram.size()] ^= static_cast<std::uint8_t>(1 + (*spoil >> 10));
    session.receive(datagram, now_);
  }
  void timeout(dtls::Session& session) {
    if (session.next_timeout().is_never()) return;
    if (session.next_timeout() > now_) now_ = session.next_timeout();
    session.handle_timeout(now_);
    require(session.next_timeout() > now_);
  }
  static void drain(dtls::Session& session, std::deque<Bytes>& out) {
    while (auto datagram = session.poll_transmit()) out.push_back(std::move(*datagram));
    while (auto event = session.poll_event()) {
      if (const auto* connected = std::get_if<dtls::Connected>(&*event)) require(!!connected->srtp);
    }
  }

  Time now_;
  dtls::Session client_;
  dtls::Session server_;
  std::deque<Bytes> to_client_;
  std::deque<Bytes> to_server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Identities identities;
  Attempt attempt(identities);
  ByteReader input(ByteView(data, size));
  while (const auto action = input.u8()) attempt.step(*action, input);
  return 0;
}
