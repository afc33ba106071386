"""The segments that open and close a connection between alice and server, with sequence numbers."""

from stimulus import Step, tcp

CLIENT = 1000  # the initial sequence numbers
SERVER = 2000


def handshake(source: str, to: str, external: str) -> tuple[Step, ...]:
    """Three segments within 0.2 s; what follows has CLIENT + 1 and SERVER + 1."""
    return (
        tcp(0.0, "syn", source, to, "SYN", CLIENT),
        tcp(0.1, "syn_ack", to, external, "SYN ACK", SERVER, CLIENT + 1),
        tcp(0.2, "ack", source, to, "ACK", CLIENT + 1, SERVER + 1),
    )


def closing(at: float) -> tuple[Step, ...]:
    """Both FINs and the acknowledgement of the second, within 0.2 s. What follows has CLIENT + 2
    and SERVER + 2."""
    return (
        tcp(at, "fin", "alice:5000", "server:80", "FIN ACK", CLIENT + 1, SERVER + 1),
        tcp(at + 0.1, "fin_in", "server:80", "nat:5000", "FIN ACK", SERVER + 1, CLIENT + 2),
        tcp(at + 0.2, "last", "alice:5000", "server:80", "ACK", CLIENT + 2, SERVER + 2),
    )
