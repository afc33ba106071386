"""The real peers with each other, natsim left out: python3 peers.py BUILD [--only OFFERER:ANSWERER].

Every ordered pair of Chromium, aiortc and pion, in two namespaces joined by a veth pair: ICE and DTLS
have to connect, both sides to hear the other on the data channel, and media to come both ways. What
fails here is a peer's own fault, and no simulated network's. Exits 77 with a reason where a peer is
missing or namespaces cannot be made.
"""

import argparse
import json
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/kernel"))

from namespaces import Namespace, leave_the_machine  # noqa: E402
from judges import missing_peers  # noqa: E402

PEERS = ("chromium", "aiortc", "pion")
SIGNALS = ("offer", "answer", "candidate")
LIMIT = 15.0  # seconds until all that is expected of a pair has to have happened


class Program:
    """A peer in a namespace, by its lines."""

    def __init__(self, command: list[str], place: Namespace) -> None:
        with place.entered():
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL)
        self.pending = b""
        self.ended = False
        self.heard: list[dict] = []

    def tell(self, message: dict) -> None:
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.ended = True

    def read(self) -> list[dict]:
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.ended |= not data
        *lines, self.pending = (self.pending + data).split(b"\n")
        messages = [json.loads(line) for line in lines]
        self.heard += messages
        return messages

    def close(self) -> int | None:
        """Says goodbye; the exit code, or None of one that had to be killed."""
        self.tell({"type": "bye"})
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            with suppress(BrokenPipeError):  # it still holds what could not be told
                self.process.stdin.close()
            self.process.stdout.close()


def joined_namespaces() -> tuple[Namespace, Namespace]:
    """Two hosts on one wire, each with a default route: without one, Chromium has no candidates."""
    hosts = Namespace(), Namespace()
    for host in hosts:
        with host.entered():
            for scope in ("all", "default"):
                Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1", encoding="ascii")
                Path(f"/proc/sys/net/ipv4/conf/{scope}/rp_filter").write_text("0", encoding="ascii")
    with hosts[0].entered():
        ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", hosts[1].path)
    for number, host in enumerate(hosts, 1):
        with host.entered():
            ip("link", "set", "lo", "up")
            ip("address", "add", f"192.0.2.{number}/24", "dev", "eth0")
            ip("link", "set", "eth0", "up")
            ip("route", "add", "default", "via", f"192.0.2.{3 - number}")
    return hosts


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def has(program: Program, **fields: str) -> bool:
    return any(all(each.get(name) == value for name, value in fields.items())
               for each in program.heard)


def missing(program: Program, media: list[str], data: bool) -> list[str]:
    """What has not yet happened to it."""
    found = [] if has(program, type="state", what="connection", state="connected") else ["connected"]
    if data and not has(program, type="data", text="hello"):
        found.append("data")
    return found + [kind for kind in media if not has(program, type="media", kind=kind)]


def carry(sides: list[Program], done) -> bool:
    """Relays signalling until done() holds; false when time is up or a peer has ended."""
    end = time.monotonic() + LIMIT
    with selectors.DefaultSelector() as selector:
        for side in sides:
            selector.register(side.process.stdout, selectors.EVENT_READ, side)
        while not done():
            left = end - time.monotonic()
            if left <= 0 or any(side.ended for side in sides):
                return False
            for key, _ in selector.select(left):
                other = sides[1 - sides.index(key.data)]
                for message in key.data.read():
                    if message["type"] in SIGNALS:
                        other.tell(message)
    return True


def complaints(sides: list[Program], media: list[str], data: bool) -> list[str]:
    """Plays a call; what did not happen in it."""
    if not carry(sides, lambda: all(has(side, type="ready") for side in sides)):
        return ["not ready"]
    for side, role in zip(reversed(sides), ("answer", "offer")):
        side.tell({"type": "start", "role": role, "media": media, "data": data})
    carry(sides, lambda: not any(missing(side, media, data) for side in sides))
    found = []
    for role, side in zip(("offerer", "answerer"), sides):
        found += [f"{role}: no {each}" for each in missing(side, media, data)]
        found += [f"{role}: {each['message']}" for each in side.heard if each["type"] == "error"]
        side.tell({"type": "stats"})
    carry(sides, lambda: all(has(side, type="stats") for side in sides))
    for role, side, own in zip(("offerer", "answerer"), sides, ("192.0.2.1", "192.0.2.2")):
        pair = next((each["pair"] for each in side.heard if each["type"] == "stats"), None)
        if not pair or pair["local"]["address"] != own:
            found.append(f"{role}: its selected pair is {pair}")
    return found


def cases() -> list[tuple[str, str, list[str], bool]]:
    chosen = []
    for offerer in PEERS:
        for answerer in PEERS:
            if offerer == "aiortc":  # its offers can have one section
                chosen += [(offerer, answerer, [], True), (offerer, answerer, ["audio"], False)]
            else:
                chosen.append((offerer, answerer, ["audio", "video"], True))
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the folder for pion's program")
    parser.add_argument("--only", help="one pair, as chromium:pion")
    options = parser.parse_args()
    if options.only and set(options.only.split(":")) - set(PEERS):
        parser.error(f"--only '{options.only}': expected two of {', '.join(PEERS)}, as chromium:pion")
    build = options.build.resolve()
    absent = {name: why for name, why in missing_peers(build).items() if name in PEERS}
    for name, why in absent.items():
        print(f"left out: {name}: {why}")
    try:
        leave_the_machine()
        hosts = joined_namespaces()
    except OSError as error:
        print(f"skipped: namespaces cannot be made here: {error}")
        return 77
    commands = {"chromium": [str(ROOT / "tools/peers/chromium.py")],
                "aiortc": [str(ROOT / "tools/peers/aiortc_peer.py")], "pion": [str(build / "pion_peer")]}
    failed = ran = 0
    for offerer, answerer, media, data in cases():
        if {offerer, answerer} & absent.keys() or options.only not in (None, f"{offerer}:{answerer}"):
            continue
        began = time.monotonic()
        sides = [Program(commands[name], host) for name, host in zip((offerer, answerer), hosts)]
        try:
            why = complaints(sides, media, data)
        finally:
            codes = [side.close() for side in sides]
        why += [f"{name}: exit code {code}" for name, code in zip((offerer, answerer), codes) if code]
        why += [f"{name}: had to be killed" for name, code in zip((offerer, answerer), codes)
                if code is None]
        ran += 1
        failed += bool(why)
        what = "+".join(media + ["data"] * data)
        print(f"{'FAILED' if why else 'ok'}: {offerer} to {answerer}, {what}: "
              f"{'; '.join(why) or f'{time.monotonic() - began:.1f} s'}", flush=True)
    if ran == 0:
        print("skipped: no pair can be run here")
        return 77
    print(f"{ran - failed} of {ran} held")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
