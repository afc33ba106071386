// Presets that have something in common, for the tables of expected verdicts. They are written
// down, not computed: the tables say what the devices do.
#pragma once

#include <array>
#include <string_view>

namespace natsim::judges {

// Lists one after the other.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<std::string_view, Sizes>&... lists) {
  std::array<std::string_view, (Sizes + ...)> all;
  std::size_t next = 0;
  const auto append = [&](const auto& list) {
    for (const std::string_view name : list) all[next++] = name;
  };
  (append(lists), ...);
  return all;
}

using Names1 = std::array<std::string_view, 1>;

inline constexpr std::array<std::string_view, 5> classic = {
    "full-cone", "restricted", "port-restricted", "symmetric", "symmetric-seq"};
inline constexpr Names1 symmetric_open = {"symmetric-open"};
inline constexpr std::array<std::string_view, 2> rfc4787 = {"rfc4787-strict", "rfc4787-open"};
inline constexpr std::array<std::string_view, 2> transition = {"ds-lite-aftr", "nat64-plat"};

// Linux, keeping ports and sharing them by remote.
inline constexpr std::array<std::string_view, 6> linux_sharing = {
    "linux-masquerade", "linux-masquerade-drop", "openwrt",
    "mikrotik-v7",      "mikrotik-v6",           "docker-bridge"};
inline constexpr Names1 linux_random = {"linux-random"};
inline constexpr Names1 linux_fullcone = {"linux-fullcone"};
inline constexpr auto linux_all = joined(linux_sharing, linux_random, linux_fullcone);

inline constexpr Names1 pf = {"pf"};
inline constexpr Names1 pf_static_port = {"pf-static-port"};
inline constexpr Names1 pf_eim = {"pf-eim"};
inline constexpr auto pf_all = joined(pf, pf_static_port, pf_eim);
inline constexpr Names1 libalias = {"libalias"};
inline constexpr Names1 libalias_eim = {"libalias-eim"};
inline constexpr auto libalias_all = joined(libalias, libalias_eim);

inline constexpr Names1 realtek = {"realtek-cheap"};
inline constexpr Names1 winnat = {"winnat"};
inline constexpr Names1 asa = {"asa"};
inline constexpr std::array<std::string_view, 2> srx_open = {"srx-persistent-any",
                                                             "srx-persistent-host"};
inline constexpr Names1 srx_hostport = {"srx-persistent-hostport"};
inline constexpr auto srx = joined(srx_open, srx_hostport);

inline constexpr Names1 slirp = {"slirp"};
inline constexpr Names1 passt = {"passt"};
inline constexpr Names1 aws = {"aws-natgw"};
inline constexpr Names1 gcp_eim = {"gcp-cloudnat-eim"};
inline constexpr Names1 gcp_dpa = {"gcp-cloudnat-dpa"};
inline constexpr auto gcp = joined(gcp_eim, gcp_dpa);
inline constexpr Names1 azure = {"azure-natgw"};

inline constexpr Names1 cgn_fixed = {"cgn-fixed"};
inline constexpr Names1 cgn_fixed_hard = {"cgn-fixed-hard"};
inline constexpr Names1 cellular_easy = {"cgn-cellular-easy"};
inline constexpr Names1 cellular_hard = {"cgn-cellular-hard"};
inline constexpr auto cgn = joined(cgn_fixed, cgn_fixed_hard, cellular_easy, cellular_hard);

// Whose mapping depends on the remote.
inline constexpr std::array<std::string_view, 2> symmetric = {"symmetric", "symmetric-seq"};
inline constexpr auto dependent_mapping =
    joined(symmetric, symmetric_open, linux_random, pf, libalias, passt, aws, gcp_dpa, azure,
           cgn_fixed_hard, cellular_hard);
// Whose filter looks at the remote port.
inline constexpr Names1 port_restricted = {"port-restricted"};
inline constexpr auto strict_filter =
    joined(port_restricted, symmetric, linux_sharing, linux_random, pf, pf_static_port,
           libalias_all, realtek, asa, srx_hostport, passt, aws, gcp, azure, cgn_fixed_hard,
           cellular_easy, cellular_hard);
// Who has no way back inside. A carrier's NAT with a mapping for each remote has one, through which
// its filter lets nobody.
inline constexpr auto no_hairpin = joined(
    port_restricted, symmetric, symmetric_open, linux_all, pf_all, libalias_all, realtek, winnat,
    asa, srx, slirp, passt, aws, gcp, azure, cgn_fixed_hard, cellular_easy, cellular_hard);

}  // namespace natsim::judges
