"""natsim test tells what failed, to people and to CI: python3 suites.py NATSIM.

A suite of four scenarios, of which one passes: the JUnit file is valid, the commands that are shown
repeat the failures, golden outcomes are compared, written and missed, and an interrupted suite keeps
what it has.
"""

import json
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SCHEMA = Path(__file__).with_name("junit.xsd")

SUITE = """\
scenario("good & <plain>", function(net)
  golden("row 1\\nrow 2")
  metric("x", 1)
end)
scenario("bad # one", function(net)
  local luck = param("luck", 1)
  expect(luck).equals(2)
end)
scenario("broken", function(net)
  nit.x()
end)
scenario("of its digest", function(net)
  local a = net:host("a", {})
  sleep("1s")
  golden({ digest = true })
end)
"""
REAL = """\
scenario("of a real program", function(net)
  net:host("a", { link = { net:router("r") } }):spawn{ "true" }
end)
"""
LONG = """\
for i = 1, 40 do
  scenario("long " .. i, function(net)
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local b = net:host("b", { link = { internet } })
    local echo = b:echo({ port = 7 })
    local socket = a:udp()
    for _ = 1, 20000 do
      socket:send(echo, "x")
      socket:receive("1s")
    end
    metric("done", true)
  end)
end
"""


class Suite:
    def __init__(self, program: Path, folder: Path):
        self.program = program
        self.folder = folder
        self.complaints: list[str] = []

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(self.program), *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=120,
            check=False,
        )

    def expect(self, what: str, done: subprocess.CompletedProcess, code: int, *texts: str) -> None:
        said = done.stdout + done.stderr
        if done.returncode != code:
            self.complaints.append(f"{what}: exit {done.returncode}, not {code}: {said}")
        for text in texts:
            if text not in said:
                self.complaints.append(f"{what}: does not say '{text}': {said}")

    def check_junit(self, file: str) -> ElementTree.Element:
        checked = subprocess.run(
            ["xmllint", "--noout", "--schema", str(SCHEMA), str(self.folder / file)],
            capture_output=True,
            text=True,
            check=False,
        )
        if checked.returncode != 0:
            self.complaints.append(f"{file}: {checked.stderr}")
        return ElementTree.parse(self.folder / file).getroot()


def check_failures(suite: Suite) -> None:
    done = suite.run("test", "suite", "--junit", "out.xml", "--github")
    suite.expect("a suite", done, 2, "0 of 4 passed", "3 failed",
                 "1 ended by an error", "it has no golden outcome yet",
                 "::error file=suite/a.lua,line=7,title=bad # one%2C seed 1::expected 2, got 1")
    root = suite.check_junit("out.xml")
    counts = [root.get(key) for key in ("tests", "failures", "errors", "skipped")]
    if counts != ["4", "3", "1", "0"]:
        suite.complaints.append(f"out.xml counts {counts}")
    for case in root.iter("testcase"):
        fault = case.find("failure")
        fault = case.find("error") if fault is None else fault
        again = shlex.split(fault.text.strip().splitlines()[-1])
        repeated = suite.run(*again[1:])
        expected = 2 if fault.tag == "error" else 1
        suite.expect(f"again: {case.get('name')}", repeated, expected)
        if fault.get("message").split(" (")[0] not in repeated.stdout:
            suite.complaints.append(f"again: {case.get('name')}: {repeated.stdout}")


def check_formats(suite: Suite) -> None:
    done = suite.run("test", "suite/a.lua", "--tap")
    lines = done.stdout.splitlines()
    if lines[0] != "TAP version 14" or lines[-1] != "1..4":
        suite.complaints.append(f"--tap: {done.stdout}")
    suite.expect("--tap", done, 2, "not ok 2 - suite/a.lua: bad \\# one, seed 1")
    done = suite.run("test", "suite", "--json", "--seeds", "1..3", "-j", "3")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    seeds = [(each["scenario"], each["seed"]) for each in objects]
    if len(seeds) != 12 or seeds != sorted(seeds, key=lambda each: (
            [name for name, _ in seeds].index(each[0]), each[1])):
        suite.complaints.append(f"--json: {seeds}")


def check_golden(suite: Suite) -> None:
    golden = suite.folder / "suite" / "a.golden"
    suite.expect("--update-golden", suite.run("test", "suite", "--update-golden"), 2,
                 "wrote suite/a.golden", "2 of 4 passed")
    written = golden.read_text(encoding="utf-8")
    if not written.startswith("=== good & <plain>\nrow 1\nrow 2\n=== of its digest\ndigest "):
        suite.complaints.append(f"a.golden: {written}")
    suite.expect("golden", suite.run("test", "suite"), 2, "2 of 4 passed")
    suite.expect("golden by itself", suite.run("test", "suite", "--only", "good"), 0)
    suite.expect("another seed", suite.run("test", "suite", "--only", "digest", "--seeds", "2"), 0)

    golden.write_text(written.replace("row 2", "row two"), encoding="utf-8")
    suite.expect("changed", suite.run("test", "suite", "--only", "good"), 1,
                 "its outcome is not the golden one (suite/a.golden)", "-row two", "+row 2")
    golden.write_text(written + "=== gone\nrow\n", encoding="utf-8")
    script = suite.folder / "suite" / "a.lua"
    text = script.read_text(encoding="utf-8")
    good = text[: text.index('scenario("bad')] + text[text.index('scenario("of its') :]
    script.write_text(good, encoding="utf-8")
    suite.expect("a section of no use", suite.run("test", "suite"), 1,
                 "no scenario 'gone' asks for its outcome")
    suite.expect("dropped", suite.run("test", "suite", "--update-golden"), 0)
    if "gone" in golden.read_text(encoding="utf-8"):
        suite.complaints.append("--update-golden keeps a section of no use")
    golden.write_text("row\n", encoding="utf-8")
    suite.expect("no golden file", suite.run("test", "suite"), 2, "a.golden:1: expected")
    golden.unlink()
    script.write_text(text, encoding="utf-8")


def check_refusals(suite: Suite) -> None:
    refused = {
        "seeds": (("suite", "--seeds", "3..1"), "expected a seed or a range"),
        "only": (("suite", "--only", "zzz"), "no scenario's name holds this"),
        "empty": (("empty",), "there is no file *.lua"),
        "missing": (("missing.lua",), "missing.lua: no such file"),
        "junit": (("suite", "--junit", "missing/out.xml"), "cannot be written"),
    }
    (suite.folder / "empty").mkdir()
    for what, (words, says) in refused.items():
        suite.expect(what, suite.run("test", *words), 2, says)


def check_skipping(suite: Suite) -> None:
    """What runs real programs is for another command, and is no failure."""
    (suite.folder / "real.lua").write_text(REAL, encoding="utf-8")
    done = suite.run("test", "real.lua", "--junit", "real.xml")
    suite.expect("a real program", done, 0, "0 of 1 passed", "1 skipped: natsim live runs them")
    if suite.check_junit("real.xml").get("skipped") != "1":
        suite.complaints.append("real.xml does not count what was skipped")
    suite.expect("run by itself", suite.run("run", "real.lua"), 2,
                 "real programs run in `natsim live` alone")


def check_interruption(suite: Suite) -> None:
    (suite.folder / "long.lua").write_text(LONG, encoding="utf-8")
    running = subprocess.Popen(
        [str(suite.program), "test", "long.lua", "-j", "1", "--junit", "long.xml"],
        cwd=suite.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    if running.returncode == 0:
        return  # it was faster
    if running.returncode != 130 or "were not run" not in said:
        suite.complaints.append(f"interrupted: exit {running.returncode}: {said}")
    root = suite.check_junit("long.xml")
    if root.get("tests") != "40" or root.get("skipped") == "0":
        suite.complaints.append(f"long.xml: {root.attrib}")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: suites.py NATSIM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(Path(arguments[0]).resolve(), Path(folder))
        (suite.folder / "suite").mkdir()
        (suite.folder / "suite" / "a.lua").write_text(SUITE, encoding="utf-8")
        check_failures(suite)
        check_formats(suite)
        check_golden(suite)
        check_refusals(suite)
        check_skipping(suite)
        check_interruption(suite)
    for complaint in suite.complaints:
        print(complaint)
    print(f"{len(suite.complaints)} complaints")
    return 1 if suite.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
