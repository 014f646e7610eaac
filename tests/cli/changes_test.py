"""Commands that change runs: what they say of the run, their exit codes, and several runs at once."""

import os
import unittest

from program import FAILED, INVALID, NOT_FOUND, USAGE, WAITING, ProgramTest, task
from remote_test import Served
from waiting_test import ASK, SIGNAL


def undone_by(name, *command):
    return task(name, "core.set", compensate={"code_ref": "core.exec",
                                              "args": {"argv": list(command)}})


class Cancelling(ProgramTest):
    # The server may not execute programs, so that its compensations fail, too.
    allow = ["--allow-exec", "touch,false"]

    def waiting(self, run, *first):
        flow = self.flow(*first, SIGNAL, name="flow" + run)
        self.pawl("run", flow, "--id", run, *self.where, expect=WAITING)

    def test_a_run_whose_compensation_fails_is_not_cancelled(self):
        for run in ("c1", "c2", "c3"):
            self.waiting(run, undone_by("a", "false"))
        done = self.pawl("runs", "cancel", "c1", *self.where, *self.allow, expect=FAILED)
        self.assertIn("Run c1 is not cancelled: it has failed", done.stderr)
        self.assertIn("next: pawl runs retry c1", done.stderr)
        [line] = self.lines("runs", "cancel", "c2", "--json", *self.where, expect=FAILED)
        self.assertFalse(line["ok"])
        self.pawl("runs", "terminate", "c3", *self.where, *self.allow)

    def test_a_run_that_still_compensates_is_not_cancelled(self):
        slow = task("a", "core.set", compensate={
            "code_ref": "core.fail", "args": {"type": "broken", "message": "it broke"},
            "retry": {"max_attempts": 9, "initial_interval": "1h"}})
        self.waiting("w", slow)
        done = self.pawl("runs", "cancel", "w", *self.where, *self.allow, expect=WAITING)
        self.assertIn("Run w is not cancelled yet: it compensates", done.stderr)
        self.pawl("runs", "pause", "w", *self.where)
        self.refused(USAGE, "it is paused", "runs", "skip", "w", "--node", "a", *self.where)


class CancellingOnAServer(Served, Cancelling):
    allow = []


class CancellingWithPrograms(ProgramTest):
    def test_cancel_executes_the_compensations(self):
        flag = os.path.join(self.folder, "undone")
        self.pawl("run", self.flow(undone_by("a", "touch", flag), SIGNAL), "--id", "u", *self.where,
                  expect=WAITING)
        out = self.pawl("runs", "cancel", "u", *self.where, "--allow-exec", "touch").stdout
        self.assertIn("Run u is cancelled; it was running.", out)
        self.assertTrue(os.path.exists(flag))


class Several(ProgramTest):
    def test_a_run_that_does_not_exist_does_not_stop_the_others(self):
        flag = os.path.join(self.folder, "flag")
        allow = [*self.where, "--allow-exec", "test"]
        flow = self.flow(task("t", "core.exec", args={"argv": ["test", "-e", flag]}))
        for run in ("x0", "x1"):
            self.pawl("run", flow, "--id", run, *allow, expect=FAILED)
        self.file("flag", "")
        for command in (["runs", "retry"], ["resume"]):
            done = self.refused(NOT_FOUND, ["no such run: nope", "3 runs: 2 completed"], *command,
                                "x0", "nope", "x1", *allow)
            self.assertEqual(done.stderr.count("no such run: nope"), 1)
            self.assertEqual(self.show("x1")["status"], "completed")

    def test_runs_that_leave_the_selected_status_are_no_errors(self):
        self.pawl("flows", "put", self.flow(SIGNAL, name="kid"), *self.where)
        par = self.flow({"id": "s", "type": "subflow", "data": {"flow": "kid"}}, name="par")
        self.pawl("run", par, "--id", "p", *self.where, expect=WAITING)
        self.pawl("runs", "cancel", "--status", "running", "--yes", *self.where)
        runs = self.lines("runs", "ls", "--json", *self.where)
        self.assertEqual([run["status"] for run in runs], ["cancelled", "cancelled"])


class Given(ProgramTest):
    """Options that have no meaning when they are empty, and what a repeated start must repeat."""

    def test_an_empty_value_is_not_a_missing_option(self):
        self.pawl("flows", "put", self.flow(ASK, name="f"), *self.where)
        self.pawl("runs", "start", "f", "--id", "r", *self.where)
        for command in (["start", "f", "--key"], ["restart", "r", "--key"], ["start", "f", "--id"],
                        ["signal", "r", "go", "--signal-id"], ["answer", "r", "1", "--question"],
                        ["resume", "r", "--answer"], ["resume", "r", "--answer", "1", "--question"]):
            self.pawl("runs", *command, "", *self.where, expect=USAGE)
        self.assertEqual(len(self.lines("runs", "ls", "--json", *self.where)), 1)

    def test_other_metadata_is_named_as_what_differs(self):
        self.pawl("flows", "put", self.flow(SIGNAL, name="f"), *self.where)
        start = ["runs", "start", "f", "--id", "r", *self.where, "--metadata"]
        self.pawl(*start, '{"a": 1}')
        self.refused(USAGE, "another flow, version, input or metadata", *start, '{"a": 2}')

    def test_recover_counts_the_paused_runs(self):
        self.pawl("run", self.flow(ASK), "--id", "a", *self.where, expect=WAITING)
        self.assertIn("1 run is paused", self.pawl("recover", *self.where, expect=WAITING).stdout)
        self.pawl("runs", "start", "flow", "--id", "b", *self.where)
        self.pawl("recover", *self.where, expect=WAITING)
        for run in ("a", "b"):
            self.pawl("resume", run, "--answer", '{"yes": true}', *self.where)
        self.assertIn("Nothing to resume", self.pawl("recover", *self.where).stdout)


class GivenOnAServer(Served, Given):
    pass


class Checked(Served, ProgramTest):
    """Flows with functions of workers."""

    def test_strict_knows_the_functions_of_workers(self):
        flow = self.flow(task("a", "orders.charge"))
        for command in (["validate", flow], ["flows", "put", flow, *self.where],
                        ["run", flow, *self.where]):
            self.refused(INVALID, "unknown function", *command, "--strict")
        self.assertEqual(self.lines("flows", "ls", "--json", *self.where), [])
        self.pawl("validate", flow, "--strict", "--worker-function", "core.x,orders.charge")
        self.pawl("validate", flow, "--strict", *self.where, expect=INVALID)
        self.refused(USAGE, "--worker-function", "validate", flow, "--worker-function", "a b")
        self.pawl("flows", "put", flow, "--strict", "--worker-function", "orders.charge",
                  *self.where)
        # A task in a queue says that there are such functions.
        self.pawl("runs", "start", "flow", *self.where)
        self.pawl("validate", flow, "--strict", *self.where)


if __name__ == "__main__":
    unittest.main()
