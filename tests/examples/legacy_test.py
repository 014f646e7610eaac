"""The example `legacy`: a flow in the old engine's spelling runs as it is."""

import os
import tempfile
import unittest

from pawl_program import ROOT, history, pawl, show

FLOW = os.path.join(ROOT, "examples", "legacy", "flow.json")


class LegacyTest(unittest.TestCase):
    def run_flow(self, *arguments):
        with tempfile.TemporaryDirectory(prefix="pawl-legacy-") as store:
            pawl("run", FLOW, "--id", "old", "--data-dir", store, *arguments)
            nodes = [e["node"] for e in history("old", store) if e["event"] == "step_finished"]
            return show("old", store), nodes

    def test_it_is_valid_as_it_is(self):
        pawl("validate", FLOW)

    def test_edges_follow_data_when_and_condition_value(self):
        run, nodes = self.run_flow()
        self.assertEqual(run["status"], "completed")
        self.assertEqual(nodes, ["n2", "n4", "n6", "n7", "n9"])
        self.assertEqual(run["data"], {"total": 120, "items": 3, "discount": 10,
                                       "letter": "thank you"})


if __name__ == "__main__":
    unittest.main()
