"""Stores in a PostgreSQL database, without a server of Pawl: copies, runs, and what is refused."""

import json
import os
import subprocess
import sys
import unittest

from program import (NOT_FOUND, PROGRAM, ROOT, STORE, UNAVAILABLE, USAGE, ProgramTest, environment,
                     task)

sys.path.insert(0, os.path.join(ROOT, "tests", "server"))
from postgres_server import PostgresServer  # noqa: E402


class DatabaseTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.database = PostgresServer()
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        super().setUp()
        self.database.sql("DROP SCHEMA IF EXISTS pawl CASCADE")
        self.url = self.database.url()

    def make_runs(self, count):
        flow = self.flow(task("a", "core.set", args={"a": 1}), name="good")
        for n in range(count):
            self.pawl("run", flow, "--id", f"r{n}", *self.where)

    def listed(self, *where):
        return [json.loads(line) for line in
                self.pawl("runs", "ls", "--json", *where).stdout.splitlines()]

    def in_database(self, *arguments, **options):
        return self.pawl(*arguments, PAWL_STORAGE_URL=self.url, **options)

    def test_a_store_moves_to_a_database_and_back(self):
        self.make_runs(3)
        before = self.listed(*self.where)
        done = self.pawl("store", "copy", "--from", self.store, "--to", self.url, "--json")
        counts = json.loads(done.stdout)
        self.assertGreater(counts["records"], 10)
        self.assertEqual(counts["compared"], counts["records"])
        there = [json.loads(line) for line in
                 self.in_database("runs", "ls", "--json").stdout.splitlines()]
        self.assertEqual(there, before)
        # Runs go on there.
        flow = os.path.join(self.folder, "good.json")
        self.in_database("run", flow, "--id", "r3")
        back = os.path.join(self.folder, "back")
        said = self.pawl("store", "copy", "--from", self.url, "--to", back).stdout
        self.assertIn("no difference", said)
        self.assertEqual([run["id"] for run in self.listed("--data-dir", back)],
                         ["r3", "r2", "r1", "r0"])
        self.pawl("store", "check", "--data-dir", back)

    def test_what_cannot_be_copied_is_refused(self):
        self.make_runs(1)
        copy = ("store", "copy", "--from")
        self.refused(NOT_FOUND, "no store in", *copy, "nowhere", "--to", self.url)
        self.refused(USAGE, "the same store", *copy, self.store, "--to", self.store)
        self.refused(USAGE, "storage.url must be", *copy, self.store, "--to", "mysql://a:pw@b/c")
        unreachable = self.refused(UNAVAILABLE, "postgres://pawl@", *copy, self.store, "--to",
                                   "postgres://pawl:hunter2@127.0.0.1:1/db")
        self.assertNotIn("hunter2", unreachable.stderr)
        self.pawl(*copy, self.store, "--to", self.url)
        # A second copy would have to merge.
        self.refused(USAGE, "has data of its own", *copy, self.store, "--to", self.url)

    def test_a_store_that_a_process_owns_is_not_copied(self):
        self.make_runs(1)
        self.pawl("store", "copy", "--from", self.store, "--to", self.url)
        server = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--set", "cluster.node=busy"],
            env=environment(PAWL_STORAGE_URL=self.url), stderr=subprocess.PIPE, text=True,
            cwd=self.folder)
        try:
            while not server.stderr.readline().startswith("pawl: listening"):
                self.assertIsNone(server.poll())
            self.refused(STORE, "busy owns it", "store", "copy", "--from", self.url, "--to",
                         os.path.join(self.folder, "copy"))
            self.refused(STORE, "busy owns it", "runs", "ls", PAWL_STORAGE_URL=self.url)
        finally:
            server.terminate()
            server.stderr.close()
            self.assertEqual(server.wait(timeout=60), 0)

    def test_a_store_is_in_a_folder_or_in_a_database(self):
        refused = self.refused(USAGE, "storage.data_dir, too", "runs", "ls", *self.where,
                               PAWL_STORAGE_URL="postgres://pawl:hunter2@h/d")
        self.assertNotIn("hunter2", refused.stderr)
        shown = self.pawl("config", PAWL_STORAGE_URL="postgres://pawl:hunter2@h/d").stdout
        self.assertIn("postgres://pawl:***@h/d", shown)
        self.refused(STORE, "not on a database", "runs", "export",
                     PAWL_STORAGE_URL=self.url)


if __name__ == "__main__":
    unittest.main()
