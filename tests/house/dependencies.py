"""The dependency rule: a folder includes what its link lines name, and nothing below it."""

import re

from cmake_lists import LIBRARY_ROOTS, LinkLines
from source_tree import CPP_SUFFIXES, Finding, SourceTree

# Each folder may use those above it in this list, never below.
LAYERS = (
    "stack/base",
    "stack/stun",
    "stack/turn",
    "stack/ice",
    "stack/portmap",
    "stack/dns",
    "stack/upnp",
    "stack/signalling",
    "stack/sdp",
    "stack/srtp",
    "stack/dtls",
    "stack/tls",
    "stack/rtp",
    "stack/congestion",
    "stack/media",
    "stack/sctp",
    "stack/peer",
    "sim/core",
    "sim/net",
    "sim/nat",
    "sim/agents",
    "sim/script",
    "sim/live",
    "sim/record",
)
# The network knows no protocol that it carries.
PROTOCOL_FREE = ("sim/core", "sim/net", "sim/nat")
OWN_ROOTS = ("bench", "sim", "stack", "tests", "tools")

# The compiler finds these without a link line. From the header's first folder to the targets of
# which one has to be linked.
THIRD_PARTY = {
    "CLI": ("CLI11::",),
    "absl": ("absl::",),
    "benchmark": ("benchmark::",),
    "boost": ("Boost::",),
    "fmt": ("fmt::",),
    "nlohmann": ("nlohmann_json::",),
    "openssl": ("OpenSSL::",),
    "rapidcheck": ("rapidcheck",),
    "srtp2": ("PkgConfig::SRTP",),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>[<"])(?P<header>[^>"\n]+)', re.MULTILINE)


def check_include(tree, links, file, quoted: bool, header: str) -> str | None:
    """What is wrong with an include line, or nothing."""
    root = header.partition("/")[0]
    owner = links.owner(file.folder)
    cmake = f"{owner}/CMakeLists.txt"
    if ".." in header.split("/"):
        return f'includes "{header}": write the path from the root of the tree'
    if not quoted:
        if root in OWN_ROOTS and tree.get(header):
            return f"includes <{header}>: our own headers are included with quotes"
        wanted = THIRD_PARTY.get(root) if "/" in header else None
        if wanted and not any(each.startswith(wanted) for each in links.all_links(owner)):
            return f"includes <{header}>, but {cmake} links no {wanted[0]}… target"
        return None
    if root not in OWN_ROOTS or "/" not in header:
        if file.path.startswith(("tests/", "tools/")) and tree.get(f"{file.folder}/{header}"):
            return None  # A program's own header, which nobody else can include.
        return f'includes "{header}": write the path from the root of the tree'
    if tree.get(header) is None:
        return f'includes "{header}", which does not exist'
    folder = header.rpartition("/")[0]
    if folder == file.folder or links.owner(folder) == owner:
        return None
    if file.path.startswith("stack/") and root != "stack":
        return f'includes "{header}": the protocols do not know the simulator'
    if root in ("bench", "tests") and not file.path.startswith(root + "/"):
        return f'includes "{header}": only {root}/ itself uses what is in {root}/'
    if root != "tests" and folder not in links.own_folders(owner):
        return f'includes "{header}", but {cmake} does not link the library of {folder}'
    return None


def check_layers(tree: SourceTree, links: LinkLines) -> list[Finding]:
    findings = []
    folder_of = {f"natsim::{each.name}": folder for folder, each in links.libraries.items()}
    for folder, library in links.libraries.items():
        cmake = tree.get(f"{folder}/CMakeLists.txt")

        def report(target, message):
            findings.append(cmake.finding(max(cmake.text.find(target), 0), message))

        if library.folder != folder:
            report(library.folder, f"defines the library of {library.folder}, another folder")
        if not folder.startswith(LIBRARY_ROOTS):
            continue
        if folder not in LAYERS:
            report("natsim_library", f"{folder} has no place among the layers of dependencies.py")
            continue
        for used in library.links:
            if used.startswith("natsim::") and used not in folder_of:
                report(used, f"links {used}, which no folder defines")
            other = folder_of.get(used)
            if other not in LAYERS:
                continue
            if LAYERS.index(other) >= LAYERS.index(folder):
                report(used, f"{folder} links {used}, which comes below it")
            if folder in PROTOCOL_FREE and other.startswith("stack/") and other != "stack/base":
                report(used, f"{folder} links {used}, but the network knows no protocol")
    return findings


def check_dependencies(tree: SourceTree) -> list[Finding]:
    links = LinkLines(tree)
    findings = check_layers(tree, links)
    for file in tree.files(*CPP_SUFFIXES):
        for match in INCLUDE.finditer(file.without_comments):
            message = check_include(tree, links, file, match["open"] == '"', match["header"])
            if message:
                findings.append(file.finding(match.start("header"), message))
    return findings
