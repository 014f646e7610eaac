"""Leases: how a worker keeps its tasks, and learns that it has lost one."""

import heapq
import itertools
import logging
import threading
import time
from typing import Callable, Dict, List, Optional, Tuple

from .._text import printable
from ..client import Client
from ..errors import LeaseLost, NotFound, PawlError
from ..models import Beat, Task

_log = logging.getLogger("pawl.worker")
_LEAST_PAUSE = 0.2  # between two heartbeats of one task, however often a function calls heartbeat

Clock = Callable[[], float]


class Lease:
    """The state of one task's lease. Thread-safe.

    cancelled  set when the function should stop: cancelled, lost, expired or abandoned
    lost       the server reported that this worker no longer holds the task
    given_up   the worker is stopping and no longer waits for the task
    reporting  the outcome is being sent, which detects a lost lease itself

    `beat_every`: seconds between heartbeats, to learn wishes sooner than by renewing the lease.
    """

    def __init__(self, task: Task, clock: Clock = time.monotonic, *,
                 beat_every: Optional[float] = None) -> None:
        self.task = task
        self.cancelled = threading.Event()
        self.lost = self.given_up = self.reporting = False
        self.wish = "none"
        self.progress: Optional[float] = None
        self.on_beat: Callable[["Lease"], None] = lambda lease: None
        self._clock = clock
        self._beat_every = beat_every
        self.renew(task.lease_ms / 1000)

    @property
    def beat_pause(self) -> float:
        """Seconds between two heartbeats."""
        third = self.seconds / 3
        return third if self._beat_every is None else min(third, self._beat_every)

    @property
    def expired(self) -> bool:
        """Whether it has expired by the local clock, so that another worker may hold the task."""
        return self._clock() >= self._expires_at

    @property
    def usable(self) -> bool:
        """Whether reports about the task can still be accepted."""
        return not (self.lost or self.given_up or self.expired)

    def renew(self, seconds: float) -> None:
        self.seconds = seconds
        self._expires_at = self._clock() + seconds

    def beat(self, progress: Optional[float]) -> None:
        """Requests a heartbeat soon."""
        if progress is not None:
            self.progress = progress
        self.on_beat(self)

    def heard(self, beat: Beat) -> None:
        """Handles the answer to a heartbeat."""
        self.renew(beat.lease_ms / 1000)
        self.wish = beat.wish
        if beat.wish == "cancel":
            self.cancelled.set()

    def lose(self, why: PawlError) -> None:
        """Handles the server's report that the task is lost."""
        if not (self.lost or self.reporting):
            self.lost = True
            _log.warning("%s: lost the task: %s", name_of(self.task), why.detail)
        self.cancelled.set()

    def give_up(self) -> None:
        self.given_up = True
        self.cancelled.set()


class LeaseKeeper:
    """A thread that sends the heartbeats of all tasks: each after a third of its lease, or sooner
    if the lease has a `beat_every`."""

    def __init__(self, client: Client, clock: Clock = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._changed = threading.Condition()
        self._due: Dict[Lease, float] = {}
        self._queue: List[Tuple[float, int, Lease]] = []
        self._order = itertools.count()
        self._last: Dict[Lease, float] = {}
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="pawl-leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def add(self, lease: Lease) -> None:
        lease.on_beat = self._beat_soon
        with self._changed:
            self._last[lease] = self._clock()
            self._schedule(lease, self._clock() + lease.beat_pause)

    def remove(self, lease: Lease) -> None:
        with self._changed:
            self._due.pop(lease, None)
            self._last.pop(lease, None)

    def _beat_soon(self, lease: Lease) -> None:
        with self._changed:
            if lease in self._due:
                at = max(self._clock(), self._last[lease] + _LEAST_PAUSE)
                if at < self._due[lease]:
                    self._schedule(lease, at)

    def _schedule(self, lease: Lease, at: float) -> None:
        self._due[lease] = at
        heapq.heappush(self._queue, (at, next(self._order), lease))
        self._changed.notify()

    def _next(self) -> Optional[Lease]:
        """Waits until a heartbeat is due. Returns None when stopped."""
        with self._changed:
            while not self._stopped:
                while self._queue and self._due.get(self._queue[0][2]) != self._queue[0][0]:
                    heapq.heappop(self._queue)  # rescheduled or removed
                left = self._queue[0][0] - self._clock() if self._queue else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(left)
            return None

    def _run(self) -> None:
        while True:
            lease = self._next()
            if lease is None:
                return
            with self._changed:
                if lease not in self._due:
                    continue
                self._last[lease] = self._clock()
                self._due[lease] = float("inf")  # a request in the meantime schedules another
            pause = self._send(lease)
            with self._changed:
                if lease in self._due and pause is not None:
                    at = self._clock() + pause
                    self._schedule(lease, min(at, self._due[lease]))

    def _send(self, lease: Lease) -> Optional[float]:
        """Sends one heartbeat. Returns the seconds until the next one, or None for no more."""
        task, third = lease.task, lease.seconds / 3
        try:
            beat = self._client.heartbeat_task(task.task, task.lease, lease.progress,
                                               timeout=min(self._client.timeout, third))
        except (LeaseLost, NotFound) as error:
            lease.lose(error)
            return None
        except Exception as error:  # any error: the other tasks still need their heartbeats
            if lease.expired:
                if not lease.cancelled.is_set():
                    _log.warning("%s: the lease expired: %s", name_of(task), error)
                lease.cancelled.set()
            return min(third, 1.0)
        lease.heard(beat)
        return lease.beat_pause


def name_of(task: Task) -> str:
    """Returns the name of a task for log lines."""
    return printable(f"{task.code_ref} at {task.node} of run {task.run}")
