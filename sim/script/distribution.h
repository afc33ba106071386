// From what a parameter's values are drawn when a sweep samples instead of going over a grid.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/script/quantity.h"
#include "stack/base/random.h"

namespace natsim::script {

// Values between two, both included, in steps: nanoseconds, bits per second, bytes, millionths of a
// share, and of numbers 1 or, with fractions, what a double holds.
struct ValueRange {
  Quantity quantity;  // neither boolean nor text
  double low;         // in those steps, as `high`
  double high;        // not below `low`
  bool logarithmic;   // every factor is as likely as another, rather than every difference
};

// One of several texts, with the probability of its weight over the sum of all.
struct ValueChoice {
  struct Member {
    std::string text;
    std::uint64_t weight;  // at least 1
  };
  std::vector<Member> members;  // at least one
  // The members are presets of NATs, with "+" and a firewall's where there is one.
  bool of_nats = false;
};

using Distribution = std::variant<ValueRange, ValueChoice>;

// A value as --set takes it. One number is drawn, or a few.
std::string draw(const Distribution& distribution, Random& random);

}  // namespace natsim::script
