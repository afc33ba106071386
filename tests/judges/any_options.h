// Options of NATs drawn from the table of knobs, for properties that hold for all of them.
#pragma once

#include <iosfwd>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include "sim/nat/options.h"

namespace natsim::judges {

// Options that print as what they set beside the defaults.
struct Drawn {
  nat::NatOptions options;
};
void showValue(const Drawn& drawn, std::ostream& out);

// Inside a generator: each of these knobs is set one time in `of`, to something that matters in a
// run of some minutes with a handful of hosts, at times out of bounds.
void set_some(nat::NatOptions& options, std::span<const std::string_view> names, int of);

// Some knobs over the defaults or a preset.
rc::Gen<Drawn> any_options();
// Those that validate() accepts.
rc::Gen<Drawn> valid_options();

// Whether the property holds in so many cases, the same ones each time; the counterexample if not.
template <typename Property>
testing::AssertionResult holds(int cases, Property&& property) {
  rc::detail::TestParams params;
  params.seed = 1;
  params.maxSuccess = cases;
  rc::detail::TestListenerAdapter silent;
  const std::unordered_map<std::string, rc::detail::Reproduce> nothing_to_reproduce;
  const auto result =
      rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata{},
                                params, silent, nothing_to_reproduce);
  if (result.template is<rc::detail::SuccessResult>()) return testing::AssertionSuccess();
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  return testing::AssertionFailure() << message.str();
}

}  // namespace natsim::judges
