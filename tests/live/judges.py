"""Real WebRTC peers through simulated NATs are the judges: python3 judges.py NATSIM [--all].

natsim's own peer with aiortc, pion and Chromium, in both offer directions: without a NAT, both behind
port-restricted ones, and one behind a symmetric one with natsim's TURN server or with coturn; and two
Chromiums for each pair of the classic kinds, whose path has to be direct or relayed as the oracle says.
Without --all a part of them, that has each peer, direction and NAT once. Exits 77 with a reason when
there is nothing that can be run here.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLASSIC = ("full-cone", "restricted", "port-restricted", "symmetric")


def missing_peers(build: Path) -> dict[str, str]:
    """The peers that cannot be run here, and why."""
    missing = {}
    if shutil.which("chromium") is None:
        missing["chromium"] = "install chromium"
    if subprocess.run(["/usr/bin/python3", "-c", "import aiortc"], capture_output=True).returncode:
        missing["aiortc"] = "install python3-aiortc"
    built = subprocess.run([ROOT / "tools/peers/build_pion", build / "pion_peer"],
                           capture_output=True, text=True)
    if built.returncode:
        missing["pion"] = built.stderr.strip().removeprefix("natsim: ")
    if shutil.which("turnserver") is None:
        missing["coturn"] = "install coturn"
    return missing


def direct(one: str, other: str) -> bool:
    """Whether two classic kinds find a direct path (stack.md section 4.2)."""
    kinds = {one, other}
    return not (kinds == {"symmetric"} or kinds == {"symmetric", "port-restricted"})


def cases(every: bool) -> list[dict[str, str]]:
    chosen = []
    for peer in ("aiortc", "pion", "chromium"):
        for caller, callee in (("natsim", peer), (peer, "natsim")):
            for nat in ("none", "port-restricted", "symmetric"):
                for turn in ("natsim", "coturn"):
                    part = {"none": caller == "natsim", "port-restricted": caller == peer,
                            "symmetric": (turn == "coturn") == (caller == "natsim")}[nat]
                    if every or (part and (turn == "natsim" or nat == "symmetric")):
                        chosen.append({"caller": caller, "callee": callee, "nat": nat, "turn": turn})
    for one in CLASSIC if every else ():
        for other in CLASSIC:
            chosen.append({"caller": "chromium", "callee": "chromium", "nat": one,
                           "callee_nat": other, "path": "direct" if direct(one, other) else "relay"})
    return chosen


def run(natsim: Path, build: Path, scenario: str, case: dict[str, str]) -> dict:
    command = [natsim, "live", scenario, "--json", "--no-record"]
    for name, value in (case | {"pion": str(build / "pion_peer")}).items():
        command += ["--set", f"{name}={value}"]
    # What other tests do to this machine at the same time is no fault of the peers.
    command += ["--max-lateness", "1s"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {"outcome": "error", "error": {"message": done.stderr}}


def complaint(told: dict) -> str:
    if told["outcome"] == "pass":
        return ""
    failures = told.get("failures") or [told.get("error", {})]
    return str(failures[0].get("message", "no reason given"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("natsim", type=Path)
    parser.add_argument("--scenario", default="scenarios/live/judge.lua")
    parser.add_argument("--all", action="store_true", help="every combination")
    options = parser.parse_args()
    natsim = options.natsim.resolve()
    build = natsim.parent
    missing = missing_peers(build)
    for name, why in missing.items():
        print(f"left out: {name}: {why}")
    failed = ran = 0
    for case in cases(options.all):
        if missing.keys() & case.values():
            continue
        told = run(natsim, build, options.scenario, case)
        why = complaint(told)
        if why and "cannot be opened by this user" in why or "may not make" in why:
            print(f"skipped: {why}")
            return 77
        if why:  # once more: a browser on a busy machine is slow now and then
            print(f"tried again: {' '.join(case.values())}: {why}")
            told = run(natsim, build, options.scenario, case)
            why = complaint(told)
        ran += 1
        failed += bool(why)
        after = told.get("metrics", {}).get("connected after")
        print(f"{'FAILED' if why else 'ok'}: {' '.join(case.values())}: "
              f"{why or f'connected after {after:.3f} s'}", flush=True)
    if ran == 0:
        print("skipped: no peer can be run here")
        return 77
    print(f"{ran - failed} of {ran} held")
    return 1 if failed else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
