// Messages in a byte stream (RFC 4571).
#include "stack/ice/stream_framing.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::ice {
namespace NATSIM_TEST_FILE {

Bytes numbered(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

TEST(IceStreamFraming, Ice62_TheLengthStandsInFront) {
  EXPECT_EQ(frame(numbered(3)), (Bytes{0, 3, 0, 1, 2}));
  const Bytes largest = frame(numbered(max_framed));
  EXPECT_EQ(largest.size(), 2 + max_framed);
  EXPECT_EQ(load_be16(largest.data()), 65'535);
}

TEST(IceStreamFraming, Ice62_AnEmptyFrameIsNoMessage) {
  StreamFraming framing;
  framing.receive(Bytes{0, 0, 0, 0, 0, 1, 7});
  EXPECT_EQ(framing.poll_message(), Bytes{7});
  EXPECT_EQ(framing.poll_message(), std::nullopt);
  EXPECT_EQ(framing.held(), 0U);
}

RC_GTEST_PROP(IceStreamFraming, Ice62_HoweverTheStreamIsCut, ()) {
  const auto sizes =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 700));
  Bytes stream;
  for (const std::size_t size : sizes) {
    const Bytes framed = frame(numbered(size));
    stream.insert(stream.end(), framed.begin(), framed.end());
  }
  StreamFraming framing;
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t piece =
        std::min(stream.size() - at, *rc::gen::inRange<std::size_t>(1, 1'000));
    framing.receive(ByteView(stream).subspan(at, piece));
    at += piece;
    while (const auto message = framing.poll_message()) {
      RC_ASSERT(*message == numbered(message->size()));
      found.push_back(message->size());
    }
  }
  RC_ASSERT(found == sizes);
  RC_ASSERT(framing.held() == 0U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice
