// Gateways that look into payloads (RFC 4787 §7).
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/nat/payload_addresses.h"
#include "sim/nat/presets.h"
#include "sim/net/rewrite.h"
#include "tests/sim/nat/home_testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using net::endpoint;

const Endpoint inside = endpoint("192.168.1.5:5060");
const Endpoint outside = endpoint("198.51.100.7:40000");

Bytes bytes(std::initializer_list<int> values) {
  Bytes all;
  for (const int value : values) all.push_back(static_cast<std::uint8_t>(value));
  return all;
}

TEST(AnyAddress, IsRewrittenWithThePortBesideIt) {
  // 5060 is 0x13c4, 40000 is 0x9c40.
  const auto before =
      rewrite_any_address(bytes({1, 0x13, 0xc4, 192, 168, 1, 5, 9}), inside, outside);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->bytes, bytes({1, 0x9c, 0x40, 198, 51, 100, 7, 9}));
  const auto behind = rewrite_any_address(bytes({192, 168, 1, 5, 0x13, 0xc4}), inside, outside);
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->bytes, bytes({198, 51, 100, 7, 0x9c, 0x40}));
  const auto alone = rewrite_any_address(bytes({192, 168, 1, 5, 0x13}), inside, outside);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->bytes, bytes({198, 51, 100, 7, 0x13}));
  EXPECT_EQ(alone->places, 1U);
}

TEST(AnyAddress, WhatIsEncodedOtherwiseIsNotFound) {
  // As in XOR-MAPPED-ADDRESS: xor with the magic cookie 2112a442.
  EXPECT_FALSE(rewrite_any_address(
      bytes({0x13 ^ 0x21, 0xc4 ^ 0x12, 192 ^ 0x21, 168 ^ 0x12, 1 ^ 0xa4, 5 ^ 0x42}), inside,
      outside));
  EXPECT_FALSE(rewrite_any_address(bytes({192, 168, 1}), inside, outside));
  EXPECT_FALSE(rewrite_any_address({}, inside, outside));
}

TEST(AnyAddress, ThereAndBackIsNoChange) {
  rc::check([](const Bytes& front, const Bytes& back) {
    Bytes payload = front;
    const Bytes address = bytes({0x13, 0xc4, 192, 168, 1, 5});
    payload.insert(payload.end(), address.begin(), address.end());
    payload.insert(payload.end(), back.begin(), back.end());
    RC_PRE(!rewrite_any_address(payload, outside, inside));
    const auto there = rewrite_any_address(payload, inside, outside);
    RC_ASSERT(there.has_value());
    const auto again = rewrite_any_address(there->bytes, outside, inside);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->bytes == payload);
  });
}

std::string sip(std::string_view text, const Endpoint& from, const Endpoint& to,
                std::vector<Endpoint>* asked = nullptr) {
  const auto media = [&](const Endpoint& internal) -> std::optional<Endpoint> {
    if (asked == nullptr) return std::nullopt;
    asked->push_back(internal);
    return Endpoint{to.address, static_cast<std::uint16_t>(internal.port + 50000)};
  };
  const auto rewritten = rewrite_sip(as_bytes(text), from, to, media);
  if (!rewritten) return "unchanged";
  return std::string(rewritten->bytes.begin(), rewritten->bytes.end());
}

constexpr std::string_view invite =
    "INVITE sip:bob@203.0.113.10 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bK1\r\n"
    "Call-ID: 7@192.168.1.5\r\n"
    "Contact: <sip:alice@192.168.1.5:5060>\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 101\r\n"
    "\r\n"
    "v=0\r\n"
    "o=- 1 1 IN IP4 192.168.1.5\r\n"
    "s=-\r\n"
    "c=IN IP4 192.168.1.5\r\n"
    "t=0 0\r\n"
    "m=audio 5004 RTP/AVP 0\r\n"
    "m=video 0 RTP/AVP 31\r\n"
    "m=text 5006 RTP/AVP 98\r\n"
    "c=IN IP4 192.168.1.50\r\n";

TEST(Sip, HeadersAndDescriptionsAreRewritten) {
  std::vector<Endpoint> asked;
  const std::string text = sip(invite, inside, outside, &asked);
  const std::string body =
      "v=0\r\n"
      "o=- 1 1 IN IP4 198.51.100.7\r\n"
      "s=-\r\n"
      "c=IN IP4 198.51.100.7\r\n"
      "t=0 0\r\n"
      "m=audio 55004 RTP/AVP 0\r\n"
      "m=video 0 RTP/AVP 31\r\n"
      "m=text 5006 RTP/AVP 98\r\n"
      "c=IN IP4 192.168.1.50\r\n";
  EXPECT_EQ(text,
            "INVITE sip:bob@203.0.113.10 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 198.51.100.7:40000;branch=z9hG4bK1\r\n"
            "Call-ID: 7@198.51.100.7\r\n"
            "Contact: <sip:alice@198.51.100.7:40000>\r\n"
            "Content-Type: application/sdp\r\n"
            "Content-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(asked, (std::vector<Endpoint>{{inside.address, 5004}}))
      << "not for a refused medium, nor for one at another address";
}

TEST(Sip, OtherPortsAndLongerNumbersStay) {
  EXPECT_EQ(sip("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.168.1.5:5061\r\nX: 1.192.168.1.5 "
                "192.168.1.55 192.168.1.5.\r\nl : 7\r\n\r\n",
                inside, outside),
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.7:5061\r\nX: 1.192.168.1.5 "
            "192.168.1.55 198.51.100.7.\r\nl : 0\r\n\r\n");
}

TEST(Sip, WhatIsNoSipStays) {
  EXPECT_EQ(sip("hello from 192.168.1.5:5060\r\n\r\n", inside, outside), "unchanged");
  EXPECT_EQ(sip("BYE sip:a@203.0.113.10 SIP/2.0\r\n\r\n", inside, outside), "unchanged");
  EXPECT_EQ(sip("", inside, outside), "unchanged");
}

TEST(Sip, AnyTextIsTakenWithoutHarm) {
  rc::check([](const std::string& noise) {
    sip("OPTIONS sip:192.168.1.5 SIP/2.0\r\n" + noise + "192.168.1.5\r\n\r\nm=" + noise, inside,
        outside);
  });
}

TEST(WithPayload, IsWhatWouldHaveBeenMade) {
  rc::check([](const Bytes& before, const Bytes& after, bool v6) {
    net::PacketPool pool;
    const Endpoint from = v6 ? endpoint("[2001:db8::1]:9") : inside;
    const Endpoint to = v6 ? endpoint("[2001:db8::2]:7") : outside;
    const auto packet = net::make_udp(pool, from, to, before);
    packet->id = 7;
    const auto changed = net::with_payload(pool, *packet, after);
    const auto made = net::make_udp(pool, from, to, after);
    const ByteView a = changed->datagram();
    const ByteView b = made->datagram();
    RC_ASSERT(Bytes(a.begin(), a.end()) == Bytes(b.begin(), b.end()));
    RC_ASSERT(changed->id == 7U);
    RC_ASSERT(net::checksums_right(*changed));
  });
}

struct AgentLog : core::EventListener {
  void on_agent(const core::AgentEvent& event) override {
    std::string text(event.kind);
    for (const core::Field& field : event.fields) {
      if (const auto* const number = std::get_if<std::int64_t>(&field.value)) {
        text += " " + std::to_string(*number);
      } else if (const auto* const where = std::get_if<Endpoint>(&field.value)) {
        text += " " + to_string(*where);
      } else if (const auto* const word = std::get_if<std::string_view>(&field.value)) {
        text += " " + std::string(*word);
      }
    }
    told.push_back(text);
  }
  std::vector<std::string> told;
};

std::string text_of(const net::Mailbox::Letter& letter) {
  return std::string(letter.payload.begin(), letter.payload.end());
}

TEST(NatPayloads, EachGatewayIsOnByItself) {
  for (const bool on : {false, true}) {
    NatOptions options = *find_preset("port-restricted");
    options.alg_any_address = on;
    Home net(options);
    AgentLog log;
    net.world.events().add_listener(log);
    const Bytes told = bytes({0x13, 0x88, 192, 168, 1, 5});  // port 5000
    net.alice_socket->send(endpoint("203.0.113.10:3478"), told);
    net.run_until(seconds(1));
    ASSERT_EQ(net.at_server.letters.size(), 1U);
    EXPECT_EQ(net.at_server.letters[0].payload, on ? bytes({0x13, 0x88, 198, 51, 100, 7}) : told);
    // What comes back is the other way round.
    net.server_socket->send(endpoint("198.51.100.7:5000"), bytes({0x13, 0x88, 198, 51, 100, 7}));
    net.run_until(seconds(2));
    ASSERT_EQ(net.at_alice.letters.size(), 1U);
    EXPECT_EQ(net.at_alice.letters[0].payload, on ? told : bytes({0x13, 0x88, 198, 51, 100, 7}));
    EXPECT_EQ(log.told,
              on ? (std::vector<std::string>{
                       "nat.payload_rewritten any address 192.168.1.5:5000 198.51.100.7:5000 1",
                       "nat.payload_rewritten any address 198.51.100.7:5000 192.168.1.5:5000 1"})
                 : std::vector<std::string>{});
    net.world.events().remove_listener(log);
  }
}

// The port that a description names is open for anybody, for half an hour.
TEST(NatPayloads, SipOpensThePortForMedia) {
  NatOptions options = *find_preset("port-restricted");
  options.alg_sip = true;
  Home net(options);
  net::Mailbox at_phone;
  net::Mailbox at_media;
  net::Mailbox at_proxy;
  net::UdpSocket& phone = net.open(net.alice, "192.168.1.5:5060", at_phone);
  net.open(net.alice, "192.168.1.5:5004", at_media);
  net.open(net.server, "203.0.113.10:5060", at_proxy);
  net.open(net.bob, "192.168.1.6:5004", net.at_bob)
      .send(endpoint("203.0.113.10:3478"), as_bytes("takes port 5004"));
  net.run_until(milliseconds(100));
  phone.send(endpoint("203.0.113.10:5060"), as_bytes(invite));
  net.run_until(seconds(1));
  ASSERT_EQ(at_proxy.letters.size(), 1U);
  const std::string text = text_of(at_proxy.letters[0]);
  EXPECT_NE(text.find("sip:alice@198.51.100.7:5060"), std::string::npos) << text;
  EXPECT_NE(text.find("m=audio 5005 "), std::string::npos) << text;
  net.server_socket->send(endpoint("198.51.100.7:5005"), as_bytes("speech"));
  net.run_until(seconds(2));
  ASSERT_EQ(at_media.letters.size(), 1U);
  net.run_until(seconds(1801));
  net.server_socket->send(endpoint("198.51.100.7:5005"), as_bytes("too late"));
  net.run_until(seconds(1802));
  EXPECT_EQ(at_media.letters.size(), 1U);
}

// The phone has asked for the port itself, and for longer.
TEST(NatPayloads, SipShortensNoLease) {
  NatOptions options = *find_preset("port-restricted");
  options.alg_sip = true;
  Home net(options);
  net::Mailbox at_phone;
  net::Mailbox at_media;
  net::UdpSocket& phone = net.open(net.alice, "192.168.1.5:5060", at_phone);
  net.open(net.alice, "192.168.1.5:5004", at_media);
  net.run_until(milliseconds(100));
  const MappingGrant grant = net.box.add_static_mapping({.transport = Transport::udp,
                                                         .internal = endpoint("192.168.1.5:5004"),
                                                         .external_port = 5004,
                                                         .until = Time{} + seconds(7200)});
  ASSERT_EQ(grant.external, endpoint("198.51.100.7:5004"));
  phone.send(endpoint("203.0.113.10:5060"), as_bytes(invite));
  net.run_until(seconds(7199));
  net.server_socket->send(endpoint("198.51.100.7:5004"), as_bytes("speech"));
  net.run_until(seconds(7201));
  EXPECT_EQ(at_media.letters.size(), 1U);
  net.server_socket->send(endpoint("198.51.100.7:5004"), as_bytes("too late"));
  net.run_until(seconds(7202));
  EXPECT_EQ(at_media.letters.size(), 1U);
}

TEST(NatPayloads, AWrongChecksumStaysWrong) {
  NatOptions options = *find_preset("port-restricted");
  options.alg_any_address = true;
  Home net(options);
  auto packet = net::make_udp(net.network.pool(), endpoint("192.168.1.5:5000"),
                              endpoint("203.0.113.10:3478"), bytes({192, 168, 1, 5, 0}));
  net::flip_bit(*packet, 8 * 12);  // the last byte of the payload
  Home::send(net.alice, std::move(packet));
  net.run_until(seconds(1));
  EXPECT_EQ(net.drops(core::DropReason::bad_checksum), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
