"""Tests the scripts. Each check must report the mistakes that it is for, in a small source tree or
repository made here, and accept a correct one."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")


class Tree:
    """A small source tree in a temporary folder: GOOD, with `files` added or replaced."""

    GOOD = {
        "include/pawl/base.hpp": "#pragma once\n#include <cstddef>\n",
        "flow/core.hpp": "#pragma once\n#include <pawl/base.hpp>\n",
        "functions/call.hpp": '#pragma once\n#include "flow/core.hpp"\n',
        "persistence/store.hpp": "#pragma once\n#include <pawl/base.hpp>\n",
        "actors/run.hpp": '#pragma once\n#include "persistence/store.hpp"\n',
        "runtime/engine.cpp": '#include "actors/run.hpp"\n',
        "tests/support/catch.hpp": "#pragma once\n",
        "flow/core.test.cpp": '#include "tests/support/catch.hpp"\n',
    }

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        for path, text in {**self.GOOD, **files}.items():
            full = os.path.join(self.folder.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)

    def run(self, script):
        with self.folder:
            return run(script, self.folder.name)


# Whoever runs the tests may have set SKIP_SETUP, and a git hook sets GIT_DIR.
INHERITED = {name: value for name, value in os.environ.items()
             if name != "SKIP_SETUP" and not name.startswith("GIT_")}


def run(script, *arguments, environment=None):
    return subprocess.run([os.path.join(SCRIPTS, script), *arguments], capture_output=True,
                          text=True, check=False, env={**INHERITED, **(environment or {})})


class CheckIncludes(unittest.TestCase):
    def refused(self, files, *words):
        done = Tree(files).run("check_includes")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)

    def accepted(self, files):
        done = Tree(files).run("check_includes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_tree_that_keeps_the_rules_passes(self):
        self.accepted({})

    def test_an_upward_include_is_found(self):
        self.refused({"flow/bad.cpp": '#include "actors/run.hpp"\n'}, "flow/bad.cpp:1", "upwards")

    def test_the_base_includes_no_folder(self):
        self.refused({"include/pawl/bad.hpp": '#include "flow/core.hpp"\n'}, "upwards")

    def test_a_sideways_include_is_found(self):
        self.refused({"functions/bad.hpp": '#include "persistence/store.hpp"\n'}, "sideways")

    def test_a_circle_is_found(self):
        self.refused({"flow/a.hpp": '#include "flow/b.hpp"\n',
                      "flow/b.hpp": '#include "flow/a.hpp"\n'},
                     "circle: flow/a.hpp -> flow/b.hpp -> flow/a.hpp")

    def test_a_header_may_not_include_itself(self):
        self.refused({"flow/a.hpp": '#include "flow/a.hpp"\n'}, "circle")

    def test_an_include_that_is_not_from_the_root_is_found(self):
        self.refused({"flow/bad.cpp": '#include "core.hpp"\n'}, "from the root")

    def test_rocksdb_stays_in_its_folder(self):
        self.refused({"persistence/bad.cpp": "#include <rocksdb/db.h>\n"}, "RocksDB")
        self.accepted({"persistence/rocksdb/store.cpp": "#include <rocksdb/db.h>\n"})

    def test_caf_stays_in_its_folder(self):
        self.refused({"functions/bad.cpp": "#include <caf/all.hpp>\n"}, "CAF")
        self.refused({"include/pawl/bad.hpp": "#include <caf/all.hpp>\n"}, "CAF")
        self.refused({"cli/bad.cpp": "#include <pawl/caf.hpp>\n",
                      "include/pawl/caf.hpp": "#include <caf/all.hpp>\n"}, "cli/bad.cpp")
        self.refused({"actors/run.cpp": "#include <caf/send.hpp>\n"}, "actors/mail.hpp")
        self.accepted({"actors/mail.hpp": "#pragma once\n#include <caf/all.hpp>\n",
                       "include/pawl/caf.hpp": "#include <caf/all.hpp>\n"})

    def test_libcurl_stays_in_its_folder(self):
        self.refused({"functions/bad.cpp": "#include <curl/curl.h>\n"}, "libcurl")
        self.accepted({"functions/http/send.cpp": "#include <curl/curl.h>\n"})

    def test_only_two_sources_of_runtime_use_caf(self):
        allowed = {"runtime/core.cpp": "#include <caf/all.hpp>\n",
                   "runtime/gateway.cpp": "#include <caf/all.hpp>\n"}
        self.accepted(allowed)
        self.refused({**allowed, "runtime/other.cpp": "#include <caf/all.hpp>\n"},
                     "runtime/other.cpp")
        self.refused({"runtime/core.hpp": "#include <caf/all.hpp>\n"}, "runtime/core.hpp")

    def test_flow_stays_pure(self):
        self.refused({"flow/bad.cpp": "#include <thread>\n"}, "pure")
        self.refused({"flow/bad.cpp": "#include <random>\n"}, "pure")
        self.refused({"flow/bad.cpp": "#include <spdlog/spdlog.h>\n"}, "pure")
        self.refused({"flow/bad.cpp": "#include <unistd.h>\n"}, "pure")
        self.accepted({"flow/good.cpp": "#include <chrono>\n#include <nlohmann/json.hpp>\n",
                       "flow/good.test.cpp": "#include <fstream>\n"})

    def test_the_public_headers_stay_light(self):
        self.refused({"include/pawl/bad.hpp": "#include <spdlog/spdlog.h>\n"}, "embedder")

    def test_examples_use_what_is_installed(self):
        self.refused({"examples/embed/main.cpp": '#include "flow/core.hpp"\n'}, "example")
        self.accepted({"examples/embed/main.cpp": "#include <pawl/base.hpp>\n"})

    def test_a_header_of_tests_may_use_their_support(self):
        helper = {"flow/suite.hpp": '#pragma once\n#include "tests/support/catch.hpp"\n'
                                    "#include <fstream>\n",
                  "flow/suite.test.cpp": '#include "flow/suite.hpp"\n'}
        self.accepted(helper)
        self.refused({**helper, "flow/bad.cpp": '#include "flow/suite.hpp"\n'},
                     "flow/suite.hpp:2", "not part of the product")

    def test_an_empty_tree_does_not_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run("check_includes", folder).returncode, 1)


    def test_the_picture_shows_each_direct_include_once(self):
        tree = Tree({"cli/main.cpp": '#include "flow/core.hpp"\n#include "persistence/store.hpp"\n'})
        with tree.folder as folder:
            done = run("check_includes", "--mermaid", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [
            "flowchart TD", "  cli --> flow", "  cli --> persistence", "  runtime --> actors",
            "  actors --> persistence", "  functions --> flow", "  persistence --> include",
            "  flow --> include"])

    def test_the_picture_in_the_architecture_is_up_to_date(self):
        with open(os.path.join(SCRIPTS, "..", "ARCHITECTURE.md"), encoding="utf-8") as file:
            shown = re.search(r"```mermaid\n(flowchart.*?)```", file.read(), flags=re.S)
        self.assertIsNotNone(shown, "ARCHITECTURE.md has no picture of the includes")
        self.assertEqual(shown[1], run("check_includes", "--mermaid").stdout,
                         "replace it by the output of scripts/check_includes --mermaid")


class CheckCommits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.git("init", "-q")

    def git(self, *arguments):
        names = {**INHERITED, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        for who in ("AUTHOR", "COMMITTER"):
            names.update({f"GIT_{who}_NAME": "a", f"GIT_{who}_EMAIL": "a@example.org"})
        subprocess.run(["git", *arguments], cwd=self.folder, env=names, check=True)

    def check(self, *subjects):
        for subject in subjects:
            self.git("commit", "-q", "--allow-empty", "-m", subject)
        return subprocess.run([os.path.join(SCRIPTS, "check_commits"), "HEAD"], cwd=self.folder,
                              capture_output=True, text=True, check=False, env=INHERITED)

    def test_imperative_subjects_pass(self):
        done = self.check("Add a test", "Embed the page", "Process tasks in order", "Bring back x.hpp",
                          "Re-read the log", "T" + "o" * 59)
        self.assertEqual((done.returncode, done.stdout), (0, "commits: 6 subjects, 0 wrong\n"))

    def test_each_wrong_subject_is_reported_with_the_reason(self):
        for subject, reason in (
                ("A" * 61, "61 characters; at most 60"),
                ("Add a test.", "ends with a period"),
                ("add a test", 'begins with "add", not with a capitalised verb'),
                ("Added a test", 'begins with "Added", which is not an imperative'),
                ("Adding a test", 'begins with "Adding", which is not an imperative'),
                ("Adds a test", 'begins with "Adds", which is not an imperative'),
                ("fixup! Add a test", "not with a capitalised verb"),
                ("Use \u2192 as an arrow", "not plain ASCII")):
            with self.subTest(subject=subject):
                done = self.check(subject)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(f" {subject}: ", done.stdout)
                self.assertIn(reason, done.stdout)

    def test_all_commits_of_the_range_are_checked(self):
        done = self.check("Wrong.", "Add a test")
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 subjects, 1 wrong", done.stdout)

    def test_an_unknown_range_is_refused(self):
        done = subprocess.run([os.path.join(SCRIPTS, "check_commits"), "nothing"], cwd=self.folder,
                              capture_output=True, check=False, env=INHERITED)
        self.assertEqual(done.returncode, 2)

    def test_the_commits_of_this_repository_keep_the_rule(self):
        done = run("check_commits")
        self.assertEqual(done.returncode, 0, done.stdout)


class CheckHeaders(unittest.TestCase):
    def test_headers_that_compile_alone_pass(self):
        done = Tree({}).run("check_headers")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_header_that_lacks_an_include_is_found(self):
        done = Tree({"flow/bad.hpp": "#pragma once\ninline std::size_t name();\n"}).run(
            "check_headers")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("flow/bad.hpp does not compile alone", done.stdout)

    def test_precompiling_hides_no_missing_include(self):
        """json.hpp is precompiled for three headers, not for the two that only use its names."""
        json = "#pragma once\n#include <nlohmann/json.hpp>\n"
        done = Tree({
            "flow/a.hpp": json + "inline nlohmann::json a();\n",
            "flow/b.hpp": json + "inline nlohmann::json b();\n",
            "flow/c.hpp": json + "inline nlohmann::json c();\n",
            "flow/bad.hpp": "#pragma once\ninline nlohmann::json bad();\n",
            "flow/late.hpp": "#pragma once\ninline std::string late();\n"
                             "#include <nlohmann/json.hpp>\n",
        }).run("check_headers")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for name, bad in (("a", False), ("b", False), ("c", False), ("bad", True), ("late", True)):
            self.assertEqual(f"flow/{name}.hpp does not compile alone" in done.stdout, bad, name)

    def test_a_precompiled_header_of_ours_hides_no_missing_include(self):
        """own.hpp is precompiled for the three that include it; not for itself or for the one that
        only uses its name."""
        own = "#pragma once\n#include <nlohmann/json.hpp>\nstruct own { nlohmann::json data; };\n"
        user = '#pragma once\n#include "flow/own.hpp"\ninline own user();\n'
        done = Tree({
            "flow/own.hpp": own,
            "flow/a.hpp": user,
            "flow/b.hpp": user,
            "flow/c.hpp": user,
            "flow/bad.hpp": "#pragma once\ninline own bad();\n",
        }).run("check_headers")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(" 1 errors", done.stdout)
        self.assertIn("flow/bad.hpp does not compile alone", done.stdout)

    def test_only_what_changed_is_compiled_again(self):
        tree = Tree({})
        with tree.folder as folder:
            first = run("check_headers", folder)
            second = run("check_headers", folder)
            with open(os.path.join(folder, "include/pawl/base.hpp"), "a", encoding="utf-8") as file:
                file.write("namespace pawl { missing m; }\n")
            third = run("check_headers", folder)
        self.assertEqual(first.returncode, 0)
        self.assertIn(" 0 compiled", second.stdout)
        # Everything that includes the base is compiled again; tests/support does not include it.
        self.assertIn(" 5 compiled", third.stdout)
        self.assertEqual(third.returncode, 1)


class Setup(unittest.TestCase):
    def test_the_list_names_the_packages_of_this_system(self):
        done = run("setup", "--list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("librocksdb-dev", done.stdout.split())
        self.assertNotIn("@12", done.stdout)

    def test_an_unknown_argument_is_refused(self):
        self.assertEqual(run("setup", "--lsit").returncode, 2)

    def on_system(self, text, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix="-os-release") as file:
            file.write(text)
            file.flush()
            return run("setup", *arguments, environment={"OS_RELEASE_FILE": file.name})

    def test_on_another_system_the_packages_are_listed(self):
        done = self.on_system("ID=fedora\nVERSION_ID=41\n")
        self.assertEqual(done.returncode, 3)
        self.assertIn("fedora 41", done.stderr)
        self.assertIn("librocksdb-dev", done.stderr)
        self.assertIn("SKIP_SETUP=1", done.stderr)

    def test_each_release_of_debian_has_its_own_list(self):
        for release, has in (("12", True), ("13", False)):
            done = self.on_system(f'ID=debian\nVERSION_ID="{release}"\n', "--list")
            self.assertEqual("clang-format" in done.stdout.split(), has)

    def test_the_packages_of_the_web_console_are_listed_on_request(self):
        for release, has in (("12", False), ("13", True)):
            system = f'ID=debian\nVERSION_ID="{release}"\n'
            self.assertNotIn("chromium", self.on_system(system, "--list").stdout.split())
            listed = self.on_system(system, "--list", "--console").stdout.split()
            self.assertIn("chromium", listed)
            self.assertIn("librocksdb-dev", listed)
            self.assertEqual("nodejs" in listed, has)

    def on_bare_machine(self, *arguments, **programs):
        """Runs setup in a tree of its own, on a Debian with all packages of apt and only the given
        programs (name to text of a shell script) of those that the web console needs."""
        programs = {"apt-get": "exit 1", "dpkg-query": "for each in $*; do echo ii $each; done", **programs}
        with tempfile.TemporaryDirectory() as folder:
            for path in ("scripts/setup", "scripts/packages", "web/package.json"):
                os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                shutil.copy(os.path.join(SCRIPTS, "..", path), os.path.join(folder, path))
            commands = os.path.join(folder, "bin")
            os.mkdir(commands)
            for name in ("awk", "bash", "dirname", "grep", "id"):
                os.symlink(shutil.which(name), os.path.join(commands, name))
            for name, text in programs.items():
                with open(os.path.join(commands, name), "w", encoding="utf-8") as file:
                    file.write(f"#!{commands}/bash\n{text}\n")
                os.chmod(file.name, 0o755)
            release = os.path.join(folder, "os-release")
            with open(release, "w", encoding="utf-8") as file:
                file.write('ID=debian\nVERSION_ID="12"\n')
            return subprocess.run(
                [f"{commands}/bash", os.path.join(folder, "scripts/setup"), *arguments],
                capture_output=True, text=True, check=False,
                env={"PATH": commands, "OS_RELEASE_FILE": release})

    def test_without_node_setup_works_and_says_that_there_will_be_no_console(self):
        done = self.on_bare_machine()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no web console; scripts/setup --console", done.stderr)

    def test_a_console_without_what_it_needs_is_refused(self):
        for programs, why in (({}, "Node.js is not installed"),
                              ({"node": "exit 0"}, "npm is not installed"),
                              ({"npm": "", "node": "echo too old >&2; exit 1"}, "too old")):
            done = self.on_bare_machine("--console", **programs)
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn(why, done.stderr)

    def test_setup_can_be_skipped(self):
        done = run("setup", environment={"SKIP_SETUP": "1"})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class Soak(unittest.TestCase):
    def test_every_stage_gets_a_share_of_the_time(self):
        done = run("soak", "--plan", "40")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^fuzz: \d+ s for each of \d+ fuzzers\nsimulation: 300 s\n"
                                      r"schemas: 300 s\ncrash: 300 s\npower: 300 s\nlinear: 300 s\n"
                                      r"random requests: 300 s\nmixed load: 300 s\n$")

    def test_a_wrong_time_is_refused(self):
        for minutes in ("0", "-1", "an hour"):
            self.assertEqual(run("soak", "--plan", minutes).returncode, 2)


class Ccache(unittest.TestCase):
    def test_the_share_of_cached_objects_is_printed(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write("# a.cpp\ndirect_cache_miss\npreprocessed_cache_hit\n# b.cpp\ncache_miss\n"
                      "# c.cpp\ndirect_cache_hit\n# d.cpp\ndirect_cache_hit\n")
            log.flush()
            common = os.path.join(SCRIPTS, "common.sh")
            done = subprocess.run(["bash", "-euo", "pipefail", "-c",
                                   f'source "{common}"; report_ccache "{log.name}"'],
                                  capture_output=True, text=True, check=False, env=INHERITED)
        self.assertEqual((done.returncode, done.stderr),
                         (0, "bash: 3 of 4 objects from ccache (75%)\n"))


class Arguments(unittest.TestCase):
    def test_every_script_refuses_unknown_arguments(self):
        for command in (("check", "--fast"), ("check_includes", "--all"), ("check_headers", "--all"),
                        ("check_commits", "--all"), ("fuzz", "soon"), ("fuzz", "1", "nothing"),
                        ("soak", "--long"), ("../tests/sim", "--sed", "1"),
                        ("../tests/sim", "--seed"), ("../tests/sim", "--minutes", "x")):
            with self.subTest(command=command):
                self.assertEqual(run(*command).returncode, 2)


if __name__ == "__main__":
    unittest.main()
