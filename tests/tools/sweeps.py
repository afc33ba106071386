"""Sweeps survive whatever ends them: python3 sweeps.py NATSIM.

A sweep that is killed ten times at random and taken up again leaves the rows of one that was left
alone, and so do one worker and eight. What differs from the database is refused.
"""

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCENARIO = """\
scenario("call", function(net)
  local loss = param("loss", "0%")
  local internet = net:router("internet")
  local a = net:host("a", { link = { internet, loss = loss } })
  local b = net:host("b", { link = { internet } })
  local echo = b:echo({ port = 7 })
  local socket = a:udp()
  local heard = 0
  for _ = 1, 200 do
    socket:send(echo, "x")
    if socket:receive("1s") then heard = heard + 1 end
  end
  metric("heard", heard)
  metric("all", heard == 200)
end)
"""
RUNS = 3 * 400
KILLS = 10


class Sweep:
    def __init__(self, program: Path, folder: Path):
        self.program = program
        self.folder = folder

    def command(self, out: str, *more: str) -> list[str]:
        words = ["sweep", "call.lua", "--vary", "loss=0%:20%:10%", "--seeds", str(RUNS // 3)]
        return [str(self.program), *words, "--out", out, *more]

    def run(self, out: str, *more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(out, *more),
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=300,
            check=False,
        )

    def begin(self, out: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(out, "-j", "2"),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self, out: str) -> list[str]:
        with sqlite3.connect(self.folder / out) as database:
            return list(database.iterdump())

    def done(self, out: str) -> int:
        """How many runs the database holds."""
        try:
            with sqlite3.connect(self.folder / out) as database:
                return database.execute("SELECT count(*) FROM runs").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


def check_kills(sweep: Sweep, expected: list[str]) -> list[str]:
    chance = random.Random()  # another moment each time
    complaints = []
    kept = 0
    for _ in range(KILLS):
        running = sweep.begin("killed.db")
        time.sleep(chance.uniform(0, 0.4))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        done = sweep.done("killed.db")
        if done < kept:
            complaints.append(f"killed: {kept} runs were there, {done} are left")
        kept = done
    resumed = sweep.run("killed.db")
    if resumed.returncode != 0 or sweep.rows("killed.db") != expected:
        complaints.append(f"killed: other rows, exit {resumed.returncode}: {resumed.stderr}")
    return complaints


def check_interruption(sweep: Sweep, expected: list[str]) -> list[str]:
    running = sweep.begin("interrupted.db")
    for _ in range(200):
        time.sleep(0.02)
        if sweep.done("interrupted.db") > 0 or running.poll() is not None:
            break
    if running.poll() is None:
        running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    complaints = []
    if running.returncode == 130:
        if f"of {RUNS} runs done; the same command goes on" not in said:
            complaints.append(f"interrupted: {said}")
    elif running.returncode != 0:  # It may have been faster.
        complaints.append(f"interrupted: exit {running.returncode}: {said}")
    resumed = sweep.run("interrupted.db")
    if resumed.returncode != 0 or sweep.rows("interrupted.db") != expected:
        complaints.append(f"interrupted: other rows, exit {resumed.returncode}: {resumed.stderr}")
    return complaints


def check_refusals(sweep: Sweep) -> list[str]:
    """A database belongs to one sweep; a sweep to one scenario."""
    refused = {
        "another seed": (("--seed", "2"), "seed was '1' and is now '2'"),
        "another grid": (("--vary", "loss=1%"), "--vary loss: it is varied twice"),
        "no such parameter": (("--set", "lost=1%"), "did you mean 'loss'?"),
        "nothing to draw": (("--sample", "2"), "declares no distribution"),
    }
    complaints = []
    for what, (words, says) in refused.items():
        done = sweep.run("one.db", *words)
        if done.returncode != 2 or says not in done.stderr:
            complaints.append(f"{what}: exit {done.returncode}: {done.stderr}")
    scenario = sweep.folder / "call.lua"
    scenario.write_text(SCENARIO + "-- changed\n", encoding="utf-8")
    done = sweep.run("one.db")
    if done.returncode != 2 or "call.lua has been changed since" not in done.stderr:
        complaints.append(f"a changed file: exit {done.returncode}: {done.stderr}")
    return complaints


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: sweeps.py NATSIM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(Path(arguments[0]).resolve(), Path(folder))
        (sweep.folder / "call.lua").write_text(SCENARIO, encoding="utf-8")
        complaints = []
        for jobs, out in (("1", "one.db"), ("8", "eight.db")):
            done = sweep.run(out, "-j", jobs)
            if done.returncode != 0 or sweep.done(out) != RUNS:
                complaints.append(f"-j {jobs}: exit {done.returncode}: {done.stderr}")
        expected = sweep.rows("one.db")
        if sweep.rows("eight.db") != expected:
            complaints.append("-j 1 and -j 8 leave different rows")
        again = sweep.run("one.db")
        if f"{RUNS} of {RUNS} runs are in one.db already" not in again.stderr:
            complaints.append(f"again: {again.stderr}")
        complaints += check_kills(sweep, expected)
        complaints += check_interruption(sweep, expected)
        complaints += check_refusals(sweep)
    for complaint in complaints:
        print(complaint)
    print(f"{RUNS} runs, {KILLS} kills, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
