// What carriers put between their customers and the Internet.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view richter = "Richter et al., IMC 2016";

constexpr PresetRow cgn_fixed_rows[] = {
    {"mapping", "EIM", confirmed, "RFC 6888 REQ-1"},
    {"filtering", "EIF", confirmed, "RFC 6888 REQ-7"},
    {"port_allocation", "random", confirmed, "RFC 6888 REQ-15"},
    {"port_blocks", "dynamic", confirmed, "RFC 6888 REQ-14"},
    {"port_block_size", "512", secondary, "carriers give 512 to 2016 ports"},
    {"port_hold_down", "120s", confirmed, "RFC 6888 REQ-8"},
    {"pooling", "paired", confirmed, "RFC 6888 REQ-2"},
    {"udp_timeout", "35s", secondary, richter},
    {"refresh", "outbound", derived, "RFC 7857 section 7"},
    {"hairpin", "external_source", confirmed, "RFC 4787 REQ-9, by RFC 6888 REQ-1"},
    {"on_exhaustion", "host_unreachable", recalled, "RFC 6888 REQ-11"},
    {"on_table_full", "host_unreachable", recalled, "RFC 6888 REQ-11"},
};
constexpr PresetRow cgn_fixed_hard_rows[] = {
    {"mapping", "APDM", secondary, richter},
    {"filtering", "APDF", secondary, richter},
};

constexpr PresetRow cellular_easy_rows[] = {
    {"mapping", "EIM", secondary, richter},
    {"filtering", "APDF", secondary, richter},
    {"port_allocation", "random", secondary, "NetPiculet, 2011"},
    {"port_blocks", "dynamic", secondary, "carriers give out blocks"},
    {"port_block_size", "512", secondary, "carriers give 512 to 2016 ports"},
    {"pooling", "paired", secondary, richter},
    {"udp_timeout", "65s", secondary, richter},
    {"refresh", "outbound", derived, "RFC 7857 section 7"},
    {"hairpin", "off", secondary, richter},
};
constexpr PresetRow cellular_hard_rows[] = {
    {"mapping", "APDM", secondary, richter},
    {"filtering", "APDF", secondary, richter},
    {"port_allocation", "random", secondary, "NetPiculet, 2011"},
    {"pooling", "paired", derived, "a choice: both kinds are seen"},
    {"udp_timeout", "65s", secondary, richter},
    {"refresh", "outbound", derived, "RFC 7857 section 7"},
    {"hairpin", "off", secondary, richter},
};
constexpr std::string_view cellular_hard_differs[] = {
    "some give each mapping any of their addresses: set pooling to \"arbitrary\" for that",
    "idle timeouts are from 10s to 200s, three quarters of them 60s or less",
};

constexpr PresetRow aftr_rows[] = {
    {"mapping", "EIM", confirmed, "RFC 6333 section 8, by RFC 4787"},
    {"filtering", "EIF", recalled, "RFC 6146 section 3.5, RFC 4787 REQ-8"},
    {"port_allocation", "preserve", derived, "RFC 4787 section 4.2.1 allows it"},
    {"port_classes", "two", recalled, "RFC 6146 section 3.5.1.1"},
    {"preserve_parity", "yes", recalled, "RFC 6146 section 3.5.1.1"},
    {"udp_timeout", "300s", recalled, "RFC 6146 section 4, UDP_DEFAULT"},
    {"refresh", "outbound", confirmed, "RFC 4787 REQ-6"},
    {"tcp_timeout_syn_sent", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_syn_received", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_established", "7440s", recalled, "RFC 6146 section 4, TCP_EST"},
    {"tcp_timeout_fin_wait", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_close_wait", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_last_ack", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_time_wait", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"tcp_timeout_closed", "240s", recalled, "RFC 6146 section 4, TCP_TRANS"},
    {"icmp_query_timeout", "60s", recalled, "RFC 6146 section 4, ICMP_DEFAULT"},
    {"unsolicited_syn", "hold", recalled, "RFC 6146 section 4, TCP_INCOMING_SYN"},
    {"hairpin", "external_source", recalled, "RFC 6146 section 3.8"},
};
constexpr std::string_view aftr_differs[] = {
    "its table knows customers by the IPv6 address of their tunnel as well, so that all may have "
    "the same private IPv4 addresses: give inside hosts different ones here",
};
constexpr std::string_view plat_differs[] = {
    "this is the table of a NAT64: the translation between IPv6 and IPv4 (RFC 6052, RFC 7915) is "
    "no part of it",
};

constexpr Preset carrier_family[] = {
    {"cgn-fixed",
     "",
     "a fixed-line carrier's NAT after RFC 6888, with blocks of 512 ports",
     "",
     cgn_fixed_rows,
     {}},
    {"cgn-fixed-hard",
     "",
     "the same with a mapping for each remote endpoint, as 11 % of fixed-line carriers have it",
     "cgn-fixed",
     cgn_fixed_hard_rows,
     {}},
    {"cgn-cellular-easy",
     "",
     "a cellular carrier's NAT with endpoint-independent mapping",
     "",
     cellular_easy_rows,
     {}},
    {"cgn-cellular-hard", "", "a cellular carrier's NAT with a random port for each remote", "",
     cellular_hard_rows, cellular_hard_differs},
    {"ds-lite-aftr", "", "the carrier's end of DS-Lite", "", aftr_rows, aftr_differs},
    {"nat64-plat", "", "the mappings and timers of a NAT64, as 464XLAT has it at the carrier", "",
     aftr_rows, plat_differs},
};

}  // namespace

std::span<const Preset> carrier_presets() { return carrier_family; }

}  // namespace natsim::nat
