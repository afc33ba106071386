"""Plays cells to natsim: the same bytes at the same times, as a scenario.

A packet may hang on what came out earlier. natsim is deterministic, so the scenario is run again
with one packet more each time that has to be known; what came before comes out the same.
"""

import json
import subprocess
import tempfile
from pathlib import Path

from frames import Frame, frame_of, goes_out
from natsim_families import FAMILIES, RENUMBER
from stimulus import ADDRESSES, INSIDE, OUTSIDE, RENUMBERED, Cell, Kind, Step

SETTLE = "1s"
TIME_LIMIT_S = 300

WORLD = """
scenario("{name}", function(net)
  local internet = net:router("internet")
  local remotes = net:host("remotes", {{ ip = {{ {remotes} }}, link = {{ internet }} }})
  local alice, bob = net:home("home", {{ nat = {nat},
    hosts = {{ "alice", "bob" }}, ip = {{ {inside} }}, lan = {{ prefix = "192.168.1.0/24" }},
    wan = {{ internet, ip = "{nat_address}" }} }})
  local nat = alice.nat
  local raw = {{ alice = alice:raw(), bob = bob:raw(), remotes = remotes:raw() }}
  local function hex(byte) return ("%02x"):format(byte:byte()) end
  local function wait(till) sleep(duration(till) - net:now()) end
{steps}
  sleep("{settle}")
  for name, socket in pairs(raw) do
    local all = {{}}
    while socket.waiting > 0 do all[#all + 1] = socket:receive("0s"):gsub(".", hex) end
    metric(name, table.concat(all, " "))
  end
end)
"""


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{ADDRESSES[name]}"' for name in names)


def lua_bytes(data: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def lua_step(cell: Cell, step: Step, seen: list[Frame]) -> str:
    """Nothing where there is no packet to send."""
    wait = f'  wait("{round(step.at * 1000)}ms")\n'
    if step.kind == Kind.RENUMBER:
        return wait + f"  {RENUMBER.format(address=RENUMBERED)}\n"
    frame = frame_of(cell, step, seen)
    if frame is None:
        return ""
    host = step.source.split(":")[0] if goes_out(step) else "remotes"
    return wait + f"  raw.{host}:send({lua_bytes(frame)})\n"


def hangs_on_another(step: Step) -> bool:
    return step.to.startswith("@") or step.kind in (Kind.PORT_UNREACHABLE, Kind.TIME_EXCEEDED)


def scenario(cell: Cell, steps: str) -> str:
    return WORLD.format(
        name=cell.name,
        remotes=quoted(OUTSIDE),
        inside=quoted(INSIDE),
        nat=FAMILIES[cell.family],
        nat_address=ADDRESSES["nat"],
        steps=steps,
        settle=SETTLE,
    )


def run(program: Path, cell: Cell, steps: str) -> list[Frame]:
    """What came out of the NAT."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cell.lua")
        file.write_text(scenario(cell, steps), encoding="utf-8")
        done = subprocess.run(
            [program, "run", file, "--json"],
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    output = done.stdout + done.stderr
    report = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    if report.get("outcome") != "pass":
        raise RuntimeError(f"{cell.name}: {report.get('error', output).strip()}")
    return [
        Frame(host in INSIDE, bytes.fromhex(datagram))
        for host, datagrams in sorted(report["metrics"].items())
        for datagram in datagrams.split()
    ]


def play_to_natsim(program: Path, cell: Cell) -> list[Frame]:
    """What came out of natsim's NAT."""
    steps = ""
    for step in cell.steps:
        seen = run(program, cell, steps) if hangs_on_another(step) else []
        steps += lua_step(cell, step, seen)
    return run(program, cell, steps)
