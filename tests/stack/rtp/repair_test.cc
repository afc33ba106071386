// RTP-13: forward error correction, on literal bytes, over every pattern of loss of small masks,
// and over all orders of arrival.
#include "stack/rtp/repair.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "stack/rtp/flexfec.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/repairer.h"
#include "stack/rtp/ulpfec.h"

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

constexpr std::uint32_t ssrc = 2;

Bytes packet(std::uint16_t number, bool marker, std::uint8_t type, std::uint32_t timestamp,
             std::size_t size, std::uint8_t content = 0) {
  return encode({.marker = marker,
                 .payload_type = type,
                 .sequence_number = number,
                 .timestamp = timestamp,
                 .ssrc = ssrc,
                 .csrcs = {},
                 .extensions = {}},
                Bytes(size, content));
}

std::vector<ByteView> views(const std::vector<Bytes>& packets) {
  return {packets.begin(), packets.end()};
}

// Packets that differ in all that a repair restores; the numbers wrap.
std::vector<Bytes> stream(std::size_t count, std::uint16_t first = 65'534) {
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < count; ++i) {
    Header header{.marker = i % 3 == 2,
                  .payload_type = static_cast<std::uint8_t>(96 + i % 2),
                  .sequence_number = static_cast<std::uint16_t>(first + i),
                  .timestamp = static_cast<std::uint32_t>(0xffff'ff00U + i * 3000),
                  .ssrc = ssrc,
                  .csrcs = {},
                  .extensions = {}};
    if (i % 4 == 1) header.csrcs = {7};
    if (i % 4 == 3) header.extensions = {{1, {static_cast<std::uint8_t>(i)}}};
    Bytes payload(i * 7 % 11 + 1);
    std::iota(payload.begin(), payload.end(), static_cast<std::uint8_t>(i * 16));
    packets.push_back(encode(header, payload, i % 5 == 4 ? 2 : 0));
  }
  return packets;
}

TEST(Ulpfec, Rtp13IsTheExampleOfTheRfc) {
  // RFC 5109 §10.1: packets A to D.
  const std::vector<Bytes> packets = {packet(8, true, 11, 3, 200), packet(9, false, 18, 5, 140),
                                      packet(10, true, 11, 7, 100), packet(11, false, 18, 9, 340)};
  const Bytes payload = encode_ulpfec(repair_for(views(packets)));
  ASSERT_EQ(payload.size(), 14U + 340);
  // No flags, no marker, type 0; base 8; timestamp 8; length 372; 340 bytes are protected, of the
  // first four.
  EXPECT_EQ(Bytes(payload.begin(), payload.begin() + 14),
            (Bytes{0, 0, 0, 8, 0, 0, 0, 8, 0x01, 0x74, 0x01, 0x54, 0xf0, 0}));
}

TEST(Ulpfec, Rtp13LongMasksHaveTheirFlag) {
  const std::vector<Bytes> packets = {packet(0xffff, true, 96, 1, 2, 5),
                                      packet(15, false, 96, 2, 1, 6)};
  const Repair repair = repair_for(views(packets));
  // 16 behind the base. Lengths 2 and 1; contents 5 5 and 6.
  const Bytes wire = {0x40, 0x80, 0xff, 0xff, 0, 0, 0, 3, 0, 3, 0, 2, 0x80, 0, 0x80, 0, 0, 0, 3, 5};
  EXPECT_EQ(encode_ulpfec(repair), wire);
  EXPECT_EQ(parse_ulpfec(wire), repair);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    EXPECT_FALSE(parse_ulpfec(ByteView(wire).first(size))) << size;
  }
  Bytes empty = wire;
  empty[12] = empty[14] = 0;
  EXPECT_FALSE(parse_ulpfec(empty));
}

TEST(Ulpfec, Rtp13MoreLevelsAreLeftOut) {
  // The first protects 1 byte of packets of 2: neither can be restored whole.
  const std::vector<Bytes> packets = {packet(1, false, 96, 1, 2, 5), packet(2, false, 96, 1, 1, 6)};
  Bytes wire = encode_ulpfec(repair_for(views(packets)));
  wire[11] = 1;
  Bytes second_level = {0, 1, 0xc0, 0, 5};
  wire.pop_back();
  wire.insert(wire.end(), second_level.begin(), second_level.end());
  const auto repair = parse_ulpfec(wire);
  ASSERT_TRUE(repair);
  EXPECT_EQ(repair->rest, (Bytes{3}));
  EXPECT_FALSE(restore(*repair, std::vector<ByteView>{packets[1]}, 1, ssrc));
  // The shorter one is protected.
  EXPECT_EQ(restore(*repair, std::vector<ByteView>{packets[0]}, 2, ssrc), packets[1]);
}

TEST(Flexfec, Rtp13HasTheShortestMask) {
  for (const auto& [second, mask] : {std::pair<std::uint16_t, Bytes>{14, {0x40, 0x01}},
                                     {15, {0xc0, 0, 0x40, 0, 0, 0}},
                                     {45, {0xc0, 0, 0, 0, 0, 1}},
                                     {46, {0xc0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}},
                                     {109, {0xc0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}) {
    const std::vector<Bytes> packets = {packet(0, true, 96, 1, 2, 5),
                                        packet(second, false, 96, 2, 1, 6)};
    const Repair repair = repair_for(views(packets));
    Bytes wire = {0, 0x80, 0, 3, 0, 0, 0, 3, 0, 0};
    wire.insert(wire.end(), mask.begin(), mask.end());
    wire.insert(wire.end(), {3, 5});
    EXPECT_EQ(encode_flexfec(repair), wire) << second;
    EXPECT_EQ(parse_flexfec(wire), repair) << second;
    for (std::size_t size = 0; size < wire.size() - 2; ++size) {
      EXPECT_FALSE(parse_flexfec(ByteView(wire).first(size))) << second << ", " << size;
    }
    for (const std::uint8_t flag : Bytes{0x80, 0x40}) {
      Bytes other = wire;
      other[0] = flag;
      EXPECT_FALSE(parse_flexfec(other));
    }
  }
  EXPECT_FALSE(parse_flexfec(Bytes(12)));
}

RC_GTEST_PROP(Fec, Rtp13RepairsComeBackAsTheyWere, ()) {
  const auto base = *rc::gen::arbitrary<std::uint16_t>();
  const auto offsets =
      *rc::gen::nonEmpty(rc::gen::container<std::set<int>>(rc::gen::inRange(0, flexfec_reach)));
  Repair repair;
  for (const int offset : offsets) {
    repair.numbers.push_back(static_cast<std::uint16_t>(base + offset));
  }
  repair.flags = *rc::gen::arbitrary<std::uint8_t>() & 0x3f;
  repair.type = *rc::gen::arbitrary<std::uint8_t>();
  repair.timestamp = *rc::gen::arbitrary<std::uint32_t>();
  repair.length = *rc::gen::arbitrary<std::uint16_t>();
  repair.rest = *rc::gen::arbitrary<Bytes>();
  RC_ASSERT(parse_flexfec(encode_flexfec(repair)) == repair);
  if (*offsets.rbegin() - *offsets.begin() < ulpfec_reach) {
    RC_ASSERT(parse_ulpfec(encode_ulpfec(repair)) == repair);
  }
}

// Sets of packets and of repairs, one bit each.
using Set = std::uint32_t;

bool has(Set set, std::size_t i) { return (set >> i & 1U) != 0; }

// What has come or been restored at the end, in theory: as long as one repair lacks one packet.
Set expected(Set arrived, const std::vector<Set>& repairs, Set arrived_repairs) {
  for (bool again = true; std::exchange(again, false);) {
    for (std::size_t r = 0; r < repairs.size(); ++r) {
      const Set missing = repairs[r] & ~arrived;
      if (!has(arrived_repairs, r) || std::popcount(missing) != 1) continue;
      arrived |= missing;
      again = true;
    }
  }
  return arrived;
}

// A receiver that is told packets and repairs, and holds each restored one against the original.
class Receiver {
 public:
  explicit Receiver(const std::vector<Bytes>& packets) : packets_(packets) {}

  void receive(std::size_t i) {
    known_ |= Set{1} << i;
    check(repairer_.receive(ByteView(packets_[i])));
  }
  void receive(const Repair& repair) { check(repairer_.receive(repair)); }
  [[nodiscard]] Set known() const { return known_; }

 private:
  void check(const std::vector<Bytes>& restored) {
    for (const Bytes& one : restored) {
      const auto original = std::find(packets_.begin(), packets_.end(), one);
      ASSERT_NE(original, packets_.end());
      const Set bit = Set{1} << (original - packets_.begin());
      EXPECT_EQ(known_ & bit, 0U) << "restored though it was there";
      known_ |= bit;
    }
  }

  const std::vector<Bytes>& packets_;
  Repairer repairer_{ssrc};
  Set known_ = 0;
};

Repair repair_of(const std::vector<Bytes>& packets, Set set) {
  std::vector<ByteView> chosen;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (has(set, i)) chosen.push_back(packets[i]);
  }
  return repair_for(chosen);
}

// Repairs as they are on the wire.
enum class Format { ulpfec, flexfec };
Repair sent(const Repair& repair, Format format) {
  const auto parsed = format == Format::ulpfec ? parse_ulpfec(encode_ulpfec(repair))
                                               : parse_flexfec(encode_flexfec(repair));
  EXPECT_EQ(parsed, repair);
  return parsed.value_or(Repair{});
}

class Fec : public testing::TestWithParam<Format> {};

TEST_P(Fec, Rtp13EveryLossOfPacketsSharedOutInTurnIsMadeGoodIfItCanBe) {
  for (std::size_t count = 1; count <= 7; ++count) {
    const std::vector<Bytes> packets = stream(count);
    for (std::size_t shares = 1; shares <= std::min<std::size_t>(count, 4); ++shares) {
      std::vector<Repair> repairs = repairs_for(views(packets), shares);
      for (Repair& repair : repairs) repair = sent(repair, GetParam());
      for (Set arrived = 0; arrived < Set{1} << (count + shares); ++arrived) {
        Receiver receiver(packets);
        for (std::size_t i = 0; i < count; ++i) {
          if (has(arrived, i)) receiver.receive(i);
        }
        for (std::size_t r = 0; r < shares; ++r) {
          if (has(arrived, count + r)) receiver.receive(repairs[r]);
        }
        // Share r: packets r, r + shares, …: one that is lost comes back with the repair.
        Set good = arrived & ((Set{1} << count) - 1);
        for (std::size_t r = 0; r < shares; ++r) {
          Set lost = 0;
          for (std::size_t i = r; i < count; i += shares) {
            if (!has(arrived, i)) lost |= Set{1} << i;
          }
          if (has(arrived, count + r) && std::popcount(lost) == 1) good |= lost;
        }
        ASSERT_EQ(receiver.known(), good) << count << " in " << shares << ", came " << arrived;
      }
    }
  }
}

TEST_P(Fec, Rtp13ABurstAsLongAsThereAreRepairsIsMadeGood) {
  const std::vector<Bytes> packets = stream(20);
  for (std::size_t shares = 1; shares <= 6; ++shares) {
    const auto repairs = repairs_for(views(packets), shares);
    for (std::size_t first = 0; first + shares <= packets.size(); ++first) {
      Receiver receiver(packets);
      for (std::size_t i = 0; i < packets.size(); ++i) {
        if (i < first || i >= first + shares) receiver.receive(i);
      }
      for (const Repair& repair : repairs) receiver.receive(sent(repair, GetParam()));
      ASSERT_EQ(receiver.known(), 0xf'ffffU);
    }
  }
}

TEST_P(Fec, Rtp13EveryLossUnderEveryTwoMasksOverFourPackets) {
  const std::vector<Bytes> packets = stream(4);
  std::vector<Repair> repairs(16);
  for (Set mask = 1; mask < 16; ++mask) repairs[mask] = sent(repair_of(packets, mask), GetParam());
  for (Set first = 1; first < 16; ++first) {
    for (Set second = 1; second < 16; ++second) {
      for (Set arrived = 0; arrived < 64; ++arrived) {
        Receiver receiver(packets);
        // Repairs first, where more is still missing.
        if (has(arrived, 4)) receiver.receive(repairs[first]);
        if (has(arrived, 5)) receiver.receive(repairs[second]);
        for (std::size_t i = 0; i < 4; ++i) {
          // What was restored comes all the same when it was only late.
          if (has(arrived, i)) receiver.receive(i);
        }
        ASSERT_EQ(receiver.known(), expected(arrived & 15, {first, second}, arrived >> 4))
            << first << ", " << second << ", came " << arrived;
      }
    }
  }
}

TEST_P(Fec, Rtp13EveryLossUnderEveryThreeMasksOverThreePackets) {
  const std::vector<Bytes> packets = stream(3);
  std::vector<Repair> repairs(8);
  for (Set mask = 1; mask < 8; ++mask) repairs[mask] = sent(repair_of(packets, mask), GetParam());
  for (Set masks = 0; masks < 512; ++masks) {
    const std::vector<Set> chosen = {masks & 7, masks >> 3 & 7, masks >> 6};
    if (std::count(chosen.begin(), chosen.end(), 0U) != 0) continue;
    for (Set arrived = 0; arrived < 64; ++arrived) {
      Receiver receiver(packets);
      for (std::size_t i = 0; i < 3; ++i) {
        if (has(arrived, i)) receiver.receive(i);
      }
      for (std::size_t r = 0; r < 3; ++r) {
        if (has(arrived, 3 + r)) receiver.receive(repairs[chosen[r]]);
      }
      ASSERT_EQ(receiver.known(), expected(arrived & 7, chosen, arrived >> 3))
          << masks << ", came " << arrived;
    }
  }
}

TEST_P(Fec, Rtp13TheOrderOfArrivalDoesNotMatter) {
  // Two rows and two columns of four packets, of which only 0 comes.
  const std::vector<Bytes> packets = stream(4);
  const std::vector<Set> masks = {0b0011, 0b1100, 0b0101, 0b1010};
  std::vector<int> order = {0, 1, 2, 3, 4};
  do {
    Receiver receiver(packets);
    for (const int event : order) {
      if (event == 4) {
        receiver.receive(std::size_t{0});
      } else {
        receiver.receive(
            sent(repair_of(packets, masks[static_cast<std::size_t>(event)]), GetParam()));
      }
    }
    ASSERT_EQ(receiver.known(), 15U);
  } while (std::next_permutation(order.begin(), order.end()));
}

INSTANTIATE_TEST_SUITE_P(Formats, Fec, testing::Values(Format::ulpfec, Format::flexfec),
                         [](const auto& format) {
                           return format.param == Format::ulpfec ? "Ulpfec" : "Flexfec";
                         });

TEST(Repairer, Rtp13OtherStreamsAndWhatIsNoPacketAreIgnored) {
  const std::vector<Bytes> packets = stream(2);
  Repairer repairer(ssrc);
  EXPECT_TRUE(repairer.receive(repair_for(views(packets))).empty());
  Bytes other = packets[0];
  other[11] = 9;
  EXPECT_TRUE(repairer.receive(ByteView(other)).empty());
  EXPECT_TRUE(repairer.receive(ByteView(packets[0]).first(11)).empty());
  EXPECT_TRUE(repairer.receive(Repair{}).empty());
  EXPECT_EQ(repairer.receive(ByteView(packets[0])), std::vector<Bytes>{packets[1]});
}

TEST(Repairer, Rtp13ASumThatIsOfNoPacketRestoresNothing) {
  const std::vector<Bytes> packets = stream(2);
  // A length beyond the sum's end; 15 CSRCs that do not fit.
  for (const bool too_long : {true, false}) {
    Repair repair = repair_for(views(packets));
    if (too_long) {
      repair.length ^= 0x100;
    } else {
      repair.flags ^= 0xf;
    }
    Repairer repairer(ssrc);
    repairer.receive(ByteView(packets[0]));
    EXPECT_TRUE(repairer.receive(repair).empty());
  }
}

TEST(Repairer, Rtp13RepairsThatRestoreNothingAreCounted) {
  const std::vector<Bytes> packets = stream(2, 100);
  const Repair repair = repair_for(views(packets));
  Repairer repairer(ssrc);
  repairer.receive(ByteView(packets[0]));
  EXPECT_EQ(repairer.receive(repair).size(), 1U);
  EXPECT_EQ(repairer.discarded(), 0U);
  EXPECT_TRUE(repairer.receive(repair).empty());  // nothing is missing any more
  EXPECT_EQ(repairer.discarded(), 1U);
  // One that waits, until what it is for is too long ago.
  repairer.receive(repair_for(views(stream(2, 200))));
  EXPECT_EQ(repairer.discarded(), 1U);
  repairer.receive(packet(200 + 256, false, 96, 0, 1));
  EXPECT_EQ(repairer.discarded(), 2U);
}

TEST(Repairer, Rtp13OldPacketsAndRepairsAreLetGo) {
  const std::vector<Bytes> packets = stream(2, 100);
  const Repair repair = repair_for(views(packets));
  {
    // A packet that came `window` - 1 later does not hurt; one more does.
    Repairer repairer(ssrc);
    repairer.receive(repair);
    repairer.receive(packet(100 + 255, false, 96, 0, 1));
    EXPECT_EQ(repairer.receive(ByteView(packets[0])).size(), 1U);
  }
  Repairer repairer(ssrc);
  repairer.receive(repair);
  repairer.receive(packet(100 + 256, false, 96, 0, 1));
  EXPECT_TRUE(repairer.receive(ByteView(packets[0])).empty());
  // The oldest of too many repairs.
  const std::vector<Bytes> many = stream(4, 100);
  Repairer full(ssrc);
  full.receive(repair_of(many, 0b0011));
  for (std::size_t i = 0; i < Repairer::most_repairs; ++i) full.receive(repair_of(many, 0b1100));
  EXPECT_TRUE(full.receive(ByteView(many[0])).empty());
  EXPECT_EQ(full.receive(ByteView(many[2])), std::vector<Bytes>{many[3]});
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
