"""How long TCP connections live in each of their states."""

from stimulus import (
    MARGIN,
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT,
    TCP_LAST_ACK,
    TCP_SYN_RECEIVED,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
    Cell,
    Family,
    Step,
    cell,
    tcp,
)
from tcp_story import CLIENT, SERVER, closing, handshake


def lifetime(name: str, claim: str, timeout: float, *story: Step, after: str = "ACK") -> Cell:
    """After the story a segment from outside within the timeout, or one beyond it: the story is
    told twice, by alice of port 5000 and by alice of port 5001, so that neither meets the other."""
    last = max(step.at for step in story)
    told = []
    for port, end in (("5000", last + timeout - MARGIN), ("5001", last + timeout + MARGIN)):
        for step in story:
            source, to = (each.replace(":5000", f":{port}") for each in (step.source, step.to))
            label = step.name if port == "5000" else f"{step.name}_2"
            told.append(tcp(step.at, label, source, to, step.flags, step.seq, step.ack))
        label = "before" if port == "5000" else "after"
        to = f"nat:{port}"
        told.append(tcp(end, label, "server:80", to, after, SERVER + 1, CLIENT + 1))
    return cell(name, claim, Family.DROP, *told)


OPENED = handshake("alice:5000", "server:80", "nat:5000")
CELLS = (
    lifetime(
        "tcp_timer.syn_sent",
        "nf_conntrack_tcp_timeout_syn_sent: after a SYN",
        TCP_SYN_SENT,
        OPENED[0],
        after="SYN ACK",
    ),
    lifetime(
        "tcp_timer.syn_received",
        "nf_conntrack_tcp_timeout_syn_recv: after a SYN and its answer",
        TCP_SYN_RECEIVED,
        *OPENED[:2],
    ),
    lifetime(
        "tcp_timer.established",
        "RFC 5382 REQ-5, nf_conntrack_tcp_timeout_established: once it is open",
        TCP_ESTABLISHED,
        *OPENED,
    ),
    lifetime(
        "tcp_timer.fin_wait",
        "nf_conntrack_tcp_timeout_fin_wait: after the first FIN",
        TCP_FIN_WAIT,
        *OPENED,
        closing(0.3)[0],
    ),
    lifetime(
        "tcp_timer.close_wait",
        "nf_conntrack_tcp_timeout_close_wait: after the first FIN and its acknowledgement",
        TCP_CLOSE_WAIT,
        *OPENED,
        closing(0.3)[0],
        tcp(0.4, "ack_in", "server:80", "nat:5000", "ACK", SERVER + 1, CLIENT + 2),
    ),
    lifetime(
        "tcp_timer.last_ack",
        "nf_conntrack_tcp_timeout_last_ack: after both FINs",
        TCP_LAST_ACK,
        *OPENED,
        *closing(0.3)[:2],
    ),
    lifetime(
        "tcp_timer.time_wait",
        "nf_conntrack_tcp_timeout_time_wait: after both FINs and their acknowledgements",
        TCP_TIME_WAIT,
        *OPENED,
        *closing(0.3),
    ),
)
