"""Runs that move between stores."""

import os
import unittest

from program import FAILED, INVALID, NOT_FOUND, STORE, USAGE, WAITING, ProgramTest, task


class Moving(ProgramTest):
    def setUp(self):
        super().setUp()
        self.other = ["--data-dir", os.path.join(self.folder, "other")]
        self.child = self.flow(task("work", "core.set", args={"worked": True}), name="child")
        self.parent = self.flow({"id": "sub", "type": "subflow", "data": {"flow": "child"}},
                                {"id": "ok", "type": "signal", "data": {"name": "ok"}},
                                name="parent")
        self.bad = self.flow(task("stop", "core.fail", args={"type": "broken"}), name="bad")
        self.pawl("flows", "put", self.child, *self.where)
        self.pawl("run", self.parent, "--id", "waits", *self.where, "--input", '{"n": 1.5}',
                  expect=WAITING)
        self.pawl("run", self.bad, "--id", "broken", *self.where, expect=FAILED)
        self.pawl("run", self.child, "--id", "done", *self.where)

    def export(self, *arguments, where=None, expect=0):
        return self.pawl("runs", "export", *arguments, *(where or self.where), expect=expect).stdout

    def test_a_round_trip_changes_nothing(self):
        text = self.export()
        file = self.file("runs.jsonl", text)
        out = self.pawl("runs", "import", file, "--keep-running", *self.other).stdout
        self.assertIn("Imported 4 runs and 3 versions of flows.", out)
        self.assertEqual(self.export(where=self.other), text)
        # The run goes on where it was.
        self.pawl("runs", "signal", "waits", "ok", *self.other)
        self.pawl("recover", *self.other)
        [shown] = self.lines("runs", "show", "waits", "--json", *self.other)
        self.assertEqual((shown["status"], shown["input"]), ("completed", {"n": 1.5}))
        [failed] = self.lines("runs", "ls", "error=broken", "--json", *self.other)
        self.assertEqual(failed["id"], "broken")
        self.assertIn("4", self.pawl("runs", "count", *self.other).stdout)

    def test_a_running_run_comes_paused(self):
        file = self.file("runs.jsonl", self.export("waits"))
        [dry] = self.lines("runs", "import", file, "--dry-run", "--json", *self.other)
        self.assertEqual((dry["runs"], dry["paused"]), (2, 1))
        out = self.pawl("runs", "import", file, *self.other).stdout
        self.assertIn("paused now: 1", out)
        [shown] = self.lines("runs", "show", "waits", "--json", *self.other)
        self.assertEqual(shown["status"], "paused")
        self.pawl("runs", "signal", "waits", "ok", *self.other)
        self.pawl("resume", "waits", *self.other)

    def test_new_ids_and_another_scope(self):
        file = self.file("runs.jsonl", self.export())
        lines = self.lines("runs", "import", file, "--new-ids", "--json", "--scope", "acme",
                           *self.where)
        self.assertEqual([line["run"] for line in lines[:-1]], ["broken", "done", "waits"])
        new = lines[2]["id"]
        [shown] = self.lines("runs", "show", new, "--json", "--scope", "acme", *self.where)
        self.assertEqual(shown["status"], "paused")

    def test_what_exists_is_refused(self):
        file = self.file("runs.jsonl", self.export())
        self.refused(USAGE, ["done", "nothing was imported"], "runs", "import", file,
                     *self.where)
        out = self.pawl("runs", "import", file, "--skip-existing", *self.where).stdout
        self.assertIn("Imported 0 runs", out)

    def test_bad_files(self):
        lines = self.export().splitlines(keepends=True)
        cut = self.file("cut.jsonl", "".join(lines[:-1]))
        self.refused(INVALID, "cut", "runs", "import", cut, *self.other)
        damaged = self.file("damaged.jsonl", "".join(lines[:2]) + "{]\n" + "".join(lines[2:]))
        self.refused(INVALID, "line 3", "runs", "import", damaged, *self.other)
        newer = self.file("newer.jsonl", lines[0].replace('"version":2', '"version":99'))
        self.refused(STORE, "newer Pawl", "runs", "import", newer, *self.other)
        self.refused(NOT_FOUND, "no such file", "runs", "import", "nowhere", *self.other)
        self.refused(NOT_FOUND, "no such run: nobody", "runs", "export", "nobody", *self.where)
        self.assertIn("0", self.pawl("runs", "count", *self.other).stdout)


if __name__ == "__main__":
    unittest.main()
