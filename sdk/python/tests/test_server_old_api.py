"""The sample apps of the previous engine, unchanged, steered by the calls of its page."""

import json
import unittest
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pawl
from pawl.legacy import DatabaseManager, WorkflowControl
from tests.server import PATIENCE
from tests.test_server_legacy_apps import COUNT, PRICES, AppsTest
from tests.web_socket import WebSocket

LIST = "item,price,currency\ntea,80.5,EUR\ncup,30,\n"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Page(AppsTest):
    options = ("--old-api",)

    def call(self, method, path, body=None, **headers):
        """Sends a request as the page does, and returns the status, the answer and its fields."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.server.url.rstrip("/") + path, data, headers,
                                         method=method)
        try:
            answer = urllib.request.build_opener(_Stay).open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers

    def ok(self, method, path, body=None):
        status, answer, _ = self.call(method, path, body)
        self.assertEqual(status, 200, answer)
        return answer

    def until_status(self, thread, status):
        def shown():
            run = self.ok("GET", f"/api/thread/{thread}/status")
            return run if run["status"] == status else None

        return self.eventually(shown, f"the run did not become {status}")

    def start(self, flow, inputs=None, thread=None):
        answer = self.ok("POST", f"/api/flows/{flow}/start/latest",
                         {"input_data": inputs or {}, "thread_id": thread})
        self.assertEqual(answer["status"], "started")
        return answer["thread_id"]

    def lines(self, thread):
        return [line["message"] for line in self.ok("GET", f"/api/thread/{thread}/logs")["logs"]]

    def follow(self, thread):
        """Returns the messages of a socket that follows the run, as the page opens it."""
        page = WebSocket(self.server.url, f"/api/runs/{thread}/events", PATIENCE)
        self.addCleanup(page.close)
        messages = page.messages()
        self.assertEqual([next(messages)["type"] for _ in range(2)], ["connection", "status"])
        return messages

    def heard(self, messages, kind, **fields):
        """Reads messages up to one of this kind with these fields, and returns its data."""
        for message in messages:
            data = message.get("data", message)
            if message["type"] == kind and all(data.get(k) == v for k, v in fields.items()):
                return data
        return self.fail(f"the socket was closed before {kind} {fields}")

    def test_a_loop_is_started_paused_resumed_once_and_stopped(self):
        thread = self.start(COUNT, {"shelves": [f"S{n}" for n in range(1000)]})
        messages = self.follow(thread)
        line = next(each["data"] for each in messages if each["type"] == "log"
                    and each["data"]["message"].startswith("counted shelf"))
        self.assertEqual((line["level"], line["node_id"]), ("INFO", "shelves"))
        self.assertEqual(line["message"],
                         f"counted shelf {int(line['context']['shelf'][1:]) + 1} of 1000")
        self.eventually(lambda: any("counted shelf 2 of 1000" in line
                                    for line in self.lines(thread)))
        for _ in range(2):
            self.assertEqual(self.ok("POST", f"/api/thread/{thread}/pause"),
                             {"thread_id": thread, "status": "pause_requested",
                              "message": "Pause request sent"})
        self.until_status(thread, "paused")
        self.heard(messages, "status", status="paused")
        self.heard(messages, "timer", event="timer_pause")
        before = len(self.eventually(lambda: self.client.state(thread).get("counted")))
        self.assertEqual(self.ok("POST", f"/api/thread/{thread}/resume")["status"], "resumed")
        self.heard(messages, "status", status="running")
        self.heard(messages, "timer", event="timer_start")
        again = self.heard(messages, "log", message=f"counted shelf {before + 1} of 1000")
        self.assertEqual(again["context"], {"shelf": f"S{before}"})
        self.eventually(lambda: len(self.client.state(thread).get("counted", ())) > before
                        or any(f"counted shelf {before + 1} of" in line
                               for line in self.lines(thread)))
        self.assertEqual(self.ok("GET", f"/api/thread/{thread}/status")["status"], "running")
        for _ in range(2):
            self.assertEqual(self.ok("POST", f"/api/thread/{thread}/stop"),
                             {"thread_id": thread, "status": "stopped",
                              "message": "Thread stopped successfully"})
        run = self.until_status(thread, "cancelled")
        ended = self.heard(messages, "status", status="cancelled")
        self.assertEqual(ended["metadata"]["cancel_reason"], "User requested stop")
        self.heard(messages, "timer", event="timer_stop")
        self.assertEqual(run["metadata"]["cancel_reason"], "User requested stop")
        self.assertIsInstance(run["flow_version_id"], int)

    def test_a_form_with_a_file_is_submitted_started_and_answered(self):
        body = ('--xyz\r\nContent-Disposition: form-data; name="currency"\r\n\r\nUSD\r\n'
                '--xyz\r\nContent-Disposition: form-data; name="list"; filename="prices.csv"\r\n'
                f"Content-Type: text/csv\r\n\r\n{LIST}\r\n--xyz--\r\n").encode()
        status, _, fields = self.call(
            "POST", f"/api/flows/{PRICES}-1.0.0/submit", body,
            **{"Content-Type": "multipart/form-data; boundary=xyz"})
        self.assertEqual(status, 302)
        thread = parse_qs(urlsplit(fields["Location"]).query)["thread_id"][0]
        self.assertEqual(self.until_status(thread, "pending")["metadata"]["inputs"]["currency"],
                         "USD")
        self.assertEqual(self.start(PRICES, thread=thread), thread)
        run = self.until_status(thread, "paused")
        self.assertEqual(run["metadata"]["interrupt_value"],
                         {"question": "Publish the prices?", "total": "110.5"})
        answer = self.ok("POST", f"/api/thread/{thread}/resume",
                         {"updates": {"approved": True, "approver": "Ann"}})
        self.assertEqual(answer["status"], "resumed")
        self.until_status(thread, "completed")
        data = self.client.state(thread)
        self.assertEqual((data["approver"], data["published"], data["row_count"]),
                         ("Ann", True, 2))

    def test_a_version_is_started_by_its_text(self):
        definition = {"nodes": [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}],
                      "edges": [{"source": "start", "target": "end"}]}
        made = self.ok("POST", "/api/flows", {"name": "dl", "definition": definition,
                                              "version": "v1"})
        run = self.control.start_workflow("dl@v1")
        self.until_status(run, "completed")
        self.assertEqual(self.ok("GET", f"/api/thread/{run}/status")["flow_version_id"],
                         made["flow_version_id"])
        with self.assertRaises(pawl.NotFound):
            self.control.start_workflow("dl@v2")

    def test_a_version_is_started_by_its_number(self):
        control = WorkflowControl(DatabaseManager(self.server.url))
        number = self.ok("GET", f"/api/flows/{PRICES}/versions")[0]["flow_version_id"]
        run = control.start_workflow(number, {}, "numbered")
        self.assertEqual(run, "numbered")
        self.until_status(run, "completed")
        self.assertEqual(control.get_workflow_status(run)["flow_version_id"], number)
        listed = [each for each in control.list_workflows() if each["thread_id"] == run]
        self.assertEqual([each["flow_version_id"] for each in listed], [number])
        for wrong, said in ((number, "already completed"), (999, "Flow version 999 not found")):
            with self.assertRaisesRegex(ValueError, said):
                control.start_workflow(wrong, {}, "numbered")

    def test_an_id_is_used_once(self):
        thread = self.start(PRICES)
        self.until_status(thread, "completed")
        status, answer, _ = self.call("POST", f"/api/flows/{PRICES}/start",
                                      {"input_data": {}, "thread_id": thread})
        self.assertEqual((status, answer["error"], answer["type"]),
                         (400, f"Failed to start workflow: Workflow {thread} is already completed",
                          "ValidationException"))


if __name__ == "__main__":
    unittest.main()
