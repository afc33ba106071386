// All that the signalling server and its clients read from others: handshakes, frames, messages.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stack/signalling/client.h"
#include "stack/signalling/server.h"

namespace {

using namespace natsim::signalling;
using natsim::ByteView;

void check(bool holds) {
  if (!holds) std::abort();
}

// In two pieces the frames are the same as in one.
void read_frames(FrameSender sender, ByteView bytes) {
  FrameReader whole(sender, 100'000);
  FrameReader halves(sender, 100'000);
  std::vector<Frame> from_whole;
  std::vector<Frame> from_halves;
  whole.feed(bytes);
  while (auto frame = whole.next()) from_whole.push_back(*frame);
  for (const ByteView half : {bytes.first(bytes.size() / 2), bytes.subspan(bytes.size() / 2)}) {
    halves.feed(half);
    while (auto frame = halves.next()) from_halves.push_back(*frame);
  }
  check(from_whole == from_halves && whole.error() == halves.error());
}

template <typename Message>
void read_message(const natsim::Result<Message>& message,
                  natsim::Result<Message> (*parse)(std::string_view)) {
  if (!message) return;
  const auto again = parse(encode(message.value()));
  check(again.ok() && again.value() == message.value());
}

// The input behind a good handshake.
void serve(ByteView bytes) {
  const natsim::Time now{};
  Server server({}, natsim::Random(1));
  server.open(1, now);
  WebSocket client = WebSocket::client({}, "h", natsim::Random(2), now);
  server.receive(1, client.poll_bytes(), now);
  server.receive(1, bytes, now);
  while (server.poll_transmit()) continue;
  for (int i = 0; i < 100 && !server.next_timeout().is_never(); ++i) {
    const natsim::Time at = server.next_timeout();
    server.handle_timeout(at);
    check(server.next_timeout() > at);
  }
}
void be_served(ByteView bytes) {
  const natsim::Time now{};
  Client client({}, natsim::Random(1), now);
  client.connected(now);
  Handshake handshake = Handshake::server("/");
  while (const auto order = client.poll_order()) {
    if (const auto* const sent = std::get_if<SendBytes>(&*order)) handshake.feed(sent->bytes);
  }
  client.receive(natsim::as_bytes(handshake.answer()), now);
  check(client.send(SignalKind::offer, "x", {}, now).ok());
  client.receive(bytes, now);
  const natsim::Time at = client.next_timeout();
  client.handle_timeout(at);
  check(client.next_timeout() > at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  Handshake::server("/").feed(bytes);
  Handshake::client("dGhlIHNhbXBsZSBub25jZQ==").feed(bytes);
  read_frames(FrameSender::client, bytes);
  read_frames(FrameSender::server, bytes);
  const std::string_view text = natsim::as_text(bytes);
  read_message(parse_client_message(text), &parse_client_message);
  read_message(parse_server_message(text), &parse_server_message);
  serve(bytes);
  be_served(bytes);
  return 0;
}
