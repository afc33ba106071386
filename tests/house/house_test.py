"""Each house rule finds its violations, and leaves what is allowed alone."""

import tempfile
import unittest
from pathlib import Path

from house import RULES
from source_tree import SourceFile, SourceTree

# A small house in which every rule holds.
SOUND = {
    "stack/base/CMakeLists.txt": "natsim_library(base stack/base SOURCES time.cc LINK fmt::fmt)\n",
    "stack/base/time.h": "// Time.\n#pragma once\n",
    "stack/base/time.cc": '#include "stack/base/time.h"\n#include <fmt/format.h>\n',
    "stack/stun/CMakeLists.txt": (
        "natsim_library(stun stack/stun\n  SOURCES message.cc\n"
        "  LINK natsim::base\n  PRIVATE_LINK OpenSSL::Crypto)\n"
    ),
    "stack/stun/message.h": '#pragma once\n#include "stack/base/time.h"\n',
    "stack/stun/message.cc": '#include "stack/stun/message.h"\n#include <openssl/evp.h>\n',
    "sim/core/CMakeLists.txt": "natsim_library(core sim/core\n  SOURCES\n  LINK natsim::base)\n",
    "sim/core/world.h": '#pragma once\n#include "stack/base/time.h"\n',
    "sim/net/CMakeLists.txt": (
        "natsim_library(net sim/net\n  SOURCES link.cc  # natsim::stun is not for it\n"
        "  LINK natsim::core natsim::base)\n"
    ),
    "sim/net/link.h": '#pragma once\n#include "sim/core/world.h"\n',
    "sim/net/link.cc": '#include "sim/net/link.h"\n',
    "tests/stack/stun/CMakeLists.txt": "natsim_test(stun SOURCES stun_test.cc LINK natsim::stun)\n",
    "tests/stack/stun/hex.h": "#pragma once\n",
    "tests/stack/stun/stun_test.cc": '#include "hex.h"\n#include "stack/base/time.h"\n',
    "bench/CMakeLists.txt": "natsim_bench(net_bench LINK natsim::net)\n",
    "bench/net_bench.cc": '#include "sim/net/link.h"\n',
}


class HouseTest(unittest.TestCase):
    def check(self, rule: str, changes: dict[str, str]) -> list[str]:
        """What `rule` says about the sound house with these files added or replaced."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in (SOUND | changes).items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return [str(finding) for finding in RULES[rule](SourceTree(Path(folder)))]

    def assert_finds(self, rule: str, path: str, text: str, *expected: str) -> None:
        found = self.check(rule, {path: text})
        self.assertEqual(len(found), len(expected), found)
        for finding, start in zip(sorted(found), expected):
            self.assertTrue(finding.startswith(f"{path}:{start}"), finding)

    def test_sound_house(self):
        for rule in RULES:
            with self.subTest(rule=rule):
                self.assertEqual(self.check(rule, {}), [])


class DependencyTest(HouseTest):
    def test_include_of_a_folder_that_is_not_linked(self):
        text = '#pragma once\n\n#include "stack/stun/message.h"\n'
        self.assert_finds(
            "dependencies", "sim/net/link.h", text, '3: includes "stack/stun/message.h"'
        )

    def test_protocols_do_not_know_the_simulator(self):
        text = '#include "sim/core/world.h"\n'
        self.assert_finds("dependencies", "stack/stun/message.cc", text, '1: includes "sim/core')

    def test_relative_include(self):
        text = '#include "../base/time.h"\n#include "message.h"\n'
        self.assert_finds(
            "dependencies",
            "stack/stun/message.cc",
            text,
            '1: includes "../base',
            '2: includes "message',
        )

    def test_our_header_in_angle_brackets(self):
        text = "#include <stack/base/time.h>\n"
        self.assert_finds("dependencies", "stack/stun/message.cc", text, "1: includes <stack/base")

    def test_include_of_nothing(self):
        text = '#include "stack/base/clock.h"\n'
        self.assert_finds(
            "dependencies", "stack/stun/message.cc", text, '1: includes "stack/base/clock'
        )

    def test_library_relies_on_what_another_links(self):
        text = "natsim_library(net sim/net\n  SOURCES link.cc\n  LINK natsim::core)\n"
        header = '#pragma once\n#include "stack/base/time.h"\n'
        found = self.check(
            "dependencies", {"sim/net/CMakeLists.txt": text, "sim/net/queue.h": header}
        )
        self.assertEqual(len(found), 1, found)

    def test_third_party_header_of_no_linked_target(self):
        text = "#include <absl/container/btree_map.h>\n"
        self.assert_finds("dependencies", "sim/net/link.cc", text, "1: includes <absl/")

    def test_link_against_the_layers(self):
        text = "natsim_library(core sim/core\n  SOURCES\n  LINK natsim::base\n  natsim::net)\n"
        self.assert_finds(
            "dependencies", "sim/core/CMakeLists.txt", text, "4: sim/core links natsim::net"
        )

    def test_network_that_knows_a_protocol(self):
        text = "natsim_library(net sim/net\n  SOURCES link.cc\n  LINK natsim::core natsim::stun)\n"
        self.assert_finds(
            "dependencies", "sim/net/CMakeLists.txt", text, "3: sim/net links natsim::stun"
        )

    def test_library_of_another_folder(self):
        text = "natsim_library(core sim/net\n  SOURCES\n  LINK natsim::base)\n"
        found = self.check("dependencies", {"sim/core/CMakeLists.txt": text})
        self.assertIn("sim/core/CMakeLists.txt:1: defines the library of sim/net", found[0])

    def test_include_within_a_comment(self):
        text = '// As in:\n/*\n#include "stack/stun/message.h"\n*/\n'
        self.assert_finds("dependencies", "sim/net/link.cc", text)

    def test_library_uses_a_test(self):
        text = '#include "tests/stack/stun/hex.h"\n'
        self.assert_finds("dependencies", "stack/stun/message.cc", text, '1: includes "tests/')


class EventsTest(HouseTest):
    def test_event_without_a_sentence(self):
        text = 'void f() {\n  tell("turn.shone", {{"relay", relay}});\n}\n'
        self.assert_finds("events", "sim/agents/turn_server.cc", text, "2: tells 'turn.shone'")

    def test_event_that_a_script_tells(self):
        text = 'void f(Run& run) {\n  run.tell("sang", {});\n}\n'
        self.assert_finds("events", "sim/script/globals.cc", text, "2: tells 'scenario.sang'")

    def test_event_by_the_stream(self):
        text = 'void f() {\n  events().emit(\n      now(), id(), "tcp.shone", {});\n}\n'
        self.assert_finds("events", "sim/net/tcp_stack.cc", text, "3: tells 'tcp.shone'")

    def test_event_with_a_sentence(self):
        sentences = '    Sentence{"turn.shone", "shines at {relay}"},\n'
        teller = 'void f() { tell("turn.shone", {}); }\n'
        files = {"sim/record/event_text.cc": sentences, "sim/agents/turn_server.cc": teller}
        self.assertEqual(self.check("events", files), [])


class LayoutTest(HouseTest):
    def test_file_that_is_too_long(self):
        text = "#pragma once\n" + "\n" * 450
        self.assert_finds("layout", "sim/net/link.h", text, "451: has 451 lines")
        self.assert_finds("layout", "sim/net/link.h", text[:-1])

    def test_header_without_guard(self):
        self.assert_finds(
            "layout", "sim/net/link.h", "// A link.\n#include <map>\n", "2: a header begins"
        )

    def test_source_that_nothing_builds(self):
        self.assert_finds(
            "layout", "sim/net/queue.cc", "\n", "1: is not listed in sim/net/CMakeLists.txt"
        )
        self.assert_finds(
            "layout", "tests/stack/stun/hmac_test.cc", "\n", "1: is not listed in tests/"
        )

    def test_vague_name(self):
        self.assert_finds("layout", "sim/net/utils.h", "#pragma once\n", "1: 'utils'")


class WordingTest(HouseTest):
    def test_work_put_off(self):
        text = "int a;\n// TODO: more\n// good enough for now\n"
        self.assert_finds("wording", "sim/net/link.cc", text, "2: says 'TODO'", "3: says 'for now'")

    def test_machine_path(self):
        self.assert_finds(
            "wording", "sim/net/link.cc", "// see /home/me/notes\n", "1: names a machine's"
        )

    def test_what_only_looks_like_one(self):
        text = "mktemp natsim.XXXXXX  # ${CMAKE_BINARY_DIR}/tmp/a, net/home/x, /etc/passwd\n"
        self.assert_finds("wording", "tools/test", text)


class PurityTest(HouseTest):
    def test_foreign_chance(self):
        text = "std::uniform_int_distribution<int> d;\nstd::mt19937 g;\nint a = rand();\n"
        self.assert_finds(
            "purity", "sim/net/link.cc", text, "1: std::uniform", "2: std::mt", "3: rand("
        )

    def test_wall_clock(self):
        text = (
            "auto a = std::chrono::steady_clock::now();\n"
            "auto b = time(nullptr);\nauto c = std::time(&b);\n"
        )
        self.assert_finds(
            "purity",
            "stack/stun/message.cc",
            text,
            "1: chrono::steady_clock",
            "2: time(",
            "3: std::time(",
        )

    def test_surroundings(self):
        self.assert_finds("purity", "sim/net/link.cc", 'auto a = std::getenv("A");\n', "1: getenv(")

    def test_names_that_only_look_alike(self):
        text = (
            "Time time() const;\nevent.time();\n// rand() and std::rand()\n"
            'auto s = "getenv(a)";\nstrand(x);\n'
        )
        self.assert_finds("purity", "sim/net/link.cc", text)

    def test_live_driver_has_a_clock(self):
        self.assert_finds("purity", "sim/live/driver.h", "std::chrono::steady_clock::now();\n")


class UnorderedTest(HouseTest):
    def test_walk_over_a_member_that_the_header_declares(self):
        header = "#pragma once\nabsl::flat_hash_map<Key, std::vector<int>> table_;\n"
        source = "void f() {\n  for (const auto& [key, value] : table_) print(key);\n}\n"
        found = self.check("unordered", {"sim/net/link.h": header, "sim/net/link.cc": source})
        self.assertEqual(len(found), 1, found)
        self.assertIn("sim/net/link.cc:2: walks the hash table table_", found[0])

    def test_walk_over_a_local(self):
        text = "void f() {\n  std::unordered_set<int> seen;\n  use(seen.begin());\n}\n"
        self.assert_finds("unordered", "sim/net/link.cc", text, "3: walks the hash table seen")

    def test_walk_that_is_sorted_at_once(self):
        text = (
            "void f() {\n  absl::flat_hash_set<int> seen;\n"
            "  for (int each : seen) all.push_back(each);\n"
            "  std::sort(all.begin(), all.end());\n}\n"
        )
        self.assert_finds("unordered", "sim/net/link.cc", text)

    def test_lookup_and_ordered_walk(self):
        text = (
            "void f() {\n  absl::flat_hash_set<int> seen;\n  std::vector<int> seen_order;\n"
            "  if (seen.contains(1)) return;\n  for (int each : seen_order) print(each);\n}\n"
        )
        self.assert_finds("unordered", "sim/net/link.cc", text)


class SourceFileTest(unittest.TestCase):
    def test_code_keeps_its_places(self):
        text = (
            'a = "// no"; // yes\nb = 1\'000\'000; /* two\n'
            'lines */ c = \'"\';\nd = R"x(//)")x"; e;'
        )
        code = SourceFile("a.cc", text).code
        self.assertEqual(len(code), len(text))
        self.assertEqual("".join(code.split()), "a=;b=1'000'000;c=;d=;e;")
        self.assertEqual(code.index("c ="), text.index("c ="))


if __name__ == "__main__":
    unittest.main()
