"""What becomes of a call, without a server: values in, an outcome out."""

import asyncio
import logging
import threading
import unittest
from datetime import datetime, timezone

import pawl
from pawl.models import Beat, Task
from pawl.worker._functions import Function
from pawl.worker._lease import Lease
from pawl.worker._log import Lines, StepLogger
from pawl.worker._outcome import Asked, Completed, Failed, call
from pawl.worker._step import Step

logging.getLogger("pawl").addHandler(logging.NullHandler())
logging.getLogger("pawl").propagate = False


def task(**changes):
    given = dict(task="t1", lease="l1", run="r", flow="f", version="1.0.0", node="n", visit=2,
                 attempt=1, code_ref="shop.f", idempotency_key="default/r/n/2", lease_ms=30000)
    return Task(**{**given, **changes})


def outcome(function, **changes):
    made = task(**changes)
    lease = Lease(made)
    lines = Lines(lease, threading.Event())
    return call(Function("shop.f", function), made, Step(made, lease, StepLogger(lines)))


class Results(unittest.TestCase):
    def test_what_a_function_returns_is_passed_through(self):
        for value in ({"a": 1}, 7, None, [1], "x"):
            self.assertEqual(outcome(lambda state: value), Completed(value))

    def test_state_and_arguments_are_given(self):
        self.assertEqual(outcome(lambda state, n: state["a"] + n, state={"a": 1}, args={"n": 2}),
                         Completed(3))

    def test_async_functions_are_awaited(self):
        async def f(state, interrupt, n):
            await asyncio.sleep(0)
            return n, pawl.current_step().run
        self.assertEqual(outcome(f, args={"n": 2}), Completed((2, "r")))

        async def asks(state, interrupt):
            try:
                return interrupt("?")
            except Exception:
                return "eaten"
        self.assertEqual(outcome(asks), Asked("?", None))

    def test_a_result_that_is_not_json_fails_the_step(self):
        for value, said in [(float("nan"), "nan"), ({"a": {1}}, "/a is a set")]:
            failed = outcome(lambda state: value)
            self.assertEqual((failed.type, failed.retryable), ("invalid_result", False))
            self.assertIn(said, failed.message)

    def test_arguments_that_do_not_fit_fail_the_step(self):
        failed = outcome(lambda state, n: n, args={"m": 1})
        self.assertEqual(failed, Failed("invalid_arguments",
                                        "shop.f: 'n' is missing, 'm' is unknown", False))


class Errors(unittest.TestCase):
    def test_a_step_error_is_what_it_says(self):
        def f(state):
            raise pawl.StepError("card_declined", "no money", retryable=False)
        self.assertEqual(outcome(f), Failed("card_declined", "no money", False))

    def test_any_other_has_its_class_as_type_and_its_text_as_message(self):
        class Odd(Exception):
            def __str__(self):
                raise ValueError
        self.assertEqual(outcome(lambda state: 1 / 0),
                         Failed("ZeroDivisionError", "division by zero"))

        def leaves(state):
            raise SystemExit(3)
        self.assertEqual(outcome(leaves), Failed("SystemExit", "3"))

        def empty(state):
            raise KeyboardInterrupt
        self.assertEqual(outcome(empty), Failed("KeyboardInterrupt", "KeyboardInterrupt"))

        class Refused(Exception):  # the traceback names its module
            pass

        def refuses(state):
            raise Refused("no: not today")
        self.assertEqual(outcome(refuses), Failed("Refused", "no: not today"))

        def odd(state):
            raise Odd()
        self.assertEqual(outcome(odd).type, "Odd")

    def test_a_long_message_is_cut(self):
        def f(state):
            raise ValueError("x" * 100000)
        self.assertLess(len(outcome(f).message), 5000)


class Interrupts(unittest.TestCase):
    def test_the_first_call_asks_and_no_except_exception_stops_it(self):
        def f(state, interrupt):
            try:
                interrupt({"q": 1}, update={"new": True})
            except Exception:
                pass
            return "went on"
        self.assertEqual(outcome(f), Asked({"q": 1}, {"new": True}))

    def test_not_even_a_bare_except_or_a_failing_finally(self):
        def bare(state, interrupt):
            try:
                interrupt()
            except:  # noqa: E722
                return 1

        def fails(state, interrupt):
            try:
                interrupt("?")
            finally:
                raise ValueError
        self.assertEqual(outcome(bare), Asked(None, None))
        self.assertEqual(outcome(fails), Asked("?", None))

    def test_after_the_answer_it_returns_it(self):
        for answer in ("yes", None, {"a": 1}):
            self.assertEqual(outcome(lambda state, interrupt: [interrupt("?")],
                                     interrupted=True, resume_value=answer), Completed([answer]))

    def test_a_second_one_asks_again(self):
        def f(state, interrupt):
            return interrupt("?") + interrupt("really?")
        self.assertEqual(outcome(f, interrupted=True, resume_value=1), Asked("really?", None))

    def test_several_questions_keep_the_answers_in_the_update(self):
        def f(state, interrupt):
            if "manager" not in state:
                interrupt("finance?", update={"manager": interrupt("manager?")})
            return {"by": [state["manager"], interrupt("finance?")]}
        self.assertEqual(outcome(f), Asked("manager?", None))
        second = outcome(f, interrupted=True, resume_value="Ann")
        self.assertEqual(second, Asked("finance?", {"manager": "Ann"}))
        self.assertEqual(outcome(f, interrupted=True, resume_value="Bob", state=second.update),
                         Completed({"by": ["Ann", "Bob"]}))

    def test_a_question_that_is_not_json_fails_the_step(self):
        self.assertEqual(outcome(lambda state, interrupt: interrupt({1})).type, "invalid_result")
        failed = outcome(lambda state, interrupt: interrupt(1, update=[1]))
        self.assertIn("the update must be an object", failed.message)


class CurrentStep(unittest.TestCase):
    def test_it_returns_the_running_step(self):
        at = datetime(2026, 1, 1, tzinfo=timezone.utc)
        found = []
        outcome(lambda state: found.append(pawl.current_step()), traceparent="00-a", timeout_at=at)
        step = found[0]
        self.assertEqual((step.run, step.node, step.visit, step.attempt, step.code_ref),
                         ("r", "n", 2, 1, "shop.f"))
        self.assertEqual((step.idempotency_key, step.traceparent, step.timeout_at),
                         ("default/r/n/2", "00-a", at))
        self.assertFalse(step.cancelled.is_set())

    def test_there_is_none_outside(self):
        with self.assertRaisesRegex(RuntimeError, "no current step"):
            pawl.current_step()
        outcome(lambda state: None)
        with self.assertRaises(RuntimeError):
            pawl.current_step()

    def test_progress_is_from_0_to_1(self):
        def f(state, p):
            pawl.current_step().heartbeat(p)
        self.assertEqual(outcome(f, args={"p": 0.5}), Completed(None))
        self.assertEqual(outcome(f, args={"p": 2}).type, "ValueError")

    def test_a_wish_to_cancel_sets_cancelled_one_to_pause_does_not(self):
        lease = Lease(task())
        lease.heard(Beat("pause", 30000))
        self.assertFalse(lease.cancelled.is_set())
        lease.heard(Beat("cancel", 30000))
        self.assertTrue(lease.cancelled.is_set())
        self.assertEqual(lease.wish, "cancel")
