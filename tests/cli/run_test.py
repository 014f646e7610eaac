"""`pawl run`: the forms of its output, exit codes and run IDs."""

import http.server
import json
import os
import pty
import re
import subprocess
import threading
import unittest

from program import FAILED, INVALID, PROGRAM, UNAVAILABLE, USAGE, ProgramTest, environment, task


class Run(ProgramTest):
    def hello(self):
        return self.flow(task("greet", "core.set", args={"greeting": "hello"}),
                         task("tell", "core.log", args={"message": "logged"}), name="hello")

    def test_a_pipe_gets_a_line_for_each_event_and_the_data(self):
        out = self.pawl("run", self.hello(), "--input", '{"n": 1}').stdout
        self.assertRegex(out, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  greet  step_started$")
        self.assertRegex(out, r"(?m)  greet  step_finished  ")
        self.assertRegex(out, r"(?m)  tell   step_log  .*info: logged$")
        self.assertIn('"greeting": "hello"', out)
        self.assertIn("completed in", out)
        self.assertIn("--data-dir", out.splitlines()[-1])
        self.assertNotIn("\x1b", out)

    def test_json_has_one_object_per_line(self):
        lines = self.lines("run", self.hello(), "--json", "--id", "r1", "--input", '{"n": 1}')
        self.assertEqual(lines[0]["event"], "run_created")
        self.assertEqual({line["run"] for line in lines}, {"r1"})
        self.assertEqual([line["node"] for line in lines if line["event"] == "step_finished"],
                         ["greet", "tell"])
        end = lines[-1]
        self.assertEqual((end["event"], end["status"]), ("summary", "completed"))
        self.assertEqual(end["data"], {"n": 1, "greeting": "hello"})
        self.assertIsNone(end["error"])

    def test_input_comes_from_a_file_or_a_pipe(self):
        flow = self.hello()
        given = self.file("input.json", {"from": "file"})
        self.assertEqual(self.lines("run", flow, "--json", "--input", "@" + given)[-1]["data"]["from"],
                         "file")
        self.assertEqual(self.lines("run", flow, "--json", "--input", "-",
                                    input='{"from": "pipe"}')[-1]["data"]["from"], "pipe")
        with open(flow, encoding="utf-8") as file:
            self.pawl("run", "-", input=file.read())
        self.refused(USAGE, "both", "run", "-", "--input", "-", input="{}")

    def test_a_run_that_failed_ends_with_1_and_can_be_retried(self):
        flow = self.flow(task("first", "core.set", args={"a": 1}),
                         task("stop", "core.exec", args={"argv": ["test", "-e", "fixed"]}))
        command = ("run", flow, "--id", "f1", "--data-dir", self.store, "--allow-exec", "test")
        out = self.pawl(*command, expect=FAILED).stdout
        self.assertIn("failed in", out)
        self.assertIn("error: exit_code at stop", out)
        self.assertIn(f"next: pawl runs retry f1 --data-dir {self.store} --allow-exec test", out)
        self.assertEqual(self.pawl(*command, expect=FAILED).stdout.count("step_started"), 0)
        self.file("fixed", "")
        self.pawl("runs", "retry", "f1", "--reason", "the file is there", "--data-dir", self.store,
                  "--allow-exec", "test")
        [retried] = self.lines("runs", "history", "f1", "--kind", "run_retried", "--json",
                               "--data-dir", self.store)
        self.assertEqual(retried["detail"]["reason"], "the file is there")
        steps = [(s["node"], s["attempt"], s["status"]) for s in self.show("f1")["steps"]]
        self.assertEqual(steps, [("first", 1, "completed"), ("stop", 1, "failed"),
                                 ("stop", 2, "completed")])

    def test_a_failing_function_names_its_class(self):
        flow = self.flow(task("pay", "core.fail",
                              args={"type": "card_declined", "message": "No money left."}))
        self.refused(FAILED, ["card_declined", "No money left."], "run", flow)
        end = self.lines("run", flow, "--json", expect=FAILED)[-1]
        self.assertEqual(end["error"], {"type": "card_declined", "message": "No money left.",
                                        "node": "pay", "attempt": 1})

    def test_a_step_that_takes_too_long_is_timed_out(self):
        flow = self.flow(task("slow", "core.sleep", args={"seconds": 60}, timeout="100ms"))
        self.refused(FAILED, ["timed_out", "slow"], "run", flow)

    def test_the_same_id_starts_a_run_once(self):
        flow = self.hello()
        command = ("run", flow, "--id", "once", "--data-dir", self.store, "--json")
        first = self.lines(*command, "--input", '{"n": 1}')
        again = self.lines(*command, "--input", '{"n": 1}')
        self.assertEqual([line["event"] for line in again], ["summary"])
        self.assertEqual(again[0]["data"], first[-1]["data"])
        self.refused(USAGE, "another", *command, "--input", '{"n": 2}')
        self.flow(task("greet", "core.set", args={"greeting": "bye"}), name="hello")
        self.refused(USAGE, "another definition", *command, "--input", '{"n": 1}')

    def test_a_run_that_times_out_is_stored(self):
        flow = self.flow(task("a", "core.set", args={"a": 1}),
                         task("slow", "core.sleep", args={"ms": 1500}), name="slow")
        command = ("run", flow, "--id", "t1", "--data-dir", self.store)
        self.refused(UNAVAILABLE, ["not finished after", "pawl resume t1"], *command,
                     "--timeout", "300ms", "--set", "engine.stop_timeout_ms=100ms")
        self.assertEqual(self.show("t1")["status"], "running")
        self.pawl("recover", "--data-dir", self.store)
        self.assertEqual(self.show("t1")["status"], "completed")
        self.refused(USAGE, "--timeout", "run", flow, "--timeout", "soon")

    def test_control_characters_are_escaped(self):
        evil = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e"
        flow = self.flow(task("set", "core.set", args={"text": evil}),
                         task("log", "core.log", args={"message": evil}),
                         task("stop", "core.fail", args={"type": "evil", "message": evil}))
        for form in ([], ["--json"]):
            done = self.pawl("run", flow, *form, expect=FAILED)
            for sign in "\x1b\x07\u009b\u202e":
                self.assertNotIn(sign, done.stdout + done.stderr)
        end = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(end["data"]["text"], evil)

    def test_exec_needs_to_be_allowed(self):
        flow = self.flow(task("list", "core.exec", args={"argv": ["true"]}))
        self.refused(FAILED, ["exec_not_allowed", "--allow-exec true"], "run", flow)
        self.pawl("run", flow, "--allow-exec", "false,true")

    def test_http_calls_private_hosts_only_if_allowed(self):
        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.shutdown)
        host = f"127.0.0.1:{server.server_port}"
        flow = self.flow(task("get", "core.http", args={"url": f"http://{host}/"}))
        self.refused(FAILED, ["http_not_allowed", f"add {host} to http.allow_hosts"], "run", flow)
        *_, end = self.lines("run", flow, "--json", PAWL_HTTP_ALLOW_HOSTS=host)
        self.assertEqual(end["data"]["body"], "hello")
        self.refused(FAILED, "http_tls", "run", self.flow(
            task("get", "core.http", args={"url": f"https://{host}/"})), PAWL_HTTP_ALLOW_HOSTS=host)

    def test_a_closed_pipe_ends_the_program_silently(self):
        flow = self.flow(*[task(f"s{i}", "core.sleep", args={"ms": 100}) for i in range(20)])
        done = subprocess.run(["bash", "-c", f'set -o pipefail; "{PROGRAM}" run "{flow}" | head -1'],
                              env=environment(), text=True, capture_output=True, timeout=60,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (141, ""))
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_a_full_standard_output_is_reported(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full on this system")
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "functions"], env=environment(), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 6)
        self.assertIn("pawl: cannot write to standard output", done.stderr)

    def test_closed_standard_streams_are_harmless(self):
        flow = self.hello()
        for stream in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            command = f'"{PROGRAM}" run "{flow}" --id c --data-dir "{self.store}" {stream}'
            subprocess.run(["bash", "-c", command], env=environment(), check=True, timeout=60,
                           stdout=subprocess.DEVNULL)
        self.assertEqual(self.show("c")["status"], "completed")


class Terminal(ProgramTest):
    def on_terminal(self, *arguments, **variables):
        """Runs the program on a pseudo-terminal. Returns the exit code and the output."""
        main, side = pty.openpty()
        sent = []

        def read():
            while True:
                try:
                    piece = os.read(main, 65536)
                except OSError:  # the other side is closed
                    return
                if not piece:
                    return
                sent.append(piece)

        reader = threading.Thread(target=read)
        reader.start()
        done = subprocess.run([PROGRAM, *arguments], stdin=side, stdout=side,
                              stderr=subprocess.PIPE, timeout=60, check=False,
                              env=environment(**{"TERM": "xterm-256color", **variables}))
        os.close(side)
        reader.join()
        os.close(main)
        self.assertEqual(done.stderr, b"")
        return done.returncode, b"".join(sent).decode()

    def flow_of_two(self):
        return self.flow(task("first", "core.sleep", args={"ms": 250}),
                         task("second", "core.set", args={"a": 1}))

    def test_the_tree_is_redrawn_in_place(self):
        code, sent = self.on_terminal("run", self.flow_of_two())
        self.assertEqual(code, 0)
        self.assertGreater(len(re.findall(r"\x1b\[\d+A", sent)), 2)
        last = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", sent[sent.rindex("\x1b[4A"):])
        self.assertRegex(last, r"✔ first +2\d\dms")
        self.assertRegex(last, r"✔ second ")
        self.assertIn("✔ completed", last)
        self.assertIn("\x1b[32m", sent)
        self.assertNotIn("\x1b[?25l", sent)  # a killed program would leave the cursor hidden

    def test_no_color_disables_colours(self):
        _, sent = self.on_terminal("run", self.flow_of_two(), NO_COLOR="1")
        self.assertNotRegex(sent, r"\x1b\[[0-9;]*m")
        self.assertIn("✔ first", sent)

    def test_without_utf8_the_tree_is_ascii(self):
        _, sent = self.on_terminal("run", self.flow_of_two(), LANG="C")
        self.assertTrue(sent.isascii())
        self.assertIn("first", sent)

    def test_a_dumb_terminal_gets_lines(self):
        _, sent = self.on_terminal("run", self.flow_of_two(), TERM="dumb")
        self.assertNotIn("\x1b", sent)
        self.assertIn("step_finished", sent)


class Check(ProgramTest):
    def test_validate_tells_every_fault_with_its_place(self):
        good = self.flow(task("a", "core.set"), name="good")
        bad = self.file("bad.json", '{"name": "bad",\n "nodes": [\n'
                                    '  {"id": "a", "type": "taks"},\n'
                                    '  {"id": "b", "type": "task"}],\n'
                                    ' "edges": [{"source": "a", "target": "nowhere"}]}')
        done = self.pawl("validate", good, bad, expect=INVALID)
        self.assertIn("good.json: valid", done.stdout)
        self.assertIn("bad.json:3:23: error:", done.stdout)
        self.assertIn('did you mean "task"?', done.stdout)
        self.assertIn("code_ref", done.stdout)
        self.assertIn("bad.json:5:38: error:", done.stdout)
        self.assertIn("(/edges/0/target)", done.stdout)

    def test_validate_json_and_strict(self):
        flow = self.flow(task("a", "orders.charge"))
        [printed] = self.lines("validate", flow, "--json")
        self.assertTrue(printed["valid"])
        self.assertEqual([(f["level"], f["code"], f["pointer"]) for f in printed["diagnostics"]],
                         [("warning", "unknown_function", "/nodes/0/data/code_ref")])
        self.assertEqual(printed["faults"], printed["diagnostics"])  # the name in 0.1
        self.pawl("validate", flow, "--strict", expect=INVALID)
        [printed] = self.lines("validate", self.file("x.json", "{"), "--json", expect=INVALID)
        self.assertEqual(printed["diagnostics"][0]["code"], "malformed_json")


if __name__ == "__main__":
    unittest.main()
