#include "stack/dtls/session.h"

#include <array>
#include <cstddef>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "stack/dtls/connection.h"
#include "stack/dtls/prepared.h"

namespace natsim::dtls {

namespace {

// As SSL_set_tlsext_use_srtp wants them.
std::string_view openssl_name(srtp::Profile profile) {
  switch (profile) {
    case srtp::Profile::aes128_cm_sha1_80:
      return "SRTP_AES128_CM_SHA1_80";
    case srtp::Profile::aes128_cm_sha1_32:
      return "SRTP_AES128_CM_SHA1_32";
    case srtp::Profile::aead_aes_128_gcm:
      return "SRTP_AEAD_AES_128_GCM";
    case srtp::Profile::aead_aes_256_gcm:
      return "SRTP_AEAD_AES_256_GCM";
  }
  __builtin_unreachable();
}

void offer_srtp(SSL* ssl, const std::vector<srtp::Profile>& profiles) {
  std::string names;
  for (const srtp::Profile profile : profiles) {
    if (!names.empty()) names += ':';
    names += openssl_name(profile);
  }
  if (!names.empty()) SSL_set_tlsext_use_srtp(ssl, names.c_str());
}

std::optional<Bytes> exported(SSL* ssl, std::string_view label, std::size_t length) {
  Bytes out(length);
  const int done = SSL_export_keying_material(ssl, out.data(), length, label.data(), label.size(),
                                              nullptr, 0, 0);
  if (done != 1) return std::nullopt;
  return out;
}

std::string last_error() {
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "the handshake broke off";
}

constexpr std::size_t cookie_length = 32;

}  // namespace

Session::Session(Options options, const Certificate& certificate, const Random& random)
    : options_(std::move(options)),
      certificate_(certificate),
      connection_(std::make_unique<Connection>(certificate.prepared_->context.get(),
                                               random.split("dtls"), options_.timer, options_.mtu,
                                               options_.fallback_mtu)) {
  connection_->expected = std::move(options_.fingerprints);
  SSL* ssl = connection_->ssl();
  offer_srtp(ssl, options_.srtp_profiles);
  if (options_.role == Role::client) {
    SSL_set_connect_state(ssl);
  } else {
    SSL_set_accept_state(ssl);
    if (options_.hello_verify) {
      connection_->cookie.resize(cookie_length);
      connection_->random().fill(connection_->cookie);
      SSL_set_options(ssl, SSL_OP_COOKIE_EXCHANGE);
    }
  }
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::start(Time now) {
  if (state_ != State::waiting) return;
  state_ = State::handshaking;
  proceed(now);
  for (const Bytes& datagram : std::exchange(early_, {})) take(datagram, now);
}

void Session::receive(ByteView datagram, Time now) {
  if (state_ != State::waiting) {
    take(datagram, now);
  } else if (early_.size() < early_limit) {
    early_.emplace_back(datagram.begin(), datagram.end());
  } else {
    ++dropped_early_;
  }
}

void Session::take(ByteView datagram, Time now) {
  if (over()) return;
  Sifted sifted = sift(datagram, options_.role);
  ignored_ += sifted.ignored;
  if (sifted.records.empty()) return;
  connection_->arriving = std::move(sifted.records);
  proceed(now);
}

void Session::handle_timeout(Time now) {
  if (now < next_timeout()) return;
  conclude(connection_->expire(now));
}

Time Session::next_timeout() const { return over() ? Time::never() : connection_->deadline(); }

std::optional<Bytes> Session::poll_transmit() {
  if (connection_->leaving.empty()) return std::nullopt;
  Bytes datagram = std::move(connection_->leaving.front());
  connection_->leaving.pop_front();
  return datagram;
}

std::optional<Event> Session::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Session::expect(std::vector<sdp::Fingerprint> fingerprints, Time now) {
  connection_->expected = std::move(fingerprints);
  if (state_ == State::unverified) finish(now);
}

void Session::proceed(Time now) {
  if (state_ == State::handshaking) conclude(connection_->drive(now, SSL_do_handshake));
  if (state_ == State::handshaking && SSL_is_init_finished(connection_->ssl())) finish(now);
  if (state_ == State::connected || state_ == State::unverified) read(now);
}

void Session::conclude(int error) {
  collect_key_log();
  if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ) return;
  fail(last_error());
}

// The handshake is over; whether it was with the right peer may be open.
void Session::finish(Time now) {
  SSL* ssl = connection_->ssl();
  if (connection_->expected.empty()) {
    state_ = State::unverified;
    return;
  }
  const X509* peer = SSL_get0_peer_certificate(ssl);
  if (!connection_->verified && (peer == nullptr || !connection_->fits(peer))) {
    connection_->drive(now, SSL_shutdown);
    fail("the peer's certificate fits none of the fingerprints");
    return;
  }
  Connected connected;
  if (!options_.srtp_profiles.empty()) {
    const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl);
    const auto profile = selected != nullptr
                             ? srtp::profile_of(static_cast<std::uint16_t>(selected->id))
                             : std::nullopt;
    const auto material = profile
                              ? exported(ssl, srtp::exporter_label, srtp::exported_length(*profile))
                              : std::nullopt;
    if (!material) {
      connection_->drive(now, SSL_shutdown);
      fail("no common protection profile for SRTP");
      return;
    }
    connected.srtp = srtp::cut_exported(*profile, *material);
  }
  state_ = State::connected;
  events_.push_back(std::move(connected));
  for (Bytes& data : std::exchange(held_, {})) events_.push_back(Data{std::move(data)});
}

void Session::read(Time now) {
  std::array<std::uint8_t, 16384> buffer;
  while (true) {
    std::size_t length = 0;
    const int error = connection_->drive(
        now, [&](SSL* ssl) { return SSL_read_ex(ssl, buffer.data(), buffer.size(), &length); });
    if (error == SSL_ERROR_NONE) {
      release(Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length)));
      continue;
    }
    if (error == SSL_ERROR_WANT_READ) return;
    if (error != SSL_ERROR_ZERO_RETURN) return fail(last_error());
    connection_->drive(now, SSL_shutdown);
    state_ = State::closed;
    events_.push_back(Closed{.by_peer = true});
    return;
  }
}

void Session::release(Bytes data) {
  if (state_ == State::connected) {
    events_.push_back(Data{std::move(data)});
  } else if (held_.size() < early_limit) {
    held_.push_back(std::move(data));
  } else {
    ++dropped_early_;
  }
}

bool Session::send(ByteView data, Time now) {
  if (state_ != State::connected || data.empty() || data.size() > SSL3_RT_MAX_PLAIN_LENGTH) {
    return false;
  }
  const int error = connection_->drive(
      now, [&](SSL* ssl) { return SSL_write(ssl, data.data(), static_cast<int>(data.size())); });
  return error == SSL_ERROR_NONE;
}

void Session::close(Time now) {
  if (over()) return;
  if (state_ == State::connected || state_ == State::unverified) {
    connection_->drive(now, SSL_shutdown);
  }
  state_ = State::closed;
  events_.push_back(Closed{.by_peer = false});
}

std::optional<Bytes> Session::export_keys(std::string_view label, std::size_t length) const {
  if (state_ != State::connected) return std::nullopt;
  return exported(connection_->ssl(), label, length);
}

std::string_view Session::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(connection_->ssl());
  return cipher != nullptr ? SSL_CIPHER_get_name(cipher) : "";
}

std::size_t Session::retransmissions() const { return connection_->retransmissions; }

void Session::collect_key_log() {
  for (std::string& line : std::exchange(connection_->key_log, {})) {
    if (options_.log_keys) events_.push_back(KeyLogLine{std::move(line)});
  }
}

void Session::fail(std::string reason) {
  state_ = State::failed;
  events_.push_back(Failed{std::move(reason)});
}

std::string_view to_string(Session::State state) {
  switch (state) {
    case Session::State::waiting:
      return "waiting";
    case Session::State::handshaking:
      return "handshaking";
    case Session::State::unverified:
      return "unverified";
    case Session::State::connected:
      return "connected";
    case Session::State::closed:
      return "closed";
    case Session::State::failed:
      return "failed";
  }
  __builtin_unreachable();
}

}  // namespace natsim::dtls
