"""TCP: connections that are followed through their states."""

from stimulus import (
    MARGIN,
    TCP_CLOSE,
    TCP_ESTABLISHED,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
    Family,
    Step,
    cell,
    port_unreachable,
    tcp,
)

CLIENT = 1000  # the initial sequence numbers
SERVER = 2000


def handshake(source: str, to: str, external: str) -> tuple[Step, ...]:
    """Three segments within 0.2 s; what follows has CLIENT + 1 and SERVER + 1."""
    return (
        tcp(0.0, "syn", source, to, "SYN", CLIENT),
        tcp(0.1, "syn_ack", to, external, "SYN ACK", SERVER, CLIENT + 1),
        tcp(0.2, "ack", source, to, "ACK", CLIENT + 1, SERVER + 1),
    )


CELLS = (
    cell(
        "tcp.connection",
        "RFC 5382 REQ-2: an opened connection passes both ways, from its own port",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        tcp(0.3, "out", "alice:5000", "server:80", "ACK", CLIENT + 1, SERVER + 1),
        tcp(0.4, "in", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1),
    ),
    cell(
        "tcp.collision",
        "nf_nat_core.c: two hosts, one port, one remote: another port from 1024 up",
        Family.DROP,
        tcp(0.0, "a1", "alice:5000", "server:80", "SYN", CLIENT),
        tcp(0.1, "b1", "bob:5000", "server:80", "SYN", CLIENT),
        tcp(0.2, "b2", "bob:5000", "other:80", "SYN", CLIENT),
        tcp(0.3, "rb", "server:80", "@b1", "SYN ACK", SERVER, CLIENT + 1),
    ),
    cell(
        "tcp.overloaded",
        "against RFC 5382 REQ-7: towards different remotes two hosts share a port",
        Family.DROP,
        tcp(0.0, "a1", "alice:5000", "server:80", "SYN", CLIENT),
        tcp(0.1, "b1", "bob:5000", "other:80", "SYN", CLIENT),
        tcp(0.2, "rb", "other:80", "@b1", "SYN ACK", SERVER, CLIENT + 1),
    ),
    cell(
        "tcp.filtered",
        "a segment from whom the inside host has not called is dropped",
        Family.DROP,
        tcp(0.0, "a1", "alice:5000", "server:80", "SYN", CLIENT),
        tcp(0.1, "other_port", "server:81", "nat:5000", "SYN ACK", SERVER, CLIENT + 1),
        tcp(0.2, "other_address", "other:80", "nat:5000", "SYN ACK", SERVER, CLIENT + 1),
    ),
    cell(
        "tcp.unsolicited_dropped",
        "RFC 5382 REQ-4a: where INPUT drops, an unsolicited SYN meets silence",
        Family.DROP,
        tcp(0.0, "syn", "server:80", "nat:5000", "SYN", SERVER),
    ),
    cell(
        "tcp.unsolicited_accepted",
        "against RFC 5382 REQ-4: where INPUT accepts, the router itself refuses it at once",
        Family.ACCEPT,
        tcp(0.0, "syn", "server:80", "nat:5000", "SYN", SERVER),
        tcp(0.2, "q", "alice:5000", "server:80", "SYN", CLIENT),
    ),
    cell(
        "tcp.simultaneous_open",
        "RFC 5382 REQ-2a: two SYNs that cross open a connection",
        Family.DROP,
        tcp(0.0, "syn", "alice:5000", "server:80", "SYN", CLIENT),
        tcp(0.1, "syn_in", "server:80", "nat:5000", "SYN", SERVER),
        tcp(0.2, "syn_ack", "alice:5000", "server:80", "SYN ACK", CLIENT, SERVER + 1),
        tcp(0.3, "syn_ack_in", "server:80", "nat:5000", "SYN ACK", SERVER, CLIENT + 1),
        tcp(0.4, "out", "alice:5000", "server:80", "ACK", CLIENT + 1, SERVER + 1),
        tcp(0.5, "in", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1),
    ),
    cell(
        "tcp.timer_of_a_syn",
        "nf_conntrack_tcp_timeout_syn_sent",
        Family.DROP,
        tcp(0.0, "q1", "alice:5001", "server:80", "SYN", CLIENT),
        tcp(0.0, "q2", "alice:5002", "server:80", "SYN", CLIENT),
        tcp(
            TCP_SYN_SENT - MARGIN,
            "before", "server:80", "nat:5001", "SYN ACK", SERVER, CLIENT + 1,
        ),
        tcp(
            TCP_SYN_SENT + MARGIN,
            "after", "server:80", "nat:5002", "SYN ACK", SERVER, CLIENT + 1,
        ),
    ),
    cell(
        "tcp.timer_when_established",
        "nf_conntrack_tcp_timeout_established",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        tcp(
            0.2 + TCP_ESTABLISHED - MARGIN,
            "before", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1,
        ),
        tcp(
            0.2 + 2 * TCP_ESTABLISHED,
            "after", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1,
        ),
    ),
    cell(
        "tcp.reset",
        "nf_conntrack_tcp_timeout_close: an RST shortens the connection's life",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        tcp(0.3, "rst", "server:80", "nat:5000", "RST ACK", SERVER + 1, CLIENT + 1),
        tcp(
            0.3 + TCP_CLOSE + MARGIN,
            "after", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1,
        ),
    ),
    cell(
        "tcp.reset_out_of_window",
        "nf_conntrack_proto_tcp.c, tcp_in_window: an RST far off does not pass nor close",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        tcp(0.3, "rst", "server:80", "nat:5000", "RST", SERVER + 1_000_000),
        tcp(
            0.3 + TCP_CLOSE + MARGIN,
            "after", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1,
        ),
    ),
    cell(
        "tcp.closed",
        "nf_conntrack_tcp_timeout_time_wait: after both FINs the connection ends early",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        tcp(0.3, "fin", "alice:5000", "server:80", "FIN ACK", CLIENT + 1, SERVER + 1),
        tcp(0.4, "fin_in", "server:80", "nat:5000", "FIN ACK", SERVER + 1, CLIENT + 2),
        tcp(0.5, "last", "alice:5000", "server:80", "ACK", CLIENT + 2, SERVER + 2),
        tcp(
            0.5 + TCP_TIME_WAIT - MARGIN,
            "before", "server:80", "nat:5000", "ACK", SERVER + 2, CLIENT + 2,
        ),
        tcp(
            0.5 + 2 * TCP_TIME_WAIT,
            "after", "server:80", "nat:5000", "ACK", SERVER + 2, CLIENT + 2,
        ),
    ),
    cell(
        "tcp.midstream",
        "nf_conntrack_tcp_loose: a connection is picked up in its middle",
        Family.DROP,
        tcp(0.0, "out", "alice:5000", "server:80", "ACK", CLIENT + 1, SERVER + 1),
        tcp(0.1, "in", "server:80", "@out", "ACK", SERVER + 1, CLIENT + 1),
    ),
    cell(
        "tcp.error",
        "RFC 5382 REQ-9, REQ-10: an error reaches the sender and does not end the connection",
        Family.DROP,
        *handshake("alice:5000", "server:80", "nat:5000"),
        port_unreachable(0.3, "e", "server", "ack"),
        tcp(0.4, "in", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 1),
    ),
)
