// The options of a link that take more than a word: bursts, schedules, traces.
#pragma once

#include "sim/net/link_options.h"
#include "sim/script/value.h"

namespace natsim::script {

// { mean = "1%", burst = 6 }, or { p = "0.2%", r = "20%", loss_good = "0%", loss_bad = "100%" }.
net::GilbertElliottOptions read_burst_loss(const Value& value);
// { { at = "0s", rate = "5Mbit" }, { at = "10s", rate = "none" }, period = "20s" }.
net::RateSchedule read_rate_schedule(const Value& value);
// The name of a file in the scenario's folder, in Mahimahi's format.
net::DeliveryTrace read_trace(const Value& value);
// A list of durations, at least one.
std::vector<Duration> read_jitter_samples(const Value& value);

}  // namespace natsim::script
