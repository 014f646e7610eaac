"""Exponential back-off between attempts."""

import random
from typing import Callable, Optional


class Backoff:
    """Computes waits that grow by `factor` from `first` to `cap` seconds.

    Each wait is drawn from the upper half of its range, so that clients which failed together do
    not retry together. Not thread-safe.
    """

    def __init__(
        self,
        first: float = 0.1,
        cap: float = 5.0,
        factor: float = 2.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first, self._cap, self._factor, self._chance = first, cap, factor, chance
        self._range = first

    def next(self, asked: Optional[float] = None) -> float:
        """Returns the next wait in seconds, at least `asked` (the server's Retry-After)."""
        wait = self._range * (1 + self._chance()) / 2
        self._range = min(self._cap, self._range * self._factor)
        return wait if asked is None else asked + min(wait, 0.1 + asked / 10)

    def reset(self) -> None:
        """Starts over after a success."""
        self._range = self._first
