"""The outcome of a call, and its report to the server."""

import asyncio
import inspect
import logging
import threading
import traceback
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Protocol, Union

from .._backoff import Backoff
from .._caller import given
from .._codec import encode
from ..client import Client
from ..errors import ConnectionFailed, LeaseLost, NotFound, PawlError
from ..errors import Json
from ..models import NextTasks, Task
from ._functions import Function
from ._lease import Lease, name_of
from ._step import Interrupt, Interruption, Step, StepError, _current

_log = logging.getLogger("pawl.worker")
_MAX_MESSAGE = 4000
_MAX_DETAILS = 4096  # bytes


@dataclass(frozen=True)
class Completed:
    result: Json


@dataclass(frozen=True)
class Failed:
    type: str
    message: str
    retryable: bool = True
    details: Json = None


@dataclass(frozen=True)
class Asked:
    """`for_pause`: it asks nothing; the function has left because a pause was requested."""

    value: Json
    update: Optional[Dict[str, Any]]
    for_pause: bool = False


Outcome = Union[Completed, Failed, Asked]


class Callee(Protocol):
    """What a worker calls for a task.

    name        the code_ref
    beat_every  seconds between the heartbeats of a call, or None to only renew the lease
    """

    @property
    def name(self) -> str: ...

    @property
    def beat_every(self) -> Optional[float]: ...

    def __call__(self, task: Task, step: Step) -> Outcome: ...


class StepFunction:
    """A function in the calling convention of `Worker.register`."""

    beat_every: Optional[float] = None

    def __init__(self, function: Function) -> None:
        self.name = function.name
        self._function = function

    def __call__(self, task: Task, step: Step) -> Outcome:
        return call(self._function, task, step)


def call(function: Function, task: Task, step: Step) -> Outcome:
    """Calls a function for a task. Never raises: every result is an outcome."""
    interrupt = Interrupt(task.interrupted, task.resume_value)

    def body() -> Json:
        function.check(task.args)
        return settled(function(task.state, step.logger, interrupt, task.args))

    outcome = outcome_of(function.name, body, step, interrupt)
    if interrupt.asked:  # even if the function has caught the Interruption
        return Asked(interrupt.value, interrupt.update, interrupt.pauses)
    return outcome


def outcome_of(name: str, body: Callable[[], Json], step: Step, interrupt: Interrupt) -> Outcome:
    """Calls `body` as the step, and returns its result or its error. Never raises."""
    token = _current.set(step)
    try:
        result = body()
    except StepError as error:
        return Failed(error.type, _cut(error.message), error.retryable, _details_of(error, step))
    except Interruption:
        return Failed("interrupted", "Interruption was raised without a question")
    except BaseException as error:
        if not interrupt.asked:
            step.logger.error("the function failed", exc_info=True)
        return Failed(type(error).__name__, _message_of(error))
    finally:
        _current.reset(token)
    try:
        encode(result)
    except ValueError as error:
        return Failed("invalid_result",
                      f"{name} returned a value that is not JSON: {error}", False)
    return Completed(result)


def _details_of(error: StepError, step: Step) -> Json:
    """The details of an error, or None with a warning if they cannot be sent."""
    if error.details is None:
        return None
    try:
        size = len(encode(error.details))
    except ValueError as why:
        step.logger.warning("the details of the error are not sent: %s", why)
        return None
    if size > _MAX_DETAILS:
        step.logger.warning("the details of the error are not sent: they have %d bytes, more "
                            "than %d", size, _MAX_DETAILS)
        return None
    return error.details


def settled(result: Any) -> Any:
    """Returns the result of an async function, and of any other function as it is."""
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(result: Any) -> Any:
    return await result


def _message_of(error: BaseException) -> str:
    """The text of an error without its class, which is the type of the failure; the class if there
    is no text."""
    name = type(error).__name__
    try:
        last = "".join(traceback.format_exception_only(type(error), error)[-1:]).strip()
    except Exception:  # __str__ may raise
        return name
    # The last line of a traceback names the module of a class that is not built in.
    qualified, separator, text = last.partition(": ")
    is_class = qualified == name or qualified.endswith("." + name)
    return _cut(text if separator and is_class else last)


def _cut(text: str) -> str:
    text = str(text).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _MAX_MESSAGE else text[:_MAX_MESSAGE] + "…"


def report(client: Client, lease: Lease, outcome: Outcome, stopped: threading.Event) -> bool:
    """Reports an outcome, and retries until the server has it or the lease ends.

    An outcome that the server refuses fails the step with `invalid_result`. Returns whether the
    server accepted it; a discarded outcome is logged. `stopped` ends the waits.
    """
    key, backoff = str(uuid.uuid4()), Backoff()
    lease.reporting = True
    while not (lease.lost or lease.given_up):
        try:
            _send(client, lease.task, outcome, key)
            return True
        except (LeaseLost, NotFound) as error:
            return _discarded(lease, error)
        except PawlError as error:
            if not _is_retryable(error):
                if isinstance(outcome, Failed) or error.status in (401, 403):
                    return _discarded(lease, error)
                outcome, key = Failed("invalid_result", _cut(str(error)), False), str(uuid.uuid4())
            elif lease.expired:
                return _discarded(lease, error)
            else:
                stopped.wait(backoff.next(error.retry_after))
    return _discarded(lease, None)


def report_and_take(client: Client, lease: Lease, outcome: Outcome, stopped: threading.Event,
                    exchange: Callable[[Dict[str, Any]], NextTasks]) -> List[Task]:
    """Reports an outcome and takes the next task in one request, `exchange`. Returns the tasks.

    If the request fails, or the server refuses the outcome, the outcome is reported alone.
    """
    lease.reporting = True
    taken: List[Task] = []
    if not (lease.lost or lease.given_up):
        try:
            answer = exchange(_item(lease.task, outcome))
        except PawlError as error:
            _log.debug("%s: reporting the outcome alone: %s", name_of(lease.task), error)
        else:
            taken = answer.tasks
            if len(answer.outcomes) == 1 and answer.outcomes[0].ok:
                return taken
    report(client, lease, outcome, stopped)
    return taken


def _item(task: Task, outcome: Outcome) -> Dict[str, Any]:
    item: Dict[str, Any] = {"task": task.task, "lease": task.lease}
    if isinstance(outcome, Completed):
        item["result"] = outcome.result
    elif isinstance(outcome, Failed):
        item["failure"] = {"type": outcome.type, "message": outcome.message,
                           "retryable": outcome.retryable, **given(details=outcome.details)}
    else:
        item["question"] = given(value=outcome.value, update=outcome.update,
                                 for_pause=outcome.for_pause or None)
    return item


def _send(client: Client, task: Task, outcome: Outcome, key: str) -> None:
    if isinstance(outcome, Completed):
        client.complete_task(task.task, task.lease, outcome.result, key=key)
    elif isinstance(outcome, Failed):
        client.fail_task(task.task, task.lease, outcome.type, outcome.message,
                         retryable=outcome.retryable, details=outcome.details, key=key)
    else:
        client.interrupt_task(task.task, task.lease, outcome.value, outcome.update,
                              for_pause=outcome.for_pause, key=key)


def _is_retryable(error: PawlError) -> bool:
    if isinstance(error, ConnectionFailed):
        return True
    return error.status in (408, 429) or error.status >= 500 and error.status != 501


def _discarded(lease: Lease, error: Optional[PawlError]) -> bool:
    why = error.detail if error else "the worker is stopping" if lease.given_up \
        else "the lease is lost"
    _log.warning("%s: outcome discarded: %s", name_of(lease.task), why)
    return False
