#!/usr/bin/env python3
"""How late natsim live forwards, beside a plain forwarder: python3 forwarding.py NATSIM LOAD [ROUNDS].

The cells are run in turn, so that both see the same machine. Of what else ran on it, in cores, a
column tells; a round with a tenth of a core or more of it does not count.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 2.0
CELLS = [  # name, rate, bytes, delay in ms (None: the plain forwarder)
    ("plain 2000/s", 2000, 400, None),
    ("natsim 2000/s", 2000, 400, 0),
    ("natsim 2000/s, 10 ms", 2000, 400, 10),
    ("plain 50000/s", 50_000, 200, None),
    ("natsim 50000/s", 50_000, 200, 0),
]


def used_by_others() -> dict[tuple[str, str], int]:
    """What each process but this one has computed, in ticks; by its number and when it began."""
    used = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        if stat.parent.name != str(os.getpid()):
            used[stat.parent.name, fields[19]] = int(fields[11]) + int(fields[12])
    return used


def run(natsim: str, load: str, rate: int, size: int, delay: int | None) -> dict:
    if delay is None:
        told = subprocess.run([load, "forward", str(rate), str(SECONDS), str(size)],
                              capture_output=True, text=True, check=True)
        lines = {each["type"]: each for each in map(json.loads, told.stdout.splitlines())}
        return {"sent": lines["sent"]["sent"], **lines["result"]}
    told = subprocess.run(
        [natsim, "live", Path(__file__).with_name("forwarding.lua"), "--json", "--no-record", "--set",
         f"load={load}", "--set", f"rate={rate}", "--set", f"bytes={size}", "--set",
         f"seconds={SECONDS}", "--set", f"delay={delay}ms", "--max-lateness", "1s"],
        capture_output=True, text=True)
    result = json.loads(told.stdout.splitlines()[-1])
    if result["outcome"] != "pass":
        raise SystemExit(f"natsim: {result.get('error') or result['failures']}")
    measured = result["metrics"]
    return {"sent": measured["sent"], "received": measured["received"],
            "p50_ms": measured["p50"] - delay, "p99_ms": measured["p99"] - delay,
            "p999_ms": measured["p999"] - delay}


def main() -> None:
    natsim, load = (str(Path(each).resolve()) for each in sys.argv[1:3])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    results: dict[str, list[dict]] = {name: [] for name, *_ in CELLS}
    for _ in range(rounds):
        for name, rate, size, delay in CELLS:
            before, began = used_by_others(), time.monotonic()
            result = run(natsim, load, rate, size, delay)
            took = time.monotonic() - began
            # Of those that were there before and are there still; the cell's own have ended.
            ticks = sum(now - before[each] for each, now in used_by_others().items()
                        if each in before)
            result["foreign"] = ticks / os.sysconf("SC_CLK_TCK") / took
            results[name].append(result)
    print(f"{'':24}{'quiet':>7}{'lost':>8}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>10}{'foreign':>9}")
    for name, all_rounds in results.items():
        quiet = [each for each in all_rounds if each["foreign"] < 0.1] or all_rounds
        middle = {key: statistics.median(each[key] for each in quiet)
                  for key in ("p50_ms", "p99_ms", "p999_ms", "foreign")}
        lost = sum(each["sent"] - each["received"] for each in quiet)
        print(f"{name:24}{len([e for e in all_rounds if e['foreign'] < 0.1]):>4}/{rounds}{lost:>8}"
              f"{middle['p50_ms']:>9.3f}{middle['p99_ms']:>9.3f}{middle['p999_ms']:>10.3f}"
              f"{middle['foreign']:>9.2f}")


if __name__ == "__main__":
    main()
