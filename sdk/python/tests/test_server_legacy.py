"""Functions of the previous engine behind a real server."""

import threading
import time

import pawl
from pawl.legacy import WorkflowControl, pawl_function, register_function
from pawl.legacy._function import OldFunction, add_to
from tests.server import PATIENCE, ServerTest, task


class LegacyTest(ServerTest):
    def worker(self, function, name=None) -> pawl.Worker:
        """Starts a worker with one old function. Its lease is so long that what the function
        learns in a test cannot come from the renewal of the lease."""
        made = pawl.Worker(self.client, lease=3600, poll_wait=5)
        made.add(OldFunction(name or self.name(), function, self.client))
        made.start()
        self.addCleanup(made.stop, 5)
        return made

    def started(self, function, input=None, args=None) -> str:
        self.worker(function)
        return self.client.start(self.flow(task(code_ref=self.name(), args=args)), input).id


def loop_until_paused(state, logger, interrupt_fn, limit=None, inside=None, **_):
    """The usual loop of an old function."""
    count = state.data.get("count", 0)
    state.data["calls"] = state.data.get("calls", 0) + 1
    while count < (limit() if callable(limit) else limit):
        if state.pause_requested:
            interrupt_fn(f"paused at {count}", update={"count": count})
            return {"count": count, "paused": True}
        count += 1
        inside.set()
        time.sleep(0.02)
    return {"count": count}


class Functions(LegacyTest):
    def test_changes_in_place_and_the_result_are_stored(self):
        def f(state, log, interrupt_fn, n):
            state.data["rows"].append(n)
            state.data["seen"] = [state.thread_id, state.current_node]
            del state.data["gone"]
            return {"done": True}
        run = self.client.wait(self.started(f, {"rows": [1], "gone": 1}, {"n": 2}), PATIENCE)
        self.assertEqual(run.data, {"rows": [1, 2], "seen": [run.id, "n"], "done": True,
                                    "gone": None, "_removed": ["gone"]})

    def test_metadata_are_those_of_the_run(self):
        self.worker(lambda state, logger, interrupt: dict(state.metadata))
        run = self.client.start(self.flow(task(code_ref=self.name())), metadata={"by": "ann"})
        found = self.client.wait(run.id, PATIENCE).data
        self.assertEqual(found, {"by": "ann", "flow_version_id": f"{self.name()}@1.0.0"})

    def test_lines_reach_the_log_of_the_run(self):
        def f(state, logger, interrupt):
            logger.info("half", node_id="n", context={"item": 1})
            logger.error("at the end", node_id="loop")
        run = self.started(f)
        self.client.wait(run, PATIENCE)
        self.assertEqual([(line.level, line.node, line.message, line.about, line.context)
                          for line in self.client.logs(run)],
                         [("info", "n", "half", None, {"item": 1}),
                          ("error", "n", "at the end", "loop", None)])
        self.assertEqual([(line["node_id"], line["message"], line["context"])
                          for line in WorkflowControl(self.client).get_workflow_logs(run)],
                         [("n", "half", {"item": 1}), ("loop", "at the end", {})])

    def test_old_and_new_functions_share_a_worker(self):
        name = self.name()

        @register_function(name + ".old")
        def old(state, log, interrupt_fn):
            state.data["by_old"] = True

        @pawl_function(name + ".new")
        def new(state, interrupt):
            return {"by_new": state["by_old"]}
        made = pawl.Worker(self.client, poll_wait=5)
        add_to(made)
        with made:
            flow = self.flow(task("a", name + ".old"), task("b", name + ".new"))
            run = self.client.start_and_wait(flow, wait=PATIENCE)
        self.assertEqual((run.data["by_old"], run.data["by_new"]), (True, True))


class Pauses(LegacyTest):
    def test_a_pause_reaches_a_loop_and_one_resume_goes_on(self):
        inside, enough = threading.Event(), threading.Event()

        def f(state, logger, interrupt_fn):
            return loop_until_paused(state, logger, interrupt_fn, inside=inside,
                                     limit=lambda: 0 if enough.is_set() else 1e9)
        run = self.started(f)
        for _ in range(5):
            self.assertTrue(inside.wait(PATIENCE))
            self.assertTrue(self.client.pause(run).pausing)
            paused = self.status(run, "paused")
            self.assertEqual([w.kind for w in paused.waiting_on if w.kind == "answer"], [])
            inside.clear()
            self.client.resume(run)
        self.assertTrue(inside.wait(PATIENCE))
        enough.set()
        done = self.client.wait(run, PATIENCE)
        self.assertEqual(done.status, "completed")
        self.assertGreaterEqual(done.data["count"], 5)
        self.assertEqual(done.data["calls"], 6)  # each call has seen what the one before kept

    def test_each_of_many_loops_learns_of_a_pause_and_a_stop_within_a_second(self):
        loops = 16
        inside, seen = threading.Semaphore(0), {}

        def f(state, logger, interrupt_fn):
            inside.release()
            while not (state.pause_requested or state.cancel_requested):
                time.sleep(0.01)
            seen[state.thread_id] = time.monotonic()
            interrupt_fn("paused")
        made = pawl.Worker(self.client, threads=loops, lease=3600, poll_wait=5)
        made.add(OldFunction(self.name(), f, self.client))
        made.start()
        self.addCleanup(made.stop, 5)
        flow = self.flow(task(code_ref=self.name()))
        runs = [self.client.start(flow).id for _ in range(loops)]
        for wish in (self.client.pause, self.client.cancel):
            for _ in runs:
                self.assertTrue(inside.acquire(timeout=PATIENCE))
            seen.clear()
            sent = {}
            for run in runs:
                sent[run] = time.monotonic()
                wish(run)
            self.eventually(lambda: len(seen) == loops)
            self.assertLess(max(seen[run] - sent[run] for run in runs), 1.0, wish)
            if wish == self.client.pause:
                for run in runs:
                    self.status(run, "paused")
                    self.client.resume(run)

    def test_a_pause_waits_for_other_branches_and_loses_no_update(self):
        inside, other, go_on = (threading.Event() for _ in range(3))
        self.addCleanup(go_on.set)
        name = self.name()

        def loops(state, logger, interrupt_fn):
            if state.data.get("count"):
                return {"resumed_at": state.data["count"]}
            inside.set()
            while not state.pause_requested:
                time.sleep(0.02)
            interrupt_fn("paused", update={"count": 7})

        def slow(state, logger, interrupt_fn):
            other.set()
            go_on.wait(PATIENCE)
            return {"other": True}
        self.worker(loops, name + ".loops")
        self.worker(slow, name + ".slow")
        flow = self.flow(
            {"id": "fork", "type": "parallel"}, task("a", name + ".loops"),
            task("b", name + ".slow"), {"id": "join", "type": "join"},
            edges=[{"source": "fork", "target": "a"}, {"source": "fork", "target": "b"},
                   {"source": "a", "target": "join"}, {"source": "b", "target": "join"}])
        run = self.client.start(flow).id
        self.assertTrue(inside.wait(PATIENCE) and other.wait(PATIENCE))
        self.client.pause(run)
        self.eventually(lambda: not [queue for queue in self.client.workers().queues
                                     if queue.code_ref == name + ".loops" and queue.leased])
        go_on.set()
        self.status(run, "paused")
        self.client.resume(run)
        self.assertEqual(self.client.wait(run, PATIENCE).data["resumed_at"], 7)

    def test_a_function_that_pauses_after_the_resume_goes_on(self):
        entered, inside, go_on = (threading.Event() for _ in range(3))
        self.addCleanup(go_on.set)

        def f(state, logger, interrupt_fn):
            if state.data.get("at"):
                return {"calls": 2}
            entered.set()
            while not state.pause_requested:
                time.sleep(0.02)
            inside.set()
            go_on.wait(PATIENCE)  # slow to leave: the run is resumed before it does
            interrupt_fn("paused", update={"at": 5})
        run = self.started(f)
        self.assertTrue(entered.wait(PATIENCE))
        self.client.pause(run)
        self.assertTrue(inside.wait(PATIENCE))
        self.client.resume(run)
        go_on.set()
        self.assertEqual(self.client.wait(run, PATIENCE).data, {"at": 5, "calls": 2})

    def test_a_cancel_reaches_a_loop(self):
        inside, seen = threading.Event(), threading.Event()

        def f(state, logger, interrupt_fn):
            inside.set()
            while not state.cancel_requested:
                time.sleep(0.02)
            seen.set()
        run = self.started(f)
        self.assertTrue(inside.wait(PATIENCE))
        self.client.cancel(run)
        self.assertTrue(seen.wait(PATIENCE))
        self.assertEqual(self.client.run(run).status, "cancelled")

    def test_a_function_that_ignores_the_pause_ends_first(self):
        inside, go_on = threading.Event(), threading.Event()

        def f(state, logger, interrupt_fn):
            inside.set()
            go_on.wait(PATIENCE)
            return {"ended": True}
        self.worker(f)
        run = self.client.start(self.flow(task(code_ref=self.name()), task("next"))).id
        self.assertTrue(inside.wait(PATIENCE))
        self.client.pause(run)
        go_on.set()
        self.assertEqual(self.status(run, "paused").data, {"ended": True})
        self.client.resume(run)
        self.assertEqual(self.client.wait(run, PATIENCE).status, "completed")


class Questions(LegacyTest):
    def test_a_question_survives_except_exception_and_is_answered(self):
        def f(state, logger, interrupt_fn):
            if not state.data.get("agreed"):
                try:
                    state.data["asked"] = state.data.get("asked", 0) + 1
                    interrupt_fn({"q": "Book?"}, update={"amount": 5})
                except Exception:
                    return {"lost": True}
            return {"booked": state.data["amount"]}
        run = self.started(f)
        paused = self.status(run, "paused")
        self.assertEqual((paused.metadata["interrupt_value"], paused.metadata["last_node"]),
                         ({"q": "Book?"}, "n"))
        self.assertEqual(paused.data, {"asked": 1, "amount": 5})
        self.client.answer(run, {"agreed": True})
        self.assertEqual(self.client.wait(run, PATIENCE).data,
                         {"asked": 1, "amount": 5, "agreed": True, "booked": 5})

    def test_updates_of_a_resume_are_seen(self):
        def f(state, logger, interrupt_fn):
            if "colour" not in state.data:
                interrupt_fn("Which colour?")
            return {"painted": state.data["colour"]}
        run = self.started(f)
        self.status(run, "paused")
        self.client.resume(run, update={"colour": "red"}, answer=None)
        self.assertEqual(self.client.wait(run, PATIENCE).data["painted"], "red")
