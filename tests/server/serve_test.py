"""`pawl serve` as a process: start, stop and kill."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from server_process import (LIMIT_S, PROGRAM, Answer, Server, ServerTest, environment, sequence,
                            task, wait_for_signal)

CLIENTS = 200
ANSWERS = 1_000  # number of answers before the server is killed

# A flow that counts signals without end.
COUNTING = {
    "name": "count",
    "nodes": [{"id": "next", "type": "signal", "data": {"name": "go", "max_visits": 100_000}},
              {"id": "add", "type": "set",
               "data": {"values": {"n": {"+": [{"var": "n"}, 1]}}, "max_visits": 100_000}},
              {"id": "enough", "type": "end"}],
    "edges": [{"source": "next", "target": "add"},
              {"source": "add", "target": "enough", "data": {"when": {"==": [{"var": "n"}, -1]}}},
              {"source": "add", "target": "next"}]}


class ServeTest(ServerTest):
    def refused(self, *arguments, expect):
        done = subprocess.run([PROGRAM, "serve", *arguments], env=environment(), text=True,
                              capture_output=True, timeout=LIMIT_S, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stderr

    def check_stop(self, server, number=signal.SIGTERM):
        """Stops the server. It writes only the lines about its start and stop."""
        code, said = server.stop(number)
        self.assertEqual(code, 0, said)
        self.assertEqual(re.findall(r"(?m)^\S+Z (\w+) (?:pawl \S+ )?(started|stopping|stopped)\b",
                                    said),
                         [("info", "started"), ("info", "stopping"), ("info", "stopped")], said)
        self.assertEqual(len(said.splitlines()), 3, said)

    def test_it_writes_its_address_in_one_line(self):
        server = self.serve()
        self.assertEqual(server.get("/healthz").body, {"status": "ok"})
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        self.check_stop(server)

    def test_every_answer_has_a_request_id_and_security_headers(self):
        server = self.serve()
        answer = server.get("/v1/runs", Request_Id="mine-1")
        self.assertEqual(answer.headers["request-id"], "mine-1")
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        problem = server.get("/v1/runs/none", Request_Id="mine-2")
        self.assertEqual(problem.status, 404)
        self.assertEqual(problem.headers["content-type"], "application/problem+json")
        self.assertEqual(problem.body["request_id"], "mine-2")

    def test_both_signals_stop_it_gracefully(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.check_stop(self.serve(), number)

    def test_a_wait_is_answered_early_when_the_server_stops(self):
        server = self.serve()
        server.post("/v1/flows", sequence("slow", task("a", "core.sleep", ms=700)))
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(
            server.post("/v1/runs?wait=30s", {"flow": "slow", "id": "r"})))
        waiting.start()
        while server.get("/v1/runs/r").status != 200:
            pass
        self.assertEqual(server.stop()[0], 0)
        waiting.join(LIMIT_S)
        self.assertEqual((answers[0].status, answers[0].body["status"]), (202, "running"))
        # The running step was allowed to finish.
        self.assertEqual(self.serve().get("/v1/runs/r?wait=30s").body["status"], "completed")

    def test_a_full_disk_is_reported_and_the_server_recovers_when_there_is_space(self):
        mounted = os.path.join(self.folder, "mounted")
        os.mkdir(mounted)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mounted],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest("cannot mount a file system: " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", mounted], check=False)
        server = Server(mounted, PAWL_ENGINE_RESTART_FIRST_DELAY_MS="20ms",
                        PAWL_ENGINE_RESTART_MAX_DELAY_MS="100ms", PAWL_STORAGE_COMPRESSION="none")
        self.addCleanup(lambda: server.process.stderr.closed or server.stop(signal.SIGKILL))
        server.post("/v1/flows", sequence("f", wait_for_signal("a", "go")))
        filler = os.path.join(mounted, "filler")
        with open(filler, "wb", buffering=0) as file:
            free = os.statvfs(mounted)
            file.write(b"x" * (free.f_bavail * free.f_bsize - (1 << 20)))
        acknowledged = []
        for n in range(2000):
            answer = server.post("/v1/runs", {"flow": "f", "id": f"r{n}",
                                              "input": {"x": "x" * 20000}})
            if answer.status != 201:
                break
            acknowledged.append(f"r{n}")
        self.assertNotEqual(acknowledged, [])
        ready = server.get("/readyz")
        self.assertEqual(ready.status, 503, answer.text)
        self.assertIn("the store has failed", ready.body["detail"])
        refused = server.post("/v1/runs", {"flow": "f", "id": "late"})
        self.assertEqual((refused.status, refused.body["code"]), (503, "unavailable"))
        for _ in range(20):  # for as long as the disk is full
            shown = server.get(f"/v1/runs/{acknowledged[0]}")
            self.assertEqual((shown.status, shown.body["status"]), (200, "running"))
            self.assertEqual(server.get("/v1/runs?limit=5").status, 200)
        os.remove(filler)
        deadline = time.monotonic() + LIMIT_S
        while server.get("/readyz").status != 200 and time.monotonic() < deadline:
            pass
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        for run in acknowledged:
            self.assertEqual(server.get(f"/v1/runs/{run}").status, 200, run)
        server.post(f"/v1/runs/{acknowledged[-1]}/signal", {"type": "go", "payload": {}})
        last = server.get(f"/v1/runs/{acknowledged[-1]}?wait=30s")
        self.assertEqual(last.body["status"], "completed")
        self.assertEqual(server.stop()[0], 0)

    def test_runs_resume_after_kill_9(self):
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

    def test_acknowledged_requests_of_200_clients_took_effect_once_after_kill_9(self):
        """The clients start runs and send signals to counting runs until the server is killed."""
        server = self.serve()
        server.post("/v1/flows", sequence("f", task("a")))
        self.assertEqual(server.post("/v1/flows", COUNTING).status, 201)
        counters = [f"counter-{number}" for number in range(10)]
        for run in counters:
            server.post("/v1/runs", {"flow": "count", "id": run, "input": {"n": 0}})
        started, signals = {}, {}  # answers by key and by id; None and False without an answer
        answered, refused = [], []
        all_connected, enough = threading.Barrier(CLIENTS + 1, timeout=LIMIT_S), threading.Event()

        def ask(connection, path, body, **headers):
            connection.request("POST", path, json.dumps(body),
                               {"Content-Type": "application/json", **headers})
            answer = Answer(connection.getresponse())
            if answer.status not in (200, 201):
                refused.append(answer.text)
            answered.append(path)
            if len(answered) >= ANSWERS or refused:
                enough.set()
            return answer.body

        def be_a_client(client):
            connection = server.connect()
            connection.connect()
            all_connected.wait()
            try:
                for number in range(10_000):
                    name = f"{client}-{number}"
                    started[name] = None
                    started[name] = ask(connection, "/v1/runs", {"flow": "f", "key": name})["id"]
                    run = counters[(client + number) % len(counters)]
                    signals[name] = run, False
                    ask(connection, f"/v1/runs/{run}/signal", {"type": "go", "id": name})
                    signals[name] = run, True
            except (OSError, http.client.HTTPException):
                pass  # the server was killed
            finally:
                connection.close()

        clients = [threading.Thread(target=be_a_client, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        all_connected.wait()
        self.assertTrue(enough.wait(LIMIT_S))
        server.process.kill()
        for client in clients:
            client.join(LIMIT_S)
        server.stop(signal.SIGKILL)

        self.assertEqual(refused, [])
        again = self.serve()
        connection = again.connect()
        self.assertGreaterEqual(sum(run is not None for run in started.values()), ANSWERS // 4)
        self.assertGreaterEqual(sum(known for _, known in signals.values()), ANSWERS // 4)
        for key, run in started.items():
            repeated = ask(connection, "/v1/runs", {"flow": "f", "key": key})
            if run is not None:
                self.assertEqual((repeated["id"], repeated["created"]), (run, False))
        # Each signal is sent again, answered or not, and must count once.
        for name, (run, _) in signals.items():
            ask(connection, f"/v1/runs/{run}/signal", {"type": "go", "id": name})
        for counter in counters:
            shown = again.get(f"/v1/runs/{counter}").body
            while not shown["parked"]:
                shown = again.get(f"/v1/runs/{counter}").body
            self.assertEqual(shown["data"]["n"],
                             sum(run == counter for run, _ in signals.values()))
        for key in list(started)[::10]:
            repeated = ask(connection, "/v1/runs", {"flow": "f", "key": key})
            done = again.get(f"/v1/runs/{repeated['id']}?wait=30s")
            self.assertEqual(done.body["status"], "completed")
        connection.close()
        self.assertEqual(refused, [])

    def test_it_listens_on_a_unix_socket(self):
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

    def test_pages_of_other_origins_are_refused(self):
        server = self.serve()
        self.assertEqual(server.get("/v1/runs", Origin="http://evil.example").status, 403)
        self.assertEqual(server.get("/v1/runs", Host="evil.example").status, 403)

    def test_an_invalid_or_used_address_is_refused(self):
        self.assertIn("server.listen", self.refused("--listen", "nonsense", expect=2))
        server = self.serve()
        said = self.refused("--listen", f"127.0.0.1:{server.port}", expect=6)
        self.assertIn(str(server.port), said)

    def test_a_store_opened_by_another_server_is_refused(self):
        self.serve()
        self.refused("--listen", "127.0.0.1:0", "--data-dir", os.path.join(self.folder, "store"),
                     expect=6)

    def test_commands_are_logged(self):
        log = os.path.join(self.folder, "log")
        server = self.serve("--log-level", "info", "--set", "log.file=" + log)
        server.post("/v1/flows", sequence("f", task("a")), Request_Id="r-1")
        server.post("/v1/runs/no%22ne%0A/cancel")
        self.assertEqual(server.stop()[0], 0)
        with open(log, encoding="utf-8") as file:
            lines = [line for line in file if "audit" in line]
        self.assertEqual(len(lines), 2, lines)
        self.assertIn("what=flows.post target=f ", lines[0])
        self.assertIn(" scope=default request_id=r-1", lines[0])
        self.assertIn(r'target="no\x22ne\x0a"', lines[1])

    def test_the_log_level_can_be_changed_at_run_time(self):
        log = os.path.join(self.folder, "log")
        server = self.serve("--log-level", "error", "--set", "log.file=" + log)
        self.assertEqual(server.get("/v1/config/log-level").body, {"level": "error"})
        server.post("/v1/flows", sequence("f", task("a")))
        changed = server.call("PUT", "/v1/config/log-level", {"level": "info"})
        self.assertEqual((changed.status, changed.body), (200, {"level": "info"}))
        server.post("/v1/runs", {"flow": "f", "id": "r"}, Request_Id="seen")
        server.call("PUT", "/v1/config/log-level", {"level": "error"})
        server.post("/v1/runs", {"flow": "f", "id": "r-2"})
        refused = server.call("PUT", "/v1/config/log-level", {"level": "loud"})
        self.assertEqual(refused.body["diagnostics"][0]["pointer"], "/level")
        self.assertEqual(server.get("/v1/config/log-level").body, {"level": "error"})
        self.assertEqual(server.stop()[0], 0)
        with open(log, encoding="utf-8") as file:
            what = [re.search(r"what=(\S+) target=(\S+)", line).groups() for line in file]
        # The audit does not depend on the level.
        self.assertEqual(what, [("flows.post", "f"), ("config.set_log_level", "info"),
                                ("runs.start", "r"), ("config.set_log_level", "error"),
                                ("runs.start", "r-2")])


if __name__ == "__main__":
    unittest.main()
