"""Calls about runs."""

import time
from typing import Any, Dict, Iterator, List, Optional

from ._caller import Caller, given, segment
from ._codec import duration
from ._flow_calls import etag
from ._read import read, read_list
from .errors import Json
from .models import (Commanded, Event, HistoryPage, LogLine, Object, Run, RunPage, RunSummary,
                     Started)

_LONGEST_WAIT = 60.0


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING: Any = _Missing()
"""Stands for an argument that was not given, where None is a value like any other."""


class RunCalls(Caller):
    def start(
        self,
        flow: str,
        input: Optional[Object] = None,
        *,
        version: Optional[str] = None,
        id: Optional[str] = None,
        key: Optional[str] = None,
        metadata: Optional[Object] = None,
        traceparent: Optional[str] = None,
    ) -> Started:
        """Starts a run and returns at once.

        flow      the flow's name; its published version is run unless `version` names one
        input     the run's first data
        id, key   a run with this id, or started with this key, is found again instead of made
        traceparent  the trace (W3C Trace Context) that the run's steps are a part of

        Raises NotFound if there is no such flow, InvalidArgument if its input_schema refuses
        the input, IdempotencyMismatch or AlreadyExists if id or key belong to another start.
        """
        body = given(flow=flow, input=input, version=version, id=id, key=key, metadata=metadata)
        return read(Started, self._post("/v1/runs", body, headers={"traceparent": traceparent}))

    def start_and_wait(
        self,
        flow: str,
        input: Optional[Object] = None,
        *,
        wait: float = 10.0,
        version: Optional[str] = None,
        id: Optional[str] = None,
        key: Optional[str] = None,
        metadata: Optional[Object] = None,
        traceparent: Optional[str] = None,
    ) -> Run:
        """Starts a run and gives it once it is finished, or as it is after `wait` seconds (60 at
        most): look at its `finished`. Takes and raises what `start` does."""
        body = given(flow=flow, input=input, version=version, id=id, key=key, metadata=metadata)
        return read(Run, self._post("/v1/runs", body, query={"wait": duration(wait)}, wait=wait,
                                    headers={"traceparent": traceparent}))

    def run(self, id: str, *, wait: Optional[float] = None) -> Run:
        """Gives a run; with `wait` once it is finished, or as it is after so many seconds."""
        query = {} if wait is None else {"wait": duration(wait)}
        return read(Run, self._get(f"/v1/runs/{segment(id)}", query, wait=wait or 0))

    def wait(self, id: str, timeout: float = 60.0) -> Run:
        """Gives a run once it is finished. Raises TimeoutError if it is not after `timeout`."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            run = self.run(id, wait=min(left, _LONGEST_WAIT))
            if run.finished:
                return run
            if time.monotonic() >= end:
                raise TimeoutError(f"run {id} is still {run.status} after {timeout:g} s")

    def runs(
        self, status: Optional[str] = None, *, flow: Optional[str] = None, limit: int = 100,
        cursor: Optional[str] = None
    ) -> RunPage:
        """Gives a page of runs, newest first; only those with `status`, or of `flow`, if it is
        named. A page of one flow's runs may be short and still have a `next`."""
        found = self._get("/v1/runs", given(status=status, flow=flow, limit=limit, cursor=cursor))
        return read(RunPage, found)

    def all_runs(self, status: Optional[str] = None, *,
                 flow: Optional[str] = None) -> Iterator[RunSummary]:
        """Goes through all runs, newest first, page by page."""
        cursor: Optional[str] = None
        while True:
            page = self.runs(status, flow=flow, cursor=cursor)
            yield from page.runs
            cursor = page.next
            if cursor is None:
                return

    def state(self, id: str) -> Object:
        """Gives a run's data."""
        data: Object = self._get(f"/v1/runs/{segment(id)}/state")
        return data

    def history(self, id: str, *, first: int = 1, limit: int = 1000) -> HistoryPage:
        """Gives stored events of a run from the checkpoint `first` on, oldest first."""
        found = self._get(f"/v1/runs/{segment(id)}/history", {"first": first, "limit": limit})
        return HistoryPage([read_event(item) for item in found.get("events", [])],
                           found.get("next"))

    def all_history(self, id: str) -> Iterator[Event]:
        """Goes through all stored events of a run, oldest first, page by page."""
        first: Optional[int] = 1
        while first is not None:
            page = self.history(id, first=first)
            yield from page.events
            first = page.next

    def logs(self, id: str, *, limit: int = 1000) -> List[LogLine]:
        """Gives the newest log lines of a run that the server still has in memory."""
        return read_list(LogLine, self._get(f"/v1/runs/{segment(id)}/logs", {"limit": limit}),
                         "logs")

    # Commands. Each takes `if_match`, a run's etag: raises PreconditionFailed if the run is not
    # as it was; and `only_if`, a status: raises Conflict if the run has another. A command that
    # the run's status does not allow raises IllegalTransition.

    def pause(self, id: str, *, reason: Optional[str] = None, only_if: Optional[str] = None,
              if_match: Optional[str] = None) -> Commanded:
        """Pauses a run; a step under way is finished first, then `pausing` says so."""
        return self._command(id, "pause", given(reason=reason, only_if=only_if), if_match)

    def resume(
        self,
        id: str,
        *,
        update: Optional[Object] = None,
        answer: Json = NOTHING,
        question: Optional[str] = None,
        reason: Optional[str] = None,
        only_if: Optional[str] = None,
        if_match: Optional[str] = None,
    ) -> Commanded:
        """Lets a paused run go on, with keys of its data replaced by `update`.

        If it asks something, `answer` (None is an answer) goes to `question`, which may be left
        out if there is one only.
        """
        body = given(update=update, question=question, reason=reason, only_if=only_if)
        if answer is not NOTHING:
            body["answer"] = answer
        return self._command(id, "resume", body, if_match)

    def answer(self, id: str, answer: Json, *, question: Optional[str] = None,
               reason: Optional[str] = None, if_match: Optional[str] = None) -> Commanded:
        """Answers what a run asks; `question` (node#visit.attempt) if it asks several things."""
        body = {"answer": answer, **given(question=question, reason=reason)}
        return self._command(id, "answer", body, if_match)

    def update(self, id: str, update: Object, *, reason: Optional[str] = None,
               only_if: Optional[str] = None, if_match: Optional[str] = None) -> Commanded:
        """Replaces top-level keys of a run's data."""
        body = {"update": update, **given(reason=reason, only_if=only_if)}
        return self._command(id, "update", body, if_match)

    def cancel(self, id: str, *, reason: Optional[str] = None, only_if: Optional[str] = None,
               if_match: Optional[str] = None) -> Commanded:
        """Ends a run as cancelled."""
        return self._command(id, "cancel", given(reason=reason, only_if=only_if), if_match)

    def retry(self, id: str, *, reason: Optional[str] = None, only_if: Optional[str] = None,
              if_match: Optional[str] = None) -> Commanded:
        """Lets a failed run go on at the step that failed."""
        return self._command(id, "retry", given(reason=reason, only_if=only_if), if_match)

    def signal(self, run: str, type: str, payload: Json = None, *, id: Optional[str] = None,
               if_match: Optional[str] = None) -> Commanded:
        """Sends a signal; one with the same `id` is taken once only."""
        return self._command(run, "signal", given(type=type, payload=payload, id=id), if_match)

    def restart(self, run: str, *, id: Optional[str] = None, key: Optional[str] = None,
                metadata: Optional[Object] = None,
                traceparent: Optional[str] = None) -> Started:
        """Starts a new run with the flow version and the input of a finished one."""
        return read(Started, self._post(f"/v1/runs/{segment(run)}/restart",
                                        given(id=id, key=key, metadata=metadata),
                                        headers={"traceparent": traceparent}))

    def _command(self, id: str, command: str, body: Dict[str, Any],
                 if_match: Optional[str]) -> Commanded:
        return read(Commanded, self._post(f"/v1/runs/{segment(id)}/{command}", body,
                                          headers={"If-Match": etag(if_match)}))


def read_event(value: Json) -> Event:
    return read(Event, value)
