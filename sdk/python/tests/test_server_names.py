"""Names of flows and ids of runs are any text."""

import pawl
from pawl._text import printable
from pawl.legacy import WorkflowControl
from pawl.legacy._control import _flow_of
from tests.server import PATIENCE, ServerTest, task

LONGEST = "\U0001f600" * 63 + "end"  # 255 bytes
NAMES = ["a/b", "a", "/", "a/../b", "%2F", "a?b#c", " ", " a ", "a+b&c=d", "\"quoted\" 'name' \\",
         "a@1.0.0", "a~1.2.3", "...", "入库 流程", "\u00e9", "e\u0301", "\u05d0\u05d1\u202e gnp.exe",
         "\u2028", "\U0001f469\u200d\U0001f680", LONGEST]


class Names(ServerTest):
    def test_each_name_is_passed_on_as_it_is(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.client.create_flow({"name": name, "nodes": [task(args={"n": name})],
                                         "edges": []})
                self.assertEqual(self.client.flow(name).name, name)
                run = self.client.start_and_wait(name, id=name)
                self.assertEqual((run.id, run.flow, run.data), (name, name, {"n": name}))
                self.assertEqual(self.client.run(name).id, name)
                self.assertEqual(self.client.state(name), {"n": name})
                self.assertEqual([event.kind for event in self.client.events(name)][-2:],
                                 ["run_completed", "end"])

    def test_a_worker_runs_the_steps_of_each(self):
        worker = pawl.Worker(self.client, poll_wait=5)
        worker.register(self.name(), lambda state: {"run": pawl.current_step().run})
        worker.start()
        self.addCleanup(worker.stop, 5)
        flow = self.flow(task(code_ref=self.name()))
        for name in NAMES:
            id = "w" + name[-60:]
            self.assertEqual(self.client.start_and_wait(flow, id=id, wait=PATIENCE).data, {"run": id})

    def test_what_is_no_name_is_refused(self):
        flow = self.flow(task())
        for bad in ("a\u0000", "a\n", "\u0085", LONGEST + "!"):
            with self.assertRaises(pawl.InvalidArgument):
                self.client.start(flow, id=bad)
        for bad in ("", ".", ".."):
            with self.assertRaises(ValueError):
                self.client.run(bad)

    def test_the_previous_control_names_flows_and_versions(self):
        self.assertEqual(_flow_of("a@b@1.0.2"), ("a@b", "1.0.2"))
        self.assertEqual(_flow_of("a@b"), ("a@b", None))
        self.assertEqual(_flow_of("入库"), ("入库", None))
        name = "a@b/ü"
        self.client.create_flow({"name": name, "nodes": [task()], "edges": []}, version="1.0.0")
        control = WorkflowControl(self.client)
        self.assertEqual(control.start_workflow(name + "@1.0.0", {}, "x/y@ü"), "x/y@ü")
        self.assertTrue(control.wait_for_completion("x/y@ü", 30))

    def test_lines_for_people_are_safe(self):
        self.assertEqual(printable("plain 入库 é"), "plain 入库 é")
        self.assertEqual(printable("a\x1b[31m\u202eb\n"), "a\\x1b[31m\\u202eb\\n")
