"""`pawl init`, `pawl dev`, `pawl schema` and `pawl flows graph`: a developer's commands."""

import json
import os
import shutil
import signal
import subprocess
import threading
import unittest
import urllib.request
from xml.etree import ElementTree

from program import LIMIT_S, NOT_FOUND, PROGRAM, USAGE, ProgramTest, environment, task


class Developed:
    """A `pawl dev` on any free port, whose output is read line by line."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([PROGRAM, "dev", folder, "--port", "0", *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, env=environment())
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def line_with(self, *parts):
        """Waits for a line that has all parts."""
        def found():
            return next((line for line in self.lines if all(p in line for p in parts)), None)
        with self.changed:
            if not self.changed.wait_for(found, LIMIT_S):
                raise AssertionError(f"no line with {parts}: {self.lines}")
            return found()

    def url(self):
        return self.line_with("server:").split()[-1]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(LIMIT_S)
        self.reader.join()
        self.process.stdout.close()
        return code


class DevTest(ProgramTest):
    def dev(self, *arguments):
        served = Developed(self.folder, *arguments)
        self.addCleanup(served.stop)
        return served

    def test_a_flow_file_is_stored_whenever_it_changes(self):
        self.flow(task("a", "core.echo"), name="one")
        served = self.dev()
        served.line_with("one.json: stored as one@1.0.0")
        self.flow(task("a", "core.echo"), task("b", "core.echo"), name="one")
        served.line_with("one.json: stored as one@1.0.1")
        with open(os.path.join(self.folder, "two.yaml"), "w", encoding="utf-8") as file:
            file.write("name: two\nnodes: [{id: a, type: end}]\n")
        served.line_with("two.yaml: stored as two@1.0.0")
        with urllib.request.urlopen(served.url() + "/v1/flows", timeout=LIMIT_S) as answer:
            names = [flow["name"] for flow in json.load(answer)["flows"]]
        self.assertEqual(names, ["one", "two"])
        self.assertEqual(served.stop(), 0)

    def test_a_mistake_is_printed_with_its_place_and_what_is_no_flow_is_left_alone(self):
        self.file("package.json", {"name": "not-a-flow"})
        self.file("broken.json", '{"name": "x",\n "nodes": [')
        self.file("wrong.json", {"name": "w", "nodes": [{"id": "a", "type": "tsak"}]})
        served = self.dev()
        served.line_with("broken.json:2:", "error: not valid JSON: ")
        self.assertFalse([line for line in served.lines if " at line " in line])
        served.line_with("wrong.json:1", "did you mean")
        self.file("wrong.json", {"name": "w", "nodes": [{"id": "a", "type": "end"}]})
        served.line_with("wrong.json: stored as w@1.0.0")
        self.assertFalse([line for line in served.lines if "package.json" in line])

    def test_commands_are_logged_only_if_asked_for(self):
        for arguments, logged in (((), False), (("--log-level", "info"), True)):
            served = self.dev(*arguments)
            body = {"name": "n", "nodes": [{"id": "a", "type": "end"}]}
            sent = urllib.request.Request(
                served.url() + "/v1/flows", json.dumps(body).encode(),
                {"Content-Type": "application/json"})
            urllib.request.urlopen(sent, timeout=LIMIT_S).close()
            self.assertEqual(served.stop(), 0)
            self.assertEqual(any("audit what=flows.post" in line for line in served.lines), logged)

    def test_a_flow_that_its_file_no_longer_has_stays_stored_and_is_named(self):
        self.flow(task("a", "core.echo"), name="one")
        served = self.dev()
        served.line_with("one.json: stored as one@1.0.0")
        self.file("one.json", {"name": "uno", "nodes": [{"id": "a", "type": "end"}]})
        served.line_with("one.json: renamed; the flow one stays stored")
        served.line_with("one.json: stored as uno@1.0.0")
        os.remove(os.path.join(self.folder, "one.json"))
        served.line_with("one.json: gone; the flow uno stays stored")
        with urllib.request.urlopen(served.url() + "/v1/flows", timeout=LIMIT_S) as answer:
            self.assertEqual([flow["name"] for flow in json.load(answer)["flows"]], ["one", "uno"])

    def flow_files(self, served):
        with urllib.request.urlopen(served.url() + "/v1/flow-files", timeout=LIMIT_S) as answer:
            return json.load(answer)

    def test_what_is_printed_of_a_file_is_in_the_api_too(self):
        path = self.file("wrong.json", {"name": "w", "nodes": [{"id": "a", "type": "tsak"}]})
        self.file("package.json", {"name": "not-a-flow"})
        served = self.dev()
        line = served.line_with("wrong.json:1", "did you mean")
        # A file is reported after its lines are printed.
        self.flow(task("a", "core.echo"), name="zz-last")
        served.line_with("zz-last.json: stored")
        seen = self.flow_files(served)
        self.assertEqual(seen["folder"], self.folder)
        wrong = next(file for file in seen["files"] if file["file"] == "wrong.json")
        self.assertIn({"severity": "error", "text": line}, wrong["messages"])
        self.assertIsNone(wrong["flow"])
        self.assertNotIn("package.json", [file["file"] for file in seen["files"]])
        self.file("wrong.json", {"name": "w", "nodes": [{"id": "a", "type": "end"}]})
        served.line_with("wrong.json: stored as w@1.0.0")
        os.remove(path)
        self.file("zz-next.json", {"name": "n", "nodes": [{"id": "a", "type": "end"}]})
        served.line_with("zz-next.json: stored")
        self.assertNotIn("wrong.json", [file["file"] for file in self.flow_files(served)["files"]])

    def test_the_server_is_for_this_machine_only_and_has_the_schema(self):
        served = self.dev("--set", "server.listen=0.0.0.0:0")
        self.assertTrue(served.url().startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(served.url() + "/v1/schema/flow.json",
                                    timeout=LIMIT_S) as answer:
            schema = json.load(answer)
        self.assertEqual(schema, json.loads(self.pawl("schema").stdout))
        self.assertEqual(schema["title"], "Pawl flow")

    def test_a_folder_that_is_none_is_refused(self):
        self.pawl("dev", os.path.join(self.folder, "missing"), expect=4)


class InitTest(ProgramTest):
    def test_the_project_is_valid_and_nothing_is_overwritten(self):
        folder = os.path.join(self.folder, "shop")
        text = self.pawl("init", folder).stdout
        self.assertIn("pawl dev flows", text)
        flows = os.path.join(folder, "flows")
        with open(os.path.join(flows, "order.yaml"), encoding="utf-8") as flow:
            named = flow.readline().strip().rpartition("$schema=")[2]
        with open(os.path.join(flows, named), encoding="utf-8") as schema:
            self.assertEqual(schema.read(), self.pawl("schema").stdout)
        self.pawl("validate", os.path.join(folder, "flows", "order.yaml"), "--strict",
                  "--worker-function", "orders.charge,orders.ship")
        with open(os.path.join(folder, "worker.py"), encoding="utf-8") as worker:
            compile(worker.read(), "worker.py", "exec")
        self.refused(USAGE, "nothing was written", "init", folder)


class GraphTest(ProgramTest):
    def test_a_file_and_a_stored_flow_are_drawn(self):
        flow = self.flow(task("a", "core.echo"), task("b", "core.echo"), name="two")
        text = self.pawl("flows", "graph", flow).stdout
        self.assertTrue(text.startswith("flowchart TD\n"))
        self.assertIn("n0 --> n1", text)
        self.pawl("flows", "put", flow, *self.where)
        self.assertEqual(self.pawl("flows", "graph", "two", *self.where).stdout, text)

    def test_a_missing_file_is_not_taken_for_a_stored_flow(self):
        self.refused(NOT_FOUND, "no such file: missing.yaml", "flows", "graph", "missing.yaml")
        self.refused(USAGE, "--data-dir", "flows", "graph", "missing")

    @unittest.skipUnless(shutil.which("dot"), "needs Graphviz")
    def test_graphviz_accepts_the_picture(self):
        flow = self.flow(task('a "quoted" \\ name', "core.echo"), task("b", "core.echo"))
        text = self.pawl("flows", "graph", flow, "--format", "dot").stdout
        drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True,
                               check=True, timeout=LIMIT_S)
        self.assertIn("<svg", drawn.stdout)

    def test_a_picture_is_written_as_svg(self):
        flow = self.flow(task('a <b> & "c"', "core.echo"), task("b", "core.echo"), name="drawn")
        text = self.pawl("flows", "graph", flow, "--format", "svg").stdout
        picture = ElementTree.fromstring(text)
        names = {"s": "http://www.w3.org/2000/svg"}
        self.assertEqual(picture.find("s:title", names).text, "drawn")
        shown = [each.text for each in picture.iterfind("s:g/s:title", names)]
        self.assertIn('a <b> & "c"', shown)
        boxes = [each.get("y") for each in picture.iterfind("s:g/s:rect", names)]
        self.assertEqual(len(set(boxes)), len(shown))  # one below the other
        self.assertEqual(len(picture.findall("s:path[@class='edge']", names)), len(shown) - 1)


if __name__ == "__main__":
    unittest.main()
