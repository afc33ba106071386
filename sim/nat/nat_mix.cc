#include "sim/nat/nat_mix.h"

#include <algorithm>
#include <iterator>

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr MixMember halkes_members[] = {
    {"full-cone", "", 210},
    {"restricted", "", 74},
    {"port-restricted", "", 570},
    {"symmetric", "", 105},
    {"port-restricted", "udp-blocked", 47},
};
constexpr std::string_view halkes_assumptions[] = {
    "the shares are digitised and add up to 100.6 %",
    "who has no UDP has the commonest NAT behind the firewall that blocks it",
    "other measurements differ: one guide to NATCracker has 36 % with ports that depend on the "
    "remote, not 10.5 %",
};

constexpr MixMember cellular_members[] = {
    {"cgn-cellular-easy", "", 53},
    {"cgn-cellular-hard", "", 19},
};
constexpr std::string_view cellular_assumptions[] = {
    "some of the other carriers give ports in sequence: the source does not say how many, and all "
    "of them are taken for easy ones",
};

constexpr MixMember richter_home_members[] = {
    {"port-restricted", "", 98},
    {"symmetric", "", 2},
};
constexpr MixMember richter_fixed_members[] = {
    {"cgn-fixed", "", 89},
    {"cgn-fixed-hard", "", 11},
};
constexpr MixMember richter_cellular_members[] = {
    {"cgn-cellular-easy", "", 60},
    {"cgn-cellular-hard", "", 40},
};
constexpr std::string_view richter_home_assumptions[] = {
    "the source says less than 2 % symmetric, of the most permissive NAT in each network; the "
    "others are taken for the commonest kind of home router",
};
constexpr std::string_view richter_assumptions[] = {
    "the shares are those of the most permissive NAT in each network",
};

constexpr NatMix mix_table[] = {
    {"halkes2010", "NATs of a file-sharing network's users",
     "Halkes and Pouwelse, UDP NAT and Firewall Puncturing in the Wild", confirmed, halkes_members,
     halkes_assumptions},
    {"cellular2011", "72 cellular carriers, 19 of them with a random port for each connection",
     "NetPiculet: Wang et al., 2011", secondary, cellular_members, cellular_assumptions},
    {"richter2016-home", "home routers", "Richter et al., IMC 2016", secondary,
     richter_home_members, richter_home_assumptions},
    {"richter2016-fixed", "fixed-line carriers' NATs", "Richter et al., IMC 2016", secondary,
     richter_fixed_members, richter_assumptions},
    {"richter2016-cellular", "cellular carriers' NATs", "Richter et al., IMC 2016", secondary,
     richter_cellular_members, richter_assumptions},
};

}  // namespace

std::span<const NatMix> nat_mixes() { return mix_table; }

const NatMix* find_mix(std::string_view name) {
  const auto found = std::ranges::find(mix_table, name, &NatMix::name);
  return found == std::end(mix_table) ? nullptr : &*found;
}

std::uint32_t total_weight(const NatMix& mix) {
  std::uint32_t total = 0;
  for (const MixMember& member : mix.members) total += member.weight;
  return total;
}

const MixMember& draw(const NatMix& mix, Random& random) {
  auto ticket = static_cast<std::uint32_t>(random.below(total_weight(mix)));
  for (const MixMember& member : mix.members) {
    if (ticket < member.weight) return member;
    ticket -= member.weight;
  }
  return mix.members.back();
}

}  // namespace natsim::nat
