"""Checks a house rule: python3 house.py RULE [ROOT]. Prints file:line: what is wrong."""

import sys
from pathlib import Path

from dependencies import check_dependencies
from events import check_events
from layout import check_layout
from purity import check_purity
from source_tree import SourceTree
from unordered import check_unordered
from wording import check_wording

RULES = {
    "dependencies": check_dependencies,
    "events": check_events,
    "layout": check_layout,
    "purity": check_purity,
    "unordered": check_unordered,
    "wording": check_wording,
}


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or arguments[0] not in RULES:
        print(f"usage: house.py {'|'.join(RULES)} [ROOT]", file=sys.stderr)
        return 2
    root = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).resolve().parents[2]
    tree = SourceTree(root)
    findings = RULES[arguments[0]](tree)
    for finding in sorted(findings, key=lambda each: (each.path, each.line, each.message)):
        print(finding)
    print(f"{len(findings)} violations of '{arguments[0]}' in {len(tree.files(''))} files")
    return 1 if findings or not tree.files(".cc") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
