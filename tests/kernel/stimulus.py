"""What is sent through both NATs: cells, each a few packets at given times, as data.

The stage is the same in every cell: inside hosts behind one NAT, and remotes outside. An endpoint
is written "alice:5000"; "nat:5000" is a port of the NAT's external address, and "@q" is where the
packet named q was seen to come from on the other side of the NAT. Of ICMP queries the identifier
takes the place of the port.
"""

from dataclasses import dataclass
from enum import Enum

ADDRESSES = {
    "alice": "192.168.1.2",
    "bob": "192.168.1.3",
    "nat": "203.0.113.1",
    "server": "198.51.100.1",
    "other": "198.51.100.2",
    "hop": "198.51.100.99",  # a router on the way to the remotes
}
INSIDE = ("alice", "bob")
OUTSIDE = ("server", "other", "hop")
RENUMBERED = "203.0.113.2"  # the NAT's external address after `renumber`

# The timers of both NATs in seconds, as short as the kernel can tell apart from its fixed
# two seconds until a UDP flow is a stream.
UDP_NEW = 3
UDP_STREAM = 6
TCP_SYN_SENT = 3
TCP_SYN_RECEIVED = 2
TCP_ESTABLISHED = 6
TCP_FIN_WAIT = 2
TCP_CLOSE_WAIT = 4
TCP_LAST_ACK = 2
TCP_TIME_WAIT = 3
TCP_CLOSE = 2
ICMP_QUERY = 3
# How far from a timer's end a packet is sent that is to meet it alive or gone.
MARGIN = 0.7


class Family(Enum):
    """Which masquerade: the kernel's rules, and the preset that is to be the same."""

    ACCEPT = "masquerade; INPUT accepts"
    DROP = "masquerade; INPUT drops what is new or invalid"
    RANDOM = "masquerade random; INPUT drops what is new or invalid"
    FULLY_RANDOM = "masquerade fully-random; INPUT drops what is new or invalid"


class Kind(Enum):
    UDP = "UDP"
    TCP = "TCP"
    ECHO = "echo request"
    ECHO_REPLY = "echo reply"
    PORT_UNREACHABLE = "ICMP port unreachable"
    TIME_EXCEEDED = "ICMP time exceeded"
    RENUMBER = "the NAT gets another external address"


@dataclass(frozen=True)
class Step:
    """One packet, or one event at the NAT."""

    at: float  # seconds since the cell began
    name: str  # within the cell
    kind: Kind
    source: str = ""  # endpoint; of errors a host
    to: str = ""  # endpoint; of errors the name of the packet that they are about
    flags: str = ""  # of TCP
    seq: int = 0
    ack: int = 0

    def __str__(self) -> str:
        if self.kind == Kind.RENUMBER:
            return self.kind.value
        if self.kind in (Kind.PORT_UNREACHABLE, Kind.TIME_EXCEEDED):
            return f"{self.kind.value} by {self.source} about {self.to}"
        what = f"TCP {self.flags}" if self.kind == Kind.TCP else self.kind.value
        to = f"where {self.to[1:]} came from" if self.to.startswith("@") else self.to
        return f"{what} {self.source} > {to}"


@dataclass(frozen=True)
class Cell:
    """One behaviour and the packets that show it."""

    name: str
    claim: str  # what is expected, and which document says so
    family: Family
    steps: tuple[Step, ...]


def cell(name: str, claim: str, family: Family, *steps: Step) -> Cell:
    return Cell(name, claim, family, tuple(sorted(steps, key=lambda step: step.at)))


def udp(at: float, name: str, source: str, to: str) -> Step:
    return Step(at, name, Kind.UDP, source, to)


def tcp(at: float, name: str, source: str, to: str, flags: str, seq: int, ack: int = 0) -> Step:
    return Step(at, name, Kind.TCP, source, to, flags, seq, ack)


def echo(at: float, name: str, source: str, to: str) -> Step:
    return Step(at, name, Kind.ECHO, source, to)


def echo_reply(at: float, name: str, source: str, to: str) -> Step:
    return Step(at, name, Kind.ECHO_REPLY, source, to)


def port_unreachable(at: float, name: str, source: str, about: str) -> Step:
    return Step(at, name, Kind.PORT_UNREACHABLE, source, about)


def time_exceeded(at: float, name: str, source: str, about: str) -> Step:
    return Step(at, name, Kind.TIME_EXCEEDED, source, about)


def renumber(at: float, name: str) -> Step:
    return Step(at, name, Kind.RENUMBER)
