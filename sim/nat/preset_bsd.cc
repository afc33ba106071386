// The packet filters of the BSDs.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view pf_lb = "FreeBSD sys/netpfil/pf/pf_lb.c";
constexpr std::string_view pf_timers = "pf's default timeouts (pfvar.h)";

constexpr PresetRow pf_rows[] = {
    {"mapping", "APDM", confirmed, pf_lb},
    {"filtering", "APDF", confirmed, pf_lb},
    {"filter_scope", "per_mapping", derived, "filtering is by state"},
    {"port_allocation", "random_overload", confirmed, pf_lb},
    {"on_collision", "next_free", confirmed, pf_lb},
    {"port_range", "50001-65535", confirmed, pf_lb},
    {"udp_timeout", "60s", confirmed, pf_timers},
    {"refresh", "both", confirmed, pf_timers},
    {"tcp_timeout_syn_sent", "120s", confirmed, pf_timers},
    {"tcp_timeout_syn_received", "30s", confirmed, pf_timers},
    {"tcp_timeout_established", "86400s", confirmed, pf_timers},
    {"tcp_timeout_fin_wait", "900s", confirmed, pf_timers},
    {"tcp_timeout_close_wait", "900s", confirmed, pf_timers},
    {"tcp_timeout_last_ack", "45s", confirmed, pf_timers},
    {"tcp_timeout_time_wait", "45s", confirmed, pf_timers},
    {"tcp_timeout_closed", "90s", confirmed, pf_timers},
    {"icmp_query_timeout", "20s", confirmed, pf_timers},
    {"hairpin", "off", recalled, "redirection and NAT rules on the inside are needed for it"},
    {"on_exhaustion", "silent", recalled, pf_lb},
};
constexpr std::string_view pf_differs[] = {
    "UDP from inside that is repeated and not answered has 30s (\"single\"), not 60s",
    "ICMP that was answered with an error has 10s",
    "states are removed every 10s, so that a mapping lives up to 10s longer",
    "the search for a port goes up from a random one and then down from it; here it goes round",
};

constexpr PresetRow pf_static_port_rows[] = {
    {"mapping", "EIM", recalled, "pf.conf: static-port keeps the source port"},
    {"port_allocation", "preserve_overload", recalled, "pf.conf: static-port"},
    {"on_collision", "refuse", recalled, "pf.conf: static-port has no other port to offer"},
    {"port_range", "1-65535", recalled, "pf.conf: static-port"},
};

constexpr std::string_view pf_endpi = "FreeBSD pf_lb.c, PF_POOL_ENDPI";
constexpr PresetRow pf_eim_rows[] = {
    {"mapping", "EIM", confirmed, pf_endpi},
    {"filtering", "EIF", recalled, "depends on the rules that let packets pass"},
    {"port_allocation", "random", confirmed, pf_endpi},
};
constexpr std::string_view pf_eim_differs[] = {
    "UDP only: other protocols are as with pf",
};

constexpr std::string_view alias_db = "FreeBSD libalias, alias_db.c";
constexpr std::string_view alias_eim = "FreeBSD commit 61bf830cbb26, udp_eim";
constexpr PresetRow libalias_rows[] = {
    {"mapping", "APDM", confirmed, alias_eim},
    {"filtering", "APDF", confirmed, alias_eim},
    {"port_allocation", "random", recalled, alias_db},
    {"port_range", "32768-65535", recalled, alias_db},
    {"udp_timeout", "60s", confirmed, alias_db},
    {"refresh", "both", confirmed, alias_db},
    {"tcp_timeout_syn_sent", "300s", confirmed, alias_db},
    {"tcp_timeout_syn_received", "300s", confirmed, alias_db},
    {"tcp_timeout_established", "86400s", recalled, alias_db},
    {"tcp_timeout_fin_wait", "90s", confirmed, alias_db},
    {"tcp_timeout_close_wait", "90s", confirmed, alias_db},
    {"tcp_timeout_last_ack", "10s", confirmed, alias_db},
    {"tcp_timeout_time_wait", "10s", confirmed, alias_db},
    {"tcp_timeout_closed", "10s", confirmed, alias_db},
    {"icmp_query_timeout", "60s", confirmed, alias_db},
    {"hairpin", "off", recalled, alias_db},
};
constexpr std::string_view libalias_differs[] = {
    "with -same_ports it keeps the inside port where it can: set port_allocation to \"preserve\"",
};
constexpr PresetRow libalias_eim_rows[] = {
    {"mapping", "EIM", confirmed, alias_eim},
};
constexpr std::string_view libalias_eim_differs[] = {
    "UDP only: other protocols are as with libalias",
};

constexpr Preset bsd_family[] = {
    {"pf", "", "pf of OpenBSD and FreeBSD: a random port for each state, shared by remote", "",
     pf_rows, pf_differs},
    {"pf-static-port",
     "",
     "pf with static-port: the inside port or nothing",
     "pf",
     pf_static_port_rows,
     {}},
    {"pf-eim", "", "pf of FreeBSD with endpoint-independent mapping", "pf", pf_eim_rows,
     pf_eim_differs},
    {"libalias", "", "natd, ipfw nat and ppp -nat", "", libalias_rows, libalias_differs},
    {"libalias-eim", "", "ipfw nat with udp_eim", "libalias", libalias_eim_rows,
     libalias_eim_differs},
};

}  // namespace

std::span<const Preset> bsd_presets() { return bsd_family; }

}  // namespace natsim::nat
