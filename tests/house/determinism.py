"""Same seed, same bytes: python3 determinism.py NATSIM… compares builds of the program.

Every shipped scenario runs in the first build, then elsewhere and in other surroundings in each.
What it reports, but for the wall time, and the capture's bytes have to be the same everywhere;
another seed has to give another digest.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shorter import settings_for

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Surroundings:
    """What must not matter: the folder, the environment, the terminal."""

    environment: dict[str, str]


PLAIN = Surroundings({"LC_ALL": "C", "TZ": "UTC"})
OTHER = Surroundings({"LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata", "COLUMNS": "40"})


@dataclass(frozen=True)
class Run:
    """What one run of a scenario file left behind."""

    reports: tuple[str, ...]
    digests: tuple[str, ...]
    capture: str

    def difference(self, other: "Run") -> str | None:
        for mine, its in zip(self.reports, other.reports):
            if mine != its:
                return f"reports differ:\n    {mine}\n    {its}"
        if len(self.reports) != len(other.reports):
            return f"{len(self.reports)} reports and {len(other.reports)}"
        if self.capture != other.capture:
            return "the reports are the same, the captures differ"
        return None


def run(program: Path, scenario: Path, seed: int, surroundings: Surroundings) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder, "run.pcapng")
        command = [program, "run", scenario, "--json", "--seed", str(seed), "--pcap", capture]
        command += settings_for(scenario)
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=folder,
            env={"PATH": os.defpath, **surroundings.environment},
            timeout=TIME_LIMIT_S,
            check=False,
        )
        if done.returncode not in (0, 1):
            output = done.stdout + done.stderr
            raise RuntimeError(f"{scenario.name}: exit {done.returncode}: {output}")
        reports = []
        digests = []
        for line in done.stdout.splitlines():
            report = json.loads(line)
            del report["wall_seconds"]
            digests.append(report["digest"])
            reports.append(json.dumps(report))
        digest = hashlib.sha256(capture.read_bytes()).hexdigest()
        return Run(tuple(reports), tuple(digests), digest)


def check(programs: list[Path], scenario: Path) -> list[str]:
    """What is wrong with a scenario file's runs, or nothing."""
    reference = run(programs[0], scenario, 1, PLAIN)
    if not reference.reports:
        return [f"{scenario.name}: no scenario ran"]
    complaints = []
    for program in programs:
        difference = reference.difference(run(program, scenario, 1, OTHER))
        if difference:
            complaints.append(f"{scenario.name}: {programs[0]} and {program}: {difference}")
    another = run(programs[0], scenario, 2, PLAIN)
    for report, mine, its in zip(reference.reports, reference.digests, another.digests):
        if mine == its:
            name = json.loads(report)["scenario"]
            complaints.append(f"{scenario.name}: '{name}': seed 2 has the digest of seed 1")
    return complaints


def main(arguments: list[str]) -> int:
    programs = [Path(argument).resolve() for argument in arguments]
    # What runs real programs is for natsim live.
    scenarios = sorted(each for each in SCENARIOS.rglob("*.lua") if each.parent.name != "live")
    if not programs or not scenarios:
        print("usage: determinism.py NATSIM…; there have to be scenarios", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda scenario: check(programs, scenario), scenarios)
        complaints = [each for complaints in found for each in complaints]
    for complaint in complaints:
        print(complaint)
    print(f"{len(scenarios)} files in {len(programs)} builds: ", end="")
    print(f"{len(complaints)} differences" if complaints else "the same bytes")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
