"""Every kind of event is told in words: the timeline shows no name that only the sources know."""

import re

from source_tree import Finding, SourceTree

SENTENCES = "sim/record/event_text.cc"
# Leaves out the kinds that it names.
TIMELINE = "sim/record/timeline.cc"
TOLD = re.compile(r'\b(?:tell|emit)\((?:[^";{]*,)?\s*"(?P<kind>[a-z]+\.[a-z_]+)"')
TOLD_BY_SCRIPT = re.compile(r'\btell\("(?P<kind>[a-z_]+)"')  # Run::tell adds "scenario."
NAMED = re.compile(r'"([a-z]+\.[a-z_]+)"')


def check_events(tree: SourceTree) -> list[Finding]:
    known: set[str] = set()
    for path in (SENTENCES, TIMELINE):
        file = tree.get(path)
        known.update(NAMED.findall(file.without_comments) if file else ())
    findings = []
    for file in tree.files(".cc", under="sim"):
        told = [(match["kind"], match) for match in TOLD.finditer(file.without_comments)]
        if file.folder == "sim/script":
            for match in TOLD_BY_SCRIPT.finditer(file.without_comments):
                told.append(("scenario." + match["kind"], match))
        for kind, match in told:
            if kind not in known:
                message = f"tells '{kind}', for which {SENTENCES} has no sentence"
                findings.append(file.finding(match.start("kind"), message))
    return findings
