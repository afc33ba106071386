"""Words that have no place in the repository: work put off, and one machine's folders."""

import re

from source_tree import Finding, SourceTree

PUT_OFF = re.compile(
    r"\b(TODO|FIXME|XXX|HACK|TBD)\b|\b(for now|placeholder|not yet implemented)\b", re.IGNORECASE
)
# Where a checkout or a home happens to be. A scenario's /etc/passwd is everybody's.
MACHINE_PATH = re.compile(r"(?<![\w.$}/])/(?:work|root|home|tmp|mnt|Users)/[\w.-]+")
# These name the words to forbid them.
EXEMPT = ("tests/house/wording.py", "tests/house/house_test.py")


def check_wording(tree: SourceTree) -> list[Finding]:
    findings = []
    for file in tree.files(""):
        if file.path in EXEMPT:
            continue
        for match in PUT_OFF.finditer(file.text):
            message = f"says '{match[0]}': do it or leave it out"
            findings.append(file.finding(match.start(), message))
        for match in MACHINE_PATH.finditer(file.text):
            findings.append(file.finding(match.start(), f"names a machine's folder, {match[0]}"))
    return findings
