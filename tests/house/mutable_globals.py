"""No process globals: python3 mutable_globals.py LIBRARY… finds the writable data in libraries.

Two worlds live in one process, also on two threads. What one could leave behind for the other
would be in a writable section of an object file.
"""

import re
import subprocess
import sys

SYMBOL = re.compile(
    r"^[0-9a-f]+ (?P<flags>.{7}) (?P<section>\.(?:t?bss|t?data)\S*)\t[0-9a-f]+ +(?P<name>.+)$"
)
MEMBER = re.compile(r"^(?P<file>\S+): +file format ")
# Constant once the program is loaded: tables of addresses.
READ_ONLY = (".data.rel.ro",)
# Not the bookkeeping of compilers and libraries.
OURS = "natsim::"
# Which machine OpenSSL works for on a thread, set only while it does; that libsrtp2 is initialised.
KNOWN = ("natsim::dtls::(anonymous namespace)::driven_here",
         "natsim::srtp::(anonymous namespace)::initialise_library()::library")


def writable_objects(library: str) -> list[str]:
    listing = subprocess.run(
        ["objdump", "--syms", "--demangle", library], capture_output=True, text=True, check=True
    )
    found = []
    member = ""
    for line in listing.stdout.splitlines():
        if match := MEMBER.match(line):
            member = match["file"].removesuffix(".o")
        elif (match := SYMBOL.match(line)) and "O" in match["flags"]:
            name = match["name"].removeprefix("guard variable for ")
            if OURS in name and name not in KNOWN and not match["section"].startswith(READ_ONLY):
                found.append(f"{member}: {match['name']} is writable and outlives a world")
    if not member:
        found.append(f"{library}: holds no object file")
    return found


def main(libraries: list[str]) -> int:
    if not libraries:
        print("usage: mutable_globals.py LIBRARY…", file=sys.stderr)
        return 2
    found = [line for library in libraries for line in writable_objects(library)]
    print("\n".join(found))
    print(f"{len(found)} writable globals in {len(libraries)} libraries")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
