// Bytes into both ends of a TLS connection, before, during and after a handshake: each is taken
// without a crash, an end is told once and with a reason, and what an end releases its peer has
// sent.
//
// The input is a run of steps: a byte that says what is done, for some a length or a place of two
// bytes, and that many bytes. The first byte says which versions are allowed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "stack/tls/endpoint.h"

namespace {

using namespace natsim;

void require(bool holds) {
  if (!holds) std::abort();
}

// Keys and settings are dear and no part of what is tried.
struct Shared {
  tls::Context context;
  dtls::Certificate certificate = dtls::Certificate::generate(Random(1));
};

tls::Version newest(std::uint8_t choice) {
  return (choice & 1) != 0 ? tls::Version::tls_1_2 : tls::Version::tls_1_3;
}

struct End {
  tls::Endpoint endpoint;
  Bytes arriving;
  std::size_t sent = 0;      // plaintext
  std::size_t received = 0;  // plaintext
  bool closed = false;
};

class Attempt {
 public:
  Attempt(const Shared& shared, std::uint8_t choice)
      : client_{tls::Endpoint(
                    shared.context,
                    tls::ClientOptions{.trusted = {*shared.certificate.fingerprint("sha-256")},
                                       .alpn = {"a", "b"},
                                       .newest = newest(choice)},
                    Random(3)),
                {}},
        server_{tls::Endpoint(shared.context,
                              tls::ServerOptions{.certificate = shared.certificate,
                                                 .alpn = {"b"},
                                                 .newest = newest(choice >> 1)},
                              Random(4)),
                {}} {
    client_.endpoint.start({});
    server_.endpoint.start({});
    drain(client_, server_);
  }

  void step(std::uint8_t action, ByteReader& input) {
    const bool to_server = (action & 1) != 0;
    End& end = to_server ? server_ : client_;
    switch (action >> 1 & 7) {
      case 0:
      case 1:
        deliver(end, end.arriving.size(), {});
        break;
      case 2:
        deliver(end, input.u8().value_or(1), {});
        break;
      case 3:
        // With one byte changed, which is the way into the handshake.
        deliver(end, end.arriving.size(), input.u16());
        break;
      case 4:
        end.endpoint.end({});
        break;
      case 5:
        if (end.endpoint.send(as_bytes("data"), {})) end.sent += 4;
        break;
      case 6:
        end.endpoint.close({});
        break;
      case 7:
        if (const auto length = input.u16()) {
          const std::size_t most = input.remaining();
          end.endpoint.receive(*input.take(*length < most ? *length : most), {});
        }
        break;
    }
    drain(client_, server_);
    drain(server_, client_);
    require(client_.received <= server_.sent && server_.received <= client_.sent);
  }

 private:
  static void deliver(End& end, std::size_t count, std::optional<std::uint16_t> spoil) {
    if (end.arriving.empty()) return;
    const std::size_t size = count < end.arriving.size() ? count : end.arriving.size();
    const auto cut = end.arriving.begin() + static_cast<std::ptrdiff_t>(size);
    Bytes bytes(end.arriving.begin(), cut);
    end.arriving.erase(end.arriving.begin(), cut);
    if (spoil && !bytes.empty()) {
      bytes[*spoil % bytes.size()] ^= static_cast<std::uint8_t>(1 + (*spoil >> 10));
    }
    end.endpoint.receive(bytes, {});
  }

  static void drain(End& end, End& peer) {
    while (const auto bytes = end.endpoint.poll_transmit()) {
      peer.arriving.insert(peer.arriving.end(), bytes->begin(), bytes->end());
    }
    while (const auto event = end.endpoint.poll_event()) {
      require(!end.closed);
      if (const auto* data = std::get_if<tls::Data>(&*event)) end.received += data->bytes.size();
      if (const auto* closed = std::get_if<tls::Closed>(&*event)) {
        require(!closed->reason.empty());
        end.closed = true;
      }
    }
    require(end.closed == (end.endpoint.state() == tls::Endpoint::State::closed));
  }

  End client_;
  End server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Shared shared;
  ByteReader input(ByteView(data, size));
  Attempt attempt(shared, input.u8().value_or(0));
  while (const auto action = input.u8()) attempt.step(*action, input);
  return 0;
}
