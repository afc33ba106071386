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


def run(natsim: str, file: str, folder: str) -> list[dict]:
    command = [natsim, "live", file, "--json", "--no-record", "--max-lateness", "1s"]
    if "pictures" in Path(file).read_text(encoding="utf-8"):
        command += ["--set", f"pictures={folder}/page"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


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
            if not bad:
                return 0
            print(f"try {attempt + 1}: {bad} did not hold")
    return 1


if __name__ == "__main__":
    sys.exit(main())
