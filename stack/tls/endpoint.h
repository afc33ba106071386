// One end of a TLS connection (RFC 5246, RFC 8446) over a byte stream that the owner has.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/dtls/certificate.h"
#include "stack/sdp/transport_attributes.h"
#include "stack/tls/context.h"

namespace natsim::tls {

enum class Version : std::uint8_t { tls_1_2, tls_1_3 };
// "TLS 1.2", …
std::string_view to_string(Version version);

// What a client wants of its server.
struct ClientOptions {
  // Whom the certificate has to be for: a host's name, which the server is also told (SNI, RFC 6066
  // §3), or an IP address, which it is not. Empty: neither told nor checked.
  std::string server_name;
  // The certificates of which the server's must be one, as a world's authority vouches for them.
  std::vector<sdp::Fingerprint> trusted;
  // False: any certificate will do, for any name.
  bool verify = true;
  // Offered, in this order (RFC 7301), each of 1 to 255 bytes: "http/1.1", "stun.turn". Empty: no
  // offer.
  std::vector<std::string> alpn;
  Version oldest = Version::tls_1_2;
  Version newest = Version::tls_1_3;
  bool log_keys = false;  // give out lines of an NSS key log, as Wireshark reads them
};

struct ServerOptions {
  dtls::Certificate certificate;
  // Accepted, the first one that the client offers too. A client that offers none of them is
  // refused (no_application_protocol), one that makes no offer is not. Empty: offers are passed
  // over.
  std::vector<std::string> alpn;
  Version oldest = Version::tls_1_2;
  Version newest = Version::tls_1_3;
  bool log_keys = false;
};

// The handshake is complete, and the client has found the certificate right.
struct Opened {
  Version version;
  std::string alpn;         // agreed on; empty if nothing was
  std::string server_name;  // the client's SNI; empty without one
};
struct Data {
  Bytes bytes;  // in order; where they are cut means nothing
};
// The end, told once.
struct Closed {
  bool clean;          // by close_notify, the peer's or the own one
  std::string reason;  // a clause for people: "the certificate is not for 'turn.example'"
};
struct KeyLogLine {
  std::string line;  // "CLIENT_TRAFFIC_SECRET_0 …", without its end
};
using Event = std::variant<Opened, Data, Closed, KeyLogLine>;

// Contract (beside that of stack/base/machine.h; it has no deadlines, so the owner limits how long
// a handshake may take):
// 1. `start` once the stream is there; then bytes from the stream into `receive`, cut anyhow, and
//    what `poll_transmit` gives into the stream, in order. `end` when the stream has ended.
// 2. After `Closed` nothing more is received or sent; what `poll_transmit` still gives, an alert or
//    close_notify, goes out before the owner closes the stream. There are no half-closed
//    connections: close_notify is answered by one, and ends both directions.
// 3. Nothing is released before the certificate is checked. The peer hears by alert what is wrong:
//    unknown_ca if it is not trusted, bad_certificate if it is for another name.
// 4. A stream that ends without close_notify may have been cut off: closed, but not clean.
// 5. There are no sessions to resume, no tickets and no renegotiation; a client has no certificate.
//    OpenSSL reads no clock: dates are not checked.
// 6. The same options, random stream and input give the same bytes, on any thread. Other releases
// of
//    OpenSSL may say a ClientHello differently or draw in another order.
class Endpoint {
 public:
  enum class State : std::uint8_t { handshaking, open, closed };

  Endpoint(const Context& context, ClientOptions options, const Random& random);
  Endpoint(const Context& context, ServerOptions options, const Random& random);
  ~Endpoint();
  Endpoint(Endpoint&&) noexcept;
  Endpoint& operator=(Endpoint&&) noexcept;

  // A client sends its ClientHello.
  void start(Time now);
  void receive(ByteView bytes, Time now);
  // The stream has ended, in order or not.
  void end(Time now);
  std::optional<Bytes> poll_transmit();
  std::optional<Event> poll_event();

  // False, and nothing is sent, unless it is open.
  bool send(ByteView plaintext, Time now);
  // Sends close_notify. It is closed then, at once.
  void close(Time now);

  [[nodiscard]] State state() const { return state_; }
  // Of `Closed`; empty before.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  friend struct ContextCallbacks;
  struct Connection;

  template <typename Work>
  int drive(Time now, Work work);
  void proceed(Time now);
  void open();
  void read(Time now);
  void collect_key_log();
  void fail();
  void conclude(bool clean, std::string reason);

  std::unique_ptr<Connection> connection_;
  State state_ = State::handshaking;
  std::string reason_;
  std::deque<Event> events_;
};

std::string_view to_string(Endpoint::State state);

}  // namespace natsim::tls
