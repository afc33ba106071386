"""What Wireshark reads in a call's capture: python3 decrypted_call.py NATSIM.

The capture of first_call.lua is written with its media decrypted. With the key log, DTLS has to be
decoded to its end, what is protected included; and each RTP and RTCP packet, of which there have to
be as many as the run's own statistics say. Wireshark 4.0 takes RTP beside DTLS for SRTP, however it
stands there, so that the media are read with DTLS disabled; and what begins with no report it does
not take for RTCP (RFC 5506) unless it is told so for the ports, where it then sees no RTP.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "house"))

from captures import CHECKSUM_OPTIONS, FAULTS, PROTOCOLS  # noqa: E402

SCENARIO = ROOT / "scenarios" / "calls" / "first_call.lua"
RTP = ("--enable-heuristic", "rtp_udp", "--enable-heuristic", "rtcp_udp")
DECRYPTED = 'frame.comment contains "decrypted: "'
FAULTY = " || ".join(f"({fault})" for fault in FAULTS)


class Reader:
    """tshark on one capture, knowing some protocols alone."""

    def __init__(self, capture: Path, folder: Path, protocols: set[str], options: list[str]) -> None:
        folder.mkdir()
        listing = subprocess.run(
            ["tshark", "-G", "protocols"], capture_output=True, text=True, check=True
        )
        names = [line.split("\t")[2] for line in listing.stdout.splitlines()]
        others = [name for name in names if name not in protocols]
        (folder / "disabled_protos").write_text("\n".join(others) + "\n")
        self.command = ["tshark", "-n", *CHECKSUM_OPTIONS, *options, "-r", str(capture)]
        self.environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(folder)}

    def frames(self, display_filter: str, *shown: str) -> list[str]:
        done = subprocess.run(
            [*self.command, "-Y", display_filter, *shown],
            capture_output=True,
            text=True,
            check=True,
            env=self.environment,
        )
        return done.stdout.splitlines()


def at(host: str, direction: str) -> str:
    """The frames that a host sends, or those that it takes."""
    number = {"out": 2, "in": 1}[direction]
    taken = "" if direction == "out" else f' && !(frame.comment contains "dropped by {host}")'
    return f'frame.interface_name == "{host}/0" && frame.packet_flags_direction == {number}{taken}'


def judge(program: Path, folder: Path) -> list[str]:
    capture, keys = folder / "call.pcapng", folder / "keys"
    run = subprocess.run(
        [program, "run", SCENARIO, "--json", "--set", "time=20s"]
        + ["--pcap", capture, "--decrypt", "--keylog", keys],
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(run.stdout)["metrics"]
    complaints = []

    def expect(what: str, found: int, wanted: int) -> None:
        if found != wanted:
            complaints.append(f"{what}: tshark finds {found}, where {wanted} are to be")

    dtls = Reader(
        capture, folder / "dtls", set(PROTOCOLS), ["-o", f"tls.keylog_file:{keys}"]
    )
    complaints += [f"DTLS: {frame.strip()}" for frame in dtls.frames(FAULTY)[:3]]
    # Each end's Finished, at the host that sends it; and who hangs up says so.
    for host in ("alice", "bob"):
        here = at(host, "out")
        expect(f"{host}'s Finished", len(dtls.frames(f"dtls.handshake.type == 20 && {here}")), 1)
    hung_up = f"dtls.alert_message.desc == 0 && {at('alice', 'out')}"
    expect("alice's close_notify", len(dtls.frames(hung_up)), 1)

    ports = set(dtls.frames(DECRYPTED, "-T", "fields", "-e", "udp.srcport"))
    known = (set(PROTOCOLS) | {"rtp", "rtcp"}) - {"dtls"}
    as_rtcp = [word for port in sorted(ports) for word in ("-d", f"udp.port=={port},rtcp")]
    media = Reader(capture, folder / "media", known, list(RTP))
    reports = Reader(
        capture, folder / "reports", known, ["-o", "udp.try_heuristic_first:TRUE", *as_rtcp]
    )
    for what, reader in (("RTP", media), ("RTCP", reports)):
        complaints += [f"{what}: {frame.strip()}" for frame in reader.frames(FAULTY)[:3]]
    for host, side in (("alice", "caller"), ("bob", "callee")):
        sent = media.frames(f"rtp && {at(host, 'out')}")
        expect(f"RTP that {host} sends", len(sent), measured[f"{side}_packets_sent"])
        received = media.frames(f"rtp && {at(host, 'in')}")
        expect(f"RTP that {host} takes", len(received), measured[f"{side}_packets_received"])
        nacks = reports.frames(f"rtcp.rtpfb.fmt == 1 && {at(host, 'out')}")
        expect(f"NACKs of {host}", len(nacks), measured[f"{side}_nack_count"])
        if not reports.frames(f"rtcp.pt == 200 && rtcp.sdes.type == 1 && {at(host, 'out')}"):
            complaints.append(f"no sender report of {host} with its CNAME")
    # Each packet is one of these, and each of the media says that it was decrypted.
    decrypted = len(dtls.frames(DECRYPTED))
    read = len(media.frames("rtp")) + len(reports.frames("rtcp.pt"))
    expect("media", read, decrypted)
    others = len(dtls.frames("udp && (dtls || stun)"))
    expect("all that there is", others + decrypted, len(dtls.frames("udp")))
    return complaints


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: decrypted_call.py NATSIM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        complaints = judge(Path(arguments[0]).resolve(), Path(folder))
    print("\n".join(complaints) or "tshark reads the whole call")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
