#include "sim/record/datagram_text.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/net/packet.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/wire.h"
#include "stack/portmap/nat_pmp_message.h"
#include "stack/portmap/pcp_message.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/channel_data.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

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

TEST(DatagramText, PortMappingMessages) {
  net::PacketPool pool;
  const Endpoint host{IpAddress::v4(192, 168, 1, 2), 5000};
  const Endpoint gateway{IpAddress::v4(192, 168, 1, 1), portmap::server_port};
  const auto text = [&](const Endpoint& from, const Endpoint& to, const Bytes& payload) {
    const auto packet = net::make_udp(pool, from, to, payload);
    return describe_datagram({.protocol = static_cast<std::uint8_t>(net::Protocol::udp),
                              .source = from,
                              .destination = to,
                              .datagram = packet->datagram()});
  };
  const portmap::PcpMap map = {
      .nonce = {}, .protocol = 17, .internal_port = 5000, .external = peer};
  EXPECT_EQ(text(host, gateway,
                 encode(portmap::PcpRequest{
                     .lifetime = 7200, .client = host.address, .map = map, .peer = {}})),
            "PCP MAP request of 192.168.1.2 for port 5000, 7200 s");
  EXPECT_EQ(text(gateway, host,
                 encode(portmap::PcpResponse{
                     .opcode = 1, .lifetime = 600, .epoch = 1, .map = map, .peer = {}})),
            "PCP MAP success, port 5000 is 198.51.100.8:5000, 600 s");
  EXPECT_EQ(text(gateway, host,
                 encode(portmap::PcpResponse{.opcode = 1,
                                             .result = portmap::PcpResult::address_mismatch,
                                             .map = map,
                                             .peer = {}})),
            "PCP MAP error ADDRESS_MISMATCH");
  EXPECT_EQ(text(host, gateway,
                 encode(portmap::NatPmpRequest{.opcode = portmap::NatPmpOpcode::map_tcp,
                                               .internal_port = 5000})),
            "NAT-PMP map request for TCP port 5000, to end it");
  EXPECT_EQ(text(gateway, host,
                 encode(portmap::NatPmpResponse{.opcode = 1,
                                                .result = portmap::NatPmpResult::not_authorized})),
            "NAT-PMP error: not authorized");
  // Elsewhere, or of anything else, it is data.
  EXPECT_EQ(text(host, gateway, Bytes(3, 0x55)), "data, 3 bytes");
  EXPECT_EQ(text(host, peer, encode(portmap::NatPmpRequest{})), "data, 2 bytes");
}

TEST(DatagramText, TcpSegments) {
  namespace flag = net::tcp_flag;
  net::PacketPool pool;
  const auto text = [&](const net::TcpSegment& segment) {
    const auto packet = net::make_tcp(pool, {IpAddress::v4(10, 0, 0, 1), 1000}, peer, segment);
    return describe_datagram({.protocol = static_cast<std::uint8_t>(net::Protocol::tcp),
                              .datagram = packet->datagram()});
  };
  EXPECT_EQ(text({.seq = 100, .flags = flag::syn, .window = 1, .mss = 1460}), "TCP SYN seq 100");
  EXPECT_EQ(text({.seq = 300, .ack = 101, .flags = flag::syn | flag::ack, .window = 1}),
            "TCP SYN seq 300 ACK 101");
  EXPECT_EQ(text({.seq = 101, .ack = 301, .flags = flag::ack, .window = 1}), "TCP ACK 301");
  EXPECT_EQ(text({.seq = 101,
                  .ack = 301,
                  .flags = flag::ack | flag::psh,
                  .window = 1,
                  .payload = as_bytes("hello")}),
            "TCP seq 101 ACK 301, 5 bytes");
  EXPECT_EQ(text({.seq = 106, .ack = 301, .flags = flag::fin | flag::ack}),
            "TCP FIN seq 106 ACK 301, window 0");
  EXPECT_EQ(text({.seq = 301, .flags = flag::rst}), "TCP RST");
  // A data offset beyond the datagram.
  const auto packet = net::make_tcp(pool, {IpAddress::v4(10, 0, 0, 1), 1000}, peer, {});
  packet->data()[32] = 0xf0;
  EXPECT_EQ(describe_datagram({.protocol = 6, .datagram = packet->datagram()}),
            "malformed TCP, 40 bytes");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
