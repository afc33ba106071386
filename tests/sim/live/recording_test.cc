#include "sim/live/recording.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "sim/live/recorder.h"

namespace natsim::live {
namespace NATSIM_TEST_FILE {

// A file of this test's own, gone at its end.
class RecordingFile : public testing::Test {
 protected:
  ~RecordingFile() override { std::filesystem::remove(path_); }

  void write(bool to_the_end) const {
    Recorder recorder(path_, {.path = "a.lua",
                              .source = "scenario('x', print)\n\"\xC3\xA4\"",
                              .scenario = "x",
                              .seed = 7,
                              .settings = {{"nat", "symmetric"}},
                              .version = "1"});
    recorder.write({{Time{5}, DatagramArrived{1, {0, 255, 10}}}, {Time{6}, LineArrived{0, "hi"}}});
    recorder.write({{Time{6}, EndArrived{0, {true, 9}}}});
    if (to_the_end) recorder.finish({Time{8}, 0xFEDCBA9876543210});
    EXPECT_TRUE(recorder.good());
  }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void put(const std::string& content) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
  }

  std::string path_ = testing::TempDir() + "natsim_recording_" +
                      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(RecordingFile, GivesBackWhatWasWritten) {
  write(true);
  EXPECT_TRUE(is_recording(path_));
  const auto recording = read_recording(path_);
  ASSERT_TRUE(recording) << recording.error();
  const RecordedRun& run = recording.value().run;
  EXPECT_EQ(run.path, "a.lua");
  EXPECT_EQ(run.source, "scenario('x', print)\n\"\xC3\xA4\"");
  EXPECT_EQ(run.seed, 7u);
  ASSERT_EQ(run.settings.size(), 1u);
  EXPECT_EQ(run.settings[0].value, "symmetric");
  const auto& arrivals = recording.value().arrivals;
  ASSERT_EQ(arrivals.size(), 3u);
  EXPECT_EQ(arrivals[0].at, Time{5});
  EXPECT_EQ(std::get<DatagramArrived>(arrivals[0].what).datagram, (Bytes{0, 255, 10}));
  EXPECT_EQ(std::get<LineArrived>(arrivals[1].what).line, "hi");
  EXPECT_TRUE(std::get<EndArrived>(arrivals[2].what).end.by_signal);
  EXPECT_EQ(std::get<EndArrived>(arrivals[2].what).end.code, 9);
  ASSERT_TRUE(recording.value().end);
  EXPECT_EQ(recording.value().end->digest, 0xFEDCBA9876543210u);
}

TEST_F(RecordingFile, MayEndBeforeWhatCameLast) {
  {
    Recorder recorder(path_, {.path = "a.lua", .source = "", .scenario = "x", .version = "1"});
    recorder.write({{Time{5}, LineArrived{0, "in time"}}, {Time{9}, LineArrived{0, "too late"}}});
    recorder.finish({Time{7}, 1});
  }
  const auto recording = read_recording(path_);
  ASSERT_TRUE(recording) << recording.error();
  EXPECT_EQ(recording.value().arrivals.size(), 2u);
  EXPECT_EQ(recording.value().end->at, Time{7});
}

TEST_F(RecordingFile, OfARunThatWasKilledHoldsWhatItHolds) {
  write(false);
  const std::string whole = bytes();
  const std::size_t header = whole.find('\n', whole.find('\n') + 1) + 1;
  std::size_t most = 0;
  for (std::size_t size = header; size <= whole.size(); ++size) {
    put(whole.substr(0, size));
    const auto recording = read_recording(path_);
    ASSERT_TRUE(recording) << recording.error();
    EXPECT_FALSE(recording.value().end);
    EXPECT_GE(recording.value().arrivals.size(), most);
    most = recording.value().arrivals.size();
  }
  EXPECT_EQ(most, 3u);
}

TEST_F(RecordingFile, IsNotTrusted) {
  write(true);
  const std::string whole = bytes();
  put("something else\n");
  EXPECT_FALSE(is_recording(path_));
  EXPECT_FALSE(read_recording(path_));
  put(whole.substr(0, whole.find('\n') + 1) + "{}\n");
  EXPECT_FALSE(read_recording(path_));
  EXPECT_FALSE(read_recording(path_ + ".missing"));
  // Any one byte changed is an error, or another content, but no crash.
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x81);
    put(changed);
    const auto recording = read_recording(path_);
    if (recording) {
      EXPECT_LE(recording.value().arrivals.size(), 3u);
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::live
