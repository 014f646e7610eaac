import unittest

from pawl._backoff import Backoff


class Waits(unittest.TestCase):
    def test_they_grow_up_to_the_cap_and_begin_anew_after_a_reset(self):
        backoff = Backoff(first=1, cap=5, chance=lambda: 1.0)
        self.assertEqual([backoff.next() for _ in range(5)], [1, 2, 4, 5, 5])
        backoff.reset()
        self.assertEqual(backoff.next(), 1)

    def test_chance_moves_them_within_the_upper_half(self):
        self.assertEqual(Backoff(first=1, chance=lambda: 0.0).next(), 0.5)
        waits = [Backoff(first=1).next() for _ in range(200)]
        self.assertTrue(all(0.5 <= wait <= 1 for wait in waits))
        self.assertGreater(len(set(waits)), 1)

    def test_what_a_server_asks_for_is_kept_and_a_little_more(self):
        for _ in range(100):
            wait = Backoff().next(asked=3)
            self.assertTrue(3 < wait <= 3.4, wait)
