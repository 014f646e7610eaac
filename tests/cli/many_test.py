"""Many runs at once: tables that fit, totals in place of lines; and commands that refuse options."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
import unittest

from program import (FAILED, INVALID, NOT_FOUND, OK, PROGRAM, UNAVAILABLE, USAGE, WAITING,
                     ProgramTest, environment, sequence, task)
from remote_test import Served

MANY = 30


def on_terminal(columns, *arguments, folder):
    """Runs the program on a terminal of some width; returns what it prints."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    seen = []

    def read():
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                return
            if not piece:
                return
            seen.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=side, stderr=side,
                   timeout=60, check=False, cwd=folder,
                   env=environment(TERM="xterm", NO_COLOR="1"))
    os.close(side)
    reader.join()
    os.close(main)
    return b"".join(seen).decode()


class Many(Served, ProgramTest):
    def setUp(self):
        super().setUp()
        wait = {"id": "approval", "type": "signal", "data": {"name": "approved by somebody"}}
        self.pawl("flows", "put", self.flow(wait, name="a_flow_with_a_long_name"), *self.where)
        self.pawl("flows", "put", self.flow(task("stop", "core.fail"), name="bad"), *self.where)

    def start(self, flow, count):
        for _ in range(count):
            self.pawl("runs", "start", flow, *self.where)

    def test_a_list_fits_the_terminal_and_is_complete_in_a_pipe(self):
        self.start("a_flow_with_a_long_name", 3)
        for columns in (60, 80, 120, 200):
            out = on_terminal(columns, "runs", "ls", *self.where, folder=self.folder)
            for line in out.splitlines():
                self.assertLess(len(line), columns + 1, f"{columns}: {line}")
            self.assertIn("AGE", out)
            if columns >= 120:
                self.assertIn("signal approved by", out)
        self.assertIn("shortened", on_terminal(60, "runs", "ls", *self.where, folder=self.folder))
        ids = [run["id"] for run in self.lines("runs", "ls", "--json", *self.where)]
        out = self.pawl("runs", "ls", *self.where).stdout
        for run in ids:
            self.assertRegex(out, rf"{run}  running  .*  signal approved by somebody at approval")

    def test_a_list_says_how_many_runs_there_are(self):
        self.start("a_flow_with_a_long_name", 4)
        self.assertIn("2 of 4 runs; use --limit N to list more",
                      self.pawl("runs", "ls", "--limit", "2", *self.where).stdout)
        self.assertIn("2 of 4 runs", self.pawl("runs", "ls", "--limit", "2", "--flow",
                                               "a_flow_with_a_long_name", *self.where).stdout)
        self.assertIn("No runs have failed", self.pawl("runs", "ls", "--status", "failed",
                                                       *self.where).stdout)

    def test_a_command_on_many_runs_prints_totals(self):
        self.start("a_flow_with_a_long_name", MANY)
        select = ["--status", "running", "--yes", *self.where]
        done = self.pawl("runs", "pause", *select)
        self.assertEqual(done.stdout, f"Paused {MANY} of {MANY} runs.\n")
        lines = self.lines("runs", "cancel", "--status", "paused", "--yes", "--json", *self.where)
        self.assertEqual(len(lines), MANY)
        self.assertEqual({line["ok"] for line in lines}, {True})
        self.start("a_flow_with_a_long_name", MANY)
        out = self.pawl("runs", "cancel", "--verbose", *select).stdout
        self.assertEqual(out.count("is cancelled"), MANY)
        ids = [f"nobody{n}" for n in range(MANY)]
        done = self.refused(NOT_FOUND, f"and {MANY - 10} more errors", "runs", "cancel", *ids,
                            *self.where)
        self.assertEqual(done.stderr.count("no such run"), 10)
        self.assertEqual(done.stdout, f"Cancelled 0 of {MANY} runs; {MANY} failed.\n")

    def test_a_retry_of_many_runs_prints_totals(self):
        self.start("bad", MANY)
        for run in self.lines("runs", "ls", "--json", *self.where):
            self.pawl("runs", "watch", run["id"], *self.where, expect=FAILED)
        out = self.pawl("runs", "retry", "--status", "failed", "--yes", *self.where,
                        expect=FAILED).stdout
        self.assertLess(len(out.splitlines()), 25)
        self.assertIn(f"{MANY} runs: {MANY} failed", out)
        self.assertIn(f"and {MANY - 10} more failed runs: pawl runs ls --status failed", out)
        out = self.pawl("runs", "retry", "--status", "failed", "--yes", "--verbose", *self.where,
                        expect=FAILED).stdout
        self.assertGreater(len(out.splitlines()), 3 * MANY)

    def test_a_retry_continues_after_a_run_that_cannot_be_retried(self):
        self.start("a_flow_with_a_long_name", 1)
        [waiting] = self.lines("runs", "ls", "--json", *self.where)
        self.pawl("runs", "start", "bad", "--id", "b", *self.where)
        self.pawl("runs", "watch", "b", *self.where, expect=FAILED)
        done = self.refused(USAGE, f"cannot retry run {waiting['id']}", "runs", "retry",
                            waiting["id"], "b", *self.where)
        self.assertIn("2 runs: 1 failed, 1 not followed", done.stdout)
        attempts = [e["attempt"] for e in self.lines("runs", "history", "b", "--json", *self.where)
                    if e["event"] == "step_failed"]
        self.assertEqual(attempts, [1, 2])

    def test_a_task_that_no_worker_asks_for_is_named(self):
        self.pawl("flows", "put", self.flow(task("ship", "orders.ship"), name="remote"),
                  *self.where)
        self.pawl("runs", "start", "remote", "--id", "w", *self.where)
        out = self.pawl("runs", "show", "w", *self.where).stdout
        self.assertIn("waiting for   worker orders.ship at ship", out)
        self.assertIn("no worker asks for tasks of orders.ship", out)


class Commands(ProgramTest):
    def test_commands_that_use_no_server_refuse_its_options(self):
        for command in (["serve"], ["config"], ["logic", "1"], ["version"],
                        ["store", "check"], ["keys", "ls"]):
            self.refused(USAGE, f"`pawl {command[0]}` does not take --server", *command, "--server",
                         "http://127.0.0.1:1")
        self.pawl("config", PAWL_SERVER="http://127.0.0.1:1")

    def test_help_is_a_command(self):
        self.assertEqual(self.pawl("help", "runs", "show").stdout,
                         self.pawl("runs", "show", "--help").stdout)
        self.assertEqual(self.pawl("help").stdout, self.pawl("--help").stdout)
        self.assertEqual(self.pawl("help", "--help").stdout, self.pawl("--help").stdout)
        self.refused(USAGE, ["unknown command worker", "did you mean workers?"], "worker", "--help")
        self.refused(USAGE, "unknown command shwo", "help", "runs", "shwo")
        self.assertIn("pawl flows put", self.pawl("flows", "--help").stdout)

    def test_only_commands_that_create_the_folder_say_so(self):
        for command in (["run"], ["serve"], ["flows", "put"]):
            self.assertIn("created if it does not exist",
                          " ".join(self.pawl(*command, "--help").stdout.split()))
        for command in (["runs", "ls"], ["recover"], ["runs", "start"], ["config"], []):
            self.assertNotIn("does not exist", self.pawl(*command, "--help").stdout)

    def test_malformed_json_is_reported_like_other_diagnostics(self):
        broken = self.file("f.json", '{"name": "x",\n  "nodes": [,]}')
        self.assertRegex(self.pawl("validate", broken, expect=INVALID).stdout,
                         r"(?m)^\S*f.json:2:13: error: not valid JSON: ")

    def test_the_events_of_an_unreachable_server_fail_at_once(self):
        self.refused(UNAVAILABLE, "cannot connect", "events", "--server", "http://127.0.0.1:1")

    def test_watching_requires_a_server_with_and_without_a_data_folder(self):
        for where in ([], self.where):
            self.refused(USAGE, "`pawl runs watch` requires a server", "runs", "watch", "r", *where)

    def test_a_wait_is_shown_as_a_duration(self):
        flow = self.flow({"id": "w", "type": "wait", "data": {"duration": "1500ms"}})
        self.assertRegex(self.pawl("run", flow).stdout, r"w  wait_began +for 1.50s\n")

    def test_a_read_moves_no_run_whose_timer_is_due(self):
        flow = self.flow({"id": "w", "type": "wait", "data": {"duration": "1s"}},
                         task("after", "core.echo"), name="naps")
        self.pawl("flows", "put", flow, *self.where)
        self.pawl("runs", "start", "naps", "--id", "n", *self.where)
        before = self.pawl("runs", "history", "n", "--json", *self.where).stdout
        time.sleep(1.5)  # past the end of the wait
        for command in (["ls"], ["show", "n"], ["explain", "n"], ["steps", "n"], ["export", "n"]):
            self.pawl("runs", *command, *self.where)
        self.assertEqual(self.pawl("runs", "history", "n", "--json", *self.where).stdout, before)
        self.pawl("recover", *self.where)
        self.assertEqual(self.show("n")["status"], "completed")

    def test_a_failed_run_has_failed(self):
        self.pawl("run", self.flow(task("a", "core.fail")), "--id", "f", *self.where,
                  expect=FAILED)
        self.refused(USAGE, "it has failed. Allowed: retry", "runs", "cancel", "f", *self.where)


if __name__ == "__main__":
    unittest.main()
