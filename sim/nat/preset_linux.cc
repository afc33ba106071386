// Linux' netfilter, and routers that are made of it.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view nat_core = "Linux net/netfilter/nf_nat_core.c";
constexpr std::string_view conntrack = "Linux Documentation/networking/nf_conntrack-sysctl.rst";
constexpr std::string_view udpnat_runs = "measured by the authors of vi/udpnat";
constexpr std::string_view shadow_reports = "MatrixAI/Polykey PR 357, rubykaigi-net PR 192";

constexpr std::string_view kernel_runs = "measured with the kernel, tests/kernel/agreement.md";

constexpr PresetRow linux_masquerade_rows[] = {
    {"mapping", "EIM", confirmed, nat_core},
    {"filtering", "APDF", confirmed, udpnat_runs},
    {"filter_scope", "per_mapping", derived, "each flow has an entry of its own"},
    {"port_allocation", "preserve_overload", confirmed, nat_core},
    {"on_collision", "linux_search", confirmed, nat_core},
    {"port_range", "1024-65535", confirmed, nat_core},
    {"port_classes", "three", confirmed, nat_core},
    {"udp_timeout_new", "30s", confirmed, conntrack},
    {"udp_timeout_replied", "30s", confirmed, conntrack},
    {"udp_timeout_stream", "120s", confirmed, conntrack},
    {"udp_stream_after", "2s", confirmed, "Linux net/netfilter/nf_conntrack_proto_udp.c"},
    {"timer_scope", "per_session", derived, "each flow has an entry of its own"},
    {"refresh", "both", confirmed, conntrack},
    {"tcp_timeout_syn_sent", "120s", confirmed, conntrack},
    {"tcp_timeout_syn_received", "60s", confirmed, conntrack},
    {"tcp_timeout_established", "432000s", confirmed, conntrack},
    {"tcp_timeout_fin_wait", "120s", confirmed, conntrack},
    {"tcp_timeout_close_wait", "60s", confirmed, conntrack},
    {"tcp_timeout_last_ack", "30s", confirmed, conntrack},
    {"tcp_timeout_time_wait", "120s", confirmed, conntrack},
    {"tcp_timeout_closed", "10s", confirmed, conntrack},
    {"tcp_midstream", "pick_up", recalled, "nf_conntrack_tcp_loose is on by default"},
    {"tcp_revives_after_reset", "no", confirmed, kernel_runs},
    {"tcp_ends_when_refused", "yes", confirmed, kernel_runs},
    {"icmp_query_timeout", "30s", confirmed, conntrack},
    {"icmp_errors", "translate", recalled, "nf_nat translates what errors quote"},
    {"unsolicited", "accept_local_and_track", confirmed, shadow_reports},
    {"unsolicited_syn", "reset", derived, "the box accepts it and has no listener"},
    {"hairpin", "off", confirmed, udpnat_runs},
    {"fragments", "out_of_order", recalled, "nf_defrag puts datagrams together first"},
    {"fragment_timeout", "30s", recalled, "net.ipv4.ipfrag_time"},
    {"on_exhaustion", "silent", confirmed, nat_core},
    {"on_table_full", "silent", recalled, "\"table full, dropping packet\""},
};
constexpr std::string_view linux_masquerade_differs[] = {
    "after a collision with one remote a new flow of the same source takes over the port of its "
    "latest flow; here the other remotes stay with the first port",
    "an entry is a flow: the size of the table (1024 to 262144 by memory) counts flows, and of a "
    "full one an entry that was never confirmed makes room; no limit is set here",
    "all mappings go when the address of the interface does; a scenario does that with "
    "nat:renumber()",
    "since Linux 6.5 a SYN may evict a closing connection that has the port",
    "max_retrans and unacknowledged of TCP, 300s each, are not tracked",
    "two first packets of one flow that race may leave a second entry for about 1s",
};

constexpr PresetRow linux_drop_rows[] = {
    {"unsolicited", "drop", confirmed, shadow_reports},
    {"unsolicited_syn", "drop", derived, "what is NEW from outside is dropped"},
};

constexpr PresetRow linux_random_rows[] = {
    {"mapping", "APDM", confirmed, nat_core},
    {"port_allocation", "random_overload", confirmed, nat_core},
};
constexpr std::string_view linux_random_differs[] = {
    "--random and --random-fully are taken to be the same",
};

constexpr std::string_view openwrt_package = "OpenWrt's package of sysctl defaults";
constexpr std::string_view openwrt_firewall = "OpenWrt's default zone wan has input REJECT";
constexpr PresetRow openwrt_rows[] = {
    {"udp_timeout_new", "60s", confirmed, openwrt_package},
    {"udp_timeout_replied", "60s", confirmed, openwrt_package},
    {"udp_timeout_stream", "180s", confirmed, openwrt_package},
    {"tcp_timeout_established", "7440s", recalled, openwrt_package},
    {"unsolicited", "port_unreachable", recalled, openwrt_firewall},
    {"unsolicited_syn", "reset", recalled, openwrt_firewall},
};

constexpr std::string_view fullcone_module = "Chion82/netfilter-full-cone-nat";
constexpr PresetRow linux_fullcone_rows[] = {
    {"filtering", "EIF", confirmed, fullcone_module},
    {"port_allocation", "preserve", confirmed, fullcone_module},
    {"on_collision", "linux_search", recalled, fullcone_module},
};
constexpr std::string_view linux_fullcone_differs[] = {
    "UDP only: other protocols are as with linux-masquerade",
    "hairpinning depends on further rules: set hairpin where there are such",
};

constexpr std::string_view routeros = "MikroTik RouterOS documentation, connection tracking";
constexpr std::string_view routeros_firewall =
    "RouterOS' default rules drop input not from the LAN";
constexpr PresetRow mikrotik_v7_rows[] = {
    {"udp_timeout_new", "30s", confirmed, routeros},
    {"udp_timeout_replied", "30s", confirmed, routeros},
    {"udp_timeout_stream", "180s", confirmed, routeros},
    {"tcp_timeout_established", "86400s", confirmed, routeros},
    {"icmp_query_timeout", "10s", confirmed, routeros},
    {"unsolicited", "drop", recalled, routeros_firewall},
    {"unsolicited_syn", "drop", recalled, routeros_firewall},
};
constexpr std::string_view mikrotik_differs[] = {
    "hairpinning depends on a rule: set hairpin where there is one",
};
constexpr PresetRow mikrotik_v6_rows[] = {
    {"udp_timeout_new", "10s", confirmed, routeros},
    {"udp_timeout_replied", "10s", confirmed, routeros},
};

constexpr std::string_view docker_differs[] = {
    "a second layer of NAT: put it behind the NAT of its host",
    "published UDP ports go through a proxy with a socket for each client, idle for at most 90s",
};

constexpr Preset linux_family[] = {
    {"linux-masquerade", "",
     "Linux MASQUERADE that accepts what comes in: keeps ports, shares them by remote, remembers "
     "strangers",
     "", linux_masquerade_rows, linux_masquerade_differs},
    {"linux-masquerade-drop",
     "",
     "Linux MASQUERADE with a firewall that drops what is new from outside",
     "linux-masquerade",
     linux_drop_rows,
     {}},
    {"linux-random", "", "Linux MASQUERADE --random(-fully), as containers use it: a port per flow",
     "linux-masquerade", linux_random_rows, linux_random_differs},
    {"openwrt",
     "",
     "Linux MASQUERADE with the timers and the firewall of OpenWrt",
     "linux-masquerade",
     openwrt_rows,
     {}},
    {"linux-fullcone", "", "Linux with a full-cone module", "linux-masquerade", linux_fullcone_rows,
     linux_fullcone_differs},
    {"mikrotik-v7", "", "MikroTik RouterOS 7 masquerade", "linux-masquerade", mikrotik_v7_rows,
     mikrotik_differs},
    {"mikrotik-v6", "", "MikroTik RouterOS 6 masquerade", "mikrotik-v7", mikrotik_v6_rows, {}},
    {"docker-bridge",
     "",
     "Docker's bridge network: Linux MASQUERADE without randomisation",
     "linux-masquerade",
     {},
     docker_differs},
};

}  // namespace

std::span<const Preset> linux_presets() { return linux_family; }

}  // namespace natsim::nat
