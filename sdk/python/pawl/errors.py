"""What can go wrong, one exception for each code of the server's problem documents."""

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Type

Json = Any
"""A JSON value: None, bool, int, float, str, or a list or dict of them."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a flow or a body, and where (a JSON pointer)."""

    severity: str
    pointer: str
    code: str
    message: str


class PawlError(Exception):
    """Base of everything this package raises about a call to the server.

    code        the server's word for it, such as "not_found"
    status      the HTTP status; 0 if no answer came
    detail      a sentence for people
    faults      each single fault, where the server lists them
    request_id  names the request in the server's log
    error_class the class of a step's error, where one is meant
    retry_after seconds the server asks to wait, where it does
    """

    code = "error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: Optional[str] = None,
        status: int = 0,
        faults: Optional[List[Fault]] = None,
        request_id: Optional[str] = None,
        error_class: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(detail)
        self.code = code or type(self).code
        self.status = status
        self.detail = detail
        self.faults = faults or []
        self.request_id = request_id
        self.error_class = error_class
        self.retry_after = retry_after

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.detail}" if self.detail else self.code]
        lines += [f"  {f.severity} at {f.pointer or '/'}: {f.message}" for f in self.faults]
        return "\n".join(lines)


class ConnectionFailed(PawlError):
    """No answer came: the server cannot be reached, or the connection broke.

    `sent` is False if it is certain that the server has seen nothing of the request.
    """

    code = "connection_failed"

    def __init__(self, detail: str, *, sent: bool = True) -> None:
        super().__init__(detail)
        self.sent = sent


class ProtocolError(PawlError):
    """What answered does not speak as a Pawl server does."""

    code = "protocol"


class EventsDropped(PawlError):
    """The event stream cannot go on without a gap: the id to go on from is too old."""

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
    """Somebody else was first, or `only_if` named another status."""

    code = "conflict"


class LeaseLost(PawlError):
    """The task is no longer this worker's: timed out, cancelled, or done."""

    code = "lease_lost"


class IdempotencyMismatch(PawlError):
    """The same idempotency key was used before, for another request."""

    code = "idempotency_mismatch"


class PreconditionFailed(PawlError):
    """What `if_match` names has changed."""

    code = "precondition_failed"


class BodyTooLarge(PawlError):
    code = "body_too_large"


class UnsupportedMediaType(PawlError):
    code = "unsupported_media_type"


class InvalidFlow(PawlError):
    """The flow has errors; `faults` has every one."""

    code = "invalid_flow"


class InvalidRule(PawlError):
    code = "invalid_rule"


class LimitExceeded(PawlError):
    code = "limit_exceeded"


class TooManyRequests(PawlError):
    """A limit of the server; the client has waited and tried again before it raises this."""

    code = "too_many_requests"


class Overloaded(PawlError):
    """The engine has too much to do; nothing was changed."""

    code = "overloaded"


class HeaderTooLarge(PawlError):
    code = "header_too_large"


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


class Internal(PawlError):
    code = "internal"


_LOCAL = (ConnectionFailed, ProtocolError, EventsDropped)
BY_CODE: Dict[str, Type[PawlError]] = {
    kind.code: kind for kind in PawlError.__subclasses__() if kind not in _LOCAL
}

# Answers of something between us and the server, which speaks no problem documents.
_BY_STATUS = {401: Unauthorized, 403: Forbidden, 404: NotFound, 408: TimedOut, 413: BodyTooLarge,
              429: TooManyRequests, 500: Internal, 502: Unavailable, 503: Unavailable,
              504: Unavailable}


def from_problem(
    problem: Json, status: int = 0, headers: Optional[Mapping[str, str]] = None
) -> PawlError:
    """Makes the exception of a problem document, or of a status without one."""
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
        faults=[_fault(item) for item in problem.get("faults") or []],
        request_id=problem.get("request_id") or headers.get("request-id"),
        error_class=problem.get("class"),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _fault(item: Json) -> Fault:
    get = item.get if isinstance(item, dict) else {}.get
    return Fault(str(get("severity", "error")), str(get("pointer", "")),
                 str(get("code", "")), str(get("message", "")))


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0


def _seconds(text: Optional[str]) -> Optional[float]:
    """Reads Retry-After; a date in it is passed over, a Pawl server gives seconds."""
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
__all__ += ["NotSupported", "Unavailable", "StorageFull", "IoFailed", "Corrupt", "Internal"]
__all__ += ["Fault"]
