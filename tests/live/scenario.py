"""A scenario of real programs holds: python3 scenario.py NATSIM FILE.

Each of the file's scenarios is run by natsim live. Exits 77 with a reason where namespaces cannot be
made or a program that it names is not installed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What says that this machine lacks something.
LACKS = ("/dev/net/tun", "may not make", "cannot be made", "No such file or directory", "install ")
TRIES = 2  # a browser on a busy machine is slow now and then
# What the explanation of a recording has to say, by the file's name: why the direct pairs failed.
EXPLAINED = {
    "two_browsers.lua": (
        "alice says nothing of its ICE agent", "with bob's srflx 192.0.2.2:",
        "bob-nat (EIM/APDF, port-restricted) dropped", "But alice had signalled 192.0.2.1:",
        "alice-nat keeping 192.168.1.2:",
    ),
}


def run(natsim: str, file: str, folder: str) -> list[dict]:
    command = [natsim, "live", file, "--json", "--max-lateness", "1s"]
    command += ["--record", recording_in(folder)] if Path(file).name in EXPLAINED else ["--no-record"]
    if "pictures" in Path(file).read_text(encoding="utf-8"):
        command += ["--set", f"pictures={folder}/page"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def recording_in(folder: str) -> str:
    return f"{folder}/run.live"


def is_explained(natsim: str, file: str, folder: str, live: dict) -> bool:
    """Replayed twice it is the live run, and it says why its direct pairs failed."""
    recording = recording_in(folder)
    for _ in range(2):
        replay = subprocess.run([natsim, "replay", recording, "--json"], cwd=ROOT, capture_output=True,
                                text=True, timeout=60)
        again = json.loads(replay.stdout)
        if again["digest"] != live["digest"]:
            print(f"replayed: digest {again['digest']}, live {live['digest']}")
            return False
    explanation = subprocess.run([natsim, "explain", recording], cwd=ROOT, capture_output=True, text=True,
                                 timeout=60).stdout
    words = " ".join(explanation.split())
    missing = [clause for clause in EXPLAINED[Path(file).name] if clause not in words]
    if missing:
        print(f"explained without {missing}:\n{explanation}")
    return not missing


def main() -> int:
    natsim, file = str(Path(sys.argv[1]).resolve()), str(ROOT / sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        for attempt in range(TRIES):
            bad = 0
            for told in run(natsim, file, folder):
                why = str(told.get("failures") or told.get("error") or "")
                if told["outcome"] != "pass" and any(word in why for word in LACKS):
                    print(f"skipped: {why}")
                    return 77
                print(f"{told['outcome']}: {told['scenario']} {why}")
                bad += told["outcome"] != "pass" or not told["outside"]["valid"]
                if told["outcome"] == "pass" and Path(file).name in EXPLAINED:
                    bad += not is_explained(natsim, file, folder, told)
            if not bad:
                return 0
            print(f"try {attempt + 1}: {bad} did not hold")
    return 1


if __name__ == "__main__":
    sys.exit(main())
