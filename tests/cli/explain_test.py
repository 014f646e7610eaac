"""Why runs do not move, the states they have had, and runs that are forked from these."""

import unittest

from program import NOT_FOUND, OK, USAGE, WAITING, ProgramTest, task

SIGNAL = {"id": "ok", "type": "signal", "data": {"name": "go", "into": "go"}}
ASK = {"id": "ask", "type": "interrupt", "data": {"question": "Pay?", "into": "answer"}}


class Explain(ProgramTest):
    def explained(self, run):
        return self.pawl("runs", "explain", run, *self.where).stdout

    def test_explain_names_the_command_that_moves_the_run(self):
        self.pawl("run", self.flow(SIGNAL, name="signals"), "--id", "s", *self.where, expect=WAITING)
        out = self.explained("s")
        self.assertIn('Waits at "ok" for the signal "go".', out)
        command = f"pawl runs signal s go {' '.join(self.where)}"
        self.assertIn("  " + command, out.splitlines())
        self.assertRegex(out, r"  since \S+ \S+Z \(")
        self.pawl(*command.split()[1:])
        self.pawl("resume", "s", *self.where)
        self.assertIn("The run is completed.", self.explained("s"))

    def test_explain_tells_apart_a_question_a_pause_and_a_failure(self):
        self.pawl("run", self.flow(ASK, name="asks"), "--id", "a", *self.where, expect=WAITING)
        out = self.explained("a")
        self.assertIn('Waits at "ask" for an answer to the question "ask#1.1".', out)
        self.assertIn('"Pay?"', out)
        self.assertIn("pawl resume a --question 'ask#1.1' --answer JSON", out)
        self.pawl("run", self.flow(SIGNAL, name="signals"), "--id", "s", *self.where, expect=WAITING)
        self.pawl("runs", "pause", "s", "--reason", "maintenance", *self.where)
        out = self.explained("s")
        self.assertIn("A command has paused the run: maintenance", out)
        self.assertIn("pawl resume s", out)
        self.assertIn("This is held while the run is paused.", out)
        fails = self.flow(task("no", "core.fail", args={"type": "declined", "message": "No."}),
                          name="fails")
        self.pawl("run", fails, "--id", "f", *self.where, expect=1)
        out = self.explained("f")
        self.assertIn('The run has failed at "no": declined: No.', out)
        self.assertIn("pawl runs retry f", out)

    def test_explain_follows_subflows(self):
        self.pawl("flows", "put", self.flow(SIGNAL, name="child"), *self.where)
        parent = self.flow({"id": "sub", "type": "subflow", "data": {"flow": "child"}}, name="parent")
        self.pawl("run", parent, "--id", "p", *self.where, expect=WAITING)
        [explained] = self.lines("runs", "explain", "p", "--json", *self.where)
        [reason] = explained["reasons"]
        [subflow] = explained["subflows"]
        self.assertEqual((reason["kind"], reason["name"]), ("run", subflow["run"]["id"]))
        self.assertIn(f"pawl runs signal {subflow['run']['id']} go", self.explained("p"))

    def test_a_run_that_is_missing_is_not_explained(self):
        self.pawl("run", self.flow(SIGNAL, name="signals"), "--id", "s", *self.where, expect=WAITING)
        self.refused(NOT_FOUND, "none", "runs", "explain", "none", *self.where)


class States(ProgramTest):
    def setUp(self):
        super().setUp()
        self.counts = self.flow(task("a", "core.set", args={"a": 1}), SIGNAL,
                                task("b", "core.set", args={"b": 2}), name="counts")
        self.pawl("run", self.counts, "--id", "r", "--input", '{"n": 1}', *self.where, expect=WAITING)
        self.waits_at = self.show("r")["checkpoint"]

    def at(self, checkpoint, **options):
        [state] = self.lines("runs", "show", "r", "--at", str(checkpoint), "--json", *self.where,
                             **options)
        return state

    def test_every_checkpoint_has_its_state(self):
        first, last = self.at(1), self.at(self.waits_at)
        self.assertEqual(first["data"], {"n": 1})
        self.assertEqual(last["data"], {"n": 1, "a": 1})
        self.assertEqual(last["data"], self.show("r")["data"])
        self.assertEqual([(p["node"], p["phase"]) for p in last["places"]], [("ok", "sleeping")])
        out = self.pawl("runs", "show", "r", "--at", "1", *self.where).stdout
        self.assertIn("run r at checkpoint 1", out)
        self.assertIn("pawl runs fork r --at 1", out)
        self.refused(NOT_FOUND, "has no checkpoint 99", "runs", "show", "r", "--at", "99", *self.where)
        self.refused(USAGE, "--at", "runs", "show", "r", "--at", "0", *self.where)

    def test_two_states_are_compared(self):
        out = self.pawl("runs", "diff", "r", "1", str(self.waits_at), *self.where).stdout
        self.assertIn("+ /data/a 1", out.splitlines())
        [diff] = self.lines("runs", "diff", "r", "1", "--json", *self.where)
        self.assertIn({"op": "add", "path": "/data/a", "value": 1}, diff["changes"])
        self.assertEqual((diff["from"], diff["to"]), (1, self.waits_at))
        self.assertIn("The states are equal.", self.pawl("runs", "diff", "r", "1", "1",
                                                         *self.where).stdout)

    def test_a_fork_goes_on_with_other_data(self):
        fork = ("runs", "fork", "r", "--at", "1", "--data", '{"n": 7}', "--id", "r2", *self.where)
        self.assertIn("Started run r2 of counts@1.0.0.", self.pawl(*fork).stdout)
        self.assertIn("was already started", self.pawl(*fork).stdout)  # a repeat starts no other
        self.refused(USAGE, "r2", "runs", "fork", "r", "--at", "1", "--id", "r2", *self.where)
        self.pawl("runs", "signal", "r2", "go", *self.where)
        self.pawl("resume", "r2", *self.where)
        forked = self.show("r2")
        self.assertEqual(forked["data"], {"n": 7, "a": 1, "go": None, "b": 2})
        self.assertEqual(forked["metadata"]["forked_from"], {"run": "r", "checkpoint": 1})
        self.assertRegex(self.pawl("runs", "show", "r2", *self.where).stdout,
                         r"fork of +r at checkpoint 1")
        self.assertEqual(self.show("r")["status"], "running")  # the old run still waits

    def test_a_completed_run_is_forked_only_from_an_earlier_checkpoint(self):
        self.pawl("runs", "signal", "r", "go", *self.where)
        self.pawl("resume", "r", *self.where)
        self.refused(USAGE, ["cannot fork run r", "it is completed", "Choose another checkpoint"],
                     "runs", "fork", "r", *self.where)
        self.assertIn("it is completed", self.at(self.show("r")["checkpoint"])["fork_refusal"])
        self.pawl("runs", "fork", "r", "--at", str(self.waits_at), "--id", "again", *self.where)
        self.pawl("resume", "again", *self.where, expect=WAITING)


if __name__ == "__main__":
    unittest.main()
