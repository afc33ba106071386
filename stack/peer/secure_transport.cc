#include "stack/peer/secure_transport.h"

#include <utility>

#include "stack/rtp/packet.h"

namespace natsim::peer {
namespace {

// RFC 7983 §7.
bool is_dtls(ByteView datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

template <typename T>
std::optional<T> pop_front(std::deque<T>& items) {
  if (items.empty()) return std::nullopt;
  std::optional<T> item(std::move(items.front()));
  items.pop_front();
  return item;
}

}  // namespace

std::string_view to_string(DropCause cause) {
  constexpr std::string_view names[] = {"unexpected", "early", "not secured", "unauthenticated",
                                        "replayed"};
  return names[static_cast<std::size_t>(cause)];
}

SecureTransport::SecureTransport(SecurityOptions options, dtls::Certificate certificate,
                                 Random random)
    : options_(std::move(options)), certificate_(std::move(certificate)), random_(random) {}

void SecureTransport::associate(dtls::Role role, std::vector<sdp::Fingerprint> fingerprints,
                                Time now) {
  role_ = role;
  srtp_.reset();
  dtls::Options options{.role = role,
                        .fingerprints = std::move(fingerprints),
                        .srtp_profiles = options_.profiles,
                        .timer = options_.timer,
                        .mtu = options_.mtu,
                        .fallback_mtu = options_.fallback_mtu,
                        .hello_verify = options_.hello_verify,
                        .log_keys = true};
  session_.emplace(std::move(options), certificate_,
                   random_.split(static_cast<std::uint64_t>(associations_++)));
  for (const Bytes& datagram : std::exchange(early_, {})) session_->receive(datagram, now);
  if (started_) session_->start(now);
  drain();
}

void SecureTransport::start(Time now) {
  if (std::exchange(started_, true)) return;
  if (session_) session_->start(now);
  drain();
}

void SecureTransport::receive(ByteView datagram, Time now) {
  if (is_dtls(datagram)) {
    if (session_) {
      session_->receive(datagram, now);
    } else if (early_.size() < dtls::Session::early_limit) {
      early_.emplace_back(datagram.begin(), datagram.end());
    } else {
      events_.push_back(Dropped{DropCause::early});
    }
    drain();
  } else if (rtp::matches(datagram)) {
    receive_media(datagram);
  } else {
    events_.push_back(Dropped{DropCause::unexpected});
  }
}

void SecureTransport::receive_media(ByteView datagram) {
  if (!srtp_) {
    events_.push_back(Dropped{DropCause::not_secured});
    return;
  }
  Bytes packet(datagram.begin(), datagram.end());
  const bool rtcp = rtp::is_rtcp(datagram);
  const srtp::Outcome outcome = rtcp ? srtp_->unprotect_rtcp(packet) : srtp_->unprotect_rtp(packet);
  switch (outcome) {
    case srtp::Outcome::done:
      if (rtcp) {
        events_.push_back(RtcpArrived{std::move(packet)});
      } else {
        events_.push_back(RtpArrived{std::move(packet)});
      }
      return;
    case srtp::Outcome::replayed:
    case srtp::Outcome::too_old:
      events_.push_back(Dropped{DropCause::replayed});
      return;
    default:
      events_.push_back(Dropped{DropCause::unauthenticated});
  }
}

bool SecureTransport::send_rtp(Bytes packet) {
  if (!srtp_ || srtp_->protect_rtp(packet) != srtp::Outcome::done) return false;
  transmits_.push_back(std::move(packet));
  return true;
}

bool SecureTransport::send_rtcp(Bytes packet) {
  if (!srtp_ || srtp_->protect_rtcp(packet) != srtp::Outcome::done) return false;
  transmits_.push_back(std::move(packet));
  return true;
}

void SecureTransport::close(Time now) {
  srtp_.reset();
  if (session_) session_->close(now);
  drain();
}

void SecureTransport::handle_timeout(Time now) {
  if (session_ && session_->next_timeout() <= now) session_->handle_timeout(now);
  drain();
}

Time SecureTransport::next_timeout() const {
  return session_ ? session_->next_timeout() : Time::never();
}

std::optional<Bytes> SecureTransport::poll_transmit() { return pop_front(transmits_); }

std::optional<SecurityEvent> SecureTransport::poll_event() { return pop_front(events_); }

void SecureTransport::drain() {
  if (!session_) return;
  while (auto datagram = session_->poll_transmit()) transmits_.push_back(std::move(*datagram));
  while (auto event = session_->poll_event()) {
    if (auto* connected = std::get_if<dtls::Connected>(&*event)) {
      on(std::move(*connected));
    } else if (auto* failed = std::get_if<dtls::Failed>(&*event)) {
      events_.push_back(std::move(*failed));
    } else if (const auto* closed = std::get_if<dtls::Closed>(&*event)) {
      srtp_.reset();
      events_.push_back(*closed);
    } else if (auto* line = std::get_if<dtls::KeyLogLine>(&*event)) {
      events_.push_back(std::move(*line));
    }
    // What a peer sends over DTLS itself is for data channels, which this peer has not.
  }
}

void SecureTransport::on(dtls::Connected connected) {
  // A handshake without a profile is a failure of the session (its rule 5).
  auto session = !options_.protect_media ? Result(srtp::Session::plain(connected.srtp->profile))
                 : role_ == dtls::Role::client ? srtp::Session::of_client(*connected.srtp)
                                               : srtp::Session::of_server(*connected.srtp);
  if (!session) {
    events_.push_back(dtls::Failed{session.error()});
    return;
  }
  srtp_.emplace(std::move(session.value()));
  Secured secured{srtp_->profile(), std::string(session_->cipher()), std::nullopt};
  if (options_.protect_media) secured.keys = std::move(connected.srtp);
  events_.push_back(std::move(secured));
}

}  // namespace natsim::peer
