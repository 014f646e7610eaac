"""Mixed load on a server that is killed with SIGKILL every 20 seconds.

Clients start runs of several flows, send signals and wait, as fast as the server lets them. After the last
kill every run whose start was answered must exist, and must complete with the data that its steps make once
each. Memory and the disk space for each run must level off.

PAWL_TEST_SECONDS: how long (default 120). PAWL_TEST_SEED: of the clients.
"""

import http.client
import json
import os
import random
import signal
import statistics
import sys
import threading
import time
import unittest
from urllib.parse import quote

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "server"))
from server_process import ServerTest, sequence, task, wait_for_signal  # noqa: E402

SECONDS = float(os.environ.get("PAWL_TEST_SECONDS", "120"))
SEED = int(os.environ.get("PAWL_TEST_SEED", "0")) or random.SystemRandom().getrandbits(32)
CLIENTS = 4
KILL_EVERY_S = min(20.0, SECONDS / 6)


def counting(name, key):
    """A step whose result shows how often it was made."""
    return {"id": name, "type": "task",
            "data": {"code_ref": "core.set", "with": {key: {"+": [{"var": key}, 1]}}}}


def item_step():
    return {"id": "each", "type": "task",
            "data": {"code_ref": "core.echo", "with": {"n": {"var": "item"}}}}


FLOWS = {
    "steps": sequence("steps", counting("a", "n"), counting("b", "n"), counting("c", "n")),
    "signals": sequence("signals", wait_for_signal("w", "go"), counting("a", "n")),
    "timers": sequence("timers", {"id": "t", "type": "wait", "data": {"duration": "2s"}},
                       counting("a", "n")),
    "maps": {"name": "maps",
             "nodes": [{"id": "m", "type": "map", "data": {"items": {"var": "items"}}}, item_step(),
                       counting("a", "n")],
             "edges": [{"source": "m", "target": "each", "data": {"each": True}},
                       {"source": "m", "target": "a"}]},
    "parents": sequence("parents", {"id": "s", "type": "subflow",
                                    "data": {"flow": "steps", "input": {"n": 0}, "into": "child"}},
                        counting("a", "n")),
}
INPUTS = {"maps": {"n": 0, "items": list(range(20))}}
STEPS = {"steps": 3}  # what `n` is in the end; 1 for the others


class Client(threading.Thread):
    """Starts runs, and sends signals to those that wait for one."""

    def __init__(self, number, soak):
        super().__init__(daemon=True)
        self.soak = soak
        self.number = number
        self.random = random.Random(SEED * 100 + number)
        self.started = {}  # by id: the flow; only runs whose start was answered
        self.waiting = []  # runs of the flow `signals` that got no signal yet
        self.answered = 0
        self.connection = None

    def request(self, method, path, body):
        """The answer, or None: then it is unknown whether the server has done it."""
        try:
            if self.connection is None:
                self.connection = self.soak.server.connect()
                self.connection.timeout = 15
            self.connection.request(method, path, json.dumps(body),
                                    {"Content-Type": "application/json"})
            response = self.connection.getresponse()
            text = response.read()
            self.answered += 1
            return response.status, json.loads(text)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            time.sleep(0.05)  # the server is being restarted
            return None

    def run(self):
        count = 0
        while not self.soak.over.is_set():
            if self.waiting and self.random.random() < 0.2:
                self.signal_one()
                continue
            count += 1
            self.start_one(f"c{self.number}-{count}", self.random.choice(list(FLOWS)))

    def start_one(self, run, flow):
        body = {"id": run, "flow": flow, "input": INPUTS.get(flow, {"n": 0})}
        while True:  # the same start again, until it is answered: also after the last kill
            answer = self.request("POST", "/v1/runs", body)
            if answer is not None and answer[0] in (200, 201):
                self.started[run] = flow
                if flow == "signals":
                    self.waiting.append(run)
                return
            if answer is not None and answer[0] not in (429, 503):
                raise AssertionError(f"the start of {run} was answered {answer}")

    def signal_one(self):
        run = self.waiting[self.random.randrange(len(self.waiting))]
        answer = self.request("POST", f"/v1/runs/{run}/signal",
                              {"type": "go", "id": "once", "payload": {}})
        if answer is not None and answer[0] == 200:
            self.waiting.remove(run)


class SoakTest(ServerTest):
    def resident_mib(self):
        with open(f"/proc/{self.server.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def disk_mib(self):
        total = 0
        for folder, _, files in os.walk(os.path.join(self.folder, "store")):
            for name in files:
                try:
                    total += os.path.getsize(os.path.join(folder, name))
                except FileNotFoundError:
                    pass  # the server has deleted it since
        return total / 2**20

    def running(self):
        return self.server.get("/v1/runs?status=running&limit=10").body["runs"]

    def test_nothing_is_lost_and_nothing_grows(self):
        self.server = self.serve()
        for flow in FLOWS.values():
            self.assertEqual(self.server.post("/v1/flows", flow).status, 201)
        self.over = threading.Event()
        clients = [Client(number, self) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        samples = self.kill_again_and_again(clients)
        self.over.set()
        for client in clients:
            client.join()
        started = {}
        for client in clients:
            started.update(client.started)
        self.finish_waiting(clients)
        self.check_runs(started)
        self.check_growth(samples)
        print(f"seed {SEED}: {len(started)} runs, {len(samples)} kills, "
              f"{samples[-1][0]:.0f} MiB resident, {samples[-1][1]:.0f} MiB on disk", file=sys.stderr)

    def kill_again_and_again(self, clients):
        """Returns for each life of the server: MiB resident and on disk at its end, answers so far."""
        samples = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(KILL_EVERY_S)
            samples.append((self.resident_mib(), self.disk_mib(),
                            sum(client.answered for client in clients)))
            self.server.stop(signal.SIGKILL)
            self.server = self.serve()
        return samples

    def finish_waiting(self, clients):
        for client in clients:
            for run in client.waiting:
                answer = self.server.post(f"/v1/runs/{run}/signal", {"type": "go", "id": "once"})
                # It may have had the signal, the answer to which was lost, and be completed since.
                self.assertEqual(answer.status, 200, answer.text)
        limit = time.monotonic() + 120
        while self.running() and time.monotonic() < limit:
            time.sleep(0.2)
        left = [self.server.get(f"/v1/runs/{run['id']}").body for run in self.running()]
        self.assertEqual(left, [])

    def check_runs(self, started):
        self.assertGreater(len(started), 0)
        found, cursor = {}, ""
        while cursor is not None:
            page = self.server.get("/v1/runs?limit=1000&cursor=" + quote(cursor)).body
            found.update((run["id"], (run["status"], run["flow"])) for run in page["runs"])
            cursor = page["next"]
        for run, flow in started.items():
            self.assertEqual(found.get(run), ("completed", flow), run)
        for run in random.Random(SEED).sample(sorted(started), min(2000, len(started))):
            data, flow = self.server.get(f"/v1/runs/{run}").body["data"], started[run]
            self.assertEqual(data["n"], STEPS.get(flow, 1), run)
            if flow == "maps":
                self.assertEqual([each["n"] for each in data["results"]], INPUTS["maps"]["items"])
            if flow == "parents":
                self.assertEqual(data["child"]["n"], 3, run)

    def check_growth(self, samples):
        third = len(samples) // 3
        self.assertGreaterEqual(third, 1)
        middle, last = samples[third:2 * third], samples[-third:]
        resident = [statistics.mean(each[0] for each in part) for part in (middle, last)]
        self.assertLess(resident[1], 1.3 * resident[0] + 30, f"MiB resident at the ends: {samples}")
        # Finished runs are kept, so the disk space grows with the answers, and not faster.
        per_answer = [statistics.mean(each[1] / each[2] for each in part) for part in (middle, last)]
        self.assertLess(per_answer[1], 1.3 * per_answer[0], f"MiB on disk at the ends: {samples}")


if __name__ == "__main__":
    unittest.main()
