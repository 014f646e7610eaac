"""The routes of the previous engine: every route, word, status code and message."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from urllib.parse import parse_qs, quote, urlsplit

from server_process import LIMIT_S, PROGRAM, ServerTest, sequence, task, wait_for_signal
from web_socket import TEXT, WebSocket

NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


def stored_form(*steps):
    """A definition as the previous builder stored it: (id, function, arguments)."""
    nodes = [{"id": "start", "type": "start", "data": None, "position": {"x": 1, "y": 2}}]
    nodes += [{"id": name, "type": "python", "data": {"code_ref": function, "args": arguments}}
              for name, function, arguments in steps]
    nodes.append({"id": "end", "type": "end", "data": None})
    edges = [{"source": a["id"], "target": b["id"], "data": None}
             for a, b in zip(nodes, nodes[1:])]
    return {"name": "another name", "nodes": nodes, "edges": edges, "viewport": {}}


QUICK = stored_form(("work", "core.echo", {"done": True}))
SLOW = stored_form(("sleep", "core.sleep", {"ms": 60_000}), ("work", "core.echo", {"done": True}))
SHORT = stored_form(("sleep", "core.sleep", {"ms": 50}), ("work", "core.echo", {"done": True}))


class OldApiTest(ServerTest):
    def serve_old(self, *arguments):
        return self.serve("--old-api", *arguments)

    def until(self, server, thread, status):
        end = time.monotonic() + LIMIT_S
        while True:
            run = self.ok(server.get(f"/api/thread/{thread}/status"))
            if run["status"] == status:
                return run
            self.assertLess(time.monotonic(), end, run)
            time.sleep(0.01)

    def ok(self, answer):
        self.assertEqual(answer.status, 200, answer.text)
        return answer.body

    def refused(self, answer, status, text, kind, details=None):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.body["error"], text)
        self.assertEqual(answer.body["detail"], text)
        self.assertEqual(answer.body["type"], kind)
        if details is not None:
            self.assertEqual(answer.body["details"], details)

    def create(self, server, name, definition=QUICK, **fields):
        return self.ok(server.post("/api/flows", {"name": name, "definition": definition,
                                                  **fields}))

    # ---- the server

    def test_the_server_says_that_it_works(self):
        server = self.serve_old()
        self.assertEqual(self.ok(server.get("/health")),
                         {"status": "healthy", "service": "workflow-engine"})
        self.assertEqual(self.ok(server.get("/")), {"message": "It works!"})
        status = self.ok(server.get("/status?unknown=1"))
        self.assertEqual(status["status"], "running")
        self.assertEqual(status["service"], "workflow-engine")
        self.assertEqual(status["database_path"], os.path.join(self.folder, "store"))
        for key in ("version", "logging_directory", "apps_directory", "templates_directory"):
            self.assertIsInstance(status[key], str)

    def test_without_the_setting_there_is_none_of_it(self):
        server = self.serve()
        for path in ("/", "/health", "/status", "/api/flows", "/api/runs"):
            self.assertEqual(server.get(path).status, 404, path)

    # ---- flows

    def test_a_flow_is_created_listed_and_read(self):
        server = self.serve_old()
        self.assertEqual(self.create(server, "abba-ccdd-eeff", unknown=1),
                         {"flow_version_id": 1, "name": "abba-ccdd-eeff", "version": "1.0.0",
                          "status": "created"})
        self.create(server, "other", version="2.1.0")
        listed = self.ok(server.get("/api/flows?limit=1&offset=1&unknown=x"))
        self.assertEqual(listed["total"], 2)
        created = listed["flows"][0].pop("created_at")
        self.assertRegex(created, NAIVE)
        self.assertEqual(listed["flows"], [{"flow_id": 2, "name": "other",
                                            "latest_version": "2.1.0", "latest_version_id": 2}])
        self.assertEqual(self.ok(server.get("/api/flows/other")),
                         {"flow_id": 2, "name": "other", "created_at": created})
        self.assertEqual(len(self.ok(server.get("/api/flows"))["flows"]), 2)
        self.refused(server.get("/api/flows/none"), 404, "Flow 'none' not found",
                     "FlowNotFoundException", {"flow_id": "none"})

    def test_an_existing_name_gets_a_new_version(self):
        server = self.serve_old()
        self.create(server, "f")
        again = self.create(server, "f", SHORT)
        self.assertEqual((again["version"], again["flow_version_id"]), ("1.0.1", 2))
        same = self.create(server, "f", SHORT, version="1.0.1")
        self.assertEqual((same["version"], same["flow_version_id"]), ("1.0.1", 2))
        self.assertEqual(self.ok(server.get("/api/flows"))["flows"][0]["latest_version_id"], 2)

    def test_versions_are_any_text(self):
        server = self.serve_old()
        first = self.create(server, "f", version="v1")
        self.assertEqual(first, {"flow_version_id": 1, "name": "f", "version": "v1",
                                 "status": "created"})
        self.assertEqual(self.create(server, "f", SHORT, version="第二版")["version"], "第二版")
        started = self.ok(server.post("/api/flows/f/start/version/v1", {}))
        self.assertEqual((started["version"], started["flow_version_id"]), ("v1", 1))
        self.assertEqual(self.ok(server.post("/api/flows/f/start/latest", {}))["version"], "第二版")

    def test_a_text_names_the_same_version_for_ever(self):
        server = self.serve_old()
        self.create(server, "f", version="v1")
        second = self.create(server, "f", version="v2")  # the same definition
        self.assertEqual((second["version"], second["flow_version_id"]), ("v2", 2))
        for version, number in (("v1", 1), ("v2", 2), ("v1", 1)):
            again = self.create(server, "f", version=version)
            self.assertEqual((again["version"], again["flow_version_id"]), (version, number))
            started = self.ok(server.post(f"/api/flows/f/start/version/{version}"))
            self.assertEqual((started["version"], started["flow_version_id"]), (version, number))
        self.assertEqual(sorted(each["version"] for each in
                                self.ok(server.get("/api/flows/f/versions"))), ["v1", "v2"])
        # One with another definition does not replace it.
        other = self.create(server, "f", SHORT, version="v1")
        self.assertEqual((other["version"], other["flow_version_id"]), ("1.0.2", 3))
        started = self.ok(server.post("/api/flows/f/start/version/v1"))
        self.assertEqual(started["flow_version_id"], 1)

    def test_the_other_api_and_the_program_know_a_version_by_its_text(self):
        server = self.serve_old()
        self.create(server, "f", version="v1")
        self.create(server, "f", SHORT, version="第二版")
        for body, version in (({"version": "v1"}, "1.0.0"), ({"version": "第二版"}, "1.0.1")):
            started = server.post("/v1/runs", {"flow": "f", **body})
            self.assertEqual((started.status, started.body["version"]), (201, version))
        items = [{"flow": "f", "version": "v1"}, {"flow": "f", "version": "v9"}]
        first, second = server.post("/v1/batch/start", {"items": items}).body["results"]
        self.assertEqual((first["ok"], second["ok"], second["problem"]["status"]),
                         (True, False, 404))
        for path in ("f/versions/v1", "f?version=v1"):
            self.assertEqual(server.get(f"/v1/flows/{path}").body["version"], "1.0.0")
        published = server.post("/v1/flows/f/publish", {"version": "v1"})
        self.assertEqual((published.status, published.body["version"]), (200, "1.0.0"))
        for answer in (server.post("/v1/runs", {"flow": "f", "version": "v9"}),
                       server.get("/v1/flows/f/versions/v9"),
                       server.post("/v1/flows/f/publish", {"version": "v9"})):
            self.assertEqual(answer.status, 404, answer.text)
            self.assertEqual(answer.body["detail"], 'no version of flow "f" has the label "v9"')
        for text in ("", "v" * 201):
            self.assertEqual(server.post("/v1/runs", {"flow": "f", "version": text}).status, 400)
        for arguments in (["f@v1"], ["f", "--version", "v1"]):
            started = subprocess.run(
                [PROGRAM, "runs", "start", *arguments, "--json",
                 "--server", f"http://127.0.0.1:{server.port}"],
                check=True, capture_output=True, text=True, timeout=LIMIT_S)
            self.assertEqual(json.loads(started.stdout)["version"], "1.0.0")
        # The text of a deleted version is free.
        self.ok(server.call("DELETE", "/api/flows/f/versions/v1"))
        self.assertEqual(server.get("/v1/flows/f/versions/v1").status, 404)

    def test_a_new_text_does_not_rename_a_version(self):
        server = self.serve_old()
        self.create(server, "f")
        second = self.create(server, "f", version="v2")  # the same definition
        self.assertEqual((second["version"], second["flow_version_id"]), ("v2", 2))
        for version, number in (("1.0.0", 1), ("v2", 2)):
            again = self.create(server, "f", version=version)
            self.assertEqual((again["version"], again["flow_version_id"]), (version, number))
            started = self.ok(server.post(f"/api/flows/f/start/version/{version}"))
            self.assertEqual((started["version"], started["flow_version_id"]), (version, number))
        self.assertEqual(sorted(each["version"] for each in
                                self.ok(server.get("/api/flows/f/versions?include_unpublished=1"))),
                         ["1.0.0", "v2"])
        # So has one that was stored by the other API.
        stored = server.call("PUT", "/v1/flows/g", {**QUICK, "dialect": "old"})
        self.assertEqual(stored.status, 201, stored.text)
        self.assertEqual(self.create(server, "g", version="v1")["version"], "v1")
        self.assertEqual(self.ok(server.post("/api/flows/g/start/version/1.0.0"))["version"],
                         "1.0.0")

    def test_an_update_counts_the_version_on(self):
        server = self.serve_old()
        self.refused(server.call("PUT", "/api/flows/f", {"definition": QUICK}), 404,
                     "Flow 'f' not found", "FlowNotFoundException")
        self.create(server, "f", version="1.2.3")
        self.assertEqual(self.ok(server.call("PUT", "/api/flows/f", {"definition": SHORT})),
                         {"flow_version_id": 2, "name": "f", "version": "1.2.4",
                          "status": "updated"})
        named = self.ok(server.call("PUT", "/api/flows/f",
                                    {"definition": SLOW, "version": "2.0.0"}))
        self.assertEqual((named["version"], named["flow_version_id"]), ("2.0.0", 3))
        self.assertEqual(self.ok(server.post("/api/flows/f/start/latest"))["version"], "2.0.0")
        plain = self.ok(server.call("PUT", "/api/flows/f", {"definition": SLOW,
                                                            "auto_increment_version": False}))
        self.assertEqual((plain["version"], plain["flow_version_id"]), ("1.0.0", 4))

    def test_flows_of_the_other_api_are_numbered_by_a_list(self):
        server = self.serve_old()
        names = [f"f{n:02}" for n in range(30)]
        for name in names:
            server.post("/v1/flows", sequence(name, task("work")))
        server.call("DELETE", "/v1/flows/f07")
        names.remove("f07")
        listed = self.ok(server.get("/api/flows"))
        self.assertEqual(listed["total"], 29)
        self.assertEqual([(each["flow_id"], each["name"], each["latest_version_id"])
                          for each in listed["flows"]],
                         [(number, name, number) for number, name in enumerate(names, 1)])
        self.assertEqual(self.ok(server.get("/api/flows")), listed)

    def test_a_deleted_version_is_not_started_as_the_latest_one(self):
        server = self.serve_old()
        self.create(server, "f")
        self.create(server, "f", SHORT)
        self.ok(server.call("DELETE", "/api/flows/f/versions/1.0.1"))
        self.assertEqual(server.post("/v1/flows/f/publish", {"version": "1.0.1"}).status, 200)
        for path in ("start", "start/latest"):
            self.refused(server.post(f"/api/flows/f/{path}"), 400,
                         "No published version found for flow f", "ValidationException")
        self.ok(server.call("POST", "/api/flows/f/versions/1.0.0/publish"))
        self.assertEqual(self.ok(server.post("/api/flows/f/start"))["version"], "1.0.0")

    def test_versions_are_listed_published_and_deleted(self):
        server = self.serve_old()
        self.create(server, "f")
        self.create(server, "f", SHORT)
        versions = self.ok(server.get("/api/flows/f/versions?include_unpublished=true"))
        for each in versions:
            self.assertRegex(each.pop("created_at"), NAIVE)
        self.assertEqual(versions, [
            {"flow_version_id": 2, "flow_id": 1, "version": "1.0.1", "published": True},
            {"flow_version_id": 1, "flow_id": 1, "version": "1.0.0", "published": False}])
        self.assertEqual(self.ok(server.call("POST", "/api/flows/f/versions/1.0.0/publish")),
                         {"flow_id": "f", "version": "1.0.0", "flow_version_id": 1,
                          "status": "published"})
        self.assertEqual(self.ok(server.post("/api/flows/f/start"))["version"], "1.0.0")
        self.assertEqual(self.ok(server.call("POST", "/api/flows/2/publish")),
                         {"flow_version_id": 2, "status": "published"})
        self.assertEqual(self.ok(server.call("DELETE", "/api/flows/f/versions/1.0.1")),
                         {"flow_id": "f", "version": "1.0.1", "status": "deleted",
                          "force": False})
        self.assertEqual([each["version"] for each in
                          self.ok(server.get("/api/flows/f/versions"))], ["1.0.0"])
        self.assertEqual(self.ok(server.post("/api/flows/f/start"))["version"], "1.0.0")
        for answer in (server.post("/api/flows/f/start/version/1.0.1"),
                       server.call("DELETE", "/api/flows/f/versions/1.0.1"),
                       server.call("POST", "/api/flows/f/versions/1.0.1/publish")):
            self.refused(answer, 400, "Version 1.0.1 not found for flow f", "ValidationException")
        self.refused(server.call("POST", "/api/flows/2/publish"), 404, "Flow version not found",
                     "FlowNotFoundException", {"flow_id": "2"})
        self.assertEqual(server.call("POST", "/api/flows/f/publish").status, 422)
        for path in ("versions", "versions/1.0.0/publish"):
            method = "GET" if path == "versions" else "POST"
            self.refused(server.call(method, f"/api/flows/none/{path}"), 404,
                         "Flow 'none' not found", "FlowNotFoundException")
        # The last version takes the flow with it.
        self.ok(server.call("DELETE", "/api/flows/f/versions/1.0.0?force=true"))
        self.assertEqual(server.get("/api/flows/f").status, 404)

    def test_the_text_of_a_deleted_version_is_free(self):
        server = self.serve_old()
        for text in ("v1", "1.0.0", "第一版"):
            name = "of " + text
            flow = "/api/flows/" + quote(name, safe="")
            first = self.create(server, name, version=text)
            self.create(server, name, SHORT, version="other")
            self.ok(server.call("DELETE", f"{flow}/versions/{quote(text)}"))
            again = self.create(server, name, SLOW, version=text)
            self.assertEqual(again["version"], text)
            self.assertNotEqual(again["flow_version_id"], first["flow_version_id"])
            same = self.create(server, name, SLOW, version=text)
            self.assertEqual(same, again)
            started = self.ok(server.post(f"{flow}/start/version/{quote(text)}"))
            self.assertEqual(started["flow_version_id"], again["flow_version_id"])
            self.assertEqual([each["version"] for each in
                              self.ok(server.get(f"{flow}/versions?include_unpublished=true"))],
                             [text, "other"])

    def test_the_versions_of_a_deleted_flow_are_deleted_with_it(self):
        server = self.serve_old()
        self.create(server, "f", version="v1")
        self.create(server, "f", SHORT, version="v2")
        self.ok(server.call("DELETE", "/api/flows/f"))
        again = self.create(server, "f", SLOW, version="v1")
        self.assertEqual((again["version"], again["flow_version_id"]), ("v1", 3))
        self.assertEqual([each["version"] for each in
                          self.ok(server.get("/api/flows/f/versions?include_unpublished=true"))],
                         ["v1"])
        self.refused(server.post("/api/flows/f/start/version/v2"), 400,
                     "Version v2 not found for flow f", "ValidationException")
        # The same definition brings a version back, also by the other API.
        self.assertEqual(self.create(server, "f", SHORT, version="v2")["flow_version_id"], 2)
        self.assertEqual(server.call("DELETE", "/v1/flows/f").status, 204)
        definition = {**stored_form(("work", "core.echo", {"done": True})), "dialect": "old"}
        self.assertIn(server.call("PUT", "/v1/flows/f?version=1.0.0", definition).status, (200, 201))
        self.assertEqual(self.ok(server.post("/api/flows/f/start"))["flow_version_id"], 1)

    def test_a_flow_with_runs_is_deleted_by_force(self):
        server = self.serve_old()
        self.create(server, "f", SLOW)
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.refused(server.call("DELETE", "/api/flows/f"), 400,
                     "Cannot delete flow f: 1 workflows are still running. Use force=true to "
                     "cancel running workflows and delete.", "ValidationException")
        self.refused(server.call("DELETE", "/api/flows/f/versions/1.0.0"), 400,
                     "Cannot delete version 1.0.0 of flow f: 1 workflows are still running. Use "
                     "force=true to cancel and delete.", "ValidationException")
        self.assertEqual(self.ok(server.call("DELETE", "/api/flows/f?force=true")),
                         {"flow_id": "f", "status": "deleted", "force": True})
        self.assertEqual(self.until(server, "t", "cancelled")["metadata"]["cancel_reason"],
                         "Flow deleted")
        self.refused(server.call("DELETE", "/api/flows/f"), 404, "Flow 'f' not found",
                     "FlowNotFoundException")

    def test_what_the_builder_added_is_dropped(self):
        server = self.serve_old()
        definition = stored_form(("work", "core.echo", {"done": True}))
        definition["nodes"].insert(1, {"id": "second", "type": "start", "data": None})
        definition["edges"].append({"source": "second", "target": "work", "data": {"when": None}})
        self.create(server, "f", definition)
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.until(server, "t", "completed")
        server.stop()
        said = "".join(server.said)
        self.assertIn("viewport", said)
        self.assertIn("a flow begins at its first start", said)

    def test_the_new_routes_take_the_stored_form_as_it_is(self):
        server = self.serve()  # without the old routes
        form = stored_form(("work", "any text/名", {"n": 1}), ("more", "core.echo", {"done": True}))
        form["nodes"].insert(1, {"id": "again", "type": "start", "data": None})
        form["edges"].append({"source": "again", "target": "work", "data": {"when": None}})
        self.assertEqual(server.call("PUT", "/v1/flows/f", {**form, "name": "f"}).status, 422)
        stored = server.call("PUT", "/v1/flows/f", {**form, "dialect": "old"})
        self.assertEqual(stored.status, 201, stored.text)
        self.assertEqual(stored.body["name"], "f")
        warned = {(each["code"], each["pointer"]) for each in stored.body["warnings"]}
        self.assertLessEqual({("dropped", "/viewport"), ("dropped", "/nodes/0/position"),
                              ("second_start", "/nodes/1")}, warned)
        shown = self.ok(server.get("/v1/flows/f"))
        self.assertNotIn("written", shown)
        self.assertEqual([node["id"] for node in shown["definition"]["nodes"]],
                         ["start", "work", "more", "end"])
        self.assertEqual(shown["definition"]["nodes"][1]["data"]["code_ref"],
                         "text.any-20text-2f-e5-90-8d")
        # The same again is the same version; its own name counts without one in the path.
        again = server.call("PUT", "/v1/flows/f", {**form, "dialect": "old"})
        self.assertEqual((again.status, again.body["created"]), (200, False))
        named = server.post("/v1/flows", {**form, "dialect": "old"})
        self.assertEqual((named.status, named.body["name"]), (201, "another name"))
        # What is wrong is refused at the place where it was written.
        del form["edges"][0]["target"]
        refused = server.call("PUT", "/v1/flows/f", {**form, "dialect": "old"})
        self.assertEqual(refused.status, 422)
        self.assertIn("/edges/0", [each["pointer"] for each in refused.body["diagnostics"]])
        refused = server.call("PUT", "/v1/flows/f", {"nodes": [], "edges": [], "dialect": "older"})
        self.assertIn("unknown_dialect", [each["code"] for each in refused.body["diagnostics"]])

    def test_bad_requests_are_refused(self):
        server = self.serve_old()
        for body in ("{", "[]", {"name": "f"}, {"name": 1, "definition": {}},
                     {"name": "f", "definition": "x"}):
            answer = server.post("/api/flows", body)
            self.assertEqual(answer.status, 422, answer.text)
            self.assertEqual(answer.body["error"], "Validation failed")
            self.assertEqual(answer.body["type"], "ValidationError")
        self.assertEqual(server.get("/api/flows?limit=x").status, 422)
        answer = server.post("/api/flows", {"name": "f", "definition": {"nodes": [], "edges": []}})
        self.assertEqual((answer.status, answer.body["type"]), (400, "ValidationException"))
        self.assertTrue(answer.body["error"].startswith("Failed to create flow: "), answer.text)
        self.assertEqual(server.post("/api/flows", {"name": "f", "definition": QUICK},
                                     Content_Type="text/plain").status, 200)

    # ---- starts

    def test_a_run_is_started_in_every_way(self):
        server = self.serve_old()
        self.create(server, "a-flow")
        self.create(server, "a-flow", SHORT, version="1.0.1")
        latest = "Workflow a-flow started successfully with latest version"
        for path, version, message in (
                ("a-flow/start", "1.0.1", latest),
                ("a-flow/start/latest", "1.0.1", latest),
                ("a-flow-1.0.0/start", "1.0.0", "Workflow a-flow v1.0.0 started successfully"),
                ("a-flow/start/version/1.0.0", "1.0.0",
                 "Workflow a-flow v1.0.0 started successfully")):
            answer = self.ok(server.post(f"/api/flows/{path}", {"input_data": {"n": 1}, "x": 2}))
            thread = answer["thread_id"]
            self.assertTrue(thread.startswith("thr_"), thread)
            self.assertEqual(answer, {
                "thread_id": thread, "status": "started", "message": message, "flow_id": "a-flow",
                "version": version, "flow_version_id": 1 if version == "1.0.0" else 2,
                "inputs": {"n": 1}, "logs_url": f"/api/runs/{thread}/logs",
                "console_url": f"/console?id=a-flow&tab=logs&thread_id={thread}"})
            self.assertEqual(self.until(server, thread, "completed")["metadata"]["inputs"],
                             {"n": 1})
        by_number = self.ok(server.post("/api/runs/start",
                                        {"flow_version_id": 2, "thread_id": "t"}))
        self.assertEqual(by_number, {"thread_id": "t", "status": "started",
                                     "message": "Workflow execution started"})
        run = self.until(server, "t", "completed")
        self.assertEqual((run["flow_version_id"], run["metadata"]), (2, {"inputs": {}}))

    def test_starts_that_cannot_be_are_refused(self):
        server = self.serve_old()
        self.create(server, "f", SLOW)
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        for path, body in (("flows/f/start", {"thread_id": "t"}),
                           ("runs/start", {"flow_version_id": 1, "thread_id": "t"}),
                           ("flows/f/start/latest", {"thread_id": "t", "input_data": {"n": 2}})):
            self.refused(server.post(f"/api/{path}", body), 400,
                         "Failed to start workflow: Workflow t is already running",
                         "ValidationException")
        self.refused(server.post("/api/runs/start", {"flow_version_id": 99}), 400,
                     "Failed to start workflow: Flow version 99 not found", "ValidationException")
        for path in ("none/start", "none-1.0.0/start", "none/start/latest",
                     "none/start/version/1.0.0"):
            self.refused(server.post(f"/api/flows/{path}"), 404, "Flow 'none' not found",
                         "FlowNotFoundException", {"flow_id": "none"})
        self.refused(server.post("/api/flows/f-1.2.3/start"), 400,
                     "Version 1.2.3 not found for flow f", "ValidationException")
        self.assertEqual(server.post("/api/runs/start", {"flow_version_id": "x"}).status, 422)

    # ---- runs

    def test_the_calls_of_the_page_steer_a_run(self):
        server = self.serve_old()
        self.create(server, "slow", SLOW)
        answer = self.ok(server.post("/api/flows/slow/start/latest",
                                     {"input_data": {}, "thread_id": None}))
        self.assertEqual(answer["status"], "started")
        thread = answer["thread_id"]
        run = self.until(server, thread, "running")
        self.assertEqual(set(run), {"thread_id", "status", "flow_version_id", "started_at",
                                    "finished_at", "last_event_at", "metadata"})
        self.assertRegex(run["started_at"], NAIVE)
        self.assertIsNone(run["finished_at"])
        for _ in range(2):
            self.assertEqual(self.ok(server.call("POST", f"/api/thread/{thread}/pause")),
                             {"thread_id": thread, "status": "pause_requested",
                              "message": "Pause request sent"})
        self.assertEqual(self.ok(server.call("POST", f"/api/thread/{thread}/resume")),
                         {"thread_id": thread, "status": "resumed", "message": "Thread resumed"})
        for _ in range(2):
            self.assertEqual(self.ok(server.call("POST", f"/api/thread/{thread}/stop")),
                             {"thread_id": thread, "status": "stopped",
                              "message": "Thread stopped successfully"})
        run = self.until(server, thread, "cancelled")
        self.assertRegex(run["finished_at"], NAIVE)
        self.assertEqual(run["metadata"], {"inputs": {}, "cancel_reason": "User requested stop"})

    def test_a_paused_run_goes_on_by_a_resume_or_a_start(self):
        server = self.serve_old()
        server.post("/v1/flows", sequence("f", wait_for_signal("wait", "go"), task("work")))
        for number, (path, body, status) in enumerate((
                ("thread/{}/resume", {"updates": {"colour": "red"}}, "resumed"),
                ("runs/{}/resume", None, "resumed"),
                ("thread/{}/start", None, "started"),
                ("flows/f/start/latest", {"input_data": {}, "thread_id": "{}"}, "started"))):
            thread = f"t-{number}"
            self.ok(server.post("/api/flows/f/start", {"thread_id": thread}))
            self.ok(server.call("POST", f"/api/runs/{thread}/pause"))
            run = self.until(server, thread, "paused")
            self.assertEqual(run["metadata"]["last_node"], "wait")
            if body and "thread_id" in body:
                body["thread_id"] = thread
            answer = self.ok(server.call("POST", "/api/" + path.format(thread), body))
            self.assertEqual((answer["thread_id"], answer["status"]), (thread, status))
            self.until(server, thread, "running")
            self.ok(server.post(f"/v1/runs/{thread}/signal", {"type": "go"}))
            self.until(server, thread, "completed")
        self.assertEqual(server.get("/v1/runs/t-0").body["data"]["colour"], "red")
        self.refused(server.call("POST", "/api/thread/t-0/start"), 400,
                     "Thread t-0 cannot be started from status: completed", "ValidationException")
        for wish in ("pause", "resume", "stop"):  # a wish that comes too late
            self.ok(server.call("POST", f"/api/thread/t-0/{wish}"))

    def test_a_start_resumes_only_a_run_of_its_flow(self):
        server = self.serve_old()
        waiting = sequence("f", wait_for_signal("wait", "go"))
        server.post("/v1/flows", waiting)
        self.create(server, "g")
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.ok(server.post("/api/thread/t/pause"))
        self.until(server, "t", "paused")
        waiting["nodes"].append(task("work"))
        waiting["edges"].append({"source": "wait", "target": "work"})
        server.post("/v1/flows", waiting)
        g = self.ok(server.get("/api/flows/g/versions"))[0]["flow_version_id"]
        for path, body in (("flows/g/start", {}), ("flows/g/start/latest", {}),
                           ("runs/start", {"flow_version_id": g}),
                           ("flows/f/start/version/1.0.1", {}), ("flows/f-1.0.1/start", {})):
            self.refused(server.post(f"/api/{path}", {"thread_id": "t", **body}), 400,
                         "Failed to start workflow: Workflow t is a run of f@1.0.0",
                         "ValidationException")
        self.assertEqual(self.ok(server.get("/api/thread/t/status"))["status"], "paused")
        self.ok(server.post("/api/flows/f/start/version/1.0.0", {"thread_id": "t"}))
        self.until(server, "t", "running")
        self.ok(server.post("/api/thread/t/pause"))
        self.until(server, "t", "paused")
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))  # it names no version
        self.until(server, "t", "running")

    def test_one_resume_answers_the_question_of_a_run(self):
        server = self.serve_old()
        server.post("/v1/flows", {"name": "asks", "nodes": [
            {"id": "ask", "type": "interrupt", "data": {"question": {"approve": "?"},
                                                        "into": "said"}},
            {"id": "end", "type": "end"}], "edges": [{"source": "ask", "target": "end"}]})
        self.ok(server.post("/api/flows/asks/start", {"thread_id": "t"}))
        run = self.until(server, "t", "paused")
        self.assertEqual(run["metadata"], {"inputs": {}, "interrupt_value": {"approve": "?"},
                                           "last_node": "ask"})
        self.ok(server.call("POST", "/api/thread/t/pause"))
        self.assertEqual(self.ok(server.post("/api/thread/t/resume", {"updates": {"ok": 1}})),
                         {"thread_id": "t", "status": "resumed", "message": "Thread resumed"})
        self.assertEqual(self.until(server, "t", "completed")["metadata"], {"inputs": {}})
        self.assertEqual(server.get("/v1/runs/t").body["data"]["said"], {"ok": 1})

    def test_a_question_is_gone_after_its_answer(self):
        server = self.serve_old()
        server.post("/v1/flows", {"name": "asks", "nodes": [
            {"id": "ask", "type": "interrupt", "data": {"question": "really?"}},
            wait_for_signal("wait", "go"), {"id": "end", "type": "end"}],
            "edges": [{"source": "ask", "target": "wait"}, {"source": "wait", "target": "end"}]})
        self.ok(server.post("/api/flows/asks/start", {"thread_id": "t"}))
        asks = self.until(server, "t", "paused")["metadata"]
        self.assertEqual((asks["interrupt_value"], asks["last_node"]), ("really?", "ask"))
        self.ok(server.post("/api/thread/t/resume", {"updates": {"ok": 1}}))
        self.assertEqual(self.until(server, "t", "running")["metadata"], {"inputs": {}})
        self.ok(server.post("/api/thread/t/pause"))
        self.assertEqual(self.until(server, "t", "paused")["metadata"],
                         {"inputs": {}, "last_node": "wait"})

    def test_a_failed_run_shows_its_error(self):
        server = self.serve_old()
        self.create(server, "f", stored_form(("work", "core.fail", {"message": "it broke"})))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t", "input_data": {"n": 1}}))
        run = self.until(server, "t", "failed")
        self.assertEqual(run["metadata"]["inputs"], {"n": 1})
        self.assertEqual(run["metadata"]["last_node"], "work")
        self.assertIn("it broke", run["metadata"]["error"])
        self.assertEqual(self.ok(server.get("/api/runs/t")), run)

    def test_runs_are_listed_and_cancelled(self):
        server = self.serve_old()
        self.create(server, "f")
        self.create(server, "slow", SLOW)
        self.ok(server.post("/api/flows/slow/start", {"thread_id": "long"}))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "quick"}))
        self.until(server, "quick", "completed")
        self.assertEqual(self.ok(server.call("DELETE", "/api/runs/long")),
                         {"thread_id": "long", "status": "cancelled"})
        self.assertEqual(self.ok(server.call("DELETE", "/api/runs/long"))["status"], "cancelled")
        long = self.until(server, "long", "cancelled")
        self.assertEqual(long["metadata"]["cancel_reason"], "Cancelled via API")
        listed = self.ok(server.get("/api/runs?limit=10"))
        self.assertEqual((listed["total"], listed["limit"]), (2, 10))
        self.assertEqual([run["thread_id"] for run in listed["runs"]], ["long", "quick"])
        self.assertEqual(listed["runs"][0], long)
        self.assertEqual(self.ok(server.get("/api/runs?limit=1"))["total"], 1)

    def test_a_list_of_large_runs_ends_early(self):
        server = self.serve_old()
        self.create(server, "f")
        inputs = {"text": "x" * (1 << 20)}
        for number in range(8):
            self.ok(server.post("/api/flows/f/start", {"thread_id": f"t{number}",
                                                       "input_data": inputs}))
            self.until(server, f"t{number}", "completed")
        answer = server.get("/api/runs")
        listed = self.ok(answer)
        self.assertEqual([run["thread_id"] for run in listed["runs"]], ["t7", "t6", "t5", "t4"])
        self.assertEqual(listed["total"], 4)
        self.assertLess(len(answer.text), 5 << 20)

    def test_an_unknown_run_is_not_found(self):
        server = self.serve_old()
        for method, path, text in (
                ("GET", "thread/x/status", "Thread not found"),
                ("GET", "thread/x/logs", "Thread not found"),
                ("POST", "thread/x/start", "Thread not found"),
                ("POST", "thread/x/pause", "Thread not found"),
                ("POST", "thread/x/resume", "Thread not found"),
                ("POST", "thread/x/stop", "Thread not found"),
                ("GET", "runs/x", "Workflow 'x' not found"),
                ("DELETE", "runs/x", "Workflow 'x' not found"),
                ("POST", "runs/x/pause", "Workflow 'x' not found"),
                ("POST", "runs/x/resume", "Workflow not found or cannot be resumed"),
                ("GET", "runs/x/logs/download", "Log file not found")):
            self.refused(server.call(method, f"/api/{path}"), 404, text,
                         "WorkflowNotFoundException", {"thread_id": "x"})
        self.assertEqual(self.ok(server.get("/api/runs/x/logs")),
                         {"thread_id": "x", "logs": [], "total": 0})

    def test_the_log_has_the_lines_of_the_engine(self):
        server = self.serve_old()
        self.create(server, "f")
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.until(server, "t", "completed")
        for path in ("thread", "runs"):
            log = self.ok(server.get(f"/api/{path}/t/logs"))
            self.assertEqual((log["thread_id"], log["total"]), ("t", len(log["logs"])))
            for line in log["logs"]:
                self.assertEqual(set(line), {"ts", "level", "thread_id", "node_id", "message",
                                             "context"})
                self.assertRegex(line["ts"], NAIVE)
            said = [(line["level"], line["node_id"], line["message"]) for line in log["logs"]]
            self.assertIn(("INFO", "work", "Node completed"), said)
            self.assertEqual(said[-1], ("INFO", None, "Workflow completed"))
            self.assertEqual(self.ok(server.get(f"/api/{path}/t/logs?limit=1"))["logs"],
                             log["logs"][-1:])
            file = server.get(f"/api/{path}/t/logs/download")
            self.assertEqual(file.headers["content-disposition"],
                             'attachment; filename="workflow-t-logs.jsonl"')
            self.assertEqual([json.loads(line) for line in file.text.splitlines()], log["logs"])

    def test_a_long_log_is_whole(self):
        server = self.serve_old("--set", "storage.durability=off", "--set", "flow.max_nodes=2000")
        steps = 1100
        self.create(server, "f", stored_form(*[(f"n{number}", "core.echo", {})
                                               for number in range(steps)]))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.until(server, "t", "completed")
        lines = self.ok(server.get("/api/thread/t/logs?limit=10000"))["logs"]
        messages = [line["message"] for line in lines]
        self.assertEqual((messages[0], messages[-1]), ("Workflow created", "Workflow completed"))
        self.assertEqual([line["node_id"] for line in lines
                          if line["message"] == "Node completed" and line["node_id"][0] == "n"],
                         [f"n{number}" for number in range(steps)])
        self.assertEqual(len(server.get("/api/thread/t/logs/download").text.splitlines()),
                         len(lines))
        self.assertEqual(self.ok(server.get("/api/thread/t/logs?limit=1500"))["logs"],
                         lines[-1500:])

    def test_the_log_of_a_run_survives_a_restart(self):
        server = self.serve_old()
        self.create(server, "f", stored_form(("say", "core.log", {"message": "at work"})))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        self.until(server, "t", "completed")
        before = self.ok(server.get("/api/thread/t/logs"))["logs"]
        self.assertIn(("INFO", "say", "at work"),
                      [(line["level"], line["node_id"], line["message"]) for line in before])
        server.stop(signal.SIGKILL)
        server = self.serve_old()
        self.assertEqual(self.ok(server.get("/api/thread/t/logs"))["logs"], before)
        self.assertEqual([line["message"] for line in server.get("/v1/runs/t/logs").body["logs"]],
                         ["at work"])
        self.assertEqual(server.call("DELETE", "/v1/runs/t").status, 200)
        self.assertEqual(server.get("/api/thread/t/logs").status, 404)

    # ---- the WebSocket

    def expect(self, messages, kind, **fields):
        """Reads messages up to one of this kind with these fields, and returns it."""
        for message in messages:
            self.assertRegex(message.get("timestamp", ""), NAIVE)
            data = message.get("data", message)
            if message["type"] == kind and all(data.get(k) == v for k, v in fields.items()):
                return message
        raise AssertionError(f"the socket was closed before {kind} {fields}")

    def test_a_socket_follows_a_run(self):
        server = self.serve_old()
        self.create(server, "f", stored_form(("sleep", "core.sleep", {"ms": 200}),
                                             ("say", "core.log", {"message": "at work"})))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t", "input_data": {"n": 1}}))
        self.ok(server.call("POST", "/api/thread/t/pause"))
        self.until(server, "t", "paused")
        with WebSocket(server, "/api/runs/t/events") as socket:
            messages = socket.messages()
            first = next(messages)
            self.assertRegex(first.pop("timestamp"), NAIVE)
            self.assertEqual(first, {"type": "connection", "status": "connected",
                                     "thread_id": "t"})
            second = next(messages)
            self.assertEqual((second["type"], second["data"]),
                             ("status", self.ok(server.get("/api/thread/t/status"))))
            self.assertEqual(self.ok(server.get("/api/ws/stats")),
                             {"active_connections": 1, "connected_threads": ["t"]})
            self.ok(server.call("POST", "/api/thread/t/resume"))
            status = self.expect(messages, "status", status="running")["data"]
            self.assertEqual(set(status), {"status", "thread_id", "flow_version_id", "created_at",
                                           "updated_at", "metadata"})
            self.assertEqual((status["thread_id"], status["flow_version_id"], status["metadata"]),
                             ("t", 1, {"inputs": {"n": 1}}))
            self.expect(messages, "timer", event="timer_start")
            line = self.expect(messages, "log", message="at work")["data"]
            self.assertEqual((line["level"], line["node_id"], line["thread_id"]),
                             ("INFO", "say", "t"))
            self.expect(messages, "status", status="completed")
            self.expect(messages, "timer", event="timer_stop")
            socket.send({"type": "ping"})  # it stays open after the end of the run
            self.expect(messages, "pong")
            socket.send({"type": "status_request"})
            self.assertEqual(self.expect(messages, "status")["data"],
                             self.ok(server.get("/api/runs/t")))
            socket.send({"type": "other", "x": 1})
            self.assertEqual(self.expect(messages, "echo")["data"], {"type": "other", "x": 1})
            socket.send_frame(TEXT, b"{")
            self.assertEqual(self.expect(messages, "error")["message"], "Invalid JSON message")
        end = time.monotonic() + LIMIT_S
        while self.ok(server.get("/api/ws/stats"))["active_connections"] != 0:
            self.assertLess(time.monotonic(), end)

    def test_a_line_has_its_context_and_the_node_that_it_names(self):
        queue = ("--set", "worker.default_queue=default")
        server = self.serve_old(*queue)
        self.create(server, "f", stored_form(("say", "shop.say", {})))
        self.ok(server.post("/api/flows/f/start", {"thread_id": "t"}))
        task, = self.ok(server.post("/v1/tasks/poll", {
            "worker": "w", "functions": ["shop.say"], "wait_ms": 10_000}))["tasks"]
        with WebSocket(server, "/api/runs/t/events") as socket:
            messages = socket.messages()
            self.expect(messages, "status", status="running")
            said = [{"level": "info", "message": "begin loop", "about": "loop",
                     "context": {"n": 0}},
                    {"level": "info", "message": "plain"},
                    {"level": "info", "message": "long", "context": {"text": "x" * 20_000}}]
            self.ok(server.post(f"/v1/tasks/{task['task']}/log",
                                {"lease": task["lease"], "lines": said}))
            sent = [self.expect(messages, "log", message=line["message"])["data"]
                    for line in said]
        wanted = [("loop", "begin loop", {"n": 0}), ("say", "plain", {}),
                  ("say", "long", {"left_out_bytes": 20_012})]
        stored = [line for line in self.ok(server.get("/api/thread/t/logs"))["logs"]
                  if line["message"] in ("begin loop", "plain", "long")]
        for lines in (sent, stored):
            self.assertEqual([(line["node_id"], line["message"], line["context"])
                              for line in lines], wanted)
        first, second, _ = server.get("/v1/runs/t/logs").body["logs"]
        self.assertEqual((first["node"], first["about"], first["context"]),
                         ("say", "loop", {"n": 0}))
        self.assertFalse({"about", "context"} & set(second))
        server.stop(signal.SIGKILL)
        server = self.serve_old(*queue)
        self.assertEqual([line for line in self.ok(server.get("/api/thread/t/logs"))["logs"]
                          if line["message"] == "begin loop"], stored[:1])
        refused = server.post(f"/v1/tasks/{task['task']}/log", {
            "lease": task["lease"], "lines": [{**said[0], "context": [1]}]})
        self.assertEqual(refused.status, 400, refused.text)

    def test_a_socket_needs_a_run_and_an_upgrade(self):
        server = self.serve_old()
        with self.assertRaisesRegex(ValueError, "404"):
            WebSocket(server, "/api/runs/none/events")
        self.assertEqual(server.get("/api/runs/none/events").status, 426)

    # ---- forms

    def submit(self, server, flow, *parts, **headers):
        """Sends a multipart form of (name, filename or None, content)."""
        body = b""
        for name, filename, content in parts:
            file = "" if filename is None else (f'; filename="{filename}"\r\n'
                                                "Content-Type: text/csv")
            body += (f'--xyz\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
                     f"{content}\r\n").encode()
        return server.call("POST", f"/api/flows/{quote(flow)}/submit", body + b"--xyz--\r\n",
                           Content_Type="multipart/form-data; boundary=xyz", **headers)

    def test_a_form_makes_a_pending_run_that_is_started(self):
        server = self.serve_old()
        self.create(server, "f")
        answer = self.submit(server, "f-1.0.0", ("currency", None, "EUR"), ("empty", "", ""),
                             ("list", "../prices.csv", "item,price\ntea,80.5\n"),
                             Referer="http://localhost:8889/warehouse/prices?tab=form")
        self.assertEqual(answer.status, 302, answer.text)
        to = urlsplit(answer.headers["location"])
        query = {name: values[0] for name, values in parse_qs(to.query).items()}
        self.assertEqual(to.path, "/warehouse/prices")
        self.assertEqual((query["tab"], query["form_data"]), ("logs", "submitted"))
        thread = query["thread_id"]
        self.assertTrue(thread.startswith("thr_"), thread)

        run = self.ok(server.get(f"/api/thread/{thread}/status"))
        inputs = run["metadata"]["inputs"]
        self.assertEqual((run["status"], run["started_at"], run["finished_at"]),
                         ("pending", None, None))
        self.assertEqual(json.loads(query["form_values"]), inputs)
        path = inputs["list"].pop("file_path")
        self.assertEqual(inputs, {"currency": "EUR", "empty": None,
                                  "list": {"filename": "../prices.csv", "size": 20,
                                           "content_type": "text/csv"}})
        of_run, name = os.path.split(path)
        self.assertEqual(os.path.dirname(of_run),
                         os.path.join(self.folder, "store", "uploads", "default"))
        self.assertTrue(path.endswith(".csv"), path)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "item,price\ntea,80.5\n")

        server.stop(signal.SIGKILL)
        server = self.serve_old()
        self.assertEqual(self.ok(server.get(f"/api/thread/{thread}/status"))["status"], "pending")
        started = self.ok(server.post("/api/flows/f/start/latest",
                                      {"input_data": {}, "thread_id": thread}))
        self.assertEqual((started["thread_id"], started["status"]), (thread, "started"))
        self.assertEqual(self.until(server, thread, "completed")["metadata"]["inputs"]["currency"],
                         "EUR")
        # A run that is restarted from it has the file, too; the last of both takes it along.
        self.assertEqual(server.post(f"/v1/runs/{thread}/restart", {"id": "again"}).status, 201)
        self.until(server, "again", "completed")
        self.assertEqual(server.call("DELETE", f"/v1/runs/{thread}").status, 200)
        self.assertTrue(os.path.exists(path))
        self.assertEqual(server.call("DELETE", "/v1/runs/again").status, 200)
        self.assertEqual(os.listdir(os.path.dirname(of_run)), [])

    def test_a_pending_run_is_started_or_stopped_by_its_id(self):
        server = self.serve_old()
        self.create(server, "f")
        for route, status, end in (("start", "started", "completed"),
                                   ("resume", "resumed", "completed"),
                                   ("stop", "stopped", "cancelled")):
            answer = server.call("POST", "/api/flows/f/submit", "a=1&b=x+y",
                                 Content_Type="application/x-www-form-urlencoded")
            self.assertEqual(answer.status, 302, answer.text)
            to = urlsplit(answer.headers["location"])
            self.assertEqual(to.path, "/console")
            thread = parse_qs(to.query)["thread_id"][0]
            self.assertEqual(self.ok(server.call("POST", f"/api/thread/{thread}/{route}")
                                     )["status"], status)
            run = self.until(server, thread, end)
            self.assertEqual(run["metadata"]["inputs"], {"a": "1", "b": "x y"})

    def test_forms_that_cannot_be_are_refused(self):
        server = self.serve_old("--set", "server.max_upload_files=2",
                                "--set", "server.max_upload_bytes=1024",
                                "--set", "run.max_state_bytes=1KiB")
        self.create(server, "f")
        self.refused(self.submit(server, "none", ("a", None, "1")), 404,
                     "Flow 'none' version 'latest' not found", "HTTPException")
        self.refused(self.submit(server, "f-9.9.9", ("a", None, "1")), 404,
                     "Flow 'f' version '9.9.9' not found", "HTTPException")
        self.assertEqual(server.post("/api/flows/f/submit", {"a": 1}).status, 400)
        many = self.submit(server, "f", *[(f"f{n}", "a.txt", "x") for n in range(3)])
        self.assertEqual(many.status, 413, many.text)
        full = self.submit(server, "f", ("f", "a.txt", "x" * 1025))
        self.assertEqual(full.status, 507, full.text)
        # Files of a refused form are deleted: the second one is too large, the input is.
        full = self.submit(server, "f", ("f", "a.txt", "x" * 500), ("g", "b.txt", "x" * 500))
        self.assertEqual(full.status, 507, full.text)
        large = self.submit(server, "f", ("f", "a.txt", "x" * 500), ("text", None, "x" * 1025))
        self.assertEqual(large.status, 400, large.text)
        self.assertEqual([files for _, _, files in
                          os.walk(os.path.join(self.folder, "store", "uploads")) if files], [])
        self.assertEqual(self.submit(server, "f", ("f", "a.txt", "x" * 500)).status, 302)
        self.assertEqual(self.ok(server.get("/api/runs"))["total"], 1)

    def test_the_last_of_equal_names_counts(self):
        server = self.serve_old()
        self.create(server, "f")
        answer = self.submit(server, "f", ("f", "a.txt", "first"), ("f", "b.txt", "second"))
        self.assertEqual(answer.status, 302, answer.text)
        saved = [os.path.join(at, name) for at, _, names in
                 os.walk(os.path.join(self.folder, "store", "uploads")) for name in names]
        self.assertEqual(len(saved), 1)
        with open(saved[0], encoding="utf-8") as file:
            self.assertEqual(file.read(), "second")

    # ---- numbers

    def test_rules_know_the_number_of_the_version(self):
        server = self.serve_old()
        definition = {"nodes": [
            {"id": "start", "type": "start", "data": None},
            {"id": "which", "type": "condition",
             "data": {"expr": {">=": [{"var": "metadata.flow_version_id"}, 2]}}},
            {"id": "yes", "type": "python", "data": {"code_ref": "core.echo", "args": {"is": 2}}},
            {"id": "no", "type": "python", "data": {"code_ref": "core.echo", "args": {"is": 1}}}],
            "edges": [{"source": "start", "target": "which", "data": None},
                      {"source": "which", "target": "yes", "data": {"when": True}},
                      {"source": "which", "target": "no", "data": {"when": False}}]}
        self.create(server, "f", definition)
        self.create(server, "g", definition)
        for flow, number in (("f", 1), ("g", 2)):
            self.ok(server.post(f"/api/flows/{flow}/start", {"thread_id": flow}))
            self.until(server, flow, "completed")
            self.assertEqual(server.get(f"/v1/runs/{flow}").body["data"]["is"], number)

    def test_an_import_keeps_numbers_and_texts_of_versions(self):
        database = os.path.join(self.folder, "old.db")
        db = sqlite3.connect(database)
        db.executescript("""
            CREATE TABLE flows (id INTEGER, name TEXT, created_at TEXT);
            CREATE TABLE flow_versions (id INTEGER, flow_id INTEGER, version TEXT, dsl_json TEXT,
                compiled_meta TEXT, published INTEGER, created_at TEXT);
            CREATE TABLE runs (thread_id TEXT, flow_version_id INTEGER, status TEXT,
                started_at TEXT, finished_at TEXT, last_event_at TEXT, run_metadata TEXT);
            CREATE TABLE signals (id INTEGER, thread_id TEXT, type TEXT, payload_json TEXT,
                ts TEXT, processed INTEGER);
            INSERT INTO flows VALUES (1, 'f', '2025-10-29 01:02:03.004567');
            INSERT INTO runs VALUES ('thr_1', 17, 'pending', NULL, NULL, NULL,
                '{"inputs": {"n": 1}}');
            """)
        for number, version, definition in ((17, "v1", QUICK), (23, "1.0.0", SHORT)):
            db.execute("INSERT INTO flow_versions VALUES (?, 1, ?, ?, NULL, 1, ?)",
                       (number, version, json.dumps(definition), f"2025-10-29 01:02:{number}"))
        db.commit()
        db.close()
        subprocess.run([PROGRAM, "import", database, "--data-dir",
                        os.path.join(self.folder, "store")], check=True, capture_output=True,
                       timeout=LIMIT_S)
        server = self.serve_old()
        self.assertEqual([(each["flow_version_id"], each["version"]) for each in
                          self.ok(server.get("/api/flows/f/versions"))],
                         [(23, "1.0.0"), (17, "v1")])
        self.ok(server.post("/api/runs/start", {"flow_version_id": 17, "thread_id": "t"}))
        self.assertEqual(self.until(server, "t", "completed")["flow_version_id"], 17)
        self.ok(server.post("/api/flows/f/start/version/v1"))
        self.assertEqual(self.create(server, "g")["flow_version_id"], 24)
        run = self.ok(server.get("/api/thread/thr_1/status"))
        self.assertEqual((run["status"], run["metadata"]["inputs"]), ("pending", {"n": 1}))
        self.ok(server.call("POST", "/api/thread/thr_1/start"))
        self.until(server, "thr_1", "completed")

    def test_numbers_survive_a_restart_and_are_not_reused(self):
        server = self.serve_old()
        self.create(server, "f")
        self.create(server, "f", SHORT)
        self.ok(server.call("DELETE", "/api/flows/f"))
        server.stop(signal.SIGKILL)
        server = self.serve_old()
        again = self.create(server, "f", SHORT, version="1.0.1")
        self.assertEqual(again["flow_version_id"], 2)
        self.assertEqual(self.create(server, "g")["flow_version_id"], 3)
        self.assertEqual(self.ok(server.get("/api/flows/g"))["flow_id"], 2)
        self.assertEqual(self.ok(server.post("/api/runs/start",
                                             {"flow_version_id": 2}))["status"], "started")


if __name__ == "__main__":
    sys.exit(unittest.main())
