"""Lists with records that the server cannot read."""

import json
import unittest

import pawl
from tests.peer import Peer
from tests.test_read import SUMMARY

WHY = "run b: the record is damaged"


def answering(*bodies):
    """A peer that gives each request the next of the bodies."""
    left = list(bodies)

    def script(wire):
        while left:
            wire.request()
            wire.answer(json.dumps(left.pop(0)))
    return Peer(script)


class Damaged(unittest.TestCase):
    def test_a_page_has_what_could_not_be_listed(self):
        with answering({"runs": [SUMMARY], "next": None, "damaged": [WHY]},
                       {"runs": [SUMMARY], "next": None},
                       {"jobs": [], "next": None, "damaged": ["job j: damaged"]}) as peer:
            client = pawl.Client(peer.url)
            self.assertEqual(client.runs().damaged, [WHY])
            self.assertEqual(client.runs().damaged, [])
            self.assertEqual(client.jobs().damaged, ["job j: damaged"])

    def test_an_iterator_yields_all_others_and_then_raises(self):
        with answering({"runs": [SUMMARY], "next": "c", "damaged": [WHY]},
                       {"runs": [{**SUMMARY, "id": "z"}], "next": None}) as peer:
            seen = []
            with self.assertRaises(pawl.DamagedRecords) as raised:
                for run in pawl.Client(peer.url).all_runs():
                    seen.append(run.id)
            self.assertEqual(seen, ["r", "z"])
            self.assertEqual(raised.exception.damaged, [WHY])
            self.assertIn(WHY, str(raised.exception))

    def test_the_results_of_a_job_likewise(self):
        with answering({"results": [{"run": "a", "outcome": "done"}], "next": None,
                        "damaged": ["result 2 is damaged"]}) as peer:
            results = pawl.Client(peer.url).all_job_results("j")
            self.assertEqual(next(results).run, "a")
            with self.assertRaises(pawl.Corrupt):
                next(results)

    def test_a_list_that_is_not_complete_is_raised_with_what_was_read(self):
        flow = {"name": "f", "latest": "1.0.0", "published": "1.0.0"}
        with answering({"flows": [flow], "next": None, "damaged": ["flow g: damaged"]}) as peer:
            with self.assertRaises(pawl.DamagedRecords) as raised:
                pawl.Client(peer.url).flows()
            self.assertEqual(raised.exception.damaged, ["flow g: damaged"])
            self.assertEqual([each.name for each in raised.exception.found], ["f"])


if __name__ == "__main__":
    unittest.main()
