"""Calls of workers. pawl.Worker makes them for you; these are for workers of another kind."""

from typing import Any, Iterable, List, Mapping, Optional

from ._caller import Caller, given, segment
from ._read import read, read_list
from ._transport import Abort
from .errors import Json
from .models import Beat, Object, Task, Workers


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
        """Gives up to `max` tasks, after at most `wait` seconds; none if there are none.

        Each is lent for `lease` seconds (30), counted anew by each heartbeat. A poll is never
        sent again by itself once the server may have seen it.
        """
        body = given(worker=worker, queue=queue, functions=list(functions), max=max,
                     wait_ms=round(wait * 1000),
                     lease_ms=None if lease is None else round(lease * 1000))
        found = self._post("/v1/tasks/poll", body, keyed=False, wait=wait, abort=abort)
        return read_list(Task, found, "tasks")

    # All calls below raise LeaseLost when the task is no longer this worker's. `key` is the
    # idempotency key: give the same one to send the same outcome again.

    def complete_task(self, task: str, lease: str, result: Json, *,
                      key: Optional[str] = None) -> None:
        """Ends a task with a result: an object replaces keys of the run's data, anything else
        goes under its key `result`."""
        self._tell(task, "complete", {"lease": lease, "result": result}, key=key)

    def fail_task(self, task: str, lease: str, type: str, message: str, *,
                  retryable: bool = True, key: Optional[str] = None) -> None:
        """Ends a task with an error; the node's retry policy decides what comes next."""
        self._tell(task, "fail", {"lease": lease, "type": type, "message": message,
                                  "retryable": retryable}, key=key)

    def interrupt_task(self, task: str, lease: str, value: Json = None,
                       update: Optional[Object] = None, *, key: Optional[str] = None) -> None:
        """Ends a task with a question; the function is called again with the answer."""
        body = {"lease": lease, **given(value=value, update=update)}
        self._tell(task, "interrupt", body, key=key)

    def release_task(self, task: str, lease: str, *, key: Optional[str] = None) -> None:
        """Gives a task back that was not begun: another worker can have it at once."""
        self._tell(task, "release", {"lease": lease}, key=key)

    def heartbeat_task(self, task: str, lease: str, progress: Optional[float] = None, *,
                       timeout: Optional[float] = None) -> Beat:
        """Keeps a task; `progress` is from 0 to 1."""
        body = {"lease": lease, **given(progress=progress)}
        return read(Beat, self._tell(task, "heartbeat", body, keyed=False, timeout=timeout))

    def log_task(self, task: str, lease: str, lines: List[Mapping[str, str]], *,
                 key: Optional[str] = None, timeout: Optional[float] = None) -> None:
        """Writes lines, each with `level` and `message`, into the run's log."""
        self._tell(task, "log", {"lease": lease, "lines": [dict(line) for line in lines]},
                   key=key, timeout=timeout)

    def workers(self) -> Workers:
        """Gives who works and what there is to do."""
        return read(Workers, self._get("/v1/workers"))

    def _tell(self, task: str, what: str, body: Json, **options: Any) -> Json:
        return self._post(f"/v1/tasks/{segment(task)}/{what}", body, **options)
