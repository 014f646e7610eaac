"""Jobs: commands to all runs that fit a filter, in a data folder and on a server that is killed."""

import json
import os
import signal
import time
import unittest

import remote_test
from program import LIMIT_S, NOT_FOUND, USAGE, ProgramTest

RUNS = 40


def job_lines(test, *arguments, **options):
    return test.lines("jobs", *arguments, "--json", *test.where, **options)


class OfServer(remote_test.Served, ProgramTest):
    def setUp(self):
        super().setUp()
        waits = self.flow({"id": "w", "type": "signal", "data": {"name": "go"}}, name="waits")
        self.pawl("flows", "put", waits, *self.where)
        for number in range(RUNS):
            self.pawl("runs", "start", "waits", "--id", f"r{number}", *self.where)

    def job(self, name):
        [job] = job_lines(self, "show", name)
        return job

    def until(self, name, holds):
        end = time.monotonic() + LIMIT_S
        while not holds(self.job(name)):
            self.assertLess(time.monotonic(), end)
        return self.job(name)

    def test_a_job_goes_on_after_kill_9_and_sends_no_command_twice(self):
        self.pawl("jobs", "start", "pause", "--filter", "flow=waits status=running", "--id", "j",
                  "--rate", "4", "--yes", "--detach", *self.where)
        # The first kill comes at once: however slow the program is, the job cannot have ended.
        for _ in range(3):
            self.server.send_signal(signal.SIGKILL)
            self.server.communicate(timeout=LIMIT_S)
            os.unlink(os.path.join(self.folder, "s"))
            self.start_server()
            seen = self.job("j")["done"]
            self.until("j", lambda job: job["done"] > seen or job["state"] == "finished")
        [ended] = job_lines(self, "watch", "j")
        self.assertEqual((ended["state"], ended["matched"], ended["done"]),
                         ("finished", RUNS, RUNS))
        [all_runs] = job_lines(self, "show", "j", "--outcome", "done", "--limit", "1000")
        self.assertEqual(sorted(each["run"] for each in all_runs["results"]),
                         sorted(f"r{number}" for number in range(RUNS)))
        for number in range(RUNS):
            history = self.lines("runs", "history", f"r{number}", "--json", *self.where)
            self.assertEqual(sum(e["event"] == "run_pausing" for e in history), 1, number)

    def test_a_job_is_followed_aborted_listed_and_deleted(self):
        self.refused(USAGE, [f"{RUNS} runs fit the filter", "--yes", "--dry-run"], "jobs", "start",
                     "cancel", "--filter", "flow=waits", *self.where)
        dry = self.pawl("jobs", "start", "cancel", "--filter", "flow=waits", "--dry-run", "--id",
                        "dry", *self.where)
        self.assertIn(f"Job dry finished: cancel: {RUNS} runs would get the command.", dry.stdout)
        self.refused(USAGE, "position 12", "jobs", "start", "cancel", "--filter",
                     "flow=waits statsu=failed", "--yes", *self.where)
        follower = self.begin("jobs", "start", "cancel", "--filter", "flow=waits", "--yes", "--id",
                              "slow", "--rate", "1")
        end = time.monotonic() + LIMIT_S
        while "slow" not in self.pawl("jobs", "ls", *self.where).stdout:
            self.assertLess(time.monotonic(), end)
        self.until("slow", lambda job: job["done"] > 0)
        follower.send_signal(signal.SIGINT)
        _, err = follower.communicate(timeout=LIMIT_S)
        self.assertEqual(follower.returncode, 130)
        self.assertIn("job slow goes on. Watch it: pawl jobs watch slow --server", err)
        self.assertIn("stop it: pawl jobs abort slow --server", err)
        self.refused(USAGE, "Abort it", "jobs", "rm", "slow", *self.where)
        self.assertIn("Job slow aborted", self.pawl("jobs", "abort", "slow", *self.where).stdout)
        self.refused(USAGE, "cannot abort job slow: it is aborted", "jobs", "abort", "slow",
                     *self.where)
        names = [job["id"] for job in job_lines(self, "ls")]
        self.assertEqual(names, ["slow", "dry"])
        self.pawl("jobs", "rm", "dry", *self.where)
        self.refused(NOT_FOUND, "no such job: dry", "jobs", "show", "dry", *self.where)
        left = self.pawl("jobs", "start", "resume", "--filter", "id=r5", "--yes", *self.where,
                         expect=USAGE)
        self.assertIn("0 of 1 run done, 1 refused", left.stdout)
        self.assertIn("cannot resume run r5", left.stderr)


class OfFolder(ProgramTest):
    def test_a_job_that_is_left_goes_on_when_it_is_watched(self):
        fails = self.flow({"id": "no", "type": "fail", "data": {"message": "no"}}, name="fails")
        for number in range(3):
            self.pawl("run", fails, "--id", f"r{number}", *self.where, expect=1)
        self.pawl("jobs", "start", "delete", "--filter", "status=failed", "--yes", "--id", "d",
                  "--detach", *self.where)
        ended = self.pawl("jobs", "watch", "d", *self.where)
        self.assertIn("Job d finished: delete: 3 of 3 runs done.", ended.stdout)
        self.assertEqual(self.lines("runs", "ls", "--json", *self.where), [])
        self.assertIn("delete", self.pawl("jobs", "ls", *self.where).stdout)
        [job] = job_lines(self, "show", "d")
        self.assertEqual(job["results"], [])
        self.assertNotEqual(job["started_by"], "")
        self.pawl("store", "check", *self.where)
        json.dumps(job)


if __name__ == "__main__":
    unittest.main()
