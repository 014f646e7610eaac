"""`pawl serve` as those who run it see it: how it starts, stops, and is killed."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import unittest

from server_process import (LIMIT_S, PROGRAM, Server, ServerTest, environment, sequence, task,
                            wait_for_signal)


class ServeTest(ServerTest):
    def refused(self, *arguments, expect):
        done = subprocess.run([PROGRAM, "serve", *arguments], env=environment(), text=True,
                              capture_output=True, timeout=LIMIT_S, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def test_it_says_where_it_listens_in_one_line(self):
        server = self.serve()
        self.assertEqual(server.get("/healthz").body, {"status": "ok"})
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        self.assertEqual(server.stop(), (0, ""))

    def test_every_answer_has_a_request_id_and_security_headers(self):
        server = self.serve()
        answer = server.get("/v1/runs", Request_Id="mine-1")
        self.assertEqual(answer.headers["request-id"], "mine-1")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        problem = server.get("/v1/runs/none", Request_Id="mine-2")
        self.assertEqual(problem.status, 404)
        self.assertEqual(problem.headers["content-type"], "application/problem+json")
        self.assertEqual(problem.body["request_id"], "mine-2")

    def test_both_signals_stop_it_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.serve()
            self.assertEqual(server.stop(number), (0, ""))

    def test_a_wait_is_answered_as_it_is_when_the_server_stops(self):
        server = self.serve()
        server.post("/v1/flows", sequence("slow", task("a", "core.sleep", ms=700)))
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(
            server.post("/v1/runs?wait=30s", {"flow": "slow", "id": "r"})))
        waiting.start()
        while server.get("/v1/runs/r").status != 200:
            pass
        self.assertEqual(server.stop(), (0, ""))
        waiting.join(LIMIT_S)
        self.assertEqual((answers[0].status, answers[0].body["status"]), (202, "running"))
        # The step that was under way could finish.
        self.assertEqual(self.serve().get("/v1/runs/r?wait=30s").body["status"], "completed")

    def test_runs_go_on_after_kill_9(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", task("a", "core.sleep", ms=300), task("b")))
        server.post("/v1/flows", sequence("g", wait_for_signal("s", "go")))
        self.assertEqual(server.post("/v1/runs", {"flow": "f", "id": "one"}).status, 201)
        self.assertEqual(server.post("/v1/runs", {"flow": "g", "id": "two"}).status, 201)
        server.stop(signal.SIGKILL)
        again = self.serve()
        self.assertEqual(again.get("/v1/runs/one?wait=30s").body["status"], "completed")
        self.assertEqual(again.post("/v1/runs/two/signal", {"type": "go"}).status, 200)
        self.assertEqual(again.get("/v1/runs/two?wait=30s").body["status"], "completed")

    def test_what_was_acknowledged_is_there_once_after_kill_9(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", task("a")))
        acknowledged, lock = set(), threading.Lock()

        def start_many(worker):
            try:
                for number in range(10_000):
                    key = f"key-{worker}-{number}"
                    answer = server.post("/v1/runs", {"flow": "f"}, Idempotency_Key=key)
                    if answer.status == 201:
                        with lock:
                            acknowledged.add((key, answer.body["id"]))
                            enough = len(acknowledged) >= 100
                        if enough:
                            return
            except (OSError, http.client.HTTPException):
                pass  # it was killed

        workers = [threading.Thread(target=start_many, args=(n,)) for n in range(8)]
        for worker in workers:
            worker.start()
        while len(acknowledged) < 60:
            pass
        server.process.kill()
        for worker in workers:
            worker.join(LIMIT_S)
        server.stop(signal.SIGKILL)
        again = self.serve()
        self.assertGreaterEqual(len(acknowledged), 60)
        for key, run in acknowledged:
            repeated = again.post("/v1/runs", {"flow": "f"}, Idempotency_Key=key)
            self.assertEqual((repeated.status, repeated.body["id"]), (200, run))
            self.assertEqual(again.get(f"/v1/runs/{run}?wait=30s").body["status"], "completed")

    def test_it_listens_at_a_unix_socket(self):
        path = os.path.join(self.folder, "pawl.sock")
        server = self.serve(listen="unix:" + path)
        self.assertEqual(server.ready_line, f"pawl: listening on unix:{path}\n")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(LIMIT_S)
            peer.connect(path)
            peer.sendall(b"GET /v1/runs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: peer.recv(65536), b""))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertEqual(server.stop()[0], 0)
        self.assertFalse(os.path.exists(path))

    def test_without_keys_it_listens_on_this_machine_only(self):
        said = self.refused("--listen", "0.0.0.0:0", expect=2)
        self.assertIn("no keys", said)
        self.assertIn("127.0.0.1", said)

    def test_a_page_of_another_origin_may_not_use_it(self):
        server = self.serve()
        self.assertEqual(server.get("/v1/runs", Origin="http://evil.example").status, 403)
        self.assertEqual(server.get("/v1/runs", Host="evil.example").status, 403)

    def test_an_address_that_is_none_or_taken_is_refused(self):
        self.assertIn("server.listen", self.refused("--listen", "nonsense", expect=2))
        server = self.serve()
        said = self.refused("--listen", f"127.0.0.1:{server.port}", expect=6)
        self.assertIn(str(server.port), said)

    def test_a_store_that_another_server_has_open_is_refused(self):
        self.serve()
        self.refused("--listen", "127.0.0.1:0", "--data-dir", os.path.join(self.folder, "store"),
                     expect=6)

    def test_the_old_routes_are_there_when_asked_for(self):
        self.assertEqual(self.serve().get("/api/flows").status, 404)

    def test_the_old_routes_translate(self):
        server = self.serve("--old-api")
        flow = sequence("order", {"id": "a", "type": "python", "data": {"codeRef": "core.echo"}})
        self.assertEqual(server.post("/api/flows", flow).body["flow_version_id"], "order@1.0.0")
        started = server.post("/api/thread/t-1/start", {"flow_name": "order", "inputs": {"n": 1}})
        self.assertEqual(started.body["thread_id"], "t-1")
        server.get("/v1/runs/t-1?wait=30s")
        self.assertEqual(server.get("/api/thread/t-1/status").body["status"], "completed")

    def test_commands_are_in_the_log(self):
        log = os.path.join(self.folder, "log")
        server = self.serve("--log-level", "info", "--set", "log.file=" + log)
        server.post("/v1/flows", sequence("f", task("a")), Request_Id="r-1")
        server.post("/v1/runs/no%22ne%0A/cancel")
        self.assertEqual(server.stop()[0], 0)
        with open(log, encoding="utf-8") as file:
            lines = [line for line in file if "audit" in line]
        self.assertEqual(len(lines), 2, lines)
        self.assertIn('what=flows.post target="f"', lines[0])
        self.assertIn("request=r-1", lines[0])
        self.assertIn(r"\x0a", lines[1])


if __name__ == "__main__":
    unittest.main()
