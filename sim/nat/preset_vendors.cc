// Routers and operating systems of vendors.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view realtek_sdk = "Realtek router SDK, fast path";
constexpr PresetRow realtek_rows[] = {
    {"mapping", "EIM", recalled, realtek_sdk},
    {"filtering", "APDF", recalled, realtek_sdk},
    {"port_allocation", "preserve", recalled, realtek_sdk},
    {"udp_timeout", "15s", confirmed, realtek_sdk},
    {"refresh", "both", recalled, realtek_sdk},
    {"icmp_query_timeout", "60s", confirmed, realtek_sdk},
    {"hairpin", "off", recalled, realtek_sdk},
};
constexpr std::string_view realtek_differs[] = {
    "its table is small, of a size that is not published: set max_mappings where it matters",
    "where idle entries are collected by software UDP has 60s",
};

constexpr std::string_view get_netnat = "Get-NetNat";
constexpr PresetRow winnat_rows[] = {
    {"mapping", "EIM", recalled, "Windows WinNAT"},
    {"filtering", "ADF", confirmed, get_netnat},
    {"port_allocation", "random", recalled, "Windows WinNAT"},
    {"udp_timeout", "120s", confirmed, get_netnat},
    {"refresh", "outbound", confirmed, get_netnat},
    {"tcp_timeout_syn_sent", "120s", confirmed, get_netnat},
    {"tcp_timeout_syn_received", "120s", confirmed, get_netnat},
    {"tcp_timeout_established", "1800s", confirmed, get_netnat},
    {"tcp_timeout_fin_wait", "120s", derived, "transient connections have 120s"},
    {"tcp_timeout_close_wait", "120s", derived, "transient connections have 120s"},
    {"tcp_timeout_last_ack", "120s", derived, "transient connections have 120s"},
    {"tcp_timeout_time_wait", "120s", derived, "transient connections have 120s"},
    {"tcp_timeout_closed", "120s", derived, "transient connections have 120s"},
    {"icmp_query_timeout", "30s", confirmed, get_netnat},
    {"hairpin", "off", recalled, "Windows WinNAT"},
};
constexpr std::string_view winnat_differs[] = {
    "ports come out of blocks that are reserved from those of the host, of a size that is not "
    "published",
};

constexpr std::string_view asa_guide = "Cisco ASA command reference, timeout";
constexpr PresetRow asa_rows[] = {
    {"mapping", "EIM", recalled, "a translation for each inside endpoint"},
    {"filtering", "APDF", recalled, "connections are matched exactly"},
    {"port_allocation", "preserve", recalled, "Cisco ASA dynamic PAT"},
    {"on_collision", "next_free", recalled, "Cisco ASA dynamic PAT"},
    {"port_classes", "three", recalled, "Cisco ASA dynamic PAT"},
    {"port_hold_down", "30s", confirmed, "timeout pat-xlate 0:00:30"},
    {"udp_timeout", "120s", confirmed, asa_guide},
    {"refresh", "both", recalled, asa_guide},
    {"tcp_timeout_established", "3600s", confirmed, asa_guide},
    {"tcp_timeout_fin_wait", "600s", confirmed, asa_guide},
    {"tcp_timeout_close_wait", "600s", confirmed, asa_guide},
    {"icmp_query_timeout", "2s", confirmed, asa_guide},
    {"hairpin", "off", recalled, "same-security-traffic permit intra-interface is needed"},
};
constexpr std::string_view asa_differs[] = {
    "classes of ports are 0-511, 512-1023 and the rest; here the second begins at 600",
    "a translation without connections lives for 3h (xlate), of PAT for 30s (pat-xlate): here a "
    "mapping lives as long as its connections",
};

constexpr std::string_view junos = "Junos source NAT, persistent-nat";
constexpr PresetRow srx_any_rows[] = {
    {"mapping", "EIM", recalled, junos},
    {"filtering", "EIF", confirmed, "Junos: permit any-remote-host"},
    {"port_allocation", "random", recalled, junos},
    {"udp_timeout", "300s", recalled, "Junos: inactivity-timeout"},
    {"refresh", "both", recalled, junos},
    {"tcp_timeout_established", "1800s", recalled, "Junos: application timeout of TCP"},
    {"hairpin", "off", recalled, junos},
};
constexpr PresetRow srx_host_rows[] = {
    {"filtering", "ADF", confirmed, "Junos: permit target-host"},
};
constexpr PresetRow srx_hostport_rows[] = {
    {"filtering", "APDF", confirmed, "Junos: permit target-host-port"},
};
constexpr std::string_view srx_differs[] = {
    "hairpinning is an option: set hairpin where it is on",
    "a UDP session has 60s, the persistent binding 300s after its last one: here the mapping and "
    "its filter have 300s",
};

constexpr Preset vendor_family[] = {
    {"realtek-cheap", "", "a cheap home router with the vendor's fast path: UDP for 15s", "",
     realtek_rows, realtek_differs},
    {"winnat", "", "Windows' New-NetNat, as Hyper-V and containers use it", "", winnat_rows,
     winnat_differs},
    {"asa", "", "Cisco ASA dynamic PAT", "", asa_rows, asa_differs},
    {"srx-persistent-any", "", "Juniper SRX persistent NAT for any remote host", "", srx_any_rows,
     srx_differs},
    {"srx-persistent-host",
     "",
     "Juniper SRX persistent NAT for hosts that were sent to",
     "srx-persistent-any",
     srx_host_rows,
     {}},
    {"srx-persistent-hostport",
     "",
     "Juniper SRX persistent NAT for hosts and ports that were sent to",
     "srx-persistent-any",
     srx_hostport_rows,
     {}},
};

}  // namespace

std::span<const Preset> vendor_presets() { return vendor_family; }

}  // namespace natsim::nat
