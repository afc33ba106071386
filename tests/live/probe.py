"""natsim probe behind the kernel's NAT: python3 probe.py NATSIM.

Plain and fully-random masquerade, no NAT and blocked UDP, in network namespaces, with natsim serve stun
outside. The timeouts of the kernel are made short. What was measured has to be right, and the preset
that is written has to behave the same in natsim matrix and to natsim's own probe in a scenario.
Exits 77 with a reason where namespaces cannot be made.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

PREFIX = f"natsim-probe-{os.getpid()}"
INSIDE, BOX, OUTSIDE = (f"{PREFIX}-{part}" for part in ("in", "box", "out"))
SERVER, OTHER = "203.0.113.10", "203.0.113.11"
TIMEOUTS = {"nf_conntrack_udp_timeout": 3, "nf_conntrack_udp_timeout_stream": 7}


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def within(namespace: str, *words: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(["ip", "netns", "exec", namespace, *words], text=True, **more)


def set_up(stack: ExitStack) -> None:
    for namespace in (INSIDE, BOX, OUTSIDE):
        ip("netns", "add", namespace)
        stack.callback(subprocess.run, ["ip", "netns", "del", namespace], check=False)
        ip("-n", namespace, "link", "set", "lo", "up")
    for namespace, own, address, peer in ((INSIDE, "lan", "10.0.0.1/24", "10.0.0.2/24"),
                                          (OUTSIDE, "wan", "203.0.113.1/24", f"{SERVER}/24")):
        ip("-n", BOX, "link", "add", own, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        ip("-n", BOX, "addr", "add", address, "dev", own)
        ip("-n", BOX, "link", "set", own, "up")
        ip("-n", namespace, "addr", "add", peer, "dev", "eth0")
        ip("-n", namespace, "link", "set", "eth0", "up")
    ip("-n", OUTSIDE, "addr", "add", f"{OTHER}/24", "dev", "eth0")
    ip("-n", INSIDE, "route", "add", "default", "via", "10.0.0.1")
    # Without a NAT the inside host's own address is answered.
    ip("-n", OUTSIDE, "route", "add", "10.0.0.0/24", "via", "203.0.113.1")
    within(BOX, "sysctl", "-qw", "net.ipv4.ip_forward=1", check=True)


def use_nat(rules: str) -> None:
    within(BOX, "nft", "-f", "-", check=True, input=f"""
        flush ruleset
        table ip box {{
          chain post {{ type nat hook postrouting priority srcnat; {rules} }}
          chain input {{ type filter hook input priority filter; ct state new iif wan drop; }}
        }}""")
    for name, value in TIMEOUTS.items():
        within(BOX, "sysctl", "-qw", f"net.netfilter.{name}={value}", check=True)


def probe(natsim: Path, *words: str) -> tuple[int, dict]:
    done = within(INSIDE, str(natsim), "probe", "--server", f"{SERVER}:3478", "--json", *words,
                  capture_output=True, timeout=240)
    return done.returncode, json.loads(done.stdout)


class Checks:
    def __init__(self) -> None:
        self.failed = 0

    def equal(self, what: str, got, wanted) -> None:
        good = got == wanted
        self.failed += not good
        print(f"{'ok' if good else 'FAILED'}: {what}: {got}{'' if good else f', not {wanted}'}",
              flush=True)

    def holds(self, what: str, got, good: bool) -> None:
        self.failed += not good
        print(f"{'ok' if good else 'FAILED'}: {what}: {got}", flush=True)


def check_timeout(checks: Checks, what: str, found: dict, seconds: float) -> None:
    low, high = found["alive_after"], found["expired_after"]
    # The kernel looks at its clock when it likes: a tenth of a second more or less.
    good = low is not None and high is not None and low <= seconds + 0.2 and high >= seconds - 0.2
    checks.holds(what, f"{low} to {high} s, is {seconds} s", good and high - low <= 1.0)


def check_kernel(checks: Checks, natsim: Path, folder: Path, name: str, rules: str, mapping: str,
                 ports: str) -> None:
    print(f"== {name}")
    use_nat(rules)
    preset = folder / f"{name}.lua"
    code, found = probe(natsim, "--longest-lifetime", "10s", "--lifetime-resolution", "500ms",
                        "--preset", str(preset))
    checks.equal("exit", code, 0)
    # A symmetric NAT hides whether it is its mapping or its hairpinning that keeps a packet out.
    hairpin = "absent" if mapping == "endpoint-independent" else "cannot tell"
    for key, wanted in (("mapping", mapping), ("filtering", "address-and-port-dependent"),
                        ("hairpin", hairpin), ("ports", ports)):
        checks.equal(key, found[key], wanted)
    check_timeout(checks, "timeout", found["timeout"], TIMEOUTS["nf_conntrack_udp_timeout"])
    check_timeout(checks, "timeout once used", found["timeout_once_used"],
                  TIMEOUTS["nf_conntrack_udp_timeout_stream"])

    # The matrix: its row reads as that of its kind, but for times.
    kind = "EIM/APDF" if mapping == "endpoint-independent" else "APDM/APDF"
    cells = json.loads(subprocess.run(
        [natsim, "matrix", "--turn", "--json", "--nat", preset], check=True, capture_output=True,
        text=True).stdout)
    row = {cell["b"]: cell["path"] for cell in cells if cell["a"] == name[:9]}
    model = {cell["b"]: cell["path"] for cell in cells if cell["a"] == kind}
    for other in model:
        if "/" in other or other == "OPEN":
            checks.holds(f"matrix, to {other}", row[other], row[other] == model[other])

    # A scenario: the simulated NAT gives the same answers to the same questions.
    scenario = folder / "again.lua"
    scenario.write_text(f"""
        scenario("again", function(net)
          local internet = net:router("internet")
          local server = net:host("server", {{ ip = {{ "203.0.113.10", "203.0.113.11" }}, link = {{ internet }} }})
          server:stun_server()
          local host = net:home("host", {{ nat = require("{name}"), wan = {{ internet, one_way_delay = "5ms" }} }})
          local found = host:probe(server, {{ lifetime = true, longest_lifetime = "10s", lifetime_resolution = "500ms" }})
          expect(found.mapping).equals("{found['mapping']}")
          expect(found.filtering).equals("{found['filtering']}")
          expect(found.alive_after).between("2s", "4s")
        end)""")
    again = subprocess.run([natsim, "run", scenario, "--json"], capture_output=True, text=True)
    told = json.loads(again.stdout.splitlines()[-1])
    checks.holds("in a scenario", told.get("failures") or told.get("error") or told["outcome"],
                 told["outcome"] == "pass")


def check_others(checks: Checks, natsim: Path) -> None:
    print("== no NAT")
    use_nat("")
    code, found = probe(natsim, "--no-lifetime")
    checks.equal("exit", code, 0)
    checks.equal("mapping", found["mapping"], "no translation")
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.lua"
        kept.write_text("return {}")
        code, _ = probe(natsim, "--no-lifetime", "--preset", str(kept))
        checks.equal("no preset of no NAT", (code, kept.read_text()), (1, "return {}"))
    done = within(INSIDE, str(natsim), "probe", "--server", f"{SERVER}:3478", "--bind", "192.0.2.9",
                  capture_output=True)
    checks.holds("an address of another machine", done.stderr.strip(),
                 done.returncode == 2 and "192.0.2.9 cannot be sent from" in done.stderr)
    print("== UDP blocked")
    within(BOX, "nft", "add", "rule", "ip", "box", "input", "drop", check=True)
    within(BOX, "nft", "add chain ip box forward { type filter hook forward priority filter; }",
           check=True)
    within(BOX, "nft", "add", "rule", "ip", "box", "forward", "ip", "protocol", "udp", "drop",
           check=True)
    code, found = probe(natsim, "--no-lifetime")
    checks.equal("exit", code, 1)
    checks.equal("blocked", found["udp_blocked"], True)


def main() -> int:
    natsim = Path(sys.argv[1]).resolve()
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nft") is None:
        print("skipped: it takes root, ip and nft to have a kernel's NAT")
        return 77
    with ExitStack() as stack:
        try:
            set_up(stack)
        except subprocess.CalledProcessError as error:
            print(f"skipped: namespaces cannot be made: {error.stderr}")
            return 77
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = subprocess.Popen(
            ["ip", "netns", "exec", OUTSIDE, natsim, "serve", "stun", "--listen", f"{SERVER}:3478",
             "--alternate", f"{OTHER}:3479"], stdout=subprocess.DEVNULL)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        time.sleep(0.3)
        checks = Checks()
        check_kernel(checks, natsim, folder, "plain", "oif wan masquerade;", "endpoint-independent",
                     "preserved")
        check_kernel(checks, natsim, folder, "random", "oif wan masquerade fully-random;",
                     "address-and-port-dependent", "random")
        check_others(checks, natsim)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
