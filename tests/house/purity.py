"""A run is a function of scenario, parameters and seed: nothing else may be read."""

import re

from source_tree import CPP_SUFFIXES, Finding, SourceTree

PURE = ("sim", "stack")
# The real-time driver lives by the machine's clock; what is named last serves OpenSSL's clock and
# randomness, which it takes from nowhere else than from the thread.
EXEMPT = ("sim/live", "stack/dtls/driven.cc")

OWN_RANDOM = "chance comes from a natsim::Random that is handed in"
VIRTUAL_TIME = "time comes from the world"
NO_SURROUNDINGS = "a run does not depend on its surroundings"

FORBIDDEN = (
    (r"\bstd::\w+_distribution\b", f"differs between standard libraries; {OWN_RANDOM}"),
    (r"\bstd::(random_device|mt19937(_64)?|default_random_engine|minstd_rand0?)\b", OWN_RANDOM),
    (r"\bstd::(shuffle|sample)\b", f"differs between standard libraries; {OWN_RANDOM}"),
    (r"\bRAND_(priv_)?bytes\b", OWN_RANDOM),
    (r"(?<![\w.>:])(std::|::)?(s?rand|drand48)\s*\(", OWN_RANDOM),
    (r"\bchrono::(system|steady|high_resolution|utc|file)_clock\b", VIRTUAL_TIME),
    (r"(?<![\w.>:])time\s*\(\s*(nullptr|NULL|0|&)", VIRTUAL_TIME),
    (r"(?<![\w.>])(std::|::)time\s*\(", VIRTUAL_TIME),
    (r"\b(clock_gettime|gettimeofday|localtime(_r)?|gmtime(_r)?)\s*\(", VIRTUAL_TIME),
    (r"(?<![\w.>:])(std::|::)?clock\s*\(\s*\)", VIRTUAL_TIME),
    (r"\b(getenv|setlocale)\s*\(|\bstd::locale\b", NO_SURROUNDINGS),
    (r"\bthread_local\b", "worlds share nothing, and none is bound to a thread"),
)
RULES = tuple((re.compile(pattern), reason) for pattern, reason in FORBIDDEN)


def check_purity(tree: SourceTree) -> list[Finding]:
    findings = []
    for folder in PURE:
        for file in tree.files(*CPP_SUFFIXES, under=folder):
            if (file.path + "/").startswith(tuple(each + "/" for each in EXEMPT)):
                continue
            for rule, reason in RULES:
                for match in rule.finditer(file.code):
                    findings.append(file.finding(match.start(), f"{match[0].strip()}: {reason}"))
    return findings
