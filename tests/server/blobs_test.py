"""Blobs over HTTP: sent and read in parts, held by runs, and what bad requests get."""

import hashlib
import os
import signal
import socket
import threading
import time
import unittest

from server_process import LIMIT_S, ServerTest, sequence, wait_for_signal

MIB = 1 << 20


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class BlobsTest(ServerTest):
    def put(self, server, data, target="/v1/blobs", **headers):
        return server.call("PUT", target, data, **{"Content_Type": "image/png", **headers})

    def read(self, server, hash):
        """Returns the response and its bytes."""
        connection = server.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/blobs/" + hash)
        response = connection.getresponse()
        return response, response.read()

    def until(self, holds):
        end = time.monotonic() + LIMIT_S
        while not holds():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_a_blob_larger_than_any_other_body(self):
        server = self.serve("--set", "server.max_body_bytes=1MiB")
        data = os.urandom(20 * MIB + 17)
        made = self.put(server, data)
        self.assertEqual(made.status, 200, made.text)
        self.assertEqual(made.body, {"$blob": digest(data), "size": len(data),
                                     "type": "image/png"})
        response, got = self.read(server, digest(data))
        self.assertEqual(response.getheader("Content-Type"), "image/png")
        self.assertEqual(response.getheader("Blob-Size"), str(len(data)))
        self.assertEqual(response.getheader("Content-Length"), str(len(data)))
        self.assertTrue(got == data)
        # Other endpoints keep their limit.
        self.assertEqual(server.post("/v1/runs", "x" * (MIB + 1)).status, 413)

        parts = (data[at:at + 100_000] for at in range(0, len(data), 100_000))
        connection = server.connect()
        self.addCleanup(connection.close)
        connection.request("PUT", "/v1/blobs", body=parts, encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(connection.getresponse().read(), made.text.encode())

        server.stop(signal.SIGKILL)
        server = self.serve()
        self.assertTrue(self.read(server, digest(data))[1] == data)

    def test_an_empty_blob_and_a_head(self):
        server = self.serve()
        self.assertEqual(self.put(server, b"").body["size"], 0)
        self.assertEqual(self.read(server, digest(b""))[1], b"")
        self.put(server, b"abc")
        head = server.call("HEAD", "/v1/blobs/" + digest(b"abc"))
        self.assertEqual((head.status, head.headers["blob-size"], head.text), (200, "3", ""))
        self.assertEqual(server.call("HEAD", "/v1/blobs/" + digest(b"no")).status, 404)

    def test_the_media_type_of_an_answer(self):
        server = self.serve()
        self.put(server, b"abc", Content_Type="Text/Plain; charset=utf-8")
        target = "/v1/blobs/" + digest(b"abc")
        for accept in ("text/plain", "text/*", "*/*"):
            self.assertEqual(server.call("GET", target, Accept=accept).status, 200, accept)
        self.assertEqual(server.call("GET", target, Accept="text/html").status, 406)
        self.assertEqual(self.put(server, b"abd", Content_Type="plain").status, 400)
        # No page can use a blob as a script of this server.
        for name in ("text/javascript", "Application/JavaScript; charset=utf-8",
                     "text/javascript1.5", "application/x-ecmascript"):
            data = name.encode()
            self.assertEqual(self.put(server, data, Content_Type=name).body["type"], name)
            response, got = self.read(server, digest(data))
            self.assertEqual(response.getheader("Content-Type"), "application/octet-stream")
            self.assertIn("sandbox", response.getheader("Content-Security-Policy"))
            self.assertEqual(got, data)

    def test_many_send_the_same_blob(self):
        server = self.serve()
        data = os.urandom(MIB)
        answers = []

        def send():
            answers.append(self.put(server, data))

        senders = [threading.Thread(target=send) for _ in range(8)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        self.assertEqual([a.status for a in answers], [200] * 8)
        self.assertEqual(len({a.text for a in answers}), 1)
        self.assertTrue(self.read(server, digest(data))[1] == data)

    def test_a_scope_has_a_limit_of_bytes(self):
        server = self.serve("--set", "blobs.max_scope_bytes=700000")
        data = os.urandom(700_001)
        refused = self.put(server, data)
        self.assertEqual((refused.status, refused.body["code"]), (422, "limit_exceeded"))
        self.assertEqual(self.put(server, data[:1]).status, 200)
        self.assertIn("blobs.max_scope_bytes", refused.text)

    def test_bad_uploads_store_nothing(self):
        server = self.serve("--set", "blobs.max_bytes=700000")
        data = os.urandom(700_001)
        self.assertEqual(self.put(server, data).status, 413)
        connection = server.connect()
        self.addCleanup(connection.close)
        try:
            connection.request("PUT", "/v1/blobs", body=iter([data]), encode_chunked=True,
                               headers={"Transfer-Encoding": "chunked"})
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer came first
        self.assertEqual(connection.getresponse().status, 413)
        wrong = self.put(server, b"abc", "/v1/blobs?hash=" + digest(b"abd"))
        self.assertEqual((wrong.status, wrong.body["code"]), (400, "invalid_argument"))
        self.assertEqual(self.put(server, b"abc", Content_Encoding="gzip").status, 415)
        # Refused by their heads: the bodies are never sent.
        for target, field, status in (("?hash=sha256:0", "", 400),
                                      ("", "Accept: text/html\r\n", 406),
                                      ("", "Content-Type: x\r\n", 400)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as early:
                early.sendall(f"PUT /v1/blobs{target} HTTP/1.1\r\nHost: localhost\r\n{field}"
                              "Content-Length: 700000\r\n\r\n".encode())
                self.assertEqual(early.recv(12), b"HTTP/1.1 %d" % status)
        cut = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
        cut.sendall(b"PUT /v1/blobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 700000\r\n\r\n"
                    + data[:600_000])
        cut.close()
        for known in (data, b"abc"):
            self.assertEqual(server.get("/v1/blobs/" + digest(known)).status, 404)
        self.assertEqual(server.get("/v1/blobs/abc").status, 400)

    def test_a_run_holds_its_blob(self):
        server = self.serve("--set", "blobs.grace_ms=3s", "--set", "blobs.interval_ms=10ms")
        server.post("/v1/flows", sequence("waits", wait_for_signal("s", "go")))
        made = self.put(server, b"held").body
        run = server.post("/v1/runs", {"flow": "waits", "id": "r", "input": {"file": made}})
        self.assertEqual(run.status, 201, run.text)
        self.put(server, b"loose")
        # HEAD, because what is read is kept.
        self.until(lambda: server.call("HEAD", "/v1/blobs/" + digest(b"loose")).status == 404)
        self.assertEqual(self.read(server, digest(b"held"))[1], b"held")
        refused = server.post("/v1/runs", {"flow": "waits", "input": {
            "file": {"$blob": digest(b"loose")}}})
        self.assertEqual((refused.status, refused.body["code"]), (400, "invalid_argument"))
        server.post("/v1/runs/r/cancel")
        self.until(lambda: server.call("DELETE", "/v1/runs/r").status != 409)
        head = "/v1/blobs/" + digest(b"held")
        self.until(lambda: server.call("HEAD", head).status == 404)


if __name__ == "__main__":
    unittest.main()
