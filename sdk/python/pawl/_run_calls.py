"""Run calls."""

import time
from typing import Any, Dict, Iterator, List, Optional

from ._attributes import Attributes, write_attributes
from ._caller import Caller, expected, given, segment
from ._codec import duration
from ._flow_calls import etag
from ._read import read, read_list
from .errors import DamagedRecords, Json
from .models import (Commanded, ErrorGroups, Event, HistoryPage, LogLine, Object, Run, RunPage,
                     RunStep, RunSummary, RunTotal, Started, StepPage)

_LONGEST_WAIT = 60.0


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING: Any = _Missing()
"""Marks an argument that was not given, where None is a valid value."""


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
        attributes: Optional[Attributes] = None,
        traceparent: Optional[str] = None,
    ) -> Started:
        """Starts a run and returns at once.

        flow         name of the flow; its published version runs unless `version` is given
        version      "1.0.2" or the label of a version, or "1.x" or "1.0.x": the newest of these up to
                     the published version
        input        initial data of the run
        id, key      idempotency: an existing run with this id or key is returned, not started again
        attributes   values by which the run is found: str, int, float, bool or datetime by name
        traceparent  trace of the run's steps (W3C Trace Context)

        Raises NotFound if the flow or the version does not exist, InvalidArgument if the input does not match
        its input_schema, IdempotencyMismatch or AlreadyExists if id or key belong to another
        start.
        """
        body = given(flow=flow, input=input, version=version, id=id, key=key, metadata=metadata,
                     attributes=write_attributes(attributes))
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
        attributes: Optional[Attributes] = None,
        traceparent: Optional[str] = None,
    ) -> Run:
        """Starts a run and returns it when it has finished, or after `wait` seconds (at most 60);
        check `finished`. Same arguments and errors as `start`."""
        body = given(flow=flow, input=input, version=version, id=id, key=key, metadata=metadata,
                     attributes=write_attributes(attributes))
        return read(Run, self._post("/v1/runs", body, query={"wait": duration(wait)}, wait=wait,
                                    headers={"traceparent": traceparent}))

    def run(self, id: str, *, wait: Optional[float] = None) -> Run:
        """Returns a run; with `wait` when it has finished, or after that many seconds."""
        query = {} if wait is None else {"wait": duration(wait)}
        return read(Run, self._get(f"/v1/runs/{segment(id)}", query, wait=wait or 0))

    def wait(self, id: str, timeout: float = 60.0) -> Run:
        """Waits until a run has finished. Raises TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            run = self.run(id, wait=min(left, _LONGEST_WAIT))
            if run.finished:
                return run
            if time.monotonic() >= end:
                raise TimeoutError(f"run {id} is still {run.status} after {timeout:g} s")

    def runs(
        self, status: Optional[str] = None, *, flow: Optional[str] = None,
        filter: Optional[str] = None, order: Optional[str] = None, limit: int = 100,
        cursor: Optional[str] = None
    ) -> RunPage:
        """Returns a page of runs, newest first, optionally only those with `status`, of `flow`, or
        that fit `filter`, such as "status=failed,paused started>-2h". `order` is newest, oldest,
        finished_last, finished_first, updated_last or updated_first (by the last event, of at most
        10,000 runs that fit), or attr.NAME or -attr.NAME: the runs with an attribute, by its value. A page with a filter may be short and still have a
        `next`; the next page needs the same arguments."""
        found = self._get("/v1/runs", given(status=status, flow=flow, filter=filter, order=order,
                                            limit=limit, cursor=cursor))
        return read(RunPage, found)

    def count_runs(self, filter: Optional[str] = None, *, status: Optional[str] = None,
                   flow: Optional[str] = None) -> RunTotal:
        """Counts the runs that fit. If there are too many to compare, `exact` is False."""
        return read(RunTotal, self._get("/v1/stats/runs",
                                        given(filter=filter, status=status, flow=flow)))

    def error_groups(self, filter: Optional[str] = None, *, flow: Optional[str] = None,
                     limit: int = 10_000) -> ErrorGroups:
        """Groups the newest failed runs that fit, at most `limit` (up to 100000), by the type and
        node of their error."""
        return read(ErrorGroups, self._get("/v1/stats/errors",
                                           given(filter=filter, flow=flow, limit=limit)))

    def all_runs(self, status: Optional[str] = None, *, flow: Optional[str] = None,
                 filter: Optional[str] = None, order: Optional[str] = None
                 ) -> Iterator[RunSummary]:
        """Iterates over all runs, newest first, page by page. Arguments as of `runs`. Raises
        DamagedRecords after the last run if some cannot be read."""
        cursor: Optional[str] = None
        damaged: List[str] = []
        while True:
            page = self.runs(status, flow=flow, filter=filter, order=order, cursor=cursor)
            yield from page.runs
            damaged += page.damaged
            cursor = page.next
            if cursor is None:
                break
        if damaged:
            raise DamagedRecords(damaged)

    def state(self, id: str) -> Object:
        """Returns a run's data."""
        data: Object = self._get(f"/v1/runs/{segment(id)}/state")
        return data

    def history(self, id: str, *, first: Optional[int] = None, limit: int = 1000,
                reverse: bool = False, kind: Optional[str] = None, node: Optional[str] = None,
                values: bool = False) -> HistoryPage:
        """Returns stored events of a run, oldest first, or newest first with `reverse`; optionally
        only those of some kinds ("step_failed,run_failed") or of a node. `first` is the checkpoint
        where the page begins. With `values`, details have what steps were given (`args`) and have
        written (`output`), and the run's `input`."""
        found = self._get(f"/v1/runs/{segment(id)}/history",
                          given(first=first, limit=limit, kind=kind, node=node,
                                reverse="true" if reverse else None,
                                values="true" if values else None))
        return HistoryPage([read_event(item) for item in found.get("events", [])],
                           found.get("next"), found.get("pruned", 0))

    def all_history(self, id: str, *, reverse: bool = False, kind: Optional[str] = None,
                    node: Optional[str] = None, values: bool = False) -> Iterator[Event]:
        """Iterates over all stored events of a run, page by page. Arguments as of `history`."""
        first: Optional[int] = None
        while True:
            page = self.history(id, first=first, reverse=reverse, kind=kind, node=node,
                                values=values)
            yield from page.events
            first = page.next
            if first is None:
                return

    def steps(self, id: str, *, first: Optional[int] = None, limit: int = 100,
              reverse: bool = False, node: Optional[str] = None) -> StepPage:
        """Returns steps of a run, one for each attempt, in the order of their starts; the last one
        first with `reverse`. `first` is the checkpoint where the page begins."""
        return read(StepPage, self._get(f"/v1/runs/{segment(id)}/steps",
                                        given(first=first, limit=limit, node=node,
                                              reverse="true" if reverse else None)))

    def all_steps(self, id: str, *, reverse: bool = False,
                  node: Optional[str] = None) -> Iterator[RunStep]:
        """Iterates over the steps of a run, page by page. Arguments as of `steps`."""
        first: Optional[int] = None
        while True:
            page = self.steps(id, first=first, reverse=reverse, node=node)
            yield from page.steps
            first = page.next
            if first is None:
                return

    def logs(self, id: str, *, limit: int = 1000) -> List[LogLine]:
        """Returns the newest log lines of the steps of a run."""
        return read_list(LogLine, self._get(f"/v1/runs/{segment(id)}/logs", {"limit": limit}),
                         "logs")

    # Commands. `if_match` is a run's etag: raises PreconditionFailed if the run has changed.
    # `if_status` is a status: raises Conflict if the run has another one (`only_if` is its old
    # name). A command that the run's status does not allow raises IllegalTransition.

    def pause(self, id: str, *, reason: Optional[str] = None,
              if_status: Optional[str] = None, only_if: Optional[str] = None,
              if_match: Optional[str] = None) -> Commanded:
        """Pauses a run. While running steps finish first, `pausing` is True."""
        return self._command(id, "pause", given(
            reason=reason, if_status=expected(if_status, only_if)), if_match)

    def resume(
        self,
        id: str,
        *,
        update: Optional[Object] = None,
        answer: Json = NOTHING,
        question: Optional[str] = None,
        reason: Optional[str] = None,
        if_status: Optional[str] = None, only_if: Optional[str] = None,
        if_match: Optional[str] = None,
    ) -> Commanded:
        """Resumes a paused run, after replacing keys of its data by `update`.

        `answer` (None is an answer) answers a question of the run; `question` names it if the
        run asks several.
        """
        body = given(update=update, question=question, reason=reason,
                     if_status=expected(if_status, only_if))
        if answer is not NOTHING:
            body["answer"] = answer
        return self._command(id, "resume", body, if_match)

    def answer(self, id: str, answer: Json, *, question: Optional[str] = None,
               reason: Optional[str] = None, if_match: Optional[str] = None) -> Commanded:
        """Answers a question of a run; `question` (node#visit.attempt) if it asks several."""
        body = {"answer": answer, **given(question=question, reason=reason)}
        return self._command(id, "answer", body, if_match)

    def set_data(self, id: str, update: Object, *, reason: Optional[str] = None,
                 if_status: Optional[str] = None, only_if: Optional[str] = None,
                 if_match: Optional[str] = None) -> Commanded:
        """Sets top-level keys of the data of a paused or failed run."""
        body = {"update": update,
                **given(reason=reason, if_status=expected(if_status, only_if))}
        return self._command(id, "set-data", body, if_match)

    update = set_data  # the old name

    def cancel(self, id: str, *, reason: Optional[str] = None,
               if_status: Optional[str] = None, only_if: Optional[str] = None,
               if_match: Optional[str] = None) -> Commanded:
        """Cancels a run."""
        return self._command(id, "cancel", given(
            reason=reason, if_status=expected(if_status, only_if)), if_match)

    def terminate(self, id: str, *, reason: Optional[str] = None,
                  if_status: Optional[str] = None,
                  if_match: Optional[str] = None) -> Commanded:
        """Cancels a run and its subflows at once, without compensating their steps."""
        return self._command(id, "terminate", given(reason=reason, if_status=if_status), if_match)

    def skip(self, id: str, node: str, *, reason: Optional[str] = None,
             if_status: Optional[str] = None, if_match: Optional[str] = None) -> Commanded:
        """Skips the compensation of `node`, which the run is at."""
        return self._command(id, "skip", given(node=node, reason=reason, if_status=if_status),
                             if_match)

    def retry(self, id: str, *, reason: Optional[str] = None,
              if_status: Optional[str] = None, only_if: Optional[str] = None,
              if_match: Optional[str] = None) -> Commanded:
        """Retries a failed run from the step that failed (redrive)."""
        return self._command(id, "retry", given(
            reason=reason, if_status=expected(if_status, only_if)), if_match)

    def signal(self, run: str, type: str, payload: Json = None, *, id: Optional[str] = None,
               if_match: Optional[str] = None) -> Commanded:
        """Sends a signal. A signal with the same `id` has no effect again."""
        return self._command(run, "signal", given(type=type, payload=payload, id=id), if_match)

    def restart(self, run: str, *, id: Optional[str] = None, key: Optional[str] = None,
                metadata: Optional[Object] = None, attributes: Optional[Attributes] = None,
                traceparent: Optional[str] = None) -> Started:
        """Starts a new run with the flow version and the input of a finished one (replay), and with
        its metadata and given attributes where none are given here."""
        return read(Started, self._post(f"/v1/runs/{segment(run)}/restart",
                                        given(id=id, key=key, metadata=metadata,
                                              attributes=write_attributes(attributes)),
                                        headers={"traceparent": traceparent}))

    replay = restart

    def _command(self, id: str, command: str, body: Dict[str, Any],
                 if_match: Optional[str]) -> Commanded:
        return read(Commanded, self._post(f"/v1/runs/{segment(id)}/{command}", body,
                                          headers={"If-Match": etag(if_match)}))


def read_event(value: Json) -> Event:
    return read(Event, value)
