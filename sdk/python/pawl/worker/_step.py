"""The current step: identity, heartbeats, failure and interrupts."""

import threading
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Dict, NoReturn, Optional

from .._codec import encode
from ..errors import Json
from ..models import Task
from ._lease import Lease
from ._log import StepLogger


class StepError(Exception):
    """Fails the step.

    type       error class, such as "card_declined", for `on_error` edges and the
               `non_retryable` list of a retry policy
    message    human-readable sentence
    retryable  False if another attempt cannot succeed
    details    any JSON value of at most 4 KiB, for rules and people; a number `retry_after` in an
               object is the least number of seconds until the next attempt
    """

    def __init__(self, type: str, message: str = "", *, retryable: bool = True,
                 details: Json = None) -> None:
        super().__init__(f"{type}: {message}" if message else type)
        self.type, self.message, self.retryable = type, message, retryable
        self.details = details


class Interruption(BaseException):
    """Leaves a function at an interrupt; `except Exception` does not catch it."""


class Interrupt:
    """The `interrupt` argument of a function.

    `interrupt(value, update)` asks the question `value` and sets the keys of `update` in the run's
    data. The function ends there and the run waits. After an answer the function is called again
    from its beginning; in that call the first `interrupt(…)` returns the answer, whatever its
    question; the next one asks again.

    A call has the latest answer only. A function that asks several questions keeps each answer by
    the `update` of the next question, and checks in `state` which ones it has.
    """

    def __init__(self, interrupted: bool = False, answer: Json = None) -> None:
        self._answered, self._answer = interrupted, answer
        self.asked = self.pauses = False
        self.value: Json = None
        self.update: Optional[Dict[str, Any]] = None

    def __call__(self, value: Json = None, update: Optional[Dict[str, Any]] = None) -> Json:
        """Returns the answer, or leaves the function. Raises StepError `invalid_result` if the
        question is not JSON or the update is not an object."""
        if self._answered:
            self._answered = False
            return self._answer
        self._leave(value, update)

    def for_pause(self, update: Optional[Dict[str, Any]] = None, where: Json = None) -> NoReturn:
        """Leaves the function because a pause was requested (`current_step().wish`), and sets the
        keys of `update` in the run's data. `where` is for the history.

        It asks nothing: after one resume, or soon if the run goes on already, the function is
        called again from its beginning. Raises as a call does.
        """
        self.pauses = True
        self._leave(where, update)

    def _leave(self, value: Json, update: Optional[Dict[str, Any]]) -> NoReturn:
        if update is not None and not isinstance(update, dict):
            raise StepError("invalid_result", "interrupt: the update must be an object, not a "
                            f"{type(update).__name__}", retryable=False)
        try:
            encode([value, update])
        except ValueError as error:
            raise StepError("invalid_result", f"interrupt: {error}", retryable=False) from None
        self.asked, self.value, self.update = True, value, update
        raise Interruption()


class Step:
    """The running step; `pawl.current_step()` returns it inside a function.

    run, flow, version, node, visit, attempt, code_ref: its identity
    idempotency_key: the same for every call of this visit; pass it to the systems you call
    traceparent: trace for the systems you call (W3C Trace Context); None from older servers
    timeout_at: when the call times out, or None
    logger: the function's logger
    """

    def __init__(self, task: Task, lease: Lease, logger: StepLogger) -> None:
        self.run, self.flow, self.version = task.run, task.flow, task.version
        self.node, self.visit, self.attempt = task.node, task.visit, task.attempt
        self.code_ref = task.code_ref
        self.idempotency_key = task.idempotency_key
        self.traceparent: Optional[str] = task.traceparent
        self.timeout_at: Optional[datetime] = task.timeout_at
        self.logger = logger
        self._lease = lease

    @property
    def cancelled(self) -> threading.Event:
        """Set when the result is no longer needed: the run is being cancelled, the lease is lost,
        or the worker stops and its stop_timeout is over. `cancelled.wait(seconds)` is an
        interruptible sleep."""
        return self._lease.cancelled

    @property
    def wish(self) -> str:
        """What the run requested by the last heartbeat: none, pause or cancel. A pause takes
        effect when the step ends; a function can ignore it, or leave with `interrupt.for_pause`."""
        return self._lease.wish

    def heartbeat(self, progress: Optional[float] = None) -> None:
        """Reports that the function is alive, and its progress from 0 to 1.

        Returns at once. The worker renews the lease by itself; call this to report progress and
        to see a cancel sooner. Raises ValueError if `progress` is not from 0 to 1.
        """
        if progress is not None and not 0 <= progress <= 1:
            raise ValueError(f"progress must be from 0 to 1, not {progress}")
        self._lease.beat(progress)


_current: "ContextVar[Step]" = ContextVar("pawl.current_step")


def current_step() -> Step:
    """Returns the step of the calling function.

    Raises RuntimeError outside a step. Threads that a function starts are outside: pass the step
    to them.
    """
    step = _current.get(None)
    if step is None:
        raise RuntimeError("no current step: this thread was not started by a worker")
    return step
