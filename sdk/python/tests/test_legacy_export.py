"""The export of the previous engine's database."""

import contextlib
import io
import json
import os
import sqlite3
import tempfile
import unittest

from pawl.legacy.export import main

TABLES = """
CREATE TABLE flows (id INTEGER PRIMARY KEY, name VARCHAR(255), created_at DATETIME);
CREATE TABLE flow_versions (id INTEGER PRIMARY KEY, flow_id INTEGER, version VARCHAR(50),
    dsl_json JSON, compiled_meta JSON, published BOOLEAN, created_at DATETIME);
CREATE TABLE runs (thread_id VARCHAR(255) PRIMARY KEY, flow_version_id INTEGER, status VARCHAR(50),
    started_at DATETIME, finished_at DATETIME, last_event_at DATETIME, run_metadata JSON);
"""


def flow(number):
    return json.dumps({"name": "inner", "nodes": [
        {"id": "a", "type": "python", "data": {"code_ref": "a/b", "args": {"n": number}}}],
        "edges": []})


class ExportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pawl-old-")
        self.addCleanup(folder.cleanup)
        self.database = os.path.join(folder.name, "workflow.db")
        self.out = os.path.join(folder.name, "new", "flows")

    def fill(self, flows, versions, runs=()):
        with contextlib.closing(sqlite3.connect(self.database)) as made, made:
            made.executescript(TABLES)
            made.executemany("INSERT INTO flows VALUES (?, ?, '2025-10-29 01:02:03.004567')", flows)
            made.executemany("INSERT INTO flow_versions VALUES (?, ?, ?, ?, 'null', ?, ?)",
                             versions)
            made.executemany("INSERT INTO runs VALUES (?, 1, ?, NULL, ?, NULL, '{}')", runs)

    def export(self, code=0):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.assertEqual(main([self.database, self.out]), code)
        return out.getvalue() + err.getvalue()

    def test_the_newest_published_version_is_written_under_the_name_of_the_row(self):
        day = "2025-10-{} 01:02:03.004567"
        self.fill([(1, "shop one"), (2, "订单")], [
            (1, 1, "1.0.9", flow(9), 1, day.format(10)),
            (2, 1, "1.0.1", flow(1), 1, day.format(20)),
            (3, 1, "2.0.0", flow(2), 0, day.format(30)), (4, 2, "v1", flow(3), None, None)])
        said = self.export()
        self.assertIn("1-shop-one.json: shop one, version 1.0.1\n", said)
        self.assertIn("2.json: 订单, version v1\n", said)
        with open(os.path.join(self.out, "1-shop-one.json"), encoding="utf-8") as file:
            written = json.load(file)
        self.assertEqual((written["name"], written["nodes"][0]["data"]),
                         ("shop one", {"code_ref": "text.a-2fb", "args": {"n": 1}}))

    def test_what_cannot_be_used_is_listed_with_the_reason(self):
        self.fill([(1, "none"), (2, "cut"), (3, "list"), (4, "nan"), (5, "good"), (6, "good")], [
            (2, 2, "1.0.0", '{"nodes": [', 1, None), (3, 3, "1.0.0", "[]", 1, None),
            (4, 4, "1.0.0", '{"n": NaN}', 1, None), (5, 5, "1.0.0", flow(1), 1, None),
            (6, 6, "1.0.0", flow(1), 1, None)])
        said = self.export(code=1)
        for line in ("skipped: none: it has no version", "skipped: cut: the definition of version",
                     "skipped: list: the definition of version 1.0.0: it is not an object",
                     "skipped: nan: ", "skipped: good: flow 5 has the same name"):
            self.assertIn(line, said)
        self.assertEqual(os.listdir(self.out), ["5-good.json"])

    def test_runs_that_have_not_ended_are_listed(self):
        ended = "2025-10-29 01:02:03"
        self.fill([], [], [("thr_1", "running", None), ("thr_2", "running", ended),
                           ("thr_3", "paused", None), ("thr_4", "failed", None),
                           ("thr_5", "completed", ended)])
        self.assertEqual(self.export(), "not ended: thr_1 (running)\nnot ended: thr_3 (paused)\n")

    def test_a_file_that_is_no_database_is_refused(self):
        self.assertIn("no such file", self.export(code=1))
        with open(self.database, "w", encoding="utf-8") as file:
            file.write("no database" * 100)
        self.assertIn("file is not a database", self.export(code=1))
