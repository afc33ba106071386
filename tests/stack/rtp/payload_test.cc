// RTP-17: frames in packets and back, on literal bytes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "stack/rtp/h264.h"
#include "stack/rtp/vp8.h"

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

Bytes bytes_of(ByteView view) { return {view.begin(), view.end()}; }

TEST(Vp8, Rtp17DescriptorsAreTheRfcsBytes) {
  // N and S; I, L, T and K; 15 bits of picture id; layer 2, sync, key index 5.
  const Vp8Descriptor all = {.non_reference = true,
                             .starts_partition = true,
                             .partition = 3,
                             .picture_id = 0x1234,
                             .tl0_picture_index = 9,
                             .layer = Vp8Descriptor::Layer{2, true},
                             .key_index = 5};
  EXPECT_EQ(all.encode(), (Bytes{0xb3, 0xf0, 0x92, 0x34, 9, 0xa5}));
  Bytes payload = all.encode();
  payload.push_back(0x01);
  const auto parsed = Vp8Payload::parse(payload);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->descriptor, all);
  EXPECT_EQ(bytes_of(parsed->data), Bytes{0x01});
  EXPECT_FALSE(parsed->starts_frame());
  EXPECT_FALSE(parsed->is_key_frame());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(Vp8Payload::parse(ByteView(payload).first(size))) << size;
  }
  // The short picture id, and no extensions at all.
  EXPECT_EQ(Vp8Payload::parse(Bytes{0x90, 0x80, 0x11, 0})->descriptor.picture_id, 0x11);
  const Bytes key_frame = {0x10, 0x9c};
  const auto plain = Vp8Payload::parse(key_frame);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->descriptor, Vp8Descriptor{.starts_partition = true});
  EXPECT_TRUE(plain->starts_frame());
  EXPECT_TRUE(plain->is_key_frame());
}

TEST(Vp8, Rtp17AFrameIsCutIntoPartsOfOneLength) {
  Bytes frame(25);
  for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::uint8_t>(i);
  // Four bytes of descriptor leave 8: four packets of 6 and 7.
  const auto payloads = packetize_vp8({.picture_id = 1}, frame, 12);
  ASSERT_EQ(payloads.size(), 4U);
  Bytes together;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    EXPECT_EQ(payloads[i].size(), 4U + (i == 3 ? 7 : 6));
    const auto parsed = Vp8Payload::parse(payloads[i]);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->starts_frame(), i == 0);
    ByteWriter(together).bytes(parsed->data);
  }
  EXPECT_EQ(together, frame);
}

TEST(H264, Rtp17SmallUnitsGoTogetherLargeOnesAreCut) {
  const Bytes sps = {0x67, 1, 2};
  const Bytes pps = {0x48, 3};
  const Bytes idr = {0x65, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
  const std::vector<ByteView> units = {sps, pps, idr};
  const auto payloads = packetize_h264(units, 10);
  ASSERT_EQ(payloads.size(), 3U);
  // STAP-A of the higher NRI, 3.
  EXPECT_EQ(payloads[0], (Bytes{0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x48, 3}));
  // FU-A: 10 bytes of the unit's body in two parts.
  EXPECT_EQ(payloads[1], (Bytes{0x7c, 0x85, 10, 11, 12, 13, 14}));
  EXPECT_EQ(payloads[2], (Bytes{0x7c, 0x45, 15, 16, 17, 18, 19}));
  H264Assembler assembler;
  EXPECT_EQ(assembler.receive(payloads[0]), (std::vector<Bytes>{sps, pps}));
  EXPECT_EQ(assembler.receive(payloads[1]), std::vector<Bytes>{});
  EXPECT_EQ(assembler.receive(payloads[2]), std::vector<Bytes>{idr});
  // Without its beginning a part is nothing.
  EXPECT_EQ(assembler.receive(payloads[2]), std::nullopt);
  assembler.receive(payloads[1]);
  assembler.lose();
  EXPECT_EQ(assembler.receive(payloads[2]), std::nullopt);
}

TEST(H264, Rtp17WhatIsOfNoUseIsRefused) {
  H264Assembler assembler;
  for (const Bytes& payload :
       {Bytes{}, Bytes{0x60}, Bytes{0x79, 1}, Bytes{0x7f, 1}, Bytes{0x78}, Bytes{0x78, 0, 0},
        Bytes{0x78, 0, 2, 1}, Bytes{0x78, 0, 1, 1, 9}, Bytes{0x7c, 0x85}}) {
    EXPECT_EQ(assembler.receive(payload), std::nullopt);
  }
  EXPECT_EQ(assembler.receive(Bytes{0x61}), std::vector<Bytes>{Bytes{0x61}});
}

RC_GTEST_PROP(H264, Rtp17UnitsComeBackAsTheyWent, (std::vector<Bytes> units)) {
  const auto most = *rc::gen::inRange<std::size_t>(3, 60);
  std::vector<ByteView> views;
  for (Bytes& unit : units) {
    unit.insert(unit.begin(), static_cast<std::uint8_t>(*rc::gen::inRange(1, 24) | 0x60));
    views.emplace_back(unit);
  }
  H264Assembler assembler;
  std::vector<Bytes> together;
  for (const Bytes& payload : packetize_h264(views, most)) {
    RC_ASSERT(payload.size() <= most);
    const auto received = assembler.receive(payload);
    RC_ASSERT(received.has_value());
    together.insert(together.end(), received->begin(), received->end());
  }
  RC_ASSERT(together == units);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
