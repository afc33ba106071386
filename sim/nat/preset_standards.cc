// What documents describe rather than devices.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view rfc3489 = "RFC 3489 section 5";
constexpr std::string_view chosen = "a choice: RFC 3489 says nothing of it";

constexpr PresetRow full_cone_rows[] = {
    {"mapping", "EIM", confirmed, rfc3489},
    {"filtering", "EIF", confirmed, rfc3489},
    {"port_allocation", "preserve", derived, chosen},
    {"udp_timeout", "60s", derived, chosen},
    {"refresh", "both", derived, chosen},
    {"hairpin", "external_source", derived, chosen},
};
constexpr PresetRow restricted_rows[] = {
    {"filtering", "ADF", confirmed, rfc3489},
};
constexpr PresetRow port_restricted_rows[] = {
    {"filtering", "APDF", confirmed, rfc3489},
    {"hairpin", "off", derived, chosen},
};
constexpr PresetRow symmetric_rows[] = {
    {"mapping", "APDM", confirmed, rfc3489},        {"filtering", "APDF", confirmed, rfc3489},
    {"port_allocation", "random", derived, chosen}, {"udp_timeout", "60s", derived, chosen},
    {"refresh", "both", derived, chosen},           {"hairpin", "off", derived, chosen},
};
constexpr PresetRow symmetric_seq_rows[] = {
    {"port_allocation", "sequential", secondary, "community numbering of NATs: NAT4E"},
    {"port_stride", "1", secondary, "community numbering of NATs: NAT4E"},
};
constexpr PresetRow symmetric_open_rows[] = {
    {"filtering", "EIF", derived, "the corner of the nine kinds that RFC 3489 has no class for"},
};

constexpr PresetRow rfc4787_strict_rows[] = {
    {"mapping", "EIM", confirmed, "RFC 4787 REQ-1"},
    {"filtering", "ADF", confirmed, "RFC 4787 REQ-8"},
    {"port_allocation", "preserve", derived, "RFC 4787 section 4.2.1 allows it"},
    {"on_collision", "next_free", derived, "RFC 4787 REQ-3 forbids to share the port"},
    {"port_classes", "two", confirmed, "RFC 4787 REQ-3a"},
    {"preserve_parity", "yes", confirmed, "RFC 4787 REQ-4"},
    {"pooling", "paired", confirmed, "RFC 4787 REQ-2"},
    {"udp_timeout", "300s", confirmed, "RFC 4787 REQ-5c"},
    {"refresh", "outbound", confirmed, "RFC 4787 REQ-6"},
    {"tcp_timeout_syn_sent", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_syn_received", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_established", "7440s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_fin_wait", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_close_wait", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_last_ack", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_time_wait", "240s", confirmed, "RFC 5382 REQ-5"},
    {"tcp_timeout_closed", "240s", recalled, "RFC 7857 section 2"},
    {"tcp_simultaneous_open", "yes", confirmed, "RFC 5382 REQ-2a"},
    {"icmp_query_timeout", "60s", confirmed, "RFC 5508 REQ-2"},
    {"icmp_errors", "translate", confirmed, "RFC 4787 REQ-12b, RFC 5508 REQ-4"},
    {"unsolicited_syn", "hold", confirmed, "RFC 5382 REQ-4"},
    {"hairpin", "external_source", confirmed, "RFC 4787 REQ-9a"},
    {"on_exhaustion", "admin_prohibited", confirmed, "RFC 5508 REQ-8"},
    {"on_table_full", "admin_prohibited", confirmed, "RFC 5508 REQ-8"},
};
constexpr PresetRow rfc4787_open_rows[] = {
    {"filtering", "EIF", confirmed, "RFC 4787 REQ-8, where transparency matters most"},
};

constexpr Preset standards[] = {
    {"full-cone", "", "endpoint-independent mapping, no filter", "", full_cone_rows, {}},
    {"restricted",
     "restricted-cone",
     "endpoint-independent mapping, filter by remote address",
     "full-cone",
     restricted_rows,
     {}},
    {"port-restricted",
     "port-restricted-cone",
     "endpoint-independent mapping, filter by remote address and port",
     "full-cone",
     port_restricted_rows,
     {}},
    {"symmetric",
     "",
     "a mapping with a random port for each remote endpoint, filter by that endpoint",
     "",
     symmetric_rows,
     {}},
    {"symmetric-seq",
     "",
     "as symmetric, each port one after that of the mapping before",
     "symmetric",
     symmetric_seq_rows,
     {}},
    {"symmetric-open",
     "",
     "a mapping with a random port for each remote endpoint, no filter",
     "symmetric",
     symmetric_open_rows,
     {}},
    {"rfc4787-strict",
     "",
     "all that RFC 4787, 5382 and 5508 require and recommend, filter by remote address",
     "",
     rfc4787_strict_rows,
     {}},
    {"rfc4787-open",
     "",
     "all that RFC 4787, 5382 and 5508 require and recommend, no filter",
     "rfc4787-strict",
     rfc4787_open_rows,
     {}},
};

}  // namespace

std::span<const Preset> standard_presets() { return standards; }

}  // namespace natsim::nat
