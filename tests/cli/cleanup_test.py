"""Deleting runs and backing up a store, with the program, on a data folder and a server."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import time
import unittest

from program import NOT_FOUND, PROGRAM, STORE, USAGE, ProgramTest, environment, task

PARENT = {"name": "parent", "nodes": [
    {"id": "work", "type": "subflow", "data": {"flow": "child"}}], "edges": []}


class Deleting(ProgramTest):
    def setUp(self):
        super().setUp()
        flow = self.flow(task("a", "core.echo"), name="child")
        for run in ("one", "two", "three"):
            self.pawl("run", flow, "--id", run, *self.where)
        self.pawl("flows", "put", self.file("parent.json", PARENT), *self.where)

    def ids(self):
        return {run["id"] for run in self.lines("runs", "ls", "--json", *self.where)}

    def test_a_run_is_deleted_for_good(self):
        self.refused(USAGE, "nothing was deleted. Use --yes to delete run one", "runs", "rm", "one",
                     *self.where)
        done = self.pawl("runs", "rm", "one", "--yes", *self.where)
        self.assertEqual(done.stdout, "Deleted run one.\n")
        self.assertEqual(self.ids(), {"two", "three"})
        self.refused(NOT_FOUND, "no such run: one", "runs", "show", "one", *self.where)
        self.refused(NOT_FOUND, "no such run: one", "runs", "rm", "one", "--yes", *self.where)
        self.pawl("runs", "rm", "--status", "completed", "--yes", *self.where)
        self.assertEqual(self.ids(), set())

    def test_a_filter_is_confirmed_once_and_needs_a_condition(self):
        done = self.refused(USAGE, "3 runs", "runs", "rm", "--filter", "status=completed",
                            *self.where)
        self.assertNotIn("0 runs", done.stderr)
        self.refused(USAGE, "no condition", "runs", "rm", "--filter", " ", "--yes", *self.where)
        self.assertEqual(self.ids(), {"one", "two", "three"})
        self.pawl("runs", "rm", "--filter", "id=one", "--yes", *self.where)
        self.assertEqual(self.ids(), {"two", "three"})

    def test_a_checkpoint_is_a_number_from_1(self):
        for number in ("0", "x", "-1", "99999999999999999999999"):
            self.refused(USAGE, "must be a whole number from 1", "runs", "show", "one", "--at",
                         number, *self.where)

    def test_subflows_go_with_their_parent(self):
        self.pawl("run", self.file("parent.json", PARENT), "--id", "p", *self.where)
        self.assertEqual(len(self.ids()), 5)
        done = self.pawl("runs", "rm", "p", "--yes", *self.where)
        self.assertEqual(done.stdout, "Deleted run p and 1 subflow.\n")
        self.assertEqual(self.ids(), {"one", "two", "three"})

    def test_a_kept_run_stays_until_it_is_released(self):
        self.pawl("runs", "keep", "one", *self.where)
        self.assertIn("kept", self.pawl("runs", "show", "one", *self.where).stdout)
        self.refused(USAGE, ["cannot delete run one: it is marked to be kept"], "runs", "rm", "one",
                     "--yes", *self.where)
        done = self.pawl("gc", "--older-than", "0ms", *self.where)
        self.assertIn("Deleted 2 runs (2 completed, 0 failed, 0 cancelled)", done.stdout)
        self.assertIn("1 run marked to be kept.", done.stdout)
        self.assertEqual(self.ids(), {"one"})
        self.pawl("runs", "keep", "one", "--release", *self.where)
        self.pawl("runs", "rm", "one", "--yes", *self.where)
        self.assertEqual(self.ids(), set())

    def test_gc_counts_first_and_frees_the_space(self):
        [counted] = self.lines("gc", "--older-than", "0ms", "--dry-run", "--json", *self.where)
        self.assertEqual((counted["completed"], counted["dry_run"]), (3, True))
        self.assertNotIn("disk_bytes_after", counted)
        self.assertEqual(len(self.ids()), 3)
        [young] = self.lines("gc", "--older-than", "1d", "--json", *self.where)
        self.assertEqual(young["runs"], 0)
        [deleted] = self.lines("gc", "--older-than", "0ms", "--json", *self.where)
        self.assertEqual((deleted["runs"], deleted["records"]), (3, counted["records"]))
        self.assertGreater(deleted["disk_bytes_before"], 0)
        self.assertEqual(self.ids(), set())

    def test_gc_follows_the_settings_or_says_which_to_set(self):
        self.refused(USAGE, "retention.completed_for_ms", "gc", *self.where)
        self.refused(USAGE, "--older-than", "gc", "--older-than", "soon", *self.where)
        [kept] = self.lines("gc", "--json", "--set", "retention.completed_for_ms=1d", *self.where)
        self.assertEqual(kept["runs"], 0)
        [deleted] = self.lines("gc", "--json", "--set", "retention.completed_for_ms=1ms",
                               *self.where)
        self.assertEqual(deleted["completed"], 3)


class Backups(ProgramTest):
    def setUp(self):
        super().setUp()
        self.backups = os.path.join(self.folder, "backups")
        self.target = os.path.join(self.folder, "restored")
        self.work = self.flow(task("a", "core.echo"))
        self.pawl("run", self.work, "--id", "one", *self.where)

    def test_a_backup_is_made_listed_verified_and_restored(self):
        done = self.pawl("backup", "create", self.backups, *self.where)
        self.assertRegex(done.stdout, r"^Made backup 1 of .+, [0-9.]+ KiB\.\n$")
        self.pawl("run", self.work, "--id", "two", *self.where)
        self.pawl("backup", "create", self.backups, *self.where)
        listed = self.lines("backup", "list", self.backups, "--json")
        self.assertEqual([backup["id"] for backup in listed], [1, 2])
        self.pawl("backup", "verify", self.backups, "--id", "1")
        self.pawl("backup", "restore", self.backups, self.target, "--id", "1")
        runs = self.lines("runs", "ls", "--json", "--data-dir", self.target)
        self.assertEqual([run["id"] for run in runs], ["one"])
        self.refused(USAGE, "the folder has a store", "backup", "restore", self.backups, self.target)
        self.pawl("backup", "prune", self.backups, "--keep", "1")
        self.assertEqual(len(self.lines("backup", "list", self.backups, "--json")), 1)
        self.pawl("backup", "create", self.backups, "--keep", "1", *self.where)
        [last] = self.lines("backup", "list", self.backups, "--json")
        self.assertEqual(last["id"], 3)

    def test_damage_is_found(self):
        self.pawl("backup", "create", self.backups, *self.where)
        path = os.path.join(self.backups, "pawl", "1")
        with open(path, "r+b") as file:
            file.seek(20)
            byte = file.read(1)
            file.seek(20)
            file.write(bytes([byte[0] ^ 1]))
        for command in (["verify", self.backups], ["restore", self.backups, self.target],
                        ["list", self.backups]):
            self.refused(STORE, "the description of the backup is damaged", "backup", *command)
        self.assertFalse(os.path.exists(self.target))

    def test_a_folder_has_backups_of_one_store(self):
        folder = os.path.join(self.folder, "shared")
        self.pawl("backup", "create", folder, *self.where)
        other = os.path.join(self.folder, "other")
        self.pawl("run", self.flow(task("a", "core.echo")), "--data-dir", other)
        self.refused(USAGE, "backups of another store", "backup", "create", folder, "--keep", "1",
                     "--data-dir", other)
        self.assertIn("No damage", self.pawl("backup", "verify", folder).stdout)

    def test_wrong_places_are_refused(self):
        self.refused(NOT_FOUND, "no backups in", "backup", "list", self.folder)
        self.refused(USAGE, "other files", "backup", "create", self.folder, *self.where)
        self.refused(USAGE, "within the data folder", "backup", "create",
                     os.path.join(self.store, "backups"), *self.where)
        self.refused(USAGE, "no folder for the backup", "backup", "create", *self.where)


class LocalConnection(http.client.HTTPConnection):
    """A connection to a server on a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class OnAServer(ProgramTest):
    def setUp(self):
        super().setUp()
        self.socket = os.path.join(self.folder, "s")
        self.server = None
        self.addCleanup(self.stop_server)

    def serve(self, *options):
        address = "unix:" + self.socket
        self.server = subprocess.Popen(
            [PROGRAM, "serve", "--listen", address, *options, *self.where],
            env=environment(), text=True, stderr=subprocess.PIPE)
        self.assertIn("listening on", self.server.stderr.readline())
        return ["--server", address]

    def stop_server(self):
        if self.server is not None:
            self.server.terminate()
            self.server.communicate()
            self.server = None

    def start_runs(self, flow, count):
        """Starts many runs with one request."""
        connection = LocalConnection(self.socket)
        items = [{"flow": flow, "id": f"r{i}"} for i in range(count)]
        connection.request("POST", "/v1/batch/start", json.dumps({"items": items}),
                           {"Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_a_killed_cleanup_leaves_whole_runs_and_goes_on(self):
        server = self.serve()
        steps = [task(f"s{i}", "core.echo") for i in range(20)]
        self.pawl("flows", "put", self.flow(*steps, name="long"), *server)
        self.start_runs("long", 600)
        self.pawl("recover", *server)
        self.stop_server()
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        left = 600
        for _ in range(4):
            cleaning = subprocess.Popen(
                [PROGRAM, "gc", "--older-than", "0ms", "--no-compact", *self.where],
                env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.02, 0.25))  # the time of the kill is random
            cleaning.send_signal(signal.SIGKILL)
            cleaning.wait()
            listed = len(self.lines("runs", "ls", "--limit", "1000", "--json", *self.where))
            [counted] = self.lines("gc", "--older-than", "0ms", "--dry-run", "--json", *self.where)
            self.assertEqual(counted["runs"], listed)
            self.assertEqual(counted["damaged"], 0)
            self.assertLessEqual(listed, left)
            left = listed
            self.pawl("store", "check", *self.where)
        self.pawl("gc", "--older-than", "0ms", *self.where)
        [info] = self.lines("store", "info", "--json", *self.where)
        left = [each for each in info["records"]
                if each["column"] in ("runs", "checkpoints") or each["kind"] == "run_summary"]
        self.assertEqual(left, [])

    def test_runs_are_deleted_and_backups_made_while_it_serves(self):
        backups = os.path.join(self.folder, "backups")
        server = self.serve("--set", f"backup.dir={backups}")
        work = self.flow(task("a", "core.echo"))
        for run in ("one", "two", "three"):
            self.pawl("run", work, "--id", run, *server)
        self.pawl("backup", "create", *server)
        self.refused(USAGE, "omit", "backup", "create", backups, *server)
        self.pawl("runs", "rm", "one", "--yes", *server)
        self.pawl("runs", "keep", "two", *server)
        self.refused(USAGE, "marked to be kept", "runs", "rm", "two", "--yes", *server)
        [deleted] = self.lines("gc", "--older-than", "0ms", "--json", *server)
        self.assertEqual((deleted["runs"], deleted["kept"]), (1, 1))
        self.assertIn("disk_bytes_after", deleted)
        self.assertEqual([run["id"] for run in self.lines("runs", "ls", "--json", *server)], ["two"])
        target = os.path.join(self.folder, "restored")
        self.pawl("backup", "restore", backups, target)
        runs = self.lines("runs", "ls", "--json", "--data-dir", target)
        self.assertEqual({run["id"] for run in runs}, {"one", "two", "three"})

    def test_a_server_without_a_folder_for_backups_refuses(self):
        self.refused(USAGE, "backup.dir", "backup", "create", *self.serve())


if __name__ == "__main__":
    unittest.main()
