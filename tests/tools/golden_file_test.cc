#include "tools/suite/golden_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace natsim::suite {
namespace NATSIM_TEST_FILE {

TEST(GoldenFile, HasASectionForEachScenario) {
  const auto file = GoldenFile::parse("a.golden", "=== one\n\nrow\n\n=== two\n=== three\nx\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file.value().section("one"), "\nrow\n");
  EXPECT_EQ(file.value().section("two"), "");
  EXPECT_EQ(file.value().section("three"), "x");
  EXPECT_EQ(file.value().section("four"), std::nullopt);
}

TEST(GoldenFile, ComesBackAsItWent) {
  auto file = GoldenFile::parse("a.golden", "");
  for (const std::string text : {"", "\n", "a", "a\n\nb", "\n\na\n"}) {
    file.value().set("scenario " + std::to_string(file.value().scenarios().size()), text);
  }
  const auto back = GoldenFile::parse("a.golden", file.value().text());
  ASSERT_TRUE(back);
  for (const std::string& name : file.value().scenarios()) {
    EXPECT_EQ(back.value().section(name), file.value().section(name)) << name;
  }
}

TEST(GoldenFile, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(GoldenFile::parse("a.golden", "row\n").error(),
            "a.golden:1: expected \"=== \" and a scenario's name");
  EXPECT_EQ(GoldenFile::parse("a.golden", "=== one\nrow\n=== one\n").error(),
            "a.golden:3: 'one' has a section already");
}

TEST(GoldenFile, IsBesideItsScenariosAndGoesWithItsLastSection) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "golden_file_test";
  std::filesystem::create_directories(folder);
  const std::string script = folder / "call.lua";
  auto file = GoldenFile::read(script);
  ASSERT_TRUE(file);
  EXPECT_EQ(file.value().path(), folder / "call.golden");
  file.value().set("one", "row");
  EXPECT_FALSE(file.value().write());
  EXPECT_EQ(GoldenFile::read(script).value().section("one"), "row");
  file.value().remove("one");
  EXPECT_FALSE(file.value().write());
  EXPECT_FALSE(std::filesystem::exists(folder / "call.golden"));
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(file.value().scenarios().empty());
  file.value().set("one", "row");
  EXPECT_TRUE(file.value().write()) << "its folder is gone";
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::suite
