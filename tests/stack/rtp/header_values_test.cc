// RTP-16: the values of header extensions, on literal bytes.
#include "stack/rtp/header_values.h"

#include <gtest/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

// The bytes of a value, and back; another length is no such value.
template <typename T>
void expect_bytes(const T& value, const Bytes& bytes) {
  EXPECT_EQ(value.encode(), ExtensionData(bytes.begin(), bytes.end()));
  EXPECT_EQ(T::parse(bytes), value);
  EXPECT_EQ(T::parse(ByteView(bytes).first(bytes.size() - 1)), std::nullopt);
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(T::parse(longer), std::nullopt);
}

TEST(HeaderValues, Rtp16AreTheirDocumentsBytes) {
  expect_bytes(AudioLevel{true, 5}, {0x85});
  expect_bytes(AudioLevel{false, 127}, {0x7f});
  expect_bytes(VideoOrientation{true, false, 270}, {0x0b});
  expect_bytes(VideoOrientation{false, true, 90}, {0x05});
  expect_bytes(TransportSequence{0xfffe}, {0xff, 0xfe});
  expect_bytes(PlayoutDelay{0xabc, 0xdef}, {0xab, 0xcd, 0xef});
  expect_bytes(AbsCaptureTime{0x0102030405060708, std::nullopt}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_bytes(AbsCaptureTime{1, -1},
               {0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255});
}

TEST(HeaderValues, Rtp16TheSendTimeWrapsAfter64Seconds) {
  // 1.5 s are 1.5 * 2^18.
  expect_bytes(AbsSendTime::of(Time{} + milliseconds(1500)), {0x06, 0, 0});
  EXPECT_EQ(AbsSendTime::of(Time{} + seconds(64) + milliseconds(1500)),
            AbsSendTime::of(Time{} + milliseconds(1500)));
  EXPECT_EQ(AbsSendTime::of(Time{} + seconds(64) - nanoseconds(1)).value, 0xff'ffffU);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
