// WebSocket frames, with the examples of RFC 6455 §5.7.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "stack/signalling/websocket_frame.h"

namespace natsim::signalling {
namespace NATSIM_TEST_FILE {

constexpr std::size_t longest = 100'000;

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

// What a reader makes of the bytes: its frames, and its error.
struct Read {
  std::vector<Frame> frames;
  FrameError error;
};
Read read_in_pieces(FrameSender sender, ByteView bytes, std::size_t piece) {
  FrameReader reader(sender, longest);
  Read read;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    reader.feed(bytes.first(size));
    bytes = bytes.subspan(size);
    while (auto frame = reader.next()) read.frames.push_back(std::move(*frame));
  }
  read.error = reader.error();
  return read;
}

TEST(WebSocketFrame, ReadsTheExamplesOfTheRfc) {
  const Bytes unmasked = {0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
  const Bytes masked = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
  const Bytes fragments = {0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f};
  const Bytes ping = {0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
  const Frame hello{Opcode::text, true, bytes_of("Hello")};
  for (const std::size_t piece : {1U, 2U, 100U}) {
    EXPECT_EQ(read_in_pieces(FrameSender::server, unmasked, piece).frames,
              std::vector<Frame>{hello});
    EXPECT_EQ(read_in_pieces(FrameSender::client, masked, piece).frames, std::vector<Frame>{hello});
    EXPECT_EQ(read_in_pieces(FrameSender::server, fragments, piece).frames,
              (std::vector<Frame>{{Opcode::text, false, bytes_of("Hel")},
                                  {Opcode::continuation, true, bytes_of("lo")}}));
    EXPECT_EQ(read_in_pieces(FrameSender::server, ping, piece).frames,
              (std::vector<Frame>{{Opcode::ping, true, bytes_of("Hello")}}));
  }
  Bytes written;
  write_frame(written, Opcode::text, as_bytes("Hello"), MaskingKey{0x37, 0xfa, 0x21, 0x3d});
  EXPECT_EQ(written, masked);
}

TEST(WebSocketFrame, WritesLengthsInTheirShortestForm) {
  const auto header_of = [](std::size_t size) {
    Bytes out;
    write_frame(out, Opcode::binary, Bytes(size), std::nullopt);
    return Bytes(out.begin(), out.end() - static_cast<std::ptrdiff_t>(size));
  };
  EXPECT_EQ(header_of(125), (Bytes{0x82, 0x7d}));
  EXPECT_EQ(header_of(126), (Bytes{0x82, 0x7e, 0x00, 0x7e}));
  EXPECT_EQ(header_of(256), (Bytes{0x82, 0x7e, 0x01, 0x00}));
  EXPECT_EQ(header_of(65'535), (Bytes{0x82, 0x7e, 0xff, 0xff}));
  EXPECT_EQ(header_of(65'536), (Bytes{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocketFrame, RefusesWhatMayNotBeSent) {
  struct Case {
    Bytes bytes;
    FrameError error;
  };
  const Case of_servers[] = {
      {{0xc1, 0x00}, FrameError::reserved_bits},
      {{0x91, 0x00}, FrameError::reserved_bits},
      {{0x83, 0x00}, FrameError::unknown_opcode},
      {{0x8b, 0x00}, FrameError::unknown_opcode},
      {{0x09, 0x00}, FrameError::fragmented_control},
      {{0x89, 0x7e, 0x00, 0x7e}, FrameError::long_control},
      {{0x81, 0x7e, 0x00, 0x7d}, FrameError::long_form},
      {{0x81, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, FrameError::long_form},
      {{0x81, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}, FrameError::length_range},
      {{0x81, 0x80, 1, 2, 3, 4}, FrameError::masked},
      {{0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0x86, 0xa1}, FrameError::too_long},  // 100,001 bytes
  };
  for (const Case& one : of_servers) {
    const Read read = read_in_pieces(FrameSender::server, one.bytes, 1);
    EXPECT_EQ(read.error, one.error) << to_string(one.error);
    EXPECT_TRUE(read.frames.empty());
  }
  EXPECT_EQ(read_in_pieces(FrameSender::client, Bytes{0x81, 0x00}, 1).error, FrameError::unmasked);
}

TEST(WebSocketFrame, ReadsNothingBehindAnError) {
  const Bytes bytes = {0x81, 0x00, 0x83, 0x00, 0x81, 0x00};
  const Read read = read_in_pieces(FrameSender::server, bytes, 100);
  EXPECT_EQ(read.frames.size(), 1U);
  EXPECT_EQ(read.error, FrameError::unknown_opcode);
}

RC_GTEST_PROP(WebSocketFrame, ComesOutAsItWentInHoweverItIsCut, ()) {
  const auto payloads = *rc::gen::container<std::vector<Bytes>>(rc::gen::arbitrary<Bytes>());
  const auto piece = *rc::gen::inRange<std::size_t>(1, 50);
  const auto key = *rc::gen::arbitrary<MaskingKey>();
  Bytes stream;
  std::vector<Frame> sent;
  for (const Bytes& payload : payloads) {
    write_frame(stream, Opcode::binary, payload, key, payload.size() % 2 == 0);
    sent.push_back({Opcode::binary, payload.size() % 2 == 0, payload});
  }
  const Read read = read_in_pieces(FrameSender::client, stream, piece);
  RC_ASSERT(read.error == FrameError::none);
  RC_ASSERT(read.frames == sent);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::signalling
