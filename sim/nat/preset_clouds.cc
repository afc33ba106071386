// Virtual machines, containers and clouds.
#include "sim/nat/preset_data.h"

namespace natsim::nat {
namespace {

using enum Evidence;

constexpr std::string_view slirp_code = "libslirp socket.h and its UDP receive path";
constexpr PresetRow slirp_rows[] = {
    {"mapping", "EIM", confirmed, slirp_code},
    {"filtering", "EIF", confirmed, slirp_code},
    {"port_allocation", "random", confirmed, "an ephemeral port of the host"},
    {"port_range", "32768-60999", derived, "Linux' ephemeral ports, where the host is one"},
    {"udp_timeout", "240s", confirmed, slirp_code},
    {"udp_port_timeouts", "53: 10s", confirmed, slirp_code},
    {"refresh", "both", confirmed, slirp_code},
    {"hairpin", "off", derived, "the host is the way out, not a NAT with an address of its own"},
};
constexpr std::string_view slirp_differs[] = {
    "the host's own NAT comes after it: put the two in a chain",
    "TCP connections are ended and made anew by the host: its timers are the host's",
};

constexpr std::string_view passt_code = "passt udp_flow.c";
constexpr PresetRow passt_rows[] = {
    {"mapping", "APDM", recalled, passt_code},
    {"filtering", "APDF", recalled, passt_code},
    {"port_allocation", "preserve", confirmed, passt_code},
    {"udp_timeout", "180s", confirmed, "passt UDP_CONN_TIMEOUT"},
    {"refresh", "both", confirmed, passt_code},
    {"hairpin", "off", derived, "the host is the way out, not a NAT with an address of its own"},
};
constexpr std::string_view passt_differs[] = {
    "the host's own NAT comes after it: put the two in a chain",
    "TCP connections are ended and made anew by the host: its timers are the host's",
};

constexpr std::string_view aws_docs = "AWS documentation, NAT gateways";
constexpr PresetRow aws_rows[] = {
    {"mapping", "APDM", recalled, aws_docs},
    {"filtering", "APDF", recalled, aws_docs},
    {"port_allocation", "random_overload", derived, "the limit of connections is per destination"},
    {"port_range", "1024-65535", confirmed, aws_docs},
    {"udp_timeout", "350s", confirmed, aws_docs},
    {"refresh", "both", recalled, aws_docs},
    {"tcp_timeout_established", "350s", confirmed, aws_docs},
    {"tcp_reset_on_expiry", "yes", recalled, aws_docs},
    {"icmp_query_timeout", "350s", confirmed, aws_docs},
    {"hairpin", "off", recalled, aws_docs},
    {"on_exhaustion", "silent", recalled, aws_docs},
};
constexpr std::string_view aws_differs[] = {
    "at most 55000 connections to one destination with each address; here as many as there are "
    "ports",
    "the RST goes to who sends after the expiry; here to both ends at the expiry",
};

constexpr std::string_view gcp_docs = "Google Cloud NAT documentation";
constexpr PresetRow gcp_eim_rows[] = {
    {"mapping", "EIM", confirmed, "enable_endpoint_independent_mapping"},
    {"filtering", "APDF", recalled, gcp_docs},
    {"port_allocation", "random", derived, gcp_docs},
    {"port_range", "1024-65535", confirmed, gcp_docs},
    {"port_blocks", "dynamic", confirmed, gcp_docs},
    {"port_block_size", "64", secondary, "the default of static ports for each machine"},
    {"port_blocks_per_host", "1", confirmed, gcp_docs},
    {"udp_timeout", "30s", confirmed, gcp_docs},
    {"refresh", "both", recalled, gcp_docs},
    {"tcp_timeout_syn_sent", "30s", recalled, gcp_docs},
    {"tcp_timeout_syn_received", "30s", recalled, gcp_docs},
    {"tcp_timeout_established", "1200s", recalled, gcp_docs},
    {"tcp_timeout_fin_wait", "30s", recalled, gcp_docs},
    {"tcp_timeout_close_wait", "30s", recalled, gcp_docs},
    {"tcp_timeout_last_ack", "30s", recalled, gcp_docs},
    {"tcp_timeout_time_wait", "120s", recalled, gcp_docs},
    {"icmp_query_timeout", "30s", confirmed, gcp_docs},
    {"hairpin", "off", recalled, gcp_docs},
    {"on_exhaustion", "silent", confirmed, gcp_docs},
};
constexpr std::string_view gcp_eim_differs[] = {
    "a machine has its ports from the start; here from its first packet on, so that it has none "
    "where all blocks are taken by then",
};
constexpr PresetRow gcp_dpa_rows[] = {
    {"mapping", "APDM", recalled, "dynamic port allocation excludes endpoint independence"},
    {"port_allocation", "random_overload", derived, "a port serves one machine for many remotes"},
    {"port_block_size", "32", confirmed, "the least of dynamic port allocation"},
    {"port_blocks_per_host", "2016", derived, "all 64512 ports of an address"},
};
constexpr std::string_view gcp_dpa_differs[] = {
    "a machine's ports are doubled each time; here it gets 32 more",
};

constexpr std::string_view azure_docs = "Azure NAT Gateway documentation";
constexpr PresetRow azure_rows[] = {
    {"mapping", "APDM", recalled, azure_docs},
    {"filtering", "APDF", recalled, azure_docs},
    {"port_allocation", "random", recalled, azure_docs},
    {"port_range", "1024-65535", confirmed, "64512 ports for each address"},
    {"udp_timeout", "240s", confirmed, azure_docs},
    {"refresh", "per_direction", derived, "the documentation asks for keepalives in both"},
    {"tcp_timeout_established", "240s", confirmed, azure_docs},
    {"hairpin", "off", recalled, azure_docs},
};
constexpr std::string_view azure_differs[] = {
    "TCP's idle timeout can be set from 4 to 120 minutes there",
};

constexpr Preset cloud_family[] = {
    {"slirp", "", "libslirp: QEMU's user network, slirp4netns", "", slirp_rows, slirp_differs},
    {"passt", "", "passt and pasta: a socket of the host for each remote", "", passt_rows,
     passt_differs},
    {"aws-natgw", "", "AWS NAT gateway", "", aws_rows, aws_differs},
    {"gcp-cloudnat-eim", "", "Google Cloud NAT with endpoint-independent mapping, 64 ports each",
     "", gcp_eim_rows, gcp_eim_differs},
    {"gcp-cloudnat-dpa", "", "Google Cloud NAT with dynamic port allocation", "gcp-cloudnat-eim",
     gcp_dpa_rows, gcp_dpa_differs},
    {"azure-natgw", "", "Azure NAT Gateway", "", azure_rows, azure_differs},
};

}  // namespace

std::span<const Preset> cloud_presets() { return cloud_family; }

}  // namespace natsim::nat
