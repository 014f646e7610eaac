"""Errors: one exception per code of the server's problem documents."""

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Type

Json = Any
"""A JSON value: None, bool, int, float, str, or a list or dict of them."""


@dataclass(frozen=True)
class Diagnostic:
    """An error or warning about a flow or a request body, with a JSON pointer to its location."""

    severity: str
    pointer: str
    code: str
    message: str


Fault = Diagnostic
"""The old name of Diagnostic."""


class PawlError(Exception):
    """Base of all exceptions that a call to the server raises.

    code         the server's error code, such as "not_found"
    status       the HTTP status; 0 without an answer
    detail       a human-readable sentence
    diagnostics  every single error, if the server lists them (`faults` is the old name)
    request_id   id of the request in the server's log
    error_class  class of a step's error, if there is one
    retry_after  seconds to wait, if the server sent them
    """

    code = "error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: Optional[str] = None,
        status: int = 0,
        diagnostics: Optional[List[Diagnostic]] = None,
        request_id: Optional[str] = None,
        error_class: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(detail)
        self.code = code or type(self).code
        self.status = status
        self.detail = detail
        self.diagnostics = diagnostics or []
        self.request_id = request_id
        self.error_class = error_class
        self.retry_after = retry_after

    @property
    def faults(self) -> List["Diagnostic"]:
        """The old name of `diagnostics`."""
        return self.diagnostics

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.detail}" if self.detail else self.code]
        lines += [f"  {f.severity} at {f.pointer or '/'}: {f.message}" for f in self.diagnostics]
        return "\n".join(lines)


class ConnectionFailed(PawlError):
    """No answer: the server cannot be reached, or the connection broke.

    `sent` is False if the server has certainly not seen the request.
    """

    code = "connection_failed"

    def __init__(self, detail: str, *, sent: bool = True) -> None:
        super().__init__(detail)
        self.sent = sent


class ProtocolError(PawlError):
    """The peer does not answer like a Pawl server."""

    code = "protocol"


class EventsDropped(PawlError):
    """The event stream cannot resume without a gap: its last event id is too old."""

    code = "events_dropped"


class InvalidArgument(PawlError):
    code = "invalid_argument"


class MalformedJson(PawlError):
    code = "malformed_json"


class Unauthorized(PawlError):
    code = "unauthorized"


class Forbidden(PawlError):
    code = "forbidden"


class NotFound(PawlError):
    code = "not_found"


class MethodNotAllowed(PawlError):
    code = "method_not_allowed"


class NotAcceptable(PawlError):
    code = "not_acceptable"


class TimedOut(PawlError):
    code = "timed_out"


class AlreadyExists(PawlError):
    code = "already_exists"


class IllegalTransition(PawlError):
    """The run's status does not allow the command."""

    code = "illegal_transition"


class Conflict(PawlError):
    """Another caller was first, or `if_status` named another status."""

    code = "conflict"


class LeaseLost(PawlError):
    """This worker no longer holds the task: it timed out, was cancelled or is done."""

    code = "lease_lost"


class IdempotencyMismatch(PawlError):
    """The idempotency key was used for another request before."""

    code = "idempotency_mismatch"


class PreconditionFailed(PawlError):
    """The run or flow has changed since `if_match`."""

    code = "precondition_failed"


class BodyTooLarge(PawlError):
    code = "body_too_large"


class UnsupportedMediaType(PawlError):
    code = "unsupported_media_type"


class InvalidFlow(PawlError):
    """The flow has errors; `diagnostics` lists all of them."""

    code = "invalid_flow"


class InvalidRule(PawlError):
    code = "invalid_rule"


class LimitExceeded(PawlError):
    code = "limit_exceeded"


class TooManyRequests(PawlError):
    """A server limit; the client retried before it raised this."""

    code = "too_many_requests"


class Overloaded(PawlError):
    """The engine is overloaded; nothing was changed."""

    code = "overloaded"


class HeaderTooLarge(PawlError):
    code = "header_too_large"


class UriTooLong(PawlError):
    code = "uri_too_long"


class ExpectationFailed(PawlError):
    code = "expectation_failed"


class HttpVersionNotSupported(PawlError):
    code = "http_version_not_supported"


class NotSupported(PawlError):
    code = "not_supported"


class Unavailable(PawlError):
    code = "unavailable"


class StorageFull(PawlError):
    code = "storage_full"


class IoFailed(PawlError):
    code = "io_failed"


class Corrupt(PawlError):
    code = "corrupt"


class DamagedRecords(Corrupt):
    """A list is not complete, because some records are damaged: `damaged` has them, each with the
    reason, and `found` the items of the list that were read. An iterator raises this at its end."""

    def __init__(self, damaged: List[str], found: Optional[List[Any]] = None) -> None:
        super().__init__("; ".join(damaged))
        self.damaged = damaged
        self.found = found or []


class Internal(PawlError):
    code = "internal"


_LOCAL = (ConnectionFailed, ProtocolError, EventsDropped)
BY_CODE: Dict[str, Type[PawlError]] = {
    kind.code: kind for kind in PawlError.__subclasses__() if kind not in _LOCAL
}

# For proxies, which send no problem documents.
_BY_STATUS = {401: Unauthorized, 403: Forbidden, 404: NotFound, 408: TimedOut, 413: BodyTooLarge,
              429: TooManyRequests, 500: Internal, 502: Unavailable, 503: Unavailable,
              504: Unavailable}


def from_problem(
    problem: Json, status: int = 0, headers: Optional[Mapping[str, str]] = None
) -> PawlError:
    """Returns the exception for a problem document, or for a status without one."""
    headers = {name.lower(): text for name, text in (headers or {}).items()}
    if not isinstance(problem, dict):
        problem = {}
    status = _number(problem.get("status")) or status
    code = problem.get("code")
    kind = BY_CODE.get(code) if code else _BY_STATUS.get(status)
    detail = problem.get("detail") or problem.get("title") or f"the server answered {status}"
    return (kind or PawlError)(
        str(detail),
        code=code,
        status=status,
        diagnostics=[_diagnostic(item) for item in
                     problem.get("diagnostics") or problem.get("faults") or []],
        request_id=problem.get("request_id") or headers.get("request-id"),
        error_class=problem.get("class"),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _diagnostic(item: Json) -> Diagnostic:
    get = item.get if isinstance(item, dict) else {}.get
    return Diagnostic(str(get("severity", "error")), str(get("pointer", "")),
                 str(get("code", "")), str(get("message", "")))


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0


def _seconds(text: Optional[str]) -> Optional[float]:
    """Parses Retry-After; a date is ignored, a Pawl server sends seconds."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


__all__ = ["PawlError", "ConnectionFailed", "ProtocolError", "EventsDropped"]
__all__ += ["InvalidArgument", "MalformedJson", "Unauthorized", "Forbidden", "NotFound"]
__all__ += ["MethodNotAllowed", "NotAcceptable", "TimedOut", "AlreadyExists"]
__all__ += ["IllegalTransition", "Conflict", "LeaseLost", "IdempotencyMismatch"]
__all__ += ["PreconditionFailed", "BodyTooLarge", "UnsupportedMediaType", "InvalidFlow"]
__all__ += ["InvalidRule", "LimitExceeded", "TooManyRequests", "Overloaded", "HeaderTooLarge"]
__all__ += ["UriTooLong", "ExpectationFailed", "HttpVersionNotSupported"]
__all__ += ["NotSupported", "Unavailable", "StorageFull", "IoFailed", "Corrupt", "DamagedRecords", "Internal"]
__all__ += ["Diagnostic", "Fault"]
