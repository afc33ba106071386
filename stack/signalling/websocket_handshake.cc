#include "stack/signalling/websocket_handshake.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace natsim::signalling {
namespace {

namespace http = boost::beast::http;

std::string base64(ByteView bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // with the NUL that OpenSSL adds
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

// 16 bytes in base64: 22 characters of its alphabet and two of padding.
bool is_websocket_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  std::array<std::uint8_t, 18> bytes{};
  return EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(key.data()), 24) ==
         static_cast<int>(bytes.size());
}

std::string_view text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

template <typename Fields>
bool has_token(const Fields& fields, http::field name, boost::beast::string_view token) {
  return http::token_list(fields[name]).exists(token);
}

}  // namespace

struct Handshake::Parser {
  // One of them is used.
  std::optional<http::request_parser<http::empty_body>> request;
  std::optional<http::response_parser<http::empty_body>> response;
};

std::string draw_websocket_key(Random& random) {
  std::array<std::uint8_t, 16> nonce{};
  random.fill(nonce);
  return base64(nonce);
}

std::string websocket_accept(std::string_view key) {
  const std::string joined = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<std::uint8_t, 20> digest{};
  EVP_Digest(joined.data(), joined.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  return base64(digest);
}

std::string upgrade_request(std::string_view host, std::string_view path, std::string_view key) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n\r\n",
      path, host, key);
}

Handshake::Handshake(std::unique_ptr<Parser> parser) : parser_(std::move(parser)) {}
Handshake::Handshake(Handshake&&) noexcept = default;
Handshake& Handshake::operator=(Handshake&&) noexcept = default;
Handshake::~Handshake() = default;

Handshake Handshake::server(std::string path) {
  auto parser = std::make_unique<Parser>();
  parser->request.emplace().header_limit(longest_head);
  Handshake handshake(std::move(parser));
  handshake.expected_ = std::move(path);
  return handshake;
}

Handshake Handshake::client(std::string_view key) {
  auto parser = std::make_unique<Parser>();
  parser->response.emplace().header_limit(longest_head);
  Handshake handshake(std::move(parser));
  handshake.expected_ = websocket_accept(key);
  return handshake;
}

Handshake::State Handshake::feed(ByteView bytes) {
  if (state_ != State::reading) return state_;
  read_.insert(read_.end(), bytes.begin(), bytes.end());
  boost::beast::error_code error;
  const boost::asio::const_buffer buffer(read_.data(), read_.size());
  const std::size_t used = parser_->request ? parser_->request->put(buffer, error)
                                            : parser_->response->put(buffer, error);
  read_.erase(read_.begin(), read_.begin() + static_cast<std::ptrdiff_t>(used));
  if (error == http::error::need_more) return state_;
  if (error) {
    std::string reason = "it is not HTTP: " + error.message();
    return parser_->request ? refuse("400 Bad Request", {}, std::move(reason))
                            : fail(std::move(reason));
  }
  // Without an error but with the head unfinished, more is to come.
  const bool complete =
      parser_->request ? parser_->request->is_header_done() : parser_->response->is_header_done();
  if (!complete) return state_;
  return parser_->request ? check_request() : check_response();
}

Handshake::State Handshake::fail(std::string reason) {
  failure_ = std::move(reason);
  return state_ = State::failed;
}

Handshake::State Handshake::refuse(std::string_view status, std::string_view headers,
                                   std::string reason) {
  answer_ = fmt::format("HTTP/1.1 {}\r\n{}Content-Length: 0\r\nConnection: close\r\n\r\n", status,
                        headers);
  return fail(std::move(reason));
}

Handshake::State Handshake::check_request() {
  constexpr std::string_view bad = "400 Bad Request";
  const auto& request = parser_->request->get();
  if (request.method() != http::verb::get || request.version() != 11) {
    return refuse(bad, {}, "it is not a GET of HTTP/1.1");
  }
  if (text_of(request.target()) != expected_) {
    return refuse("404 Not Found", {},
                  fmt::format("there is no {}, only {}", text_of(request.target()), expected_));
  }
  if (parser_->request->chunked() || parser_->request->content_length().value_or(0) != 0) {
    return refuse(bad, {}, "it has a body");
  }
  if (request.count(http::field::host) != 1) return refuse(bad, {}, "it has not one Host");
  if (!has_token(request, http::field::upgrade, "websocket") ||
      !has_token(request, http::field::connection, "upgrade")) {
    return refuse("426 Upgrade Required", "Upgrade: websocket\r\n",
                  "it asks for no upgrade to websocket");
  }
  if (text_of(request[http::field::sec_websocket_version]) != "13") {
    return refuse("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n",
                  "it asks for another version than 13");
  }
  const std::string_view key = text_of(request[http::field::sec_websocket_key]);
  if (!is_websocket_key(key)) return refuse(bad, {}, "its Sec-WebSocket-Key is not 16 bytes");
  answer_ = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      websocket_accept(key));
  return state_ = State::done;
}

Handshake::State Handshake::check_response() {
  const auto& response = parser_->response->get();
  if (response.result_int() != 101) {
    return fail(fmt::format("the server answers {}", response.result_int()));
  }
  if (!has_token(response, http::field::upgrade, "websocket") ||
      !has_token(response, http::field::connection, "upgrade")) {
    return fail("the server does not upgrade to websocket");
  }
  if (text_of(response[http::field::sec_websocket_accept]) != expected_) {
    return fail("the server's Sec-WebSocket-Accept does not fit the key");
  }
  if (response.count(http::field::sec_websocket_extensions) != 0 ||
      response.count(http::field::sec_websocket_protocol) != 0) {
    return fail("the server uses an extension or subprotocol that was not asked for");
  }
  return state_ = State::done;
}

}  // namespace natsim::signalling
