// A NAT alone, for trials by the thousand: only which packets get through is looked at.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/nat/nat.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"

namespace natsim::judges {

class NatTrial : private nat::MappingSink {
 public:
  NatTrial(const nat::NatOptions& options, const Random& random) : nat_(options, random, *this) {
    nat_.add_external_address(external_address);
  }

  // The external port that a packet leaves by; nullopt if it was dropped.
  std::optional<std::uint16_t> out(const Endpoint& internal, const Endpoint& remote, Time now) {
    const net::PacketPtr packet = net::make_udp(pool_, internal, remote, {});
    if (nat_.outbound(*packet, now).action == nat::Verdict::Action::drop) return std::nullopt;
    return packet->source.port;
  }
  // Whether a packet to the external port gets in.
  bool in(const Endpoint& remote, std::uint16_t port, Time now) {
    const net::PacketPtr packet = net::make_udp(pool_, remote, {external_address, port}, {});
    return nat_.inbound(*packet, now).action != nat::Verdict::Action::drop;
  }
  [[nodiscard]] std::uint64_t mappings_made() const { return made_; }
  [[nodiscard]] std::uint32_t live(Time now) {
    nat_.expire(now);
    return nat_.mapping_count();
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  static constexpr IpAddress external_address = IpAddress::v4(198, 51, 100, 7);

 private:
  void on_mapping(const core::MappingEvent& event) override {
    if (event.step == core::MappingStep::created) ++made_;
    if (event.step == core::MappingStep::refused) ++refused_;
  }

  net::PacketPool pool_;
  std::uint64_t made_ = 0;
  std::uint64_t refused_ = 0;
  nat::Nat nat_;
};

}  // namespace natsim::judges
