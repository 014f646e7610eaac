"""The log of a server: banner, failed runs, rotation, a reader that blocks, and kill -9."""

import http.client
import os
import re
import signal
import subprocess
import time
import unittest

from server_process import LIMIT_S, PROGRAM, ServerTest, environment, sequence, task


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


class LogTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.folder, "log")

    def to_file(self, *arguments):
        return self.serve("--set", "log.file=" + self.log, *arguments)

    def wait_for_line(self, pattern, path=None):
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            for line in lines_of(path or self.log):
                if re.search(pattern, line):
                    return line
            time.sleep(0.01)
        self.fail(f"no line with {pattern} in:\n" + "\n".join(lines_of(path or self.log)))

    def metric(self, server, name):
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", server.get("/metrics").text)
        return float(found[1])

    def test_start_and_stop_are_logged(self):
        server = self.to_file()
        server.post("/v1/flows", sequence("f", task("a"), task("slow", "core.sleep", ms=60_000)))
        server.post("/v1/runs", {"flow": "f", "id": "r"})
        line = self.wait_for_line("started")
        version = server.get("/version").body["version"]
        for part in (f"pawl {version} started", os.path.join(self.folder, "store"),
                     "durability sync", f"listening on http://127.0.0.1:{server.port}"):
            self.assertIn(part, line)
        server.stop(signal.SIGKILL)
        again = self.to_file()
        self.wait_for_line("unfinished runs recovered: 1$")
        again.post("/v1/runs/r/cancel")
        while self.metric(again, 'pawl_runs_ended_total{status="cancelled"}') < 1:
            pass
        self.assertEqual(again.stop()[0], 0)
        self.wait_for_line("stopping after a signal")
        self.wait_for_line("stopped: 0 runs started, 0 completed, 0 failed, 1 cancelled$")

    def test_failed_runs_are_logged_but_not_each_of_a_storm(self):
        server = self.to_file()
        server.post("/v1/flows", sequence("bad", task("oops", "core.fail", type="card_declined",
                                                      message="no money")))
        server.post("/v1/flows", sequence("good", task("a")))
        server.post("/v1/runs?wait=30s", {"flow": "bad", "id": "first"})
        server.post("/v1/runs?wait=30s", {"flow": "good"})
        line = self.wait_for_line("run failed")
        for part in (" warning run failed: flow=bad@1.0.0 error=card_declined ", "no money",
                     " run=first ", "node=oops"):
            self.assertIn(part, line)
        begun = time.monotonic()
        runs = 2_000
        for n in range(runs // 100):
            items = [{"flow": "bad", "id": f"{n}-{i}"} for i in range(100)]
            server.post("/v1/batch/start", {"items": items})
        while self.metric(server, 'pawl_runs_ended_total{status="failed"}') < runs + 1:
            pass
        seconds = time.monotonic() - begun
        self.assertEqual(self.metric(server, "pawl_runs_started_total"), runs + 2)
        self.assertEqual(self.metric(server, 'pawl_runs_ended_total{status="completed"}'), 1)
        time.sleep(1)  # the limit is per second; the next line reports the others
        server.post("/v1/runs?wait=30s", {"flow": "bad", "id": "last"})
        self.wait_for_line(" run=last ")
        self.assertEqual(server.stop()[0], 0)
        failed = [line for line in lines_of(self.log) if "run failed" in line]
        self.assertLessEqual(len(failed), 10 * (seconds + 2) + 2)
        skipped = sum(int(n) for n in re.findall(r"; (\d+) more runs failed", "\n".join(failed)))
        self.assertEqual(len(failed) + skipped, runs + 2)

    def test_a_blocked_reader_of_standard_error_stops_neither_commands_nor_sigterm(self):
        process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir",
             os.path.join(self.folder, "store"), "--log-level", "debug"],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        port = int(process.stderr.readline().rpartition(b":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)

        def ask(method, path, body=None):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        # Each command is audited with a long target; nobody reads the pipe of 64 KiB.
        for n in range(1_000):
            self.assertEqual(ask("POST", f"/v1/runs/{'x' * 100}{n}/cancel", "{}")[0], 404)
        lost = 0
        while lost == 0:
            for n in range(1_000):
                self.assertEqual(ask("POST", f"/v1/runs/{'x' * 100}{n}/cancel", "{}")[0], 404)
            lost = float(re.search(r"(?m)^pawl_log_lines_lost_total (\S+)$",
                                   ask("GET", "/metrics")[1])[1])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT_S), 0)

    def test_audited_commands_are_in_the_file_after_kill_9(self):
        server = self.to_file("--log-level", "error")
        connection = server.connect()
        for n in range(300):
            connection.request("POST", f"/v1/runs/none-{n}/cancel", "{}",
                               {"Content-Type": "application/json"})
            connection.getresponse().read()
        server.process.kill()
        connection.close()
        server.stop(signal.SIGKILL)
        found = re.findall(r"what=runs.cancel target=none-(\d+) ", "\n".join(lines_of(self.log)))
        self.assertEqual([int(n) for n in found], list(range(300)))

    def test_sighup_reopens_the_log_and_sigusr1_is_ignored(self):
        server = self.to_file()
        server.post("/v1/flows", sequence("before", task("a")))
        os.rename(self.log, self.log + ".1")
        server.process.send_signal(signal.SIGUSR1)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + LIMIT_S
        while not os.path.exists(self.log) and time.monotonic() < deadline:
            time.sleep(0.01)
        server.post("/v1/flows", sequence("after", task("a")))
        self.wait_for_line("target=after")
        self.wait_for_line("target=before", self.log + ".1")
        self.assertEqual(server.stop()[0], 0)

    def test_signals_during_a_stop(self):
        server = self.to_file("--set", "engine.stop_timeout_ms=1h")
        server.post("/v1/flows", sequence("f", task("slow", "core.sleep", ms=2_000)))
        server.post("/v1/runs", {"flow": "f", "id": "r"})
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_line("stopping after a signal")
        os.rename(self.log, self.log + ".1")
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
            server.process.send_signal(number)
        self.assertEqual(server.stop(signal.SIGHUP)[0], 0)
        self.wait_for_line("stopped: 1 runs started")

    def test_a_second_sigterm_ends_the_server_at_once(self):
        server = self.to_file("--set", "engine.stop_timeout_ms=1h")
        server.post("/v1/flows", sequence("f", task("slow", "core.sleep", ms=60_000)))
        server.post("/v1/runs", {"flow": "f", "id": "r"})
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_line("stopping after a signal")
        self.assertEqual(server.stop(signal.SIGTERM)[0], 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
