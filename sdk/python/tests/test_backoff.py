import unittest

from pawl._backoff import Backoff


class Waits(unittest.TestCase):
    def test_waits_grow_to_the_cap_and_start_over_after_a_reset(self):
        backoff = Backoff(first=1, cap=5, chance=lambda: 1.0)
        self.assertEqual([backoff.next() for _ in range(5)], [1, 2, 4, 5, 5])
        backoff.reset()
        self.assertEqual(backoff.next(), 1)

    def test_jitter_stays_within_the_upper_half(self):
        self.assertEqual(Backoff(first=1, chance=lambda: 0.0).next(), 0.5)
        waits = [Backoff(first=1).next() for _ in range(200)]
        self.assertTrue(all(0.5 <= wait <= 1 for wait in waits))
        self.assertGreater(len(set(waits)), 1)

    def test_a_wait_is_at_least_what_the_server_asks_for(self):
        for _ in range(100):
            wait = Backoff().next(asked=3)
            self.assertTrue(3 < wait <= 3.4, wait)
