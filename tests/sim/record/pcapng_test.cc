#include "sim/record/pcapng.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/net/link.h"
#include "sim/record/pcapng_block.h"
#include "tests/sim/record/capture_reader.h"
#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint32_t inbound = 1;
constexpr std::uint32_t outbound = 2;

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

TEST(PcapngBlock, SectionHeaderByteByByte) {
  Bytes out;
  pcapng::append_section(out, "hi!");
  // 8 type and length, 16 fixed, 4 + 4 comment (3 padded), 4 + 8 application (6 padded), 4 end of
  // options, 4 length again: 52.
  const Bytes expected = {0x0a, 0x0d, 0x0d, 0x0a, 52,   0,    0,    0,                     //
                          0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,    0,                     //
                          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                  //
                          1,    0,    3,    0,    'h',  'i',  '!',  0,                     //
                          4,    0,    6,    0,    'n',  'a',  't',  's',  'i', 'm', 0, 0,  //
                          0,    0,    0,    0,    52,   0,    0,    0};
  EXPECT_EQ(out, expected);
}

TEST(PcapngBlock, InterfaceByteByByte) {
  Bytes out;
  pcapng::append_interface(out, "alice/0");
  // 8 + 8 fixed + (4 + 8) name + (4 + 4) resolution + 4 end + 4: 44. Link type 101 is 0x65.
  const Bytes expected = {1,    0, 0, 0, 44,  0,   0,   0,                      //
                          0x65, 0, 0, 0, 0,   0,   0,   0,                      //
                          2,    0, 7, 0, 'a', 'l', 'i', 'c', 'e', '/', '0', 0,  //
                          9,    0, 1, 0, 9,   0,   0,   0,                      //
                          0,    0, 0, 0, 44,  0,   0,   0};
  EXPECT_EQ(out, expected);
}

TEST(PcapngBlock, PacketByteByByte) {
  const Bytes datagram = {0x45, 0x01, 0x02, 0x03, 0x04};
  const std::vector<std::string> comments = {"lost"};
  Bytes out;
  // 5 s are 5 000 000 000 ns = 0x1'2a05'f200; packet 3 of object 2 is 2 * 2^40 + 3.
  pcapng::append_packet(out, {.interface = 1,
                              .at = {5'000'000'000},
                              .direction = pcapng::Direction::outbound,
                              .packet = (std::uint64_t{2} << 40) + 3,
                              .datagram = datagram,
                              .comments = comments});
  // 8 + 20 fixed + 8 datagram + 8 comment + 8 flags + 12 id + 4 end + 4: 72.
  const Bytes expected = {6,    0,    0,    0,    72,   0,    0,    0,                 //
                          1,    0,    0,    0,                                         //
                          1,    0,    0,    0,    0x00, 0xf2, 0x05, 0x2a,              //
                          5,    0,    0,    0,    5,    0,    0,    0,                 //
                          0x45, 0x01, 0x02, 0x03, 0x04, 0,    0,    0,                 //
                          1,    0,    4,    0,    'l',  'o',  's',  't',               //
                          2,    0,    4,    0,    2,    0,    0,    0,                 //
                          5,    0,    8,    0,    3,    0,    0,    0,    0, 2, 0, 0,  //
                          0,    0,    0,    0,    72,   0,    0,    0};
  EXPECT_EQ(out, expected);
}

TEST(PcapngBlock, TextsBeyondAnOptionAreCut) {
  Bytes out;
  pcapng::append_section(out, std::string(70'000, 'x'));
  EXPECT_EQ(read_capture(text_of(out)).section_comment.size(), pcapng::max_text);
}

struct Discarding : net::DatagramReceiver {
  void receive(net::UdpSocket& socket, const net::Packet& packet) override {
    if (discards) {
      socket.host().discard(packet, core::DropReason::agent_unexpected, "no use for it");
    }
  }
  bool discards = false;
};

// A packet of alice's from port 5000 to a port of the server; the capture after all has happened.
class OnePacket : public testing::Test {
 protected:
  Capture send(std::uint16_t port) {
    std::ostringstream out;
    {
      PcapngWriter writer(homes.world, out, "one packet");
      homes.world.events().add_listener(writer);
      const auto sender = std::move(
          homes.alice->open_udp({homes.alice->interfaces()[0]->addresses()[0], 5000}, receiver)
              .value());
      const auto target = std::move(
          homes.server->open_udp({TwoHomes::stun_address.address, 7000}, receiver).value());
      homes.world.scheduler().run_until(Time{} + seconds(1));
      sender->send({TwoHomes::stun_address.address, port}, as_bytes("data"));
      homes.world.scheduler().run_until(Time{} + seconds(2));
      homes.world.events().remove_listener(writer);
    }
    return read_capture(out.str());
  }

  TwoHomes homes{*nat::find_preset("port-restricted"), *nat::find_preset("port-restricted")};
  Discarding receiver;
};

std::vector<std::string> interfaces_of(const Capture& capture) {
  std::vector<std::string> names;
  for (const CapturedFrame& frame : capture.frames) names.push_back(frame.interface);
  return names;
}

std::vector<std::uint64_t> times_of(const Capture& capture) {
  std::vector<std::uint64_t> times;
  for (const CapturedFrame& frame : capture.frames) times.push_back(frame.time);
  return times;
}

TEST_F(OnePacket, LeavesAFrameAtEachTap) {
  const Capture capture = send(7000);
  EXPECT_EQ(capture.section_comment, "one packet");
  EXPECT_THAT(interfaces_of(capture),
              ElementsAre("alice/0", "alice.nat inside", "alice.nat outside", "server/0"));
  // The LAN takes 1 ms, each of the two lines 10 ms.
  EXPECT_THAT(times_of(capture),
              ElementsAre(1'000'000'000, 1'001'000'000, 1'001'000'000, 1'021'000'000));
  EXPECT_EQ(capture.frames[0].flags, outbound);
  EXPECT_EQ(capture.frames[1].flags, inbound);
  EXPECT_EQ(capture.frames[2].flags, outbound);
  EXPECT_EQ(capture.frames[3].flags, inbound);
  for (const CapturedFrame& frame : capture.frames) {
    EXPECT_EQ(frame.packet, std::uint64_t{homes.alice->id()} << 40 | 1);
    EXPECT_THAT(frame.datagram, SizeIs(20 + 8 + 4));
  }
}

TEST_F(OnePacket, BothFramesOfATranslationTellOfIt) {
  const Capture capture = send(7000);
  EXPECT_THAT(capture.frames[0].comments, IsEmpty());
  ASSERT_THAT(capture.frames[1].comments, SizeIs(1));
  EXPECT_THAT(capture.frames[1].comments[0],
              HasSubstr("packet alice#1: alice.nat translates source 192.168.1.5:5000 -> "
                        "198.51.100.7:5000 (mapping 192.168.1.5:5000 -> 198.51.100.7:5000"));
  EXPECT_EQ(capture.frames[2].comments, capture.frames[1].comments);
  EXPECT_THAT(capture.frames[3].comments, IsEmpty());
}

TEST_F(OnePacket, ALossShowsAtTheSendersTap) {
  net::Link& line = homes.alice_nat->outside_interface().link();
  net::LinkOptions options = line.options();
  options.loss = 1;
  line.set_options(options);
  const Capture capture = send(7000);
  EXPECT_THAT(interfaces_of(capture),
              ElementsAre("alice/0", "alice.nat inside", "alice.nat outside"));
  ASSERT_THAT(capture.frames[2].comments, SizeIs(2));
  EXPECT_EQ(capture.frames[2].comments[1],
            "packet alice#1: dropped by the link from alice.nat to internet: random_loss: lost on "
            "the link");
}

TEST_F(OnePacket, ADropByARouterShowsAtTheLastTap) {
  const auto sender =
      std::move(homes.server->open_udp({TwoHomes::stun_address.address, 7001}, receiver).value());
  std::ostringstream out;
  PcapngWriter writer(homes.world, out);
  homes.world.events().add_listener(writer);
  sender->send({IpAddress::v4(10, 9, 9, 9), 1}, as_bytes("data"));
  homes.run_until(Time{} + seconds(1));
  writer.finish();
  const Capture capture = read_capture(out.str());
  EXPECT_THAT(interfaces_of(capture), ElementsAre("server/0"));
  EXPECT_THAT(capture.frames[0].comments, ElementsAre(HasSubstr("dropped by internet: no_route")));
  EXPECT_EQ(capture.section_comment, "");
}

TEST_F(OnePacket, ANoSocketDropShowsAtTheHost) {
  const Capture capture = send(9);
  EXPECT_EQ(capture.frames[3].interface, "server/0");
  EXPECT_THAT(capture.frames[3].comments, ElementsAre(HasSubstr("dropped by server: no_socket")));
}

TEST_F(OnePacket, WhatAProgramDiscardsIsDroppedTooThoughItWasDelivered) {
  receiver.discards = true;
  const Capture capture = send(7000);
  EXPECT_THAT(
      capture.frames[3].comments,
      ElementsAre("packet alice#1: dropped by server: agent_unexpected: the program expects no "
                  "such packet (no use for it)"));
}

TEST_F(OnePacket, OneThatNoTapSawGetsAFrameWhereItDied) {
  net::Host& lonely = homes.network.add<net::Host>("lonely");
  lonely.add_interface().add_address(IpAddress::v4(10, 0, 0, 1), 24);  // joined to nothing
  const auto sender = std::move(lonely.open_udp({IpAddress::any_v4(), 5000}, receiver).value());
  std::ostringstream out;
  PcapngWriter writer(homes.world, out);
  homes.world.events().add_listener(writer);
  sender->send({IpAddress::v4(10, 9, 9, 9), 1}, as_bytes("data"));
  writer.finish();
  const Capture capture = read_capture(out.str());
  EXPECT_THAT(interfaces_of(capture), ElementsAre("lonely/0"));
  EXPECT_EQ(capture.frames[0].flags, outbound);
  EXPECT_THAT(capture.frames[0].comments, ElementsAre(HasSubstr("no_route")));
}

TEST_F(OnePacket, FramesAreHeldUntilTheFateIsKnownAndWrittenInOrder) {
  std::ostringstream out;
  PcapngWriter writer(homes.world, out);
  homes.world.events().add_listener(writer);
  const auto frames = [&] { return read_capture(out.str()).frames.size(); };
  const auto slow =
      std::move(homes.server->open_udp({TwoHomes::stun_address.address, 7001}, receiver).value());
  const auto local = std::move(homes.bob->open_udp({IpAddress::any_v4(), 6000}, receiver).value());
  // The server's datagram is on its way for 10 ms before the router drops it; bob's comes to his
  // NAT after 1 ms and waits behind it.
  slow->send({IpAddress::v4(10, 9, 9, 9), 1}, as_bytes("data"));
  local->send({IpAddress::v4(10, 9, 9, 9), 1}, as_bytes("data"));
  homes.run_until(Time{} + milliseconds(9));
  EXPECT_EQ(frames(), 0U);
  homes.run_until(Time{} + milliseconds(10));
  EXPECT_EQ(frames(), 3U);  // server/0, bob/0, bob.nat inside; the one outside is on its way
  homes.run_until(Time{} + milliseconds(11));
  EXPECT_EQ(frames(), 4U);
}

std::string capture_of_a_call() {
  TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("port-restricted"));
  std::ostringstream out;
  PcapngWriter writer(homes.world, out, "a call");
  homes.world.events().add_listener(writer);
  homes.start_turn();
  homes.start_call();
  homes.run_until(Time{} + seconds(20));
  writer.finish();
  return out.str();
}

TEST(Pcapng, TheSameRunGivesTheSameBytes) {
  const std::string first = capture_of_a_call();
  EXPECT_EQ(first, capture_of_a_call());
  EXPECT_THAT(
      read_capture(first).interfaces,
      testing::UnorderedElementsAre("alice/0", "alice.nat inside", "alice.nat outside", "server/0",
                                    "bob/0", "bob.nat inside", "bob.nat outside"));
}

TEST(Pcapng, EveryDropIsInTheCapture) {
  TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("symmetric"));
  std::ostringstream out;
  PcapngWriter writer(homes.world, out);
  homes.world.events().add_listener(writer);
  homes.start_call();
  homes.run_until(Time{} + seconds(60));
  writer.finish();
  std::uint64_t commented = 0;
  std::uint64_t last = 0;
  for (const CapturedFrame& frame : read_capture(out.str()).frames) {
    EXPECT_GE(frame.time, last);
    last = frame.time;
    for (const std::string& comment : frame.comments) {
      if (comment.find(": dropped by ") != std::string::npos) ++commented;
    }
  }
  std::uint64_t dropped = 0;
  for (std::size_t i = 0; i < core::drop_reason_count; ++i) {
    dropped += homes.world.events().drops(static_cast<core::DropReason>(i));
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(commented, dropped);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
