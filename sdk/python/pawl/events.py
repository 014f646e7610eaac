"""Live events: a stream that resumes where it was when the connection breaks."""

import http.client
import threading
from collections import deque
from typing import TYPE_CHECKING, Callable, Deque, Iterator, Optional, Tuple

from ._backoff import Backoff
from ._codec import decode
from ._read import read
from ._sse import Frame, Parser
from ._transport import Abort
from .errors import ConnectionFailed, EventsDropped, Overloaded, PawlError, ProtocolError
from .errors import TooManyRequests, Unavailable
from .models import Event

if TYPE_CHECKING:
    from types import TracebackType

_FOR_NOW = (ConnectionFailed, Overloaded, TooManyRequests, Unavailable)

Connection = Tuple[http.client.HTTPConnection, http.client.HTTPResponse]
Open = Callable[[Optional[str], Abort], Connection]


class EventStream(Iterator[Event]):
    """Iterates over events; `for event in stream` waits for the next one.

    A broken connection is reopened, without a limit of attempts, after the last event: no event
    is missing or repeated. (step_log and step_progress are not stored: those during the gap are
    lost.) Ends after a run's last event, `run_deleted` if the run was deleted, or when any thread
    calls `close`. One thread iterates.

    Raises the server's refusal, ConnectionFailed if the first connection fails, and EventsDropped
    if the server no longer has the events after the last one.
    """

    def __init__(self, open: Open, last_id: Optional[str] = None, follow: bool = False,
                 wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
                 from_now: bool = False) -> None:
        """from_now: without an id, the stream begins at the time of the connection, so that it
        can be resumed only after the first id, which the server sends at once."""
        self.last_id = last_id
        self._from_now = from_now
        self._open = open
        self._follow = follow
        self._wait = wait
        self._abort = Abort()
        self._closed = threading.Event()
        self._connection: Optional[Connection] = None
        self._parser = Parser()
        self._ready: Deque[Frame] = deque()
        self._backoff = Backoff()
        self._dropped = False

    def __iter__(self) -> "EventStream":
        return self

    def __next__(self) -> Event:
        while not self._closed.is_set():
            while self._ready:
                event = self._take(self._ready.popleft())
                if event is not None:
                    return event
            if not self._closed.is_set():
                self._read()
        self._disconnect()
        raise StopIteration

    def connect(self) -> None:
        """Opens the stream, so that it includes what happens from now on. Raises as described
        above. `Client.events` has called it."""
        if self._connection is not None:
            return
        self._connection = self._open(self.last_id, self._abort)
        self._parser = Parser()
        try:
            # The first block has the id; a server older than this package sends a comment.
            while self._from_now and self.last_id is None and self._parser.blocks == 0:
                self._feed()
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            self._disconnect()
            raise ConnectionFailed(f"the stream broke: {error}") from error
        except PawlError:
            self._disconnect()
            raise

    def close(self) -> None:
        """Ends the stream; a thread that waits for an event sees the end of the iteration."""
        self._closed.set()
        self._abort.abort()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, kind: object, error: object, trace: "Optional[TracebackType]") -> None:
        self.close()
        self._disconnect()

    def _take(self, frame: Frame) -> Optional[Event]:
        if frame.kind == "dropped":
            self._drop(frame)
            return None
        event = _event(frame)
        self._dropped = False
        self._backoff.reset()
        if frame.id is not None:
            self.last_id = frame.id
        is_deleted = frame.kind == "run_deleted" and not self._from_now
        if is_deleted or (frame.kind == "end" and not self._follow):
            self._closed.set()
        return event

    def _drop(self, frame: Frame) -> None:
        """Resumes after the server dropped a slow reader; dropped again, the id is too old."""
        if self._dropped or self.last_id is None:
            self._fail(EventsDropped(f"the server dropped the stream: {frame.data}"))
        self._dropped = True
        self._disconnect()

    def _read(self) -> None:
        """Reads the next bytes, on a new connection if needed."""
        try:
            self.connect()
            if not self._ready:
                self._feed()
        except _FOR_NOW as error:
            self._pause(error)
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            self._pause(ConnectionFailed(f"the stream broke: {error}"))
        except PawlError as error:
            self._fail(error)

    def _feed(self) -> None:
        """Reads the next bytes of the open connection."""
        part = self._connection[1].read1(65536) if self._connection else b""
        if not part:
            raise ConnectionFailed("the stream ended")
        self._ready.extend(self._parser.feed(part))
        if not self._ready and self._parser.last_id is not None:
            self.last_id = self._parser.last_id

    def _pause(self, error: PawlError) -> None:
        self._disconnect()
        if self._closed.is_set():
            return
        self._wait(self._closed, self._backoff.next(error.retry_after))

    def _fail(self, error: PawlError) -> None:
        self._closed.set()
        self._disconnect()
        raise error

    def _disconnect(self) -> None:
        self._ready.clear()
        self._abort.watch(None)
        if self._connection is not None:
            connection, answer = self._connection
            self._connection = None
            answer.close()
            connection.close()


def _event(frame: Frame) -> Event:
    try:
        value = decode(frame.data.encode("utf-8"))
    except ValueError as error:
        raise ProtocolError(f"an event is not JSON: {error}") from None
    if frame.kind == "end":
        run = value.get("id") if isinstance(value, dict) else None
        return Event("end", run=run, id=frame.id, detail=value)
    known = {**value, "kind": frame.kind} if isinstance(value, dict) else value
    if isinstance(known, dict):
        known["id"] = frame.id
    return read(Event, known)
