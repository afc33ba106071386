#include "sim/script/link_fault_settings.h"

#include <array>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "sim/script/options.h"
#include "sim/script/sandbox.h"
#include "sim/script/script_file.h"

namespace natsim::script {
namespace {

struct Bursts {
  net::GilbertElliottOptions chain;
  double mean = 0;
  double burst = 0;
  bool has_means = false;
  bool has_chain = false;
};

constexpr std::array<Key<Bursts>, 6> burst_keys = {{
    {"mean",
     [](const Value& value, Bursts& bursts) {
       bursts.mean = value.share();
       bursts.has_means = true;
     }},
    {"burst",
     [](const Value& value, Bursts& bursts) {
       if (lua_type(value.lua(), value.index()) != LUA_TNUMBER) {
         value.refuse("packets, a number of at least 1");
       }
       bursts.burst = lua_tonumber(value.lua(), value.index());
       bursts.has_means = true;
     }},
    {"p",
     [](const Value& value, Bursts& bursts) {
       bursts.chain.p = value.share();
       bursts.has_chain = true;
     }},
    {"r",
     [](const Value& value, Bursts& bursts) {
       bursts.chain.r = value.share();
       bursts.has_chain = true;
     }},
    {"loss_good",
     [](const Value& value, Bursts& bursts) {
       bursts.chain.loss_good = value.share();
       bursts.has_chain = true;
     }},
    {"loss_bad",
     [](const Value& value, Bursts& bursts) {
       bursts.chain.loss_bad = value.share();
       bursts.has_chain = true;
     }},
}};

struct Step {
  net::RateStep step;
  bool has_rate = false;
};
constexpr std::array<Key<Step>, 2> step_keys = {{
    {"at", [](const Value& value, Step& step) { step.step.at = value.duration(); }},
    {"rate",
     [](const Value& value, Step& step) {
       step.has_rate = true;
       if (value.is_text() && value.text() == "none") return;
       step.step.rate = value.rate();
       if (step.step.rate == 0) value.refuse("a rate such as \"1.5Mbit\", or \"none\"");
     }},
}};

}  // namespace

net::GilbertElliottOptions read_burst_loss(const Value& value) {
  Bursts bursts;
  read_options(value, burst_keys, bursts);
  if (bursts.has_means && bursts.has_chain) {
    value.complain("'mean' and 'burst' say all that the others say: give one or the other");
  }
  if (!bursts.has_means) {
    if (!value.field("p").present() || !value.field("r").present()) {
      value.complain("missing keys: 'mean' and 'burst', or 'p' and 'r'");
    }
    return bursts.chain;
  }
  if (!value.field("mean").present() || !value.field("burst").present()) {
    value.complain("'mean' and 'burst' belong together");
  }
  const auto chain = net::gilbert_elliott_of_means(bursts.mean, bursts.burst);
  if (!chain) value.complain(chain.error());
  return chain.value();
}

net::RateSchedule read_rate_schedule(const Value& value) {
  value.require_table();
  const int count = static_cast<int>(lua_rawlen(value.lua(), value.index()));
  constexpr std::array<std::string_view, 1> keys = {"period"};
  check_keys(value, keys, count);
  net::RateSchedule schedule;
  for (int i = 1; i <= count; ++i) {
    const StackMark mark(value.lua());
    const Value row = value.element(i);
    Step step;
    read_options(row, step_keys, step);
    if (!step.has_rate) row.complain("missing key 'rate'");
    schedule.steps.push_back(step.step);
  }
  const StackMark mark(value.lua());
  if (const Value period = value.field("period"); period.present()) {
    schedule.period = period.positive_duration();
  }
  if (const std::string_view fault = net::fault_in(schedule); !fault.empty()) value.complain(fault);
  return schedule;
}

net::DeliveryTrace read_trace(const Value& value) {
  const std::string name = value.text();
  const std::filesystem::path folder = Sandbox::of(value.lua()).folder();
  const std::filesystem::path path = folder.empty() ? std::filesystem::path(name) : folder / name;
  if (!lies_inside(folder, path)) {
    value.complain(fmt::format("there is no file '{}' in the scenario's folder", name));
  }
  const auto text = read_script(path.string());
  if (!text) value.complain(text.error());
  auto trace = net::parse_delivery_trace(text.value());
  if (!trace) value.complain(fmt::format("{}: {}", name, trace.error()));
  return std::move(trace.value());
}

std::vector<Duration> read_jitter_samples(const Value& value) {
  std::vector<Duration> samples;
  value.require_table();
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    samples.push_back(value.element(i).duration());
  }
  if (samples.empty()) value.refuse("at least one duration");
  return samples;
}

}  // namespace natsim::script
