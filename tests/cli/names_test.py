"""Names of flows and ids of runs are any text: as arguments, in output and in the next command."""

import json
import re
import subprocess
import unittest

from hostile_names import NAMES, UNSAFE
from program import FAILED, NOT_FOUND, USAGE, ProgramTest, environment, task
from remote_test import Served


class Names(ProgramTest):
    def safe(self, *arguments, **options):
        """Runs the program: nothing it prints can control a terminal or reorder its text."""
        done = self.pawl(*arguments, *self.where, **options)
        for text in (done.stdout, done.stderr):
            self.assertFalse((set(text) - {"\n"}) & (set(UNSAFE) | set(map(chr, range(32)))), text)
        return done.stdout

    def put(self, name, *nodes):
        definition = {"name": name, "nodes": list(nodes), "edges": []}
        self.safe("flows", "put", self.file("flow.json", definition))

    def test_each_name_is_an_argument(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.put(name, task("a", "core.fail", args={"message": "m"}))
                self.safe("runs", "start", name, "--id", name)
                self.safe("resume", name, expect=FAILED)
                shown = self.show(name)
                self.assertEqual((shown["id"], shown["flow"], shown["status"]),
                                 (name, name, "failed"))
                for command in ("show", "history", "steps", "explain"):
                    self.safe("runs", command, name)
                self.safe("flows", "show", name)
                listed = self.lines("runs", "ls", "--flow", name, "--json", *self.where)
                self.assertEqual([run["id"] for run in listed], [name])
                condition = "id=" + json.dumps(name, ensure_ascii=False)
                listed = self.lines("runs", "ls", condition, "--json", *self.where)
                self.assertEqual([run["id"] for run in listed], [name])
        self.safe("runs", "ls")
        self.safe("runs", "errors")
        self.safe("flows", "ls")
        listed = self.lines("runs", "ls", "--json", "--limit", "100", *self.where)
        self.assertEqual({run["id"] for run in listed}, set(NAMES))
        # By a filter: the ids are then written into others.
        self.safe("runs", "retry", "--status", "failed", "--yes", expect=FAILED)
        self.safe("runs", "rm", "--status", "failed", "--yes")
        self.assertEqual(self.lines("runs", "ls", "--json", *self.where), [])

    def test_the_next_command_can_be_pasted(self):
        self.put("waits", {"id": "ask", "type": "signal", "data": {"name": "go"}})
        for name in NAMES:
            out = self.safe("runs", "start", "waits", "--id", name)
            command = re.search(r"(?m)^next: pawl (.*)$", out)[1]
            words = subprocess.run(["bash", "-c", "printf '%s\\0' " + command], check=True,
                                   stdout=subprocess.PIPE, env=environment()).stdout
            self.assertIn(name, words.decode().split("\0"), command)

    def test_what_is_no_name_is_refused(self):
        self.put("f", task("a", "core.set"))
        for bad in ("", ".", "..", "a\n", "\x1b[31m", "\u0085", "x" * 256):
            self.refused(USAGE, "run id", "runs", "start", "f", "--id", bad, *self.where)
            self.refused(USAGE, "run id", "runs", "show", bad, *self.where)
        self.refused(USAGE, "UTF-8", "runs", "show", b"a\xff".decode(errors="surrogateescape"),
                     *self.where)
        self.safe("runs", "show", "none \u202e", expect=NOT_FOUND)


class NamesOnAServer(Served, ProgramTest):
    def test_each_name_reaches_a_server(self):
        for name in NAMES:
            with self.subTest(name=name):
                definition = {"name": name, "edges": [],
                              "nodes": [{"id": "w", "type": "signal", "data": {"name": "go"}}]}
                self.pawl("flows", "put", self.file("flow.json", definition), *self.where)
                self.pawl("runs", "start", name, "--id", name, *self.where)
                self.assertEqual(self.show(name)["flow"], name)
                self.pawl("runs", "signal", name, "go", *self.where)
                self.pawl("runs", "watch", name, *self.where)
                self.assertEqual(self.show(name)["status"], "completed")
                [flow] = self.lines("flows", "show", name, "--json", *self.where)
                self.assertEqual(flow["name"], name)


if __name__ == "__main__":
    unittest.main()
