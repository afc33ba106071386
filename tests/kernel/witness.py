"""Says in words what became of each packet of a cell. The words are what is compared.

They leave out what is drawn: of a port that is neither the inside host's nor one that the cell has
seen before, only the class is told.
"""

import packet
from frames import Frame, arrivals, goes_out, identification, resolve
from packet import Endpoint, Packet
from stimulus import ADDRESSES, RENUMBERED, Cell, Kind, Step

# Where nf_nat_core.c looks for another port, and the gap that it leaves.
CLASSES = ((1, 511), (512, 599), (600, 1023), (1024, 65535))
ERROR_NAMES = {(3, 3): "port unreachable", (3, 10): "host prohibited", (11, 0): "time exceeded"}
NOT_SENT = "not sent"
LOST = "lost"


def port_words(port: int, own: int, query: bool, earlier: dict[int, str]) -> str:
    noun = "identifier" if query else "port"
    if port == own:
        return f"own {noun}"
    if port in earlier:
        return f"{noun} of {earlier[port]}"
    if query:
        return "another identifier"
    low, high = next(each for each in CLASSES if each[0] <= port <= each[1])
    return f"another port, {low}–{high}"


def name_of(endpoint: Endpoint) -> str:
    hosts = {address: host for host, address in ADDRESSES.items()} | {RENUMBERED: "renumbered nat"}
    return f"{hosts.get(endpoint.address, endpoint.address)}:{endpoint.port}"


class Witness:
    """Of one cell, with all that was seen."""

    def __init__(self, cell: Cell, seen: list[Frame]):
        self._cell = cell
        self._seen = seen
        self._ports: dict[int, str] = {}  # which step first came from a port that is not its own

    def testimony(self) -> dict[str, str]:
        """What became of each step's packet, and of what nobody has sent under "besides"."""
        words = {
            step.name: self._words(step) for step in self._cell.steps if step.kind != Kind.RENUMBER
        }
        strays = [self._stray(frame) for frame in self._seen if self._is_stray(frame)]
        return words | ({"besides": "; ".join(strays)} if strays else {})

    def _words(self, step: Step) -> str:
        found = [packet.parse(frame.data) for frame in arrivals(self._cell, step.name, self._seen)]
        answer = self._answer(step)
        if not found:
            return f"{LOST}, {answer} comes back" if answer else LOST
        words = self._outcome(step, found[0])
        if len(found) > 1:
            words += f", {len(found)} times"
        if not all(each.sound for each in found):
            words += ", wrong checksum"
        return f"{words}, {answer} comes back" if answer else words

    def _outcome(self, step: Step, arrived: Packet) -> str:
        if arrived.quote:
            quote = arrived.quote
            between = f"{name_of(quote.source)} > {name_of(quote.destination)}"
            to = name_of(arrived.destination).split(":")[0]
            sender = name_of(arrived.source).split(":")[0]
            return f"reaches {to} from {sender}, about {between}"
        if not goes_out(step):
            sender = resolve(self._cell, step.source, self._seen)
            other = "" if arrived.source == sender else f" from {name_of(arrived.source)}"
            return f"reaches {name_of(arrived.destination)}{other}"
        query = arrived.protocol == packet.ICMP
        own = int(step.source.split(":")[1])
        words = port_words(arrived.source.port, own, query, self._ports)
        if arrived.source.port != own:
            self._ports.setdefault(arrived.source.port, step.name)
        if arrived.source.address == ADDRESSES["nat"]:
            return words
        return f"{words}, from {name_of(arrived.source).split(':')[0]}"

    def _answer(self, step: Step) -> str:
        """What the NAT itself tells the sender."""
        for frame in self._seen:
            back = packet.parse(frame.data)
            if frame.inside == goes_out(step) and self._answers(step, back):
                return self._kind(back)
        return ""

    def _answers(self, step: Step, back: Packet) -> bool:
        if back.quote:
            mark = identification(self._cell, step.name)
            return back.quote.identification == mark and not self._is_stimulus(back)
        reset = step.kind == Kind.TCP and back.flags & packet.FLAGS["RST"]
        reply = step.kind == Kind.ECHO and back.icmp == (packet.ECHO_REPLY, 0)
        if not reset and not reply or self._is_stimulus(back):
            return False
        sender, to = (resolve(self._cell, each, self._seen) for each in (step.source, step.to))
        return (back.destination, back.source) == (sender, to)

    @staticmethod
    def _kind(back: Packet) -> str:
        if back.quote:
            return f"ICMP {ERROR_NAMES.get(back.icmp, back.icmp)}"
        return "RST" if back.protocol == packet.TCP else "echo reply"

    def _is_stimulus(self, seen: Packet) -> bool:
        first = identification(self._cell, self._cell.steps[0].name)
        return first <= seen.identification < first + len(self._cell.steps)

    def _is_stray(self, frame: Frame) -> bool:
        seen = packet.parse(frame.data)
        steps = [step for step in self._cell.steps if step.kind != Kind.RENUMBER]
        expected = self._is_stimulus(seen) or any(self._answers(step, seen) for step in steps)
        return not expected

    @staticmethod
    def _stray(frame: Frame) -> str:
        seen = packet.parse(frame.data)
        side = "inside" if frame.inside else "outside"
        kind = f"ICMP {seen.icmp}" if seen.icmp else f"protocol {seen.protocol}"
        return f"{kind} {name_of(seen.source)} > {name_of(seen.destination)} {side}"
