"""A cluster gives the rows of one machine: python3 cluster.py NATSIM.

A sweep by the ranks of mpirun, one whose worker is killed on the way, and one that was killed as a
whole and taken up again leave the rows of a sweep by threads. Needs natsim-mpi beside natsim.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sweeps import RUNS, SCENARIO, Sweep

MPIRUN = ("mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "3")


class Cluster(Sweep):
    def launch(self, out: str, *more: str, recovery: bool = True) -> subprocess.Popen:
        """In a session of its own, so that nothing of it is left behind."""
        survives = ("--enable-recovery",) if recovery else ()
        return subprocess.Popen(
            [*MPIRUN, *survives, *self.command(out, *more)],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def finish(running: subprocess.Popen) -> str:
    try:
        return running.communicate(timeout=120)[1]
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        return f"it hung: {running.communicate()[1]}"


def ranks_of(running: subprocess.Popen) -> list[int]:
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    ranks = []
    for child in children.read_text(encoding="ascii").split():
        try:
            environment = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for entry in environment:
            if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                ranks.append((int(entry.partition(b"=")[2]), int(child)))
    return [process for _, process in sorted(ranks)]


def wait_for_rows(cluster: Cluster, out: str, running: subprocess.Popen) -> None:
    for _ in range(500):
        if cluster.done(out) > 0 or running.poll() is not None:
            return
        time.sleep(0.01)


def check_whole(cluster: Cluster, expected: list[str]) -> list[str]:
    running = cluster.launch("whole.db")
    said = finish(running)
    if running.returncode != 0 or cluster.rows("whole.db") != expected:
        return [f"three ranks: other rows, exit {running.returncode}: {said}"]
    return []


def check_dead_worker(cluster: Cluster, expected: list[str]) -> list[str]:
    chance = random.Random()  # another moment each time
    running = cluster.launch("dead.db")
    wait_for_rows(cluster, "dead.db", running)
    time.sleep(chance.uniform(0, 0.2))
    ranks = ranks_of(running)
    if len(ranks) != 3:
        finish(running)
        return [] if running.returncode == 0 else [f"dead worker: there were {len(ranks)} ranks"]
    os.kill(ranks[chance.choice((1, 2))], signal.SIGKILL)
    said = finish(running)
    if cluster.rows("dead.db") != expected:
        return [f"dead worker: other rows, exit {running.returncode}: {said}"]
    return []


def check_all_dead(cluster: Cluster, expected: list[str]) -> list[str]:
    running = cluster.launch("killed.db", recovery=False)
    wait_for_rows(cluster, "killed.db", running)
    os.killpg(running.pid, signal.SIGKILL)
    for rank in ranks_of(running):
        os.kill(rank, signal.SIGKILL)
    running.communicate()
    time.sleep(0.5)  # ranks see that mpirun has gone
    again = cluster.launch("killed.db")
    said = finish(again)
    if again.returncode != 0 or cluster.rows("killed.db") != expected:
        return [f"killed and taken up: other rows, exit {again.returncode}: {said}"]
    return []


def check_refusal(cluster: Cluster) -> list[str]:
    running = cluster.launch("refused.db", "-j", "2", recovery=False)
    said = finish(running)
    if running.returncode == 0 or said.count("--jobs: under MPI") != 1:
        return [f"--jobs: exit {running.returncode}: {said}"]
    return []


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: cluster.py NATSIM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(arguments[0]).resolve(), Path(folder))
        (cluster.folder / "call.lua").write_text(SCENARIO, encoding="utf-8")
        cluster.run("one.db")
        expected = cluster.rows("one.db")
        complaints = check_whole(cluster, expected)
        complaints += check_dead_worker(cluster, expected)
        complaints += check_all_dead(cluster, expected)
        complaints += check_refusal(cluster)
    for complaint in complaints:
        print(complaint)
    print(f"{RUNS} runs, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
