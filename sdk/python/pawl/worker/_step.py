"""The step that a function runs for: what it is, what it can tell, and how it fails or asks."""

import threading
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Dict, Optional

from .._codec import encode
from ..errors import Json
from ..models import Task
from ._lease import Lease
from ._log import StepLogger


class StepError(Exception):
    """Fails the step.

    type       the error's class, such as "card_declined": edges `on_error` and the key
               `non_retryable` of a node's `retry` name it
    message    a sentence for people
    retryable  False if another attempt cannot help
    """

    def __init__(self, type: str, message: str = "", *, retryable: bool = True) -> None:
        super().__init__(f"{type}: {message}" if message else type)
        self.type, self.message, self.retryable = type, message, retryable


class Interruption(BaseException):
    """Leaves a function that asks. No Exception, so that `except Exception` lets it through."""


class Interrupt:
    """What a function is given as `interrupt`.

    `interrupt(value, update)` asks `value` and puts the keys of `update` into the run's data: the
    function is left there, the run waits, and once somebody has answered the function is called
    again, from its beginning. In that call the first `interrupt(…)` that is reached returns the
    answer, whatever its value is; a second one asks again.

    A call knows the latest answer only. A function that asks several things therefore keeps an
    answer by the `update` of the next question, and looks into `state` which it has.
    """

    def __init__(self, interrupted: bool = False, answer: Json = None) -> None:
        self._answered, self._answer = interrupted, answer
        self.asked = False
        self.value: Json = None
        self.update: Optional[Dict[str, Any]] = None

    def __call__(self, value: Json = None, update: Optional[Dict[str, Any]] = None) -> Json:
        """Returns the answer, or leaves the function. Raises StepError `invalid_result` if the
        question is no JSON, or the update no object."""
        if self._answered:
            self._answered = False
            return self._answer
        if update is not None and not isinstance(update, dict):
            raise StepError("invalid_result", "interrupt: the update is an object, not a "
                            f"{type(update).__name__}", retryable=False)
        try:
            encode([value, update])
        except ValueError as error:
            raise StepError("invalid_result", f"interrupt: {error}", retryable=False) from None
        self.asked, self.value, self.update = True, value, update
        raise Interruption()


class Step:
    """The step that runs; `pawl.current_step()` gives it inside of a function.

    run, flow, version, node, visit, attempt, code_ref: which one it is
    idempotency_key: the same for each call of this visit; hand it to systems that are called
    traceparent: for the systems that are called (W3C Trace Context); None from older servers
    timeout_at: when the call is given up, or None
    logger: as the function's own
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
        """Set when the result is not wanted any more: the run is being cancelled, the lease is
        lost, or the worker stops and has waited long enough. `cancelled.wait(seconds)` is a
        sleep that this ends."""
        return self._lease.cancelled

    @property
    def wish(self) -> str:
        """What the run wants, by the last heartbeat: none, pause or cancel. A pause takes effect
        when the step has ended; a function need not look at it."""
        return self._lease.wish

    def heartbeat(self, progress: Optional[float] = None) -> None:
        """Says that the function is alive, and how far it is, from 0 to 1.

        Returns at once. The worker keeps the lease without it; it is for `progress`, and to
        learn of a cancel sooner. Raises ValueError if `progress` is not from 0 to 1.
        """
        if progress is not None and not 0 <= progress <= 1:
            raise ValueError(f"progress is from 0 to 1, not {progress}")
        self._lease.beat(progress)


_current: "ContextVar[Step]" = ContextVar("pawl.current_step")


def current_step() -> Step:
    """Gives the step that the calling function runs for.

    Raises RuntimeError outside of one. Threads that a function starts itself are outside: hand
    them the step.
    """
    step = _current.get(None)
    if step is None:
        raise RuntimeError("there is no current step: this thread was not called by a worker")
    return step
