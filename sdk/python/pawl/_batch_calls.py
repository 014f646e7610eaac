"""Batch calls: at most 1,000 items, one result per item, in order."""

from typing import Any, Iterable, List, Mapping, Optional

from ._caller import Caller, expected, given
from ._read import read, read_run
from .errors import Json, ProtocolError, from_problem
from .models import BatchResult, Object, Started


class BatchCalls(Caller):
    def batch_start(self, items: Iterable[Mapping[str, Any]], *,
                    traceparent: Optional[str] = None) -> List[BatchResult]:
        """Starts many runs. An item has the arguments of `start`: flow, input, version, id, …;
        `traceparent` applies to all of them."""
        return self._batch("start", {"items": [dict(item) for item in items]}, traceparent)

    def batch_signal(self, items: Iterable[Mapping[str, Any]]) -> List[BatchResult]:
        """Sends many signals. An item has run, type and, optionally, payload and id."""
        return self._batch("signal", {"items": [dict(item) for item in items]})

    def batch_pause(self, runs: Iterable[str], *, reason: Optional[str] = None,
                    if_status: Optional[str] = None,
                    only_if: Optional[str] = None) -> List[BatchResult]:
        """Pauses many runs."""
        return self._batch("pause", given(runs=list(runs), reason=reason,
                                          if_status=expected(if_status, only_if)))

    def batch_resume(self, runs: Iterable[str], *, update: Optional[Object] = None,
                     reason: Optional[str] = None,
                     if_status: Optional[str] = None,
                     only_if: Optional[str] = None) -> List[BatchResult]:
        """Resumes many paused runs with the same `update`."""
        return self._batch("resume", given(runs=list(runs), update=update, reason=reason,
                                           if_status=expected(if_status, only_if)))

    def batch_cancel(self, runs: Iterable[str], *, reason: Optional[str] = None,
                     if_status: Optional[str] = None,
                     only_if: Optional[str] = None) -> List[BatchResult]:
        """Cancels many runs."""
        return self._batch("cancel", given(runs=list(runs), reason=reason,
                                           if_status=expected(if_status, only_if)))

    def batch_terminate(self, runs: Iterable[str], *, reason: Optional[str] = None,
                        if_status: Optional[str] = None) -> List[BatchResult]:
        """Cancels many runs at once, without compensating their steps."""
        return self._batch("terminate", given(runs=list(runs), reason=reason,
                                              if_status=if_status))

    def batch_retry(self, runs: Iterable[str], *, reason: Optional[str] = None,
                    if_status: Optional[str] = None,
                    only_if: Optional[str] = None) -> List[BatchResult]:
        """Retries many failed runs."""
        return self._batch("retry", given(runs=list(runs), reason=reason,
                                          if_status=expected(if_status, only_if)))

    def batch_complete(self, items: Iterable[Mapping[str, Any]]) -> List[BatchResult]:
        """Completes many tasks. An item has task, lease and result. If another worker holds the
        task, the item's `problem` is LeaseLost."""
        return self._batch("complete", {"items": [dict(item) for item in items]})

    def _batch(self, command: str, body: Json,
               traceparent: Optional[str] = None) -> List[BatchResult]:
        answer = self._post(f"/v1/batch/{command}", body, headers={"traceparent": traceparent})
        return read_results(answer, "results")


def read_results(answer: Json, name: str) -> List[BatchResult]:
    """Returns the results of batch items under `name` of an answer. Raises ProtocolError."""
    results = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise ProtocolError(f"expected a list of {name}")
    return [_result(item) for item in results]


def _result(item: Json) -> BatchResult:
    if not isinstance(item, dict):
        raise ProtocolError("expected an object as batch result")
    if not item.get("ok"):
        return BatchResult(item.get("id"), False, problem=from_problem(item.get("problem")))
    run = item.get("run")
    if run is None:
        return BatchResult(item.get("id"), True)
    if isinstance(run, dict) and "created" in run:
        return BatchResult(item.get("id"), True, started=read(Started, run))
    return BatchResult(item.get("id"), True, run=read_run(run))
