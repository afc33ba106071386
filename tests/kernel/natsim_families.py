"""natsim's side of each family: its preset, with the timers shortened as in the kernel."""

from stimulus import (
    ICMP_QUERY,
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT,
    TCP_LAST_ACK,
    TCP_SYN_RECEIVED,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
    UDP_NEW,
    UDP_STREAM,
    Family,
)

DROP = 'unsolicited = "drop", unsolicited_syn = "drop"'
TIMERS = f"""
      udp_timeout_new = "{UDP_NEW}s", udp_timeout_replied = "{UDP_NEW}s",
      udp_timeout_stream = "{UDP_STREAM}s",
      tcp_timeout_syn_sent = "{TCP_SYN_SENT}s", tcp_timeout_syn_received = "{TCP_SYN_RECEIVED}s",
      tcp_timeout_established = "{TCP_ESTABLISHED}s", tcp_timeout_fin_wait = "{TCP_FIN_WAIT}s",
      tcp_timeout_close_wait = "{TCP_CLOSE_WAIT}s", tcp_timeout_last_ack = "{TCP_LAST_ACK}s",
      tcp_timeout_time_wait = "{TCP_TIME_WAIT}s", tcp_timeout_closed = "{TCP_CLOSE}s",
      icmp_query_timeout = "{ICMP_QUERY}s" """
FAMILIES = {
    Family.ACCEPT: f'{{ preset = "linux-masquerade", {TIMERS} }}',
    Family.DROP: f'{{ preset = "linux-masquerade-drop", {TIMERS} }}',
    Family.RANDOM: f'{{ preset = "linux-random", {DROP}, {TIMERS} }}',
    Family.FULLY_RANDOM: f'{{ preset = "linux-random", {DROP}, {TIMERS} }}',
}
RENUMBER = 'nat:renumber("{address}")'

# What scenarios cannot ask of natsim, by the cells that take it. They are not played to it.
LACKING: dict[str, str] = {}
