#include "stack/tls/endpoint.h"

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "stack/dtls/driven.h"
#include "stack/tls/connection.h"

namespace natsim::tls {

namespace {

int protocol_number(Version version) {
  return version == Version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void allow(SSL* ssl, Version oldest, Version newest) {
  SSL_set_min_proto_version(ssl, protocol_number(oldest));
  SSL_set_max_proto_version(ssl, protocol_number(newest));
}

// As in the extension's list of names (RFC 7301 §3.1).
Bytes alpn_list(const std::vector<std::string>& names) {
  Bytes list;
  ByteWriter writer(list);
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) {
      throw std::invalid_argument("a protocol's name has 1 to 255 bytes");
    }
    writer.u8(static_cast<std::uint8_t>(name.size()));
    writer.bytes(as_bytes(name));
  }
  return list;
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

std::string reason_of_failure() {
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_REASON(code);
  if (reason > SSL_AD_REASON_OFFSET) {
    return std::string("the peer sent the alert '") +
           SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET) + "'";
  }
  const char* text = ERR_reason_error_string(code);
  return text != nullptr ? text : "the connection broke off";
}

}  // namespace

Endpoint::Connection::Connection(const Context& its_context, const Random& its_random, bool logs)
    : context(its_context),
      random(its_random.split("tls")),
      arriving(BIO_new(BIO_s_mem())),
      leaving(BIO_new(BIO_s_mem())),
      log_keys(logs) {
  const dtls::Driven driven(random, 0);
  ssl.reset(SSL_new(context.openssl()));
  if (ssl == nullptr || arriving == nullptr || leaving == nullptr) {
    throw std::runtime_error("OpenSSL is out of memory");
  }
  SSL_set_app_data(ssl.get(), this);
  SSL_set_bio(ssl.get(), arriving, leaving);
}

Endpoint::Endpoint(const Context& context, ClientOptions options, const Random& random)
    : connection_(std::make_unique<Connection>(context, random, options.log_keys)) {
  SSL* ssl = connection_->ssl.get();
  allow(ssl, options.oldest, options.newest);
  if (!options.server_name.empty() && !is_address(options.server_name)) {
    SSL_set_tlsext_host_name(ssl, options.server_name.c_str());
  }
  const Bytes alpn = alpn_list(options.alpn);
  if (!alpn.empty()) SSL_set_alpn_protos(ssl, alpn.data(), static_cast<unsigned>(alpn.size()));
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  connection_->server_name = std::move(options.server_name);
  connection_->trusted = std::move(options.trusted);
  connection_->verify = options.verify;
  SSL_set_connect_state(ssl);
}

Endpoint::Endpoint(const Context& context, ServerOptions options, const Random& random)
    : connection_(std::make_unique<Connection>(context, random, options.log_keys)) {
  SSL* ssl = connection_->ssl.get();
  allow(ssl, options.oldest, options.newest);
  options.certificate.present_by(*ssl);
  connection_->alpn = std::move(options.alpn);
  SSL_set_accept_state(ssl);
}

Endpoint::~Endpoint() = default;
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint& Endpoint::operator=(Endpoint&&) noexcept = default;

template <typename Work>
int Endpoint::drive(Time now, Work work) {
  const dtls::Driven driven(connection_->random, now.ns / 1'000'000'000);
  ERR_clear_error();
  SSL* ssl = connection_->ssl.get();
  return SSL_get_error(ssl, work(ssl));
}

void Endpoint::start(Time now) {
  if (state_ == State::handshaking) proceed(now);
}

void Endpoint::receive(ByteView bytes, Time now) {
  if (state_ == State::closed || bytes.empty()) return;
  BIO_write(connection_->arriving, bytes.data(), static_cast<int>(bytes.size()));
  proceed(now);
}

void Endpoint::end(Time /*now*/) {
  if (state_ == State::closed) return;
  conclude(false, state_ == State::handshaking ? "the stream ended during the handshake"
                                               : "the stream ended without close_notify");
}

std::optional<Bytes> Endpoint::poll_transmit() {
  const std::size_t waiting = BIO_ctrl_pending(connection_->leaving);
  if (waiting == 0) return std::nullopt;
  Bytes bytes(waiting);
  BIO_read(connection_->leaving, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::optional<Event> Endpoint::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void Endpoint::proceed(Time now) {
  if (state_ == State::handshaking) {
    const int error = drive(now, SSL_do_handshake);
    collect_key_log();
    if (error == SSL_ERROR_WANT_READ) return;
    if (error != SSL_ERROR_NONE) return fail();
    open();
  }
  read(now);
}

void Endpoint::open() {
  SSL* ssl = connection_->ssl.get();
  const unsigned char* alpn = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &length);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  state_ = State::open;
  events_.push_back(Opened{
      .version = SSL_version(ssl) == TLS1_2_VERSION ? Version::tls_1_2 : Version::tls_1_3,
      .alpn = std::string(as_text(ByteView(alpn, length))),
      .server_name = name != nullptr ? name : "",
  });
}

void Endpoint::read(Time now) {
  std::array<std::uint8_t, SSL3_RT_MAX_PLAIN_LENGTH> buffer;
  while (true) {
    std::size_t length = 0;
    const int error = drive(
        now, [&](SSL* ssl) { return SSL_read_ex(ssl, buffer.data(), buffer.size(), &length); });
    collect_key_log();
    if (error == SSL_ERROR_WANT_READ) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
      drive(now, SSL_shutdown);
      return conclude(true, "the peer closed the connection");
    }
    if (error != SSL_ERROR_NONE) return fail();
    events_.push_back(
        Data{Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length))});
  }
}

bool Endpoint::send(ByteView plaintext, Time now) {
  if (state_ != State::open) return false;
  if (plaintext.empty()) return true;
  std::size_t written = 0;
  const int error = drive(now, [&](SSL* ssl) {
    return SSL_write_ex(ssl, plaintext.data(), plaintext.size(), &written);
  });
  if (error == SSL_ERROR_NONE) return true;
  fail();
  return false;
}

void Endpoint::close(Time now) {
  if (state_ == State::closed) return;
  // Before the handshake is over there is nothing to end in order.
  const bool was_open = state_ == State::open;
  if (was_open) drive(now, SSL_shutdown);
  conclude(was_open, "closed by this side");
}

void Endpoint::collect_key_log() {
  for (std::string& line : std::exchange(connection_->key_log, {})) {
    events_.push_back(KeyLogLine{std::move(line)});
  }
}

void Endpoint::fail() {
  const std::string& verdict = connection_->verdict;
  conclude(false, verdict.empty() ? reason_of_failure() : verdict);
}

void Endpoint::conclude(bool clean, std::string reason) {
  state_ = State::closed;
  reason_ = reason;
  events_.push_back(Closed{.clean = clean, .reason = std::move(reason)});
}

std::string_view to_string(Version version) {
  return version == Version::tls_1_2 ? "TLS 1.2" : "TLS 1.3";
}

std::string_view to_string(Endpoint::State state) {
  switch (state) {
    case Endpoint::State::handshaking:
      return "handshaking";
    case Endpoint::State::open:
      return "open";
    case Endpoint::State::closed:
      return "closed";
  }
  __builtin_unreachable();
}

}  // namespace natsim::tls
