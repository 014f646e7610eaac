"""Task calls. pawl.Worker makes them for you; these are for other kinds of workers."""

from typing import Any, Dict, Iterable, List, Mapping, Optional

from ._batch_calls import read_results
from ._caller import Caller, given, segment
from ._read import read, read_list
from ._transport import Abort
from .errors import Json
from .models import Beat, NextTasks, Object, Task, Workers


class TaskCalls(Caller):
    def poll_tasks(
        self,
        worker: str,
        functions: Iterable[str],
        *,
        queue: str = "default",
        max: int = 1,
        wait: float = 0.0,
        lease: Optional[float] = None,
        abort: Optional[Abort] = None,
    ) -> List[Task]:
        """Returns up to `max` tasks, after at most `wait` seconds; possibly none.

        Each task is leased for `lease` seconds (30), renewed by each heartbeat. A poll is not
        retried once the server may have seen it.
        """
        body = _poll(worker, functions, queue, max, wait, lease)
        found = self._post("/v1/tasks/poll", body, keyed=False, wait=wait, abort=abort)
        return read_list(Task, found, "tasks")

    def complete_and_poll(
        self,
        outcomes: Iterable[Mapping[str, Any]],
        worker: str,
        functions: Iterable[str],
        *,
        queue: str = "default",
        max: int = 1,
        wait: float = 0.0,
        lease: Optional[float] = None,
        abort: Optional[Abort] = None,
    ) -> NextTasks:
        """Reports the outcomes of up to 1,000 tasks and polls for the next ones in one request.

        An outcome has task, lease and one of: result; failure, an object with type, message and
        retryable; question, an object with value and update. The outcomes are recorded at once
        and independently; if one was refused, its result has the problem and the poll does not
        wait. After an error the call can be repeated: an outcome that was recorded before
        succeeds again.
        """
        body = _poll(worker, functions, queue, max, wait, lease)
        body["outcomes"] = [dict(outcome) for outcome in outcomes]
        found = self._post("/v1/tasks/poll", body, keyed=False, wait=wait, abort=abort)
        return NextTasks(read_results(found, "outcomes"), read_list(Task, found, "tasks"))

    # All calls below raise LeaseLost if this worker no longer holds the task. `key` is the
    # idempotency key: pass the same one to send the same outcome again.

    def complete_task(self, task: str, lease: str, result: Json, *,
                      key: Optional[str] = None) -> None:
        """Completes a task: an object replaces keys of the run's data, any other value goes
        under its key `result`."""
        self._report(task, "complete", {"lease": lease, "result": result}, key=key)

    def fail_task(self, task: str, lease: str, type: str, message: str, *,
                  retryable: bool = True, details: Json = None,
                  key: Optional[str] = None) -> None:
        """Fails a task; the node's retry policy decides what happens next. `details`: for rules,
        at most 4 KiB."""
        self._report(task, "fail", {"lease": lease, "type": type, "message": message,
                                  "retryable": retryable, **given(details=details)}, key=key)

    def interrupt_task(self, task: str, lease: str, value: Json = None,
                       update: Optional[Object] = None, *, for_pause: bool = False,
                       key: Optional[str] = None) -> None:
        """Interrupts a task with a question; the function is called again with the answer.

        `for_pause`: it asks nothing, but has left because a pause was requested. It is called again
        when the run is resumed; soon, if it goes on already.
        """
        body = {"lease": lease,
                **given(value=value, update=update, for_pause=for_pause or None)}
        self._report(task, "interrupt", body, key=key)

    def release_task(self, task: str, lease: str, *, key: Optional[str] = None) -> None:
        """Releases a task that was not started: another worker can take it at once."""
        self._report(task, "release", {"lease": lease}, key=key)

    def heartbeat_task(self, task: str, lease: str, progress: Optional[float] = None, *,
                       timeout: Optional[float] = None) -> Beat:
        """Renews the lease of a task; `progress` is from 0 to 1."""
        body = {"lease": lease, **given(progress=progress)}
        return read(Beat, self._report(task, "heartbeat", body, keyed=False, timeout=timeout))

    def log_task(self, task: str, lease: str, lines: List[Mapping[str, Any]], *,
                 key: Optional[str] = None, timeout: Optional[float] = None) -> None:
        """Adds lines to the run's log, each with `level`, `message` and perhaps `age_ms`, the time
        since it was written, `about`, what it names in place of the node, and `context`, a dict."""
        self._report(task, "log", {"lease": lease, "lines": [dict(line) for line in lines]},
                   key=key, timeout=timeout)

    def workers(self) -> Workers:
        """Returns the workers and the queued and leased tasks."""
        return read(Workers, self._get("/v1/workers"))

    def _report(self, task: str, what: str, body: Json, **options: Any) -> Json:
        return self._post(f"/v1/tasks/{segment(task)}/{what}", body, **options)


def _poll(worker: str, functions: Iterable[str], queue: str, max: int, wait: float,
          lease: Optional[float]) -> Dict[str, Any]:
    return given(worker=worker, queue=queue, functions=list(functions), max=max,
                 wait_ms=round(wait * 1000),
                 lease_ms=None if lease is None else round(lease * 1000))
