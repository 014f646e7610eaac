"""A minimal WebSocket client (RFC 6455)."""

import json
import socket

from server_process import LIMIT_S

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    """Connects on construction. Raises OSError, or ValueError if the server refuses the upgrade."""

    def __init__(self, server, path, **fields):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
        self.reader = self.socket.makefile("rb")
        self.close_code = None  # close code of the server
        more = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\n"
                            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n".encode())
        status = self.reader.readline()
        while self.reader.readline() not in (b"\r\n", b""):
            pass
        if status.split()[1:2] != [b"101"]:
            self.close()
            raise ValueError(f"upgrade refused: {status!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reader.close()
        self.socket.close()

    def send(self, message):
        self.send_frame(TEXT, json.dumps(message).encode())

    def send_frame(self, kind, data):
        """Sends one frame with a mask of zeros."""
        size = len(data)
        if size < 126:
            head = bytes([0x80 | size])
        elif size < 1 << 16:
            head = bytes([0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | 127]) + size.to_bytes(8, "big")
        self.socket.sendall(bytes([0x80 | kind]) + head + bytes(4) + data)

    def messages(self):
        """Yields the server's messages until it closes the connection."""
        while True:
            head = self.reader.read(2)
            if len(head) < 2:
                return
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
            data = self.reader.read(size)
            kind = head[0] & 0x0F
            if kind == CLOSE:
                self.close_code = int.from_bytes(data[:2], "big") if data else 1005
                return
            if kind == TEXT:
                yield json.loads(data)
