"""The table of agreement: written as Markdown, and its Linux column read back."""

import re
from dataclasses import dataclass

from cells import GROUPS
from explained import explanation
from natsim_families import LACKING
from stimulus import Cell, Kind

Words = dict[str, dict[str, str]]  # what became of each packet, by cell and step

BESIDES = "besides"
NOTHING = "nothing"
NOT_OFFERED = "not offered"
ALIKE, OTHERWISE, OPEN, UNKNOWN = "=", "≠", "≠ !", "?"

INTRODUCTION = """# Linux and natsim, packet by packet

The same bytes at the same times through the NAT of the Linux kernel (nftables in a network
namespace) and through natsim's presets linux-masquerade, linux-masquerade-drop and linux-random. Of
both the timers are shortened alike. Inside are alice and bob, outside server and other, and a
router (hop) on the way to them. *Own port* says that a packet left from the inside host's port,
*port of x* that it left from the port that packet x had been given; of any other port only the
class is told. `≠` and `?` are explained below their table.

`python3 tests/kernel/agreement.py NATSIM --write` makes this file anew.
"""


@dataclass(frozen=True)
class Row:
    at: str
    step: str
    packet: str
    linux: str
    natsim: str
    verdict: str

    def __str__(self) -> str:
        cells = (self.at, f"`{self.step}`", self.packet, self.linux, self.natsim, self.verdict)
        return f"| {' | '.join(cells)} |"


def rows(cell: Cell, linux: dict[str, str], natsim: dict[str, str] | None) -> list[Row]:
    """`natsim` is None where natsim does not offer what the cell takes."""
    found = []
    packets = [step for step in cell.steps if step.kind != Kind.RENUMBER]
    lines = [(f"{step.at:.1f}", step.name, str(step)) for step in packets]
    if BESIDES in linux or BESIDES in (natsim or {}):
        lines.append(("", BESIDES, "sent by nobody"))
    for at, name, packet in lines:
        theirs = linux.get(name, NOTHING)
        ours = NOT_OFFERED if natsim is None else natsim.get(name, NOTHING)
        verdict = ALIKE if ours == theirs else OTHERWISE
        if natsim is None:
            verdict = UNKNOWN
        elif verdict == OTHERWISE and not explanation(cell.name, name):
            verdict = OPEN
        found.append(Row(at, name, packet, theirs, ours, verdict))
    return found


def section(cell: Cell, linux: Words, natsim: Words) -> list[str]:
    lines = [f"### `{cell.name}`", "", f"{cell.claim}.", f"*{cell.family.value}*", ""]
    lines += ["| s | | packet | Linux | natsim | |", "|---|---|---|---|---|---|"]
    found = rows(cell, linux[cell.name], natsim.get(cell.name))
    lines += [str(row) for row in found]
    reasons = [explanation(cell.name, row.step) for row in found if row.verdict == OTHERWISE]
    if cell.name in LACKING:
        lines += ["", f"? natsim does not offer {LACKING[cell.name]}."]
    for reason in dict.fromkeys(reasons):
        lines += ["", f"≠ {reason}"]
    return [*lines, ""]


def render(release: str, linux: Words, natsim: Words) -> str:
    """The whole file."""
    verdicts = [
        row.verdict
        for group in GROUPS.values()
        for cell in group
        for row in rows(cell, linux[cell.name], natsim.get(cell.name))
    ]
    count = sum(len(group) for group in GROUPS.values())
    lines = [INTRODUCTION]
    counts = {verdict: verdicts.count(verdict) for verdict in (ALIKE, OTHERWISE, OPEN, UNKNOWN)}
    lines.append(
        f"Linux {release}: {count} cells, {len(verdicts)} packets. {counts[ALIKE]} fare alike, "
        f"{counts[OTHERWISE]} otherwise for a reason that is told, {counts[OPEN]} otherwise "
        f"without one; {counts[UNKNOWN]} are in cells that take what natsim does not offer."
    )
    for title, group in GROUPS.items():
        lines += ["", f"## {title}", ""]
        for cell in group:
            lines += section(cell, linux, natsim)
        lines.pop()  # the empty line at the end
    return "\n".join(lines) + "\n"


def read_linux(text: str) -> tuple[str, Words]:
    """The kernel's release and its column, from what `render` has written."""
    release = re.search(r"^Linux (\S+):", text, re.MULTILINE)
    words: Words = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if heading := re.fullmatch(r"### `(.+)`", line):
            current = words.setdefault(heading[1], {})
        elif row := re.fullmatch(r"\| [\d.]* \| `(\w+)` \| .+ \| (.+) \| .+ \| \S.* \|", line):
            current[row[1]] = row[2]
    return release[1] if release else "", words
