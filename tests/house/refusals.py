"""Scripts that cannot be run: python3 refusals.py NATSIM checks that each is refused clearly.

One error, with the file and the line where it is, exit code 2, and no waiting.
"""

import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# CPU seconds.
PROMPT_S = 1.0
LIMIT_S = 5.0


@dataclass(frozen=True)
class Case:
    """A scenario's body, of which line 1 of the file is the opening, and what is said about it."""

    name: str
    body: str
    line: int
    says: str  # a regular expression; the error's text has to match it
    at_limit: bool = False  # ends when a limit is used up, which takes as long as the limit says


CASES = (
    Case(
        "a misspelt key",
        'local internet = net:router("internet")\n'
        'net:host("alice", { link = { internet, one_way_dely = "20ms" } })',
        3,
        r"one_way_dely.*one_way_delay",
    ),
    Case(
        "a misspelt method",
        'net:ruoter("internet")',
        2,
        r"ruoter.*router",
    ),
    Case(
        "a wrong unit",
        'local internet = net:router("internet")\n'
        'net:host("alice", { link = { internet, one_way_delay = "20 parsecs" } })',
        3,
        r"20 parsecs",
    ),
    Case(
        "a wrong type",
        'local internet = net:router("internet")\n'
        'net:host("alice", { link = { internet, loss = {} } })',
        3,
        r"loss",
    ),
    Case("an endless loop", "while true do end", 2, r"instruction", at_limit=True),
    Case(
        "an endless loop that catches its errors",
        "while true do\n  pcall(function() while true do end end)\nend",
        3,
        r"instruction",
    ),
    Case("endless recursion", "local function f() return 1 + f() end\nf()", 2, r"stack overflow"),
    Case("os.execute", 'os.execute("true")', 2, r"\bos\b"),
    Case("io.open", 'io.open("/etc/passwd")', 2, r"\bio\b"),
    Case("load", 'load("x = 1")()', 2, r"\bload\b"),
    Case("a module outside the folder", 'require("../../outside")', 2, r"outside"),
    Case("a gigabyte string", 'local s = ("x"):rep(1024 * 1024 * 1024)', 2, r"memory"),
    Case(
        "a table without end",
        "local all = {}\nwhile true do all[#all + 1] = { #all } end",
        3,
        r"memory|instruction",
        at_limit=True,
    ),
    Case("an error of the script's own", 'error("no such luck")', 2, r"no such luck"),
    Case("not Lua at all", "net:router(", 3, r"expected|unexpected"),
)


def cpu_seconds() -> float:
    """What the children that have ended took: a machine with much else to do adds nothing."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check(program: Path, folder: Path, case: Case, slowness: float) -> list[str]:
    """What is wrong with how the program refuses a script, or nothing."""
    file = folder / "refused.lua"
    file.write_text(f'scenario("refused", function(net)\n{case.body}\nend)\n', encoding="utf-8")
    before = cpu_seconds()
    try:
        done = subprocess.run(
            [program, "run", file.name],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=60 * slowness,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ["does not end"]
    elapsed = cpu_seconds() - before
    output = done.stdout + done.stderr
    errors = [line.strip() for line in output.splitlines() if file.name + ":" in line]
    complaints = []
    if done.returncode != 2:
        complaints.append(f"exit code {done.returncode}, not 2")
    if elapsed > slowness * (LIMIT_S if case.at_limit else PROMPT_S):
        complaints.append(f"took {elapsed:.1f} s")
    if len(errors) != 1:
        complaints.append(f"{len(errors)} lines name the file, not one")
    else:
        if not errors[0].removeprefix("natsim: ").startswith(f"{file.name}:{case.line}: "):
            complaints.append(f"not said of line {case.line}")
        if not re.search(case.says, errors[0]):
            complaints.append(f"does not match '{case.says}'")
    return [f"{each}\n{output}" for each in complaints]


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        print("usage: refusals.py NATSIM [SLOWNESS]", file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve()
    # How much slower than a release build the program may be.
    slowness = float(arguments[1]) if len(arguments) == 2 else 1.0
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            complaints = check(program, Path(folder), case, slowness)
            failed += bool(complaints)
            for complaint in complaints:
                print(f"{case.name}: {complaint}")
    print(f"{len(CASES)} scripts, {failed} not refused as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
