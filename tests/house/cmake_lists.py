"""What the CMakeLists.txt files say: which folder is which library, and what it links."""

import re
from dataclasses import dataclass

from source_tree import SourceFile, SourceTree

COMMAND = re.compile(r"^[ \t]*(\w+)[ \t]*\(([^()]*)\)", re.MULTILINE)
# Below these each folder is one library; elsewhere are programs.
LIBRARY_ROOTS = ("sim/", "stack/")
KEYWORDS = ("SOURCES", "ALONE", "LINK", "PRIVATE_LINK")


@dataclass(frozen=True)
class Library:
    """A natsim_library: the target natsim::NAME of one folder."""

    name: str
    folder: str
    public_links: tuple[str, ...]
    private_links: tuple[str, ...]

    @property
    def links(self) -> tuple[str, ...]:
        return self.public_links + self.private_links


def without_comments(text: str) -> str:
    return re.sub(r"#[^\n]*", "", text)


def tokens(cmake: SourceFile) -> list[str]:
    """Every word of a CMakeLists.txt."""
    return re.split(r"[\s()\"]+", without_comments(cmake.text))


def parse_library(arguments: list[str]) -> Library:
    parts = {keyword: [] for keyword in KEYWORDS}
    current = None
    for argument in arguments[2:]:
        if argument in KEYWORDS:
            current = parts[argument]
        elif current is not None:
            current.append(argument)
    links = (tuple(parts[keyword]) for keyword in ("LINK", "PRIVATE_LINK"))
    return Library(arguments[0], arguments[1], *links)


class LinkLines:
    """The libraries of a tree by folder, and what any folder may therefore include."""

    def __init__(self, tree: SourceTree):
        self.libraries: dict[str, Library] = {}
        self._programs: dict[str, tuple[str, ...]] = {}
        for cmake in tree.files("CMakeLists.txt"):
            if not cmake.folder:
                continue
            for command, arguments in COMMAND.findall(without_comments(cmake.text)):
                if command == "natsim_library":
                    self.libraries[cmake.folder] = parse_library(arguments.split())
            if not cmake.folder.startswith(LIBRARY_ROOTS):
                # Programs: what any of the folder's targets links counts for all of them.
                self._programs[cmake.folder] = tuple(
                    word for word in tokens(cmake) if "::" in word or word == "rapidcheck"
                )
        self._by_target = {f"natsim::{each.name}": each for each in self.libraries.values()}

    def _public_closure(self, links: tuple[str, ...]) -> set[str]:
        reached: set[str] = set()
        waiting = list(links)
        while waiting:
            target = waiting.pop()
            if target in reached:
                continue
            reached.add(target)
            if target in self._by_target:
                waiting.extend(self._by_target[target].public_links)
        return reached

    def owner(self, folder: str) -> str:
        """The nearest folder at or above `folder` that has targets of its own, or ""."""
        while folder and folder not in self.libraries and folder not in self._programs:
            folder = folder.rpartition("/")[0]
        return folder

    def _stated(self, folder: str) -> tuple[str, ...]:
        if folder in self._programs:
            return self._programs[folder]
        return self.libraries[folder].links if folder in self.libraries else ()

    def own_folders(self, folder: str) -> set[str]:
        """The folders of our libraries that `folder` may include: a library those that it links
        itself, a program also those that come with them."""
        reached = self.all_links(folder) if folder in self._programs else self._stated(folder)
        return {self._by_target[each].folder for each in reached if each in self._by_target}

    def all_links(self, folder: str) -> set[str]:
        """Every target whose headers `folder` gets, directly or with another."""
        return self._public_closure(self._stated(folder))
