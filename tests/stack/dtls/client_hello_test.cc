// ClientHellos as other implementations send them: with what a DTLS 1.2 server does not know, and
// too large for one datagram.
#include <algorithm>

#include <gtest/gtest.h>

#include "stack/dtls/session.h"

namespace natsim::dtls {
namespace NATSIM_TEST_FILE {

constexpr std::size_t record_header = 13;   // RFC 6347 §4.1
constexpr std::size_t message_header = 12;  // RFC 6347 §4.2.2

// The body of the ClientHello that a session of ours sends.
Bytes own_hello() {
  Session client({}, Certificate::generate(Random(1)), Random(1));
  client.start(Time{});
  const Bytes datagram = *client.poll_transmit();
  return {datagram.begin() + record_header + message_header, datagram.end()};
}

void append_extension(Bytes& extensions, std::uint16_t type, const Bytes& content) {
  ByteWriter writer(extensions);
  writer.u16(type);
  writer.u16(static_cast<std::uint16_t>(content.size()));
  writer.bytes(content);
}

// The same with a list of extensions behind its own (RFC 5246 §7.4.1.2).
Bytes extended(Bytes body, const Bytes& extensions) {
  std::size_t at = 2 + 32;  // version, random
  at += 1u + body[at];      // session id
  at += 1u + body[at];      // cookie
  at += 2u + load_be16(body.data() + at);
  at += 1u + body[at];  // compression methods
  const auto length = load_be16(body.data() + at) + extensions.size();
  store_be16(body.data() + at, static_cast<std::uint16_t>(length));
  body.insert(body.end(), extensions.begin(), extensions.end());
  return body;
}

// In fragments of at most `piece` bytes, each in a record and a datagram of its own.
std::vector<Bytes> fragments(const Bytes& body, std::size_t piece) {
  std::vector<Bytes> out;
  const auto u24 = [](ByteWriter& writer, std::size_t value) {
    writer.u8(static_cast<std::uint8_t>(value >> 16));
    writer.u16(static_cast<std::uint16_t>(value));
  };
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const std::size_t length = std::min(piece, body.size() - at);
    ByteWriter writer(out.emplace_back());
    writer.u8(22);
    writer.u16(0xfeff);
    writer.u16(0);
    writer.u16(0);
    writer.u32(static_cast<std::uint32_t>(out.size()));
    writer.u16(static_cast<std::uint16_t>(message_header + length));
    writer.u8(1);
    u24(writer, body.size());
    writer.u16(0);
    u24(writer, at);
    u24(writer, length);
    writer.bytes(ByteView(body).subspan(at, length));
  }
  return out;
}

// Unknown, an offer of DTLS 1.3, and a key share of a post-quantum group.
Bytes modern_extensions() {
  Bytes out;
  append_extension(out, 0x1a1a, {});
  append_extension(out, 43, {4, 0xfe, 0xfc, 0xfe, 0xfd});
  Bytes share;
  ByteWriter writer(share);
  writer.u16(4 + 1216);
  writer.u16(0x11ec);
  writer.u16(1216);
  writer.fill(1216, 0x55);
  append_extension(out, 51, share);
  return out;
}

// The type of the first message that the server answers with; 0 for no answer.
int answer_to(const std::vector<Bytes>& datagrams) {
  Session server({.role = Role::server}, Certificate::generate(Random(2)), Random(2));
  server.start(Time{});
  for (const Bytes& datagram : datagrams) server.receive(datagram, Time{});
  EXPECT_EQ(server.state(), Session::State::handshaking);
  const auto answer = server.poll_transmit();
  return answer ? (*answer)[record_header] : 0;
}

constexpr int server_hello = 2;

TEST(DtlsClientHello, UnknownExtensionsAndOffersOfDtls13ArePassedOver) {
  const Bytes hello = extended(own_hello(), modern_extensions());
  ASSERT_GT(hello.size(), 1300u);
  EXPECT_EQ(answer_to(fragments(hello, hello.size())), server_hello);
}

TEST(DtlsClientHello, Dtls04OneInFragmentsIsPutTogether) {
  const Bytes hello = extended(own_hello(), modern_extensions());
  for (const std::size_t piece : {100u, 700u, 1187u}) {
    EXPECT_EQ(answer_to(fragments(hello, piece)), server_hello) << piece;
  }
}

TEST(DtlsClientHello, Dtls04FragmentsMayComeInAnyOrderAndTwice) {
  std::vector<Bytes> pieces = fragments(extended(own_hello(), modern_extensions()), 400);
  std::reverse(pieces.begin(), pieces.end());
  pieces.insert(pieces.begin(), pieces.back());
  EXPECT_EQ(answer_to(pieces), server_hello);
}

TEST(DtlsClientHello, Dtls04WithoutOneFragmentThereIsNoAnswer) {
  std::vector<Bytes> pieces = fragments(extended(own_hello(), modern_extensions()), 400);
  pieces.erase(pieces.begin() + 1);
  EXPECT_EQ(answer_to(pieces), 0);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dtls
