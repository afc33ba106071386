#include "sim/nat/knobs.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "sim/nat/option_names.h"

namespace natsim::nat {
namespace {

template <auto Member, const auto& Names>
constexpr ChoiceKnob choice() {
  return {.size = Names.size(),
          .name = [](std::size_t position) { return Names[position].name; },
          .long_name = [](std::size_t position) { return Names[position].long_name; },
          .get =
              [](const NatOptions& options) {
                std::size_t position = 0;
                while (Names[position].value != options.*Member) ++position;
                return position;
              },
          .set = [](NatOptions& options,
                    std::size_t position) { options.*Member = Names[position].value; }};
}

template <auto Member>
constexpr CountKnob count(std::uint32_t low, std::uint32_t high) {
  using Count = std::remove_cvref_t<decltype(NatOptions{}.*Member)>;
  return {.low = low,
          .high = high,
          .get = [](const NatOptions& options) { return std::uint32_t{options.*Member}; },
          .set = [](NatOptions& options,
                    std::uint32_t value) { options.*Member = static_cast<Count>(value); }};
}
// 0 is no limit.
template <auto Member>
constexpr CountKnob limit() {
  return count<Member>(0, UINT32_MAX);
}

template <auto Member>
constexpr DurationKnob duration(bool may_be_zero) {
  return {.may_be_zero = may_be_zero,
          .get = [](const NatOptions& options) { return options.*Member; },
          .set = [](NatOptions& options, Duration value) { options.*Member = value; }};
}
template <auto Member>
constexpr DurationKnob tcp_timeout() {
  return {.may_be_zero = false,
          .get = [](const NatOptions& options) { return options.tcp_timeouts.*Member; },
          .set = [](NatOptions& options, Duration value) { options.tcp_timeouts.*Member = value; }};
}

using Options = NatOptions;
using Tcp = TcpTimeouts;

constexpr Knob knob_table[] = {
    {"mapping", choice<&Options::mapping, mapping_names>(),
     "how much of the remote endpoint a mapping depends on", "RFC 4787 REQ-1"},
    {"filtering", choice<&Options::filtering, filtering_names>(),
     "how much of a remote endpoint must have been sent to before it is let in", "RFC 4787 REQ-8"},
    {"filter_scope", choice<&Options::filter_scope, filter_scope_names>(),
     "whose sent packets open a mapping's filter", "RFC 4787 section 5"},
    {"symmetric_on_collision", FlagKnob{&Options::symmetric_on_collision},
     "a mapping whose internal port is taken serves one remote endpoint alone",
     "Ford et al. section 6.3"},
    {"degrade_above", limit<&Options::degrade_above>(),
     "from this number of mappings on new ones are APDM/APDF; 0: never",
     "forbidden by RFC 4787 REQ-11"},

    {"port_allocation", choice<&Options::port_allocation, port_allocation_names>(),
     "which external port a new mapping is to have", "RFC 4787 section 4.2"},
    {"on_collision", choice<&Options::on_collision, port_collision_names>(),
     "what happens if it cannot have that port", ""},
    {"port_range", PortRangeKnob{&Options::port_range}, "the first and the last external port", ""},
    {"port_classes", choice<&Options::port_classes, port_classes_names>(),
     "which internal ports below 1024 have external ports of their own", "RFC 4787 REQ-3a"},
    {"preserve_parity", FlagKnob{&Options::preserve_parity},
     "even ports stay even and odd ones odd as long as there are such", "RFC 4787 REQ-4"},
    {"port_stride", count<&Options::port_stride>(1, 1024),
     "how far sequential ports are from one another", ""},
    {"remember_port", FlagKnob{&Options::remember_port},
     "a mapping that is made anew gets the port that it had, if it is free", ""},
    {"port_hold_down", duration<&Options::port_hold_down>(true),
     "for how long no other host gets a port that is not used any more", "RFC 6888 REQ-8"},
    {"port_blocks", choice<&Options::port_blocks, port_blocks_names>(),
     "how an inside host comes by blocks of ports", "RFC 6888 REQ-14, RFC 7422"},
    {"port_block_size", count<&Options::port_block_size>(1, 65535), "ports in a block", ""},
    {"port_blocks_per_host", count<&Options::port_blocks_per_host>(1, 65535),
     "blocks that an inside host may have at once", ""},
    {"subscribers", PrefixKnob{&Options::subscribers},
     "the inside hosts that have deterministic blocks, in order", "RFC 7422 section 2"},

    {"pooling", choice<&Options::pooling, pooling_names>(),
     "which external address a new mapping gets", "RFC 4787 REQ-2"},
    {"pool_fallback", FlagKnob{&Options::pool_fallback},
     "it gets another one if that has no port left", "RFC 7857 section 4"},

    {"udp_timeout", duration<&Options::udp_timeout>(false), "until an idle UDP mapping is gone",
     "RFC 4787 REQ-5"},
    {"udp_timeout_new", duration<&Options::udp_timeout_new>(true),
     "the same while nothing has come in; 0s: as udp_timeout", ""},
    {"udp_timeout_replied", duration<&Options::udp_timeout_replied>(true),
     "the same once something has; 0s: as udp_timeout", ""},
    {"udp_timeout_stream", duration<&Options::udp_timeout_stream>(true),
     "the same if it is older than udp_stream_after besides; 0s: as udp_timeout", ""},
    {"udp_stream_after", duration<&Options::udp_stream_after>(true),
     "the age from which UDP that was answered is a stream", ""},
    {"udp_port_timeouts", PortTimeoutsKnob{&Options::udp_port_timeouts},
     "timeouts of UDP to some remote ports, in every phase", "RFC 4787 REQ-5a"},
    {"timer_scope", choice<&Options::timer_scope, timer_scope_names>(),
     "what has an idle timer: a mapping or each of its UDP sessions", ""},
    {"refresh", choice<&Options::refresh, refresh_names>(), "which packets restart the timer",
     "RFC 4787 REQ-6"},
    {"max_lifetime", duration<&Options::max_lifetime>(true),
     "the age at which a mapping ends whatever its packets; 0s: it does not", ""},
    {"tcp_timeout_syn_sent", tcp_timeout<&Tcp::syn_sent>(),
     "until an idle TCP connection is gone that no SYN of was acknowledged", "RFC 5382 REQ-5"},
    {"tcp_timeout_syn_received", tcp_timeout<&Tcp::syn_received>(),
     "the same if one SYN was acknowledged", "RFC 5382 REQ-5"},
    {"tcp_timeout_established", tcp_timeout<&Tcp::established>(), "the same once both were",
     "RFC 5382 REQ-5"},
    {"tcp_timeout_fin_wait", tcp_timeout<&Tcp::fin_wait>(), "the same after one FIN",
     "RFC 5382 REQ-5"},
    {"tcp_timeout_close_wait", tcp_timeout<&Tcp::close_wait>(),
     "the same once that FIN was acknowledged", "RFC 5382 REQ-5"},
    {"tcp_timeout_last_ack", tcp_timeout<&Tcp::last_ack>(), "the same after both FINs",
     "RFC 7857 section 2"},
    {"tcp_timeout_time_wait", tcp_timeout<&Tcp::time_wait>(),
     "the same once both FINs were acknowledged", "RFC 7857 section 2"},
    {"tcp_timeout_closed", tcp_timeout<&Tcp::closed>(), "the same after an RST",
     "RFC 7857 section 2"},
    {"icmp_query_timeout", duration<&Options::icmp_query_timeout>(false),
     "until an idle ICMP query mapping is gone", "RFC 5508 REQ-2"},

    {"tcp_midstream", choice<&Options::tcp_midstream, tcp_midstream_names>(),
     "what a TCP segment meets that belongs to no connection and begins none", ""},
    {"tcp_simultaneous_open", FlagKnob{&Options::tcp_simultaneous_open},
     "the two SYNs of a simultaneous open find each other", "RFC 5382 REQ-2a"},
    {"tcp_revives_after_reset", FlagKnob{&Options::tcp_revives_after_reset},
     "a segment after an RST shows that the RST was forged", "RFC 7857 section 2"},
    {"tcp_ends_when_refused", FlagKnob{&Options::tcp_ends_when_refused},
     "an RST that is the only answer to a SYN ends the connection at once", ""},
    {"tcp_reset_on_expiry", FlagKnob{&Options::tcp_reset_on_expiry},
     "both ends get an RST when an established connection's timer runs out", ""},
    {"icmp_query_ends_at_reply", FlagKnob{&Options::icmp_query_ends_at_reply},
     "an ICMP query mapping ends at the first reply", "RFC 7857 section 12"},
    {"icmp_errors", choice<&Options::icmp_errors, icmp_errors_names>(),
     "what happens to ICMP errors about translated packets", "RFC 5508 section 4"},
    {"unsolicited", choice<&Options::unsolicited, unsolicited_names>(),
     "what UDP and ICMP queries from outside get that no mapping admits", ""},
    {"unsolicited_syn", choice<&Options::unsolicited_syn, unsolicited_syn_names>(),
     "what a SYN from outside gets that no mapping admits", "RFC 5382 REQ-4"},

    {"hairpin", choice<&Options::hairpin, hairpin_names>(),
     "what happens to a packet from inside for an external address", "RFC 4787 REQ-9"},
    {"hairpin_filtered", FlagKnob{&Options::hairpin_filtered},
     "such a packet has to pass the receiver's filter", "Ford et al. section 6.3"},
    {"mapped_ports_outbound", FlagKnob{&Options::mapped_ports_outbound},
     "what a host sends from a port that it has had mapped leaves by that mapping", ""},

    {"fragments", choice<&Options::fragments, fragments_names>(),
     "which fragments get through, of which only the first has ports", "RFC 4787 REQ-14"},
    {"fragment_timeout", duration<&Options::fragment_timeout>(false),
     "how long a fragment waits for the first one of its datagram, and is let through after it",
     ""},
    {"max_fragments", count<&Options::max_fragments>(1, 65536),
     "how many fragments may wait, and of how many datagrams the first is remembered",
     "RFC 4787 REQ-14a"},

    {"alg_sip", FlagKnob{&Options::alg_sip},
     "the addresses and ports in SIP and SDP are translated, of UDP on port 5060",
     "RFC 4787 REQ-10"},
    {"alg_any_address", FlagKnob{&Options::alg_any_address},
     "so are four bytes of any UDP payload that are a translated address, with a port beside them",
     "RFC 8489 section 14.1"},

    {"max_mappings", limit<&Options::max_mappings>(), "at once; 0: as many as there are ports",
     "RFC 6888 REQ-5"},
    {"max_mappings_per_host", limit<&Options::max_mappings_per_host>(),
     "at once for one inside host; 0: as many as there are ports", "RFC 6888 REQ-4"},
    {"max_udp_mappings_per_host", limit<&Options::max_udp_mappings_per_host>(),
     "the same of UDP alone", "RFC 6888 REQ-4"},
    {"max_tcp_mappings_per_host", limit<&Options::max_tcp_mappings_per_host>(),
     "the same of TCP alone", "RFC 6888 REQ-4"},
    {"max_icmp_mappings_per_host", limit<&Options::max_icmp_mappings_per_host>(),
     "the same of ICMP queries alone", "RFC 6888 REQ-4"},
    {"max_new_mappings_per_second", limit<&Options::max_new_mappings_per_second>(),
     "how many an inside host may make in a second; 0: no limit", ""},
    {"on_exhaustion", choice<&Options::on_exhaustion, exhaustion_names>(),
     "what happens for want of ports or of a host's share", "RFC 6888 REQ-11, RFC 5508 REQ-8"},
    {"on_table_full", choice<&Options::on_table_full, exhaustion_names>(),
     "what happens when there are max_mappings", "RFC 6888 REQ-11"},
};

struct Printer {
  const NatOptions& options;

  std::string operator()(const ChoiceKnob& knob) const {
    return std::string(knob.name(knob.get(options)));
  }
  std::string operator()(const FlagKnob& knob) const { return options.*knob.member ? "yes" : "no"; }
  std::string operator()(const CountKnob& knob) const { return fmt::to_string(knob.get(options)); }
  std::string operator()(const DurationKnob& knob) const { return to_string(knob.get(options)); }
  std::string operator()(const PortRangeKnob& knob) const {
    const PortRange& range = options.*knob.member;
    return fmt::format("{}-{}", range.first, range.last);
  }
  std::string operator()(const PrefixKnob& knob) const { return to_string(options.*knob.member); }
  std::string operator()(const PortTimeoutsKnob& knob) const {
    std::string text;
    for (const PortTimeout& row : options.*knob.member) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", row.port, to_string(row.timeout));
    }
    return text.empty() ? "none" : text;
  }
};

}  // namespace

std::span<const Knob> knobs() { return knob_table; }

const Knob* find_knob(std::string_view name) {
  const auto found = std::ranges::find(knob_table, name, &Knob::name);
  return found == std::end(knob_table) ? nullptr : &*found;
}

std::string value_text(const Knob& knob, const NatOptions& options) {
  return std::visit(Printer{options}, knob.kind);
}

}  // namespace natsim::nat
