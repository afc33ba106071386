"""natsim compare as a gate, and tables and plots of a sweep: python3 gates.py NATSIM.

An ICE agent that paces twice as slowly is found, and named; other seeds alone are not, over 20 tries.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCENARIO = """\
scenario("paced", function(net)
  local ta = param("ta", "50ms")
  local nat = param("nat", "full-cone")
  local internet = net:router("internet")
  local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
  server:stun_server()
  local wan = { internet, one_way_delay = "15ms", jitter = "5ms", loss = "0.5%" }
  local alice = net:home("alice", { nat = nat, hosts = { "alice" }, wan = wan })
  local bob = net:home("bob", { nat = "port-restricted", wan = wan })
  local call = net:call(alice, bob, { ta = ta, ice_servers = { stun = server } })
  sleep("20s")
  metric("connected", call.state == "connected")
  if call.ice_time then metric("ice_time", call.ice_time) end
  metric("pair", call.selected_pair and call.selected_pair.type or "none")
end)
"""
TRIES = 20


class Gate:
    def __init__(self, program: Path, folder: Path):
        self.program = program
        self.folder = folder

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(self.program), *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=300,
            check=False,
        )

    def sweep(self, out: str, *more: str) -> None:
        words = ("sweep", "paced.lua", "--vary", "nat=full-cone,restricted", "--seeds", "60")
        done = self.run(*words, "--out", out, *more)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)


def check_gate(gate: Gate) -> list[str]:
    complaints = []
    gate.sweep("before.db")
    for seed in ("1", "1000"):
        gate.sweep(f"slow{seed}.db", "--set", "ta=100ms", "--seed", seed)
        slow = gate.run("compare", "before.db", f"slow{seed}.db", "--json")
        moved = [each["metric"] for each in json.loads(slow.stdout) if each["moved"]]
        if slow.returncode != 1 or "ice_time" not in moved:
            complaints.append(f"a slowed agent, seeds from {seed}: {slow.returncode}: {slow.stdout}")
    text = gate.run("compare", "before.db", "slow1.db")
    if not text.stdout.splitlines()[-1].startswith("moved: ") or "ice_time" not in text.stdout:
        complaints.append(f"the text: {text.stdout}")
    lenient = gate.run("compare", "before.db", "slow1.db", "--threshold", "100%")
    if lenient.returncode != 0:
        complaints.append(f"a change below the threshold: {lenient.stdout}")
    for attempt in range(TRIES):
        gate.sweep("again.db", "--seed", str(100 + 60 * attempt))
        same = gate.run("compare", "before.db", "again.db")
        if same.returncode != 0:
            complaints.append(f"noise, try {attempt}: {same.stdout}")
        (gate.folder / "again.db").unlink()
    return complaints


def check_figures(gate: Gate) -> list[str]:
    """The same numbers in each form, and pictures that are what their names say."""
    complaints = []
    figure = ("before.db", "--x", "nat", "--y", "connected")
    data = json.loads(gate.run("table", *figure, "--json").stdout)
    marks = data["series"][0]["marks"]
    facts = {
        "the places": [mark["place"] for mark in marks] == ["full-cone", "restricted"],
        "the runs": [mark["runs"] for mark in marks] == [60, 60],
        "an interval around": all(each["low"] <= each["value"] <= each["high"] for each in marks),
        "CSV": gate.run("table", *figure, "--format", "csv").stdout.count("\n") == 3,
        "Markdown": gate.run("table", *figure, "--format", "markdown").stdout.startswith("| NAT "),
        "the list of columns": "ice_time" in gate.run("table", "before.db").stdout,
        "an unknown metric": gate.run("table", "before.db", "--x", "nat", "--y", "ice").returncode == 2,
        "no database": gate.run("table", "paced.lua", "--x", "nat").returncode == 2,
        "another ending": gate.run("plot", *figure, "--out", "x.gif").returncode == 2,
    }
    complaints += [fact for fact, holds in facts.items() if not holds]
    begins = {"bars.png": b"\x89PNG", "bars.pdf": b"%PDF", "bars.svg": b"<?xml"}
    for name, magic in begins.items():
        done = gate.run("plot", *figure, "--out", name)
        if "install the Debian package python3-matplotlib" in done.stderr:
            print("no matplotlib here: pictures are left out")
            break
        if done.returncode != 0 or not (gate.folder / name).read_bytes().startswith(magic):
            complaints.append(f"{name}: exit {done.returncode}: {done.stderr}")
    return complaints


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: gates.py NATSIM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        gate = Gate(Path(arguments[0]).resolve(), Path(folder))
        (gate.folder / "paced.lua").write_text(SCENARIO, encoding="utf-8")
        complaints = check_gate(gate) + check_figures(gate)
    for complaint in complaints:
        print(complaint)
    print(f"{TRIES} tries of noise, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
