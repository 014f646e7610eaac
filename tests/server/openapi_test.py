"""Checks the server against docs/openapi.yaml: calls every operation over a real socket and compares
each answer with the document: status, media type, header fields and every field of the body. Also
produces every documented status that a client can cause.

server/api/openapi.test.cpp compares routes, parameters, roles and problem codes.
"""

import hashlib
import json
import os
import signal
import unittest
from urllib.parse import quote

import jsonschema

from contract import Contract
from server_process import Server, ServerTest, sequence, task, wait_for_signal

EVIL = "http://evil.example"
BLOB = "the bytes of a blob"
BLOB_HASH = hashlib.sha256(BLOB.encode()).hexdigest()


class OpenApiTest(ServerTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.server = self.serve("--set", "blobs.max_scope_bytes=1000")
        self.contract = Contract(self.server.get("/openapi.json").body)

    def call(self, method, target, body=None, expect=None, **headers):
        answer = self.server.call(method, target, body, **headers)
        self.assertEqual(self.contract.check(method, target, answer), [])
        if expect is not None:
            self.assertEqual(answer.status, expect, f"{method} {target}: {answer.text}")
        return answer

    def post(self, target, body=None, expect=200, **headers):
        return self.call("POST", target, {} if body is None else body, expect, **headers)

    def drive_flows(self):
        first, second = sequence("f", task("a")), sequence("f", task("a"), task("b"))
        waits = sequence("waits", wait_for_signal("s", "go"))
        fails = sequence("fails", task("a", "core.fail"))
        asks = sequence("asks", {"id": "q", "type": "interrupt", "data": {"question": "ok?"}})
        self.post("/v1/flows", first, 201)
        self.post("/v1/flows", first, 200)
        self.post("/v1/flows?version=1.0.0", second, 409)
        self.post("/v1/flows", {"name": "x"}, 422)
        self.call("PUT", "/v1/flows/f", second, 201, If_Match='"1.0.0"')
        self.call("PUT", "/v1/flows/f", second, 200)
        self.call("PUT", "/v1/flows/f?version=1.0.0", second, 409)
        self.call("PUT", "/v1/flows/f", first, 412, If_Match='"1.0.0"')
        self.call("PUT", "/v1/flows/f", {"nodes": 1}, 422)
        undoes = sequence(
            "undoes",
            {"id": "a", "type": "task",
             "data": {"code_ref": "core.echo", "compensate": {"code_ref": "core.fail"}}},
            {"id": "no", "type": "fail", "data": {"message": "no"}})
        for flow in (waits, fails, asks, undoes, sequence("a/b c", task("a"))):
            self.post("/v1/flows", flow, 201)
        self.call("GET", "/v1/flows", expect=200)
        self.call("GET", "/v1/flows/a%2Fb%20c", expect=200)
        for path in ("/v1/flows/f", "/v1/flows/f?version=1.0.0", "/v1/flows/f/versions/1.0.0"):
            tag = self.call("GET", path, expect=200).headers["etag"]
            self.call("GET", path, expect=304, If_None_Match=tag)
        self.call("GET", "/v1/flows/f/versions", expect=200)
        self.post("/v1/flows/f/publish", {"version": "1.0.0"})
        self.post("/v1/validate", first)
        self.post("/v1/validate", {"name": "x"})
        self.post("/v1/logic", {"rule": {"+": [{"var": "n"}, 1]}, "data": {"n": 1}, "trace": True})
        self.post("/v1/logic", {"template": {">>": {"var": "n"}}})
        self.post("/v1/logic", {"rule": {">>": [1]}})

    def drive_runs(self):
        self.post("/v1/runs", {"flow": "f", "id": "done"}, 201)
        self.post("/v1/runs", {"flow": "f", "id": "done"}, 200)
        self.post("/v1/runs", {"flow": "f", "id": "done", "input": {"n": 1}}, 409)
        self.post("/v1/runs?wait=30s", {"flow": "f", "key": "k", "metadata": {"m": 1}}, 200)
        self.post("/v1/runs?wait=1ms", {"flow": "waits", "id": "w"}, 202)
        self.post("/v1/runs?wait=30s", {"flow": "fails", "id": "bad", "version": "1.0.0"}, 200)
        self.post("/v1/runs", {"flow": "asks", "id": "asks"}, 201)
        self.call("GET", "/v1/runs/done?wait=30s", expect=200)
        self.call("GET", "/v1/runs", expect=200)
        page = self.call("GET", "/v1/runs?status=completed&limit=1", expect=200).body
        self.call("GET", "/v1/runs?status=completed&limit=1&cursor=" + page["next"], expect=200)
        self.call("GET", "/v1/runs?filter=flow%3Dasks&order=oldest", expect=200)
        self.call("GET", "/v1/runs?filter=attr.n%3E1&order=-attr.n", expect=200)
        self.call("GET", "/v1/runs?order=attr.", expect=400)
        page = self.call("GET", "/v1/runs?order=updated_last&limit=1", expect=200).body
        self.call("GET", "/v1/runs?order=updated_last&limit=1&cursor=" + page["next"], expect=200)
        self.call("GET", "/v1/runs?filter=flwo%3Dasks", expect=400)
        self.call("GET", "/v1/stats/runs?filter=flow%3Dasks", expect=200)
        self.call("GET", "/v1/stats/errors?limit=10", expect=200)
        self.call("GET", "/v1/stats/daily", expect=200)
        self.call("GET", "/v1/stats/daily?days=1", expect=200)
        self.call("GET", "/v1/stats/daily?days=367", expect=400)
        for path in ("/v1/runs/done", "/v1/runs/done/state"):
            tag = self.call("GET", path, expect=200).headers["etag"]
            self.call("GET", path, expect=304, If_None_Match=tag)
        self.call("GET", "/v1/runs/bad", expect=200)
        self.call("GET", "/v1/runs/asks", expect=200)
        self.call("GET", "/v1/runs/done/history?first=1&limit=2", expect=200)
        self.call("GET", "/v1/runs/done/history?reverse=true&values=true&kind=run_created", expect=200)
        self.call("GET", "/v1/runs/done/history?kind=run_born", expect=400)
        self.call("GET", "/v1/runs/done/steps?reverse=true&limit=1", expect=200)
        self.call("GET", "/v1/runs/done/steps?node=nowhere", expect=400)
        for run in ("done", "bad", "asks", "w"):
            self.call("GET", f"/v1/runs/{run}/explain", expect=200)
            self.call("GET", f"/v1/runs/{run}/steps", expect=200)
            self.call("GET", f"/v1/runs/{run}/states/1", expect=200)
            self.call("GET", f"/v1/runs/{run}/diff", expect=200)
        self.call("GET", "/v1/runs/w/states/999", expect=404)
        self.call("GET", "/v1/runs/w/states/first", expect=400)
        self.call("GET", "/v1/runs/w/diff?from=1&to=999", expect=404)
        self.post("/v1/runs/asks/fork", {"id": "forked", "checkpoint": 1, "data": {"n": 1}}, 201)
        self.post("/v1/runs/asks/fork", {"id": "forked", "checkpoint": 1, "data": {"n": 1}}, 200)
        self.post("/v1/runs/asks/fork", {"id": "forked", "checkpoint": 1, "data": {"n": 2}}, 409)
        self.post("/v1/runs/done/fork", expect=409)
        self.call("GET", "/v1/runs/bad/history", expect=200)
        self.call("GET", "/v1/runs/done/logs", expect=200)
        self.call("GET", "/v1/runs/done/events?follow=false", expect=200)
        self.call("DELETE", "/v1/flows/waits", expect=409)

    def drive_commands(self):
        for word, body in (("pause", {"reason": "r", "if_status": "running"}),
                           ("set-data", {"update": {"n": 1}, "if_status": "paused"}),
                           ("update", {"update": {"n": 1}, "only_if": "paused"}),
                           ("resume", {"update": {"n": 2}})):
            self.post(f"/v1/runs/w/{word}", body)
        self.assertEqual(self.call("GET", "/v1/runs/w/state").body["n"], 2)
        self.post("/v1/runs/w/pause", {"if_status": "running", "only_if": "running"}, 400)
        self.post("/v1/runs/w/pause", {"if_checkpoint": 999}, 412)
        self.post("/v1/runs/asks/answer", {"answer": True})
        self.post("/v1/runs/bad/retry")
        self.call("GET", "/v1/runs/bad?wait=30s", expect=200)
        self.post("/v1/runs/done/restart", {"id": "again"}, 201)
        self.post("/v1/runs/done/restart", {"id": "again"}, 200)
        self.post("/v1/runs/w/restart", expect=409)
        self.post("/v1/runs/done/replay", {"id": "once\tmore"}, 400)
        self.post("/v1/runs/done/replay", {"id": "once-more"}, 201)
        self.post("/v1/runs/done/replay", {"id": "once-more"}, 200)
        self.post("/v1/runs/w/replay", expect=409)
        self.post("/v1/runs/w/signal", {"type": "other", "payload": [1], "id": "s"})
        self.post("/v1/runs/w/retry", expect=409)
        for word, body in COMMANDS.items():
            self.post(f"/v1/runs/w/{word}", body, 412, If_Match='"999"')
        self.post("/v1/runs/w/cancel")
        self.post("/v1/runs", {"flow": "waits", "id": "endless"}, 201)
        self.post("/v1/runs/endless/terminate", {"reason": "now"})
        self.post("/v1/runs?wait=30s", {"flow": "undoes", "id": "undoes"}, 200)
        self.post("/v1/runs/undoes/skip", {"node": "a", "reason": "by hand"})
        for word, body in COMMANDS.items():
            if word != "retry":
                self.post(f"/v1/runs/w/{word}", body, 409)
        self.call("DELETE", "/v1/flows/a%2Fb%20c", expect=204)

    def drive_jobs(self):
        for number in range(3):
            self.post("/v1/runs", {"flow": "waits", "id": f"job-run-{number}"}, 201)
        wanted = {"command": "cancel", "filter": "flow=waits id^=job-run-", "id": "j", "reason": "x"}
        started = self.post("/v1/jobs", wanted, 201)
        self.assertEqual(started.headers["location"], "/v1/jobs/j")
        self.post("/v1/jobs", wanted, 200)
        self.post("/v1/jobs", {**wanted, "command": "pause"}, 409)
        self.post("/v1/jobs", {**wanted, "filter": "flow="}, 400)
        job = self.call("GET", "/v1/jobs/j?wait=30s", expect=200).body
        self.assertEqual((job["state"], job["matched"], job["done"]), ("finished", 3, 3))
        results = self.call("GET", "/v1/jobs/j/results?limit=2", expect=200).body
        self.assertEqual([each["run"] for each in results["results"]], ["job-run-0", "job-run-1"])
        self.call("GET", f"/v1/jobs/j/results?outcome=done&first={results['next']}", expect=200)
        self.call("GET", "/v1/jobs/j/results?outcome=well", expect=400)
        self.call("GET", "/v1/jobs", expect=200)
        self.call("POST", "/v1/jobs/j/abort", expect=409)
        self.call("DELETE", "/v1/jobs/j", expect=204)
        # One a second, so that it has not ended.
        for number in range(60):
            self.post("/v1/runs", {"flow": "waits", "id": f"slow-{number}"}, 201)
        slow = {"command": "signal", "signal": "go", "payload": {"by": 1}, "rate": 1,
                "filter": "id^=slow-"}
        name = self.post("/v1/jobs", slow, 201, Idempotency_Key="slow job").body["id"]
        self.assertEqual(self.post("/v1/jobs", slow, 200, Idempotency_Key="slow job").body,
                         {"id": name, "created": False})
        self.post("/v1/jobs", {**slow, "rate": 2}, 422, Idempotency_Key="slow job")
        path = "/v1/jobs/" + quote(name, safe="")
        self.call("DELETE", path, expect=409)
        self.assertEqual(self.call("POST", path + "/abort", expect=200).body["state"], "aborted")

    def drive_cleanup(self):
        self.call("GET", "/v1/runs/asks?wait=30s", expect=200)
        self.call("DELETE", "/v1/runs/asks", expect=200)
        self.post("/v1/runs", {"flow": "waits", "id": "held"}, 201)
        self.call("DELETE", "/v1/runs/held", expect=409)
        self.call("PUT", "/v1/runs/held/keep", expect=204)
        self.assertIs(self.call("GET", "/v1/runs/held", expect=200).body["kept"], True)
        self.post("/v1/runs/held/terminate")
        self.call("DELETE", "/v1/runs/held", expect=409)
        self.call("DELETE", "/v1/runs/held/keep", expect=204)
        self.assertIs(self.call("GET", "/v1/runs/held", expect=200).body["kept"], False)
        self.call("POST", "/v1/cleanup?older_than=1d&dry_run=true&limit=10", expect=200)
        self.call("POST", "/v1/cleanup?older_than=1d", expect=200)
        self.call("POST", "/v1/cleanup?older_than=soon&cursor=x", expect=400)
        self.call("POST", "/v1/backups", expect=409)
        # These need a deletion under way (tests/engine/removal.test.cpp).
        for method in ("PUT", "DELETE"):
            self.contract.seen[(method, "/v1/runs/{id}/keep")].add("409")
        self.call("POST", "/v1/store/compact", expect=200)
        self.call("POST", "/v1/cleanup?older_than=1d", expect=200, Idempotency_Key="c2")
        self.call("POST", "/v1/cleanup?older_than=2d", expect=422, Idempotency_Key="c2")
        with_backups = os.path.join(self.folder, "with_backups")
        os.mkdir(with_backups)
        other = Server(with_backups, "--set", f"backup.dir={os.path.join(with_backups, 'kept')}")
        self.addCleanup(lambda: other.process.stderr.closed or other.stop(signal.SIGKILL))
        answer = other.call("POST", "/v1/backups")
        self.assertEqual(self.contract.check("POST", "/v1/backups", answer), [])
        self.assertEqual(answer.status, 200, answer.text)

    def drive_batches(self):
        self.post("/v1/batch/start", {"items": [{"flow": "waits", "id": "b1"}, {"flow": "none"}]})
        for word in ("pause", "resume", "retry", "cancel", "terminate"):
            self.post(f"/v1/batch/{word}", {"runs": ["b1", "none"], "if_status": "running"})
            self.post(f"/v1/batch/{word}", {"runs": ["b1", "none"]})
        self.post("/v1/batch/signal", {"items": [{"run": "b1", "type": "go"}]})

    def drive_tasks(self):
        work = {"id": "a", "type": "task", "data": {"code_ref": "w.work", "queue": "default"}}
        self.post("/v1/flows", sequence("worked", work), 201)
        self.post("/v1/runs", {"flow": "worked", "id": "t"}, 201)
        wanted = {"worker": "w1", "functions": ["w.work"], "wait_ms": 20_000, "lease_ms": 60_000}
        task, = self.post("/v1/tasks/poll", wanted).body["tasks"]
        self.post("/v1/tasks/poll", {**wanted, "wait_ms": 0, "max": 5, "queue": "default"})
        self.call("GET", "/v1/workers", expect=200)
        self.call("GET", "/v1/runs/t", expect=200)
        said = {"heartbeat": {"progress": 0.5},
                "log": {"lines": [{"level": "info", "message": "x"}]},
                "interrupt": {"value": "?", "update": {"a": 1}},
                "fail": {"type": "lost", "message": "m", "retryable": False},
                "complete": {"result": 1}}
        for word in ("heartbeat", "log", "interrupt"):
            self.post(f"/v1/tasks/{task['task']}/{word}", {"lease": task["lease"], **said[word]})
        self.post("/v1/runs/t/answer", {"answer": 1})
        task, = self.post("/v1/tasks/poll", wanted).body["tasks"]
        self.post(f"/v1/tasks/{task['task']}/release", {"lease": task["lease"]})
        self.post(f"/v1/tasks/{task['task']}/release", {"lease": task["lease"]})  # a repeat
        self.post(f"/v1/tasks/{task['task']}/release", {"lease": str(int(task["lease"]) + 1)
                                                        if isinstance(task["lease"], str)
                                                        else task["lease"] + 1}, 409)
        task, = self.post("/v1/tasks/poll", wanted).body["tasks"]
        self.post(f"/v1/tasks/{task['task']}/fail", {"lease": task["lease"], **said["fail"]})
        self.post("/v1/runs/t/retry")
        task, = self.post("/v1/tasks/poll", wanted).body["tasks"]
        self.post(f"/v1/tasks/{task['task']}/complete", {"lease": task["lease"], "result": 2})
        self.post("/v1/runs", {"flow": "worked", "id": "t2"}, 201)
        other, = self.post("/v1/tasks/poll", wanted).body["tasks"]
        items = [{"task": t["task"], "lease": t["lease"], "result": 1} for t in (other, task)]
        self.post("/v1/batch/complete", {"items": items})
        for word, body in said.items():
            self.post(f"/v1/tasks/{task['task']}/{word}", {"lease": task["lease"], **body}, 409)
        self.drive_outcomes(wanted)

    def drive_outcomes(self, wanted):
        """Outcomes that come with a poll."""
        outcomes = []
        for id, outcome in (("o1", {"result": {"a": 1}}), ("o2", {"question": {"value": "?"}}),
                            ("o3", {"failure": {"type": "lost", "message": "m"}})):
            self.post("/v1/runs", {"flow": "worked", "id": id}, 201)
            task, = self.post("/v1/tasks/poll", wanted).body["tasks"]
            outcomes.append({"task": task["task"], "lease": task["lease"], **outcome})
        outcomes.append({**outcomes[0], "result": "another"})
        answer = self.post("/v1/tasks/poll", {**wanted, "outcomes": outcomes}).body
        self.assertEqual([each["ok"] for each in answer["outcomes"]], [True, True, True, False])
        self.assertEqual(answer["tasks"], [])

    def drive_blobs(self):
        known = self.server.call("PUT", "/v1/blobs", BLOB, Content_Type="text/plain")
        self.assertEqual(self.contract.check("PUT", "/v1/blobs", known), [])
        self.assertEqual(known.body, {"$blob": "sha256:" + BLOB_HASH, "size": len(BLOB),
                                      "type": "text/plain"})
        target = "/v1/blobs/sha256:" + BLOB_HASH
        self.assertEqual(self.call("GET", target, expect=200).text, BLOB)
        self.call("GET", target, expect=304, If_None_Match=known.headers["etag"])
        self.call("PUT", "/v1/blobs?hash=sha256:" + "0" * 64, BLOB, 400)
        self.call("PUT", "/v1/blobs?hash=x", BLOB, 400)
        self.call("PUT", "/v1/blobs", BLOB, 403, Origin=EVIL)
        self.call("PUT", "/v1/blobs", BLOB, 406, Accept="image/png")
        self.call("PUT", "/v1/blobs", BLOB, 415, Content_Encoding="gzip")
        self.call("PUT", "/v1/blobs", "", 413, Content_Length=str(2 << 30))
        self.call("PUT", "/v1/blobs", "x" * 1001, 422)

    def drive_server(self):
        for path in ("/healthz", "/readyz", "/version", "/openapi.json", "/docs", "/v1/functions",
                     "/v1/schema/flow.json",
                     "/v1/whoami", "/v1/stats", "/v1/series", "/v1/cluster", "/v1/flow-files", "/v1/scopes", "/v1/config", "/metrics"):
            self.call("GET", path, expect=200)
        self.call("GET", "/v1/config/log-level", expect=200)
        self.call("PUT", "/v1/config/log-level", {"level": "error"}, 200)
        self.call("GET", "/v1/runs/done/ws", expect=426)
        self.call("POST", "/v1/session", expect=409)
        self.call("DELETE", "/v1/session", expect=204)
        # Covered by permissions_test.py, because this server has no keys.
        self.contract.seen[("POST", "/v1/session")].add("201")
        # Covered by streams_test.py, because these streams do not end.
        self.contract.seen[("GET", "/v1/runs/{id}/ws")].add("101")
        self.contract.seen[("GET", "/v1/events")] = {"200"}

    def body_of(self, operation):
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            return None
        return self.contract.resolved(
            operation["requestBody"]["content"]["application/json"]["schema"])

    def drive_refusals(self, method, path, operation):
        """Calls the operation with requests that every operation of its kind must refuse."""
        if operation["operationId"] == "blobs.put":  # see drive_blobs
            return
        described = operation["responses"]
        schema = self.body_of(operation)
        target = path
        for name, value in KNOWN.items():
            target = target.replace(name, value)
        body = None if schema is None else {}
        self.call(method, target + "?nonsense=1", body, 400)
        self.call(method, target, body, 406, Accept="image/png")
        if "403" in described:
            self.call(method, target, body, 403, Origin=EVIL)
        if schema is not None:
            self.call(method, target, "x", 415, Content_Type="text/plain")
            self.call(method, target, "{", 400)
            self.call(method, target, '{"a":' + "[" * 400 + "]" * 400 + "}", 422)
        else:
            self.call(method, target, {}, 400)
        if "404" in described and "{" in path:
            missing = path.replace("{id}", "none").replace("{name}", "none")
            missing = missing.replace("{hash}", "0" * 64)
            missing = missing.replace("{version}", "1.0.0").replace("{checkpoint}", "1")
            asks = UPGRADE if operation["operationId"] == "runs.socket" else {}
            self.call(method, missing, VALID.get(operation["operationId"], body), 404, **asks)
        elif "404" in described:
            self.call(method, target, {"flow": "none"}, 404)

    def check_fields(self, method, path, operation):
        """Compares the fields that the server accepts with the document."""
        schema = self.body_of(operation)
        if schema is None or "properties" not in schema:
            return
        target = path
        for name, value in KNOWN.items():
            target = target.replace(name, value)
        self.assertEqual(self.known_fields(method, target, {"no such": 1}, "/no such"),
                         set(schema["properties"]), path)
        if "items" in schema["properties"]:
            item = self.contract.resolved(schema["properties"]["items"]["items"])
            self.assertEqual(
                self.known_fields(method, target, {"items": [{"no such": 1}]}, "/items/0/no such"),
                set(item["properties"]), path)

    def known_fields(self, method, target, body, pointer):
        refused = self.call(method, target, body, 400).body
        self.assertEqual(refused["faults"], refused["diagnostics"])
        message, = [d["message"] for d in refused["diagnostics"] if d["pointer"] == pointer]
        return set(message.partition(". Allowed: ")[2].split(", "))

    def test_the_server_matches_the_document(self):
        self.drive_flows()
        self.drive_runs()
        self.drive_commands()
        self.drive_jobs()
        self.drive_cleanup()
        self.drive_batches()
        self.drive_tasks()
        self.drive_blobs()
        self.drive_server()
        for method, path, operation in self.contract.operations():
            with self.subTest(method=method, path=path):
                self.drive_refusals(method, path, operation)
                self.check_fields(method, path, operation)
        self.assertEqual(list(self.contract.unseen()), [])

    def test_schemas_are_valid_and_examples_match_them(self):
        schemas = self.contract.document["components"]["schemas"]
        for name, schema in schemas.items():
            with self.subTest(schema=name):
                jsonschema.Draft202012Validator.check_schema(schema)
                for example in schema.get("examples", ()):
                    self.assertEqual(self.contract.complaints(schema, example), [])

    def test_events_of_streams_match_the_schema(self):
        self.post("/v1/flows", sequence("f", task("a", "core.log", message="x")), 201)
        self.post("/v1/runs", {"flow": "f", "id": "r"}, 201)
        schema = {"$ref": "#/components/schemas/event"}
        for _, kind, data in self.server.events("r"):
            wanted = {"$ref": "#/components/schemas/run_summary"} if kind == "end" else schema
            self.assertEqual(self.contract.complaints(wanted, data), [], json.dumps(data))


UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
           "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
KNOWN = {"{id}": "done", "{name}": "f", "{version}": "1.0.0", "{task}": "done~0.1.1",
         "{checkpoint}": "1", "{hash}": BLOB_HASH}
COMMANDS = {"pause": {}, "resume": {}, "answer": {"answer": 1}, "set-data": {"update": {"a": 1}},
            "update": {"update": {"a": 1}}, "cancel": {}, "retry": {}, "signal": {"type": "x"},
            "terminate": {}, "skip": {"node": "a"}}
VALID = {"flows.publish": {"version": "1.0.0"}, "runs.restart": {}, "runs.replay": {},
         **{"runs." + word.replace("-", "_"): body for word, body in COMMANDS.items()}}


if __name__ == "__main__":
    unittest.main()
