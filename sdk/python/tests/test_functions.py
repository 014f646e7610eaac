import functools
import unittest

from pawl import StepError, Worker
from pawl.worker._functions import Function, check_name


def bound(call, args):
    """What the function is called with, as {parameter: value}."""
    function = Function("f", call)
    function.check(args)
    return function({"s": 1}, "LOGGER", "INTERRUPT", args)


class Names(unittest.TestCase):
    def test_valid_names_are_accepted(self):
        for name in ("f", "orders.charge", "A-b_c.9", ".".join("abcdefghij")):
            check_name(name)

    def test_invalid_names_are_refused_with_the_rule(self):
        for name, said in [("", "letters"), ("a/b", "letters"), ("a:b", "letters"),
                           ("a b", "letters"), ("ü", "letters"), ("a\n", "letters"),
                           ("a..b", "'..'"), (".".join("abcdefghijk"), "10 segments"),
                           ("a" * 257, "256"), ("core.echo", "reserved for the server"), (None, "letters")]:
            with self.assertRaisesRegex(ValueError, said):
                check_name(name)

    def test_a_name_is_registered_once(self):
        worker = Worker()
        worker.register("f", lambda state: None)
        with self.assertRaisesRegex(ValueError, "already"):
            worker.function("f")(lambda state: None)


class Signatures(unittest.TestCase):
    def test_the_old_convention(self):
        def old(state, logger, interrupt, amount, note="-"):
            return state, logger, interrupt, amount, note
        self.assertEqual(bound(old, {"amount": 5}),
                         ({"s": 1}, "LOGGER", "INTERRUPT", 5, "-"))

    def test_logger_and_interrupt_may_be_left_out_or_come_in_any_order(self):
        self.assertEqual(bound(lambda state, n: n, {"n": 1}), 1)
        self.assertEqual(bound(lambda state, interrupt, n, logger: (interrupt, n, logger),
                               {"n": 1}), ("INTERRUPT", 1, "LOGGER"))

        def named(state, *, logger, n=2):
            return logger, n
        self.assertEqual(bound(named, {}), ("LOGGER", 2))

    def test_kwargs_get_the_arguments_that_have_no_parameter(self):
        def open_to_all(state, logger, a, **kwargs):
            return a, kwargs
        self.assertEqual(bound(open_to_all, {"a": 1, "b": 2, "c": 3}), (1, {"b": 2, "c": 3}))
        self.assertEqual(bound(lambda state, **args: args, {"x": 1}), {"x": 1})

    def test_methods_partials_and_objects_can_be_called(self):
        class Shop:
            def charge(self, state, amount):
                return amount

            def __call__(self, state, amount):
                return -amount
        self.assertEqual(bound(Shop().charge, {"amount": 1}), 1)
        self.assertEqual(bound(Shop(), {"amount": 1}), -1)
        self.assertEqual(bound(functools.partial(lambda state, a, b: a + b, b=2), {"a": 1}), 3)
        with self.assertRaises(TypeError):
            Function("f", Shop.charge)  # not bound: its first parameter is self

    def test_a_positional_state_is_fine_other_positionals_are_not(self):
        def positional(state, /, n):
            return n

        def wrong(state, n, /):
            return n
        self.assertEqual(bound(positional, {"n": 1}), 1)
        with self.assertRaisesRegex(TypeError, "'n' is positional-only"):
            Function("f", wrong)

    def test_the_first_parameter_must_be_state(self):
        def keyword_only(*, state):
            pass
        for wrong in (lambda: 1, lambda data: 1, lambda logger, state: 1, lambda *state: 1,
                      lambda **state: 1, keyword_only):
            with self.assertRaisesRegex(TypeError, "the first parameter must be 'state'"):
                Function("f", wrong)

    def test_all_wrong_arguments_are_reported(self):
        def f(state, a, b, c=1):
            pass
        with self.assertRaises(StepError) as caught:
            bound(f, {"b": 1, "d": 2, "logger": 3})
        self.assertEqual(caught.exception.type, "invalid_arguments")
        self.assertFalse(caught.exception.retryable)
        for said in ("'a' is missing", "'d' is unknown", "'logger' is reserved"):
            self.assertIn(said, caught.exception.message)
