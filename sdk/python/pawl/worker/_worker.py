"""The worker: polls tasks, calls functions, reports outcomes."""

import logging
import os
import queue as queues
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar, Union

from .._backoff import Backoff
from .._transport import Abort
from ..client import Client
from ..errors import ConnectionFailed, PawlError
from ..models import NextTasks, Task
from ._functions import Function
from ._lease import Lease, LeaseKeeper, name_of
from ._log import LogShipper, StepLogger
from ._outcome import Callee, Failed, Outcome, StepFunction, report, report_and_take
from ._step import Step

_log = logging.getLogger("pawl.worker")
_MAX_POLL = 100

F = TypeVar("F", bound=Callable[..., Any])


class _Life(NamedTuple):
    """What a worker has from its start to its stop."""

    keeper: LeaseKeeper
    shipper: LogShipper
    stopping: threading.Event
    ended: threading.Event


class Worker:
    """Calls Python functions for the steps of flows.

    client        a Client, or a server's URL; default: PAWL_SERVER and PAWL_TOKEN
    queue         task queue to poll
    threads       maximum number of functions running at once
    name          name in the list of workers; default: host and process id
    lease         seconds without a heartbeat after which the server gives a task to another
                  worker; the worker sends a heartbeat after each third of it
    stop_timeout  seconds that a stop waits for running functions
    poll_wait     seconds of a long poll
    log_level     lowest level of a function's log that is sent to the server

    `run` works until SIGTERM or SIGINT; `start` and `stop`, or `with worker:`, work in the
    background.
    """

    def __init__(
        self,
        client: Union[Client, str, None] = None,
        queue: str = "default",
        threads: int = 8,
        *,
        name: Optional[str] = None,
        lease: float = 30.0,
        stop_timeout: float = 30.0,
        poll_wait: float = 20.0,
        log_level: int = logging.INFO,
    ) -> None:
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        if not 1 <= lease <= 3600:
            raise ValueError(f"lease must be from 1 to 3600 seconds, not {lease}")
        self.client = client if isinstance(client, Client) else Client(client)
        self.queue, self.threads = queue, threads
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self.lease, self.stop_timeout, self.poll_wait = lease, stop_timeout, poll_wait
        self.log_level = log_level
        self.failure: Optional[PawlError] = None
        self._once = self.client._with(retries=0)  # the loops here retry by themselves
        self._functions: Dict[str, Callee] = {}
        self._changed = threading.Condition()
        self._running: Dict[str, Lease] = {}
        self._stop_requests: "queues.SimpleQueue[str]" = queues.SimpleQueue()
        self._poller: Optional[threading.Thread] = None

    def function(self, name: str) -> Callable[[F], F]:
        """Decorates a function that flows call as `name`; see `register`."""
        def decorate(function: F) -> F:
            self.register(name, function)
            return function
        return decorate

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Registers `function(state, …)` for the code_ref `name`.

        Its first parameter is `state`, the function's own copy of the run's data. Parameters named
        `logger` and `interrupt` are optional; all others are the node's arguments. Its return
        value, awaited if it is async, is the result.

        Raises ValueError for an invalid or registered name, TypeError for a function that cannot
        be called like that.
        """
        self.add(StepFunction(Function(name, function)))

    def add(self, callee: Callee) -> None:
        """Registers a function with a calling convention of its own, such as pawl.legacy's.
        Raises ValueError for a registered name."""
        with self._changed:
            if callee.name in self._functions:
                raise ValueError(f"function {callee.name!r} is already registered")
            self._functions[callee.name] = callee

    def run(self) -> None:
        """Works until `stop`, SIGTERM or SIGINT, then stops like `stop`; a second signal ends the
        process. Raises the server's error if it refuses this worker."""
        before: Dict[signal.Signals, Any] = {}

        def on_signal(number: int, frame: object) -> None:
            for each, handler in before.items():
                signal.signal(each, handler)
            self._stop_requests.put(signal.Signals(number).name)

        self._stop_requests = queues.SimpleQueue()
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGTERM, signal.SIGINT):
                before[each] = signal.signal(each, on_signal)
        try:
            if self._functions:
                self._announce(f"worker {self.name} polls queue {self.queue} of {self.client.url} "
                               "for " + ", ".join(sorted(self._functions)))
            self.start()
            self._announce(f"worker {self.name} stops: {self._stop_requests.get()}")
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
            self.stop()
        if self.failure is not None:
            raise self.failure

    def start(self) -> None:
        """Starts to work in background threads and returns. Raises ValueError without functions,
        RuntimeError if it is already running."""
        if not self._functions:
            raise ValueError("the worker has no functions: register one before you start it")
        with self._changed:
            if self._poller is not None:
                raise RuntimeError("the worker is already running")
            self.failure = None
            self._stopping, self._ended = threading.Event(), threading.Event()
            self._abort = Abort()
            self._keeper, self._shipper = LeaseKeeper(self._once), LogShipper(self._once)
            self._poller = threading.Thread(target=self._poll, name="pawl-poll", daemon=True)
        self._keeper.start()
        self._shipper.start()
        self._poller.start()

    def _announce(self, sentence: str) -> None:
        """Reports a sentence to the log, or to standard error if no log is configured."""
        if _log.hasHandlers():
            _log.info("%s", sentence)
        else:
            # In one piece: print() writes the end of the line on its own, after another thread's line.
            sys.stderr.write(f"pawl: {sentence}\n")
            sys.stderr.flush()

    def stop(self, timeout: Optional[float] = None) -> bool:
        """Stops polling, and waits up to `timeout` seconds (`stop_timeout`) for running functions.
        The remaining ones are abandoned: their `cancelled` is set, their outcome is discarded,
        and the server gives their tasks to another worker when the leases expire.

        Returns whether all functions ended. Can be called twice and from any thread except a
        function's.
        """
        poller = self._poller
        if poller is None:
            return True
        end = time.monotonic() + (self.stop_timeout if timeout is None else timeout)
        self._stop_requests.put("stop() was called")
        self._stopping.set()
        self._abort.abort()
        with self._changed:
            self._changed.notify_all()
        poller.join(max(0.0, end - time.monotonic()))
        with self._changed:
            done = self._changed.wait_for(lambda: not self._running,
                                          max(0.0, end - time.monotonic()))
            left = list(self._running.values())
            self._running.clear()
            self._poller = None
        for lease in left:
            lease.give_up()
            _log.warning("%s: abandoned, it did not end in time", name_of(lease.task))
        self._ended.set()
        self._keeper.stop()
        self._shipper.stop()
        return done

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _poll(self) -> None:
        backoff = Backoff(cap=10.0)
        while True:
            free = self._wait_until_free()
            if not free:
                return
            try:
                tasks = self._ask(free)
                backoff.reset()
            except Exception as error:
                if self._stopping.is_set():
                    return
                if isinstance(error, PawlError) and _is_final(error):
                    _log.error("%s: stopping, the server refused it: %s", self.name, error)
                    self.failure = error
                    self._stop_requests.put("refused by the server")
                    return
                asked = error.retry_after if isinstance(error, PawlError) else None
                pause = backoff.next(asked)
                _log.warning("polling failed (%s); retrying in %.1f s", error, pause)
                self._stopping.wait(pause)
                continue
            for task in tasks:
                if self._stopping.is_set():
                    self._give_back(task)
                else:
                    self._begin(task)

    def _wait_until_free(self) -> int:
        """Returns how many functions may start; 0 when the worker stops."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping.is_set() or len(self._running) < self.threads)
            return 0 if self._stopping.is_set() else self.threads - len(self._running)

    def _ask(self, free: int) -> List[Task]:
        return self._once.poll_tasks(
            self.name, sorted(self._functions), queue=self.queue, max=min(free, _MAX_POLL),
            wait=self.poll_wait, lease=self.lease, abort=self._abort)

    def _give_back(self, task: Task) -> None:
        """Releases a task that arrived after the worker began to stop."""
        try:
            self._once.release_task(task.task, task.lease)
        except PawlError as error:
            _log.warning("%s: cannot release the task, its lease will expire: %s",
                         name_of(task), error)

    def _begin(self, task: Task) -> None:
        lease = self._lease_of(task)
        with self._changed:
            self._running[task.task] = lease
        life = _Life(self._keeper, self._shipper, self._stopping, self._ended)
        threading.Thread(target=self._work, args=(lease, life), name=f"pawl-{task.code_ref}",
                         daemon=True).start()

    def _work(self, lease: Lease, life: _Life) -> None:
        """Works on a task, and then on the tasks that came for its outcomes."""
        held: Optional[Lease] = lease
        while held is not None:
            life.keeper.add(held)
            taken: List[Task] = []
            try:
                taken = self._work_on(held, life)
            except Exception:
                _log.exception("%s: cannot report its outcome", name_of(held.task))
            life.keeper.remove(held)
            held = self._go_on(held, taken, life)

    def _work_on(self, lease: Lease, life: _Life) -> List[Task]:
        """Calls the function of a task, and returns the tasks that came for its outcome."""
        lines = life.shipper.open(lease)
        step = Step(lease.task, lease, StepLogger(lines, self.log_level))
        outcome = self._outcome(lease.task, step)
        life.shipper.close(lines)
        if life.stopping.is_set():
            report(self._once, lease, outcome, life.ended)
            return []
        return report_and_take(self._once, lease, outcome, life.ended, self._exchange)

    def _exchange(self, outcome: Dict[str, Any]) -> NextTasks:
        return self._once.complete_and_poll(
            [outcome], self.name, sorted(self._functions), queue=self.queue, lease=self.lease)

    def _go_on(self, done: Lease, taken: List[Task], life: _Life) -> Optional[Lease]:
        """Gives the place of a finished task to the next one; frees it if there is none or the
        worker stops."""
        with self._changed:
            is_running = self._running.get(done.task.task) is done
            if is_running:
                del self._running[done.task.task]
            goes_on = bool(taken) and is_running and not life.stopping.is_set()
            held = self._lease_of(taken[0]) if goes_on else None
            if held is not None:
                self._running[held.task.task] = held
            self._changed.notify_all()
        for task in taken[1 if goes_on else 0:]:
            self._give_back(task)
        return held

    def _lease_of(self, task: Task) -> Lease:
        function = self._functions.get(task.code_ref)
        return Lease(task, beat_every=function.beat_every if function else None)

    def _outcome(self, task: Task, step: Step) -> Outcome:
        function = self._functions.get(task.code_ref)
        if function is None:
            return Failed("unknown_function", f"worker {self.name} has no function {task.code_ref}")
        return function(task, step)


def _is_final(error: PawlError) -> bool:
    """Whether a retry cannot succeed."""
    if isinstance(error, ConnectionFailed):
        return False
    return (400 <= error.status < 500 and error.status not in (408, 409, 429)) \
        or error.status == 501
