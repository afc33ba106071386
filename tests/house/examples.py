"""What the documentation shows is so: python3 examples.py NATSIM runs all that it says to type.

Every example of every --help has to succeed. Of README.md every command that runs natsim is run, on
the scenario that it shows, and what it shows of the output has to be there, but for the wall time.
The list of the scenarios names every one.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOWN = "build/release/natsim"  # how the README calls the program
TIME_LIMIT_S = 300
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# Commands that name what the reader has to put in their places.
PATTERN = re.compile(r"…|\bFILE\b|\bN\b")
# What takes a network that a test does not have: tests/live has it.
OUTSIDE = re.compile(rf"^{SHOWN} (live|replay|probe) ")
WALL_TIME = re.compile(r"in \d+\.\d ms \(\d+ times real time\)")


class Workplace:
    """A folder from which the program is called as the README calls it."""

    def __init__(self, folder: Path, program: Path):
        self.folder = folder
        (folder / SHOWN).parent.mkdir(parents=True)
        (folder / SHOWN).symlink_to(program)
        (folder / "scenarios").symlink_to(ROOT / "scenarios")

    def run(self, command: str) -> subprocess.CompletedProcess:
        # What serves does so until it is told to end.
        if command.startswith(f"{SHOWN} serve ") and "--help" not in command:
            command = f"timeout --preserve-status 1 {command}"
        return subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"PATH": os.defpath, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            timeout=TIME_LIMIT_S,
            check=False,
        )


def help_examples(place: Workplace) -> list[str]:
    """Every example that --help shows, of the program and of each of its commands."""
    overview = place.run(f"{SHOWN} --help").stdout
    commands = re.findall(r"^  (\w+)  ", overview.partition("Subcommands:")[2], re.MULTILINE)
    examples = []
    for command in ["", *commands]:
        text = place.run(f"{SHOWN} {command} --help").stdout
        shown = text.partition("Examples:\n")[2].partition("\n\n")[0]
        lines = [line.strip() for line in shown.splitlines()]
        examples += [line for line in lines if not OUTSIDE.match(line)]
    return examples


def plain(line: str) -> str:
    return WALL_TIME.sub("in … ms", line.rstrip())


def shows(shown: list[str], output: list[str]) -> str | None:
    """The first shown line that the output does not have in its place, or nothing.

    A line "…" stands for any lines, a "…" at the end of a line for the rest of it.
    """

    def same(shown_line: str, line: str) -> bool:
        if shown_line.endswith("…"):
            return line.startswith(shown_line[:-1].rstrip())
        return line == shown_line

    position = 0
    anywhere = False
    for line in shown:
        if line == "…":
            anywhere = True
            continue
        while anywhere and position < len(output) and not same(line, output[position]):
            position += 1
        if position == len(output) or not same(line, output[position]):
            return line
        position += 1
        anywhere = False
    return None if anywhere or position == len(output) else "(the output's end)"


def check_console(place: Workplace, block: str) -> list[str]:
    """A block with a command after "$ " and its output."""
    command, *shown = block.splitlines()
    done = place.run(command.removeprefix("$ "))
    if done.returncode == 2:
        return [f"README.md: {command}: {done.stderr}"]
    output = [plain(line) for line in done.stdout.splitlines()]
    missing = shows([plain(line) for line in shown], output)
    if missing is None:
        return []
    return [f"README.md: {command}: does not print as shown:\n  {missing}\nbut:\n{done.stdout}"]


def unknown_functions(readme: str) -> list[str]:
    """The functions that the README names and the definition file does not have."""
    definitions = (ROOT / "sim/script/natsim.d.lua").read_text(encoding="utf-8")
    known = set(re.findall(r"^function ([\w:.]+)\(", definitions, re.MULTILINE))
    table = readme.partition("**What a scenario can do.**")[2].partition("\n**")[0]
    methods = re.findall(r"`(\w+):(\w+)`", table)
    named = {f"{owner.capitalize()}:{method}" for owner, method in methods}
    return [f"README.md: {name} is not in natsim.d.lua" for name in sorted(named - known)]


def stories() -> list[str]:
    """The scenarios' list names each file there is, and no other."""
    folder = ROOT / "scenarios"
    there = {str(file.relative_to(folder)) for file in folder.rglob("*.lua")}
    listed = set(re.findall(r"\]\((.*?\.lua)\)", (folder / "README.md").read_text("utf-8")))
    return [f"scenarios/README.md: {name}" for name in sorted(there ^ listed)]


def mended(scenario: str, readme: str) -> str:
    """The README's scenario with the relay that it says to add."""
    server = re.search(r"`(server:turn_server\(.*?\))`", readme)[1]
    use = re.search(r"`(turn = \{.*?\})`", readme)[1]
    with_server = scenario.replace("server:stun_server()", f"server:stun_server()\n  {server}")
    return with_server.replace("stun = server", f"stun = server, {use}")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: examples.py NATSIM", file=sys.stderr)
        return 2
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(readme)
    scenario = next(text for language, text in blocks if language == "lua")
    consoles = [text for _, text in blocks if text.startswith("$ ")]
    commands = [text for text in INLINE.findall(readme) if SHOWN in text and " " in text]
    complaints = unknown_functions(readme) + stories()
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(Path(folder), Path(arguments[0]).resolve())
        (place.folder / "my_call.lua").write_text(scenario, encoding="utf-8")
        examples = help_examples(place)
        for command in examples:
            done = place.run(command)
            if done.returncode != 0:
                complaints.append(f"--help: {command}: exit {done.returncode}\n{done.stderr}")
        for console in consoles:
            complaints += check_console(place, console)
        for command in commands:
            if not PATTERN.search(command) and place.run(command).returncode == 2:
                complaints.append(f"README.md: {command}: {place.run(command).stderr}")
        (place.folder / "my_call.lua").write_text(mended(scenario, readme), encoding="utf-8")
        done = place.run(f"{SHOWN} run my_call.lua")
        if done.returncode != 0:
            complaints.append(f"README.md: with the relay it does not connect:\n{done.stdout}")
    for complaint in complaints:
        print(complaint)
    print(
        f"{len(examples)} examples of --help, {len(consoles)} outputs and {len(commands)} other "
        f"commands of README.md, {len(complaints)} complaints"
    )
    return 1 if complaints or not (examples and consoles and commands) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
