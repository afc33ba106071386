"""What an unsolicited packet leaves behind: the entry of the router's own, in the way of others."""

from stimulus import MARGIN, UDP_NEW, Family, cell, udp

CELLS = (
    cell(
        "shadow.accepted",
        "where INPUT accepts, the early packet's entry takes the tuple, and the port changes",
        Family.ACCEPT,
        udp(0.0, "early", "server:7000", "nat:5000"),
        udp(0.2, "q", "alice:5000", "server:7000"),
        udp(0.3, "to_5000", "server:7000", "nat:5000"),
        udp(0.4, "r", "server:7000", "@q"),
    ),
    cell(
        "shadow.dropped",
        "where INPUT drops, the unconfirmed entry vanishes, and the port is kept",
        Family.DROP,
        udp(0.0, "early", "server:7000", "nat:5000"),
        udp(0.2, "q", "alice:5000", "server:7000"),
        udp(0.3, "to_5000", "server:7000", "nat:5000"),
    ),
    cell(
        "shadow.of_one_remote",
        "the entry stands in the way of flows to its own remote alone",
        Family.ACCEPT,
        udp(0.0, "early", "server:7000", "nat:5000"),
        udp(0.2, "q1", "alice:5000", "other:7000"),
        udp(0.3, "q2", "alice:5000", "server:7000"),
    ),
    cell(
        "shadow.expired",
        "the entry lives as long as an unreplied flow",
        Family.ACCEPT,
        udp(0.0, "early", "server:7000", "nat:5000"),
        udp(UDP_NEW + MARGIN, "q", "alice:5000", "server:7000"),
    ),
    cell(
        "shadow.refreshed",
        "and each further packet prolongs it: the peer's retransmissions keep the trap open",
        Family.ACCEPT,
        udp(0.0, "early", "server:7000", "nat:5000"),
        udp(2.0, "again", "server:7000", "nat:5000"),
        udp(UDP_NEW + MARGIN, "q", "alice:5000", "server:7000"),
    ),
    cell(
        "shadow.behind_a_mapping",
        "an unsolicited packet to a mapped port is tracked too: the mapping is not for its sender",
        Family.ACCEPT,
        udp(0.0, "q1", "alice:5000", "server:7000"),
        udp(0.1, "stranger", "other:7000", "nat:5000"),
        udp(0.2, "q2", "alice:5000", "other:7000"),
        udp(0.3, "r", "other:7000", "@q2"),
    ),
)
