"""A Linux router with masquerade in a namespace of its own, its two links held by this process."""

import socket
import struct
import subprocess
from pathlib import Path

from frames import Frame
from namespaces import Namespace
from stimulus import (
    ADDRESSES,
    ICMP_QUERY,
    INSIDE,
    RENUMBERED,
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

ETHERTYPE_IPV4 = 0x0800
GATEWAY = "203.0.113.254"  # beyond which the remotes are
TOOL_TIME_LIMIT_S = 30

TIMEOUTS = {
    "udp_timeout": UDP_NEW,
    "udp_timeout_stream": UDP_STREAM,
    "tcp_timeout_syn_sent": TCP_SYN_SENT,
    "tcp_timeout_syn_recv": TCP_SYN_RECEIVED,
    "tcp_timeout_established": TCP_ESTABLISHED,
    "tcp_timeout_fin_wait": TCP_FIN_WAIT,
    "tcp_timeout_close_wait": TCP_CLOSE_WAIT,
    "tcp_timeout_last_ack": TCP_LAST_ACK,
    "tcp_timeout_time_wait": TCP_TIME_WAIT,
    "tcp_timeout_close": TCP_CLOSE,
    "icmp_timeout": ICMP_QUERY,
}
FLAGS = {Family.RANDOM: "random", Family.FULLY_RANDOM: "fully-random"}


class ToolError(Exception):
    """A program that configures the kernel has failed, or is not there."""


def configure(program: str, *arguments: str, text: str) -> None:
    """Hands `text` to the program on its standard input."""
    try:
        done = subprocess.run(
            [program, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=TOOL_TIME_LIMIT_S,
            check=False,
        )
    except FileNotFoundError as missing:
        raise ToolError(f"there is no program {program}") from missing
    if done.returncode != 0:
        raise ToolError(f"{program}: {(done.stderr or done.stdout).strip()}")


def ruleset(family: Family) -> str:
    policy = "" if family == Family.ACCEPT else "ct state { new, invalid } drop"
    return f"""
table ip home {{
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" masquerade {FLAGS.get(family, "")}
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    {policy}
  }}
}}
"""


class LinuxRouter:
    """One cell's router. The hosts inside and the remotes are addresses that this process speaks
    for, on the far ends of the router's links; no other network stack has a say."""

    def __init__(self, number: int, family: Family) -> None:
        """`number` tells the routers of one process apart."""
        self._namespace = Namespace()
        ends = {"lan": f"inside{number}", "wan": f"outside{number}"}
        configure("ip", "-batch", "-", text=self._links(ends))
        self._sockets = {side: self._open(name) for side, name in ends.items()}
        with self._namespace.entered():
            configure("ip", "-batch", "-", text=self._addresses())
            configure("nft", "-f", "-", text=ruleset(family))
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
            for name, value in TIMEOUTS.items():
                file = Path("/proc/sys/net/netfilter", f"nf_conntrack_{name}")
                file.write_text(str(value), encoding="ascii")
            self._hardware = {side: self._hardware_address(side) for side in ends}

    def send(self, inside: bool, datagram: bytes) -> None:
        side = "lan" if inside else "wan"
        own = self._sockets[side].getsockname()[4]
        header = self._hardware[side] + own + struct.pack("!H", ETHERTYPE_IPV4)
        self._sockets[side].send(header + datagram)

    def receive(self) -> list[Frame]:
        """What has come out since the last call."""
        frames = []
        for side, link in self._sockets.items():
            while True:
                try:
                    frames.append(Frame(side == "lan", link.recv(65536)[14:]))
                except BlockingIOError:
                    break
        return frames

    def renumber(self) -> None:
        with self._namespace.entered():
            configure("ip", "-batch", "-", text=self._renumbering())

    def close(self) -> None:
        for link in self._sockets.values():
            link.close()
        self._namespace.close()

    def _links(self, ends: dict[str, str]) -> str:
        lines = []
        for side, name in ends.items():
            peer = f"peer name {side} netns {self._namespace.path}"
            lines.append(f"link add name {name} type veth {peer}")
            lines.append(f"link set dev {name} arp off addrgenmode none up")
        return "\n".join(lines)

    def _addresses(self) -> str:
        lines = [f"link set dev {side} addrgenmode none up" for side in self._sockets]
        lines.append("address add 192.168.1.1/24 dev lan")
        lines.append(f"address add {ADDRESSES['nat']}/24 dev wan")
        lines += [self._neighbour(ADDRESSES[host], "lan") for host in INSIDE]
        lines.append(self._neighbour(GATEWAY, "wan"))
        return "\n".join([*lines, f"route add default via {GATEWAY}"])

    def _renumbering(self) -> str:
        """With an interface's last address its neighbours and routes go as well."""
        return "\n".join(
            (
                f"address delete {ADDRESSES['nat']}/24 dev wan",
                f"address add {RENUMBERED}/24 dev wan",
                self._neighbour(GATEWAY, "wan"),
                f"route replace default via {GATEWAY}",
            )
        )

    def _neighbour(self, address: str, side: str) -> str:
        hardware = self._sockets[side].getsockname()[4].hex(":")
        return f"neighbour replace {address} lladdr {hardware} dev {side} nud permanent"

    @staticmethod
    def _open(name: str) -> socket.socket:
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_IPV4))
        link.bind((name, ETHERTYPE_IPV4))
        link.setblocking(False)
        return link

    @staticmethod
    def _hardware_address(interface: str) -> bytes:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as probe:
            probe.bind((interface, 0))
            return probe.getsockname()[4]
