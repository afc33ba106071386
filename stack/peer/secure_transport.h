// DTLS-SRTP over whatever path carries a peer's datagrams (RFC 5764, RFC 8827 §6.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/dtls/certificate.h"
#include "stack/dtls/session.h"
#include "stack/srtp/session.h"

namespace natsim::peer {

struct SecurityOptions {
  // Offered, or accepted, in this order.
  std::vector<srtp::Profile> profiles = {srtp::Profile::aead_aes_128_gcm,
                                         srtp::Profile::aes128_cm_sha1_80};
  dtls::TimerProfile timer;
  std::size_t mtu = 1200;          // bytes of a datagram that handshake messages are cut to
  std::size_t fallback_mtu = 576;  // after repeated loss
  bool hello_verify = false;       // a server asks for a cookie (RFC 6347 §4.2.1)
  // If not, media go in the clear, in packets as large as if they were (rule 5 of srtp::Session),
  // which the other end has to know. For big runs: real peers do not.
  bool protect_media = true;
};

// Media may flow, both ways.
struct Secured {
  srtp::Profile profile = srtp::Profile::aes128_cm_sha1_80;
  std::string cipher;                    // of DTLS, as OpenSSL calls it
  std::optional<srtp::MasterKeys> keys;  // of the media, if they are protected
};
// A packet of the peer, authenticated and decrypted.
struct RtpArrived {
  Bytes packet;
};
struct RtcpArrived {
  Bytes packet;
};
enum class DropCause : std::uint8_t {
  unexpected,       // no DTLS and no RTP by its first byte (RFC 7983 §7)
  early,            // DTLS before the role is known, more of it than is kept
  not_secured,      // RTP before the handshake is complete
  unauthenticated,  // SRTP refused the tag
  replayed,         // SRTP has seen it, or it is too old to tell
};
std::string_view to_string(DropCause cause);
struct Dropped {
  DropCause cause = DropCause::unexpected;
};
using SecurityEvent = std::variant<Secured, RtpArrived, RtcpArrived, Dropped, dtls::Failed,
                                   dtls::Closed, dtls::KeyLogLine>;

// Contract (beside that of stack/base/machine.h):
// 1. It takes datagrams that are not STUN, and gives out such. DTLS that comes before `associate`
//    is kept, up to dtls::Session::early_limit datagrams; the handshake begins with `start`.
// 2. RTP that comes before the association is secured is dropped: keys come with it.
// 3. `associate` again begins a new association, as a peer with a new certificate wants it
//    (RFC 8842 §5.5); media stops until it is secured.
// 4. Protected packets of one call to `send_rtp` and `send_rtcp` are given out as they are made,
//    behind what is there already.
class SecureTransport {
 public:
  SecureTransport(SecurityOptions options, dtls::Certificate certificate, Random random);

  void associate(dtls::Role role, std::vector<sdp::Fingerprint> fingerprints, Time now);
  [[nodiscard]] bool associated() const { return session_.has_value(); }
  // The path can be written to. Has no effect if it was called before.
  void start(Time now);

  void receive(ByteView datagram, Time now);
  // False, and nothing is sent, unless secured.
  bool send_rtp(Bytes packet);
  bool send_rtcp(Bytes packet);
  void close(Time now);

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Bytes> poll_transmit();
  std::optional<SecurityEvent> poll_event();

  [[nodiscard]] bool secured() const { return srtp_.has_value(); }
  // While secured.
  [[nodiscard]] std::optional<srtp::Profile> srtp_profile() const {
    return srtp_ ? std::optional(srtp_->profile()) : std::nullopt;
  }
  [[nodiscard]] const std::optional<dtls::Session>& session() const { return session_; }

 private:
  void drain();
  void on(dtls::Connected connected);
  void receive_media(ByteView datagram);

  SecurityOptions options_;
  dtls::Certificate certificate_;
  Random random_;
  int associations_ = 0;
  dtls::Role role_ = dtls::Role::client;
  bool started_ = false;
  std::vector<Bytes> early_;  // DTLS from before the role was known
  std::optional<dtls::Session> session_;
  std::optional<srtp::Session> srtp_;
  std::deque<Bytes> transmits_;
  std::deque<SecurityEvent> events_;
};

}  // namespace natsim::peer
