"""What the import of the previous engine's database reads of checkpoints and logs."""

import json
import subprocess
import unittest
import urllib.request

from old_database import TIME, OldDatabaseTest, definition
from program import LIMIT_S, PROGRAM, environment


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

    def test_an_error_that_a_run_survived_does_not_fail_it(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a", "b"))
        for run in ("recovered", "logged", "ended", "died"):
            self.add_run(run, 1, "failed" if run == "died" else "running", TIME)
        self.add_checkpoints(("recovered", "1", {"branch:to:n0": None}),
                             ("recovered", "2", {"current_node": "__end__"}),
                             writes=[("recovered", "1", "__error__", "TimeoutError: slow")])
        wrong = {"level": "ERROR", "node_id": "n0", "message": "it burnt"}
        self.add_log("logged", wrong, {"node_id": "n1", "message": "and went on"})
        self.add_log("ended", {"node_id": "n0", "message": "begun"}, wrong)
        self.add_log("died", wrong, {"message": "cleaned up"})
        self.imported(*self.logs)
        self.assertEqual({run: self.shown(run)["status"]
                          for run in ("recovered", "logged", "ended", "died")},
                         {"recovered": "completed", "logged": "completed", "ended": "failed",
                          "died": "failed"})
        self.assertEqual(self.shown("died")["error"]["message"], "it burnt")
        self.assertNotIn("error", self.shown("logged")["metadata"]["imported"])

    def test_checkpoints_of_graphs_inside_a_run_are_not_its_own(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a", "b"))
        self.add_run("outer", 1, "running")
        self.add_run("ended", 1, "running", TIME)
        self.add_checkpoints(("outer", "1", {"branch:to:n1": None}),
                             ("outer", "2", {"branch:to:n0": None}, "inner:1"),
                             ("ended", "1", {"current_node": "__end__"}),
                             writes=[("ended", "1", "__error__", "ValueError: inside", "inner:1")])
        self.imported()
        self.assertEqual(self.shown("outer")["at"], ["n1"])
        self.assertEqual(self.shown("ended")["status"], "completed")

    def test_a_run_before_several_nodes_goes_on_with_all_of_them(self):
        nodes = [{"id": "start", "type": "start"}, {"id": "left", "type": "end"},
                 {"id": "right", "type": "end"}]
        edges = [{"source": "start", "target": node["id"]} for node in nodes[1:]]
        self.add_version(1, 1, "fork", "1.0.0", json.dumps({"nodes": nodes, "edges": edges}))
        self.add_run("both", 1, "running")
        self.add_run("other", 1, "running")
        self.add_checkpoints(("both", "1", {"branch:to:left": None, "branch:to:right": None}),
                             ("other", "1", {"branch:to:left": None, "branch:to:gone": None}))
        notes, _ = self.imported()
        self.assertIn('all of them, "left", "right"', notes["both"]["why"])
        self.assertIn('before "gone", "left"', notes["other"]["why"])
        self.assertIn("begins anew", notes["other"]["why"])
        self.pawl("resume", "both", *self.where)
        events = [e["event"] for e in self.lines("runs", "history", "both", "--json", *self.where)]
        self.assertEqual((events.count("forked"), events.count("branch_ended")), (1, 2))
        self.assertEqual(self.shown("both")["status"], "completed")

    def logs_of(self, *runs):
        """The logs of runs, as a server has them."""
        with subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", *self.where],
                              env=environment(), stderr=subprocess.PIPE, text=True) as serving:
            self.addCleanup(serving.kill)
            line = serving.stderr.readline()
            while line and "listening on" not in line:
                line = serving.stderr.readline()
            url = line.split("listening on ")[1].strip()
            logs = []
            for run in runs:
                with urllib.request.urlopen(f"{url}/v1/runs/{run}/logs?limit=1000",
                                            timeout=LIMIT_S) as answer:
                    logs.append(json.load(answer)["logs"])
            serving.terminate()
            serving.wait(LIMIT_S)
        return logs

    def test_logs_are_taken_with_their_runs(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a"))
        for run in ("a", "b", "many"):
            self.add_run(run, 1, "completed", TIME)
        self.add_run("in/side", 1, "completed", TIME)
        self.db.commit()
        self.add_log("a", {"level": "WARNING", "node_id": "n0", "message": "low", "context": {"n": 1}},
                     "{damaged", {"ts": "no time", "level": "CRITICAL", "message": "late"})
        self.add_log("in/side", {"level": "DEBUG", "message": "deep"})
        self.add_log("many", *({"message": str(number)} for number in range(700)))
        self.add_log("nobody", {"message": "lost"})
        notes, total = self.imported(*self.logs, "--set", "run.max_log_lines=600")
        self.assertEqual(notes["nobody"], {"kind": "log", "old": "nobody", "now": "",
                                           "why": "no run has this id"})
        self.assertEqual(total["left_out"], 1)
        self.assertIn("1 line of its log cannot be read", notes["a"]["why"])
        self.assertIn("the oldest 100 lines", notes["many"]["why"])
        a, b, inside, many = self.logs_of("a", "b", "in%2Fside", "many")
        at = "2025-10-29T01:02:03.004Z"
        self.assertEqual([(line["at"], line["level"], line["node"], line["message"]) for line in a],
                         [(at, "warning", "n0", 'low {"n":1}'), (at, "error", "", "late")])
        self.assertEqual((b, [line["message"] for line in inside]), ([], ["deep"]))
        self.assertEqual([line["message"] for line in many], [str(n) for n in range(100, 700)])

    def test_what_an_interrupt_asked_for_is_kept(self):
        self.add_version(1, 1, "order", "1.0.0", definition("a"))
        for run in ("context", "message", "answered", "write"):
            self.add_run(run, 1, "paused")
        self.add_checkpoints(("write", "1", {"branch:to:n0": None}), ("none", "1", {}),
                             writes=[("write", "1", "__interrupt__", {"value": {"ask": "go on?"}}),
                                     ("write", "1", "__error__", "WorkflowInterrupt('asks')")])
        raised = {"level": "ERROR", "node_id": "n0", "message": "Python function failed: a",
                  "context": {"error_type": "WorkflowInterrupt"}}
        asked = {"message": "Node n0 interrupted with value: which one?, update: None"}
        self.add_log("context", {"message": "asks", "context": {"interrupt_value": {"n": 1}}}, raised)
        self.add_log("message", asked, raised)
        self.add_log("answered", asked, raised, {"node_id": "n0", "message": "begun again"})
        notes, _ = self.imported(*self.logs)
        self.assertEqual(notes["none"]["kind"], "checkpoint")
        kept = {run: self.shown(run)["metadata"]["imported"]
                for run in ("context", "message", "answered", "write")}
        self.assertEqual(kept["context"]["interrupt_value"], {"n": 1})
        self.assertEqual(kept["message"]["interrupt_value"], "which one?")
        self.assertNotIn("interrupt_value", kept["answered"])
        self.assertEqual(kept["write"]["interrupt_value"], {"ask": "go on?"})
        for run in ("message", "write"):
            self.assertNotIn("error", kept[run])


if __name__ == "__main__":
    unittest.main()
