"""Leases, logs and reports, with a stand-in for the calls that they make."""

import logging
import threading
import unittest
from unittest import mock

import pawl
from pawl.models import Beat
from pawl.worker._lease import Lease, LeaseKeeper
from pawl.worker._log import Lines, LogShipper, StepLogger, level_of
from pawl.worker._outcome import Asked, Completed, Failed, report, report_and_take
from pawl.worker._step import Interrupt, Interruption
from tests.test_step import task

GONE = pawl.ConnectionFailed("gone")
LOST = pawl.LeaseLost("lost", status=409)


class Calls:
    """Records calls, and answers each with the next of `answers`; the last one over again."""

    timeout = 5.0

    def __init__(self, *answers):
        self._answers = list(answers) or [None]
        self.seen = []
        self.changed = threading.Condition()

    def _with(self, **_):
        return self

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **options: self._called(name, args, options)

    def _called(self, name, args, options):
        with self.changed:
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            self.seen.append((name, args, options))
            self.changed.notify_all()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def wait_for(self, condition):
        with self.changed:
            return self.changed.wait_for(lambda: condition(self.seen), 5)


class Pauses(unittest.TestCase):
    def test_a_function_that_leaves_for_a_pause_asks_nothing(self):
        calls = Calls(None)
        self.assertTrue(report(calls, Lease(task()), Asked("at 3", {"n": 1}, for_pause=True),
                               threading.Event()))
        [(name, args, options)] = calls.seen
        self.assertEqual((name, args[1:], options["for_pause"]),
                         ("interrupt_task", ("l1", "at 3", {"n": 1}), True))
        taken = []
        report_and_take(calls, Lease(task()), Asked(None, None, for_pause=True), threading.Event(),
                        lambda item: taken.append(item) or mock.Mock(
                            tasks=[], outcomes=[mock.Mock(ok=True)]))
        self.assertEqual(taken[0]["question"], {"for_pause": True})

    def test_the_interrupt_of_a_function_leaves_for_a_pause(self):
        interrupt = Interrupt()
        with self.assertRaises(Interruption):
            interrupt.for_pause({"n": 1}, "at 3")
        self.assertEqual((interrupt.asked, interrupt.pauses, interrupt.value, interrupt.update),
                         (True, True, "at 3", {"n": 1}))
        with self.assertRaises(pawl.StepError):
            Interrupt().for_pause([1])


class Heartbeats(unittest.TestCase):
    def keeper(self, *answers):
        calls = Calls(*answers)
        keeper = LeaseKeeper(calls)
        keeper.start()
        self.addCleanup(keeper.stop)
        return calls, keeper

    def test_a_lease_can_ask_for_more_than_its_renewal_needs(self):
        calls, keeper = self.keeper(Beat("pause", 3_600_000))
        lease = Lease(task(lease_ms=3_600_000), beat_every=0.01)
        self.assertEqual((lease.beat_pause, Lease(task(lease_ms=3_000)).beat_pause), (0.01, 1.0))
        keeper.add(lease)
        self.assertTrue(calls.wait_for(lambda seen: len(seen) >= 3))
        self.assertEqual(lease.wish, "pause")

    def test_each_task_gets_them_by_itself(self):
        calls, keeper = self.keeper(Beat("none", 60))
        leases = [Lease(task(task=name, lease_ms=60)) for name in ("a", "b")]
        for lease in leases:
            keeper.add(lease)
        for name in ("a", "b"):
            self.assertTrue(calls.wait_for(
                lambda seen: sum(args[0] == name for _, args, _ in seen) >= 3))

    def test_progress_is_sent_soon(self):
        calls, keeper = self.keeper(Beat("none", 3600000))
        lease = Lease(task(lease_ms=3600000))
        keeper.add(lease)
        lease.beat(0.5)
        self.assertTrue(calls.wait_for(lambda seen: seen and seen[-1][1][2] == 0.5))

    def test_a_lost_lease_sets_cancelled_and_gets_no_more(self):
        for error in (LOST, pawl.NotFound("?", status=404)):
            calls, keeper = self.keeper(error)
            lease = Lease(task(lease_ms=30))
            keeper.add(lease)
            self.assertTrue(lease.cancelled.wait(5))
            self.assertTrue(lease.lost)
            self.assertEqual(len(calls.seen), 1)

    def test_a_lease_that_cannot_be_renewed_runs_out_and_sets_cancelled(self):
        calls, keeper = self.keeper(GONE)
        lease = Lease(task(lease_ms=60))
        keeper.add(lease)
        self.assertTrue(lease.cancelled.wait(5))
        self.assertTrue(lease.expired)
        self.assertFalse(lease.lost)

    def test_one_that_is_removed_gets_none(self):
        calls, keeper = self.keeper(Beat("none", 40))
        gone, other = Lease(task(task="gone", lease_ms=40)), Lease(task(lease_ms=40))
        keeper.add(gone)
        keeper.remove(gone)
        keeper.add(other)
        self.assertTrue(calls.wait_for(lambda seen: len(seen) >= 3))
        self.assertEqual({args[0] for _, args, _ in calls.seen}, {"t1"})

    def test_a_task_that_is_done_meanwhile_is_not_called_lost(self):
        lease = Lease(task())
        lease.reporting = True
        lease.lose(LOST)
        self.assertFalse(lease.lost)


class Logs(unittest.TestCase):
    def open(self, *answers, start=True):
        calls = Calls(*answers)
        shipper = LogShipper(calls)
        if start:
            shipper.start()
            self.addCleanup(shipper.stop)
        lines = shipper.open(Lease(task()))
        return calls, shipper, lines, StepLogger(lines)

    def sent(self, calls):
        """Returns the level and message of each line; its age depends on the machine's speed."""
        for line in (line for _, args, _ in calls.seen for line in args[2]):
            self.assertTrue(0 < line.get("age_ms", 1) < 60_000)
            self.assertLessEqual(set(line), {"level", "message", "age_ms"})
        return [{name: line[name] for name in ("level", "message")}
                for _, args, _ in calls.seen for line in args[2]]

    def test_lines_go_to_the_server_while_the_function_runs(self):
        calls, shipper, lines, logger = self.open()
        logger.info("charged %d", 5)
        logger.warning("low")
        self.assertTrue(calls.wait_for(lambda seen: len(self.sent(calls)) == 2))
        self.assertEqual(self.sent(calls), [{"level": "info", "message": "charged 5"},
                                            {"level": "warning", "message": "low"}])

    def test_the_logger_is_a_standard_one_and_feeds_normal_logging(self):
        _, _, _, logger = self.open(start=False)
        self.assertIsInstance(logger, logging.Logger)
        with self.assertLogs("pawl.step", "WARNING") as caught:
            logger.warning("w", extra={"more": 1})
            logger.debug("not this")
        record = caught.records[0]
        self.assertEqual((record.run, record.node, record.more, record.funcName),
                         ("r", "n", 1, "test_the_logger_is_a_standard_one_and_feeds_normal_"
                                       "logging"))

    def test_its_level_is_what_goes_to_the_server(self):
        calls, shipper, lines, logger = self.open(start=False)
        logger.debug("no")
        logger.setLevel(logging.DEBUG)
        logger.debug("yes")
        try:
            raise ValueError("boom")
        except ValueError:
            logger.exception("oh")
        shipper.close(lines)
        found = self.sent(calls)
        self.assertEqual([line["level"] for line in found], ["debug", "error"])
        self.assertIn("ValueError: boom", found[1]["message"])

    def test_a_flood_does_not_block_and_drops_are_reported(self):
        calls, shipper, lines, logger = self.open(start=False)
        for n in range(1500):
            logger.info("%d", n)
        with self.assertLogs("pawl.worker", "WARNING") as caught:
            shipper.close(lines)
        found = self.sent(calls)
        self.assertEqual(len(found), 1001)
        self.assertIn("500 log lines were dropped", found[-1]["message"])
        self.assertIn("500 log lines did not reach", caught.output[0])
        self.assertLessEqual(max(len(args[2]) for _, args, _ in calls.seen), 201)

    def test_a_batch_is_sent_again_with_its_key(self):
        calls, shipper, lines, logger = self.open(GONE, None, start=False)
        logger.info("a")
        shipper.close(lines)
        keys = [options["key"] for _, _, options in calls.seen]
        self.assertEqual((len(keys), keys[0]), (2, keys[1]))

    def test_a_refused_batch_and_a_lost_lease_are_the_end_of_it(self):
        for error, lost in ((pawl.InvalidArgument("no", status=400), False), (LOST, True)):
            calls, shipper, lines, logger = self.open(error, start=False)
            logger.info("a")
            with self.assertLogs("pawl.worker", "WARNING"):
                shipper.close(lines)
            self.assertEqual((len(calls.seen), lines.lease.lost), (1, lost))

    def test_long_lines_and_odd_text_are_made_to_fit(self):
        lines = Lines(Lease(task()), threading.Event())
        StepLogger(lines).info("x" * 100000)
        StepLogger(lines).info("\ud800")
        messages = [line["message"] for line in lines.batch()[1]]
        self.assertTrue(len(messages[0]) < 9000 and "more characters" in messages[0])
        self.assertEqual(messages[1], "?")

    def test_a_line_has_the_time_since_it_was_written(self):
        with mock.patch("pawl.worker._log.time.monotonic") as clock:
            clock.return_value = 100.0
            lines = Lines(Lease(task()), threading.Event())
            StepLogger(lines).info("first")
            clock.return_value = 101.5
            StepLogger(lines).info("second")
            self.assertEqual([line.get("age_ms") for line in lines.batch()[1]], [1500, None])
            key = lines.batch()[0]
            clock.return_value = 103.5  # sent again as it was
            self.assertEqual([line.get("age_ms") for line in lines.batch()[1]], [1500, None])
            self.assertEqual(lines.batch()[0], key)
            lines.renew()
            self.assertEqual([line.get("age_ms") for line in lines.batch()[1]], [3500, 2000])
            self.assertNotEqual(lines.batch()[0], key)

    def test_a_batch_that_was_not_sent_gets_the_ages_of_the_next_try(self):
        for sent, ages in ((False, [500, 2500]), (True, [500, 500])):
            with mock.patch("pawl.worker._log.time.monotonic") as clock:
                clock.return_value = 100.0
                calls, shipper, lines, logger = self.open(
                    pawl.ConnectionFailed("gone", sent=sent), None, start=False)
                logger.info("a")
                for now in (100.5, 102.5):
                    clock.return_value = now
                    shipper._send(lines)
            self.assertEqual([args[2][0]["age_ms"] for _, args, _ in calls.seen], ages)
            keys = {options["key"] for _, _, options in calls.seen}
            self.assertEqual(len(keys), 1 if sent else 2)
            self.assertTrue(lines.empty)

    def test_a_server_that_does_not_know_contexts_gets_them_in_the_message(self):
        refusal = pawl.InvalidArgument("unknown field", status=400, diagnostics=[
            pawl.Diagnostic("error", "/lines/0/context", "unknown_field", "unknown field")])
        calls, shipper, lines, logger = self.open(refusal, None, start=False)
        logger.info("begin", extra={"about": "loop", "context": {"n": 0}})
        self.assertFalse(shipper._send(lines))
        self.assertTrue(shipper._send(lines))
        first, second = (args[2][0] for _, args, _ in calls.seen)
        self.assertEqual((first["message"], first["about"], first["context"]),
                         ("begin", "loop", {"n": 0}))
        self.assertEqual(second, {"level": "info", "message": 'loop: begin {"n": 0}'})

    def test_a_server_that_does_not_know_ages_gets_the_lines_without_them(self):
        refusal = pawl.InvalidArgument("unknown field", status=400, diagnostics=[
            pawl.Diagnostic("error", "/lines/0/age_ms", "unknown_field", "unknown field")])
        calls, shipper, lines, logger = self.open(refusal, None, start=False)
        with mock.patch("pawl.worker._log.time.monotonic", return_value=0.0):
            logger.info("first")
        self.assertFalse(shipper._send(lines))
        self.assertTrue(shipper._send(lines))
        with mock.patch("pawl.worker._log.time.monotonic", return_value=0.0):
            logger.info("second")
        self.assertTrue(shipper._send(lines))
        self.assertEqual(["age_ms" in args[2][0] for _, args, _ in calls.seen],
                         [True, False, False])
        self.assertEqual([args[2][0]["message"] for _, args, _ in calls.seen],
                         ["first", "first", "second"])
        self.assertEqual(len({options["key"] for _, _, options in calls.seen}), 3)
        self.assertEqual((lines.dropped, lines.empty), (0, True))

    def test_levels(self):
        self.assertEqual([level_of(n) for n in (5, 10, 20, 25, 30, 40, 50)],
                         ["debug", "debug", "info", "info", "warning", "error", "error"])


class Reports(unittest.TestCase):
    def report(self, outcome, *answers, lease=None):
        calls, stopped = Calls(*answers), threading.Event()
        stopped.wait = mock.Mock()
        return report(calls, lease or Lease(task()), outcome, stopped), calls.seen

    def test_each_outcome_has_its_call(self):
        for outcome, name, args in [
            (Completed({"a": 1}), "complete_task", ({"a": 1},)),
            (Failed("t", "m", False), "fail_task", ("t", "m")),
            (Asked("?", {"u": 1}), "interrupt_task", ("?", {"u": 1})),
        ]:
            taken, seen = self.report(outcome)
            self.assertTrue(taken)
            self.assertEqual((seen[0][0], seen[0][1]), (name, ("t1", "l1") + args))

    def test_it_is_sent_again_with_the_same_key_until_it_is_heard(self):
        busy = pawl.Unavailable("busy", status=503)
        taken, seen = self.report(Completed(1), GONE, busy, GONE, None)
        self.assertTrue(taken)
        self.assertEqual((len(seen), len({options["key"] for _, _, options in seen})), (4, 1))

    def test_after_a_lost_lease_it_is_discarded_and_logged(self):
        with self.assertLogs("pawl.worker", "WARNING") as caught:
            taken, seen = self.report(Completed(1), LOST)
        self.assertEqual((taken, len(seen)), (False, 1))
        self.assertIn("discarded: lost", caught.output[0])
        lease = Lease(task())
        with self.assertLogs("pawl.worker", "WARNING"):
            lease.lose(LOST)
            self.assertEqual(self.report(Completed(1), lease=lease), (False, []))

    def test_a_lease_that_has_run_out_gets_one_try(self):
        with self.assertLogs("pawl.worker", "WARNING"):
            taken, seen = self.report(Completed(1), GONE, lease=Lease(task(lease_ms=0)))
        self.assertEqual((taken, len(seen)), (False, 1))
        self.assertTrue(self.report(Completed(1), lease=Lease(task(lease_ms=0)))[0])

    def test_a_result_that_the_server_refuses_fails_the_step(self):
        refusal = pawl.LimitExceeded("larger than 4 MiB", status=422)
        taken, seen = self.report(Completed("x"), refusal, None)
        self.assertTrue(taken)
        self.assertEqual((seen[1][0], seen[1][1][2]), ("fail_task", "invalid_result"))
        self.assertIn("larger than 4 MiB", seen[1][1][3])
        self.assertNotEqual(seen[0][2]["key"], seen[1][2]["key"])


class NextTasks(unittest.TestCase):
    """An outcome and the next task in one request."""

    def take(self, outcome, exchanged, *answers):
        """Returns the tasks, the items of the exchanges, and the calls that reported alone."""
        items = []

        def exchange(item):
            items.append(item)
            if isinstance(exchanged, Exception):
                raise exchanged
            return exchanged
        calls, stopped = Calls(*answers), threading.Event()
        stopped.wait = mock.Mock()
        return (report_and_take(calls, Lease(task()), outcome, stopped, exchange), items,
                calls.seen)

    @staticmethod
    def answer(problem=None, tasks=()):
        result = pawl.BatchResult("t1", problem is None, problem=problem)
        return pawl.NextTasks([result], list(tasks))

    def test_each_outcome_goes_with_the_request_for_the_next_task(self):
        for outcome, item in [
            (Completed({"a": 1}), {"result": {"a": 1}}),
            (Failed("t", "m", False),
             {"failure": {"type": "t", "message": "m", "retryable": False}}),
            (Asked("?", {"u": 1}), {"question": {"value": "?", "update": {"u": 1}}}),
            (Asked(None, None), {"question": {}}),
        ]:
            following = task(task="t2")
            taken, items, alone = self.take(outcome, self.answer(tasks=[following]))
            self.assertEqual((taken, alone), ([following], []))
            self.assertEqual(items, [{"task": "t1", "lease": "l1", **item}])

    def test_after_a_failed_request_the_outcome_is_reported_alone(self):
        taken, items, alone = self.take(Completed(1), GONE, None)
        self.assertEqual((taken, len(items), [name for name, _, _ in alone]),
                         ([], 1, ["complete_task"]))

    def test_a_refused_outcome_is_reported_alone_and_its_task_is_kept(self):
        following = task(task="t2")
        refusal = pawl.LimitExceeded("larger than 4 MiB", status=422)
        taken, _, alone = self.take(Completed("x"), self.answer(refusal, [following]), refusal,
                                    None)
        self.assertEqual(taken, [following])
        self.assertEqual([name for name, _, _ in alone], ["complete_task", "fail_task"])
