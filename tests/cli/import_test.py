"""The import of the previous engine's database."""

import hashlib
import json
import os
import shutil
import sqlite3
import unittest

from old_database import TIME, OldDatabaseTest, definition
from program import INVALID, NOT_FOUND, USAGE


class Import(OldDatabaseTest):
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

    def test_rows_with_equal_ids_are_one_run(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a.b"))
        self.add_run("same", 1, "completed", TIME)
        self.add_run(b"same", 1, "failed", TIME)  # another value for SQLite
        self.db.commit()
        dry = self.imported("--dry-run")
        self.assertEqual(self.imported(), dry)
        notes, total = dry
        self.assertIn("an earlier row", notes["same"]["why"])
        self.assertEqual((total["completed"], total["failed"], total["left_out"]), (1, 0, 1))
        _, again = self.imported()
        self.assertEqual((again["present"], again["left_out"]), (1, 1))

    def test_conditions_that_come_out_differently_are_listed(self):
        nodes = [{"id": "start", "type": "start"},
                 {"id": "c", "type": "condition", "data": {"expr": {"and": [
                     {"==": [{"var": "a"}, "1"]}, {"!=": [{"var": "b"}, 2]}]}}},
                 {"id": "end", "type": "end"}]
        edges = [{"source": "start", "target": "c"}, {"source": "c", "target": "end"}]
        self.add_version(1, 1, "order", "1.0.0", json.dumps({"nodes": nodes, "edges": edges}))
        self.db.commit()
        notes, _ = self.imported("--dry-run")
        why = notes["order, version 1.0.0"]["why"]
        for words in ('condition "c" can come out differently', '"==" with "1"', '"!=" was unknown'):
            self.assertIn(words, why)

    def test_keys_that_are_dropped_are_listed(self):
        flow = json.loads(definition("a.b"))
        flow["extra"] = 1
        flow["nodes"][1]["data"]["retries"] = 3
        self.add_version(1, 1, "order", "1.0.0", json.dumps(flow))
        self.db.commit()
        notes, _ = self.imported("--dry-run")
        self.assertEqual(notes["order, version 1.0.0"]["now"], "order@1.0.0")
        for words in ('the key "extra" of the definition was dropped',
                      'the key "retries" of the data of node "n0" was dropped'):
            self.assertIn(words, notes["order, version 1.0.0"]["why"])

    def test_numbers_that_are_not_kept_are_listed(self):
        self.add_version(3, 7, "order", "1.0.0", definition("a.b"))
        self.add_version(4, 9, "order", "1.0.1", definition("a.b"))  # another flow of that name
        self.add_version(-1, 2, "post", "1.0.0", definition("a.b"))
        self.db.commit()
        notes, _ = self.imported()
        self.assertNotIn("number", notes["order, version 1.0.0"]["why"])
        self.assertIn("the number 9 of its flow could not be kept",
                      notes["order, version 1.0.1"]["why"])
        self.assertIn("its number -1 could not be kept", notes["post, version 1.0.0"]["why"])
        again, _ = self.imported()
        self.assertEqual(again, notes)

    def test_values_that_are_changed_are_listed(self):
        flow = json.loads(definition("a.b"))
        flow["nodes"][1]["data"]["args"] = {"x": float("inf")}
        self.add_version(1, 1, "order", "1.0.0", json.dumps(flow), published="yes")
        inputs = {"big": 10 ** 25, "huge": 10 ** 400, "list": [1, float("nan")], "NaN": "NaN 1e5",
                  "a/b": -float("inf"), "kept": 2 ** 63}
        self.add_run("odd", 1, "completed", TIME, json.dumps({"inputs": inputs}), "yesterday")
        self.add_run("word", "one", "completed", TIME, '{"inputs": {}}')
        self.add_run("bag", 1, "running")
        self.add_checkpoints(("bag", "1", {"data": {"in": {"s": {"y"}}}, "other": {"z"},
                                           "branch:to:n0": None}))
        notes, _ = self.imported()
        flow, odd = notes["order, version 1.0.0"]["why"], notes["odd"]["why"]
        self.assertIn("/nodes/1/data/args/x: NaN, infinity", flow)
        self.assertIn('its published "yes" is not an integer; taken as 0', flow)
        for words in ("/inputs/big: the integer 10000000000000000000000000 became the double 1e+25",
                      "/inputs/huge: ", "/inputs/list/1: ", "/inputs/a~1b: ",
                      'its started_at "yesterday" is not a time'):
            self.assertIn(words, odd)
        self.assertEqual(odd.count("/inputs/"), 4)
        self.assertEqual(self.shown("odd")["input"],
                         {**inputs, "big": 1e25, "huge": None, "list": [1, None], "a/b": None})
        self.assertIn('its flow_version_id "one" is not an integer', notes["word"]["why"])
        self.assertIn("checkpoint /data/in/s: ", notes["bag"]["why"])
        self.assertNotIn("other", notes["bag"]["why"])

    def test_a_report_lists_every_row(self):
        self.add_usual()
        self.add_run("<b>&", 1, "completed", TIME)
        self.db.commit()
        report = os.path.join(self.folder, "report.")
        self.refused(USAGE, "must end with .txt", "import", self.database, "--report", report + "pdf",
                     *self.where)
        for ending in ("txt", "html", "json"):
            self.imported("--dry-run", "--report", report + ending)
        read = {}
        for ending in ("txt", "html", "json"):
            with open(report + ending, encoding="utf-8") as file:
                read[ending] = file.read()
        made = json.loads(read["json"])
        with open(self.database, "rb") as file:
            self.assertEqual(made["sha256"], hashlib.sha256(file.read()).hexdigest())
        rows = {row["old"]: row for row in made["rows"]}
        self.assertEqual({old for old in rows if rows[old]["kind"] == "run"},
                         {"thr_1", "thr_2", "a/b", "thr 3", "THR_1", "..", "lost", "<b>&"})
        self.assertEqual(sum(row["kind"] == "flow" for row in rows.values()), 5)
        self.assertEqual(rows["thr_1"], {"kind": "run", "old": "thr_1", "now": "thr_1", "why": "",
                                         "outcome": "taken", "status": "completed"})
        self.assertEqual((rows[".."]["outcome"], rows["1 signals"]["outcome"]),
                         ("changed", "left out"))
        self.assertIn("<td>&lt;b&gt;&amp;</td>", read["html"])
        self.assertNotIn("<b>", read["html"])
        self.assertIn('run "thr_1": taken, "thr_1", completed\n', read["txt"])
        for form in ("txt", "html"):
            self.assertIn("Signature: ____", read[form])
        self.imported()
        self.imported("--report", report + "json")
        with open(report + "json", encoding="utf-8") as file:
            again = json.load(file)
        self.assertEqual({row["outcome"] for row in again["rows"] if row["kind"] == "run"},
                         {"present"})

    def test_a_note_is_one_line(self):
        self.add_version(1, 1, "two\nlines", "v\n1", definition("a.b"))
        self.add_version(2, 2, "", "1.0.0", definition("a.b"))
        self.add_run("or\nder", 1, "completed", TIME)
        self.db.commit()
        out = self.pawl("import", self.database, *self.where).stderr.splitlines()
        self.assertEqual(len(out), 3)
        self.assertTrue(out[0].startswith('pawl: flow "flow 2, version 1.0.0" is '), out)
        self.assertTrue(out[1].startswith(r'pawl: flow "two\nlines, version v\n1" is '), out)
        self.assertTrue(out[2].startswith(r'pawl: run "or\nder" is text.or-0ader: renamed'), out)

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
        self.refused(NOT_FOUND, "no such folder", "import", self.database, "--logs",
                     os.path.join(self.folder, "nowhere"), *self.where)
        self.assertIn("0", self.pawl("runs", "count", *self.where).stdout)
        out = self.pawl("import", self.database, *self.where).stdout
        self.assertEqual(len(out.splitlines()), 1)
        self.assertIn("502 completed", out)


if __name__ == "__main__":
    unittest.main()
