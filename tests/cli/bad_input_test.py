"""Invalid input gives the right exit code and a helpful message."""

import json
import re
import unittest

from program import FAILED, INVALID, NOT_FOUND, OK, USAGE, ProgramTest, task


class BadFlow(ProgramTest):
    def test_malformed_json_has_line_and_column(self):
        flow = self.file("f.json", '{"name": "x",\n  "nodes": [,]}')
        self.refused(INVALID, ["f.json is not valid JSON at line 2, column 13"], "run", flow)
        self.refused(INVALID, ["f.json:2:13: error: not valid JSON"], "validate", flow)

    def test_a_duplicate_key_has_both_places(self):
        flow = self.file("f.json", '{"name": "x", "nodes": [],\n  "nodes": []}')
        for command in ("run", "validate"):
            self.refused(INVALID, ['"nodes" twice', "line 1, column 15", "line 2, column 3"],
                         command, flow)

    def test_a_silently_wrong_flow_is_warned_of(self):
        flow = self.flow(task("a", "core.sleep", args={"secs": 1}, retries=3),
                         task("b", "core.echo", args={"v": {"var": "x"}}))
        done = self.pawl("validate", flow)
        for said in ['core.sleep has no argument "secs"', 'did you mean "retry"?',
                     'did you mean "with"']:
            self.assertIn(said, done.stdout)
        self.pawl("validate", "--strict", flow, expect=INVALID)

    def test_an_unknown_node_type(self):
        flow = self.file("f.json", {"name": "x", "nodes": [{"id": "a", "type": "conditon"}]})
        self.refused(INVALID, ["/nodes/0/type", 'did you mean "condition"?', "no run was started"],
                     "run", flow)

    def test_a_dangling_edge(self):
        flow = self.file("f.json", {"name": "x", "nodes": [task("a", "core.set")],
                                    "edges": [{"source": "a", "target": "b"}]})
        self.refused(INVALID, ["/edges/0/target", '"b"'], "run", flow)

    def test_an_unknown_function_is_reported_before_the_start(self):
        flow = self.flow(task("first", "core.set"), task("a", "core.slep"))
        done = self.refused(INVALID, ["/nodes/1/data/code_ref", 'did you mean "core.sleep"?'],
                            "run", flow, "--data-dir", self.store)
        self.assertEqual(done.stdout, "")
        self.refused(NOT_FOUND, "no store", "runs", "ls", "--data-dir", self.store)

    def test_all_diagnostics_are_printed(self):
        flow = self.file("f.json", {"name": "x", "nodes": [{"id": "a", "type": "taks"},
                                                           task("b", "core.ecko")],
                                    "edges": [{"source": "a", "target": "c"}]})
        self.refused(INVALID, ["taks", "core.ecko", '"c"', "3 errors"], "run", flow)

    def test_a_missing_file(self):
        self.refused(NOT_FOUND, "nowhere.json", "run", "nowhere.json")
        self.refused(NOT_FOUND, "nowhere.json", "validate", "nowhere.json")

    def test_a_folder_for_a_file(self):
        done = self.pawl("run", self.folder, expect=6)
        self.assertIn("cannot read", done.stderr)

    def test_a_flow_that_is_too_large_or_too_deep(self):
        self.refused(INVALID, "bytes", "run", self.file("f.json", " " * (1 << 20) + "{}"))
        self.refused(INVALID, "deeper", "run", self.file("f.json", "[" * 100000))


class BadInput(ProgramTest):
    def flow_of_one(self):
        return self.flow(task("a", "core.set", args={"done": True}))

    def test_malformed_input(self):
        self.refused(INVALID, ["the input", "line 1, column 3"], "run", self.flow_of_one(),
                     "--input", "{nonsense}")
        self.refused(INVALID, ["object", "array"], "run", self.flow_of_one(), "--input", "[1]")

    def test_an_input_larger_than_the_state_limit(self):
        large = self.file("large.json", json.dumps({"text": "x" * (10 << 20)}))
        self.refused(INVALID, ["max_state_bytes"], "run", self.flow_of_one(), "--input",
                     "@" + large, "--data-dir", self.store)
        self.assertIn("No runs", self.pawl("runs", "ls", "--data-dir", self.store).stdout)

    def test_a_state_that_grows_too_large(self):
        grow = {"text": {"cat": [{"var": "text"}, {"var": "text"}]}}
        flow = self.flow(*[task(f"n{i}", "core.set", **{"with": grow}) for i in range(6)])
        done = self.refused(FAILED, ["limit_exceeded"], "run", flow, "--input",
                            json.dumps({"text": "x" * 1000}), "--set", "run.max_state_bytes=20KiB")
        self.assertIn("step_finished", done.stdout)

    def test_an_output_that_is_not_json(self):
        flow = self.flow(task("a", "core.exec", args={"argv": ["echo", "{oops"], "parse": "json"}))
        self.refused(FAILED, "not valid JSON", "run", flow, "--allow-exec", "echo")


class BadCommand(ProgramTest):
    def test_an_unknown_option(self):
        self.refused(USAGE, ["unknown option --jsn", "did you mean --json?", "pawl run --help"],
                     "run", "x.json", "--jsn")
        self.refused(USAGE, ["unknown option --data-dri", "did you mean --data-dir?"],
                     "runs", "ls", "--data-dri=x")

    def test_an_unknown_command(self):
        self.refused(USAGE, ["unknown command vaildate", "did you mean validate?"], "vaildate")
        self.refused(USAGE, ["unknown command shwo", "did you mean show?"], "runs", "shwo")
        self.refused(USAGE, "did you mean replay?", "runs", "repaly", "x")
        self.refused(USAGE, "unexpected argument more", "version", "more")
        self.refused(USAGE, "missing command")
        self.refused(USAGE, "FLOW", "run")

    def test_a_bad_value(self):
        self.refused(USAGE, ["storage.durability", "--durability", "sync, async, off"],
                     "config", "--durability", "fast")
        self.refused(USAGE, ["did you mean run.max_state_bytes?"], "config", "--set",
                     "run.max_state_byte=1")
        self.refused(USAGE, "KEY=VALUE", "config", "--set", "nonsense")
        self.refused(USAGE, ["PAWL_STORAGE_DURABILTY", "did you mean"], "config",
                     PAWL_STORAGE_DURABILTY="sync")
        self.refused(USAGE, "--status", "runs", "ls", "--status", "done", "--data-dir", self.store)
        self.refused(USAGE, "--limit", "runs", "ls", "--limit", "many", "--data-dir", self.store)
        self.refused(USAGE, "--id", "run", self.flow(task("a", "core.set")), "--id", "a\tb")
        for reserved in ("..", "key:x", "sub-1"):
            self.refused(USAGE, "--id", "run", self.flow(task("a", "core.set")), "--id", reserved)

    def test_all_errors_of_a_configuration_are_reported(self):
        config = self.file("pawl.toml", '[storage]\ndurability = "fast"\njournal_grups = 3\n')
        self.refused(USAGE, ["pawl.toml:2", "pawl.toml:3", "storage.journal_groups"], "config",
                     "--config", config)
        self.refused(NOT_FOUND, "missing.toml", "config", "--config", "missing.toml")

    def test_no_data_folder(self):
        for command in (["recover"], ["resume"], ["runs", "ls"], ["runs", "show", "x"],
                        ["flows", "ls"]):
            self.refused(USAGE, ["--data-dir", "PAWL_STORAGE_DATA_DIR"], *command)

    def test_help_has_examples_and_exit_codes(self):
        self.assertIn("Exit codes:", self.pawl("--help").stdout)
        for command in (["run"], ["resume"], ["recover"], ["validate"], ["logic"], ["functions"], ["config"],
                        ["version"], ["runs"], ["runs", "ls"], ["runs", "show"],
                        ["runs", "history"], ["runs", "cancel"], ["runs", "retry"],
                        ["runs", "resume"], ["runs", "set-data"], ["runs", "restart"],
                        ["flows", "ls"], ["flows", "show"], ["flows", "put"]):
            text = self.pawl(*command, "--help").stdout
            self.assertIn("Usage: pawl " + " ".join(command), text)
            self.assertIn("Example", text)
            self.assertIn("--data-dir DIR", text)

    def all_commands(self, *path):
        """All commands and subcommands, from the help."""
        yield path
        listed = re.search(r"(?m)^Commands:\n((?:  .*\n)+)", self.pawl(*path, "--help").stdout)
        for name in re.findall(r"(?m)^  (\S+)", listed[1] if listed else ""):
            yield from self.all_commands(*path, name)

    def test_help_fits_80_columns(self):
        commands = list(self.all_commands())
        self.assertIn(("runs", "set-data"), commands)
        for command in commands:
            for line in self.pawl(*command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"{command}: {line}")

    def test_help_names_the_values_of_options_once_and_in_words(self):
        for command in self.all_commands():
            text = self.pawl(*command, "--help").stdout
            self.assertNotRegex(text, r":\{|--[a-z-]+\{|:(POSITIVE|NUMBER|U?INT|FLOAT|TEXT)\b",
                                " ".join(command))

    def test_former_names_of_commands_are_aliases(self):
        for alias, name in (("update", "set-data"), ("replay", "restart")):
            self.assertIn(f"Usage: pawl runs {name}", self.pawl("runs", alias, "--help").stdout)

    def test_config_prints_the_source_of_each_value(self):
        config = self.file("pawl.toml", "[run]\nmax_tokens = 7\n")
        [printed] = self.lines("config", "--json", "--config", config, "--data-dir", "d",
                            PAWL_RUN_DEFAULT_MAX_VISITS="9")
        self.assertEqual((printed["run.max_tokens"]["value"], printed["run.max_tokens"]["source"]),
                         (7, "file"))
        self.assertEqual(printed["run.default_max_visits"]["source"], "environment")
        self.assertEqual(printed["storage.data_dir"]["source"], "flag")
        self.assertEqual(printed["flow.max_nodes"]["source"], "default")
        again = self.file("again.toml", self.pawl("config", "--config", config).stdout)
        self.pawl("config", "--config", again, expect=OK)


if __name__ == "__main__":
    unittest.main()
