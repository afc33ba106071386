"""A step of a cell as the bytes that go on the wire, given what has been seen so far."""

from dataclasses import dataclass

import packet
from packet import Endpoint
from stimulus import ADDRESSES, INSIDE, Cell, Kind, Step

FIRST_IDENTIFICATION = 0x5A01  # of a cell's first step; the next ones count on


@dataclass(frozen=True)
class Frame:
    """A datagram that came out of the NAT."""

    inside: bool  # on which side
    data: bytes


def identification(cell: Cell, name: str) -> int:
    """Marks a step's packet, in a field that neither NAT changes."""
    names = [step.name for step in cell.steps]
    return FIRST_IDENTIFICATION + names.index(name)


def goes_out(step: Step) -> bool:
    return step.source.split(":")[0] in INSIDE


def arrivals(cell: Cell, name: str, seen: list[Frame]) -> list[Frame]:
    """The frames of a step's packet on the other side of the NAT."""
    step = next(each for each in cell.steps if each.name == name)
    mark = identification(cell, name)
    return [
        frame
        for frame in seen
        if frame.inside != goes_out(step) and packet.parse(frame.data).identification == mark
    ]


def resolve(cell: Cell, text: str, seen: list[Frame]) -> Endpoint | None:
    """The endpoint that is written like this; None while the packet it hangs on has not arrived."""
    if text.startswith("@"):
        found = arrivals(cell, text[1:], seen)
        return packet.parse(found[0].data).source if found else None
    host, _, port = text.partition(":")
    return Endpoint(ADDRESSES[host], int(port or 0))


ERRORS = {
    Kind.PORT_UNREACHABLE: (packet.UNREACHABLE, 3),
    Kind.TIME_EXCEEDED: (packet.TIME_EXCEEDED, 0),
}


def frame_of(cell: Cell, step: Step, seen: list[Frame]) -> bytes | None:
    """The step's packet; None if the one that it answers or is about has not arrived."""
    mark = identification(cell, step.name)
    source = resolve(cell, step.source, seen)
    if step.kind in ERRORS:
        about = arrivals(cell, step.to, seen)
        kind = ERRORS[step.kind]
        return packet.error(source.address, mark, kind, about[0].data) if about else None
    to = resolve(cell, step.to, seen)
    if to is None:
        return None
    if step.kind == Kind.UDP:
        return packet.udp(source, to, mark, step.name.encode())
    if step.kind == Kind.TCP:
        flags = sum(packet.FLAGS[flag] for flag in step.flags.split())
        return packet.tcp(source, to, mark, flags, step.seq, step.ack)
    return packet.echo(source, to, mark, reply=step.kind == Kind.ECHO_REPLY)
