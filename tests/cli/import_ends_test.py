"""What the import of the previous engine's database reads of checkpoints and logs."""

import unittest

from old_database import TIME, OldDatabaseTest, definition


class ImportOfEnds(OldDatabaseTest):
    def test_checkpoints_and_logs_say_where_a_run_was(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a", "b"))
        self.add_run("stopped", 1, "running")
        self.add_run("broken", 1, "running", TIME)
        self.add_run("logged", 1, "failed", TIME)
        self.add_checkpoints(
            ("stopped", "1", {"data": {"n": 0}, "branch:to:n0": None}),
            ("stopped", "2", {"data": {"n": 1, "done": True, "bag": {"y"}}, "current_node": "n0",
                              "branch:to:n1": None}),
            ("broken", "1", {"current_node": "n0"}),
            writes=[("broken", "1", "__error__", "ValueError: no such shelf")])
        self.add_log("logged", {"level": "ERROR", "node_id": "n1", "message": "it burnt"}, "{damaged")
        self.imported(*self.logs)
        stopped = self.shown("stopped")
        self.assertEqual((stopped["status"], stopped["at"]), ("paused", ["n1"]))
        self.assertEqual(stopped["data"], {"n": 1, "done": True, "bag": None})
        self.assertEqual(self.shown("broken")["error"]["message"], "ValueError: no such shelf")
        logged = self.shown("logged")["error"]
        self.assertEqual((logged["message"], logged["node"]), ("it burnt", "n1"))


if __name__ == "__main__":
    unittest.main()
