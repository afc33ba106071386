"""natsim's side of each family: NAT options in Lua, with the kernel's timers shortened as there."""

from stimulus import UDP_NEW, Family

LINUX = f"""mapping = "EIM", filtering = "APDF", port_allocation = "preserve_overload",
      port_range = {{ 1, 65535 }}, refresh = "both", hairpin = "off", udp_timeout = "{UDP_NEW}s\""""
RANDOM = f"""{LINUX}, mapping = "APDM", port_allocation = "random\""""
FAMILIES = {
    Family.ACCEPT: f"{{ {LINUX} }}",
    Family.DROP: f"{{ {LINUX} }}",
    Family.RANDOM: f"{{ {RANDOM} }}",
    Family.FULLY_RANDOM: f"{{ {RANDOM} }}",
}
RENUMBER = 'nat:renumber("{address}")'

PHASES = "timeouts of UDP by phase"
SESSIONS = "a timer for each session"
CLASSES = "classes of ports"
ACCEPTING = "a box that takes the unsolicited for its own"
TCP_TIMERS = "timeouts of TCP by state"

# What scenarios cannot ask of natsim, by the cells that take it. They are not played to it.
LACKING = {
    "mapping.fully_random": CLASSES,
    "port.collision_below_1024": CLASSES,
    "filter.closed_with_its_flow": SESSIONS,
    "hairpin.accepted": ACCEPTING,
    "address.renumbered": "another external address while it runs",
    "timer.stream": PHASES,
    "timer.stream_by_inbound": PHASES,
    "shadow.accepted": ACCEPTING,
    "shadow.of_one_remote": ACCEPTING,
    "shadow.expired": ACCEPTING,
    "shadow.refreshed": ACCEPTING,
    "shadow.behind_a_mapping": ACCEPTING,
    "echo.timer": "a timeout of ICMP queries",
    "tcp.unsolicited_accepted": ACCEPTING,
    "echo.unsolicited_accepted": ACCEPTING,
    "tcp.reset": TCP_TIMERS,
    "tcp.segment_after_reset": TCP_TIMERS,
    "tcp.reset_by_the_inside": TCP_TIMERS,
    "tcp.midstream": "connections picked up in their middle",
    "tcp_timer.syn_sent": TCP_TIMERS,
    "tcp_timer.syn_received": TCP_TIMERS,
    "tcp_timer.established": TCP_TIMERS,
    "tcp_timer.fin_wait": TCP_TIMERS,
    "tcp_timer.close_wait": TCP_TIMERS,
    "tcp_timer.last_ack": TCP_TIMERS,
    "tcp_timer.time_wait": TCP_TIMERS,
}
