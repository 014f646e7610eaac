"""Commands that only read a data folder that a server has open."""

import json
import os
import signal
import subprocess
import threading
import unittest

from program import (LIMIT_S, OK, PROGRAM, STORE, ProgramTest, environment, sequence, task)

BESIDE = "another process has the store open"


class BesideAServer(ProgramTest):
    def setUp(self):
        super().setUp()
        self.address = "unix:" + os.path.join(self.folder, "s")
        self.server = subprocess.Popen(
            [PROGRAM, "serve", *self.where, "--listen", self.address], stderr=subprocess.PIPE,
            text=True, env=environment())
        self.addCleanup(self.end, signal.SIGKILL)
        line = self.server.stderr.readline()
        while line and "listening on" not in line:
            line = self.server.stderr.readline()
        self.assertIn("listening on", line)
        self.remote = ["--server", self.address]
        self.pawl("flows", "put", self.flow(task("ok", "core.echo"), name="order"), *self.remote)
        self.pawl("flows", "put", self.file("waits.json", sequence(
            {"id": "wait", "type": "signal", "data": {"name": "go"}}, name="waits")), *self.remote)

    def end(self, number=signal.SIGTERM):
        if self.server.poll() is None:
            self.server.send_signal(number)
        self.server.communicate(timeout=LIMIT_S)

    def start(self, flow, run):
        self.pawl("runs", "start", flow, "--id", run, *self.remote)

    def beside(self, *arguments):
        """Runs a command on the folder; it must say that another process has it open."""
        done = self.pawl(*arguments, *self.where)
        self.assertIn(BESIDE, done.stderr)
        return done.stdout

    def test_what_only_reads_works(self):
        self.start("waits", "w1")
        while "go" not in self.pawl("runs", "explain", "w1", *self.remote).stdout:
            pass
        listed = [json.loads(line) for line in self.beside("runs", "ls", "--json").splitlines()]
        self.assertEqual([run["id"] for run in listed], ["w1"])
        self.assertEqual(json.loads(self.beside("runs", "show", "w1", "--json"))["status"],
                         "running")
        self.assertIn("signal_awaited", self.beside("runs", "history", "w1", "--json"))
        self.assertIn("go", self.beside("runs", "explain", "w1"))
        self.assertEqual(self.beside("runs", "count").strip(), "1")
        for command in (["runs", "steps", "w1"], ["runs", "errors"], ["jobs", "ls"], ["stats"],
                        ["runs", "show", "w1", "--at", "1"], ["flows", "ls"],
                        ["flows", "show", "waits"], ["flows", "graph", "waits"], ["events"],
                        ["store", "stats"]):
            self.beside(*command)
        exported = self.beside("runs", "export", "w1")
        self.assertIn('"end"', exported.splitlines()[-1])
        # The server was not disturbed, and the next look sees what it does.
        self.pawl("runs", "signal", "w1", "go", *self.remote)
        self.pawl("runs", "watch", "w1", *self.remote)
        self.assertEqual(json.loads(self.beside("runs", "show", "w1", "--json"))["status"],
                         "completed")

    def test_a_look_writes_nothing_into_the_folder(self):
        self.assertNotIn("uploads.id", os.listdir(self.store))
        done = self.pawl("flows", "ls", *self.where, PAWL_SERVER_UPLOAD_DIR=self.folder)
        self.assertIn(BESIDE, done.stderr)
        self.assertIn("order", done.stdout)
        self.assertNotIn("uploads.id", os.listdir(self.store))

    def test_what_changes_something_is_refused(self):
        self.start("waits", "w1")
        flow = self.flow(task("ok", "core.echo"), name="other")
        for command in (["runs", "cancel", "w1"], ["runs", "signal", "w1", "go"], ["recover"],
                        ["flows", "put", flow], ["run", flow], ["gc", "--older-than", "1d"],
                        ["runs", "start", "order"]):
            self.refused(STORE, [f"in use by process {self.server.pid}", "--server URL"], *command,
                         *self.where)
        self.assertEqual(json.loads(self.beside("runs", "show", "w1", "--json"))["status"],
                         "running")

    def test_under_load_everything_acknowledged_is_seen(self):
        acknowledged = []
        stop = threading.Event()

        def load():
            for n in range(10_000):
                if stop.is_set():
                    return
                run = f"r{n}"
                done = subprocess.run([PROGRAM, "runs", "start", "order", "--id", run, *self.remote],
                                      env=environment(), capture_output=True, timeout=LIMIT_S,
                                      check=False)
                if done.returncode != OK:
                    return
                acknowledged.append(run)

        worker = threading.Thread(target=load)
        worker.start()
        try:
            for _ in range(10):
                before = list(acknowledged)
                listed = self.beside("runs", "ls", "--json", "--limit", "100000")
                runs = {json.loads(line)["id"] for line in listed.splitlines()}
                self.assertLessEqual(set(before), runs)
        finally:
            stop.set()
            worker.join()
        self.assertTrue(acknowledged)

    def test_after_a_kill_the_folder_is_opened_as_usual(self):
        self.start("order", "o1")
        self.end(signal.SIGKILL)
        done = self.pawl("runs", "ls", "--json", *self.where)
        self.assertNotIn(BESIDE, done.stderr)
        self.assertEqual(json.loads(done.stdout)["id"], "o1")


if __name__ == "__main__":
    unittest.main()
