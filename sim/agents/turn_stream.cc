#include "sim/agents/turn_stream.h"

#include <utility>

namespace natsim::agents {
namespace {

// A server that cannot be connected to is given up after 31 s (1 + 2 + 4 + 8 + 16), a little before
// a request that it does not answer.
constexpr net::TcpOptions client_options{.syn_retries = 4, .nagle = false};

}  // namespace

Result<std::unique_ptr<TurnStream>> TurnStream::connect(net::Host& host, const IpAddress& local,
                                                        const Endpoint& server, User& user,
                                                        std::optional<TlsLayer> tls) {
  std::unique_ptr<TurnStream> stream(new TurnStream(user));
  const net::TcpBinding binding{.local = {local, 0}, .options = client_options};
  auto bytes = ByteStream::connect(host, binding, server, *stream, std::move(tls));
  if (!bytes) return Error{bytes.error()};
  stream->stream_ = std::move(bytes.value());
  return stream;
}

std::unique_ptr<TurnStream> TurnStream::accept(std::unique_ptr<net::TcpSocket> socket, User& user,
                                               std::optional<TlsLayer> tls,
                                               std::uint16_t highest_channel) {
  std::unique_ptr<TurnStream> stream(new TurnStream(user, highest_channel));
  stream->stream_ = ByteStream::accept(std::move(socket), *stream, std::move(tls));
  return stream;
}

bool TurnStream::send(ByteView message) {
  if (stream_->unsent() + message.size() > max_unsent) return false;
  stream_->send(message);
  return true;
}

void TurnStream::on_open(ByteStream& /*stream*/) { user_.on_open(*this); }

void TurnStream::on_bytes(ByteStream& stream, ByteView bytes) {
  if (raw_) return user_.on_raw(*this, bytes);
  framing_.receive(bytes);
  while (!raw_) {
    const auto message = framing_.poll_message();
    if (!message) break;
    user_.on_message(*this, *message);
  }
  if (raw_) {
    const Bytes rest = framing_.take_rest();
    if (!rest.empty()) user_.on_raw(*this, rest);
  } else if (framing_.broken()) {
    stream.fail("neither STUN nor ChannelData on the stream");
  }
}

void TurnStream::on_end(ByteStream& /*stream*/, std::string_view why) { user_.on_end(*this, why); }

}  // namespace natsim::agents
