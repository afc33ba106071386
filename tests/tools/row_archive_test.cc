#include "tools/cluster/row_archive.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::sweep {
namespace NATSIM_TEST_FILE {

std::vector<results::RunRow> rows() {
  results::RunRow row{.run = 7,
                      .point = -1,
                      .seed = std::numeric_limits<std::int64_t>::max(),
                      .outcome = "fail",
                      .reason = std::string("a\0b", 3),
                      .digest = std::numeric_limits<std::uint64_t>::max(),
                      .simulated = 0.1,
                      .events = 5,
                      .packets = 6,
                      .metrics = {{"text", "text", "", std::string("so")},
                                  {"number", "number", "s", 1e-300},
                                  {"whole", "number", "", std::int64_t{-3}},
                                  {"nothing", "number", "", {}}}};
  return {row, {.run = 8, .outcome = "pass"}};
}

TEST(RowArchive, GivesBackWhatItTook) {
  const auto back = unpack(pack(rows()));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2U);
  const results::RunRow& row = back->front();
  const results::RunRow expected = rows().front();
  EXPECT_EQ(row.run, expected.run);
  EXPECT_EQ(row.point, expected.point);
  EXPECT_EQ(row.seed, expected.seed);
  EXPECT_EQ(row.outcome, expected.outcome);
  EXPECT_EQ(row.reason, expected.reason);
  EXPECT_EQ(row.digest, expected.digest);
  EXPECT_EQ(row.simulated, expected.simulated);
  EXPECT_EQ(row.events, expected.events);
  EXPECT_EQ(row.packets, expected.packets);
  ASSERT_EQ(row.metrics.size(), expected.metrics.size());
  for (std::size_t i = 0; i < row.metrics.size(); ++i) {
    EXPECT_EQ(row.metrics[i].name, expected.metrics[i].name);
    EXPECT_EQ(row.metrics[i].kind, expected.metrics[i].kind);
    EXPECT_EQ(row.metrics[i].unit, expected.metrics[i].unit);
    EXPECT_EQ(row.metrics[i].value, expected.metrics[i].value);
  }
  EXPECT_EQ(back->back().outcome, "pass");
  EXPECT_TRUE(unpack(pack({})).value().empty());
}

TEST(RowArchive, FindsWhatIsCutShortOrTorn) {
  const Bytes whole = pack(rows());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(unpack(ByteView(whole).first(size))) << size;
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes torn = whole;
    torn[i] ^= 1;
    EXPECT_FALSE(unpack(torn)) << i;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sweep
