"""Runs that wait for runs that they have started: following, resuming, questions and signals."""

import json
import os
import signal
import subprocess
import time
import unittest

from program import (FAILED, LIMIT_S, OK, PROGRAM, UNAVAILABLE, USAGE, WAITING, ProgramTest,
                     environment, task)
from remote_test import Served
from waiting_test import ASK, SIGNAL, Person


def subflow(name, flow):
    return {"id": name, "type": "subflow", "data": {"flow": flow}}


class Family(ProgramTest):
    """A flow `par` whose subflow `kid` has a subflow `kidkid`, with the given nodes."""

    def family(self, *nodes, name="kidkid"):
        self.pawl("flows", "put", self.flow(*nodes, name=name), *self.where)
        self.pawl("flows", "put", self.flow(subflow("k", name), name="kid"), *self.where)
        return self.flow(subflow("s", "kid"), task("last", "core.set", args={"last": 1}),
                         name="par")

    def runs(self):
        """The status of each run, by the name of its flow."""
        return {run["flow"]: run for run in self.lines("runs", "ls", "--json", *self.where)}


class Interrupted(Family):
    """A program that is killed while the innermost subflow executes a step."""

    def setUp(self):
        super().setUp()
        self.sign = os.path.join(self.folder, "sign")
        self.allow = [*self.where, "--allow-exec", "sh"]
        # The first call blocks, the next one returns at once.
        script = f"test -e '{self.sign}' || {{ echo > '{self.sign}'; exec sleep 600; }}"
        step = task("slow", "core.exec", args={"argv": ["sh", "-c", script]})
        self.par = self.family(step, task("after", "core.set", args={"after": 1}))

    def kill(self, number, run="p"):
        process = subprocess.Popen([PROGRAM, "run", self.par, "--id", run, *self.allow],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=environment(PAWL_ENGINE_STOP_TIMEOUT_MS="1ms"),
                                   cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        end = time.monotonic() + LIMIT_S
        while not os.path.exists(self.sign):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        process.send_signal(number)
        process.wait(LIMIT_S)

    def check_continues(self, *command):
        for run, number in (("p9", signal.SIGKILL), ("p2", signal.SIGINT)):
            with self.subTest(signal=number):
                self.kill(number, run)
                self.assertFalse(self.show(run)["parked"])
                self.pawl(*[word.format(run) for word in command], *self.allow)
                runs = self.lines("runs", "ls", "--json", *self.where)
                self.assertEqual({each["status"] for each in runs}, {"completed"})
                self.assertEqual(self.show(run)["data"]["last"], 1)
                os.remove(self.sign)

    def test_resume_continues_it(self):
        self.check_continues("resume", "{}")

    def test_the_repeated_run_continues_it(self):
        self.check_continues("run", self.par, "--id", "{}")

    def test_recover_follows_the_parent_to_its_end(self):
        self.check_continues("recover")

    def test_pause_waits_for_the_subflow_in_a_data_folder(self):
        self.kill(signal.SIGKILL)
        self.assertIn("Run p is paused.", self.pawl("runs", "pause", "p", *self.allow).stdout)


class Waits(Family):
    """Subflows that wait for somebody."""

    def test_run_ends_and_names_the_signal_of_the_subflow(self):
        out = self.pawl("run", self.family(SIGNAL), "--id", "p", *self.where, expect=WAITING).stdout
        inner = self.runs()["kidkid"]["id"]
        self.assertIn(f"waiting for signal go at ok of run {inner}", out)
        self.assertEqual(out.splitlines()[-1],
                         f"next: pawl runs signal {inner} go {' '.join(self.where)}")
        shown = self.show("p")
        self.assertTrue(shown["parked"])
        self.assertEqual([run["id"] for run in shown["waiting_subflows"]],
                         [self.runs()["kid"]["id"], inner])
        self.assertEqual(shown["waiting_subflows"][1]["waiting_on"][0]["kind"], "signal")
        self.assertIn(f"pawl runs signal {inner} go", self.pawl("runs", "show", "p", *self.where).stdout)
        [*_, end] = self.lines("run", "par.json", "--id", "p", "--json", *self.where,
                               expect=WAITING)
        self.assertEqual(end["waiting_subflows"], shown["waiting_subflows"])
        self.pawl("runs", "signal", inner, "go", *self.where)
        self.pawl("resume", "p", *self.where)
        self.assertEqual(self.show("p")["status"], "completed")

    def test_answers_reach_the_question_of_the_subflow(self):
        par = self.family(ASK)
        done = self.pawl("run", par, "--id", "p", "--answer", '{"yes": true}', *self.where)
        self.assertIn('"yes": true', done.stdout)
        done = self.refused(USAGE, "does not match its schema", "run", par, "--id", "q", "--answer",
                            "1", *self.where)
        self.assertIn("JSON Schema of the answer", done.stdout)
        self.pawl("run", par, "--id", "q", "--answer", '{"yes": false}', *self.where)

    def test_a_question_of_the_subflow_ends_run_and_is_answered_there(self):
        par = self.family(ASK)
        out = self.pawl("run", par, "--id", "p", *self.where, expect=WAITING).stdout
        inner, kid = self.runs()["kidkid"]["id"], self.runs()["kid"]["id"]
        self.assertIn(f"pawl resume {inner} --answer JSON", out.splitlines()[-1])
        answer = ("--answer", '{"yes": true}', *self.where)
        for command in (["resume", "p", *answer], ["runs", "answer", "p", *answer[1:]]):
            self.refused(USAGE, ["asks no question itself", f"pawl resume {inner} --answer JSON"],
                         *command)
        out = self.pawl("resume", inner, *answer).stdout
        self.assertEqual(self.runs()["kidkid"]["status"], "completed")
        if self.runs()["kid"]["status"] != "completed":  # ended by its subflow's notice or not
            self.assertEqual(out.splitlines()[-1], f"next: pawl resume {kid} {' '.join(self.where)}")
        self.pawl("resume", "p", *self.where)
        self.assertEqual(self.show("p")["data"]["last"], 1)

    def test_answers_without_a_question_are_reported(self):
        flow = self.flow(ASK, name="asks")
        done = self.pawl("run", flow, "--answer", '{"yes": true}', "--answer", "2", *self.where)
        self.assertIn("1 answer was not used", done.stderr)

    def test_a_timed_question_of_the_subflow_is_answered_at_once(self):
        timed = {**ASK, "data": {**ASK["data"], "timeout": "2d"}}
        par = self.family(timed)
        self.pawl("run", par, "--id", "p", "--answer", '{"yes": true}', *self.where)
        done = self.pawl("run", par, "--id", "q", "--timeout", "500ms", *self.where,
                         expect=UNAVAILABLE)
        self.assertRegex(done.stderr, r"the run waits for answer \S+ at ask, until .* of run sub-")
        self.assertRegex(done.stderr, "continue with: pawl resume sub-[^ ]+ --answer JSON")

    def test_a_person_is_asked_the_question_of_the_subflow(self):
        person = Person(self, "run", self.family(ASK), "--id", "p", *self.where)
        person.until(", a subflow:")
        person.until("ask asks: Pay?")
        person.until('"required":["yes"]')
        person.type('{"yes": true}\n')
        person.until("completed in")
        self.assertEqual(person.end(), OK)
        self.assertEqual(self.show("p")["data"]["last"], 1)

    def test_a_paused_subflow_is_named_with_the_command_that_resumes_it(self):
        par = self.family(SIGNAL)
        self.pawl("run", par, "--id", "p", *self.where, expect=WAITING)
        inner = self.runs()["kidkid"]["id"]
        self.pawl("runs", "pause", inner, *self.where)
        out = self.pawl("resume", "p", *self.where, expect=WAITING).stdout
        self.assertIn(f"waiting for a command: run {inner} is paused", out)
        self.assertIn(f"next: pawl resume {inner}", out)
        self.assertIn("Run p is pausing.", self.pawl("runs", "pause", "p", *self.where).stdout)

    def test_items_of_a_map_that_wait_for_one_signal_give_one_command(self):
        body = self.file("items.json", {"name": "items", "nodes": [
            {"id": "m", "type": "map", "data": {"items": {"var": "list"}}},
            {"id": "ok", "type": "signal", "data": {"name": "go"}}],
            "edges": [{"source": "m", "target": "ok", "data": {"each": True}}]})
        done = subprocess.run([PROGRAM, "run", body, "--input", '{"list": [1, 2]}', "--id", "m",
                               *self.where], capture_output=True, text=True, env=environment(),
                              timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, WAITING, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("next: "), 1, done.stdout)


class WaitsOnAServer(Served, Waits):
    """The same with a server, which executes the subflows."""

    def test_following_a_parent_whose_subflow_executes(self):
        par = self.family(task("slow", "core.sleep", args={"ms": 700}))
        self.pawl("runs", "start", "kid", "--id", "k", *self.where)
        self.assertFalse(self.show("k")["parked"])
        self.pawl("run", par, "--id", "p", *self.where)
        self.pawl("run", par, "--id", "p", *self.where)
        self.pawl("resume", "k", *self.where)
        self.assertEqual({run["status"] for run in self.runs().values()}, {"completed"})


class Retried(ProgramTest):
    def test_a_retry_by_status_takes_parents_and_subflows(self):
        flag = os.path.join(self.folder, "flag")
        allow = [*self.where, "--allow-exec", "test"]
        kid = self.flow(task("t", "core.exec", args={"argv": ["test", "-e", flag]}), name="kid")
        self.pawl("flows", "put", kid, *self.where)
        self.pawl("run", self.flow(subflow("s", "kid"), name="par"), *allow, expect=FAILED)
        self.file("flag", "")
        out = self.pawl("runs", "retry", "--status", "failed", "--yes", *allow).stdout
        self.assertIn("2 runs: 2 completed", out)


if __name__ == "__main__":
    unittest.main()
