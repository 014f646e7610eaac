"""The program as a client of a server: the same commands, and errors of the connection."""

import http.server
import json
import os
import signal
import subprocess
import threading
import unittest

import store_test
from program import (CANCELLED, FAILED, INVALID, LIMIT_S, NOT_FOUND, OK, PROGRAM, STORE,
                     UNAVAILABLE, USAGE, ProgramTest, environment, task)

# Set this to test the client with the server of another version.
SERVER = os.environ.get("PAWL_TEST_SERVER_PROGRAM", PROGRAM)


class Served:
    """Gives each test a server on a Unix socket in its folder."""

    def setUp(self):
        ProgramTest.setUp(self)
        self.address = "unix:" + os.path.join(self.folder, "s")
        self.where = ["--server", self.address]
        self.server = None
        self.addCleanup(self.stop_server)
        self.start_server()

    def start_server(self):
        self.server = subprocess.Popen(
            [SERVER, "serve", "--data-dir", self.store, "--listen", self.address],
            stderr=subprocess.PIPE, text=True, env=environment())
        line = self.server.stderr.readline()
        while line and "listening on" not in line:  # what recovery does is logged before
            line = self.server.stderr.readline()
        self.assertIn("listening on", line)

    def stop_server(self):
        if self.server is None:
            return
        self.server.terminate()
        self.server.communicate(timeout=LIMIT_S)
        self.server = None

    def begin(self, *arguments):
        """Starts the program in the background."""
        process = subprocess.Popen([PROGRAM, *arguments, *self.where], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process


class ReadingFromAServer(Served, store_test.Reading):
    def setUp(self):
        Served.setUp(self)
        self.make_runs()


class Following(Served, ProgramTest):
    def setUp(self):
        super().setUp()
        self.waits = self.flow({"id": "w", "type": "signal", "data": {"name": "go"}},
                               task("b", "core.set", args={"b": 1}), name="waits")

    def start(self, run):
        self.pawl("flows", "put", self.waits, *self.where)
        [started] = self.lines("runs", "start", "waits", "--id", run, "--json", *self.where)
        self.assertEqual((started["id"], started["created"]), (run, True))

    def until(self, process, word):
        seen = []
        for line in process.stdout:
            seen.append(line)
            if word in line:
                return seen
        self.fail(f"no {word} in {seen}: {process.stderr.read()}")

    def test_a_run_is_followed_to_its_end(self):
        good = self.flow(task("a", "core.set", args={"a": 1}), name="good")
        events = self.lines("run", good, "--id", "g", "--json", *self.where)
        self.assertEqual([e["event"] for e in events],
                         ["run_created", "step_started", "step_finished", "run_completed",
                          "summary"])
        self.assertEqual(events[-1]["data"], {"a": 1})
        bad = self.flow(task("a", "core.fail", args={"type": "broken"}), name="bad")
        self.pawl("run", bad, "--id", "b", *self.where, expect=FAILED)
        self.pawl("runs", "retry", "b", *self.where, expect=FAILED)
        self.pawl("runs", "watch", "b", *self.where, expect=FAILED)

    def test_a_failed_compensation_of_a_subflow_is_shown_with_its_parent(self):
        pay = task("pay", "core.set",
                   compensate={"code_ref": "core.exec", "args": {"argv": ["false"]}})
        child = self.flow(pay, {"id": "w", "type": "signal", "data": {"name": "go"}}, name="child")
        parent = self.flow({"id": "sub", "type": "subflow", "data": {"flow": "child"}},
                           name="parent")
        self.pawl("flows", "put", child, *self.where)
        self.until(self.begin("run", parent, "--id", "p", "--json"), "child_started")
        [waits] = self.show("p")["waiting_on"]
        while self.show(waits["name"])["at"] != ["w"]:
            pass
        self.assertNotIn("child run", self.pawl("runs", "show", "p", *self.where).stdout)
        self.pawl("runs", "cancel", "p", *self.where)
        self.pawl("runs", "watch", waits["name"], *self.where, expect=FAILED)
        shown = self.pawl("runs", "show", "p", *self.where).stdout
        self.assertRegex(shown, rf"(?m)^child run +{waits['name']}, whose compensation failed$")
        self.assertIn(f"To continue it: pawl runs retry {waits['name']} {' '.join(self.where)}",
                      shown)

    def test_a_waiting_run_is_watched_until_it_finishes(self):
        self.start("r")
        watching = self.begin("runs", "watch", "r", "--timeout", "1m")
        self.pawl("runs", "signal", "r", "go", '{"x": 1}', *self.where)
        out, _ = watching.communicate(timeout=LIMIT_S)
        self.assertEqual(watching.returncode, OK)
        self.assertIn("completed", out)
        self.assertEqual(self.show("r")["data"], {"x": 1, "b": 1})

    def test_ctrl_c_stops_watching_but_not_the_run(self):
        self.pawl("flows", "put", self.waits, *self.where)
        slow = self.flow(task("s", "core.sleep", args={"seconds": 60}), name="slow")
        watching = self.begin("run", slow, "--id", "s")
        self.until(watching, "step_started")
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=LIMIT_S)
        self.assertEqual(watching.returncode, 130)
        self.assertIn("continues on the server", errors)
        self.assertIn("it was running", self.pawl("runs", "cancel", "s", *self.where).stdout)
        self.pawl("runs", "watch", "s", *self.where, expect=CANCELLED)

    def test_watch_survives_a_restart_of_the_server_and_shows_each_event_once(self):
        # Only events from the beginning of the watch on are shown: it begins during this sleep.
        steps = self.flow(task("a", "core.sleep", args={"seconds": 5}),
                          {"id": "w", "type": "signal", "data": {"name": "go"}},
                          task("b", "core.set", args={"b": 1}), name="steps")
        self.pawl("flows", "put", steps, *self.where)
        self.pawl("runs", "start", "steps", "--id", "r", *self.where)
        watching = self.begin("runs", "watch", "r", "--json", "--timeout", "1m")
        before = self.until(watching, "signal_awaited")
        self.stop_server()
        self.start_server()
        self.pawl("runs", "signal", "r", "go", "null", *self.where)
        out, errors = watching.communicate(timeout=LIMIT_S)
        self.assertEqual(watching.returncode, OK, errors)
        self.assertIn("reconnecting", errors)
        shown = [json.loads(line) for line in before + out.splitlines()][:-1]
        history = self.lines("runs", "history", "r", "--json", *self.where)
        self.assertEqual([e["event"] for e in shown if "checkpoint" in e],
                         [e["event"] for e in history][-len(shown):])
        self.assertEqual(len({json.dumps(e, sort_keys=True) for e in shown}), len(shown))

    def test_many_runs_are_changed_at_once(self):
        for run in ("r1", "r2", "r3"):
            self.start(run)
        out = self.pawl("runs", "pause", "r1", "r2", *self.where).stdout
        self.assertIn("Run r1 is paused.", out)
        self.assertIn("Run r2 is paused.", out)
        self.refused(USAGE, ["2 runs are paused; nothing was changed", "--yes"], "runs", "cancel", "--status", "paused",
                     *self.where, input="")
        out = self.pawl("runs", "cancel", "--status", "paused", "--yes", *self.where).stdout
        self.assertEqual(out.count("is cancelled"), 2)
        done = self.refused(NOT_FOUND, "no such run: nobody", "runs", "cancel", "nobody", "r3",
                            *self.where)
        self.assertIn("Run r3 is cancelled", done.stdout)

    def test_a_finished_run_is_restarted(self):
        self.start("r")
        self.pawl("runs", "cancel", "r", *self.where)
        self.pawl("runs", "restart", "r", "--id", "again", *self.where)
        self.assertEqual(self.show("again")["restarted_from"], "r")

    def test_a_flow_without_unfinished_runs_can_be_removed(self):
        self.start("r")
        self.refused(USAGE, "--yes", "flows", "rm", "waits", *self.where, input="")
        done = self.refused(NOT_FOUND, "nothing-here", "flows", "rm", "--yes", "nothing-here",
                            "waits", *self.where)
        self.assertIn("cannot delete flow waits: 1 unfinished run uses it", done.stderr)
        self.pawl("runs", "cancel", "r", *self.where)
        self.assertIn("Removed waits.", self.pawl("flows", "rm", "waits", "--yes", *self.where)
                      .stdout)
        self.assertEqual(self.lines("flows", "ls", "--json", *self.where), [])
        self.refused(NOT_FOUND, "waits", "runs", "start", "waits", *self.where)
        self.assertEqual(self.show("r")["status"], "cancelled")

    def test_scopes_are_isolated(self):
        self.start("r")
        self.refused(NOT_FOUND, "no such run: r", "runs", "show", "r", "--scope", "other",
                     *self.where)
        self.refused(NOT_FOUND, "no such run: r", "runs", "show", "r", *self.where,
                     PAWL_SCOPE="other")
        self.assertIn("r", self.pawl("runs", "ls", PAWL_SERVER=self.address).stdout)

    def test_events_of_all_runs_are_streamed(self):
        self.start("before")
        streaming = self.begin("events", "--json")
        # The start of the stream is not visible: start runs until one appears in it.
        starting = threading.Thread(target=self.start_until, args=(streaming,))
        starting.start()
        self.addCleanup(starting.join)
        [first] = [json.loads(line) for line in self.until(streaming, "run_created")[-1:]]
        self.assertNotEqual(first["run"], "before")
        streaming.send_signal(signal.SIGINT)
        streaming.communicate(timeout=LIMIT_S)
        self.assertEqual(streaming.returncode, 130)
        again = self.begin("events", "--json", "--after", first["position"])
        [second] = [json.loads(line) for line in self.until(again, "signal_awaited")[:1]]
        self.assertEqual((second["run"], second["event"]), (first["run"], "signal_awaited"))

    def test_events_of_a_server_are_filtered_there(self):
        self.start("r")
        streaming = self.begin("events", "--json", "--kind", "run_created", "flow=waits id!=e0")
        starting = threading.Thread(target=self.start_until, args=(streaming,))
        starting.start()
        self.addCleanup(starting.join)
        lines = [json.loads(line) for line in self.until(streaming, "run_created")]
        self.assertEqual({event["event"] for event in lines}, {"run_created"})
        self.assertNotIn("e0", [event["run"] for event in lines])
        streaming.send_signal(signal.SIGINT)
        streaming.communicate(timeout=LIMIT_S)

    def start_until(self, process):
        for n in range(1000):
            if process.poll() is not None:
                return
            self.pawl("runs", "start", "waits", "--id", f"e{n}", *self.where)

    def test_an_invalid_flow_is_not_started(self):
        broken = self.file("x.json", {"name": "x", "nodes": [{"id": "a", "type": "nothing"}]})
        self.refused(INVALID, "no run was started", "run", broken, *self.where)

    def test_recover_follows_the_unfinished_runs_of_a_server(self):
        slow = self.flow(task("s", "core.sleep", args={"ms": 4000}), name="slow")
        self.pawl("flows", "put", slow, *self.where)
        self.pawl("runs", "start", "slow", "--id", "s", *self.where)
        self.assertIn("completed", self.pawl("recover", *self.where).stdout)


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, fields, body = self.server.answer
        self.server.seen.append(dict(self.headers))
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Refused(ProgramTest):
    """Servers that reject the client, and addresses that are not a Pawl server."""

    def serve(self, status, body, **fields):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.answer, server.seen = (status, fields, body), []
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.shutdown)
        self.server = server
        return f"http://127.0.0.1:{server.server_port}"

    def problem(self, status, code, detail, **fields):
        return self.serve(status, json.dumps({"code": code, "detail": detail, "status": status}),
                          **{"Content-Type": "application/problem+json", **fields})

    def test_no_server_is_listening(self):
        self.refused(UNAVAILABLE, ["http://127.0.0.1:1", "cannot connect", "pawl serve"], "runs",
                     "ls", "--server", "http://127.0.0.1:1")
        self.refused(UNAVAILABLE, "cannot connect", "runs", "ls", "--server",
                     "unix:" + os.path.join(self.folder, "none"))

    def test_invalid_addresses(self):
        for address in ("ftp://x", "127.0.0.1:7717", "http://", "unix:s", "http://a b",
                        "http://x?y"):
            self.refused(USAGE, "invalid server address", "runs", "ls", "--server", address)
        done = self.refused(USAGE, "PAWL_TOKEN", "runs", "ls", "--server", "http://me:secret@x")
        self.assertNotIn("secret", done.stderr)
        self.refused(USAGE, "mutually exclusive", "runs", "ls", "--server", "http://x",
                     "--data-dir", self.store)

    def test_a_token_is_sent_and_never_shown(self):
        address = self.problem(401, "unauthorized", "no")
        self.refused(USAGE, "requires an API key", "runs", "ls", "--server", address)
        done = self.refused(USAGE, "rejected the API key", "runs", "ls", "--server", address,
                            PAWL_TOKEN="sesame")
        self.assertNotIn("sesame", done.stderr + done.stdout)
        self.assertEqual(self.server.seen[-1]["Authorization"], "Bearer sesame")
        key = self.file("key", "opensesame\n")
        self.refused(USAGE, ["--token-file", "chmod 600 " + key], "runs", "ls", "--server", address,
                     "--token-file", key)
        os.chmod(key, 0o600)
        self.refused(USAGE, "token", "runs", "ls", "--server", address, "--token-file", key)
        self.assertEqual(self.server.seen[-1]["Authorization"], "Bearer opensesame")
        two = self.file("two", "se\nsame: x\n")
        os.chmod(two, 0o600)
        done = self.refused(USAGE, "no token", "runs", "ls", "--server", address, "--token-file",
                            two)
        self.assertNotIn("same: x", done.stderr)

    def test_errors_of_a_server(self):
        self.refused(USAGE, ["denied access", "reader"], "runs", "ls", "--server",
                     self.problem(403, "forbidden", "a reader may not"))
        self.refused(UNAVAILABLE, ["too much", "in 7 s"], "runs", "ls", "--server",
                     self.problem(429, "too_many_requests", "too much", **{"Retry-After": "7"}))
        self.refused(UNAVAILABLE, "stopping", "runs", "ls", "--server",
                     self.problem(503, "unavailable", "stopping"))

    def test_not_a_pawl_server(self):
        self.refused(NOT_FOUND, "is a Pawl server", "runs", "ls", "--server",
                     self.serve(404, "<html>"))
        self.refused(STORE, "is a Pawl server", "runs", "ls", "--server",
                     self.serve(200, "<html>"))
        self.refused(STORE, "incompatible version", "runs", "ls", "--server", self.serve(200, "{}"))
        self.refused(STORE, "flow is missing", "runs", "ls", "--server",
                     self.serve(200, '{"runs": [{"id": "a"}], "next": null}'))

    def test_control_characters_in_a_response_are_escaped(self):
        done = self.refused(STORE, "\\u001b", "runs", "ls", "--server",
                            self.problem(500, "internal", "\x1b[31m"))
        self.assertNotIn("\x1b", done.stderr)


if __name__ == "__main__":
    unittest.main()
