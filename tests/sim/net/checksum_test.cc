#include "sim/net/checksum.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace natsim::net {
namespace NATSIM_TEST_FILE {

// The definition of RFC 1071 §1 word by word, with nothing of the implementation's cleverness.
std::uint16_t plain_sum(ByteView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += std::uint32_t{bytes[i]} << 8;
    if (i + 1 < bytes.size()) sum += bytes[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t checksum_of(ByteView bytes) { return static_cast<std::uint16_t>(~ones_sum(bytes)); }

TEST(Checksum, Rfc1071Example) {
  // RFC 1071 §3: the words 0001 f203 f4f5 f6f7 sum to 2ddf0, which folds to ddf2.
  const Bytes bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(ones_sum(bytes), 0xddf2);
  EXPECT_EQ(checksum_of(bytes), 0x220d);
}

TEST(Checksum, Rfc1624Example) {
  // RFC 1624 §4: a header with checksum dd2f in which 5555 becomes 3285 has checksum 0000, where
  // the equation of RFC 1141 gave ffff.
  EXPECT_EQ(updated_checksum(0xdd2f, ones_difference(0x5555, 0x3285)), 0x0000);
}

TEST(Checksum, OddLastByteIsPaddedWithZero) {
  EXPECT_EQ(ones_sum(Bytes{0x12}), 0x1200);
  EXPECT_EQ(ones_sum(Bytes{0x00, 0x01, 0xff}), 0xff01);
  EXPECT_EQ(ones_sum(Bytes{}), 0);
}

TEST(Checksum, CarriesOfTheLargestDatagramAreKept) {
  EXPECT_EQ(ones_sum(Bytes(65535, 0xff)), plain_sum(Bytes(65535, 0xff)));
  EXPECT_EQ(ones_sum(Bytes(65534, 0xff)), 0xffff);
}

TEST(Checksum, PseudoHeaders) {
  // RFC 768: c000 + 0201 + c633 + 6402 + protocol 0011 + length 000a = 1ec51, folded ec52.
  EXPECT_EQ(pseudo_header_sum(IpAddress::v4(192, 0, 2, 1), IpAddress::v4(198, 51, 100, 2), 17, 10),
            0xec52);
  // RFC 8200 §8.1: 2001 + 0db8 + 1, 2001 + 0db8 + 2, protocol 11, length a = 5b90.
  const auto v6 = [](std::uint64_t low) { return IpAddress::v6(0x2001'0db8'0000'0000, low); };
  EXPECT_EQ(pseudo_header_sum(v6(1), v6(2), 17, 10), 0x5b90);
  // The length has 32 bits over IPv6.
  EXPECT_EQ(pseudo_header_sum(v6(1), v6(2), 17, 0x0001'000a), 0x5b91);
}

RC_GTEST_PROP(ChecksumProperty, AgreesWithTheDefinition, ()) {
  const auto bytes = *rc::gen::arbitrary<Bytes>();
  RC_ASSERT(ones_sum(bytes) == plain_sum(bytes));
}

RC_GTEST_PROP(ChecksumProperty, ASumGoesOnFromAnother, ()) {
  auto first = *rc::gen::arbitrary<Bytes>();
  const auto second = *rc::gen::arbitrary<Bytes>();
  if (first.size() % 2 != 0) first.push_back(0);
  Bytes both = first;
  both.insert(both.end(), second.begin(), second.end());
  RC_ASSERT(ones_sum(second, ones_sum(first)) == ones_sum(both));
}

RC_GTEST_PROP(ChecksumProperty, AddressSumIsThatOfItsBytes, ()) {
  const auto high = *rc::gen::arbitrary<std::uint64_t>();
  const auto low = *rc::gen::arbitrary<std::uint64_t>();
  const IpAddress v6 = IpAddress::v6(high, low);
  RC_PRE(!v6.is_v4());
  RC_ASSERT(address_sum(v6) == ones_sum(v6.to_bytes()));
  const IpAddress v4 = IpAddress::v4(static_cast<std::uint32_t>(low));
  RC_ASSERT(address_sum(v4) == ones_sum(ByteView(v4.to_bytes()).last(4)));
}

// However an aligned part of a covered text is changed, the updated field is the recomputed one.
RC_GTEST_PROP(ChecksumProperty, IncrementalUpdateEqualsRecomputation, ()) {
  auto bytes =
      *rc::gen::suchThat(rc::gen::arbitrary<Bytes>(), [](const Bytes& b) { return b.size() >= 4; });
  bytes[0] = 0x45;  // like every header, it is not all zero
  const std::size_t at = *rc::gen::inRange<std::size_t>(1, bytes.size() / 2) * 2;
  const std::size_t length = *rc::gen::inRange<std::size_t>(0, bytes.size() - at + 1);
  const std::uint16_t before = checksum_of(bytes);
  const auto part = ByteView(bytes).subspan(at, length);
  const std::uint16_t old_sum = ones_sum(part);
  const auto changed = *rc::gen::container<Bytes>(length, rc::gen::arbitrary<std::uint8_t>());
  std::copy(changed.begin(), changed.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  RC_ASSERT(updated_checksum(before, ones_difference(old_sum, ones_sum(changed))) ==
            checksum_of(bytes));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
