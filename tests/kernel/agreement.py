"""Linux and natsim as NATs: python3 agreement.py NATSIM [--kept | --write].

Plays every cell to both, prints the table of agreement, and fails where they disagree without an
explanation, or agree in spite of one. Exits with 77 where the machine has no network namespaces.

--kept   plays them to natsim alone and compares with the table that is kept beside this file
--write  keeps the new table
"""

import os
import sys
from pathlib import Path

from cells import CELLS
from explained import EXPLAINED
from linux_router import LinuxRouter, ToolError
from linux_run import TooSlow, play_to_linux
from namespaces import leave_the_machine
from natsim_families import LACKING
from natsim_run import play_to_natsim
from stimulus import Family
from table import OPEN, OTHERWISE, Words, read_linux, render, rows
from witness import Witness

KEPT = Path(__file__).resolve().parent / "agreement.md"
SKIPPED = 77


def natsim_words(program: Path) -> Words:
    """What natsim did, without the cells that take what it does not offer."""
    return {
        cell.name: Witness(cell, play_to_natsim(program, cell)).testimony()
        for cell in CELLS
        if cell.name not in LACKING
    }


def linux_words() -> Words:
    seen = play_to_linux(CELLS)
    return {cell.name: Witness(cell, seen[cell.name]).testimony() for cell in CELLS}


def why_not_here() -> str:
    """Why the kernel cannot be asked on this machine; empty if it can."""
    try:
        leave_the_machine()
        for number, family in enumerate(Family):
            LinuxRouter(number, family).close()
    except (OSError, ToolError) as reason:
        return str(reason)
    return ""


def release() -> str:
    """Of the kernel, as far as its behaviour may hang on it: "6.1"."""
    return ".".join(os.uname().release.split(".")[:2])


def disagreements(linux: Words, natsim: Words) -> list[str]:
    """What is not as the explanations say."""
    found = []
    needed = set()
    for cell in CELLS:
        for row in rows(cell, linux[cell.name], natsim.get(cell.name)):
            if row.verdict == OPEN:
                found.append(f"{cell.name}, {row.step}: Linux: {row.linux}; natsim: {row.natsim}")
            if row.verdict == OTHERWISE:
                needed |= {(cell.name, row.step), (cell.name, "")}
    for cell, step in EXPLAINED:
        if (cell, step) not in needed:
            found.append(f"{cell}, {step or 'all'}: is explained, yet both do the same")
    names = {cell.name for cell in CELLS}
    found += [f"{name}: there is no such cell" for name in LACKING if name not in names]
    return found


def other_kernel(linux: Words) -> list[str]:
    """Where this kernel does otherwise than the one in the kept table, if that is another one."""
    kept_release, kept = read_linux(KEPT.read_text(encoding="utf-8"))
    if kept_release == release():
        return []
    return [
        f"{cell.name}, {name}: Linux {release()}: {words}; Linux {kept_release}: "
        f"{kept.get(cell.name, {}).get(name)}"
        for cell in CELLS
        for name, words in linux[cell.name].items()
        if words != kept.get(cell.name, {}).get(name)
    ]


def compare(program: Path, write: bool) -> int:
    reason = why_not_here()
    if reason:
        print(f"skipped: the kernel's NAT cannot be asked here: {reason}")
        return SKIPPED
    natsim = natsim_words(program)
    try:
        linux = linux_words()
    except TooSlow as slow:
        print(f"skipped: this machine is too busy for timers: {slow}")
        return SKIPPED
    if write:
        KEPT.write_text(render(release(), linux, natsim), encoding="utf-8")
    print(render(release(), linux, natsim))
    changed = other_kernel(linux)
    if changed:
        # What natsim is compared with is the kernel of the kept table.
        print("this kernel does otherwise than the kept table's:", *changed, sep="\n  ")
        linux = read_linux(KEPT.read_text(encoding="utf-8"))[1]
    return judge(disagreements(linux, natsim))


def check_kept(program: Path) -> int:
    """The file is what would be written if the kernel still did what it says there."""
    natsim = natsim_words(program)
    kept = KEPT.read_text(encoding="utf-8")
    kept_release, linux = read_linux(kept)
    missing = [cell.name for cell in CELLS if cell.name not in linux]
    if missing:
        return judge([f"{name}: is not in {KEPT.name}" for name in missing])
    fresh = render(kept_release, linux, natsim)
    stale = [
        f"{KEPT.name} says:  {old}\n  it would be: {new}"
        for old, new in zip(kept.splitlines(), fresh.splitlines())
        if old != new
    ]
    if not stale and kept != fresh:
        stale = [f"{KEPT.name} has {len(kept)} characters, it would have {len(fresh)}"]
    return judge(stale + disagreements(linux, natsim))


def judge(complaints: list[str]) -> int:
    for line in complaints:
        print(line)
    print(f"{len(CELLS)} cells, {len(LACKING)} not offered by natsim, {len(complaints)} complaints")
    return 1 if complaints else 0


def main(arguments: list[str]) -> int:
    modes = {"--kept", "--write"}
    if not arguments or len(arguments) > 2 or not modes.issuperset(arguments[1:]):
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve()
    if "--kept" in arguments:
        return check_kept(program)
    return compare(program, "--write" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
