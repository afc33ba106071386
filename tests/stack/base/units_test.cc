#include "stack/base/units.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace natsim {
namespace NATSIM_TEST_FILE {

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration("20ms").value(), milliseconds(20));
  EXPECT_EQ(parse_duration("1.5s").value(), milliseconds(1500));
  EXPECT_EQ(parse_duration("2h").value(), seconds(7200));
  EXPECT_EQ(parse_duration("0.5min").value(), seconds(30));
  EXPECT_EQ(parse_duration("1d").value(), seconds(86'400));
  EXPECT_EQ(parse_duration("7 ns").value(), nanoseconds(7));
  EXPECT_EQ(parse_duration("0s").value(), Duration{});
  // 0.1 has no finite binary form; the nanoseconds are exact all the same.
  EXPECT_EQ(parse_duration("0.1s").value().ns, 100'000'000);
  EXPECT_EQ(parse_duration("0.000000001s").value().ns, 1);
  EXPECT_EQ(parse_duration("9223372036.854775807s").value().ns, INT64_MAX);
  // A third of an hour's decimals: 0.00125 h = 4.5 s.
  EXPECT_EQ(parse_duration("0.00125h").value(), milliseconds(4500));
}

TEST(Units, RefusedDurationsSayWhatWasExpected) {
  EXPECT_EQ(parse_duration("20").error(),
            "expected a duration such as \"20ms\", got \"20\": it has no unit (ns, us, ms, s, min, "
            "h, d)");
  EXPECT_EQ(parse_duration("20sm").error(),
            "expected a duration such as \"20ms\", got \"20sm\": the unit 'sm' is none of ns, us, "
            "ms, s, min, h, d");
  EXPECT_EQ(parse_duration("0.5ns").error(),
            "expected a duration such as \"20ms\", got \"0.5ns\": it is finer than one nanosecond");
  EXPECT_EQ(parse_duration("9223372036.854775808s").error(),
            "expected a duration such as \"20ms\", got \"9223372036.854775808s\": it is too large");
  for (const char* const text : {"", "ms", "-1s", "+1s", "1e3s", "1.s", ".5s", "1,5s", "1  s",
                                 " 1s", "1s ", "1.2.3s", "0x10s", "nan", "1S"}) {
    EXPECT_FALSE(parse_duration(text).ok()) << text;
  }
}

TEST(Units, Rates) {
  EXPECT_EQ(parse_rate("1.5Mbit").value(), 1'500'000u);
  EXPECT_EQ(parse_rate("64kbit/s").value(), 64'000u);
  EXPECT_EQ(parse_rate("1Tbit").value(), 1'000'000'000'000u);
  EXPECT_EQ(parse_rate("unlimited").value(), 0u);
  EXPECT_EQ(parse_rate("0bit").error(),
            "expected a rate such as \"1.5Mbit\", got \"0bit\": a rate is greater than zero");
  EXPECT_EQ(parse_rate("0.5bit").error(),
            "expected a rate such as \"1.5Mbit\", got \"0.5bit\": it is finer than one bit per "
            "second");
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("1500B").value(), 1500u);
  EXPECT_EQ(parse_size("64kB").value(), 64'000u);
  EXPECT_EQ(parse_size("64KiB").value(), 65'536u);
  EXPECT_EQ(parse_size("1.5KiB").value(), 1536u);
  EXPECT_EQ(parse_size("1500").error(),
            "expected a size such as \"1500B\", got \"1500\": it has no unit (B, kB, MB, GB, KiB, "
            "MiB, GiB)");
}

TEST(Units, Shares) {
  EXPECT_EQ(parse_share("0.5%").value(), 0.005);
  EXPECT_EQ(parse_share("0.1%").value(), 0.001);
  EXPECT_EQ(parse_share("100%").value(), 1.0);
  EXPECT_EQ(parse_share("0%").value(), 0.0);
  EXPECT_EQ(parse_share("100.1%").error(),
            "expected a percentage such as \"0.5%\", got \"100.1%\": it is too large");
  EXPECT_EQ(parse_share("0.5").error(),
            "expected a percentage such as \"0.5%\", got \"0.5\": it has no unit (%)");
}

TEST(Units, DurationsRoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const Duration duration{*rc::gen::inRange<std::int64_t>(0, INT64_MAX)};
    RC_ASSERT(parse_duration(to_string(duration)).value() == duration);
  }));
}

TEST(Units, RatesAndSizesRoundTrip) {
  EXPECT_TRUE(rc::check([] {
    const auto rate = *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000'000'000);
    RC_ASSERT(parse_rate(rate_text(rate)).value() == rate);
    const auto size = *rc::gen::inRange<std::uint64_t>(0, INT64_MAX);
    RC_ASSERT(parse_size(size_text(size)).value() == size);
  }));
  EXPECT_EQ(rate_text(1'500'000), "1.5Mbit");
  EXPECT_EQ(rate_text(0), "unlimited");
  EXPECT_EQ(size_text(1500), "1.5kB");
}

TEST(Units, NoTextCrashesThem) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    (void)parse_duration(text);
    (void)parse_rate(text);
    (void)parse_size(text);
    (void)parse_share(text);
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim
