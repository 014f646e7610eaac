"""How long to wait before trying again."""

import random
from typing import Callable, Optional


class Backoff:
    """Gives waits that grow by `factor` from `first` to `cap` seconds.

    Each is drawn from the upper half of its range, so that many clients which failed at the same
    moment do not come back at the same moment, and none comes back at once. Not thread-safe.
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
        """Gives the next wait in seconds; at least `asked`, which is what a server asked for."""
        wait = self._range * (1 + self._chance()) / 2
        self._range = min(self._cap, self._range * self._factor)
        return wait if asked is None else asked + min(wait, 0.1 + asked / 10)

    def reset(self) -> None:
        """Begins anew, after something has succeeded."""
        self._range = self._first
