"""Malformed HTTP over real sockets: each request is refused without effect, the connection is closed,
and other clients are served meanwhile. server/http/request_reader.test.cpp covers the details."""

import json
import socket
import unittest

from server_process import LIMIT_S, ServerTest, sequence, task

HOST = b"Host: localhost\r\n"
# The request that a request smuggling attack tries to inject.
START = json.dumps({"flow": "f", "id": "smuggled"}).encode()
SMUGGLED = (b"POST /v1/runs HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(START)) + START


def post(*fields, body=b""):
    return b"POST /v1/validate HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" \
        + b"".join(each + b"\r\n" for each in fields) + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
MALFORMED = {
    "a length and chunks": post(b"Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    "chunks and a length": post(CHUNKED, b"Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED),
    "two lengths": post(b"Content-Length: 0", b"Content-Length: 5", body=SMUGGLED),
    "two equal lengths": post(b"Content-Length: 0", b"Content-Length: 0", body=SMUGGLED),
    "a list of lengths": post(b"Content-Length: 0, 0", body=SMUGGLED),
    "a signed length": post(b"Content-Length: +0", body=SMUGGLED),
    "an unknown coding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "a coding before chunks": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunks twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    "a coding with a tab": post(b"Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "a space before the colon": post(b"Content-Length : 0", body=SMUGGLED),
    "a space before the colon of chunks": post(b"Transfer-Encoding : chunked",
                                               body=b"0\r\n\r\n" + SMUGGLED),
    "a folded line": post(b"X: a\r\n Content-Length: 0", body=SMUGGLED),
    "a length in a folded line": post(b"X: a\r\n\tb", b"Content-Length: 0", body=SMUGGLED),
    "a bare LF in the head": post(b"X: a\nContent-Length: 0", body=SMUGGLED),
    "a bare CR in the head": post(b"X: a\rContent-Length: 0", body=SMUGGLED),
    "a zero byte in a field": post(b"X: a\0b", b"Content-Length: 0", body=SMUGGLED),
    "lines that end in LF": (b"POST /v1/validate HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n"
                             + SMUGGLED),
    "a chunk of no size": post(CHUNKED, body=b"\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk of negative size": post(CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk of a size that wraps": post(CHUNKED,
                                         body=b"10000000000000002\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk that is longer than it says": post(CHUNKED, body=b"1\r\n{}\r\n0\r\n\r\n" + SMUGGLED),
    "a chunk that ends in LF": post(CHUNKED, body=b"2\n{}\n0\n\n" + SMUGGLED),
    "a length in the trailer": post(CHUNKED,
                                    body=b"2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n" + SMUGGLED),
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: other\r\n\r\n" + SMUGGLED,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    "a head without end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 100_000,
    "a line without end": b"GET /" + b"x" * 100_000,
    "fields without end": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 1_000 + b"\r\n" + SMUGGLED,
    "another version": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n" + SMUGGLED,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
}


class MalformedTest(ServerTest):
    def connect(self, server):
        peer = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
        self.addCleanup(peer.close)
        return peer

    def answers(self, peer):
        """Reads until the server closes the connection."""
        got = b""
        try:
            while piece := peer.recv(65536):
                got += piece
        except ConnectionResetError:
            pass  # closed while the client was still sending
        return got

    def test_a_malformed_request_is_refused_and_bytes_after_it_are_ignored(self):
        server = self.serve("--set", "server.header_timeout_ms=1s")
        server.post("/v1/flows", sequence("f", task("a")))
        for name, request in MALFORMED.items():
            with self.subTest(name):
                peer = self.connect(server)
                try:
                    peer.sendall(request)
                except OSError:
                    pass  # refused before it was sent completely
                said = self.answers(peer)
                head, _, body = said.partition(b"\r\n\r\n")
                self.assertRegex(head, rb"^HTTP/1\.1 (4\d\d|501|505) ", said)
                self.assertIn(b"\r\nConnection: close", head)
                self.assertTrue(json.loads(body)["code"])  # exactly one answer: a problem
                self.assertEqual(server.get("/v1/runs/smuggled").status, 404)
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        self.assert_stops_silently(server)

    def test_a_request_sent_byte_by_byte_is_one_request(self):
        server = self.serve()
        body = json.dumps(sequence("f", task("a"))).encode()
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        for request in (post(b"Content-Length: %d" % len(body), b"Connection: close", body=body),
                        post(CHUNKED, b"Connection: close", body=chunks)):
            peer = self.connect(server)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                peer.sendall(bytes([byte]))
            said = self.answers(peer)
            self.assertTrue(said.startswith(b"HTTP/1.1 200 "), said)
            self.assertIn(b'"valid":true', said)

    def test_slow_senders_time_out_and_do_not_block_others(self):
        server = self.serve("--set", "server.header_timeout_ms=700ms",
                            "--set", "server.body_timeout_ms=700ms")
        slow = [self.connect(server) for _ in range(100)]
        for number, peer in enumerate(slow):
            peer.sendall(b"GET / HTTP/1.1\r\nHo" if number % 2 == 0
                         else post(b"Content-Length: 100", body=b'{"name":'))
        for _ in range(50):
            self.assertEqual(server.get("/healthz").status, 200)
        for peer in slow:
            self.assertTrue(self.answers(peer).startswith(b"HTTP/1.1 408 "))
        self.assert_stops_silently(server)

    def assert_stops_silently(self, server):
        """It ends with 0, and has logged nothing but its start, its stop and the audit."""
        code, said = server.stop()
        self.assertEqual((code, [line for line in said.splitlines() if " info " not in line]),
                         (0, []))


if __name__ == "__main__":
    unittest.main()
