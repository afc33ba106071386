"""Plays cells to the kernel in real time, all of them side by side."""

import time
from dataclasses import dataclass, field

from frames import Frame, frame_of, goes_out
from linux_router import LinuxRouter
from stimulus import Cell, Kind

# A step that came later than this proves nothing about a timer; its cell is played again.
LATENESS_S = 0.25
SETTLE_S = 0.3  # after the last step
TRIES = 4


class TooSlow(Exception):
    """The machine did not keep the cells' times."""


@dataclass
class Play:
    """A cell under way."""

    cell: Cell
    router: LinuxRouter
    seen: list[Frame] = field(default_factory=list)
    late: bool = False

    def do(self, index: int) -> None:
        step = self.cell.steps[index]
        self.seen += self.router.receive()
        if step.kind == Kind.RENUMBER:
            return self.router.renumber()
        frame = frame_of(self.cell, step, self.seen)
        if frame is not None:
            self.router.send(goes_out(step), frame)
        return None


def play_once(cells: list[Cell]) -> list[Play]:
    plays = [Play(cell, LinuxRouter(number, cell.family)) for number, cell in enumerate(cells)]
    moments = sorted(
        ((step.at, number, index) for number, cell in enumerate(cells)
         for index, step in enumerate(cell.steps)),
    )
    start = time.monotonic() + SETTLE_S
    for at, number, index in moments:
        time.sleep(max(0.0, start + at - time.monotonic()))
        plays[number].do(index)
        if time.monotonic() - start - at > LATENESS_S:
            plays[number].late = True
    time.sleep(SETTLE_S)
    for play in plays:
        play.seen += play.router.receive()
        play.router.close()
    return plays


def play_to_linux(cells: list[Cell]) -> dict[str, list[Frame]]:
    """What came out of the kernel's NAT, by cell."""
    seen = {}
    wanted = cells
    for _ in range(TRIES):
        plays = play_once(wanted)
        seen |= {play.cell.name: play.seen for play in plays if not play.late}
        wanted = [play.cell for play in plays if play.late]
        if not wanted:
            return seen
    names = ", ".join(cell.name for cell in wanted)
    raise TooSlow(f"{TRIES} times more than {LATENESS_S} s late: {names}")
