"""Calls of functions with the old calling convention."""

import inspect
from typing import Any, Callable, Dict, NoReturn, Optional

from ..client import Client
from ..errors import Json
from ..models import Task
from ..worker import Step, StepError, Worker
from ..worker._functions import Function
from ..worker._outcome import Asked, Completed, Outcome, StepFunction, outcome_of, settled
from ..worker._step import Interrupt, Interruption
from ._logger import WorkflowLogger
from ._names import code_ref_of
from ._plain import plain
from ._registry import Registered, registered
from ._state import ChangedData, RunningState

_BEAT_EVERY = 0.5  # a function learns of a pause or cancel within a second


class WorkflowInterrupt(Interruption):
    """Leaves a function at an interrupt; `except Exception` does not catch it."""


class OldInterrupt(Interrupt):
    """The `interrupt` argument: it never returns.

    `interrupt(value, update)` pauses the run with `value` as its question and sets the keys of
    `update` in its data. After a resume the function is called again from its beginning.
    """

    def __call__(self, value: Json = None, update: Optional[Dict[str, Any]] = None) -> NoReturn:
        """Raises ValueError if `update` is not a dict."""
        if update is not None and not isinstance(update, dict):
            raise ValueError("interrupt: the update must be a dict, not a "
                             f"{type(update).__name__}")
        if not self.asked:  # the first one counts, even if the function has caught it
            self.asked, self.value, self.update = True, value, update
        raise WorkflowInterrupt()


class OldFunction:
    """A function `(state, logger, interrupt, **args)`, called by position."""

    beat_every: Optional[float] = _BEAT_EVERY

    def __init__(self, name: str, function: Callable[..., Any], client: Client) -> None:
        self.name = code_ref_of(name)
        self._function, self._client = function, client

    def __call__(self, task: Task, step: Step) -> Outcome:
        kept = ChangedData(task.state)
        if task.interrupted and isinstance(task.resume_value, dict):
            kept.data.update(task.resume_value)  # as the updates of a resume
        state = RunningState(task, step, kept.data, lambda: self._metadata(task))
        interrupt = OldInterrupt()
        logger = WorkflowLogger(task.run, step.logger, task.node)

        def call() -> Json:
            arguments = self._bound(state, logger, interrupt, task.args)
            result = settled(self._function(*arguments.args, **arguments.kwargs))
            changes = kept.changes(state.data, logger.warning)
            if result is state.data:
                return changes
            found = plain(result, "the result", logger.warning)
            return {**changes, **(found if isinstance(found, dict) else {"result": found})}

        def asked() -> Json:
            question = plain(interrupt.value, "the question", logger.warning)
            update = plain(interrupt.update or {}, "the update", logger.warning)
            return [question, {**kept.changes(state.data, logger.warning), **update}]

        outcome = outcome_of(self.name, call, step, interrupt)
        if not interrupt.asked:  # it counts even if the function has caught the exception
            return outcome
        outcome = outcome_of(self.name, asked, step, Interrupt())
        if not isinstance(outcome, Completed):
            return outcome
        question, update = outcome.result
        if state.saw_pause or step.wish == "pause":
            logger.info("paused" if question is None else f"paused: {question}")
            return Asked(question, update or None, for_pause=True)
        return Asked(question, update or None)

    def _bound(self, state: RunningState, logger: WorkflowLogger, interrupt: OldInterrupt,
               args: Dict[str, Any]) -> inspect.BoundArguments:
        try:
            return inspect.signature(self._function).bind(state, logger, interrupt, **args)
        except TypeError as error:
            raise StepError("invalid_arguments", f"{self.name}: {error}",
                            retryable=False) from None

    def _metadata(self, task: Task) -> Dict[str, Any]:
        found = {"flow_version_id": f"{task.flow}@{task.version}",
                 **self._client.run(task.run).metadata}
        if task.interrupted:
            found["resume_value"] = task.resume_value
        return found


def add_to(worker: Worker) -> None:
    """Adds all registered functions, old and new ones, to a worker. Raises ValueError if the
    worker has one of the names already."""
    for each in registered():
        worker.add(_callee(each, worker.client))


def _callee(entry: Registered, client: Client) -> Any:
    if entry.is_new:
        return StepFunction(Function(entry.name, entry.function))
    return OldFunction(entry.name, entry.function, client)
