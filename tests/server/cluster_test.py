"""Several `pawl serve` on one PostgreSQL database: one owns the store, the others stand by."""

import collections
import os
import re
import signal
import time
import unittest

from postgres_server import PostgresServer
from server_process import LIMIT_S, ServerTest, sequence, task, wait_for_signal

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
        self.assertEqual(first.post("/v1/flows", sequence("f", task("t"))).status, 201)

        waits = second.get("/readyz")
        self.assertEqual((waits.status, waits.body["type"]), (503, "standby"))
        self.assertIn("first (http://first.example.com:7717) owns it", waits.body["detail"])
        self.assertEqual(second.get("/v1/cluster").body,
                         {"role": "standby", "node": "second", "owner": "first",
                          "owner_url": "http://first.example.com:7717", "epoch": 0, "takeovers": 0,
                          "losses": 0})
        for answer in (second.post("/v1/runs", {"flow": "f"}), second.get("/v1/flows"),
                       second.get("/v1/runs/none")):
            self.assertEqual((answer.status, answer.body["code"], answer.body["type"]),
                             (503, "unavailable", "standby"), answer.text)
        metrics = second.get("/metrics").text
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

    def refused(self, node, *arguments):
        """What a server says that does not start."""
        with self.assertRaises(AssertionError) as raised:
            self.join(node, *arguments)
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
