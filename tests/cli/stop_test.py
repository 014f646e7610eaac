"""Ctrl-C, kill -9 and resuming: no step is lost or repeated."""

import json
import os
import pty
import signal
import subprocess
import time
import unittest

from program import LIMIT_S, PROGRAM, WAITING, ProgramTest, environment, task


class Stop(ProgramTest):
    def begin(self, *arguments):
        """Starts the program in the background."""
        process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True,
                                   stderr=subprocess.PIPE, env=environment(), cwd=self.folder)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def until(self, process, words):
        for line in process.stdout:
            if words in line:
                return
        self.fail(f"no line with {words!r}: {process.stderr.read()}")

    def end(self, process):
        out, err = process.communicate(timeout=LIMIT_S)
        return process.returncode, out, err

    def slow_flow(self, milliseconds):
        return self.flow(task("first", "core.set", args={"a": 1}),
                         task("slow", "core.sleep", args={"ms": milliseconds}),
                         task("last", "core.set", args={"b": 2}))

    def begun_step(self, seconds):
        """A step, and the file it creates once its function runs. "step_started" is printed earlier;
        an engine that stops in between does not call the function."""
        sign = os.path.join(self.folder, "begun")
        script = f"echo > '{sign}'; exec sleep {seconds}"
        return task("slow", "core.exec", args={"argv": ["sh", "-c", script]}), sign

    def until_there(self, process, path):
        end = time.monotonic() + LIMIT_S
        while not os.path.exists(path):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), end, "the step has not started")
            time.sleep(0.01)

    def test_ctrl_c_stops_in_order_and_prints_how_to_continue(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                run = f"r{code}"
                process = self.begin("run", self.slow_flow(700), "--id", run, "--data-dir",
                                     self.store)
                self.until(process, "slow   step_started")
                process.send_signal(number)
                got, out, err = self.end(process)
                self.assertEqual(got, code, out + err)
                self.assertIn(f"pawl resume {run} --data-dir {self.store}", err)
                # The running step has finished; the next one did not start.
                self.pawl("resume", run, "--data-dir", self.store)
                shown = self.show(run)
                self.assertEqual((shown["status"], shown["data"]), ("completed", {"a": 1, "b": 2}))
                self.assertEqual([s["node"] for s in shown["steps"]], ["first", "slow", "last"])

    def test_a_run_that_ends_while_the_engine_stops_is_reported(self):
        step, sign = self.begun_step(0.7)
        process = self.begin("run", self.flow(step), "--id", "late", "--data-dir", self.store,
                             "--allow-exec", "sh")
        self.until_there(process, sign)
        process.send_signal(signal.SIGINT)
        got, out, err = self.end(process)
        self.assertEqual(got, 0, out + err)
        self.assertIn("completed", out)
        self.assertEqual(self.show("late")["status"], "completed")

    def test_the_loss_of_a_run_in_memory_is_reported(self):
        process = self.begin("run", self.slow_flow(60000), "--set", "engine.stop_timeout_ms=100ms")
        self.until(process, "slow   step_started")
        process.send_signal(signal.SIGINT)
        got, _, err = self.end(process)
        self.assertEqual(got, 130)
        self.assertIn("lost", err)
        self.assertIn("--data-dir", err)

    def test_a_second_ctrl_c_ends_at_once(self):
        step, sign = self.begun_step(60)
        process = self.begin("run", self.flow(step), "--id", "two", "--data-dir", self.store,
                             "--set", "engine.stop_timeout_ms=1h", "--allow-exec", "sh")
        self.until_there(process, sign)
        process.send_signal(signal.SIGINT)
        self.assertIn("stopping", process.stderr.readline())
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.end(process)[0], 130)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(self.show("two")["status"], "running")

    def test_a_killed_run_continues_after_its_last_step(self):
        log = os.path.join(self.folder, "log")
        note = lambda word: task(word, "core.exec", args={"argv": ["tee", "-a", log],
                                                          "stdin": word + "\n"})
        flow = self.flow(note("one"), note("two"), task("slow", "core.sleep", args={"ms": 1000}),
                         note("three"))
        process = self.begin("run", flow, "--id", "k", "--data-dir", self.store,
                             "--allow-exec", "tee", "--json")
        self.until(process, '"event":"step_started","node":"slow"')
        process.kill()
        self.assertEqual(self.end(process)[0], -signal.SIGKILL)
        # Reading executes no step.
        self.assertEqual(self.show("k")["status"], "running")
        self.assertIn("pawl resume k", self.pawl("runs", "show", "k", "--data-dir",
                                                 self.store).stdout)
        out = self.pawl("recover", "--data-dir", self.store, "--allow-exec", "tee").stdout
        self.assertNotIn("one  ", out)
        with open(log, encoding="utf-8") as file:
            self.assertEqual(file.read().split(), ["one", "two", "three"])
        self.assertEqual(self.show("k")["status"], "completed")
        self.assertIn("Nothing to resume",
                      self.pawl("recover", "--data-dir", self.store).stdout)

    def test_resume_without_an_id_is_recover(self):
        process = self.begin("run", self.slow_flow(300), "--id", "k", "--data-dir", self.store)
        self.until(process, "slow   step_started")
        process.kill()
        self.end(process)
        done = self.pawl("resume", "--data-dir", self.store)
        self.assertIn("is now called `pawl recover`", done.stderr)
        self.assertIn("last   step_finished", done.stdout)
        self.assertEqual(self.show("k")["status"], "completed")
        self.refused(2, "ID", "runs", "resume", "--data-dir", self.store)

    def test_a_run_is_paused_changed_and_resumed(self):
        process = self.begin("run", self.slow_flow(500), "--id", "p", "--data-dir", self.store)
        self.until(process, "slow   step_started")
        process.kill()
        self.end(process)
        too_early = self.pawl("runs", "set-data", "p", '{"a": 9}', "--data-dir", self.store,
                              expect=2)
        self.assertIn("Allowed: pause, signal, cancel", too_early.stderr)
        paused = self.pawl("runs", "pause", "p", "--reason", "a look", "--data-dir", self.store)
        self.assertIn("Run p is paused.", paused.stdout)
        shown = self.show("p")
        self.assertEqual((shown["status"], shown["pausing"], shown["at"]),
                         ("paused", False, ["last"]))
        self.assertIn("pawl resume p", self.pawl("runs", "show", "p", "--data-dir",
                                                 self.store).stdout)
        self.assertIn("1 run is paused",
                      self.pawl("recover", "--data-dir", self.store, expect=WAITING).stdout)
        self.pawl("runs", "update", "p", '{"a": 8}', "--data-dir", self.store)
        self.pawl("runs", "set-data", "p", '{"a": 9}', "--data-dir", self.store)
        out = self.pawl("runs", "resume", "p", "--reason", "looked at", "--data-dir",
                        self.store).stdout
        self.assertNotIn("slow   step_started", out)
        self.assertIn("run_resumed", out)
        [resumed] = self.lines("runs", "history", "p", "--kind", "run_resumed", "--json",
                               "--data-dir", self.store)
        self.assertEqual(resumed["detail"]["reason"], "looked at")
        self.assertEqual(self.show("p")["data"], {"a": 9, "b": 2})
        self.pawl("runs", "pause", "p", "--data-dir", self.store, expect=2)

    def test_a_pause_on_a_terminal_says_what_it_waits_for(self):
        process = self.begin("run", self.slow_flow(1500), "--id", "p", "--data-dir", self.store)
        self.until(process, "slow   step_started")
        process.kill()
        self.end(process)
        screen, terminal = pty.openpty()
        pausing = subprocess.Popen([PROGRAM, "runs", "pause", "p", "--data-dir", self.store],
                                   stdout=subprocess.PIPE, stderr=terminal, text=True,
                                   env=environment(), cwd=self.folder)
        os.close(terminal)
        self.addCleanup(pausing.stdout.close)
        self.addCleanup(pausing.kill)
        shown = b""
        while b"the request to pause stays" not in shown:
            shown += os.read(screen, 4096)
        self.assertIn(b"It waits for function core.sleep at slow", shown)
        pausing.send_signal(signal.SIGINT)
        self.assertEqual(pausing.wait(timeout=LIMIT_S), 130)
        os.close(screen)
        self.assertTrue(self.show("p")["pausing"])

    def test_a_run_waits_for_its_signal(self):
        wait = {"id": "ok", "type": "signal", "data": {"name": "approved now", "into": "who"}}
        flow = self.flow(task("first", "core.set", args={"a": 1}), wait,
                         task("last", "core.set", args={"b": 2}))
        out = self.pawl("run", flow, "--id", "w", "--data-dir", self.store, expect=8).stdout
        self.assertIn("signal_awaited", out)
        self.assertIn("waiting in", out)
        send = f"pawl runs signal w 'approved now' --data-dir {self.store}"
        self.assertIn("next: " + send, out)
        self.assertIn("It is waiting for a signal", self.pawl("runs", "show", "w", "--data-dir",
                                                         self.store).stdout)
        shown = self.show("w")
        self.assertEqual((shown["status"], shown["parked"], shown["waiting_on"]),
                         ("running", True,
                          [{"node": "ok", "kind": "signal", "name": "approved now"}]))
        # It does nothing until then.
        self.assertIn("waiting", self.pawl("resume", "w", "--data-dir", self.store,
                                           expect=8).stdout)
        self.pawl("runs", "signal", "w", "", "--data-dir", self.store, expect=2)
        self.pawl("runs", "signal", "w", "approved now", "{bad", "--data-dir", self.store,
                  expect=3)
        sending = ("runs", "signal", "w", "approved now", '{"by": "ada"}', "--signal-id", "s1",
                  "--data-dir", self.store)
        self.assertIn("Sent the signal to run w", self.pawl(*sending).stdout)
        self.assertIn("The signal s1 was sent before to run w", self.pawl(*sending).stdout)
        self.pawl("resume", "w", "--data-dir", self.store)
        shown = self.show("w")
        self.assertEqual((shown["status"], shown["data"]),
                         ("completed", {"a": 1, "b": 2, "who": {"by": "ada"}}))
        self.pawl("runs", "signal", "w", "approved now", "--data-dir", self.store, expect=2)

    def test_repeating_the_command_continues_a_killed_run(self):
        command = ("run", self.slow_flow(500), "--id", "k", "--data-dir", self.store)
        process = self.begin(*command)
        self.until(process, "slow   step_started")
        process.kill()
        self.end(process)
        out = self.pawl(*command).stdout
        self.assertNotIn("first  step", out)
        self.assertIn("last   step_finished", out)

    def test_recover_follows_several_runs(self):
        step, sign = self.begun_step(60)
        flow = self.flow(step)
        for run in ("a", "b", "c"):
            process = self.begin("run", flow, "--id", run, "--data-dir", self.store,
                                 "--allow-exec", "sh")
            self.until_there(process, sign)
            process.kill()
            self.end(process)
            os.remove(sign)
        self.pawl("runs", "cancel", "c", "--reason", "not needed", "--data-dir", self.store)
        process = self.begin("recover", "--data-dir", self.store, "--set",
                             "engine.stop_timeout_ms=100ms", "--allow-exec", "sh")
        self.until_there(process, sign)
        process.send_signal(signal.SIGINT)
        got, _, err = self.end(process)
        self.assertEqual(got, 130)
        self.assertIn("2 runs are stored; continue with: pawl recover", err)
        self.assertEqual({r["id"]: r["status"] for r in self.lines("runs", "ls", "--json",
                                                                   "--data-dir", self.store)},
                         {"a": "running", "b": "running", "c": "cancelled"})

    def test_recover_reports_the_end_of_each_run(self):
        good = self.flow(task("slow", "core.sleep", args={"ms": 300}), name="good")
        bad = self.flow(task("slow", "core.sleep", args={"ms": 300}),
                        task("stop", "core.fail"), name="bad")
        for run, flow in (("a", good), ("b", bad)):
            process = self.begin("run", flow, "--id", run, "--data-dir", self.store)
            self.until(process, "step_started")
            process.kill()
            self.end(process)
        lines = self.lines("recover", "--data-dir", self.store, "--json", expect=1)
        self.assertEqual({line["run"]: line["status"] for line in lines
                          if line["event"] == "summary"}, {"a": "completed", "b": "failed"})
        self.assertIn("2 runs", self.pawl("resume", "a", "b", "--data-dir", self.store,
                                          expect=1).stdout)


if __name__ == "__main__":
    unittest.main()
