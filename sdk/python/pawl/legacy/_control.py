"""Starts and controls runs, as the previous engine's SDK did."""

import asyncio
import logging
import re
import time
import uuid
from datetime import datetime
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from .._caller import segment
from ..client import Client
from ..errors import AlreadyExists, IdempotencyMismatch, IllegalTransition, NotFound, PawlError
from ..models import Object, Run, RunSummary, Started
from ._storage import DatabaseManager

_log = logging.getLogger("pawl.legacy")
_VERSION = re.compile(r"\d+(\.\d+){0,2}\Z")
_POLL = 1.0  # seconds of one wait for the end of a run


class WorkflowControl:
    """Starts, pauses, resumes and cancels runs; a run is called a thread here.

    client: a Client, the URL of a server, or a DatabaseManager, which has one; default: PAWL_SERVER
    and PAWL_TOKEN. Commands return whether the server accepted them, and log why not. Numbers of
    flow versions need a server with `--old-api`. Thread-safe.
    """

    def __init__(self, client: Union[Client, str, DatabaseManager, None] = None) -> None:
        """Raises TypeError for anything else."""
        if isinstance(client, DatabaseManager):
            client = client.url
        if client is not None and not isinstance(client, (Client, str)):
            raise TypeError(f"WorkflowControl takes a pawl.Client or the URL of a server, not a "
                            f"{type(client).__name__}")
        self.client = client if isinstance(client, Client) else Client(client)
        self._numbers: Dict[Tuple[str, str], int] = {}  # of the versions that were asked for

    def start_workflow(self, flow_version_id: Union[int, str], input_data: Optional[Object] = None,
                       thread_id: Optional[str] = None) -> str:
        """Starts a run of a flow, by its name or a version of it (`name@1.0.2`, `name@v1`), and
        returns the id of the run. A number of a version, which a server with `--old-api` gives,
        names it, too. Raises ValueError if a run with this id exists, or no version has the number.
        """
        if isinstance(flow_version_id, int) and not isinstance(flow_version_id, bool):
            return self._start_number(flow_version_id, input_data or {}, thread_id)
        run = thread_id or f"thr_{uuid.uuid4().hex}"
        try:
            started = self._start(flow_version_id, input_data or {}, run)
        except (AlreadyExists, IdempotencyMismatch) as error:
            raise ValueError(f"the workflow {run} exists already: {error.detail}") from error
        if not started.created:
            raise ValueError(f"the workflow {run} is already {started.status}")
        return started.id

    async def start_workflow_async(self, flow_version_id: Union[int, str],
                                   input_data: Optional[Object] = None,
                                   thread_id: Optional[str] = None) -> str:
        """The same as `start_workflow`, which does not wait for the run either."""
        return await asyncio.get_running_loop().run_in_executor(
            None, self.start_workflow, flow_version_id, input_data, thread_id)

    def pause_workflow(self, thread_id: str, node_id: Optional[str] = None) -> bool:
        """Pauses a run; running steps see `pause_requested`. True, too, if it is paused. The node
        has no effect, as before."""
        return self._command("pause", thread_id, lambda: self.client.pause(thread_id),
                             lambda run: run.status == "paused" or run.pausing)

    def resume_workflow(self, thread_id: str, updates: Optional[Object] = None) -> bool:
        """Resumes a run after setting the keys of `updates` in its data. A run that asks questions
        gets `updates` as the answer to each."""
        return self._command("resume", thread_id, lambda: self._resume(thread_id, updates))

    def cancel_workflow(self, thread_id: str, reason: Optional[str] = None) -> bool:
        """Cancels a run. True, too, if it was cancelled before."""
        return self._command("cancel", thread_id,
                             lambda: self.client.cancel(thread_id, reason=reason),
                             lambda run: run.status == "cancelled")

    def get_workflow_status(self, thread_id: str) -> Optional[Object]:
        """Returns a run, or None if there is none or the server cannot be reached."""
        run = self._run(thread_id)
        if run is None:
            return None
        try:
            return _status(run, self._number_of(run))
        except PawlError as error:
            _log.error("cannot read workflow %s: %s", thread_id, error)
            return None

    def list_workflows(self, limit: int = 100) -> List[Object]:
        """Returns the newest runs."""
        found: List[RunSummary] = []
        try:
            for run in self.client.all_runs():
                if len(found) >= limit:
                    break
                found.append(run)
            return [_summary(run, self._number_of(run)) for run in found]
        except PawlError as error:
            _log.error("cannot list the workflows: %s", error)
            return []

    def get_workflow_logs(self, thread_id: str, limit: int = 1000) -> List[Object]:
        """Returns the newest log lines of a run that the server still has in memory."""
        try:
            lines = self.client.logs(thread_id, limit=limit)
        except PawlError as error:
            _log.error("cannot read the logs of workflow %s: %s", thread_id, error)
            return []
        return [{"ts": _time(line.at), "level": line.level.upper(), "thread_id": thread_id,
                 "node_id": line.about or line.node, "message": line.message,
                 "context": line.context or {}} for line in lines]

    def get_active_signals(self, thread_id: str) -> List[Object]:
        """Returns the commands that a run has not followed yet: at most a pause."""
        run = self._run(thread_id)
        return [{"thread_id": thread_id, "type": "pause_request"}] if run and run.pausing else []

    def wait_for_completion(self, thread_id: str, timeout_seconds: Optional[float] = None) -> bool:
        """Waits for the end of a run. Returns whether it is completed; False, too, after
        `timeout_seconds` or if there is no such run."""
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            left = _POLL if end is None else min(_POLL, max(0.0, end - time.monotonic()))
            run = self._run(thread_id, wait=left)
            if run is None or run.finished:
                return run is not None and run.status == "completed"
            if end is not None and time.monotonic() >= end:
                _log.warning("workflow %s is still %s", thread_id, run.status)
                return False

    def _start_number(self, number: int, input_data: Object, run: Optional[str]) -> str:
        body = {"flow_version_id": number, "input_data": input_data, "thread_id": run}
        try:
            return str(self.client._post("/api/runs/start", body)["thread_id"])
        except NotFound as error:
            raise ValueError(f"the server has no numbers of flow versions, as {number}: start it "
                             'with --old-api, or use a version such as "orders@1.0.2"') from error
        except PawlError as error:
            if error.status == 400:
                raise ValueError(error.detail) from error
            raise

    def _number_of(self, run: RunSummary) -> Union[int, str]:
        """Returns the number of a run's version, or `name@1.0.2` if the server gives none."""
        version = (run.flow, run.version)
        if version not in self._numbers:
            try:
                shown = self.client._get(f"/api/thread/{segment(run.id)}/status")
            except NotFound:
                return f"{run.flow}@{run.version}"
            self._numbers[version] = shown["flow_version_id"]
        return self._numbers[version]

    def _start(self, flow_version_id: Any, input_data: Object, run: str) -> Started:
        flow, version = _flow_of(flow_version_id)
        try:
            return self.client.start(flow, input_data, version=version, id=run)
        except NotFound:  # of this name; the text after the "@" may be the label of a version
            flow, at, label = flow_version_id.rpartition("@")
            if version is not None or not (flow and label):
                raise
        return self.client.start(flow, input_data, version=label, id=run)

    def _resume(self, run_id: str, updates: Optional[Object]) -> None:
        run = self.client.run(run_id)
        questions = [each.name for each in run.waiting_on if each.kind == "answer"]
        if not questions:
            self.client.resume(run_id, update=updates)
            return
        self.client.resume(run_id, update=updates, answer=updates, question=questions[0])
        for question in questions[1:]:
            self.client.answer(run_id, updates, question=question)

    def _command(self, name: str, run_id: str, send: Callable[[], Any],
                 is_done: Callable[[Run], bool] = lambda run: False) -> bool:
        try:
            send()
            return True
        except PawlError as error:
            run = self._run(run_id) if isinstance(error, IllegalTransition) else None
            if run is not None and is_done(run):
                return True
            _log.error("cannot %s workflow %s: %s", name, run_id, error)
            return False

    def _run(self, run_id: str, wait: Optional[float] = None) -> Optional[Run]:
        try:
            return self.client.run(run_id, wait=wait)
        except NotFound:
            return None
        except PawlError as error:
            _log.error("cannot read workflow %s: %s", run_id, error)
            return None


def _flow_of(flow_version_id: Any) -> Tuple[str, Optional[str]]:
    if not isinstance(flow_version_id, str):
        raise ValueError(f"{flow_version_id!r} is not a flow: use its name, the number of a "
                         'version, or a version such as "orders@1.0.2"')
    flow, at, version = flow_version_id.rpartition("@")
    return (flow, version) if at and _VERSION.match(version) else (flow_version_id, None)


def _summary(run: RunSummary, flow_version: Union[int, str]) -> Object:
    metadata: Dict[str, Any] = {} if run.error is None else {"error": run.error.message,
                                                             "last_node": run.error.node}
    return {"thread_id": run.id, "flow_version_id": flow_version,
            "status": run.status, "started_at": _time(run.started_at),
            "finished_at": _time(run.finished_at),
            "last_event_at": _time(run.finished_at or run.started_at or run.created_at),
            "metadata": metadata}


def _status(run: Run, flow_version: Union[int, str]) -> Object:
    found = _summary(run, flow_version)
    found["last_event_at"] = _time(run.updated_at) or found["last_event_at"]
    found["metadata"] = {**run.metadata, **found["metadata"], "inputs": run.input or {}}
    return found


def _time(at: Optional[datetime]) -> Optional[str]:
    """Formats a time as the previous engine did: UTC without a zone."""
    return None if at is None else at.replace(tzinfo=None).isoformat()
