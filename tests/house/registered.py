"""Every scenario that ships is a test: python3 registered.py BUILD_FOLDER asks ctest."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: registered.py BUILD_FOLDER", file=sys.stderr)
        return 2
    listing = subprocess.run(
        ["ctest", "--test-dir", arguments[0], "--show-only=json-v1", "--tests-regex", "^(scenario|live)"],
        capture_output=True,
        text=True,
        check=True,
    )
    words = {word for test in json.loads(listing.stdout)["tests"] for word in test["command"]}
    files = sorted(ROOT.glob("scenarios/**/*.lua"))
    scenarios = [file.relative_to(ROOT).as_posix() for file in files]
    missing = [each for each in scenarios if each not in words and str(ROOT / each) not in words]
    for each in missing:
        print(f"{each}:1: no test runs this scenario")
    print(f"{len(scenarios)} scenario files, {len(missing)} without a test")
    return 1 if missing or not scenarios else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
