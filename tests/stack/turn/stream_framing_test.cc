#include "stack/turn/stream_framing.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "stack/base/random.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/channel_data.h"

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

std::vector<Bytes> drain(StreamFraming& framing) {
  std::vector<Bytes> messages;
  while (auto message = framing.poll_message()) messages.push_back(std::move(*message));
  return messages;
}

Bytes request(std::size_t software) {
  Random random(1);
  return stun::MessageBuilder(stun::MessageClass::request, stun::Method::allocate,
                              stun::TransactionId::draw(random))
      .software(std::string(software, 'x'))
      .take();
}

Bytes joined(const std::vector<Bytes>& messages) {
  Bytes stream;
  for (const Bytes& message : messages) stream.insert(stream.end(), message.begin(), message.end());
  return stream;
}

TEST(TurnStreamFraming, Tc10_TwoStunMessagesAndChannelDataInOneSegment) {
  const std::vector<Bytes> messages{request(3), request(8),
                                    encode_channel_data(0x4000, as_bytes("hello"), Transport::tcp)};
  StreamFraming framing;
  framing.receive(joined(messages));
  EXPECT_EQ(drain(framing), messages);
  EXPECT_EQ(framing.held(), 0U);
  EXPECT_FALSE(framing.broken());
}

TEST(TurnStreamFraming, Ts14_ChannelDataIsPaddedToFour) {
  for (std::size_t size = 0; size < 9; ++size) {
    const Bytes payload(size, 0xAB);
    const Bytes message = encode_channel_data(0x4001, payload, Transport::tls);
    EXPECT_EQ(message.size(), 4 + (size + 3) / 4 * 4);
    StreamFraming framing;
    // One without its padding is not whole: what follows would begin at the wrong place.
    framing.receive(ByteView(message).first(4 + size));
    EXPECT_EQ(framing.poll_message().has_value(), size % 4 == 0) << size;
    framing.receive(ByteView(message).subspan(4 + size));
    const auto whole = size % 4 == 0 ? std::optional(message) : framing.poll_message();
    ASSERT_TRUE(whole) << size;
    const auto parsed = ChannelData::parse(*whole).value();
    EXPECT_EQ(Bytes(parsed.payload.begin(), parsed.payload.end()), payload);
  }
}

TEST(TurnStreamFraming, Ts14_WhatBeginsNoMessageBreaksTheStream) {
  const auto breaks = [](const Bytes& bytes) {
    StreamFraming framing;
    framing.receive(bytes);
    EXPECT_TRUE(drain(framing).empty());
    if (!framing.broken()) return false;
    framing.receive(request(3));
    EXPECT_TRUE(drain(framing).empty()) << "nothing comes after that";
    return true;
  };
  EXPECT_TRUE(breaks({0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01})) << "TLS to a plain port";
  EXPECT_TRUE(breaks({0x50})) << "a reserved channel number";
  EXPECT_TRUE(breaks({0x80}));
  EXPECT_TRUE(breaks({0xFF}));
  Bytes odd = request(3);
  odd[3] = 1;
  EXPECT_TRUE(breaks(odd)) << "a length that is no multiple of four";
  Bytes other = request(3);
  other[4] ^= 1;
  EXPECT_TRUE(breaks(other)) << "no magic cookie";
  EXPECT_FALSE(breaks({0x00, 0x03, 0x00})) << "may yet become a message";
}

// STUN-15: however the stream is cut into segments.
RC_GTEST_PROP(TurnStreamFraming, Stun15_Tc10_AnySegmentation, ()) {
  std::vector<Bytes> messages;
  for (const int kind : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40))) {
    const auto size = static_cast<std::size_t>(kind);
    messages.push_back(kind % 2 == 0
                           ? request(size)
                           : encode_channel_data(0x4002, Bytes(size, 0x00), Transport::tcp));
  }
  const Bytes stream = joined(messages);
  StreamFraming framing;
  std::vector<Bytes> cut;
  for (std::size_t at = 0; at < stream.size();) {
    const auto size = std::min(*rc::gen::inRange<std::size_t>(1, 50), stream.size() - at);
    framing.receive(ByteView(stream).subspan(at, size));
    for (Bytes& message : drain(framing)) cut.push_back(std::move(message));
    at += size;
  }
  RC_ASSERT(cut == messages);
  RC_ASSERT(framing.held() == 0U);
}

TEST(TurnStreamFraming, Ts21_WhatFollowsTheLastMessageIsThePeers) {
  const Bytes message = stun::MessageBuilder(stun::MessageClass::request, stun::Method::binding,
                                             stun::TransactionId{})
                            .take();
  Bytes stream = message;
  const Bytes peers = {0xff, 0x00, 0x01};  // begins no message
  stream.insert(stream.end(), peers.begin(), peers.end());
  StreamFraming framing;
  framing.receive(stream);
  EXPECT_EQ(framing.poll_message(), message);
  EXPECT_EQ(framing.take_rest(), peers);
  EXPECT_TRUE(framing.take_rest().empty());
  EXPECT_FALSE(framing.broken());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
