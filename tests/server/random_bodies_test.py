"""Sends random requests to every operation: the server must survive and answer as documented in
docs/openapi.yaml.

PAWL_TEST_SEED=N repeats the requests of a test run; PAWL_TEST_REQUESTS=N sets their number.
"""

import http.client
import os
import random
import sys
import time
import unittest

from contract import Contract
from random_requests import RandomRequests
from server_process import LIMIT_S, Answer, ServerTest, sequence, task, wait_for_signal
from web_socket import WebSocket

REQUESTS = int(os.environ.get("PAWL_TEST_REQUESTS", "3000"))
# Time limit for slow builds, and the minimum number of requests within it.
TIME_S = 60
FEWEST = 500
# What a server reads of a request that it has refused at its head, before it closes the connection.
LINGERED = 1 << 20
# Allowed answers of an overloaded server.
OVERLOADED = {429, 503}
# Statuses of limits, which the document gives for all operations at its beginning.
LIMITS = {408, 413, 414, 417, 431}


class Head:
    """An answer with a possibly endless body, which is not read."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = ""


class RandomBodiesTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("PAWL_TEST_SEED", random.SystemRandom().randrange(2**32)))
        print(f"seed {self.seed} (PAWL_TEST_SEED repeats the requests)", file=sys.stderr)

    def prepare(self, server):
        """Creates the flows and runs that most requests address."""
        asks = {"id": "q", "type": "interrupt", "data": {"question": "ok?"}}
        work = {"id": "a", "type": "task", "data": {"code_ref": "w.work"}}
        for flow in (sequence("f", task("a"), task("b")), sequence("asks", asks),
                     sequence("waits", wait_for_signal("s", "go")), sequence("work", work),
                     sequence("fails", task("a", "core.fail"))):
            self.assertEqual(server.post("/v1/flows", flow).status, 201)
        for flow, run in (("f", "done"), ("waits", "waits"), ("asks", "asks"), ("work", "work"),
                          ("fails", "bad")):
            self.assertEqual(server.post("/v1/runs", {"flow": flow, "id": run}).status, 201)

    def ask(self, connection, method, target, body, headers):
        connection.request(method, target, body=body, headers=headers)
        response = connection.getresponse()
        if response.headers.get("Content-Type", "").startswith("text/event-stream"):
            connection.close()
            return Head(response)
        answer = Answer(response)
        if response.will_close:
            connection.close()
        return answer

    def check(self, contract, described, method, target, answer):
        """Returns the errors in an answer."""
        if answer.status >= 500:
            return [] if answer.status in OVERLOADED else ["internal server error"]
        if answer.status >= 400:
            kind = answer.headers.get("content-type")
            if method == "HEAD":
                return []
            if kind != "application/problem+json":
                return [f"the error has the media type {kind}"]
            wrong = contract.complaints(PROBLEM, answer.body)
            if answer.body.get("status") != answer.status:
                wrong.append("the status of the problem differs from that of the answer")
            if wrong or not described or answer.status in LIMITS:
                return wrong
        # The body of a stream is not read; undocumented methods are answered with a problem.
        if not described or isinstance(answer, Head):
            return []
        return contract.check(method, target, answer)

    def remember(self, requests, target, answer):
        """Saves ids for later requests."""
        if target.startswith("/v1/runs") and answer.status == 201:
            requests.runs.append(answer.body["id"])
            del requests.runs[:-10]
        if target.startswith("/v1/tasks/poll") and answer.status == 200:
            requests.leases += [(each["task"].replace("/", "%2F"), each["lease"])
                                for each in answer.body["tasks"]]
            del requests.leases[:-20]

    def test_no_request_breaks_the_server(self):
        server = self.serve("--set", "engine.stop_timeout_ms=20s")
        contract = Contract(server.get("/openapi.json").body)
        self.prepare(server)
        requests = RandomRequests(contract.document, self.seed)
        end, counts, sent = time.monotonic() + TIME_S, {}, 0
        connection = server.connect()
        while sent < REQUESTS and time.monotonic() < end:
            method, target, body, headers = requests.next()
            sent += 1
            said = f"request {sent} of seed {self.seed}: {method} {target[:300]} {headers} " \
                   f"{(body or b'')[:2000]!r}"
            try:
                answer = self.ask(connection, method, target, body, headers)
            except (OSError, http.client.HTTPException) as failure:
                if len(body or b"") > LINGERED and server.process.poll() is None:
                    connection.close()
                    continue  # refused while it was being sent, so the answer was lost
                self.fail(f"{said}\nwas not answered: {failure!r}; the server "
                          f"{'is running' if server.process.poll() is None else 'has ended'}")
            counts[answer.status] = counts.get(answer.status, 0) + 1
            described = method.lower() in contract.document["paths"].get(
                self.template(contract, target), {})
            wrong = self.check(contract, described, method, target, answer)
            self.assertEqual(wrong, [], f"{said}\nwas answered {answer.status} {answer.text[:2000]}")
            self.remember(requests, target, answer)
        connection.close()
        print(f"{sent} requests, by status: {dict(sorted(counts.items()))}", file=sys.stderr)
        self.assertGreaterEqual(sent, min(REQUESTS, FEWEST))
        # Otherwise the requests do not cover enough.
        for status in (200, 201, 400, 404, 409, 422):
            self.assertIn(status, counts)

        self.assertEqual(server.get("/healthz").body, {"status": "ok"})
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        after = server.post("/v1/flows", sequence("after", task("a")))
        self.assertEqual(after.status, 201)
        done = server.post("/v1/runs?wait=30s", {"flow": "after"})
        self.assertEqual(done.body["status"], "completed")
        self.assertEqual(server.stop()[0], 0)
        # A restarted server can read what was stored.
        again = self.serve()
        self.assertEqual(again.get("/readyz").body, {"ready": True})
        self.assertEqual(again.get("/v1/runs?limit=1000").status, 200)
        self.assertEqual(again.stop()[0], 0)

    def test_no_message_breaks_a_web_socket(self):
        server = self.serve("--set", "engine.stop_timeout_ms=20s")
        self.prepare(server)
        requests = RandomRequests(server.get("/openapi.json").body, self.seed)
        end, sent, counts = time.monotonic() + TIME_S / 3, 0, {}
        while sent < REQUESTS / 3 and time.monotonic() < end:
            # A new run and socket after a few messages: most runs are cancelled soon, and the server
            # closes the socket after an invalid frame.
            run = server.post("/v1/runs", {"flow": "waits"}).body["id"]
            with WebSocket(server, f"/v1/runs/{run}/ws?follow=true") as peer:
                answers, last = peer.messages(), sent + 15
                while peer.close_code is None and sent < last:
                    sent += 1
                    kind, data = requests.message()
                    said = f"message {sent} of seed {self.seed}: {kind} {data[:2000]!r}"
                    try:
                        peer.send_frame(kind, data)
                        peer.send({"type": "command", "ref": ["probe", sent], "command": "none"})
                        self.take_results(answers, ["probe", sent], counts, said)
                    except OSError:  # the server closed the connection before reading everything
                        break
                self.assertIn(peer.close_code, {None, 1002, 1003, 1007, 1009},
                              f"{said}\nunexpected close code")
        print(f"{sent} messages, by result: {counts}", file=sys.stderr)
        for result in (True, "invalid_argument", "malformed_json", "illegal_transition"):
            self.assertIn(result, counts)
        self.assertEqual(server.get("/readyz").body, {"ready": True})
        self.assertEqual(server.stop()[0], 0)

    def take_results(self, answers, last, counts, said):
        """Reads until the result of the probe or the end of the connection."""
        for answer in answers:
            if answer["type"] != "result":
                continue
            if answer["ref"] == last:
                self.assertFalse(answer["ok"])
                return
            result = answer["ok"] or answer["problem"]["code"]
            self.assertNotEqual(result, "internal", said)
            counts[result] = counts.get(result, 0) + 1

    def template(self, contract, target):
        path = target.partition("?")[0]
        found = [template for pattern, template in contract.patterns if pattern.match(path)]
        return min(found, key=lambda each: each.count("{"), default=None)


PROBLEM = {"$ref": "#/components/schemas/problem"}


if __name__ == "__main__":
    unittest.main()
