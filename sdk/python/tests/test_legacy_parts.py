"""The old calling convention without a server: values in, an outcome out."""

import logging
import threading
import unittest
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pawl
from pawl.legacy import (DatabaseManager, WorkflowControl, WorkflowInterrupt, WorkflowLogger,
                         WorkflowState, code_node, get_registered_function, interruptible,
                         list_registered_functions, pausable_node, pawl_function,
                         register_function, workflow_function)
from pawl.legacy._function import OldFunction
from pawl.legacy._names import code_ref_of
from pawl.legacy._plain import plain
from pawl.legacy._state import ChangedData
from pawl.models import Beat
from pawl.worker._lease import Lease
from pawl.worker._log import Lines, StepLogger
from pawl.worker._outcome import Asked, Completed, Failed
from pawl.worker._step import Step
from tests.test_step import task

logging.getLogger("pawl").addHandler(logging.NullHandler())
logging.getLogger("pawl").propagate = False


class Called:
    """One call of an old function; `wish` is what the run requested before it."""

    def __init__(self, function: Any, wish: str = "none", **changes: Any) -> None:
        made = task(**changes)
        lease = Lease(made)
        lease.heard(Beat(wish, 30000))
        self.lines = Lines(lease, threading.Event())
        step = Step(made, lease, StepLogger(self.lines, logging.DEBUG))
        if not isinstance(function, OldFunction):
            function = OldFunction("shop.f", function, pawl.Client())
        self.outcome = function(made, step)

    @property
    def logged(self):
        found = self.lines.batch()
        return [(line["level"], line["message"]) for line in found[1]] if found else []

    @property
    def lines_with_context(self):
        return [(line["message"], line.get("about"), line.get("context"))
                for line in self.lines.batch()[1]]


def outcome(function, wish="none", **changes):
    return Called(function, wish, **changes).outcome


class Calls(unittest.TestCase):
    def test_parameters_are_passed_by_position(self):
        def f(state, log, interrupt_fn, n, m=2):
            return [type(log).__name__, callable(interrupt_fn), state.thread_id,
                    state.current_node, n, m]
        self.assertEqual(outcome(f, args={"n": 1}),
                         Completed({"result": ["WorkflowLogger", True, "r", "n", 1, 2]}))

    def test_the_run_is_asked_often_enough_for_a_request_to_arrive_within_a_second(self):
        self.assertLessEqual(OldFunction("shop.f", lambda state: 1, pawl.Client()).beat_every, 0.5)

    def test_wrong_arguments_fail_the_step(self):
        failed = outcome(lambda state, logger, interrupt, n: n, args={"m": 1})
        self.assertEqual((failed.type, failed.retryable), ("invalid_arguments", False))
        self.assertIn("'n'", failed.message)

    def test_a_dict_is_merged_and_anything_else_goes_under_result(self):
        for value, result in [({"a": 1}, {"a": 1}), (7, {"result": 7}), (None, {"result": None}),
                              ((1, (2,)), {"result": [1, [2]]})]:
            self.assertEqual(outcome(lambda state, logger, interrupt: value), Completed(result))

    def test_an_error_has_its_class_as_type(self):
        self.assertEqual(outcome(lambda state, logger, interrupt: 1 / 0),
                         Failed("ZeroDivisionError", "division by zero"))

    def test_an_async_function_is_awaited(self):
        async def f(state, logger, interrupt):
            state.data["seen"] = True
            return {"a": 1}
        self.assertEqual(outcome(f), Completed({"seen": True, "a": 1}))


class Changes(unittest.TestCase):
    def test_what_changed_in_place_is_part_of_the_result(self):
        def f(state, logger, interrupt):
            state.data["count"] += 1
            state.data["deep"]["list"].append(2)
            state.data["flag"] = True
            return {"done": True}
        before = {"count": 1, "deep": {"list": [1]}, "flag": 1, "same": [1]}
        self.assertEqual(outcome(f, state=before), Completed(
            {"count": 2, "deep": {"list": [1, 2]}, "flag": True, "done": True}))

    def test_the_result_wins_over_a_change(self):
        def f(state, logger, interrupt):
            state.data["n"] = 1
            return {"n": 2}
        self.assertEqual(outcome(f), Completed({"n": 2}))

    def test_returning_the_data_returns_the_changes(self):
        def f(state, logger, interrupt):
            state.data["n"] = 2
            return state.data
        self.assertEqual(outcome(f, state={"a": 1, "n": 1}), Completed({"n": 2}))

    def test_replaced_data_counts_as_changed(self):
        def f(state, logger, interrupt):
            state.data = {"b": 2}
            return {}
        self.assertEqual(outcome(f, state={"a": 1}),
                         Completed({"b": 2, "a": None, "_removed": ["a"]}))

    def test_a_removed_key_stays_away_until_it_is_set_again(self):
        def removes(state, logger, interrupt):
            del state.data["a"]
            return {}
        stored = {"a": 1, "b": None}
        stored.update(outcome(removes, state=dict(stored)).result)
        self.assertEqual(stored, {"a": None, "b": None, "_removed": ["a"]})

        def looks(state, logger, interrupt):
            return {"seen": sorted(state.data), "a_or_5": state.data.get("a", 5)}
        self.assertEqual(outcome(looks, state=dict(stored)).result,
                         {"seen": ["b"], "a_or_5": 5})

        def sets(state, logger, interrupt):
            state.data["a"] = 2
        stored.update(outcome(sets, state=dict(stored)).result)
        self.assertEqual((stored["a"], stored["_removed"]), (2, []))

    def test_without_changes_there_are_none(self):
        self.assertEqual(ChangedData({"a": [1, {"b": 2.5}]}).changes({"a": [1, {"b": 2.5}]}, print),
                         {})


class Values(unittest.TestCase):
    def plain(self, value):
        self.warnings = []
        return plain(value, "state.data", self.warnings.append)

    def test_python_values_become_json(self):
        class Colour(Enum):
            RED = "red"
        self.assertEqual(self.plain({
            "t": (1, 2), "at": datetime(2025, 10, 29, 1, 2, 3), "on": date(2025, 10, 29),
            "price": Decimal("1.10"), "c": Colour.RED, 7: True,
        }), {"t": [1, 2], "at": "2025-10-29T01:02:03", "on": "2025-10-29", "price": "1.10",
             "c": "red", "7": True})
        self.assertEqual(self.warnings, [])

    def test_nan_becomes_null_with_a_warning_that_names_the_key(self):
        self.assertEqual(self.plain({"row": [1.5, float("nan")]}), {"row": [1.5, None]})
        self.assertIn("state.data/row/1 is nan", self.warnings[0])

    def test_a_time_that_is_none_becomes_null(self):
        class NotATime(datetime):
            def __eq__(self, other):
                return False
        self.assertEqual(self.plain([NotATime(2025, 1, 1)]), [None])

    def test_numpy_values_become_python_values(self):
        class Number:  # what NumPy's scalars and arrays have
            dtype = "int64"

            def tolist(self):
                return [5]
        self.assertEqual(self.plain({"n": Number()}), {"n": [5]})

    def test_anything_else_fails_the_step_with_the_name_of_the_key(self):
        def keeps(value):
            def f(state, logger, interrupt):
                state.data["bad"] = value
            return outcome(f)
        loop: Any = []
        loop.append(loop)
        for value, said in [({1}, "state.data/bad is a set"), (b"x", "state.data/bad is a bytes"),
                            ({(1,): 1}, "a key of state.data/bad is a tuple"),
                            (loop, "nested too deep"), (2**70, "/bad is an integer of more than")]:
            failed = keeps(value)
            self.assertEqual((failed.type, failed.retryable), ("invalid_result", False))
            self.assertIn(said, failed.message)


class Interrupts(unittest.TestCase):
    def test_an_interrupt_asks_and_keeps_changes_and_update(self):
        def f(state, logger, interrupt):
            state.data["n"] = 1
            interrupt({"q": "Book?"}, update={"asked": True})
        self.assertEqual(outcome(f), Asked({"q": "Book?"}, {"n": 1, "asked": True}))

    def test_no_except_stops_it(self):
        def catches(state, logger, interrupt):
            try:
                interrupt("?")
            except Exception:
                return "caught"

        def catches_all(state, logger, interrupt):
            try:
                interrupt("?")
            except:  # noqa: E722
                try:
                    interrupt("another")
                finally:
                    return "caught"

        def returns(state, logger, interrupt):
            try:
                interrupt("?")
            finally:
                return "left"
        for f in (catches, catches_all, returns):
            self.assertEqual(outcome(f), Asked("?", None))
        self.assertFalse(issubclass(WorkflowInterrupt, Exception))

    def test_it_never_returns_an_answer_but_an_object_is_merged(self):
        def f(state, logger, interrupt):
            if not state.data.get("agreed"):
                interrupt("Agreed?")
            return "went on"
        self.assertEqual(outcome(f, interrupted=True, resume_value="yes"), Asked("Agreed?", None))
        self.assertEqual(outcome(f, interrupted=True, resume_value={"agreed": 1}),
                         Completed({"agreed": 1, "result": "went on"}))

    def test_an_interrupt_because_of_a_pause_asks_nothing(self):
        def f(state, logger, interrupt):
            if state.pause_requested:
                state.data["in_place"] = 1
                interrupt("paused", update={"at": 3})
            return "not paused"
        call = Called(f, "pause")
        self.assertEqual(call.outcome, Asked("paused", {"in_place": 1, "at": 3}, for_pause=True))
        self.assertEqual(call.logged, [("info", "paused: paused")])
        self.assertEqual(outcome(f), Completed({"result": "not paused"}))

    def test_a_cancel_is_seen(self):
        def f(state, logger, interrupt):
            return state.cancel_requested
        self.assertEqual(outcome(f, "cancel"), Completed({"result": True}))
        self.assertEqual(outcome(f), Completed({"result": False}))

    def test_a_question_that_is_not_json_fails_the_step(self):
        self.assertEqual(outcome(lambda state, logger, interrupt: interrupt({1})).type,
                         "invalid_result")
        self.assertEqual(outcome(lambda state, logger, interrupt: interrupt(1, [1])).type,
                         "ValueError")


class Logs(unittest.TestCase):
    def test_lines_have_level_node_and_context(self):
        def f(state, logger, interrupt):
            logger.info("100 %s", node_id="n", context={"item": 1, "at": date(2025, 1, 2)})
            logger.warning("w", "other")
            logger.error("e")
            logger.debug("d", context={})
            logger.log("INFO", "l")
        self.assertEqual(Called(f).logged, [
            ("info", "100 %s"), ("warning", "w"), ("error", "e"), ("debug", "d"), ("info", "l")])
        self.assertEqual(Called(f).lines_with_context, [
            ("100 %s", None, {"item": 1, "at": "2025-01-02"}), ("w", "other", None),
            ("e", None, None), ("d", None, None), ("l", None, None)])

    def test_any_context_becomes_json(self):
        loop = {}
        loop["loop"] = loop
        for context, sent in (({"n": float("nan"), 1: "\ud800"}, {"n": None, "1": "?"}),
                              ({"text": "x" * 20_000}, {"left_out_bytes": 20_012}),
                              (loop, {"not_json": "Circular reference detected"})):
            call = Called(lambda state, logger, interrupt: logger.info("m", context=context))
            self.assertEqual(call.lines_with_context, [("m", None, sent)])

    def test_outside_of_a_step_the_message_has_all(self):
        with self.assertLogs("workflow.t", "INFO") as said:
            WorkflowLogger("t").info("begin", "loop", {"n": 0})
        self.assertEqual(said.records[0].getMessage(), 'loop: begin {"n": 0}')

    def test_an_unknown_level_is_refused(self):
        with self.assertRaisesRegex(ValueError, "unknown log level 'loud'"):
            WorkflowLogger("t").log("loud", "x")


class Storage(unittest.TestCase):
    def test_a_database_manager_says_which_server(self):
        self.assertIsNone(DatabaseManager().url)
        url = "http://127.0.0.1:1"
        self.assertEqual(DatabaseManager(url).url, url)
        with self.assertLogs("pawl.legacy", "WARNING") as said:
            self.assertIsNone(DatabaseManager("~/.ren/workflow.db").url)
        self.assertIn("the database ~/.ren/workflow.db is not used", said.output[0])
        with self.assertRaisesRegex(AttributeError, "no get_session: the runs are on the server"):
            DatabaseManager().get_session()
        self.assertIsInstance(WorkflowControl(DatabaseManager()).client, pawl.Client)


class Registry(unittest.TestCase):
    def test_the_last_registration_counts(self):
        @register_function("legacy_parts.twice")
        def first(state):
            return 1
        second = register_function("legacy_parts.twice", lambda state: 2)
        self.assertIs(get_registered_function("legacy_parts.twice"), second)
        self.assertEqual(list_registered_functions().count("legacy_parts.twice"), 1)
        self.assertEqual(first(None), 1)

    def test_the_first_parameter_must_be_state(self):
        for wrong in (lambda: 1, lambda data: 1):
            with self.assertRaisesRegex(ValueError, "first parameter must be 'state'"):
                register_function("legacy_parts.wrong", wrong)
        self.assertIsNone(get_registered_function("legacy_parts.wrong"))

    def test_any_text_is_a_name(self):
        for name, code_ref in [("flow1.loop_node", "flow1.loop_node"), ("a/b", "text.a-2fb"),
                               ("é", "text.-c3-a9"), ("core.x", "text.core-2ex")]:
            self.assertEqual(code_ref_of(name), code_ref)
        for wrong in ("", None, "é" * 200):
            with self.assertRaises(ValueError):
                code_ref_of(wrong)
        register_function("legacy_parts a/b", lambda state: 1)
        self.assertIn("legacy_parts a/b", list_registered_functions())
        with self.assertRaisesRegex(ValueError, "would both be called"):
            register_function(code_ref_of("legacy_parts a/b"), lambda state: 1)

    def test_the_decorators_mark_and_register(self):
        @workflow_function()
        def legacy_parts_named(state):
            return 1
        self.assertIsNotNone(get_registered_function("legacy_parts_named"))
        self.assertEqual(legacy_parts_named._workflow_name, "legacy_parts_named")

        @code_node("n1", {"a": 1})
        def node(state):
            return 2
        self.assertEqual((node._node_id, node._node_args, node(None)), ("n1", {"a": 1}, 2))

    def test_pausable_and_interruptible_leave_for_a_pause(self):
        @pausable_node()
        def whole(state, logger, interrupt_fn):
            return "ran"

        @interruptible(["half"])
        def checked(state, logger, interrupt_fn, checkpoint=None):
            checkpoint("half")
            return "ran"
        for f in (whole, checked):
            self.assertEqual(outcome(f), Completed({"result": "ran"}))
            self.assertTrue(outcome(f, "pause").for_pause)

    def test_new_functions_stand_beside_old_ones(self):
        @pawl_function("legacy_parts.new")
        def new(state, n):
            return n
        self.assertIs(get_registered_function("legacy_parts.new"), new)

    def test_a_state_can_be_made_for_a_test(self):
        state = WorkflowState(thread_id="t", data={"a": 1})
        state.pause_requested = True
        self.assertEqual((state.data, state.metadata, state.current_node, state.pause_requested,
                          state.cancel_requested), ({"a": 1}, {}, None, True, False))

    def test_the_functions_that_came_along_work(self):
        call = get_registered_function
        self.assertEqual(outcome(call("test.add_numbers"), args={"a": 1, "b": 2}).result,
                         {"result": 3, "operation": "addition"})
        self.assertEqual(outcome(call("test.hello_world"), args={"name": "Ann"}).result["message"],
                         "Hello, Ann!")
        items = {"items": [1, 2, 3], "batch_size": 2}
        self.assertEqual(outcome(call("test.process_data"), args=items).result,
                         {"processed_count": 3, "total_count": 3, "completed": True})
        paused = outcome(call("test.process_data"), "pause", args=items)
        self.assertEqual((paused.update, paused.for_pause), ({"processed_count": 0}, True))
