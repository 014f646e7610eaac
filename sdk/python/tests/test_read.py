import unittest
from datetime import datetime

from pawl import ProtocolError, Run, RunSummary, Task
from pawl._attributes import write_attributes
from pawl._batch_calls import _result
from pawl._read import read
from pawl.models import Workers

SUMMARY = {"id": "r", "flow": "f", "version": "1.0.0", "status": "failed",
           "created_at": "2026-01-31T09:30:00.250Z", "started_at": None, "finished_at": None,
           "error": {"type": "t", "message": "m", "node": "n", "attempt": 2},
           "restarted_from": None, "parent": None}


class Reading(unittest.TestCase):
    def test_a_summary_is_read_and_unknown_fields_are_ignored(self):
        run = read(RunSummary, {**SUMMARY, "news": 1})
        self.assertEqual((run.id, run.error.attempt, run.started_at), ("r", 2, None))
        self.assertEqual(run.created_at.microsecond, 250000)
        self.assertTrue(run.finished)

    def test_a_whole_run_has_an_etag(self):
        run = read(Run, {**SUMMARY, "checkpoint": 7, "data": {"a": 1}, "at": ["n"],
                         "waiting_on": [{"node": "n", "kind": "answer", "name": "n#1.1",
                                         "question": {"q": 1}}]})
        self.assertEqual((run.etag, run.data, run.waiting_on[0].question),
                         ('"7"', {"a": 1}, {"q": 1}))

    def test_attributes_are_read_and_written_with_their_types(self):
        wire = {"customer": "acme", "total": 42, "vip": True,
                "due": {"time": "2026-01-31T09:30:00.250Z"}}
        run = read(RunSummary, {**SUMMARY, "attributes": wire,
                                "attribute_problems": {"x": "too long"}})
        self.assertEqual(run.attributes["due"].microsecond, 250000)
        self.assertEqual((run.attributes["customer"], run.attributes["vip"]), ("acme", True))
        self.assertEqual(run.attribute_problems, {"x": "too long"})
        self.assertEqual(write_attributes(run.attributes), wire)
        self.assertEqual(read(RunSummary, SUMMARY).attributes, {})
        with self.assertRaisesRegex(ProtocolError, "RunSummary.attributes"):
            read(RunSummary, {**SUMMARY, "attributes": {"due": {"time": 5}}})
        with self.assertRaisesRegex(ValueError, "'due' is a datetime without a time zone"):
            write_attributes({"due": datetime(2026, 1, 31)})

    def test_a_missing_or_wrong_field_is_named(self):
        with self.assertRaisesRegex(ProtocolError, "RunSummary.id cannot be None"):
            read(RunSummary, {})
        with self.assertRaisesRegex(ProtocolError, "RunSummary.status cannot be 3"):
            read(RunSummary, {**SUMMARY, "status": 3})
        with self.assertRaisesRegex(ProtocolError, "expected a Task"):
            read(Task, [])

    def test_lists_of_models_are_read(self):
        found = read(Workers, {"workers": [{"worker": "w", "queue": "q", "functions": ["f"],
                                            "leases": 1, "last_seen": None}], "queues": []})
        self.assertEqual(found.workers[0].functions, ["f"])

    def test_each_kind_of_batch_result_is_read(self):
        started = _result({"id": "r", "ok": True, "run": {
            "id": "r", "flow": "f", "version": "1", "status": "running", "created": True}})
        self.assertTrue(started.started.created)
        self.assertEqual(_result({"id": "r", "ok": True, "run": SUMMARY}).run.status, "failed")
        failed = _result({"id": "x", "ok": False, "problem": {"code": "not_found"}})
        self.assertEqual(failed.problem.code, "not_found")
