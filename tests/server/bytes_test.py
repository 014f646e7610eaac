"""Memory under attack: what peers send, do not read, or make the server keep is bounded, and given
back when they have gone."""

import gzip
import json
import os
import socket
import struct
import subprocess
import threading
import time
import unittest

from server_process import (LIMIT_S, PROGRAM, ServerTest, environment, sequence, task,
                            wait_for_signal)

MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


class Memory:
    """The resident memory of a server, and its maximum while a test runs."""

    def __init__(self, server):
        self.path = f"/proc/{server.process.pid}/statm"
        self.before = self.now()
        self.most = self.before
        self.is_over = False
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def now(self):
        with open(self.path, encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE

    def watch(self):
        while not self.is_over:
            self.most = max(self.most, self.now())
            time.sleep(0.005)

    def end(self):
        self.is_over = True
        self.watcher.join()

    def grown(self):
        return self.most - self.before

    def settles_within(self, limit):
        """Whether the memory comes back to within `limit` of what it was. Waits for it."""
        deadline = time.monotonic() + LIMIT_S
        while self.now() - self.before > limit:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


class BytesTest(ServerTest):
    def measured(self, server):
        memory = Memory(server)
        self.addCleanup(memory.end)
        return memory

    def peer(self, server):
        """A connection whose socket takes little."""
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        peer.settimeout(LIMIT_S)
        peer.connect(("127.0.0.1", server.port))
        self.addCleanup(peer.close)
        return peer

    def value(self, server, name):
        for line in server.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        self.fail(name)

    def eventually(self, condition):
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def run_of(self, server, size):
        """A run that waits for a signal and has `size` bytes of data."""
        server.post("/v1/flows", sequence("f", wait_for_signal("w", "go")))
        answer = server.post("/v1/runs", {"flow": "f", "id": "r", "input": {"text": "x" * size}})
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(server.get("/v1/runs/r").status, 200)

    def test_peers_that_read_no_answers_take_little_memory(self):
        server = self.serve("--set", "run.max_state_bytes=9MiB")
        self.run_of(server, 8_000_000)
        memory = self.measured(server)
        peers = [self.peer(server) for _ in range(8)]
        for peer in peers:
            peer.sendall(b"GET /v1/runs/r/state HTTP/1.1\r\nHost: localhost\r\n\r\n" * 16)
        # One answer for each peer: the other requests wait.
        held = lambda: self.value(server, "pawl_http_output_bytes")  # noqa: E731
        self.eventually(lambda: 8 * 8_000_000 <= held() < 9 * 8_000_000)
        self.assertEqual(server.get("/v1/runs").status, 200)
        self.assertLess(memory.grown(), 150 * MIB)
        # A peer that begins to read gets all its answers.
        got = 0
        while got < 16 * 8_000_000:
            part = peers[0].recv(MIB)
            self.assertTrue(part)
            got += len(part)
        for peer in peers:
            peer.close()
        self.eventually(lambda: self.value(server, "pawl_http_output_bytes") < MIB)
        self.assertTrue(memory.settles_within(50 * MIB), (memory.now() - memory.before) / MIB)
        print(f"unread answers: {memory.grown() / MIB:.0f} MiB, after them "
              f"{(memory.now() - memory.before) / MIB:.0f} MiB")

    def test_compressed_bodies_without_a_key_are_not_decompressed(self):
        subprocess.run([PROGRAM, "keys", "add", "boss", "--role", "admin", "--scope", "*",
                        "--data-dir", os.path.join(self.folder, "store")],
                       env=environment(), capture_output=True, timeout=LIMIT_S, check=True)
        server = self.serve("--set", "server.max_failed_logins=100000")
        memory = self.measured(server)
        for size, path in ((16 * MIB - 1, "/v1/runs"), (12 * MIB, "/v1/runs"),
                           (12 * MIB, "/healthz"), (12 * MIB, "/v1/nothing")):
            bomb = gzip.compress(b" " * size)
            self.assertLess(len(bomb), 17 << 10)
            head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n"
                    "Content-Type: application/json\r\n"
                    f"Content-Length: {len(bomb)}\r\n\r\n").encode()
            for _ in range(10):
                peer = self.peer(server)
                peer.sendall(head + bomb)
                self.assertIn(peer.recv(4096).split(b" ")[1], (b"401", b"404", b"405"))
                peer.close()
        self.assertLess(memory.grown(), 10 * MIB)

    def test_long_errors_of_workers_are_cut(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", task("t", "out.side")))
        memory = self.measured(server)
        for n in range(6):
            self.assertEqual(server.post("/v1/runs", {"flow": "f", "id": f"r{n}"}).status, 201)
        body = {"worker": "w", "functions": ["out.side"], "max": 6, "wait_ms": 10_000}
        failed = 0
        while failed < 6:
            for leased in server.post("/v1/tasks/poll", body).body["tasks"]:
                answer = server.post(f"/v1/tasks/{leased['task']}/fail",
                                     {"lease": leased["lease"], "type": "t" * 100_000,
                                      "message": "m" * 15_000_000, "retryable": False})
                self.assertEqual(answer.status, 200, answer.text[:200])
                failed += 1
        self.eventually(lambda: all(run["status"] == "failed"
                                    for run in server.get("/v1/runs").body["runs"]))
        self.assertLess(len(server.get("/v1/runs").text), 100_000)
        error = server.get("/v1/runs/r0").body["error"]
        self.assertLessEqual(len(error["message"].encode()), 8192 + 16)
        self.assertTrue(error["message"].startswith("mmm"))
        self.assertLessEqual(len(error["type"].encode()), 128 + 16)
        self.assertTrue(memory.settles_within(50 * MIB), (memory.now() - memory.before) / MIB)

    def test_the_metadata_of_a_run_is_limited(self):
        server = self.serve("--set", "run.max_state_bytes=1KiB")
        server.post("/v1/flows", sequence("f", wait_for_signal("w", "go")))
        answer = server.post("/v1/runs", {"flow": "f", "metadata": {"text": "x" * 10_000_000}})
        self.assertEqual((answer.status, answer.body["code"]), (422, "limit_exceeded"))
        self.assertIn("run.max_metadata_bytes", answer.body["detail"])
        self.assertEqual(server.post("/v1/runs", {"flow": "f", "id": "r",
                                                  "metadata": {"text": "x" * 60_000}}).status, 201)
        answer = server.post("/v1/runs/r/cancel", {"reason": "x" * 100_000})
        self.assertEqual((answer.status, answer.body["code"]), (422, "limit_exceeded"))
        self.assertEqual(server.post("/v1/runs/r/cancel", {"reason": "x" * 1000}).status, 200)

    def test_many_large_commands_at_once_take_bounded_memory(self):
        server = self.serve("--set", "engine.max_bytes_in_flight=32MiB",
                            "--set", "server.max_pending_bytes=64MiB")
        server.post("/v1/flows", sequence("f", wait_for_signal("w", "go")))
        body = json.dumps({"flow": "f", "input": {"text": "x" * 7_000_000}})
        server.post("/v1/runs", body)
        memory = self.measured(server)
        statuses = []

        def start():
            try:
                statuses.append(server.post("/v1/runs", body).status)
            except OSError:
                statuses.append(0)

        for _ in range(3):
            threads = [threading.Thread(target=start) for _ in range(40)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        self.assertIn(201, statuses)
        self.assertTrue(set(statuses) <= {201, 429, 503, 0}, set(statuses))
        self.assertEqual(server.get("/v1/stats").body["bytes_in_flight"], 0)
        self.assertLess(memory.grown(), 400 * MIB)
        print(f"large commands: {memory.grown() / MIB:.0f} MiB, after them "
              f"{(memory.now() - memory.before) / MIB:.0f} MiB")

    def test_a_peer_that_leaves_ends_its_wait(self):
        server = self.serve("--set", "engine.max_waits=3")
        server.post("/v1/flows", sequence("f", wait_for_signal("w", "go")))
        server.post("/v1/runs", {"flow": "f", "id": "r"})
        waits = lambda: server.get("/v1/stats").body["waits"]  # noqa: E731
        peers = [self.peer(server) for _ in range(3)]
        for peer in peers:
            peer.sendall(b"GET /v1/runs/r?wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.eventually(lambda: waits() == 3)
        self.assertEqual(server.get("/v1/runs/r?wait=60s").status, 429)
        # A start is answered with its run: it is not refused after it was done.
        started = server.post("/v1/runs?wait=60s", {"flow": "f", "id": "s"})
        self.assertEqual((started.status, started.body["status"]), (202, "running"), started.text)
        self.assertEqual(server.post("/v1/runs/r/signal", {"type": "other"}).status, 200)
        peers[0].close()
        peers[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peers[1].close()
        self.eventually(lambda: waits() == 1)
        server.post("/v1/runs/r/signal", {"type": "go"})
        self.assertIn(b"completed", peers[2].recv(65536))
        self.eventually(lambda: waits() == 0)


if __name__ == "__main__":
    unittest.main()
