"""A server with few file descriptors, and the modes of its files."""

import http.server
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import threading
import unittest

from server_process import LIMIT_S, PROGRAM, ServerTest, environment, sequence, task


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class DescriptorsTest(ServerTest):
    def limited(self, soft, hard, *arguments):
        return self.serve(*arguments, preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                         (soft, hard)))

    def idle_connections(self, server, number):
        """Opens connections that send nothing. Some are refused."""
        for _ in range(number):
            peer = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
            self.addCleanup(peer.close)

    def value(self, text, name):
        return float(re.search(rf"(?m)^{name} (\S+)$", text)[1])

    def test_the_soft_limit_is_raised(self):
        server = self.limited(64, 500)
        self.assertEqual(self.value(server.get("/metrics").text, "process_max_fds"), 500)

    def test_requests_that_hang_make_neither_steps_nor_the_store_fail(self):
        """core.http calls use a part of the descriptors only, however many runs make them."""
        silent = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.addCleanup(silent.close)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        server = self.limited(256, 256, "--allow-exec", "true",
                              "--set", "http.allow_hosts=127.0.0.1")
        hangs = {"id": "h", "type": "http", "data": {"url": url, "timeout_ms": 3600000}}
        for name, step in (("hangs", hangs),
                           ("good", task("e", "core.exec", argv=["true"]))):
            self.assertEqual(server.post("/v1/flows", sequence(name, step)).status, 201)
        for n in range(300):
            self.assertEqual(server.post("/v1/runs", {"flow": "hangs"}).status, 201)
        for n in range(10):
            run = server.post("/v1/runs?wait=30s", {"flow": "good"})
            self.assertEqual((run.status, run.body["status"]), (200, "completed"), run.text)
        self.assertEqual(server.get("/readyz").status, 200)
        self.assertLess(self.value(server.get("/metrics").text, "process_open_fds"), 200)

    def test_idle_connections_make_neither_steps_nor_the_store_fail(self):
        other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}/"
        for limit in (64, 128, 256):
            with self.subTest(limit=limit):
                server = self.limited(limit, limit, "--allow-exec", "true",
                                      "--set", "http.allow_hosts=127.0.0.1")
                keeper = server.connect()  # before the others
                keeper.connect()

                def ask(method, path, body=None):
                    headers = {"Content-Type": "application/json"} if body else {}
                    keeper.request(method, path, body, headers)
                    answer = keeper.getresponse()
                    return answer.status, answer.read().decode()

                steps = [{"id": f"e{i}", "type": "task",
                          "data": {"code_ref": "core.exec", "args": {"argv": ["true"]}}}
                         for i in range(5)]
                steps += [{"id": f"h{i}", "type": "http", "data": {"url": url}} for i in range(5)]
                self.assertIn(ask("POST", "/v1/flows", json.dumps(sequence("f", *steps)))[0],
                              (200, 201))
                self.idle_connections(server, 2 * limit)
                for n in range(4):
                    ask("POST", "/v1/runs", json.dumps({"flow": "f", "id": f"r{limit}-{n}"}))
                for n in range(4):
                    status, text = ask("GET", f"/v1/runs/r{limit}-{n}?wait=30s")
                    self.assertEqual((status, json.loads(text)["status"]), (200, "completed"), text)
                self.assertEqual(ask("GET", "/readyz")[0], 200)
                text = ask("GET", "/metrics")[1]
                self.assertLess(self.value(text, "process_open_fds"), limit)
                self.assertGreater(self.value(text, "pawl_http_connections_refused_total"), 0)
                keeper.close()
                self.assertIn("the limit of open files has room for", server.stop()[1])


class FilesTest(ServerTest):
    def mode(self, *path):
        return stat.S_IMODE(os.stat(os.path.join(self.folder, *path)).st_mode)

    def test_only_the_owner_can_access_a_new_data_folder(self):
        server = self.serve(preexec=lambda: os.umask(0))
        server.post("/v1/flows", sequence("f", *[task(f"n{i}") for i in range(3)]))
        for n in range(20):
            server.post("/v1/runs?wait=30s", {"flow": "f", "id": f"r{n}"})
        server.stop()
        server = self.serve(preexec=lambda: os.umask(0))  # writes tables and new logs
        self.assertNotIn("other users can access", server.stop()[1])
        self.assertEqual(self.mode("store"), 0o700)
        names = os.listdir(os.path.join(self.folder, "store"))
        self.assertGreater(len(names), 6)
        for name in names:
            self.assertEqual(self.mode("store", name), 0o600, name)

    def test_a_data_folder_that_others_can_access_is_reported(self):
        store = os.path.join(self.folder, "store")
        os.mkdir(store)
        os.chmod(store, 0o755)
        said = self.serve().stop()[1]
        self.assertIn("warning other users can access the data folder " + store, said)
        self.assertIn("chmod 700", said)
        self.assertEqual(self.mode("store"), 0o755)

    def test_secrets_that_others_can_read_are_refused_with_the_remedy(self):
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write("pawl_x")
        server = self.serve()
        for mode in (0o640, 0o604, 0o660):
            os.chmod(token, mode)
            done = self.run_program("runs", "ls", "--server", f"http://127.0.0.1:{server.port}",
                                    "--token-file", token)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"chmod 600 {token}", done.stderr)
        os.chmod(token, 0o600)
        done = self.run_program("runs", "ls", "--server", f"http://127.0.0.1:{server.port}",
                                "--token-file", token)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run(
            ["bash", "-c", f'"$0" runs ls --server http://127.0.0.1:{server.port} '
                           '--token-file <(echo pawl_x)', PROGRAM],
            env=environment(), text=True, capture_output=True, timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        server.stop(signal.SIGTERM)
        key = os.path.join(self.folder, "key.pem")
        with open(key, "w", encoding="utf-8") as file:
            file.write("no key")
        os.chmod(key, 0o644)
        done = self.run_program("serve", "--listen", "127.0.0.1:0",
                                "--set", "server.tls_cert=" + key, "--set", "server.tls_key=" + key)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(f"server.tls_key: other users may access the file {key}", done.stderr)
        self.assertIn(f"chmod 600 {key}", done.stderr)

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], env=environment(), text=True,
                              capture_output=True, timeout=LIMIT_S, check=False)


if __name__ == "__main__":
    unittest.main()
