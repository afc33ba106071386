"""Wireshark reads what natsim writes: python3 captures.py NATSIM runs tshark on every capture.

Each frame has to decode to its end, with right checksums, and each STUN message with attributes
that Wireshark knows and a right fingerprint.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from shorter import settings_for

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
CHECKSUM_OPTIONS = (
    "-o",
    "ip.check_checksum:TRUE",
    "-o",
    "udp.check_checksum:TRUE",
    "-o",
    "tcp.check_checksum:TRUE",
)
# What natsim's programs speak. Wireshark guesses other protocols from port numbers, which here are
# ephemeral or chosen freely, and then finds their messages malformed.
PROTOCOLS = (
    "frame raw ip ipv6 ipv6.fraghdr icmp icmpv6 udp tcp data stun turnchannel nat-pmp portcontrol "
    "dns ssdp http websocket json data-text-lines xml dtls tls x509ce x509sat pkcs1 pkix1explicit "
    "pkix1implicit ber"
).split()
# Scenarios in which a protocol's port serves another one; and those with DTLS messages in fragments
# or frames in segments that overtake each other, which Wireshark sees at each interface on their way
# and takes for overlapping ones.
MISTAKEN = {
    "by_a_server.lua": ("-o", "tcp.desegment_tcp_streams:FALSE"),
    "only_the_web.lua": ("-o", "tcp.desegment_tcp_streams:FALSE"),
    "streams.lua": ("-o", "tcp.desegment_tcp_streams:FALSE"),
    "tcp.lua": ("-o", "tcp.desegment_tcp_streams:FALSE"),
    "udp_blocked.lua": ("--disable-protocol", "dns"),
    "secured_call.lua": ("--disable-protocol", "dtls"),
    "dtls.lua": ("--disable-protocol", "dtls"),
}
# ICMP errors whose segment is cut at the largest size that an error may have (RFC 1812 §4.3.2.3,
# RFC 4443 §2.4). Wireshark judges the segment's checksum by what is left of it.
CUT_SEGMENT = "tcp && ((icmp && frame.len == 576) || (icmpv6 && frame.len == 1280))"
# In Wireshark's terms; a checksum's status is 0 when it is bad.
FAULTS = (
    "_ws.malformed",
    f"_ws.expert.severity == error && !({CUT_SEGMENT})",
    "ip.checksum.status == 0",
    "udp.checksum.status == 0",
    f"tcp.checksum.status == 0 && !({CUT_SEGMENT})",
    "icmp.checksum.status == 0",
    "icmpv6.checksum.status == 0",
    "stun.att.crc32.status == 0",
    "stun.att.unknown",
    "stun.unknown_attribute",
)


def disable_other_protocols(folder: Path) -> None:
    """Lets Wireshark, when it has `folder` for its settings, know PROTOCOLS alone."""
    known = subprocess.run(["tshark", "-G", "protocols"], capture_output=True, text=True, check=True)
    names = [line.split("\t")[2] for line in known.stdout.splitlines()]
    others = [name for name in names if name not in PROTOCOLS]
    (folder / "disabled_protos").write_text("\n".join(others) + "\n")


def tshark(capture: Path, options: tuple[str, ...], display_filter: str) -> list[str]:
    """The summary lines of the frames that a display filter lets through."""
    done = subprocess.run(
        ["tshark", "-n", *CHECKSUM_OPTIONS, *options, "-r", capture, "-Y", display_filter],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "WIRESHARK_CONFIG_DIR": str(capture.parent)},
    )
    return done.stdout.splitlines()


def check(program: Path, scenario: Path, folder: Path) -> list[str]:
    """What is wrong with a scenario file's capture, or nothing."""
    capture = folder / "run.pcapng"
    subprocess.run(
        [program, "run", scenario, "--json", "--pcap", capture, *settings_for(scenario)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = MISTAKEN.get(scenario.name, ())
    complaints = []
    if not tshark(capture, options, "frame"):
        complaints.append(f"{scenario.name}: the capture holds no frame")
    if tshark(capture, options, " || ".join(f"({fault})" for fault in FAULTS)):
        for fault in FAULTS:
            for frame in tshark(capture, options, fault)[:3]:
                complaints.append(f"{scenario.name}: {fault}: {frame.strip()}")
    return complaints


def main(arguments: list[str]) -> int:
    # What runs real programs is for natsim live.
    scenarios = sorted(each for each in SCENARIOS.rglob("*.lua") if each.parent.name != "live")
    if len(arguments) != 1 or not scenarios:
        print("usage: captures.py NATSIM; there have to be scenarios", file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        disable_other_protocols(Path(folder))
        complaints = [
            each for scenario in scenarios for each in check(program, scenario, Path(folder))
        ]
    for complaint in complaints:
        print(complaint)
    print(f"{len(scenarios)} captures, {len(complaints)} complaints by tshark")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
