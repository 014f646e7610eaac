"""Names of flows and ids of runs are any text: in paths, bodies, headers, streams and logs."""

import json
import os
import signal
import unittest

from urllib.parse import quote, unquote

from server_process import Server, ServerTest, sequence, task  # also finds tests/cli
from hostile_names import NAMES, REFUSED, UNSAFE


def segment(text):
    return quote(text, safe="")


class NamesTest(ServerTest):
    def ok(self, answer, *statuses):
        self.assertIn(answer.status, statuses or (200,), answer.text)
        return answer.body

    def test_each_name_is_one_segment_of_a_path(self):
        server = self.serve()
        for name in NAMES:
            with self.subTest(name=name):
                flow, run = f"/v1/flows/{segment(name)}", f"/v1/runs/{segment(name)}"
                stored = server.call("PUT", flow, sequence(name, task("a", n=name)))
                self.ok(stored, 201)
                self.assertEqual(stored.headers["location"], flow + "/versions/1.0.0")
                self.assertEqual(self.ok(server.get(flow))["name"], name)
                self.assertEqual(self.ok(server.get(flow + "/versions/1.0.0"))["name"], name)
                started = server.post("/v1/runs?wait=30s", {"flow": name, "id": name})
                self.assertEqual(self.ok(started)["status"], "completed")
                self.assertEqual(started.headers["location"], run)
                self.assertEqual(unquote(started.headers["location"]), "/v1/runs/" + name)
                self.assertEqual(self.ok(server.get(run))["id"], name)
                self.assertEqual(self.ok(server.get(run + "/state")), {"n": name})
                for more in ("/history", "/steps", "/logs", "/explain"):
                    self.ok(server.get(run + more))
                # The last event of a finished run ends the stream.
                self.assertEqual([kind for _, kind, _ in server.events_at(run + "/events")][-2:],
                                 ["run_completed", "end"])
                quoted = json.dumps(name, ensure_ascii=False)
                for condition in ("id=" + quoted, "flow=" + quoted):
                    found = self.ok(server.get("/v1/runs?filter=" + segment(condition)))
                    self.assertEqual([each["id"] for each in found["runs"]], [name])
                listed = self.ok(server.get("/v1/runs?flow=" + segment(name)))
                self.assertEqual([each["id"] for each in listed["runs"]], [name])
        self.assertEqual(sorted(each["name"] for each in self.ok(server.get("/v1/flows"))["flows"]),
                         sorted(NAMES))
        for name in NAMES:
            self.assertEqual(server.call("DELETE", f"/v1/runs/{segment(name)}").status, 200, name)
            self.assertEqual(server.get(f"/v1/runs/{segment(name)}").status, 404, name)
            self.assertEqual(server.call("DELETE", f"/v1/flows/{segment(name)}").status, 204, name)

    def test_what_is_no_name_is_refused(self):
        server = self.serve()
        self.ok(server.post("/v1/flows", sequence("f", task("a"))), 201)
        for bad in REFUSED:
            with self.subTest(name=bad):
                self.assertEqual(server.post("/v1/flows", sequence(bad, task("a"))).status, 422)
                if bad != "":
                    self.assertEqual(server.post("/v1/runs", {"flow": "f", "id": bad}).status, 400)
                    self.assertIn(server.get(f"/v1/runs/{segment(bad)}").status, (400, 404))
        # Invalid UTF-8: in JSON, and in a path.
        self.assertEqual(server.call("POST", "/v1/runs", b'{"flow": "f", "id": "\xff"}').status, 400)
        for path in ("%FF", "%ED%A0%80", "a%00b"):
            self.assertIn(server.get(f"/v1/runs/{path}").status, (400, 404))
            self.assertEqual(server.call("PUT", f"/v1/flows/{path}", sequence("f", task("a"))).status,
                             400)
        self.assertEqual(self.ok(server.get("/v1/runs"))["runs"], [])

    def test_no_name_forges_a_line_of_the_log(self):
        for form in ("text", "json"):
            log = os.path.join(self.folder, form)
            os.mkdir(os.path.join(self.folder, "of_" + form))
            server = Server(os.path.join(self.folder, "of_" + form), "--set", "log.file=" + log,
                            "--set", "log.format=" + form)
            self.addCleanup(lambda: server.process.stderr.closed or server.stop(signal.SIGKILL))
            for name in NAMES:
                self.ok(server.post("/v1/flows", sequence(name, task("a", "core.fail", message="m"))),
                        201)
                self.ok(server.post("/v1/runs?wait=30s", {"flow": name, "id": name}))
            self.assertEqual(server.get("/metrics").status, 200)
            server.stop()
            with open(log, encoding="utf-8") as file:
                lines = file.read().split("\n")
            for line in lines:
                self.assertFalse(set(line) & set(UNSAFE), line)
            self.assertTrue(any("xe2" in line for line in lines))  # escaped

    def test_the_old_routes_take_them_too(self):
        server = self.serve("--old-api")
        nodes = [{"id": "start", "type": "start"},
                 {"id": "work", "type": "python", "data": {"code_ref": "core.echo"}},
                 {"id": "end", "type": "end"}]
        form = {"nodes": nodes, "edges": [{"source": "start", "target": "work"},
                                          {"source": "work", "target": "end"}]}
        for name in NAMES:
            with self.subTest(name=name):
                self.ok(server.post("/api/flows", {"name": name, "definition": form}))
                self.assertEqual(self.ok(server.get(f"/api/flows/{segment(name)}"))["name"], name)
                started = self.ok(server.post(f"/api/flows/{segment(name)}/start/latest",
                                              {"thread_id": name}))
                self.assertEqual(started["thread_id"], name)
                self.assertEqual(self.ok(server.get(f"/v1/runs/{segment(name)}?wait=30s"))["status"],
                                 "completed")
                thread = f"/api/thread/{segment(name)}"
                self.assertEqual(self.ok(server.get(thread + "/status"))["thread_id"], name)
                download = server.get(thread + "/logs/download")
                self.assertEqual(download.status, 200)
                header = download.headers["content-disposition"]
                self.assertTrue(header.isascii(), header)
                self.assertIn("workflow-" + name if name in ("a", "...") else "filename*=UTF-8''",
                              header)


if __name__ == "__main__":
    unittest.main()
