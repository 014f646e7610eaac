"""The client: one method per call of the HTTP API."""

import http.client
from typing import Optional, Tuple

from ._batch_calls import BatchCalls
from ._blob_calls import BlobCalls
from ._caller import error_of, given, query_text, segment
from ._flow_calls import FlowCalls
from ._job_calls import JobCalls
from ._run_calls import RunCalls
from ._server_calls import ServerCalls
from ._task_calls import TaskCalls
from ._transport import Abort, Response
from .events import EventStream

_SILENCE = 45.0  # the server sends at least a comment every 15 s


class Client(FlowCalls, RunCalls, BatchCalls, JobCalls, TaskCalls, BlobCalls, ServerCalls):
    """A client of a Pawl server. Thread-safe: one per program is enough.

    url       http://HOST:PORT, https://HOST:PORT or unix:/PATH; default: the environment variable
              PAWL_SERVER, else http://127.0.0.1:7717
    token     API key; default: the environment variable PAWL_TOKEN, else none
    scope     scope (namespace, tenant) of the flows and runs
    timeout   seconds to connect, and to wait for an answer
    cafile    certificates (PEM) to trust for https instead of the system's
    retries   maximum number of retries of a call, with exponential back-off and jitter. Retried
              are reads; commands, which carry an Idempotency-Key, so that the server executes
              them once; and any request that the server refused with 429 or 503
    max_wait  give up if the server asks to wait for more seconds than this

    Calls raise the subclass of PawlError for the server's error code, such as NotFound.
    """

    def events(
        self, run_id: Optional[str] = None, last_id: Optional[str] = None, *, follow: bool = False,
        filter: Optional[str] = None, kind: Optional[str] = None
    ) -> EventStream:
        """Streams the events of a run, or of all runs in the scope, as they happen.

        run_id   stream this run from its first event until it has finished (`follow`: and
                 longer). Without it: all runs, from now on
        last_id  resume after this event; a stream has its last event id as `last_id`
        filter   of all runs: only the events that fit, such as "flow=order status=failed"; the
                 fields are id, status, flow, version, parent and started
        kind     of all runs: only events of these kinds, such as "run_failed,run_completed"

        The stream is open when this returns: it includes everything that happens afterwards.
        """
        path = "/v1/events" if run_id is None else f"/v1/runs/{segment(run_id)}/events"
        if run_id is not None and (filter is not None or kind is not None):
            raise ValueError("filter and kind are for the events of all runs")
        wanted = given(follow=True if follow and run_id is not None else None, filter=filter,
                       kind=kind)
        target = path + query_text(wanted)

        def open(last: Optional[str], abort: Abort) -> _Connection:
            return self._open_stream(target, last, abort)

        stream = EventStream(open, last_id, follow, from_now=run_id is None)
        stream.connect()
        return stream

    def _open_stream(self, target: str, last_id: Optional[str], abort: Abort) -> "_Connection":
        headers = {**self._headers(), "Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        connection, answer = self._transport.open("GET", target, headers, timeout=_SILENCE,
                                                  abort=abort)
        if answer.status == 200:
            return connection, answer
        try:
            raise error_of(Response(answer.status, answer.headers, answer.read()))
        finally:
            connection.close()

    def close(self) -> None:
        """Closes idle connections. The client stays usable; it opens new ones."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _with(self, *, retries: int) -> "Client":
        """Returns a client over the same connections with another number of retries."""
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__, _retries=retries)
        return other


_Connection = Tuple[http.client.HTTPConnection, http.client.HTTPResponse]
