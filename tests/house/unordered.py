"""No hash table is walked: its order differs from run to run, and so would what follows from it."""

import re

from source_tree import CPP_SUFFIXES, Finding, SourceFile, SourceTree

ROOTS = ("sim", "stack", "tools")
DECLARATION = re.compile(r"\b(?:absl::(?:flat|node)_hash|std::unordered(?:_multi)?)_(?:map|set)<")
NAME = re.compile(r"[\s&]*(\w+)")
# A walk whose results are sorted at once has an order again.
SORTED_WITHIN_LINES = 6


def declared_names(file: SourceFile) -> set[str]:
    """The variables and members of hash table type that a file declares."""
    names = set()
    code = file.code
    for match in DECLARATION.finditer(code):
        end = match.end()
        depth = 1
        while depth > 0 and end < len(code):
            depth += {"<": 1, ">": -1}.get(code[end], 0)
            end += 1
        name = NAME.match(code, end)
        if name:
            names.add(name[1])
    return names


def walks(file: SourceFile, name: str) -> list[int]:
    """Where a file walks the hash table `name` and does not sort what it finds there."""
    pattern = rf"\bfor\s*\([^;{{}}]*?:\s*(?:\w+(?:\.|->))*{name}\)|\b{name}\.c?begin\(\)"
    found = []
    for match in re.finditer(pattern, file.code):
        following = "\n".join(file.code[match.start() :].split("\n")[:SORTED_WITHIN_LINES])
        if not re.search(r"\bsort\(", following):
            found.append(match.start())
    return found


def check_unordered(tree: SourceTree) -> list[Finding]:
    files = [file for root in ROOTS for file in tree.files(*CPP_SUFFIXES, under=root)]
    members: dict[str, set[str]] = {}
    for file in files:
        ours = {name for name in declared_names(file) if name.endswith("_")}
        members.setdefault(file.folder, set()).update(ours)
    findings = []
    for file in files:
        # A member may be declared in another file of the folder, a local variable only here.
        for name in sorted(members[file.folder] | declared_names(file)):
            for offset in walks(file, name):
                message = f"walks the hash table {name}, whose order differs from run to run"
                findings.append(file.finding(offset, message))
    return findings
