// Drawing delays: integer arithmetic alone, so that every machine draws the same.
#pragma once

#include "sim/net/link_options.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::net {

// What a packet's delay differs from its mean by, in units of 2^-20 of the deviation.
//
// The normal distribution is the sum of twelve even draws less six (Irwin and Hall): mean 0 and
// deviation 1 exactly, nothing beyond six deviations.
std::int64_t draw_normal(Random& random);
// Pareto's distribution of shape 3, x = u^(-1/3), moved and scaled to mean 0 and deviation 1:
// nothing earlier than 0.577 deviations, and one in a thousand later than 9.8.
std::int64_t draw_pareto(Random& random);

// The delay of one packet; never negative.
Duration draw_delay(const LinkOptions& options, Random& random);

}  // namespace natsim::net
