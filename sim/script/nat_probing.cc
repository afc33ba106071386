#include "sim/script/nat_probing.h"

#include <array>
#include <memory>
#include <utility>

#include "sim/agents/nat_probe.h"
#include "sim/script/object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using ProbeOptions = stun::BehaviourDiscovery::Options;

constexpr std::array<Key<ProbeOptions>, 6> probe_keys = {{
    {"mapping", [](const Value& value, ProbeOptions& probe) { probe.mapping = value.boolean(); }},
    {"filtering",
     [](const Value& value, ProbeOptions& probe) { probe.filtering = value.boolean(); }},
    {"hairpin", [](const Value& value, ProbeOptions& probe) { probe.hairpin = value.boolean(); }},
    {"lifetime", [](const Value& value, ProbeOptions& probe) { probe.lifetime = value.boolean(); }},
    {"longest_lifetime",
     [](const Value& value, ProbeOptions& probe) {
       probe.longest_lifetime = value.positive_duration();
     }},
    {"lifetime_resolution",
     [](const Value& value, ProbeOptions& probe) {
       probe.lifetime_resolution = value.positive_duration();
     }},
}};

// Keeps the probe; a script never sees it.
class ProbeHolder : public Scripted {
 public:
  explicit ProbeHolder(std::unique_ptr<agents::NatProbe> probe) : probe_(std::move(probe)) {}
  [[nodiscard]] const Class& script_class() const override { return type; }
  [[nodiscard]] const stun::BehaviourReport* report() const { return probe_->report(); }

 private:
  static constexpr Class type = {"probe", "a probe", {}, {}};

  std::unique_ptr<agents::NatProbe> probe_;
};

int finish_probe(lua_State* lua, int /*status*/, lua_KContext context) {
  const auto* const report = reinterpret_cast<const ProbeHolder*>(context)->report();
  if (report == nullptr) raise(lua, "host:probe: the probe has not come to an end");
  TableWriter table(lua);
  table.set("udp_blocked", report->udp_blocked);
  table.set("mapping", to_string(report->mapping));
  table.set("filtering", to_string(report->filtering));
  table.set("hairpin", to_string(report->hairpin));
  table.set("payload_rewritten", report->payload_rewritten);
  if (report->mapped) table.set("mapped", *report->mapped);
  if (report->lifetime.alive_after) table.set("alive_after", *report->lifetime.alive_after);
  if (report->lifetime.expired_after) table.set("expired_after", *report->lifetime.expired_after);
  return 1;
}

}  // namespace

int probe_nat(lua_State* lua, net::Host& host, const Endpoint& server, const Value& options) {
  constexpr Duration longest = seconds(30 * 86'400);  // the search for a lifetime takes its time
  ProbeOptions probe_options;
  probe_options.server = server;
  if (options.present()) read_options(options, probe_keys, probe_options);
  auto probe = agents::NatProbe::start(host, probe_options);
  if (!probe) raise(lua, "host:probe: {}", probe.error());
  Run& run = Run::of(lua);
  auto& holder = run.make<ProbeHolder>(lua, std::move(probe.value()));
  return run.wait().begin(
      lua, longest, [&holder] { return holder.report() != nullptr; }, finish_probe,
      reinterpret_cast<lua_KContext>(&holder));
}

}  // namespace natsim::script
