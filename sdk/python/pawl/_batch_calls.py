"""Calls for many runs at once: at most 1,000, with a result for each, in order."""

from typing import Any, Iterable, List, Mapping, Optional

from ._caller import Caller, given
from ._read import read, read_run
from .errors import Json, ProtocolError, from_problem
from .models import BatchResult, Object, Started


class BatchCalls(Caller):
    def batch_start(self, items: Iterable[Mapping[str, Any]], *,
                    traceparent: Optional[str] = None) -> List[BatchResult]:
        """Starts many runs; each item has what `start` takes: flow, input, version, id, …;
        `traceparent` is for all of them."""
        return self._batch("start", {"items": [dict(item) for item in items]}, traceparent)

    def batch_signal(self, items: Iterable[Mapping[str, Any]]) -> List[BatchResult]:
        """Sends many signals; each item has run, type, and maybe payload and id."""
        return self._batch("signal", {"items": [dict(item) for item in items]})

    def batch_pause(self, runs: Iterable[str], *, reason: Optional[str] = None,
                    only_if: Optional[str] = None) -> List[BatchResult]:
        """Pauses many runs."""
        return self._batch("pause", given(runs=list(runs), reason=reason, only_if=only_if))

    def batch_resume(self, runs: Iterable[str], *, update: Optional[Object] = None,
                     reason: Optional[str] = None,
                     only_if: Optional[str] = None) -> List[BatchResult]:
        """Lets many paused runs go on, each with the same `update`."""
        return self._batch("resume", given(runs=list(runs), update=update, reason=reason,
                                           only_if=only_if))

    def batch_cancel(self, runs: Iterable[str], *, reason: Optional[str] = None,
                     only_if: Optional[str] = None) -> List[BatchResult]:
        """Cancels many runs."""
        return self._batch("cancel", given(runs=list(runs), reason=reason, only_if=only_if))

    def batch_retry(self, runs: Iterable[str], *, reason: Optional[str] = None,
                    only_if: Optional[str] = None) -> List[BatchResult]:
        """Lets many failed runs go on."""
        return self._batch("retry", given(runs=list(runs), reason=reason, only_if=only_if))

    def batch_complete(self, items: Iterable[Mapping[str, Any]]) -> List[BatchResult]:
        """Ends many tasks; each item has task, lease and result. Of an item that is another
        worker's by now, `problem` is LeaseLost."""
        return self._batch("complete", {"items": [dict(item) for item in items]})

    def _batch(self, command: str, body: Json,
               traceparent: Optional[str] = None) -> List[BatchResult]:
        answer = self._post(f"/v1/batch/{command}", body, headers={"traceparent": traceparent})
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list):
            raise ProtocolError("a list of results is expected")
        return [_result(item) for item in results]


def _result(item: Json) -> BatchResult:
    if not isinstance(item, dict):
        raise ProtocolError("a result of a batch is an object")
    if not item.get("ok"):
        return BatchResult(item.get("id"), False, problem=from_problem(item.get("problem")))
    run = item.get("run")
    if run is None:
        return BatchResult(item.get("id"), True)
    if isinstance(run, dict) and "created" in run:
        return BatchResult(item.get("id"), True, started=read(Started, run))
    return BatchResult(item.get("id"), True, run=read_run(run))
