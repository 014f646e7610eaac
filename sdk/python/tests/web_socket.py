"""The part of a WebSocket (RFC 6455) that a page needs which follows a run."""

import json
import socket
from urllib.parse import urlsplit

_TEXT, _CLOSE = 1, 8
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class WebSocket:
    """Connects on construction. Raises OSError, or ValueError if the server refuses the upgrade."""

    def __init__(self, url, path, timeout):
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=timeout)
        self._reader = self._socket.makefile("rb")
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {_KEY}\r\n\r\n".encode())
        status = self._reader.readline()
        while self._reader.readline() not in (b"\r\n", b""):
            pass
        if status.split()[1:2] != [b"101"]:
            self.close()
            raise ValueError(f"upgrade refused: {status!r}")

    def close(self):
        self._reader.close()
        self._socket.close()

    def messages(self):
        """Yields the server's messages until it closes the connection."""
        while True:
            head = self._reader.read(2)
            if len(head) < 2:
                return
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self._reader.read(2 if size == 126 else 8), "big")
            data = self._reader.read(size)
            kind = head[0] & 0x0F
            if kind == _CLOSE:
                return
            if kind == _TEXT:
                yield json.loads(data)
