"""The sample apps of the previous engine, and its SDK, against a real server."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest

import pawl
from pawl.legacy import (WorkflowBuilder, WorkflowControl, WorkflowDefinition, create_delay_node,
                         create_loop_node)
from pawl.legacy._function import OldFunction
from pawl.legacy._models import for_pawl
from tests.server import PATIENCE, ServerTest, task
from tests.test_worker_life import FOLDER

ROOT = os.path.join(FOLDER, "..", "..")
APPS = os.path.join(ROOT, "examples", "legacy", "src_new", "apps")
ENGINE = os.path.join(ROOT, "sdk", "workflow_engine")
REFUSED = "'ftp://nowhere': expected http://HOST:PORT"  # after the apps were loaded
COUNT, PRICES = "shel-f000-cnt1", "pric-e000-lst1"


def launch(*arguments, cwd=None, **environment):
    """Starts `python -m pawl.legacy`."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((FOLDER, ENGINE)), **environment,
           "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "-m", "pawl.legacy", *arguments], cwd=cwd,
                            env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def make_app(test, config, code="", nodes=None):
    """Makes a folder of apps with one app, and returns it."""
    folder = tempfile.TemporaryDirectory(prefix="pawl-apps-")
    test.addCleanup(folder.cleanup)
    apps = os.path.join(folder.name, "project", "apps")
    os.makedirs(os.path.join(apps, "one"))
    for name, text in [("app.json", json.dumps(config)), ("flow.py", code), ("nodes.py", nodes)]:
        if text is not None:
            with open(os.path.join(apps, "one", name), "w", encoding="utf-8") as file:
                file.write(text)
    return apps


class AppsTest(ServerTest):
    """One worker for all tests of a class, and the control of the old SDK."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.worker = launch(APPS, "--server", cls.server.url, "--log-level", "WARNING")
        cls.addClassCleanup(cls.end)
        cls.control = WorkflowControl(cls.client)
        cls.stored = [cls.worker.stdout.readline() for _ in range(2)]

    @classmethod
    def end(cls) -> None:
        cls.worker.terminate()
        _, errors = cls.worker.communicate(timeout=2 * PATIENCE)
        if cls.worker.returncode != 0:
            raise AssertionError(f"exit code {cls.worker.returncode}: {errors}")

    def log_of(self, run):
        return [line["message"] for line in self.control.get_workflow_logs(run)]


class SampleApps(AppsTest):
    def test_the_flows_are_stored_by_their_ids(self):
        self.assertEqual(self.stored, [
            f"pawl.legacy: flow {name}, version 1.0.0, of the app warehouse\n"
            for name in (COUNT, PRICES)])
        self.assertEqual(self.client.flow(COUNT).published, True)

    def test_a_loop_is_paused_and_resumed_where_it_was(self):
        shelves = [f"S{n}" for n in range(1000)]
        run = self.control.start_workflow(COUNT, {"shelves": shelves}, "thr_counts")
        self.eventually(lambda: "counted shelf 2 of 1000" in " ".join(self.log_of(run)))
        self.assertTrue(self.control.pause_workflow(run))
        self.assertTrue(self.control.pause_workflow(run))  # again, as a user may
        self.status(run, "paused")
        data = self.eventually(lambda: (lambda d: d if "next_shelf" in d else None)(
            self.client.state(run)))
        done = list(data["counted"])
        self.assertGreaterEqual(len(done), 2)
        self.assertEqual(data["next_shelf"], shelves[len(done)])
        few = shelves[:len(done) + 2]
        self.assertTrue(self.control.resume_workflow(run, {"shelves": few}))
        self.assertTrue(self.control.wait_for_completion(run, PATIENCE))
        data = self.client.state(run)
        self.assertEqual((data["total"], sorted(data["counted"]), data["settled"]),
                         (sum(10 * n for n in range(1, len(few) + 1)), sorted(few), True))
        counted = [line for line in self.log_of(run) if line.startswith("counted")]
        self.assertEqual(len(counted), len(few))  # no shelf twice

    def test_a_loop_is_stopped(self):
        run = self.control.start_workflow(COUNT, {"shelves": [str(n) for n in range(1000)]})
        self.eventually(lambda: self.log_of(run))
        self.assertTrue(self.control.cancel_workflow(run, "enough"))
        self.assertTrue(self.control.cancel_workflow(run))
        self.assertEqual(self.control.get_workflow_status(run)["status"], "cancelled")
        self.assertFalse(self.control.wait_for_completion(run, PATIENCE))
        self.assertFalse(self.control.resume_workflow(run))

    def test_a_form_with_a_file_asks_and_is_answered_by_updates(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as file:
            self.addCleanup(os.unlink, file.name)
            file.write("item,price,currency\ntea,80.5,EUR\ncup,30,\nlid,,\n")
        form = {"currency": "USD", "list": {"filename": "prices.csv", "content_type": "text/csv",
                                            "file_path": file.name}}
        run = self.control.start_workflow(f"{PRICES}@1.0.0", {"form_data": form})
        self.status(run, "paused")
        status = self.control.get_workflow_status(run)
        self.assertEqual((status["flow_version_id"], status["metadata"]["interrupt_value"],
                          status["metadata"]["last_node"]),
                         (f"{PRICES}@1.0.0", {"question": "Publish the prices?", "total": "110.5"},
                          "approve"))
        self.assertTrue(self.control.resume_workflow(run, {"approved": True, "approver": "Ann"}))
        self.assertTrue(self.control.wait_for_completion(run, PATIENCE))
        data = self.client.state(run)
        self.assertEqual(
            {key: data[key] for key in ("asked", "approver", "approved", "published", "sum",
                                        "columns", "reports", "row_count")},
            {"asked": 1, "approver": "Ann", "approved": True, "published": True, "sum": "110.5",
             "columns": ["item", "price", "currency"], "reports": ["mail"], "row_count": 3})
        self.assertEqual(data["rows"][1:], [{"item": "cup", "price": 30.0, "currency": "USD"},
                                            {"item": "lid", "price": None, "currency": "USD"}])
        self.assertIn("state.data/rows/2/price is nan, which JSON cannot express; null is stored",
                      self.log_of(run))

    def test_without_a_file_the_other_branch_runs(self):
        run = self.control.start_workflow(PRICES)
        self.assertTrue(self.control.wait_for_completion(run, PATIENCE))
        self.assertEqual(self.client.state(run)["reports"], ["none"])


class Control(ServerTest):
    def test_what_is_not_there_is_false_or_none_and_logged(self):
        control = WorkflowControl(self.server.url)
        with self.assertLogs("pawl.legacy", "ERROR") as logged:
            self.assertFalse(control.pause_workflow("none"))
            self.assertFalse(control.cancel_workflow("none"))
        self.assertIn("cannot pause workflow none: not_found", logged.output[0])
        self.assertIsNone(control.get_workflow_status("none"))
        self.assertFalse(control.wait_for_completion("none"))
        self.assertEqual(control.get_active_signals("none"), [])

    def test_a_run_is_started_once(self):
        control = WorkflowControl(self.client)
        flow = self.flow(task("n", "core.sleep", {"seconds": 0}))
        run = control.start_workflow(flow, {"a": 1}, "thr_once")
        self.assertTrue(control.wait_for_completion(run, PATIENCE))
        for input in ({"a": 1}, {"a": 2}):
            with self.assertRaisesRegex(ValueError, "thr_once"):
                control.start_workflow(flow, input, "thr_once")
        with self.assertRaisesRegex(ValueError, "no numbers of flow versions, as 7: .*--old-api"):
            control.start_workflow(7)
        with self.assertRaisesRegex(ValueError, "True is not a flow"):
            control.start_workflow(True)
        with self.assertRaisesRegex(TypeError, "not a dict"):
            WorkflowControl({})
        listed = control.list_workflows(limit=1)
        self.assertEqual([(each["thread_id"], each["status"]) for each in listed],
                         [("thr_once", "completed")])
        self.assertNotIn("+", listed[0]["finished_at"])

    def test_a_wait_has_an_end(self):
        control = WorkflowControl(self.client)
        run = control.start_workflow(self.flow(task("n", self.name())))
        with self.assertLogs("pawl.legacy", "WARNING"):
            self.assertFalse(control.wait_for_completion(run, 0.05))

    def test_every_question_is_answered_by_one_resume(self):
        control = WorkflowControl(self.client)
        flow = self.flow(
            {"id": "fork", "type": "parallel"},
            *[{"id": name, "type": "interrupt", "data": {"question": name, "into": name}}
              for name in "ab"], {"id": "join", "type": "join"},
            edges=[{"source": s, "target": t} for s, t in
                   (("fork", "a"), ("fork", "b"), ("a", "join"), ("b", "join"))])
        run = control.start_workflow(flow)
        self.status(run, "paused")
        self.assertTrue(control.resume_workflow(run, {"x": 1}))
        self.assertTrue(control.wait_for_completion(run, PATIENCE))
        self.assertEqual(self.client.state(run), {"x": 1, "a": {"x": 1}, "b": {"x": 1}})

    def test_made_nodes_pause_and_go_on(self):
        name, control = self.name(), WorkflowControl(self.client)
        worker = pawl.Worker(self.client, poll_wait=5)
        inside = threading.Event()
        loop, delay = create_loop_node("loop", 3, 0.05), create_delay_node("delay", 1000)

        def begin(state, logger, interrupt_fn):
            inside.set()
            return delay.execute(state, logger, interrupt_fn)
        worker.add(OldFunction(name + ".loop", loop.execute, self.client))
        worker.add(OldFunction(name + " delay/2", begin, self.client))
        definition = (WorkflowBuilder("any").add_start_node().add_end_node()
                      .add_code_node("loop", name + ".loop")
                      .add_code_node("delay", name + " delay/2").add_edge("start", "loop")
                      .add_edge("loop", "delay").add_edge("delay", "end").dict())
        self.client.create_flow(for_pawl(definition, name), publish=True)
        with worker:
            run = control.start_workflow(name)
            self.assertTrue(inside.wait(PATIENCE))
            self.assertTrue(control.pause_workflow(run))
            self.status(run, "paused")
            self.eventually(lambda: "delay_elapsed" in self.client.state(run))
            self.assertTrue(control.resume_workflow(run, {"delay_elapsed": 999.9}))
            self.assertTrue(control.wait_for_completion(run, PATIENCE))
        data = self.client.state(run)
        self.assertEqual((data["loop_count"], data["loop_completed"], data["delay_completed"]),
                         (3, True, True))


class Worker(ServerTest):
    def test_it_warns_of_missing_functions_and_may_leave_the_flows_alone(self):
        apps = make_app(self, {"flow_id": "left alone", "entry_point": "flow:make"},
                        "def make(): return {'edges': [], 'nodes': [{'id': 'a', 'type': 'python', "
                        "'data': {'code_ref': 'not/here'}}]}")
        worker = launch(apps, "--server", self.server.url, "--no-flows")
        self.addCleanup(worker.communicate)
        self.addCleanup(worker.kill)
        lines = []
        while not lines or (lines[-1] and "polls queue" not in lines[-1]):
            lines.append(worker.stderr.readline())
        said = "".join(lines)
        self.assertIn("calls functions that no app here registers: not/here (text.not-2fhere)",
                      said)
        self.assertIn("polls queue default", said)
        self.assertEqual(self.client.flows(), [])


class Loading(unittest.TestCase):
    """What `python -m pawl.legacy` refuses, without a server."""

    def refused(self, apps, *more, **options):
        process = launch(apps, "--server", "ftp://nowhere", *more, **options)
        _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1, errors)
        return errors

    def test_an_app_that_cannot_be_loaded_is_named_with_the_reason(self):
        entry = {"flow_id": "f", "entry_point": "flow:make"}
        for config, code, nodes, said in [
                ([], "", None, "an app is an object"),
                ({"app_id": "x"}, "", None, "no flows"),
                ({**entry, "entry_point": "flow"}, "", None, 'must be "module:function"'),
                ({**entry, "entry_point": "nowhere:make"}, "", None, "no module"),
                (entry, "x = 1", None, "has no function 'make'"),
                (entry, "1 / 0", None, "ZeroDivisionError"),
                (entry, "def make(): return {}", "import not_there",
                 "No module named 'not_there'")]:
            with self.subTest(said):
                errors = self.refused(make_app(self, config, code, nodes))
                self.assertIn("one/app.json", errors)
                self.assertIn(said, errors)
                self.assertIn("there is nothing to do", errors)

    def test_one_broken_flow_stops_all_unless_it_may_be_skipped(self):
        flows = {"a": {"entry_point": "flow:make"}, "b": {"entry_point": "flow:none"}}
        apps = make_app(self, {"flows": flows}, "def make(): return {'nodes': [], 'edges': []}")
        self.assertIn("1 of the apps or flows cannot be loaded", self.refused(apps))
        errors = self.refused(apps, "--skip-broken")
        self.assertIn("has no function 'none'", errors)
        self.assertIn(REFUSED, errors)  # it went on

    def test_the_previous_engine_is_not_in_the_way(self):
        apps = make_app(self, {"flow_id": "f", "entry_point": "flow:make"},
                        "from project.workflow_engine.sdk import WorkflowBuilder as A\n"
                        "from workflow_engine.sdk import WorkflowBuilder as B\n"
                        "assert A is B\n"
                        "def make(): return A('f').add_start_node().build()")
        project = os.path.dirname(apps)
        old = os.path.join(project, "workflow_engine")
        os.mkdir(old)
        with open(os.path.join(old, "__init__.py"), "w", encoding="utf-8") as file:
            file.write("import what_is_not_installed")
        self.assertIn(REFUSED, self.refused(apps, cwd=project))  # it was loaded
        self.assertIn("has the previous engine's workflow_engine, not Pawl's",
                      self.refused(apps, cwd=project, PYTHONPATH=FOLDER))

    def test_a_folder_without_apps_is_refused(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertIn("no app.json here", self.refused(empty))
            self.assertIn("no such folder", self.refused(os.path.join(empty, "none")))

    def test_without_a_server_it_says_so(self):
        self.assertIn("connection_failed", self.refused(APPS, "--server", "http://127.0.0.1:1"))


class Builder(unittest.TestCase):
    def test_dict_is_the_stored_form(self):
        built = (WorkflowBuilder("b").add_start_node().add_code_node("a", "x/y", {"n": 1})
                 .add_branch_node("c", {"==": [{"var": "n"}, 1]}).add_end_node()
                 .add_edge("start", "a").add_edge("a", "c").add_edge("c", "end", condition=True))
        self.assertEqual(built.validate(), [])
        self.assertEqual(built.dict(), {
            "name": "b",
            "nodes": [{"id": "start", "type": "start", "data": None},
                      {"id": "a", "type": "python",
                       "data": {"code_ref": "x/y", "args": {"n": 1}}},
                      {"id": "c", "type": "condition",
                       "data": {"expr": {"==": [{"var": "n"}, 1]}}},
                      {"id": "end", "type": "end", "data": None}],
            "edges": [{"source": "start", "target": "a", "data": None},
                      {"source": "a", "target": "c", "data": None},
                      {"source": "c", "target": "end", "data": {"when": True}}]})
        again = WorkflowDefinition(**built.dict())
        self.assertEqual(again.dict(), built.build().dict())
        self.assertEqual(json.loads(again.json()), again.dict())
        more = {**built.dict(), "id": 7, "nodes": [
            {"id": "a", "type": "python", "position": {"x": 1}, "data": {"code_ref": "f"}}],
            "edges": [{"source": "a", "target": "a", "label": "x", "data": None}]}
        self.assertEqual(WorkflowDefinition(**more).dict(), {
            "name": "b", "nodes": [{"id": "a", "type": "python",
                                    "data": {"code_ref": "f", "args": {}}}],
            "edges": [{"source": "a", "target": "a", "data": None}]})
        with self.assertRaisesRegex(ValueError, "neither code_ref nor expr"):
            WorkflowDefinition("b", [{"id": "a", "type": "python", "data": {}}], [])
        self.assertEqual(built.get_node("a").data.args, {"n": 1})
        self.assertIsNone(built.get_node("z"))
        self.assertEqual(for_pawl(built.dict(), "n")["nodes"][1]["data"]["code_ref"],
                         "text.x-2fy")

    def test_validate_lists_what_is_wrong(self):
        wrong = WorkflowBuilder("b").add_code_node("a", "f").add_code_node("a", "f")
        errors = wrong.add_edge("a", "z").validate()
        self.assertEqual(len(errors), 4, errors)
