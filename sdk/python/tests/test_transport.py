import gzip
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from unittest import mock

import pawl
from pawl._transport import Abort
from tests.peer import Peer, header

PROBLEM = '{"code":"%s","status":%d,"detail":"d"}'


def client(peer, **options):
    made = pawl.Client(peer.url, timeout=5, **options)
    made.slept = []
    made._sleep = made.slept.append
    return made


class Connections(unittest.TestCase):
    def test_one_connection_serves_many_calls(self):
        def script(wire):
            while True:
                wire.request()
                wire.answer('{"version":"1"}')
        with Peer(script) as peer:
            c = client(peer)
            self.assertEqual([c.server_version() for _ in range(5)], ["1"] * 5)
            self.assertEqual(peer.connections, 1)

    def test_threads_have_a_connection_each_and_share_them_later(self):
        barrier = threading.Barrier(4, timeout=5)

        def script(wire):
            wire.request()
            barrier.wait()
            wire.answer('{"version":"1"}')
            while True:
                wire.request()
                wire.answer('{"version":"1"}')
        with Peer(script) as peer:
            c = client(peer)
            threads = [threading.Thread(target=c.server_version) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(5)
            c.server_version()
            self.assertEqual(peer.connections, 4)

    def test_a_connection_that_the_server_closed_is_not_used_again(self):
        closed = threading.Event()

        def once(wire):
            wire.request()
            wire.answer('{"version":"1"}')
            wire.close()
            closed.set()
        with Peer(once) as peer:
            c = client(peer, retries=0)
            for _ in range(3):
                closed.clear()
                self.assertEqual(c.server_version(), "1")
                self.assertTrue(closed.wait(5))
            self.assertEqual((peer.connections, c.slept), (3, []))

    def test_a_unix_socket_is_a_server_like_any_other(self):
        def script(wire):
            request = wire.request()
            wire.answer('{"version":"%s"}' % header(request, "Host"))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            with Peer(script, family=socket.AF_UNIX, address=path):
                self.assertEqual(pawl.Client(f"unix:{path}").server_version(), "localhost")
                self.assertEqual(pawl.Client(f"unix://{path}").server_version(), "localhost")

    @unittest.skipUnless(shutil.which("openssl"), "openssl is needed to make a certificate")
    def test_https_trusts_the_certificates_that_it_is_given(self):
        with tempfile.TemporaryDirectory() as folder:
            key, cert = os.path.join(folder, "key"), os.path.join(folder, "cert")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "1", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                           check=True, capture_output=True)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert, key)

            def script(wire):
                wire.socket = tls.wrap_socket(wire.socket, server_side=True)
                while True:
                    wire.request()
                    wire.answer('{"version":"tls"}')
            with Peer(script) as peer:
                url = peer.url.replace("http:", "https:")
                c = pawl.Client(url, timeout=5, cafile=cert)
                self.assertEqual([c.server_version() for _ in range(3)], ["tls"] * 3)
                with self.assertRaisesRegex(pawl.ConnectionFailed, "(?i)certificate"):
                    pawl.Client(url, timeout=5, retries=0).server_version()
                self.assertEqual(peer.connections, 2)

    def test_packed_answers_are_unpacked(self):
        def script(wire):
            self.assertIn("gzip", header(wire.request(), "Accept-Encoding"))
            body = gzip.compress(b'{"version":"packed"}')
            wire.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                                + str(len(body)).encode() + b"\r\n\r\n" + body)
        with Peer(script) as peer:
            self.assertEqual(client(peer).server_version(), "packed")

    def test_wrong_urls_are_refused(self):
        for url in ("ftp://x", "127.0.0.1:7717", "http://", "unix:relative", "http://u:p@h"):
            with self.assertRaises(ValueError):
                pawl.Client(url)

    def test_another_thread_can_abort_a_call(self):
        asked = threading.Event()

        def script(wire):
            wire.request()
            asked.set()
            wire.request()
        with Peer(script) as peer:
            abort = Abort()
            threading.Thread(target=lambda: (asked.wait(5), abort.abort())).start()
            begin = time.monotonic()
            with self.assertRaises(pawl.ConnectionFailed):
                client(peer).poll_tasks("w", ["f"], wait=30, abort=abort)
            self.assertLess(time.monotonic() - begin, 5)


class Headers(unittest.TestCase):
    def test_each_call_sends_key_and_scope(self):
        seen = []

        def script(wire):
            while True:
                seen.append(wire.request())
                wire.answer('{"valid":true}')
        with Peer(script) as peer:
            c = client(peer, token="k", scope="shop")
            c.validate({})
            c.validate({})
        self.assertEqual(header(seen[0], "Authorization"), "Bearer k")
        self.assertEqual(header(seen[0], "Pawl-Scope"), "shop")
        keys = [header(request, "Idempotency-Key") for request in seen]
        self.assertTrue(keys[0] and keys[1] and keys[0] != keys[1])

    def test_server_and_token_come_from_the_environment(self):
        with mock.patch.dict(os.environ, {"PAWL_SERVER": "http://h:1", "PAWL_TOKEN": "t"}):
            c = pawl.Client()
            self.assertEqual((c.url, c._headers()["Authorization"]), ("http://h:1", "Bearer t"))
            self.assertEqual(pawl.Client("http://other:2").url, "http://other:2")
        with mock.patch.dict(os.environ, clear=True):
            self.assertEqual(pawl.Client().url, "http://127.0.0.1:7717")
            self.assertNotIn("Authorization", pawl.Client()._headers())

    def test_names_are_one_segment_and_queries_are_escaped(self):
        seen = []

        def script(wire):
            while True:
                seen.append(wire.request().split("\r\n")[0])
                wire.answer('{"runs":[],"next":null,"name":"n","version":"1","published":true,'
                            '"created_at":"2026-01-31T09:30:00Z"}')
        with Peer(script) as peer:
            client(peer).flow("a/b c?", "1.0.0")
            client(peer).runs("running", cursor="x&y=z")
        self.assertEqual(seen, ["GET /v1/flows/a%2Fb%20c%3F/versions/1.0.0 HTTP/1.1",
                                "GET /v1/runs?status=running&limit=100&cursor=x%26y%3Dz HTTP/1.1"])
        for name in ("", ".", ".."):
            with self.assertRaises(ValueError):
                pawl.Client().flow(name)


class Retries(unittest.TestCase):
    def test_a_command_whose_answer_broke_off_is_sent_again_with_its_key(self):
        keys = []

        def breaks(wire):
            keys.append(header(wire.request(), "Idempotency-Key"))
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

        def works(wire):
            keys.append(header(wire.request(), "Idempotency-Key"))
            wire.answer('{"id":"r","flow":"f","version":"1","status":"running"}')
        with Peer(breaks, works) as peer:
            c = client(peer)
            self.assertEqual(c.start("f").id, "r")
        self.assertEqual(len(c.slept), 1)
        self.assertEqual(keys[0], keys[1])

    def test_what_is_not_safe_is_not_sent_again(self):
        def breaks(wire):
            wire.request()
        with Peer(breaks) as peer:
            for call in (lambda c: c.poll_tasks("w", ["f"]), lambda c: c.delete_flow("f"),
                         lambda c: c.put_flow("f", {}, if_match="1.0.0")):
                before, c = peer.connections, client(peer)
                with self.assertRaises(pawl.ConnectionFailed):
                    call(c)
                self.assertEqual((peer.connections - before, c.slept), (1, []))

    def test_a_server_that_is_busy_is_asked_again_when_it_says(self):
        def script(wire):
            wire.request()
            wire.answer(PROBLEM % ("overloaded", 429), "429 Too Many", "Retry-After: 2\r\n")
            wire.request()
            wire.answer(PROBLEM % ("unavailable", 503), "503 Not Now")
            wire.request()
            wire.answer('{"version":"1"}')
        with Peer(script) as peer:
            c = client(peer)
            self.assertEqual(c.server_version(), "1")
        self.assertEqual(len(c.slept), 2)
        self.assertTrue(2 < c.slept[0] < 2.5 and c.slept[1] < 1, c.slept)

    def test_it_is_asked_so_often_only_and_never_after_a_wait_too_long(self):
        def busy(seconds):
            def script(wire):
                while True:
                    wire.request()
                    wire.answer(PROBLEM % ("unavailable", 503), "503 No",
                                f"Retry-After: {seconds}\r\n")
            return script
        for seconds, times in ((0, 3), (3600, 0)):
            with Peer(busy(seconds)) as peer:
                c = client(peer, retries=3)
                with self.assertRaises(pawl.Unavailable):
                    c.stats()
                self.assertEqual(len(c.slept), times)

    def test_a_refusal_is_not_asked_again(self):
        def script(wire):
            wire.request()
            wire.answer(PROBLEM % ("conflict", 409), "409 Conflict", "Request-Id: r9\r\n")
        with Peer(script) as peer:
            c = client(peer)
            with self.assertRaises(pawl.Conflict) as caught:
                c.cancel("r", only_if="paused")
        self.assertEqual((c.slept, caught.exception.request_id), ([], "r9"))

    def test_an_answer_before_all_is_sent_is_heard(self):
        def script(wire):
            wire.socket.recv(1000)
            wire.answer(PROBLEM % ("body_too_large", 413), "413 No", "Connection: close\r\n")
        with Peer(script) as peer:
            c = client(peer)
            with self.assertRaises(pawl.BodyTooLarge):
                c.complete_task("t", "l", "x" * (32 << 20))
            self.assertEqual(c.slept, [])

    def test_an_unreachable_server_is_retried_and_then_reported(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))  # bound, so nobody else has the port; not listening
        self.addCleanup(listener.close)
        c = pawl.Client(f"http://127.0.0.1:{listener.getsockname()[1]}", retries=2)
        c._sleep = mock.Mock()
        with self.assertRaisesRegex(pawl.ConnectionFailed, "cannot connect"):
            c.poll_tasks("w", ["f"])  # certainly not sent, so even this is tried again
        self.assertEqual(c._sleep.call_count, 2)
        self.assertFalse(c.healthy())

    def test_a_peer_that_is_not_a_pawl_server_is_reported(self):
        def script(wire):
            wire.request()
            wire.answer("<html>", "200 OK")
            wire.request()
            wire.answer("", "302 Found", "Location: /login\r\n")
        with Peer(script) as peer:
            c = client(peer)
            with self.assertRaises(pawl.ProtocolError):
                c.stats()
            with self.assertRaisesRegex(pawl.ProtocolError, "/login"):
                c.stats()
