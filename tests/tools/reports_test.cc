#include "tools/suite/reports.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/suite/text_diff.h"

namespace natsim::suite {
namespace NATSIM_TEST_FILE {

CaseResult failed() {
  return {.file = "a/b.lua",
          .scenario = "a <b> & \"c\" #1",
          .seed = 7,
          .outcome = CaseOutcome::failed,
          .line = 3,
          .message = "expected 4,\x01 got 100%",
          .details = "why: so\n",
          .again = "natsim run a/b.lua",
          .seconds = 0.5};
}
CaseResult plain(CaseOutcome outcome) {
  return {.file = "a/b.lua", .scenario = "plain", .outcome = outcome};
}

TEST(Reports, JunitCountsAndEscapes) {
  const std::vector<CaseResult> results = {failed(), plain(CaseOutcome::passed),
                                           plain(CaseOutcome::not_run)};
  EXPECT_EQ(
      junit_of(results),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"natsim\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" "
      "time=\"0.500000\">\n"
      "  <testsuite name=\"a/b.lua\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" "
      "time=\"0.500000\">\n"
      "    <testcase classname=\"a.b\" name=\"a &lt;b&gt; &amp; &quot;c&quot; #1, seed 7\" "
      "file=\"a/b.lua\" time=\"0.500000\">\n"
      "      <failure type=\"expectation\" message=\"expected 4,\xEF\xBF\xBD got 100%\">a/b.lua:3: "
      "expected 4,\xEF\xBF\xBD got 100%&#10;why: so&#10;natsim run a/b.lua&#10;</failure>\n"
      "    </testcase>\n"
      "    <testcase classname=\"a.b\" name=\"plain, seed 1\" file=\"a/b.lua\" "
      "time=\"0.000000\"/>\n"
      "    <testcase classname=\"a.b\" name=\"plain, seed 1\" file=\"a/b.lua\" "
      "time=\"0.000000\">\n"
      "      <skipped message=\"the suite was ended before\"/>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(Reports, TapSaysWhatWentWrong) {
  EXPECT_EQ(tap_of(2, plain(CaseOutcome::passed)), "ok 2 - a/b.lua: plain, seed 1\n");
  EXPECT_EQ(tap_of(3, plain(CaseOutcome::not_run)),
            "ok 3 - a/b.lua: plain, seed 1 # SKIP the suite was ended before\n");
  EXPECT_EQ(tap_of(1, failed()),
            "not ok 1 - a/b.lua: a <b> & \"c\" \\#1, seed 7\n"
            "  ---\n"
            "  severity: fail\n"
            "  message: \"expected 4,\\x01 got 100%\"\n"
            "  at:\n"
            "    file: \"a/b.lua\"\n"
            "    line: 3\n"
            "  details: \"why: so\\n\"\n"
            "  again: \"natsim run a/b.lua\"\n"
            "  ...\n");
}

TEST(Reports, GithubMarksTheLine) {
  EXPECT_EQ(github_annotation(plain(CaseOutcome::passed)), "");
  EXPECT_EQ(github_annotation(failed()),
            "::error file=a/b.lua,line=3,title=a <b> & \"c\" #1%2C seed 7::expected 4,\x01 got "
            "100%25%0Awhy: so%0Anatsim run a/b.lua\n");
}

TEST(TextDiff, ShowsWhatChangedWithLinesAround) {
  EXPECT_EQ(text_diff("a\nb", "a\nb"), "");
  EXPECT_EQ(text_diff("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\nfive\n6\n7\n8\n9"),
            "...\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n...\n");
  EXPECT_EQ(text_diff("", "a\nb"), "+a\n+b\n");
  EXPECT_EQ(text_diff("a", ""), "-a\n");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::suite
