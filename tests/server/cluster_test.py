"""Several `pawl serve` on one PostgreSQL database: one owns the store, the others stand by."""

import collections
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from postgres_server import PostgresServer
from server_process import (LIMIT_S, PROGRAM, ServerTest, environment, sequence, task,
                            wait_for_signal)

STEPS = 8


class ClusterTest(ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.database = PostgresServer()
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        super().setUp()
        self.database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                          "WHERE application_name LIKE 'pawl %'")
        self.database.sql("DROP SCHEMA IF EXISTS pawl CASCADE")

    def join(self, node, *arguments, **options):
        """Starts a server on the database."""
        options.setdefault("database", self.database.url())
        return self.serve("--set", f"cluster.node={node}", *arguments, **options)

    def until(self, condition, limit=LIMIT_S):
        deadline = time.monotonic() + limit
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it takes too long")
            time.sleep(0.02)

    def role(self, server):
        return server.get("/v1/cluster").body["role"]

    def test_one_owns_the_store_and_the_other_says_who(self):
        first = self.join("first", "--set", "cluster.advertise=http://first.example.com:7717")
        second = self.join("second")
        self.assertEqual(first.get("/readyz").body, {"ready": True, "role": "owner"})
        known = first.get("/v1/cluster").body
        self.assertEqual((known["role"], known["node"], known["owner"], known["takeovers"]),
                         ("owner", "first", "first", 1))
        self.assertEqual(known["survives"], {"power_loss": True, "machine_loss": False})
        self.assertLess(known["lease_age_ms"], 6000)
        self.assertGreater(known["epoch"], 0)
        self.assertEqual(first.post("/v1/flows", sequence("f", task("t"))).status, 201)

        waits = second.get("/readyz")
        self.assertEqual((waits.status, waits.body["type"]), (503, "standby"))
        self.assertIn("first (http://first.example.com:7717) owns it", waits.body["detail"])
        seen = second.get("/v1/cluster").body
        self.assertRegex(seen.pop("since"), r"^\d{4}-\d\d-\d\dT.*Z$")
        self.assertEqual(seen,
                         {"role": "standby", "node": "second", "owner": "first",
                          "owner_url": "http://first.example.com:7717",
                          "epoch": known["epoch"], "takeovers": 0, "losses": 0})
        # Nobody has this address: nothing was done, and a client may ask again.
        for answer in (second.post("/v1/runs", {"flow": "f"}), second.get("/v1/flows"),
                       second.get("/v1/runs/none")):
            self.assertEqual((answer.status, answer.body["code"], answer.body["type"]),
                             (503, "unavailable", "standby"), answer.text)
            self.assertEqual(answer.headers["retry-after"], "1")
            self.assertIn("first (http://first.example.com:7717) owns the store",
                          answer.body["detail"])
        metrics = second.get("/metrics").text
        self.assertIn('\npawl_cluster_forwarded_total{outcome="failed"} 3\n', metrics)
        self.assertIn(f'\npawl_partition_epoch {known["epoch"]}\n', metrics)
        self.assertIn('\npawl_cluster_role{role="standby"} 1\n', metrics)
        self.assertIn("\npawl_ready 0\n", metrics)

        # An orderly stop gives the store away at once.
        begin = time.monotonic()
        self.assertEqual(first.stop()[0], 0)
        self.until(lambda: self.role(second) == "owner")
        self.assertLess(time.monotonic() - begin, 5)
        self.until(lambda: second.get("/readyz").status == 200)
        self.assertEqual(second.get("/v1/flows/f").status, 200)
        code, said = second.stop()
        self.assertEqual(code, 0, said)
        self.assertRegex(said, "this process stands by: .*first")
        self.assertRegex(said, r"owns the store in the database now, in epoch \d+")

    def pair(self, *arguments):
        """An owner that others can reach, and a server that stands by."""
        owner = self.join("first", "--set", f"cluster.advertise=http://127.0.0.1:{self.port()}",
                          *arguments, listen=f"127.0.0.1:{self.port()}")
        return owner, self.join("second", *arguments)

    def port(self):
        """A free port, the same for the whole test."""
        if not hasattr(self, "free_port"):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.free_port = probe.getsockname()[1]
        return self.free_port

    def test_a_standby_passes_commands_and_reads_on_to_the_owner(self):
        owner, standby = self.pair()
        flow = sequence("f", wait_for_signal("w", "go"), task("t"))
        self.assertEqual(standby.post("/v1/flows", flow).status, 201)
        started = standby.post("/v1/runs", {"flow": "f", "id": "r\u00fc 1"},
                               Idempotency_Key="once")
        self.assertEqual(started.status, 201, started.text)
        again = standby.post("/v1/runs", {"flow": "f", "id": "r\u00fc 1"}, Idempotency_Key="once")
        self.assertEqual(again.body["id"], started.body["id"])
        path = "/v1/runs/r%C3%BC%201"
        self.assertEqual(standby.get("/v1/runs?status=running&limit=5").body["runs"][0]["id"],
                         "r\u00fc 1")
        seen = standby.get(path)
        self.assertEqual(seen.text, owner.get(path).text)
        self.assertEqual(seen.headers["etag"], owner.get(path).headers["etag"])
        self.assertEqual(standby.get(path, If_None_Match=seen.headers["etag"]).status, 304)
        self.assertEqual(standby.call("HEAD", path).status, 200)
        # Errors of the owner come back as they are.
        self.assertEqual((standby.get("/v1/runs/none").status,
                          standby.post("/v1/runs", {"flow": "none"}).body["code"],
                          standby.post("/v1/runs", {"flaw": "f"}).status),
                         (404, "not_found", 400))
        # A wait is passed on, too.
        got = []
        waiting = threading.Thread(
            target=lambda: got.append(standby.get(path + "?wait=30s").body["status"]))
        waiting.start()
        self.assertEqual(standby.post(path + "/signal", {"type": "go"}).status, 200)
        waiting.join()
        self.assertEqual(got, ["completed"])
        self.assertEqual(standby.call("DELETE", path).status, 200)
        self.assertEqual(owner.get(path).status, 404)
        self.assertRegex(standby.get("/metrics").text,
                         r'\npawl_cluster_forwarded_total\{outcome="answered"\} \d\d\n')
        # What concerns one server is answered by each.
        self.assertEqual((self.role(owner), self.role(standby)), ("owner", "standby"))
        self.assertEqual(standby.get("/v1/whoami").status, 200)

    def test_a_large_answer_and_a_large_body_are_passed_on(self):
        owner, standby = self.pair()
        standby.post("/v1/flows", sequence("f", wait_for_signal("w", "go")))
        text = "x" * 700_000
        started = standby.post("/v1/runs", {"flow": "f", "id": "big", "input": {"text": text}})
        self.assertEqual(started.status, 201, started.text)
        self.assertEqual(standby.get("/v1/runs/big/state").text,
                         owner.get("/v1/runs/big/state").text)
        self.assertIn(text, standby.get("/v1/runs/big/state").text)

    def test_what_a_standby_cannot_pass_on_names_the_owner(self):
        owner, standby = self.pair()
        owner.post("/v1/flows", sequence("f", task("t")))
        owner.post("/v1/runs", {"flow": "f", "id": "r"})
        url = f"http://127.0.0.1:{owner.port}"
        refused = [standby.get("/v1/runs/r/events"), standby.get("/v1/events"),
                   standby.call("PUT", "/v1/blobs", b"abc", Content_Type="text/plain"),
                   standby.get("/v1/blobs/sha256:" + "a" * 64),
                   # One hop: it was passed on already.
                   standby.get("/v1/runs/r", Pawl_Forwarded="third"),
                   standby.post("/v1/runs", {"flow": "f"}, Pawl_Forwarded="third")]
        for answer in refused:
            self.assertEqual((answer.status, answer.body["code"], answer.body["type"]),
                             (503, "unavailable", "standby"), answer.text)
            self.assertIn(f"first ({url}) owns it", answer.body["detail"])
            self.assertIn("retry-after", answer.headers)
        # The owner does not care who passed a request on.
        self.assertEqual(owner.get("/v1/runs/r", Pawl_Forwarded="third").status, 200)

    def test_servers_that_name_each_other_do_not_pass_requests_in_circles(self):
        # The owner is said to be where the standby is.
        address = f"127.0.0.1:{self.port()}"
        self.join("first", "--set", f"cluster.advertise=http://{address}")
        standby = self.join("second", listen=address)
        answer = standby.get("/v1/flows")
        self.assertEqual((answer.status, answer.body["type"]), (503, "standby"), answer.text)

    def test_the_owner_checks_the_key_again(self):
        def add_key(file, name, role):
            made = subprocess.run([PROGRAM, "keys", "add", name, "--role", role, "--set",
                                   f"server.keys_file={file}"], env=environment(), text=True,
                                  capture_output=True, timeout=LIMIT_S, check=True)
            return made.stdout.strip()

        keys, other = (os.path.join(self.folder, name) for name in ("keys.json", "other.json"))
        bearer = {"Authorization": f"Bearer {add_key(keys, 'ops', 'operator')}"}
        add_key(other, "boss", "admin")
        address = f"127.0.0.1:{self.port()}"
        owner = self.join("first", "--set", f"cluster.advertise=http://{address}", "--set",
                          f"server.keys_file={other}", listen=address)
        standby = self.join("second", "--set", f"server.keys_file={keys}")
        self.assertEqual(standby.get("/v1/flows").status, 401)
        # The standby knows the key, the owner does not.
        self.assertEqual(standby.get("/v1/cluster", **bearer).status, 200)
        refused = standby.get("/v1/flows", **bearer)
        self.assertEqual((refused.status, refused.body["code"]), (401, "unauthorized"))
        self.assertEqual(owner.get("/v1/flows", **bearer).status, 401)
        # Roles are checked before anything is passed on.
        self.assertEqual(standby.post("/v1/flows", {}, **bearer).status, 403)

    def test_requests_go_on_after_a_takeover(self):
        owner, standby = self.pair()
        self.assertEqual(standby.post("/v1/flows", sequence("f", task("t"))).status, 201)
        owner.stop(signal.SIGKILL)
        answers = []

        def is_back():
            answer = standby.post("/v1/runs", {"flow": "f", "id": "r", "key": "k"})
            answers.append((answer.status, answer.body.get("code")))
            return answer.status in (200, 201)

        self.until(is_back)
        self.assertEqual(set(answers[:-1]) - {(503, "unavailable")}, set(), answers)
        self.assertEqual(standby.get("/v1/runs/r?wait=30s").body["status"], "completed")
        self.assertEqual(self.role(standby), "owner")

    def test_the_program_shows_who_owns_the_store(self):
        owner, standby = self.pair()
        def shown(server, *options):
            return subprocess.run(
                [PROGRAM, "cluster", "--server", f"http://127.0.0.1:{server.port}", *options],
                check=True, text=True, capture_output=True, env=environment()).stdout
        self.assertEqual(json.loads(shown(standby, "--json"))["owner"], "first")
        self.assertRegex(shown(standby), r"(?m)^role +standby$")
        self.assertRegex(shown(owner), r"(?m)^commits +survive a power failure")
        self.assertRegex(shown(owner), r"(?m)^lease +\d+ ms old$")

    def refused(self, node, *arguments, **options):
        """What a server says that does not start."""
        with self.assertRaises(AssertionError) as raised:
            self.join(node, *arguments, **options)
        return str(raised.exception)

    def test_what_cannot_join_is_refused(self):
        self.assertIn("cluster.require_sync_standby is set",
                      self.refused("first", "--set", "cluster.require_sync_standby=true"))
        self.join("first")
        self.assertIn("a process of the same name, first, owns it", self.refused("first"))
        self.assertIn('it is the store of the cluster "pawl", but cluster.name is "staging"',
                      self.refused("second", "--set", "cluster.name=staging"))
        self.assertIn("first owns it",
                      self.refused("second", "--set", "cluster.standby=false"))

    def test_pgbouncer_is_refused(self):
        pooler = shutil.which("pgbouncer")
        if pooler is None:
            self.skipTest("pgbouncer is not installed")
        folder = self.database.folder
        settings = os.path.join(folder, "pgbouncer.ini")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f"[databases]\npostgres = host={folder} user=pawl\n[pgbouncer]\nlisten_addr =\n"
                       f"listen_port = 6432\nunix_socket_dir = {folder}\nauth_type = any\n"
                       "pool_mode = transaction\n")
        process = subprocess.Popen([pooler, settings], cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, **self.database.user)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.until(lambda: os.path.exists(os.path.join(folder, ".s.PGSQL.6432")))
        said = self.refused("first", database=self.database.url() + "?port=6432")
        self.assertIn("pooler", said)

    def test_a_stopped_standby_ends_without_an_error(self):
        self.join("first")
        code, said = self.join("second").stop()
        self.assertEqual(code, 0, said)

    def test_kill_9_of_the_owner_loses_no_run_and_repeats_no_finished_step(self):
        log = os.path.join(self.folder, "steps")
        steps = [task(f"s{n}", "core.exec",
                      argv=["sh", "-c", f"read run; echo \"$run {n}\" >> {log}; sleep 0.02"],
                      stdin={"cat": [{"var": "name"}, "\n"]}) for n in range(STEPS)]
        allowed = ("--set", "exec.allow=sh")
        servers = [self.join(f"n{n}", *allowed) for n in range(3)]
        owner = next(each for each in servers if self.role(each) == "owner")
        self.assertEqual(owner.post("/v1/flows", sequence("f", *steps)).status, 201)
        runs = [f"r{n}" for n in range(60)]
        for name in runs:
            self.assertEqual(owner.post("/v1/runs", {"flow": "f", "id": name,
                                                     "input": {"name": name}}).status, 201)
        kills = 0
        while kills < 2:
            seen = self.lines(log)
            self.until(lambda seen=seen: len(self.lines(log)) > len(seen) + 20)
            owner.stop(signal.SIGKILL)
            kills += 1
            begin = time.monotonic()
            servers.remove(owner)
            self.until(lambda: any(self.role(each) == "owner" for each in servers))
            owner = next(each for each in servers if self.role(each) == "owner")
            self.assertLess(time.monotonic() - begin, 4)
        for name in runs:
            answer = owner.get(f"/v1/runs/{name}?wait=30s")
            self.assertEqual(answer.body.get("status"), "completed", answer.text)
        ran = collections.defaultdict(list)
        for line in self.lines(log):
            name, step = line.split()
            ran[name].append(int(step))
        self.assertEqual(sorted(ran), sorted(runs))
        for name, order in ran.items():
            # A step that the kill interrupted runs again; one with a recorded outcome never does.
            self.assertEqual(sorted(set(order)), list(range(STEPS)), name)
            self.assertEqual(order, sorted(order), name)
            self.assertLessEqual(len(order), STEPS + kills, name)

    @staticmethod
    def lines(log):
        try:
            with open(log, encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def test_an_owner_that_was_stopped_for_long_stands_by(self):
        first = self.join("first", "--set", "cluster.lease_ttl_ms=2s")
        second = self.join("second", "--set", "cluster.lease_ttl_ms=2s")
        first.post("/v1/flows", sequence("f", wait_for_signal("w", "go"), task("t")))
        self.assertEqual(first.post("/v1/runs", {"flow": "f", "id": "r"}).status, 201)
        first.process.send_signal(signal.SIGSTOP)
        self.addCleanup(lambda: first.process.poll() is None and
                        first.process.send_signal(signal.SIGCONT))
        self.until(lambda: self.role(second) == "owner")
        self.assertEqual(second.post("/v1/runs/r/signal", {"type": "go"}).status, 200)
        self.assertEqual(second.get("/v1/runs/r?wait=30s").body["status"], "completed")
        first.process.send_signal(signal.SIGCONT)
        # It may answer before it notices, but what it answers is not a commit.
        self.assertNotEqual(first.post("/v1/runs", {"flow": "f", "id": "late"}).status, 201)
        self.until(lambda: self.role(first) == "standby")
        self.assertEqual(first.get("/v1/cluster").body["owner"], "second")
        self.assertEqual(second.get("/v1/runs/late").status, 404)
        self.until(lambda: first.get("/v1/cluster").body["losses"] == 1)

    def test_a_restart_of_the_database_costs_only_time(self):
        first = self.join("first")
        second = self.join("second")
        first.post("/v1/flows", sequence("f", wait_for_signal("w", "go"), task("t")))
        self.assertEqual(first.post("/v1/runs", {"flow": "f", "id": "r"}).status, 201)
        self.database.crash()
        self.database.start()
        self.assertEqual(first.post("/v1/runs/r/signal", {"type": "go"}).status, 200)
        self.assertEqual(first.get("/v1/runs/r?wait=30s").body["status"], "completed")
        self.assertEqual((self.role(first), self.role(second)), ("owner", "standby"))

    def test_the_password_is_shown_nowhere(self):
        url = self.database.url().replace("pawl@", "pawl:hunter2@")
        server = self.join("first", "--set", "log.level=debug", database=url)
        self.assertIn("pawl:***@", server.get("/v1/config").text)
        self.assertNotIn("hunter2", server.get("/v1/config").text)
        self.assertNotIn("hunter2", server.get("/v1/cluster").text)
        self.assertNotIn("hunter2", server.stop()[1])

    def test_runs_survive_an_orderly_restart(self):
        first = self.join("first")
        first.post("/v1/flows", sequence("f", wait_for_signal("w", "go"), task("t")))
        first.post("/v1/runs", {"flow": "f", "id": "r"})
        first.stop()
        again = self.join("first")
        self.assertEqual(again.get("/v1/runs/r").body["status"], "running")
        self.assertTrue(re.search(r'"epoch": *\d', again.get("/v1/cluster").text))


if __name__ == "__main__":
    unittest.main()
