"""The import of the previous engine's database."""

import json
import os
import shutil
import sqlite3
import struct
import unittest

from program import INVALID, NOT_FOUND, ProgramTest

TIME = "2025-10-29 01:02:03.004567"
SCHEMA = """
CREATE TABLE flows (id INTEGER PRIMARY KEY, name VARCHAR(255), created_at TEXT);
CREATE TABLE flow_versions (id INTEGER PRIMARY KEY, flow_id INTEGER, version VARCHAR(50),
    dsl_json TEXT, compiled_meta TEXT, published INTEGER, created_at TEXT);
CREATE TABLE runs (thread_id VARCHAR(255) PRIMARY KEY, flow_version_id INTEGER, status TEXT,
    started_at TEXT, finished_at TEXT, last_event_at TEXT, run_metadata TEXT);
CREATE TABLE signals (id INTEGER PRIMARY KEY, thread_id TEXT, type TEXT, payload_json TEXT,
    ts TEXT, processed INTEGER);
"""
CHECKPOINTS = """
CREATE TABLE checkpoints (thread_id TEXT, checkpoint_ns TEXT, checkpoint_id TEXT,
    parent_checkpoint_id TEXT, type TEXT, checkpoint BLOB, metadata BLOB);
CREATE TABLE writes (thread_id TEXT, checkpoint_ns TEXT, checkpoint_id TEXT, task_id TEXT, idx INTEGER,
    channel TEXT, type TEXT, value BLOB);
"""


def definition(*functions):
    nodes = [{"id": "start", "type": "start", "data": None, "position": {"x": 1}}]
    nodes += [{"id": f"n{i}", "type": "python", "data": {"code_ref": name, "args": {}}}
              for i, name in enumerate(functions)]
    nodes.append({"id": "end", "type": "end", "data": None})
    edges = [{"source": a["id"], "target": b["id"], "data": None} for a, b in zip(nodes, nodes[1:])]
    return json.dumps({"name": "another name", "nodes": nodes, "edges": edges})


def packed(value):
    """The value as msgpack: what the test needs of it, and an extension for a set."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return struct.pack(">Bq", 0xd3, value)
    if isinstance(value, str):
        text = value.encode("utf-8")
        return struct.pack(">BI", 0xdb, len(text)) + text
    if isinstance(value, set):
        inner = packed("builtins") + packed("set")
        return struct.pack(">BIb", 0xc9, len(inner), 5) + inner
    return struct.pack(">BI", 0xdf, len(value)) + b"".join(packed(k) + packed(v)
                                                           for k, v in value.items())


class Import(ProgramTest):
    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "old.db")
        self.db = sqlite3.connect(self.database)
        self.addCleanup(self.db.close)
        self.db.executescript(SCHEMA)

    def add_version(self, number, flow, name, version, text, published=1):
        self.db.execute("INSERT OR IGNORE INTO flows VALUES (?, ?, ?)", (flow, name, TIME))
        self.db.execute("INSERT INTO flow_versions VALUES (?, ?, ?, ?, NULL, ?, ?)",
                        (number, flow, version, text, published, f"2025-10-29 01:02:{number:02}"))

    def add_run(self, id, version, status, finished=None, metadata='{"inputs": {"n": 1}}',
                started=TIME):
        self.db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (id, version, status, started, finished, TIME, metadata))

    def add_usual(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a.b"))
        self.add_version(2, 1, "order", "v1", definition("a.b", "c d"))
        self.add_version(3, 2, "流程", "2.1", definition("x"))
        self.add_version(4, 3, "cut", "1.0.0", definition("x")[:40])
        self.add_run("thr_1", 1, "completed", TIME)
        self.add_run("thr_2", 2, "failed", TIME)
        self.add_run("a/b", 3, "running", TIME)
        self.add_run("thr 3", 1, "paused")
        self.add_run("THR_1", 1, "cancelled", TIME, metadata='{"inputs": {"x": NaN}, "more": 1}')
        self.add_run("..", 4, "pending", started=None)
        self.add_run("lost", 99, "odd word", metadata="null")
        self.db.execute("INSERT INTO signals VALUES (1, 'thr 3', 'resume_request', '{}', ?, 0)", (TIME,))
        self.db.execute("INSERT INTO signals VALUES (2, 'nobody', 'pause_request', '{}', ?, 0)", (TIME,))
        self.db.commit()

    def imported(self, *arguments):
        *notes, total = self.lines("import", self.database, "--json", *arguments, *self.where)
        return {note["old"]: note for note in notes}, total

    def shown(self, run):
        [shown] = self.lines("runs", "show", run, "--json", *self.where)
        return shown

    def test_every_row_is_taken_or_listed(self):
        self.add_usual()
        notes, total = self.imported()
        self.assertEqual(total, {"flow_versions": 5, "new_flow_versions": 5, "completed": 2,
                                 "failed": 1, "cancelled": 1, "paused": 3, "present": 0,
                                 "left_out": 1})
        self.assertEqual(notes["a/b"]["now"], "a/b")
        self.assertIn("has ended", notes["a/b"]["why"])
        self.assertEqual(notes[".."]["now"], "text.-2e-2e")
        self.assertEqual(notes["order, version v1"]["now"], "order@1.0.1")
        self.assertIn("cut", notes["cut, version 1.0.0"]["why"])
        self.assertIn("do not exist", notes["1 signals"]["why"])
        done = self.shown("thr_1")
        self.assertEqual((done["status"], done["input"], done["created_at"]),
                         ("completed", {"n": 1}, "2025-10-29T01:02:03.004Z"))
        self.assertEqual(self.shown("a/b")["metadata"]["imported"]["id"], "a/b")
        paused = self.shown("thr 3")
        self.assertEqual((paused["status"], paused["at"]), ("paused", ["start"]))
        self.assertEqual(paused["metadata"]["imported"]["signals"],
                         [{"type": "resume_request", "at": TIME}])
        self.assertEqual(self.shown("THR_1")["input"], {"x": None})
        [flow] = [f for f in self.lines("flows", "ls", "--json", *self.where)
                  if f["name"] == "order"]
        self.assertEqual(flow["published"], "1.0.1")
        # What cannot go on says why.
        self.pawl("resume", "lost", *self.where, expect=1)
        self.assertIn("99", self.shown("lost")["error"]["message"])

    def test_an_import_can_be_repeated(self):
        self.add_usual()
        _, dry = self.imported("--dry-run")
        self.assertEqual(dry["paused"], 3)
        self.assertFalse(os.path.exists(self.store))
        self.imported()
        before = self.pawl("runs", "export", *self.where).stdout
        _, again = self.imported()
        self.assertEqual((again["present"], again["new_flow_versions"], again["completed"]),
                         (7, 0, 0))
        self.add_run("later", 1, "completed", TIME)
        self.db.commit()
        _, third = self.imported()
        self.assertEqual((third["present"], third["completed"]), (7, 1))
        self.pawl("runs", "rm", "later", "--yes", *self.where)
        self.assertEqual(self.pawl("runs", "export", *self.where).stdout, before)

    def test_the_metadata_of_a_failed_run_have_its_error_if_nothing_else_has(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a"))
        for id, status, metadata in (("said", "failed", {"error": "out of paper"}),
                                     ("ended", "running", {"error": "out of ink"}),
                                     ("odd", "failed", {"error": 7})):
            self.add_run(id, 1, status, TIME, json.dumps(metadata))
        self.db.commit()
        self.imported()
        for id, text in (("said", "out of paper"), ("ended", "out of ink"),
                         ("odd", "the previous engine has not stored the error")):
            run = self.shown(id)
            self.assertEqual((run["status"], run["error"]["message"]), ("failed", text))

    def test_checkpoints_and_logs_say_where_a_run_was(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a", "b"))
        self.add_run("stopped", 1, "running")
        self.add_run("broken", 1, "running", TIME)
        self.add_run("logged", 1, "failed", TIME)
        self.db.commit()
        with sqlite3.connect(os.path.join(self.folder, "old_checkpoints.db")) as beside:
            beside.executescript(CHECKPOINTS)
            for id, values in (("1", {"data": {"n": 0}, "branch:to:n0": None}),
                               ("2", {"data": {"n": 1, "done": ["x"] and True, "bag": {"y"}},
                                      "current_node": "n0", "branch:to:n1": None})):
                beside.execute("INSERT INTO checkpoints VALUES ('stopped', '', ?, NULL, 'msgpack', ?, NULL)",
                               (id, packed({"channel_values": values})))
            beside.execute("INSERT INTO checkpoints VALUES ('broken', '', '1', NULL, 'msgpack', ?, NULL)",
                           (packed({"channel_values": {"current_node": "n0"}}),))
            beside.execute("INSERT INTO writes VALUES ('broken', '', '1', 't', 0, '__error__', 'msgpack', ?)",
                           (packed("ValueError: no such shelf"),))
        beside.close()
        logs = os.path.join(self.folder, "logs", "logged")
        os.makedirs(logs)
        with open(os.path.join(logs, "logs.jsonl"), "w", encoding="utf-8") as file:
            file.write(json.dumps({"level": "ERROR", "node_id": "n1", "message": "it burnt"}))
            file.write("\n{damaged\n")
        self.imported("--logs", os.path.join(self.folder, "logs"))
        stopped = self.shown("stopped")
        self.assertEqual((stopped["status"], stopped["at"]), ("paused", ["n1"]))
        self.assertEqual(stopped["data"], {"n": 1, "done": True, "bag": None})
        self.assertEqual(self.shown("broken")["error"]["message"], "ValueError: no such shelf")
        logged = self.shown("logged")["error"]
        self.assertEqual((logged["message"], logged["node"]), ("it burnt", "n1"))

    def test_a_database_that_was_not_closed(self):
        self.db.execute("PRAGMA journal_mode = WAL")
        self.add_usual()
        before = sorted(os.listdir(self.folder))
        with open(self.database, "rb") as file:
            content = file.read()
        _, total = self.imported("--dry-run")
        self.assertEqual(total["completed"], 2)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        with open(self.database, "rb") as file:
            self.assertEqual(file.read(), content)

    def test_files_that_cannot_be_read(self):
        self.add_usual()
        for number in range(500):
            self.add_run(f"many{number}", 1, "completed", TIME)
        self.db.commit()
        cut = os.path.join(self.folder, "cut.db")
        shutil.copy(self.database, cut)
        os.truncate(cut, os.path.getsize(cut) // 2)
        text = self.file("text.db", "this is no database, but it is long enough to be one" * 20)
        other = os.path.join(self.folder, "other.db")
        with sqlite3.connect(other) as empty:
            empty.execute("CREATE TABLE flows (id, name)")
        empty.close()
        for file, words, code in ((cut, "damaged", INVALID), (text, "not a SQLite database", INVALID),
                                  (other, "no table flow_versions", INVALID),
                                  (os.path.join(self.folder, "nowhere"), "no such file", NOT_FOUND)):
            self.refused(code, words, "import", file, *self.where)
        self.assertIn("0", self.pawl("runs", "count", *self.where).stdout)
        out = self.pawl("import", self.database, *self.where).stdout
        self.assertEqual(len(out.splitlines()), 1)
        self.assertIn("502 completed", out)


if __name__ == "__main__":
    unittest.main()
