"""The client: every call of the server's API as a method."""

import http.client
from typing import Optional, Tuple

from ._batch_calls import BatchCalls
from ._caller import error_of, query_text, segment
from ._flow_calls import FlowCalls
from ._run_calls import RunCalls
from ._server_calls import ServerCalls
from ._task_calls import TaskCalls
from ._transport import Abort, Response
from .events import EventStream

_SILENCE = 45.0  # the server writes at least a comment every 15 s


class Client(FlowCalls, RunCalls, BatchCalls, TaskCalls, ServerCalls):
    """Talks to a Pawl server; one for the whole program is enough, all threads may use it.

    url       http://HOST:PORT, https://HOST:PORT or unix:/PATH; else the environment's
              PAWL_SERVER, else http://127.0.0.1:7717
    token     the key to the server; else the environment's PAWL_TOKEN, else none
    scope     whose flows and runs are meant
    timeout   seconds to connect, and to wait for an answer
    cafile    certificates (PEM) to trust for https instead of the system's
    retries   how often a call is tried again at most, with growing, jittered waits. Only what
              is safe is: reads, and commands, which carry an Idempotency-Key so that the server
              takes them once; and whatever the server has refused with 429 or 503
    max_wait  a server that asks to wait for more seconds than this is not waited for

    Calls raise PawlError, of the class that its code names, such as NotFound.
    """

    def events(
        self, run_id: Optional[str] = None, last_id: Optional[str] = None, *, follow: bool = False
    ) -> EventStream:
        """Gives the events of a run, or of all runs in the scope, as they happen.

        run_id   whose; from its first event on, until it is finished (`follow`: and longer).
                 Without it those of all runs, from now on
        last_id  go on after this event; a stream has the last one that it gave as `last_id`

        The stream is open when this returns: what is done after it is seen.
        """
        path = "/v1/events" if run_id is None else f"/v1/runs/{segment(run_id)}/events"
        target = path + query_text({"follow": True} if follow and run_id is not None else None)

        def open(last: Optional[str], abort: Abort) -> _Connection:
            return self._open_stream(target, last, abort)

        stream = EventStream(open, last_id, follow)
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
        """Closes idle connections. The client can still be used; it makes new ones."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _with(self, *, retries: int) -> "Client":
        """Gives a client over the same connections that tries again as often as this."""
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__, _retries=retries)
        return other


_Connection = Tuple[http.client.HTTPConnection, http.client.HTTPResponse]
