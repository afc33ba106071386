"""How files are laid out: their size, their guards, and that each is built."""

from cmake_lists import tokens
from source_tree import CPP_SUFFIXES, Finding, SourceTree

MAX_LINES = 450
# An editor reads the definitions of the Lua API, all from one file.
EXEMPT_SUFFIX = ".d.lua"
SIZED_SUFFIXES = (*CPP_SUFFIXES, ".cmake", ".lua", ".py", "CMakeLists.txt")
# Names of files and folders that say nothing about the idea inside.
VAGUE_NAMES = ("common", "helper", "helpers", "manager", "misc", "util", "utils")


def check_size(tree: SourceTree) -> list[Finding]:
    findings = []
    for file in tree.files(*SIZED_SUFFIXES):
        lines = file.text.count("\n")
        if lines > MAX_LINES and not file.path.endswith(EXEMPT_SUFFIX):
            message = f"has {lines} lines; more than {MAX_LINES} hide a second idea"
            findings.append(Finding(file.path, lines, message))
    return findings


def check_guards(tree: SourceTree) -> list[Finding]:
    """A header's first line of code is `#pragma once`."""
    findings = []
    for file in tree.files(".h"):
        code = file.code.lstrip()
        if not code.startswith("#pragma once\n"):
            offset = len(file.code) - len(code)
            findings.append(file.finding(offset, "a header begins with #pragma once"))
    return findings


def check_built(tree: SourceTree) -> list[Finding]:
    """Every source is in a target: a file that nothing builds is dead, a test that nothing builds
    tells nothing. A program may be named without its suffix."""
    findings = []
    for file in tree.files(".cc"):
        folder = file.folder
        while folder and tree.get(f"{folder}/CMakeLists.txt") is None:
            folder = folder.rpartition("/")[0]
        cmake = tree.get(f"{folder}/CMakeLists.txt") if folder else None
        if cmake is None:
            findings.append(Finding(file.path, 1, "no CMakeLists.txt at or above its folder"))
            continue
        name = file.path[len(folder) + 1 :]
        words = [word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "") for word in tokens(cmake)]
        if name not in words and name.removesuffix(".cc") not in words:
            findings.append(Finding(file.path, 1, f"is not listed in {cmake.path}"))
    return findings


def check_names(tree: SourceTree) -> list[Finding]:
    findings = []
    for file in tree.files(*CPP_SUFFIXES):
        for part in file.path.rpartition(".")[0].split("/"):
            if part in VAGUE_NAMES:
                findings.append(Finding(file.path, 1, f"'{part}' does not say what is inside"))
    return findings


def check_layout(tree: SourceTree) -> list[Finding]:
    return [*check_size(tree), *check_guards(tree), *check_built(tree), *check_names(tree)]
