#include "sim/record/datagram_text.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/channel_data.h"

namespace natsim::record {
namespace {

using stun::MessageBuilder;
using stun::MessageClass;
using stun::Method;

const Endpoint peer{IpAddress::v4(198, 51, 100, 8), 5000};
const stun::TransactionId transaction{};

Bytes check() {
  return MessageBuilder(MessageClass::request, Method::binding, transaction)
      .username("theirs:ours")
      .take();
}

TEST(DatagramText, BindingMessages) {
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::request, Method::binding, transaction).take()),
      "STUN Binding request");
  EXPECT_EQ(describe_payload(check()), "ICE check");
  EXPECT_EQ(describe_payload(MessageBuilder(MessageClass::request, Method::binding, transaction)
                                 .username("theirs:ours")
                                 .use_candidate()
                                 .take()),
            "ICE check, USE-CANDIDATE");
  EXPECT_EQ(describe_payload(MessageBuilder(MessageClass::request, Method::binding, transaction)
                                 .change_request({.change_ip = true, .change_port = true})
                                 .take()),
            "STUN Binding request, answer from the other address and port");
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::success_response, Method::binding, transaction)
                           .xor_mapped_address(peer)
                           .take()),
      "STUN Binding success, you are 198.51.100.8:5000");
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::error_response, Method::binding, transaction)
                           .error_code(stun::ErrorNumber::role_conflict)
                           .take()),
      "STUN Binding error 487 Role Conflict");
}

TEST(DatagramText, TurnMessagesAndWhatTheyCarry) {
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::request, Method::create_permission, transaction)
                           .xor_peer_address(peer)
                           .take()),
      "TURN CreatePermission request for 198.51.100.8");
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::request, Method::channel_bind, transaction)
                           .channel_number(0x4000)
                           .xor_peer_address(peer)
                           .take()),
      "TURN ChannelBind request 0x4000 for 198.51.100.8:5000");
  EXPECT_EQ(
      describe_payload(MessageBuilder(MessageClass::success_response, Method::allocate, transaction)
                           .xor_relayed_address({IpAddress::v4(203, 0, 113, 10), 50000})
                           .xor_mapped_address(peer)
                           .take()),
      "TURN Allocate success, relayed address 203.0.113.10:50000, you are 198.51.100.8:5000");
  const Bytes send = MessageBuilder(MessageClass::indication, Method::send, transaction)
                         .xor_peer_address(peer)
                         .data(check())
                         .take();
  EXPECT_EQ(describe_payload(send), "TURN Send to 198.51.100.8:5000: ICE check");
  EXPECT_EQ(std::string(as_text(without_turn_framing(send))), std::string(as_text(check())));
  const Bytes channel = turn::encode_channel_data(0x4001, as_bytes("hello"));
  EXPECT_EQ(describe_payload(channel), "TURN channel 0x4001: data, 5 bytes");
  EXPECT_EQ(as_text(without_turn_framing(channel)), "hello");
}

TEST(DatagramText, UdpPayloadOfBothFamilies) {
  net::PacketPool pool;
  const auto v4 = net::make_udp(pool, peer, peer, as_bytes("abc"));
  EXPECT_EQ(as_text(udp_payload(v4->datagram())), "abc");
  const Endpoint six{*IpAddress::parse("2001:db8::1"), 1};
  const auto v6 = net::make_udp(pool, six, six, as_bytes("abc"));
  EXPECT_EQ(as_text(udp_payload(v6->datagram())), "abc");
  EXPECT_TRUE(udp_payload({}).empty());
  EXPECT_TRUE(udp_payload(v4->datagram().first(27)).empty());
}

// Indications in indications end at last.
TEST(DatagramText, NestedFramingIsDescribedWithoutEnd) {
  Bytes inner = check();
  for (int i = 0; i < 100; ++i) {
    inner = MessageBuilder(MessageClass::indication, Method::data, transaction)
                .xor_peer_address(peer)
                .data(inner)
                .take();
  }
  EXPECT_NE(describe_payload(inner).find("ICE check"), std::string::npos);
}

TEST(DatagramText, AnyBytesAreDescribed) {
  rc::check("any bytes are described", [](const Bytes& bytes) {
    RC_ASSERT(!describe_payload(bytes).empty());
    (void)without_turn_framing(bytes);
    (void)udp_payload(bytes);
    Bytes message = {0x00, 0x17, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    message.insert(message.end(), bytes.begin(), bytes.end());
    message[2] = static_cast<std::uint8_t>(bytes.size() >> 8);
    message[3] = static_cast<std::uint8_t>(bytes.size());
    RC_ASSERT(!describe_payload(message).empty());
  });
}

}  // namespace
}  // namespace natsim::record
