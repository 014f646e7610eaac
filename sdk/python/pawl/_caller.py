"""One call to the server: headers, retries, errors as exceptions."""

import os
import time
import uuid
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode

from ._backoff import Backoff
from ._codec import decode, encode
from ._transport import Abort, Response, Transport
from .errors import ConnectionFailed, Json, PawlError, ProtocolError, from_problem

DEFAULT_URL = "http://127.0.0.1:7717"

_REFUSED_FOR_NOW = (429, 503)  # the server did nothing: any request may be sent again
_GATEWAY = (502, 504)  # a proxy failed: sent again only if the request is safe


class Caller:
    """What all calls share. `retries` is the maximum number of retries of a call."""

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        scope: str = "default",
        timeout: float = 30.0,
        *,
        cafile: Optional[str] = None,
        retries: int = 4,
        max_wait: float = 30.0,
    ) -> None:
        self.url = url or os.environ.get("PAWL_SERVER") or DEFAULT_URL
        self.scope = scope
        self.timeout = timeout
        self._token = token or os.environ.get("PAWL_TOKEN") or None
        self._transport = Transport(self.url, timeout=timeout, cafile=cafile)
        self._retries = retries
        self._max_wait = max_wait
        self._sleep = time.sleep

    def _headers(self) -> Dict[str, str]:
        headers = {"Accept": "application/json", "Pawl-Scope": self.scope,
                   "User-Agent": "pawl-python"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _get(self, path: str, query: Optional[Mapping[str, Any]] = None, wait: float = 0) -> Json:
        return self._call("GET", path, query=query, wait=wait).json()

    def _post(
        self, path: str, body: Json = None, *, query: Optional[Mapping[str, Any]] = None,
        **options: Any,
    ) -> Json:
        return self._call("POST", path, query=query, body={} if body is None else body,
                          **options).json()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Json = None,
        raw: Optional[bytes] = None,
        key: Optional[str] = None,
        keyed: bool = True,
        headers: Optional[Mapping[str, Optional[str]]] = None,
        wait: float = 0,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
        abort: Optional[Abort] = None,
    ) -> Response:
        """Sends a request, and retries it while that is safe.

        raw      the bytes of the body, in place of `body`
        key      Idempotency-Key of a POST; generated if missing and `keyed`
        wait     seconds the server may take before it starts to answer
        timeout  seconds for each part of the answer, instead of the client's

        Raises the PawlError of the server's problem document, or ConnectionFailed.
        """
        sent, content, safe = self._prepared(method, body, key, keyed, headers)
        content = content if raw is None else raw
        target = path + query_text(query)
        patience = (self.timeout if timeout is None else timeout) + wait
        left = self._retries if retries is None else retries
        backoff = Backoff()
        while True:
            error: PawlError
            try:
                answer = self._transport.send(method, target, sent, content,
                                              timeout=patience, abort=abort)
                if answer.status < 300:
                    return answer
                error = error_of(answer)
                again = error.status in _REFUSED_FOR_NOW or (safe and error.status in _GATEWAY)
            except ConnectionFailed as failure:
                error, again = failure, safe or not failure.sent
            pause = backoff.next(error.retry_after)
            if left <= 0 or not again or pause > self._max_wait or (abort and abort.done):
                raise error
            left -= 1
            self._sleep(pause)

    def _prepared(
        self,
        method: str,
        body: Json,
        key: Optional[str],
        keyed: bool,
        more: Optional[Mapping[str, Optional[str]]],
    ) -> Tuple[Dict[str, str], Optional[bytes], bool]:
        """Returns the headers, the body, and whether the request may be sent twice."""
        headers = self._headers()
        headers.update({name: value for name, value in (more or {}).items() if value is not None})
        content = None
        if body is not None:
            content = encode(body)
            headers["Content-Type"] = "application/json"
        if method == "POST" and (keyed or key):
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        safe = method == "GET" or "Idempotency-Key" in headers or (
            method == "PUT" and "If-Match" not in headers)
        return headers, content, safe


def segment(text: str) -> str:
    """Returns a name as one path segment. Raises ValueError if it cannot be one."""
    if text in ("", ".", ".."):
        raise ValueError(f"invalid name {text!r}")
    return quote(text, safe="")


def given(**values: Any) -> Dict[str, Any]:
    """Returns the values that are not None: a body or a query without omitted arguments."""
    return {name: value for name, value in values.items() if value is not None}


def expected(if_status: Optional[str], only_if: Optional[str]) -> Optional[str]:
    """Returns the status of a compare-and-set; `only_if` is the old name of `if_status`."""
    if if_status is not None and only_if is not None:
        raise ValueError("give if_status or only_if, not both")
    return only_if if if_status is None else if_status


def query_text(query: Optional[Mapping[str, Any]]) -> str:
    if not query:
        return ""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value)
             for name, value in query.items()}
    return "?" + urlencode(texts, quote_via=quote)


def error_of(answer: Response) -> PawlError:
    if answer.status < 400:
        where = answer.headers.get("Location", "nowhere")
        return ProtocolError(f"the server answered {answer.status} and redirects to {where}",
                             status=answer.status)
    try:
        problem = decode(answer.body)
    except ValueError:
        problem = None
    return from_problem(problem, answer.status, dict(answer.headers.items()))
