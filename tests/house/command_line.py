"""What natsim's command line refuses and reports: python3 command_line.py NATSIM.

A refusal is one clear sentence on standard error and exit code 2, with --json one object as well.
"""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SCENARIO = """\
scenario("passes", function(net)
  param("n", 3)
  local rate = param("rate", "20ms")
  log("one\\ntwo", { 1, a = rate })
  local internet = net:router("internet")
  local a = net:host("a", { link = { internet } })
  a:udp():send("192.0.2.77:9", "x")
  sleep("100ms")
  metric("waited", net:now() * 3)
end)
scenario("fails", function(net)
  expect(1).equals(2)
end)
"""


@dataclass(frozen=True)
class Refusal:
    """Words behind the program's name, and what has to be said about them."""

    words: str
    says: str


REFUSALS = (
    Refusal("runn some.lua", r"unknown command 'runn'; did you mean 'run'\?"),
    Refusal("some.lua", r"unknown command 'some\.lua'; did you mean '\S* run some\.lua'\?"),
    Refusal("frobnicate", r"unknown command 'frobnicate'; expected one of 'run', 'live', "),
    Refusal("run some.lua --seeed 3", r"unknown option '--seeed'; did you mean '--seed'\?"),
    Refusal("matrix --alocation=random", r"unknown option '--alocation'; did you mean '--allo"),
    Refusal("run some.lua --seed -3", r"--seed: expected a whole number from 0 to 1844674407"),
    Refusal("matrix --seed 1.5", r"--seed: expected a whole number from 0 to .*, got '1\.5'"),
    Refusal("run some.lua --max-memory 20", r"--max-memory: .* it has no unit \(B, kB, MB"),
    Refusal("run some.lua --set n=7 --set n=8", r"--set n: it is set twice, to '7' and to '8'"),
    Refusal("run some.lua --set n", r"--set n: expected name=value"),
    Refusal("run some.lua --set raet=1s", r"declared the parameter 'raet'; did you mean 'rate'"),
    Refusal("explain some.lua --set raet=1", r"declared the parameter 'raet'; did you mean 'rate'"),
    Refusal("run some.lua --only nothing", r"--only nothing: expected a part of one of these"),
    Refusal("run broken.lua", r"broken\.lua:2: .*expected"),
    Refusal("run absent.lua", r"absent\.lua: no such file"),
)


class Program:
    def __init__(self, path: Path, folder: Path):
        self.path = path
        self.folder = folder

    def run(self, words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.path, *words.split()],
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=300,
            check=False,
        )


def check_refusal(program: Program, refusal: Refusal) -> list[str]:
    done = program.run(refusal.words)
    complaints = []
    if done.returncode != 2:
        complaints.append(f"exit code {done.returncode}, not 2")
    if len(re.findall(refusal.says, done.stderr)) != 1:
        complaints.append(f"does not say '{refusal.says}' once:\n{done.stderr}")
    return complaints


def check_json_of_errors(program: Program) -> list[str]:
    """With --json the last line tells of an error, with its place."""
    expected = {
        "run broken.lua --json": {"file": "broken.lua", "line": 2},
        "run absent.lua --json": {"file": "absent.lua", "line": None},
        "run raises.lua --json": {"file": "raises.lua", "line": 2},
        "explain raises.lua --json": {"file": "raises.lua", "line": 2},
        "run some.lua --json --set raet=1s": {"file": None, "line": None},
        "run some.lua --json --only nothing": {"file": None, "line": None},
    }
    complaints = []
    for words, place in expected.items():
        lines = program.run(words).stdout.splitlines()
        report = json.loads(lines[-1]) if lines else {}
        error = report.get("error", {})
        found = {"file": error.get("file"), "line": error.get("line")}
        if report.get("outcome") != "error" or found != place or not error.get("message"):
            complaints.append(f"{words}: {lines}")
    return complaints


def check_report(program: Program) -> list[str]:
    """What a run reports in JSON."""
    done = program.run("run some.lua --json")
    passed, failed = (json.loads(line) for line in done.stdout.splitlines())
    failure = failed["failures"][0]
    facts = {
        "the datagrams that hosts sent": passed["packets"] == 1,
        "what was logged": passed["logs"] == [{"at": 0.0, "text": 'one\ntwo { 1, a = "20ms" }'}],
        "the drops by reason": passed["drops"] == {"no_route": 1},
        "durations as exact decimals": '"sim_seconds":0.1,' in done.stdout
        and passed["metrics"] == {"waited": 0.3},
        "a duration that is no double's sum": '"waited":0.3}' in done.stdout,
        "the exit code of a failure": done.returncode == 1,
        "where a failure is": (failure["file"], failure["line"]) == ("some.lua", 12),
    }
    return [f"{fact}: {done.stdout}" for fact, holds in facts.items() if not holds]


def check_text(program: Program) -> list[str]:
    """What a run reports in text."""
    done = program.run("run some.lua --pcap some.pcapng")
    listed = program.run("run some.lua --list")
    facts = {
        "a log's further lines are indented": f"0.000000s  one\n{'':18}two {{ 1, a" in done.stdout,
        "a table is shown with what it holds": '{ 1, a = "20ms" }' in done.stdout,
        "what was sent": ", 1 datagrams sent, " in done.stdout,
        "the command as it was called": f"again:   {program.path} run some.lua" in done.stdout,
        "what the capture is": re.fullmatch(
            r"natsim: wrote some\.pcapng, \S+B, with a section for each of the 2 scenarios\n",
            done.stderr,
        ),
        "the list of scenarios": listed.stdout
        == "some.lua:1: passes\n    --set n=3\n    --set rate=20ms\nsome.lua:11: fails\n",
        "the list's exit code": listed.returncode == 0,
        "a memory limit with a unit": program.run("run some.lua --max-memory 20MB").returncode == 1,
    }
    return [f"{fact}:\n{done.stdout}{listed.stdout}" for fact, holds in facts.items() if not holds]


def completed(program: Program, line: str) -> list[str]:
    """What the completion proposes for the last word of a line."""
    words = line.split(" ")
    script = (
        f'source <("{program.path}" completion bash); COMP_WORDS=({" ".join(words)!s} ); '
        f"COMP_CWORD={len(words) - 1}; _natsim; echo \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def check_completion(program: Program) -> list[str]:
    expected = {
        "natsim ma": ["matrix"],
        "natsim run --se": ["--seed", "--set"],
        "natsim matrix --filter-scope per_e": ["per_endpoint"],
        "natsim completion z": ["zsh"],
        "natsim presets asa": ["asa"],
    }
    found = {line: sorted(completed(program, line)) for line in expected}
    return [f"{line}: {found[line]}" for line in expected if found[line] != expected[line]]


def check_names(program: Program) -> list[str]:
    """What is known by name, and natsim by itself."""
    bare = program.run("")
    link = json.loads(program.run("presets weak-4g --json").stdout)
    everything = json.loads(program.run("presets --json").stdout)
    facts = {
        "without a command it lists them": bare.returncode == 2
        and all(f"\n  {name} " in bare.stderr for name in ("run", "explain", "matrix", "presets")),
        # 90 ms of round trip and 15 ms of jitter are half as much each way.
        "a link each way": link["each_way"]["one_way_delay"] == "45ms"
        and link["each_way"]["jitter"] == "7.5ms",
        "a firewall's rules": program.run("presets udp-blocked").stdout.endswith(
            "- outbound: allow udp port 53\n- outbound: deny udp\n- outbound: allow everything "
            "else\n- inbound: from addresses and ports that were sent to\n"
        ),
        "a NAT and a firewall of one name": "EIM/APDF" in program.run("presets port-restricted").stdout
        and "A firewall has the name too." in program.run("presets port-restricted").stdout,
        "all kinds": [len(everything[kind]) > 4 for kind in everything] == [True] * 5,
    }
    return [f"{fact}: {bare.stderr}{link}" for fact, holds in facts.items() if not holds]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: command_line.py NATSIM", file=sys.stderr)
        return 2
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(arguments[0]).resolve(), Path(folder))
        (program.folder / "some.lua").write_text(SCENARIO, encoding="utf-8")
        (program.folder / "broken.lua").write_text("\nlocal x = = 1\n", encoding="utf-8")
        raises = 'scenario("raises", function(net)\n  error("no")\nend)\n'
        (program.folder / "raises.lua").write_text(raises, encoding="utf-8")
        for refusal in REFUSALS:
            complaints += [f"{refusal.words}: {each}" for each in check_refusal(program, refusal)]
        for check in (check_json_of_errors, check_report, check_text, check_completion, check_names):
            complaints += check(program)
    for complaint in complaints:
        print(complaint)
    print(f"{len(REFUSALS)} refusals and 5 kinds of reports, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
