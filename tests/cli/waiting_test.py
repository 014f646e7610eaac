"""Runs that wait for a person: exit codes, hints, questions on the terminal and answers of scripts."""

import json
import os
import pty
import select
import signal
import subprocess
import time
import unittest

from program import (INVALID, LIMIT_S, OK, PROGRAM, USAGE, WAITING, ProgramTest, environment, task)

SCHEMA = {"type": "object", "required": ["yes"], "properties": {"yes": {"type": "boolean"}}}
ASK = {"id": "ask", "type": "interrupt",
       "data": {"question": "Pay?", "into": "answer", "schema": SCHEMA}}
SIGNAL = {"id": "ok", "type": "signal", "data": {"name": "go", "into": "go"}}


class Person:
    """The program on a pseudo-terminal, and what it prints there."""

    def __init__(self, test, *arguments, **variables):
        self.main, side = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=side, stdout=side, stderr=side,
                                        env=environment(**{"TERM": "xterm", "NO_COLOR": "1", **variables}),
                                        cwd=test.folder, start_new_session=True)
        os.close(side)
        test.addCleanup(os.close, self.main)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)

    def read(self, seconds):
        ready, _, _ = select.select([self.main], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self.main, 65536)
        except OSError:  # the program has ended
            return False
        self.seen += piece.decode(errors="replace")
        return bool(piece)

    def until(self, words):
        end = time.monotonic() + LIMIT_S
        while words not in self.seen:
            if time.monotonic() > end or (not self.read(1) and self.process.poll() is not None):
                raise AssertionError(f"no {words!r} in {self.seen!r}")
        self.seen = self.seen[self.seen.index(words) + len(words):]

    def type(self, text):
        os.write(self.main, text.encode())

    def end(self):
        while self.process.poll() is None:
            self.read(0.1)
        while self.read(0):
            pass
        return self.process.returncode


class Waiting(ProgramTest):
    def setUp(self):
        super().setUp()
        self.asks = self.flow(ASK, task("pay", "core.set", args={"paid": True}), name="asks")
        self.signals = self.flow(SIGNAL, task("b", "core.set", args={"b": 1}), name="signals")

    def test_a_run_that_waits_has_its_own_exit_code_and_names_the_next_command(self):
        out = self.pawl("run", self.signals, "--id", "s", *self.where, expect=WAITING).stdout
        self.assertIn("waiting for signal go at ok", out)
        self.assertEqual(out.splitlines()[-1], f"next: pawl runs signal s go {' '.join(self.where)}")
        out = self.pawl("run", self.asks, "--id", "a", *self.where, expect=WAITING).stdout
        for words in ("waiting for answer ask#1.1 at ask", '"Pay?"',
                      'JSON Schema of the answer: {"properties":{"yes":{"type":"boolean"}}'):
            self.assertIn(words, out)
        self.assertIn("pawl resume a --answer JSON", out.splitlines()[-1])
        [*_, end] = self.lines("run", self.signals, "--id", "s", "--json", *self.where,
                               expect=WAITING)
        self.assertEqual((end["status"], end["parked"]), ("running", True))
        self.pawl("recover", *self.where, expect=WAITING)

    def test_a_finished_run_is_not_parked(self):
        self.pawl("run", self.flow(task("a", "core.set"), name="quick"), "--id", "q", *self.where)
        self.assertFalse(self.show("q")["parked"])

    def test_resume_never_answers_a_question_by_itself(self):
        self.pawl("run", self.asks, "--id", "a", *self.where, expect=WAITING)
        for command in (["resume"], ["runs", "resume"]):
            self.refused(USAGE, ["cannot resume run a without an answer", "Pay?", "ask#1.1",
                                 "--answer JSON"], *command, "a", *self.where)
        self.assertEqual(self.show("a")["status"], "paused")
        self.assertEqual(self.show("a")["data"], {})
        self.refused(USAGE, "--question requires --answer", "resume", "a", "--question", "ask#1.1",
                     *self.where)
        self.pawl("resume", "a", "--answer", '{"yes": true}', *self.where)
        self.assertEqual(self.show("a")["data"], {"answer": {"yes": True}, "paid": True})

    def test_a_run_that_a_command_paused_resumes_although_it_asks(self):
        both = self.file("both.json", {
            "name": "both", "nodes": [{"id": "p", "type": "parallel"}, ASK,
                                      {"id": "ok", "type": "signal", "data": {"name": "go"}}],
            "edges": [{"source": "p", "target": "ask"}, {"source": "p", "target": "ok"}]})
        self.pawl("run", both, "--id", "b", *self.where, expect=WAITING)
        self.pawl("runs", "pause", "b", *self.where)
        self.assertIn("pawl resume b", self.pawl("runs", "show", "b", *self.where).stdout)
        self.assertIn("run_resumed", self.pawl("resume", "b", *self.where, expect=WAITING).stdout)
        self.assertEqual(self.show("b")["status"], "running")

    def test_a_cancelled_run_is_not_resumed(self):
        self.pawl("run", self.signals, "--id", "s", *self.where, expect=WAITING)
        self.pawl("runs", "cancel", "s", *self.where)
        for command in (["resume"], ["runs", "resume"]):
            self.refused(USAGE, ["cannot resume run s: it is cancelled", "restart"], *command, "s",
                         *self.where)

    def test_scripts_answer_with_the_command_that_starts_the_run(self):
        command = ("run", self.asks, "--json", "--answer")
        [*_, end] = self.lines(*command, '{"yes": true}', *self.where)
        self.assertEqual(end["data"], {"answer": {"yes": True}, "paid": True})
        given = self.file("answer.json", {"yes": False})
        [*_, end] = self.lines(*command, "@" + given)  # in memory
        self.assertEqual(end["data"]["answer"], {"yes": False})
        self.refused(USAGE, "does not match its schema", "run", self.asks, "--id", "w", "--answer",
                     '{"yes": 1}', *self.where)
        self.assertEqual(self.show("w")["status"], "paused")
        self.refused(INVALID, "the answer", *command, "{bad", *self.where)

    def test_answers_are_used_in_the_order_of_the_questions(self):
        second = {"id": "again", "type": "interrupt", "data": {"question": "Sure?", "into": "sure"}}
        flow = self.flow(ASK, second, name="two")
        [*_, end] = self.lines("run", flow, "--json", "--answer", '{"yes": true}', "--answer", "2")
        self.assertEqual(end["data"], {"answer": {"yes": True}, "sure": 2})
        out = self.pawl("run", flow, "--id", "t", "--answer", '{"yes": true}', *self.where,
                        expect=WAITING).stdout
        self.assertIn("answered", out)
        self.assertIn("Sure?", out)

    def test_in_memory_a_flow_that_would_wait_for_ever_is_refused(self):
        for flow, words in ((self.signals, ["node ok waits for a signal", "--data-dir"]),
                            (self.asks, ["node ask waits for an answer", "--answer JSON"])):
            done = self.refused(USAGE, ["No run was started", *words], "run", flow)
            self.assertEqual(done.stdout, "")
        timed = self.flow({"id": "ok", "type": "signal", "data": {"name": "go", "timeout": "10ms"}},
                          name="timed")
        self.refused(1, "timed_out", "run", timed)

    def test_a_wait_with_a_timeout_is_continued_with_its_signal(self):
        timed = self.flow({"id": "ok", "type": "signal", "data": {"name": "go", "timeout": "2d"}},
                          name="timed")
        done = self.pawl("run", timed, "--id", "t", "--timeout", "500ms", *self.where, expect=7)
        self.assertIn("the run waits for signal go at ok, until ", done.stderr)
        self.assertIn("continue with: pawl runs signal t go", done.stderr)
        out = self.pawl("runs", "show", "t", *self.where).stdout
        self.assertIn("It is waiting for a signal. To send it:\n  pawl runs signal t go", out)

    def test_a_retry_of_a_fail_node_is_not_advised(self):
        stop = self.flow({"id": "no", "type": "fail", "data": {"message": "Too large."}},
                         name="stops")
        out = self.pawl("run", stop, "--id", "f", *self.where, expect=1).stdout
        self.assertIn("next: pawl runs restart f", out.splitlines()[-1])
        out = self.pawl("runs", "show", "f", *self.where).stdout
        self.assertIn("a retry fails there again", out)
        self.assertIn("pawl runs restart f", out)


class Asked(ProgramTest):
    """Questions on a terminal."""

    def setUp(self):
        super().setUp()
        self.asks = self.flow(ASK, task("pay", "core.set", args={"paid": True}), name="asks")

    def test_a_question_is_asked_until_the_answer_fits_its_schema(self):
        for where in ([], self.where):
            with self.subTest(where=where):
                person = Person(self, "run", self.asks, "--id", "a", *where)
                person.until("ask asks: Pay?")
                person.until('"required":["yes"]')
                person.until("answer (JSON; Ctrl-D: answer later): ")
                person.type("yes\n")
                person.until("needs quotes")
                person.type('{"yes": 1}\n')
                person.until("does not match its schema")
                person.type('{"yes": true}\n')
                person.until("completed in")
                person.until('"paid": true')
                self.assertEqual(person.end(), OK)
        self.assertEqual(self.show("a")["data"]["answer"], {"yes": True})

    def test_ctrl_d_and_ctrl_c_leave_the_question_open(self):
        for run, key, code in (("d", "\x04", WAITING), ("c", None, 130)):
            with self.subTest(run=run):
                person = Person(self, "run", self.asks, "--id", run, *self.where)
                person.until("answer later): ")
                if key:
                    person.type(key)
                else:
                    person.process.send_signal(signal.SIGINT)
                person.until(f"pawl resume {run} --answer JSON")
                self.assertEqual(person.end(), code)
                self.assertEqual(self.show(run)["status"], "paused")
        person = Person(self, "resume", "d", *self.where)
        person.until("answer later): ")
        person.type('{"yes": false}\n')
        person.until("completed in")
        self.assertEqual(person.end(), OK)

    def test_in_memory_the_payload_of_a_signal_is_asked_too(self):
        person = Person(self, "run", self.flow(SIGNAL, name="signals"))
        person.until("ok waits for the signal go")
        person.type('{"by": "ada"}\n')
        person.until('"by": "ada"')
        self.assertEqual(person.end(), OK)

    def test_a_question_with_a_timeout_is_asked_at_once(self):
        timed = {**ASK, "data": {**ASK["data"], "timeout": "2d"}}
        person = Person(self, "run", self.flow(timed, name="timed"), *self.where)
        person.until("The question ends at ")
        person.type('{"yes": true}\n')
        person.until("completed in")
        self.assertEqual(person.end(), OK)

    def test_a_waiting_node_has_its_sign(self):
        person = Person(self, "run", self.asks, "--id", "a", *self.where)
        person.until("◷ ask")
        person.until("waits for answer to Pay?")
        person.type("\x04")
        person.until("◷ waiting")
        self.assertEqual(person.end(), WAITING)


if __name__ == "__main__":
    unittest.main()
