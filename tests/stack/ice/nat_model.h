// A NAT reduced to what ICE sees of it: mapping and filtering behaviour (RFC 4787), one external
// address, a fresh port for each mapping, nothing that expires, no hairpin.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "stack/base/address.h"

namespace natsim::ice::test {

enum class Mapping : std::uint8_t { endpoint_independent, address_dependent, port_dependent };
enum class Filtering : std::uint8_t { endpoint_independent, address_dependent, port_dependent };

class NatModel {
 public:
  NatModel(Mapping mapping, Filtering filtering, IpAddress external)
      : mapping_(mapping), filtering_(filtering), external_(external) {}

  [[nodiscard]] const IpAddress& external() const { return external_; }

  // The source that a packet from `inside` to `outside` gets.
  Endpoint translate_out(const Endpoint& inside, const Endpoint& outside) {
    Endpoint key;  // what the mapping does not depend on stays zero
    if (mapping_ != Mapping::endpoint_independent) key.address = outside.address;
    if (mapping_ == Mapping::port_dependent) key.port = outside.port;
    const auto [it, is_new] = ports_.try_emplace({inside, key}, next_port_);
    if (is_new) next_port_ = static_cast<std::uint16_t>(next_port_ + 7);
    Entry& entry = entries_[it->second];
    entry.inside = inside;
    entry.contacted.insert(outside);
    entry.contacted_addresses.insert(outside.address);
    return {external_, it->second};
  }

  // Where a packet from `outside` to our `port` goes; nullopt if it is dropped.
  [[nodiscard]] std::optional<Endpoint> translate_in(std::uint16_t port,
                                                     const Endpoint& outside) const {
    const auto it = entries_.find(port);
    if (it == entries_.end()) return std::nullopt;
    const Entry& entry = it->second;
    const bool passes =
        filtering_ == Filtering::endpoint_independent ||
        (filtering_ == Filtering::address_dependent &&
         entry.contacted_addresses.contains(outside.address)) ||
        (filtering_ == Filtering::port_dependent && entry.contacted.contains(outside));
    return passes ? std::optional(entry.inside) : std::nullopt;
  }

  // Loses all mappings, as a reboot does; the next ones get other ports.
  void forget() {
    ports_.clear();
    entries_.clear();
  }

 private:
  struct Entry {
    Endpoint inside;
    std::set<Endpoint> contacted;
    std::set<IpAddress> contacted_addresses;
  };

  Mapping mapping_;
  Filtering filtering_;
  IpAddress external_;
  std::uint16_t next_port_ = 40'000;
  std::map<std::pair<Endpoint, Endpoint>, std::uint16_t> ports_;  // by inside and key
  std::map<std::uint16_t, Entry> entries_;                        // by external port
};

}  // namespace natsim::ice::test
