"""Event streams over real sockets, interrupted and resumed while runs continue."""

import collections
import json
import os
import random
import sys
import threading
import time
import unittest

from server_process import LIMIT_S, ServerTest, sequence, task, wait_for_signal
from web_socket import WebSocket


class StreamsTest(ServerTest):
    def history(self, server, run):
        return [event["id"] for event in server.get(f"/v1/runs/{run}/history").body["events"]]

    def test_a_stream_interrupted_100_times_has_no_gaps_or_duplicates(self):
        server = self.serve()
        nodes = [task(f"n{i}", "core.sleep", ms=3) for i in range(120)]
        server.post("/v1/flows", sequence("long", *nodes))
        self.assertEqual(server.post("/v1/runs", {"flow": "long", "id": "r"}).status, 201)
        seen, last, cuts, ended = [], None, 0, False
        while not ended:
            for number, (id_, kind, data) in enumerate(server.events("r", last), 1):
                self.assertNotEqual(kind, "dropped", data)
                ended = kind == "end"
                if id_:
                    seen.append(id_)
                    last = id_
                if ended or (number >= 2 and cuts < 100):
                    break
            cuts += not ended
        self.assertGreaterEqual(cuts, 100)
        self.assertEqual(seen, self.history(server, "r"))

    def test_a_scope_stream_interrupted_100_times_has_no_gaps_or_duplicates(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", *[task(f"n{i}") for i in range(4)]))
        whole, begun, ended = [], threading.Event(), threading.Event()

        def watch_all():
            for id_, kind, data in server.events_at("/v1/events"):
                begun.set()
                if id_:
                    whole.append(id_)
                if kind == "run_completed" and data["run"] == "last":
                    return ended.set()

        watcher = threading.Thread(target=watch_all)
        watcher.start()
        number = 0
        while not begun.is_set():  # start runs until the watcher sees one
            server.post("/v1/runs?wait=30s", {"flow": "f", "id": f"begin-{number}"})
            number += 1
        seen, last, cuts, done = list(whole[:1]), whole[0], 0, False
        starter = threading.Thread(target=lambda: [
            server.post("/v1/runs?wait=30s", {"flow": "f", "id": name})
            for name in [f"r-{n}" for n in range(60)] + ["last"]])
        starter.start()
        while not done:
            for number, (id_, kind, data) in enumerate(server.events_at("/v1/events", last), 1):
                self.assertNotEqual(kind, "dropped", data)
                if id_:
                    seen.append(id_)
                    last = id_
                done = kind == "run_completed" and data["run"] == "last"
                if done or (number >= 5 and cuts < 100):
                    break
            cuts += not done
        starter.join(LIMIT_S)
        self.assertTrue(ended.wait(LIMIT_S))
        watcher.join(LIMIT_S)
        self.assertEqual(cuts, 100)
        self.assertEqual(seen, whole)

    def test_streams_cut_at_any_line_miss_nothing(self):
        """Also before the first event: the first line of a stream is an id."""
        seed = int(os.environ.get("PAWL_TEST_SEED", random.SystemRandom().randrange(2**32)))
        print(f"seed {seed} (PAWL_TEST_SEED repeats the cuts)", file=sys.stderr)
        chance = random.Random(seed)
        server = self.serve()
        server.post("/v1/flows", sequence("f", *[task(f"n{i}") for i in range(2)]))
        server.post("/v1/flows", sequence("long", *[task(f"n{i}", "core.sleep", ms=3)
                                                    for i in range(120)]))
        seen, last, ended = self.read_cut(server, "/v1/events", None, 2, "none")
        self.assertIsNotNone(last)
        self.assertEqual(seen, [])
        begin = last
        server.post("/v1/runs", {"flow": "long", "id": "r"})
        starter = threading.Thread(target=lambda: [
            server.post("/v1/runs?wait=30s", {"flow": "f", "id": name})
            for name in [f"r-{n}" for n in range(60)] + ["last"]])
        starter.start()
        of_run, at_run, cuts, run_ended = [], None, 0, False
        while not (ended and run_ended and cuts >= 100):
            cuts += 1
            if not ended:
                more, last, ended = self.read_cut(server, "/v1/events", last,
                                                  chance.randrange(12), "last")
                seen += more
            if not run_ended:
                more, at_run, run_ended = self.read_cut(server, "/v1/runs/r/events", at_run,
                                                        chance.randrange(12), "r")
                of_run += more
        starter.join(LIMIT_S)
        self.assertEqual(of_run, self.history(server, "r"))
        whole = []
        for id_, kind, data in server.events_at("/v1/events", begin):
            whole.append(id_)
            if id_ == seen[-1]:
                break
        self.assertEqual(seen, whole)

    def test_digests_of_many_runs_are_few_and_small(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", task("a")))
        begin = self.position_of(server)
        runs, interval_s = 300, 0.2
        started = time.monotonic()
        starters = [threading.Thread(target=lambda first: [
            server.post("/v1/runs", {"flow": "f", "id": f"r{i}"}) for i in range(first, runs, 3)],
            args=(n,)) for n in range(3)]
        for each in starters:
            each.start()
        counts, ids, last, digests = collections.Counter(), set(), begin, 0
        while counts["run_completed"] < runs:
            # The connection is cut after each third digest: none is lost, none comes twice.
            for last, kind, data in self.digests_after(server, last, 3):
                self.assertEqual(kind, "digest")
                self.assertLessEqual(len(data["runs"]), 100)
                self.assertLess(len(json.dumps(data)), 25_000)
                counts.update(data["kinds"])
                ids.update(run["id"] for run in data["runs"])
                digests += 1
                if counts["run_completed"] == runs:
                    break
        took_s = time.monotonic() - started
        for each in starters:
            each.join(LIMIT_S)
        self.assertEqual(counts["run_created"], runs)
        self.assertEqual(counts["run_completed"], runs)
        # Each connection begins with one that does not wait.
        self.assertLessEqual(digests, took_s / interval_s * 1.5 + 3)

    def digests_after(self, server, last, limit):
        """The first digests after an event, at most `limit`."""
        for number, each in enumerate(server.events_at("/v1/events?digest=200ms", last), 1):
            yield each
            if number == limit:
                return

    def position_of(self, server):
        """The id that a stream begins with."""
        _, last, _ = self.read_cut(server, "/v1/events", None, 2, "none")
        return last

    def read_cut(self, server, path, last, lines, run):
        """Reads a number of lines of a stream. Returns the ids of the complete events, the last id
        and whether `run` has completed."""
        connection = server.connect()
        try:
            connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            ids, event, ended = [], {}, False
            for _ in range(lines):
                name, _, value = response.readline().decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                    continue
                last = event.get("id", last)
                if "id" in event and "event" in event:
                    ids.append(event["id"])
                    ended |= (event["event"] == "run_completed" and
                              json.loads(event["data"])["run"] == run)
                if event.get("event") == "end":
                    break
                event = {}
            return ids, last, ended
        finally:
            connection.close()

    def test_many_streams_of_one_run_have_the_same_events(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", wait_for_signal("s", "go"),
                                          *[task(f"n{i}") for i in range(20)]))
        server.post("/v1/runs", {"flow": "f", "id": "r"})
        seen = [[] for _ in range(50)]
        begun = threading.Barrier(len(seen) + 1, timeout=LIMIT_S)

        def watch(ids):
            for number, (id_, _, _) in enumerate(server.events("r")):
                if number == 0:
                    begun.wait()
                if id_:
                    ids.append(id_)

        watchers = [threading.Thread(target=watch, args=(ids,)) for ids in seen]
        for watcher in watchers:
            watcher.start()
        begun.wait()
        server.post("/v1/runs/r/signal", {"type": "go"})
        for watcher in watchers:
            watcher.join(LIMIT_S)
        history = self.history(server, "r")
        for ids in seen:
            self.assertEqual(ids, history)

    def test_a_slow_reader_can_read_a_long_history(self):
        server = self.serve("--set", "server.stream_buffer_bytes=64KiB")
        big = "x" * 20_000
        server.post("/v1/flows", sequence("big", *[
            {"id": f"n{i}", "type": "task", "data": {"code_ref": "core.echo", "args": {"t": big}}}
            for i in range(40)]))
        done = server.post("/v1/runs?wait=30s", {"flow": "big", "id": "r"})
        self.assertEqual(done.body["status"], "completed")
        ids = [id_ for id_, _, _ in server.events("r") if id_]
        self.assertEqual(ids, self.history(server, "r"))

    def test_a_web_socket_accepts_commands(self):
        server = self.serve()
        server.post("/v1/flows", sequence("f", wait_for_signal("s", "go")))
        # The command ends the run and the stream; its result must arrive first.
        for number in range(30):
            run = f"r{number}"
            server.post("/v1/runs", {"flow": "f", "id": run})
            messages = self.messages_after_a_signal(server, run)
            results = [m for m in messages if m["type"] == "result"]
            self.assertEqual([(m["ref"], m["ok"]) for m in results], [("a", True)])
            self.assertEqual(messages[-1]["type"], "end")
            self.assertEqual(messages[-1]["run"]["status"], "completed")
            ids = [m["id"] for m in messages if "id" in m]
            self.assertEqual(ids, self.history(server, run))

    def messages_after_a_signal(self, server, run):
        with WebSocket(server, f"/v1/runs/{run}/ws") as peer:
            peer.send({"type": "command", "ref": "a", "command": "signal", "signal_type": "go"})
            return list(peer.messages())


if __name__ == "__main__":
    unittest.main()
