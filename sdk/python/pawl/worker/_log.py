"""A function's log: sent to the server in batches, and to the program's logging."""

import json
import logging
import threading
import time
import uuid
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple

from .._backoff import Backoff
from ..client import Client
from ..errors import ConnectionFailed, LeaseLost, NotFound, PawlError
from ._lease import Lease, name_of

_worker_log = logging.getLogger("pawl.worker")
_MAX_LINES = 1000  # of a step, waiting to be sent
_MAX_LENGTH = 8192  # characters of a line
_MAX_CONTEXT = 16_384  # bytes of its context as JSON
_BATCH_LINES, _BATCH_LENGTH = 200, 256 * 1024
_PERIOD = 0.2
_TIMEOUT = 5.0

Line = Dict[str, Any]
_MAX_AGE_MS = 86_400_000


class Lines(logging.Handler):
    """The unsent lines of one step. Never blocks; drops and counts what exceeds the limit.

    A record can have `context`, a dict, and `about`, a text: what the line names in place of the
    step's node. Both have places of their own in the run's log.
    """

    def __init__(self, lease: Lease, wake: threading.Event, limit: int = _MAX_LINES) -> None:
        super().__init__()
        self.lease = lease
        self.sending = threading.Lock()  # held while sending, to keep the order of lines
        self.dropped = 0
        self._unreported = 0
        self._guard = threading.Lock()
        self._limit = limit
        self._wake = wake
        self._waiting: Deque[Tuple[float, Line]] = deque()  # with the time, by the monotonic clock
        self._batch: List[Tuple[float, Line]] = []
        self._request: Optional[Tuple[str, List[Line]]] = None  # the batch as it is sent

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if len(text) > _MAX_LENGTH:
            text = f"{text[:_MAX_LENGTH]}… ({len(text) - _MAX_LENGTH} more characters)"
        line: Line = {"level": level_of(record.levelno), "message": _sendable(text)}
        about, context = getattr(record, "about", None), getattr(record, "context", None)
        if isinstance(about, str) and about:
            line["about"] = _sendable(about)
        if isinstance(context, dict) and context:
            line["context"] = _as_json(context)
        with self._guard:
            if len(self._waiting) >= self._limit:
                self.dropped += 1
                self._unreported += 1
            else:
                self._waiting.append((time.monotonic(), line))
        self._wake.set()

    @property
    def empty(self) -> bool:
        return not (self._batch or self._waiting or self._unreported)

    def batch(self, full: bool = True) -> Optional[Tuple[str, List[Line]]]:
        """Returns the next lines with their idempotency key; the same until `done` or `renew`.
        With `full` each says how long ago it was written, and has its context; else these are
        left out, or in the message."""
        with self._guard:
            if not self._batch and not self.empty:
                self._batch = self._next_lines()
            if self._request is None and self._batch:
                self._request = (str(uuid.uuid4()), _aged(self._batch) if full else
                                 [_simple(line) for _, line in self._batch])
            return self._request

    def _next_lines(self) -> List[Tuple[float, Line]]:
        lines: List[Tuple[float, Line]] = []
        length = 0
        while self._waiting and len(lines) < _BATCH_LINES and length < _BATCH_LENGTH:
            lines.append(self._waiting.popleft())
            length += sum(len(str(part)) for part in lines[-1][1].values())
        if self._unreported and not self._waiting:
            lines.append((time.monotonic(), {
                "level": "warning", "message": f"{self._unreported} log lines were "
                "dropped: they arrived faster than they could be sent"}))
            self._unreported = 0
        return lines

    def done(self) -> None:
        with self._guard:
            self._batch, self._request = [], None

    def renew(self) -> None:
        """Makes another request of the same lines, with the ages of then and a new key. Only if
        the server has not taken them."""
        with self._guard:
            self._request = None

    def clear(self) -> int:
        """Discards the waiting lines and returns their number."""
        with self._guard:
            count = len(self._waiting) + len(self._batch)
            self._waiting.clear()
            self._batch, self._request, self._unreported = [], None, 0
            return count


class StepLogger(logging.Logger):
    """The logger of one step. Its level (default INFO) selects what is sent to the server; the
    program's logger `pawl.step` has its own level."""

    def __init__(self, lines: Lines, level: int = logging.INFO) -> None:
        super().__init__("pawl.step", level)
        self._lines = lines
        self._local = logging.getLogger("pawl.step")

    def isEnabledFor(self, level: int) -> bool:
        return level >= self.level or self._local.isEnabledFor(level)

    def callHandlers(self, record: logging.LogRecord) -> None:
        task = self._lines.lease.task
        record.run, record.node, record.code_ref = task.run, task.node, task.code_ref
        if record.levelno >= self.level:
            self._lines.handle(record)
        if self._local.isEnabledFor(record.levelno):
            self._local.handle(record)


class LogShipper:
    """A thread that sends the lines of all steps to the server several times a second."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._full = True  # until the server refuses what is newer than it
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: List[Lines] = []
        self._thread = threading.Thread(target=self._run, name="pawl-logs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def open(self, lease: Lease) -> Lines:
        lines = Lines(lease, self._wake)
        with self._lock:
            self._open.append(lines)
        return lines

    def close(self, lines: Lines, patience: float = 2.0) -> None:
        """Sends the remaining lines, for at most `patience` seconds. Must precede the report of
        the outcome: after it the server accepts no more lines of the step."""
        with self._lock:
            self._open.remove(lines)
        end = time.monotonic() + patience
        backoff = Backoff(cap=0.5)
        while not lines.empty and lines.lease.usable and time.monotonic() < end:
            if not self._send(lines):
                self._stopped.wait(min(backoff.next(), max(0.0, end - time.monotonic())))
        lost = lines.dropped + lines.clear()
        if lost:
            _worker_log.warning("%s: %d log lines did not reach the server",
                                name_of(lines.lease.task), lost)

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopped.is_set():
            self._wake.wait()
            self._stopped.wait(_PERIOD)
            self._wake.clear()
            with self._lock:
                found = [lines for lines in self._open if not lines.empty]
            for lines in found:
                if not self._send(lines):
                    self._stopped.wait(backoff.next())
                    break
                backoff.reset()
            if any(not lines.empty for lines in found):
                self._wake.set()

    def _send(self, lines: Lines) -> bool:
        """Sends one batch. Returns False if it must be sent again."""
        task = lines.lease.task
        with lines.sending:
            batch = lines.batch(self._full)
            if batch is None:
                return True
            try:
                self._client.log_task(task.task, task.lease, list(batch[1]), key=batch[0],
                                      timeout=min(_TIMEOUT, self._client.timeout))
            except (LeaseLost, NotFound) as error:
                lines.lease.lose(error)
                lines.clear()
                return True
            except Exception as error:  # logging must not fail this step or others
                if self._full and _refuses_newer(error):
                    self._full = False
                    lines.renew()
                    return False
                if isinstance(error, ConnectionFailed) and not error.sent:
                    lines.renew()
                if _is_retryable(error):
                    return False
                lines.dropped += len(batch[1])
                _worker_log.warning("%s: the server refused its log: %s", name_of(task), error)
            lines.done()
            return True


def level_of(number: int) -> str:
    """Returns the server's name of a logging level."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"


def _aged(lines: List[Tuple[float, Line]]) -> List[Line]:
    """Returns the lines, each with the time since it was written."""
    now = time.monotonic()
    ages = [min(round((now - written) * 1000), _MAX_AGE_MS) for written, _ in lines]
    return [{**line, "age_ms": age} if age > 0 else line for age, (_, line) in zip(ages, lines)]


def with_context(message: str, about: Optional[str], context: Optional[Dict[str, Any]]) -> str:
    """Returns a message with all of a line, for logs that have the message only."""
    text = message if not about else f"{about}: {message}"
    return text if not context else f"{text} {_dumped(context)}"


def _simple(line: Line) -> Line:
    return {"level": line["level"],
            "message": with_context(line["message"], line.get("about"), line.get("context"))}


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _dumped(context: Dict[str, Any]) -> str:
    return _sendable(json.dumps(context, ensure_ascii=False, default=str, skipkeys=True))


def _as_json(context: Dict[str, Any]) -> Dict[str, Any]:
    """Returns a context as JSON has it: other values as texts, NaN and infinities as null."""
    try:
        text = _dumped(context)
    except (ValueError, RecursionError) as error:  # it contains itself
        return {"not_json": str(error)}
    size = len(text.encode())
    if size > _MAX_CONTEXT:
        return {"left_out_bytes": size}
    found: Dict[str, Any] = json.loads(text, parse_constant=lambda _: None)
    return found


def _refuses_newer(error: Exception) -> bool:
    """Whether a server does not know fields of a line: an older one."""
    return isinstance(error, PawlError) and error.status == 400 and any(
        each.code == "unknown_field" and each.pointer.endswith(("/age_ms", "/about", "/context"))
        for each in error.diagnostics)


def _is_retryable(error: Exception) -> bool:
    if isinstance(error, ConnectionFailed):
        return True
    return isinstance(error, PawlError) and (error.status in (408, 429) or error.status >= 500)
