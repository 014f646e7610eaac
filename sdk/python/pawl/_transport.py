"""Requests over persistent connections: http, https and Unix sockets. Thread-safe."""

import gzip
import http.client
import os
import selectors
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple, Union
from urllib.parse import urlsplit

from ._codec import decode
from .errors import ConnectionFailed, Json, ProtocolError

_IDLE_CONNECTIONS = 16
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


@dataclass(frozen=True)
class Response:
    """A complete answer. `headers` is case-insensitive."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Json:
        """Decodes the body as JSON. Raises ProtocolError."""
        try:
            return decode(self.body)
        except ValueError as error:
            raise ProtocolError(f"the answer is not JSON: {error}", status=self.status) from None


class Abort:
    """Aborts a request from another thread: its caller gets ConnectionFailed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: Optional[socket.socket] = None
        self._done = False

    @property
    def done(self) -> bool:
        return self._done

    def abort(self) -> None:
        with self._lock:
            self._done = True
            if self._socket is not None:
                _shut_down(self._socket)

    def watch(self, connection: Optional[socket.socket]) -> None:
        """Sets the socket to shut down; None when the request has ended."""
        with self._lock:
            self._socket = connection
            if self._done and connection is not None:
                _shut_down(connection)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class _Address:
    scheme: str
    host: str
    port: Optional[int]
    path: str  # of the socket, or the prefix of /v1

    @staticmethod
    def parse(url: str) -> "_Address":
        if url.startswith("unix:"):
            path = url[len("unix:"):]
            path = path[2:] if path.startswith("///") else path
            if not path.startswith("/"):
                raise ValueError(f"{url!r}: write a Unix socket as unix:/absolute/path")
            return _Address("unix", "localhost", None, path)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError(f"{url!r}: expected http://HOST:PORT, https://HOST:PORT or unix:/PATH")
        return _Address(parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/"))


class Transport:
    """Sends requests to one server.

    url      http://HOST:PORT, https://HOST:PORT or unix:/PATH
    timeout  seconds to connect, and to wait for each part of an answer
    cafile   certificates (PEM) to trust instead of the system's
    """

    def __init__(self, url: str, *, timeout: float = 30.0, cafile: Optional[str] = None) -> None:
        self.url, self.timeout = url, timeout
        self._address = _Address.parse(url)
        self._tls: Optional[ssl.SSLContext] = None
        if self._address.scheme == "https":
            self._tls = ssl.create_default_context(cafile=cafile)
        self._lock = threading.Lock()
        self._idle: List[http.client.HTTPConnection] = []
        self._process = os.getpid()

    def send(
        self,
        method: str,
        target: str,
        headers: Dict[str, str],
        body: Optional[bytes] = None,
        *,
        timeout: Optional[float] = None,
        abort: Optional[Abort] = None,
    ) -> Response:
        """Sends one request and reads the complete answer. Raises ConnectionFailed."""
        headers = {"Accept-Encoding": "gzip", **headers}
        connection, answer = self._exchange(method, target, headers, body, timeout, abort)
        try:
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionFailed(
                f"{self.url}: the answer was incomplete: {_reason(error)}") from None
        finally:
            if abort is not None:
                abort.watch(None)
        if answer.will_close or (abort is not None and abort.done):
            connection.close()
        else:
            self._give_back(connection)
        return Response(answer.status, answer.headers, _unpacked(answer, content))

    def open(
        self, method: str, target: str, headers: Dict[str, str], *, timeout: float, abort: Abort
    ) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Sends one request and returns the unread answer; the caller closes the connection."""
        return self._exchange(method, target, headers, None, timeout, abort)

    def close(self) -> None:
        """Closes the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        for connection in self.__dict__.get("_idle", ()):
            connection.close()

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Dict[str, str],
        body: Optional[bytes],
        timeout: Optional[float],
        abort: Optional[Abort],
    ) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = self._take() or self._connect()
        try:
            assert connection.sock is not None
            connection.sock.settimeout(self.timeout if timeout is None else timeout)
            if abort is not None:
                abort.watch(connection.sock)
            try:
                connection.request(method, self._prefix + target, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server may have answered before it read everything: 413, for example
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            if abort is not None:
                abort.watch(None)
            connection.close()
            raise ConnectionFailed(
                f"{self.url}: no answer to {method} {target}: {_reason(error)}") from None

    @property
    def _prefix(self) -> str:
        return "" if self._address.scheme == "unix" else self._address.path

    def _connect(self) -> http.client.HTTPConnection:
        connection = self._new()
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise ConnectionFailed(f"{self.url}: cannot connect: {_reason(error)}", sent=False) \
                from None
        return connection

    def _new(self) -> http.client.HTTPConnection:
        at = self._address
        if at.scheme == "unix":
            return _UnixConnection(at.path, self.timeout)
        if self._tls is not None:
            return http.client.HTTPSConnection(at.host, at.port, timeout=self.timeout,
                                               context=self._tls)
        return http.client.HTTPConnection(at.host, at.port, timeout=self.timeout)

    def _take(self) -> Optional[http.client.HTTPConnection]:
        """Returns an idle connection that the server has not closed."""
        while True:
            with self._lock:
                if self._process != os.getpid():  # after a fork, leave the sockets to the parent
                    self._process, self._idle = os.getpid(), []
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if _is_quiet(connection.sock):
                return connection
            connection.close()

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _IDLE_CONNECTIONS and connection.sock is not None:
                self._idle.append(connection)
                return
        connection.close()


def _is_quiet(connection: Optional[socket.socket]) -> bool:
    """Whether nothing has arrived on an idle connection; only its end can arrive there."""
    if connection is None:
        return False
    try:
        with _Selector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            return not selector.select(0)
    except (OSError, ValueError):
        return False


def _shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # already closed


def _unpacked(answer: http.client.HTTPResponse, content: bytes) -> bytes:
    if answer.headers.get("Content-Encoding", "").lower() != "gzip" or not content:
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise ProtocolError(f"cannot decompress the answer: {error}") from None


def _reason(error: Union[OSError, http.client.HTTPException]) -> str:
    if isinstance(error, socket.timeout):
        return "timed out"
    return str(error) or type(error).__name__
