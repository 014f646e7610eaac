import math
import unittest
from datetime import datetime, timedelta, timezone

from pawl._codec import decode, duration, encode, moment


class Encoding(unittest.TestCase):
    def test_json_round_trips(self):
        value = {"a": [1, 2.5, None, True, "ü😀"], "b": {"c": ()}}
        self.assertEqual(decode(encode(value)), {"a": [1, 2.5, None, True, "ü😀"],
                                                 "b": {"c": []}})

    def test_values_that_are_not_json_are_reported_with_their_location(self):
        around = []
        around.append(around)
        for value, said in [
            (math.nan, "the value is nan"),
            ({"a": [1, math.inf]}, "/a/1 is inf"),
            ({"a": {1, 2}}, "/a is a set"),
            ({("x",): 1}, "a key of the value is a tuple"),
            ({"o": object()}, "/o is a object"),
            ({"t": "\ud800"}, "/t is a string that is not valid Unicode"),
            ([b"bytes"], "/0 is a bytes"),
            (around, "nested too deep, or contains itself"),
        ]:
            with self.assertRaises(ValueError) as caught:
                encode(value)
            self.assertIn(said, str(caught.exception))

    def test_integers_that_pawl_cannot_keep_are_reported_with_their_location(self):
        for value in (2**64 - 1, -2**63, [2**63], "9" * 30, 1e30):
            self.assertEqual(decode(encode(value)), value)
        for value in (2**64, -2**63 - 1, 10**40):
            with self.assertRaises(ValueError) as caught:
                encode({"n": [0, value]})
            self.assertEqual(str(caught.exception),
                             "/n/1 is an integer of more than 64 bits; send it as a string")


class Times(unittest.TestCase):
    def test_durations_are_whole_milliseconds(self):
        self.assertEqual([duration(0), duration(10), duration(0.25)], ["0ms", "10000ms", "250ms"])
        for wrong in (-1, math.inf, math.nan):
            with self.assertRaises(ValueError):
                duration(wrong)

    def test_times_have_a_time_zone(self):
        expected = datetime(2026, 1, 31, 9, 30, 0, 250000, tzinfo=timezone.utc)
        for text in ("2026-01-31T09:30:00.250Z", "2026-01-31T09:30:00.25Z",
                     "2026-01-31T10:30:00.250000000+01:00"):
            self.assertEqual(moment(text), expected)
        self.assertEqual(moment("2026-01-31T09:30:00Z"), expected - timedelta(milliseconds=250))
        with self.assertRaises(ValueError):
            moment("soon")
