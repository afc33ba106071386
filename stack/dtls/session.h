// One DTLS 1.2 association (RFC 6347), as WebRTC uses it (RFC 8827 §6.5, RFC 5763).
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
#include "stack/dtls/certificate.h"
#include "stack/dtls/records.h"
#include "stack/dtls/timer_profile.h"
#include "stack/srtp/keys.h"

namespace natsim::dtls {

class Connection;

struct Options {
  Role role = Role::client;
  // Of the peer's certificate, from its description. Empty: not known yet, see `expect`.
  std::vector<sdp::Fingerprint> fingerprints;
  // Offered, or accepted, in this order. Empty: no media, the association is for data alone.
  std::vector<srtp::Profile> srtp_profiles;
  TimerProfile timer;
  // Bytes of a datagram that handshake messages are cut to, at least 256.
  std::size_t mtu = 1200;
  // What they are cut to once a flight has been sent four times in vain, at least 256.
  std::size_t fallback_mtu = 576;
  // A server asks for the ClientHello again, with a cookie (RFC 6347 §4.2.1). WebRTC has no need of
  // it, since ICE has proved the address.
  bool hello_verify = false;
  bool log_keys = false;  // give out lines of an NSS key log, as Wireshark reads them
};

// The handshake is complete and the peer has the expected certificate.
struct Connected {
  // Meaningful if profiles were offered.
  std::optional<srtp::MasterKeys> srtp;
};
struct Data {
  Bytes bytes;  // of one record
};
// By close_notify, the peer's or the own one.
struct Closed {
  bool by_peer = false;
};
struct Failed {
  std::string reason;
};
struct KeyLogLine {
  std::string line;  // "CLIENT_RANDOM …", without its end
};
using Event = std::variant<Connected, Data, Closed, Failed, KeyLogLine>;

// Contract (beside that of stack/base/machine.h):
// 1. It knows no addresses: the datagrams go wherever the owner sends to at the time, and the
//    association outlives a change of path (RFC 8842 §4).
// 2. Before `start` it keeps up to `early_limit` datagrams, and drops later ones; `start` takes in
//    what was kept. So a ClientHello that comes before the own ICE is ready costs no wait.
// 3. A flight without answer is sent again after the timer's wait, and so on; after the 13th wait
//    it fails. The last flight has no timer: it goes out again when the peer repeats its own.
// 4. Nothing is released before the certificate is checked: neither keys nor data. A certificate
//    that none of the fingerprints fits is a failure, which the peer hears by bad_certificate. Only
//    sha-256, sha-384 and sha-512 count. If no fingerprint is known when the handshake ends, it
//    waits for `expect`, and keeps up to `early_limit` records of data; a failure found so late the
//    peer hears by close_notify, as one of rule 5.
// 5. Profiles for SRTP that find no common one are a failure.
// 6. What a datagram holds besides records of DTLS 1.2 for this role is ignored and counted; forged
//    or spoiled protected records are ignored. Renegotiation is refused.
// 7. The same certificate, options, random stream and input give the same bytes, on any thread.
//    Other releases of OpenSSL may say a ClientHello differently or draw in another order.
class Session {
 public:
  enum class State : std::uint8_t { waiting, handshaking, unverified, connected, closed, failed };
  static constexpr std::size_t early_limit = 8;

  Session(Options options, const Certificate& certificate, const Random& random);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Once the path is writable. A client sends its ClientHello.
  void start(Time now);
  void receive(ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Bytes> poll_transmit();
  std::optional<Event> poll_event();

  // What the peer's description says after all. Precondition: no fingerprint was given before.
  void expect(std::vector<sdp::Fingerprint> fingerprints, Time now);
  // One record, so at most 16384 bytes; false, and nothing is sent, unless connected.
  bool send(ByteView data, Time now);
  // Sends close_notify if it is connected. It is closed then.
  void close(Time now);

  [[nodiscard]] State state() const { return state_; }
  // Keying material for another use (RFC 5705); nullopt unless connected.
  [[nodiscard]] std::optional<Bytes> export_keys(std::string_view label, std::size_t length) const;
  // As OpenSSL calls it, "ECDHE-ECDSA-AES128-GCM-SHA256"; empty before there is one.
  [[nodiscard]] std::string_view cipher() const;
  // How many flights the timer has sent again.
  [[nodiscard]] std::size_t retransmissions() const;
  // Records and garbage tails ignored (rule 6), and what was too much to keep (rules 2 and 4).
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }
  [[nodiscard]] std::uint64_t dropped_early() const { return dropped_early_; }

 private:
  void take(ByteView datagram, Time now);
  void proceed(Time now);
  void conclude(int error);
  void finish(Time now);
  void read(Time now);
  void release(Bytes data);
  void collect_key_log();
  void fail(std::string reason);
  [[nodiscard]] bool over() const { return state_ >= State::closed; }

  Options options_;
  State state_ = State::waiting;
  Certificate certificate_;
  std::unique_ptr<Connection> connection_;
  std::vector<Bytes> early_;  // datagrams from before `start`
  std::vector<Bytes> held_;   // data from before the peer was known to be the right one
  std::deque<Event> events_;
  std::uint64_t ignored_ = 0;
  std::uint64_t dropped_early_ = 0;
};

std::string_view to_string(Session::State state);

}  // namespace natsim::dtls
