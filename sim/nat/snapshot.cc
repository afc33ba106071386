#include "sim/nat/snapshot.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/nat/nat.h"

namespace natsim::nat {

MappingSnapshot Nat::mapping(MappingIndex index) const {
  const MappingOrigin mapping = table_.origin(index);
  MappingSnapshot snapshot{.number = mapping.number,
                           .transport = mapping.external.transport,
                           .internal = mapping.internal,
                           .softwire = std::nullopt,
                           .external = externals().endpoint(mapping.external),
                           .remote = std::nullopt,
                           .created = mapping.created,
                           .refreshed = table_.refreshed(index),
                           .expires = expires(index),
                           .packets_out = table_.packets_out(index),
                           .packets_in = table_.packets_in(index),
                           .filter = {}};
  const Endpoint key = table_.key_remote(index);
  if (key.is_set()) snapshot.remote = key;
  if (mapping.strict) {
    snapshot.filter.push_back(mapping.first_remote);
  } else if (options_.filtering != Dependence::endpoint_independent) {
    table_.each_remote(index, [&](const Endpoint& remote) {
      snapshot.filter.push_back(seen_by(options_.filtering, remote));
    });
    std::reverse(snapshot.filter.begin(), snapshot.filter.end());
  }
  return snapshot;
}

std::vector<MappingSnapshot> Nat::mappings(Time now) const {
  std::vector<MappingSnapshot> all;
  for (const MappingIndex index : table_.all()) {
    if (expires(index) > now) all.push_back(mapping(index));
  }
  return all;
}

std::string natstat(std::span<const MappingSnapshot> mappings, Time now) {
  constexpr std::string_view row = "{:<22} {:<22} {:<22} {:>8} {:>8} {:>12}  {}\n";
  std::string text =
      fmt::format(row, "Internal", "External", "Remote", "Out", "In", "Expires in", "Filter");
  for (const MappingSnapshot& m : mappings) {
    std::string filter;
    for (const Endpoint& remote : m.filter) {
      if (!filter.empty()) filter += ' ';
      filter += remote_text(remote);
    }
    const std::string internal =
        m.softwire ? fmt::format("{} of {}", to_string(m.internal), to_string(*m.softwire))
                   : to_string(m.internal);
    text += fmt::format(row, internal, to_string(m.external),
                        m.remote ? remote_text(*m.remote) : "any", m.packets_out, m.packets_in,
                        to_string(m.expires - now), filter.empty() ? "any" : filter);
  }
  return text;
}

std::string remote_text(const Endpoint& remote) {
  return remote.port == 0 ? to_string(remote.address) : to_string(remote);
}

}  // namespace natsim::nat
