"""The table of behaviours tells the truth: python3 behaviours.py compares it with the tests.

stack/BEHAVIOURS.md lists the numbered behaviours of the protocols. One that is built names a test of
its number, which has to exist; one that is left out says why, and must have none.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "stack" / "BEHAVIOURS.md"
TEST = re.compile(r"(?:TEST(?:_F|_P)?|RC_GTEST_(?:FIXTURE_)?PROP)\(\s*(\w+),\s*(\w+)")
NUMBER = re.compile(r"(?i)(?<![a-z])(STUN|TS|TC|ICE|MUX|SDP|DTLS|SRTP|RTP|CC)_?(\d{2})(?!\d)")
ROW = re.compile(r"^\| ([A-Z]+-\d\d) \| ([^|]*) \| ([^|]*) \|$")


def tests_by_number() -> dict[str, list[str]]:
    """Names of tests, "Suite.Name", by the behaviours that they carry in their own."""
    found = defaultdict(list)
    for source in sorted((ROOT / "tests").rglob("*.cc")):
        for suite, name in TEST.findall(source.read_text()):
            # "Sdp16And17" is told apart from words by its digits alone.
            for kind, number in NUMBER.findall(name.replace("_", " ")):
                found[f"{kind.upper()}-{number}"].append(f"{suite}.{name}")
    return found


def complaints_about(lines: list[str], found: dict[str, list[str]]) -> list[str]:
    complaints = []
    listed = set()
    for line in lines:
        row = ROW.match(line)
        if row is None:
            continue
        number, _, told = row.groups()
        listed.add(number)
        tests = found.get(number, [])
        named = re.findall(r"`([^`]+)`", told)
        if told.startswith("left out:"):
            complaints += [f"{number} is said to be left out, but {test} tests it" for test in tests]
        elif not named:
            complaints.append(f"{number}: neither a test nor 'left out: …'")
        complaints += [f"{number}: there is no test {test}" for test in named if test not in tests]
    return complaints + [f"{number} is missing" for number in sorted(found) if number not in listed]


def main() -> int:
    found = tests_by_number()
    lines = TABLE.read_text().splitlines()
    complaints = complaints_about(lines, found)
    for complaint in complaints:
        print(f"{TABLE.relative_to(ROOT)}: {complaint}")
    print(f"{sum(map(bool, map(ROW.match, lines)))} behaviours, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
