"""A bare socket that says what a test tells it to: for what HTTP itself can do to a client."""

import socket
import threading
from typing import Callable, List, Optional


class Wire:
    """One accepted connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def request(self) -> str:
        """Reads one whole request, head and body, and gives it as text."""
        while b"\r\n\r\n" not in self._rest:
            part = self.socket.recv(65536)
            if not part:
                raise EOFError("the client has closed")
            self._rest += part
        head, _, rest = self._rest.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(rest) < length:
            rest += self.socket.recv(65536)
        self._rest = rest[length:]
        return (head + b"\r\n\r\n" + rest[:length]).decode()

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def answer(self, body: str, status: str = "200 OK", head: str = "") -> None:
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body.encode())}\r\n{head}\r\n{body}")

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


Script = Callable[[Wire], None]


class Peer:
    """Listens, and lets each script in turn talk to one connection; the last to all others."""

    def __init__(self, *scripts: Script, family: int = socket.AF_INET,
                 address: object = ("127.0.0.1", 0)) -> None:
        self._scripts = list(scripts)
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind(address)  # type: ignore[arg-type]
        self._listener.listen()
        self.connections = 0
        self.errors: List[BaseException] = []
        self._open: List[Wire] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for wire in self._open:
            wire.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            wire = Wire(connection)
            self._open.append(wire)
            threading.Thread(target=self._talk, args=(script, wire), daemon=True).start()

    def _talk(self, script: Script, wire: Wire) -> None:
        try:
            script(wire)
        except (EOFError, OSError):
            pass
        except BaseException as error:
            self.errors.append(error)
        finally:
            wire.close()


def header(request: str, name: str) -> Optional[str]:
    """Finds a header in a request's text."""
    for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    return None
