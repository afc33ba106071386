"""The files of the repository as the house rules see them, and what a rule says about them."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What the rules look at: never a build folder, never git's own.
FOLDERS = (".ci", "bench", "cmake", "scenarios", "sim", "stack", "tests", "tools")

CPP_SUFFIXES = (".h", ".cc")

# In the order in which they have to be tried: a quote within a comment opens no string.
CPP_TOKENS = re.compile(
    r"""
      (?P<comment> //[^\n]* | /\*.*?\*/ )
    | (?P<string> R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"
                | "(?:\\.|[^"\\\n])*"
                | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+' )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    """One violation of a rule, at a line of a file."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def blanked(text: str) -> str:
    """The same text with each character that is not a line end made a space."""
    return re.sub(r"[^\n]", " ", text)


@dataclass(frozen=True)
class SourceFile:
    """A file of the tree; `path` is relative to the tree's root, with forward slashes."""

    path: str
    text: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @cached_property
    def without_comments(self) -> str:
        """C++ without its comments; every line keeps its number and its columns."""
        return CPP_TOKENS.sub(
            lambda token: blanked(token[0]) if token["comment"] else token[0], self.text
        )

    @cached_property
    def code(self) -> str:
        """C++ without its comments and what its literals hold, in the same places."""
        return CPP_TOKENS.sub(lambda token: blanked(token[0]), self.text)

    def finding(self, offset: int, message: str) -> Finding:
        """A finding at the line of the character at `offset`."""
        return Finding(self.path, self.text.count("\n", 0, offset) + 1, message)


class SourceTree:
    """Every text file of a checkout, read once."""

    def __init__(self, root: Path):
        paths = [path for path in root.iterdir() if path.is_file()]
        for folder in FOLDERS:
            paths.extend(path for path in (root / folder).rglob("*") if path.is_file())
        self._files = {}
        for path in sorted(paths):
            if "__pycache__" in path.parts or path.suffix == ".pyc":
                continue
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # A binary file, such as a fuzz target's input.
            name = path.relative_to(root).as_posix()
            self._files[name] = SourceFile(name, text)

    def files(self, *suffixes: str, under: str = "") -> list[SourceFile]:
        """The files whose names end in one of `suffixes`, in the folder `under` and below it."""
        return [
            file
            for path, file in self._files.items()
            if path.endswith(suffixes) and (not under or path.startswith(under + "/"))
        ]

    def get(self, path: str) -> SourceFile | None:
        return self._files.get(path)
