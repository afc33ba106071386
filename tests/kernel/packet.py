"""IPv4 datagrams of UDP, TCP and ICMP: made with right checksums, and read back."""

import socket
import struct
from dataclasses import dataclass, replace

ICMP, TCP, UDP = 1, 6, 17
ECHO_REPLY, UNREACHABLE, ECHO, TIME_EXCEEDED = 0, 3, 8, 11
FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16}
WINDOW = 65535


@dataclass(frozen=True)
class Endpoint:
    """An address with a port, or with the identifier of an ICMP query in its place."""

    address: str
    port: int = 0

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True)
class Quote:
    """The packet that an ICMP error is about, as quoted."""

    identification: int
    source: Endpoint
    destination: Endpoint


@dataclass(frozen=True)
class Packet:
    """What a datagram says, as far as a NAT may change it."""

    identification: int
    protocol: int
    source: Endpoint
    destination: Endpoint
    flags: int = 0  # of TCP
    icmp: tuple[int, int] | None = None  # type and code
    quote: Quote | None = None
    sound: bool = True  # all checksums are right, those of a quoted header included


def checksum(data: bytes) -> int:
    """RFC 1071; 0 over data whose checksum is right."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source: bytes, destination: bytes, protocol: int, size: int) -> bytes:
    return source + destination + struct.pack("!BBH", 0, protocol, size)


def datagram(
    source: str, destination: str, protocol: int, identification: int, body: bytes
) -> bytes:
    """`body` behind an IPv4 header."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    size = 20 + len(body)
    start = struct.pack("!BBHHHBB", 0x45, 0, size, identification, 0x4000, 64, protocol)
    return start + struct.pack("!H", checksum(start + b"\0\0" + addresses)) + addresses + body


def transport(
    source: Endpoint, destination: Endpoint, protocol: int, body: bytes, at: int
) -> bytes:
    """`body` with its checksum, which covers the pseudo-header, in the two zero bytes at `at`."""
    addresses = socket.inet_aton(source.address), socket.inet_aton(destination.address)
    right = checksum(pseudo_header(*addresses, protocol, len(body)) + body)
    return body[:at] + struct.pack("!H", right) + body[at + 2 :]


def udp(source: Endpoint, destination: Endpoint, identification: int, payload: bytes) -> bytes:
    header = struct.pack("!HHHH", source.port, destination.port, 8 + len(payload), 0)
    body = transport(source, destination, UDP, header + payload, 6)
    return datagram(source.address, destination.address, UDP, identification, body)


def tcp(
    source: Endpoint, destination: Endpoint, identification: int, flags: int, seq: int, ack: int
) -> bytes:
    ports = source.port, destination.port
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, WINDOW, 0, 0)
    body = transport(source, destination, TCP, header, 16)
    return datagram(source.address, destination.address, TCP, identification, body)


def icmp(
    source: str, destination: str, identification: int, kind: tuple[int, int], rest: bytes
) -> bytes:
    """`rest` is what stands behind the checksum."""
    body = struct.pack("!BBH", *kind, 0) + rest
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return datagram(source, destination, ICMP, identification, body)


def echo(source: Endpoint, destination: Endpoint, identification: int, reply: bool) -> bytes:
    """The identifier is the inside host's port: the source's of a request, else the other's."""
    query = destination.port if reply else source.port
    kind = (ECHO_REPLY if reply else ECHO, 0)
    rest = struct.pack("!HH", query, 1) + b"agreement"
    return icmp(source.address, destination.address, identification, kind, rest)


def error(source: str, identification: int, kind: tuple[int, int], about: bytes) -> bytes:
    """To the sender of `about`, which is quoted whole."""
    sender = socket.inet_ntoa(about[12:16])
    return icmp(source, sender, identification, kind, bytes(4) + about)


def endpoints(data: bytes) -> tuple[int, Endpoint, Endpoint]:
    """Protocol, source and destination of a datagram, which may have been cut short."""
    start = (data[0] & 15) * 4
    protocol = data[9]
    source, destination = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
    ports = 0, 0
    if protocol in (TCP, UDP):
        ports = struct.unpack("!HH", data[start : start + 4])
    elif protocol == ICMP and data[start] in (ECHO, ECHO_REPLY):
        query = struct.unpack("!H", data[start + 4 : start + 6])[0]
        ports = (query, 0) if data[start] == ECHO else (0, query)
    return protocol, Endpoint(source, ports[0]), Endpoint(destination, ports[1])


def sound(data: bytes) -> bool:
    """Whether the checksums of header and transport are right."""
    start = (data[0] & 15) * 4
    body = data[start:]
    if checksum(data[:start]) != 0:
        return False
    if data[9] == ICMP:
        return checksum(body) == 0
    return checksum(pseudo_header(data[12:16], data[16:20], data[9], len(body)) + body) == 0


def parse(data: bytes) -> Packet:
    """Of a whole datagram; what a link padded it with is cut off."""
    data = data[: struct.unpack("!H", data[2:4])[0]]
    start = (data[0] & 15) * 4
    protocol, source, destination = endpoints(data)
    seen = Packet(
        identification=struct.unpack("!H", data[4:6])[0],
        protocol=protocol,
        source=source,
        destination=destination,
        sound=sound(data),
    )
    if protocol == TCP:
        return replace(seen, flags=data[start + 13])
    if protocol != ICMP:
        return seen
    seen = replace(seen, icmp=(data[start], data[start + 1]))
    if data[start] not in (UNREACHABLE, TIME_EXCEEDED):
        return seen
    about = data[start + 8 :]
    _, *between = endpoints(about)
    quote = Quote(struct.unpack("!H", about[4:6])[0], *between)
    right = checksum(about[: (about[0] & 15) * 4]) == 0
    return replace(seen, quote=quote, sound=seen.sound and right)
