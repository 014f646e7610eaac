import asyncio
import os
import subprocess
import sys
import threading

import pawl
from tests.server import PATIENCE, ServerTest, task
from tests.test_worker_life import FOLDER

EXAMPLE = os.path.join(FOLDER, "..", "..", "examples", "python-worker")


class WorkerTest(ServerTest):
    def worker(self, function=None, name=None, **options) -> pawl.Worker:
        """Starts a worker with one function, under the test's name."""
        made = pawl.Worker(self.client, **{"poll_wait": 5, **options})
        made.register(name or self.name(), function)
        made.start()
        self.addCleanup(made.stop, 5)
        return made

    def start(self, args=None, input=None, **data) -> str:
        """Starts a run of one step that calls the function, and gives its id."""
        flow = self.flow(task(code_ref=self.name(), args=args, **data))
        return self.client.start(flow, input).id

    def finished(self, function, args=None, input=None, **data) -> pawl.Run:
        self.worker(function)
        return self.client.wait(self.start(args, input, **data), PATIENCE)


class Steps(WorkerTest):
    def test_a_step_is_called_with_state_and_arguments(self):
        def charge(state, logger, interrupt, amount, currency="EUR"):
            return {"charged": f"{amount} {currency}", "total": state["total"] - amount}
        run = self.finished(charge, {"amount": 5}, {"total": 7})
        self.assertEqual((run.status, run.data), ("completed", {"charged": "5 EUR", "total": 2}))

    def test_a_result_that_is_not_an_object_goes_under_result(self):
        self.assertEqual(self.finished(lambda state: [1, "ü"]).data, {"result": [1, "ü"]})

    def test_a_step_that_leaves_for_a_pause_goes_on_after_one_resume(self):
        inside = threading.Event()

        def count(state, interrupt):
            step = pawl.current_step()
            n = state.get("n", 0)
            inside.set()
            while n < 3:
                step.heartbeat()
                if step.wish == "pause":
                    interrupt.for_pause({"n": n + 1}, f"at {n}")
                step.cancelled.wait(0.05)
            return {"attempt": step.attempt}
        self.worker(count, lease=1)
        run = self.start()
        for n in (1, 2, 3):
            self.assertTrue(inside.wait(PATIENCE))
            inside.clear()
            self.client.pause(run)
            paused = self.status(run, "paused")
            self.assertEqual(paused.data, {"n": n})
            self.assertEqual([each.kind for each in paused.waiting_on if each.kind == "answer"], [])
            self.client.resume(run)
        self.assertEqual(self.client.wait(run, PATIENCE).data, {"n": 3, "attempt": 4})

    def test_async_functions_run(self):
        async def f(state, n):
            await asyncio.sleep(0)
            return {"n": n, "node": pawl.current_step().node}
        self.assertEqual(self.finished(f, {"n": 2}).data, {"n": 2, "node": "n"})

    def test_a_step_has_its_identity(self):
        def f(state):
            step = pawl.current_step()
            return [step.run, step.visit, step.attempt, step.idempotency_key]
        run = self.finished(f)
        self.assertEqual(run.data["result"], [run.id, 1, 1, f"default/{run.id}/n/1"])

    def test_a_step_is_a_part_of_the_trace_that_its_run_was_started_in(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        self.worker(lambda state: {"seen": pawl.current_step().traceparent})
        flow = self.flow({"id": "n", "type": "task", "data": {"code_ref": self.name()}})
        given = f"00-{trace}-b7ad6b7169203331-01"
        run = self.client.start_and_wait(flow, {}, wait=PATIENCE, traceparent=given)
        again = self.client.restart(run.id, traceparent=given)
        batch = self.client.batch_start([{"flow": flow}], traceparent=given)[0].started
        seen = {self.client.wait(id, PATIENCE).data["seen"] for id in (run.id, again.id, batch.id)}
        self.assertEqual(len(seen), 3)
        for each in seen:
            self.assertRegex(each, f"^00-{trace}-[0-9a-f]{{16}}-01$")
        own = self.client.start_and_wait(flow, {}, wait=PATIENCE, traceparent="nonsense")
        self.assertRegex(own.data["seen"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")

    def test_many_steps_share_the_threads_and_each_runs_once(self):
        lock, seen = threading.Lock(), []
        together = threading.Barrier(4, timeout=PATIENCE)  # four at once, or it breaks

        def f(state, n):
            together.wait()
            with lock:
                seen.append(n)
        self.worker(f, threads=4)
        flow = self.flow({"id": "n", "type": "task",
                          "data": {"code_ref": self.name(), "with": {"n": {"var": "n"}}}})
        runs = self.client.batch_start([{"flow": flow, "input": {"n": n}} for n in range(40)])
        for result in runs:
            self.assertEqual(self.client.wait(result.started.id, PATIENCE).status, "completed")
        self.assertEqual(sorted(seen), list(range(40)))

    def test_the_next_step_of_a_run_comes_with_the_outcome_of_the_last(self):
        threads = set()
        self.worker(lambda state: threads.add(threading.get_ident()))
        flow = self.flow(*[task(id=n, code_ref=self.name()) for n in "abc"])
        run = self.client.start_and_wait(flow, {}, wait=PATIENCE)
        self.assertEqual((run.status, len(threads)), ("completed", 1))
        at = {(event.kind, event.node): event.checkpoint
              for event in self.client.all_history(run.id)}
        for last, following in ("ab", "bc"):
            self.assertEqual(at["step_finished", last], at["task_leased", following])

    def test_workers_are_listed_with_what_they_do(self):
        inside, go_on = threading.Event(), threading.Event()

        def f(state):
            inside.set()
            go_on.wait(PATIENCE)
        worker = self.worker(f)
        run = self.start()
        self.assertTrue(inside.wait(PATIENCE))
        found = self.client.workers()
        info = next(w for w in found.workers if self.name() in w.functions)
        self.assertEqual((info.worker, info.queue, info.leases), (worker.name, "default", 1))
        self.assertEqual(self.client.run(run).waiting_on[0].kind, "worker")
        go_on.set()
        self.client.wait(run, PATIENCE)


class Failures(WorkerTest):
    def test_a_step_error_fails_the_step(self):
        def f(state):
            raise pawl.StepError("card_declined", "no money", retryable=False)
        run = self.finished(f, retry={"max_attempts": 5})
        self.assertEqual((run.error.type, run.error.message, run.error.attempt),
                         ("card_declined", "no money", 1))

    def test_any_other_error_is_retried_and_then_fails_the_run(self):
        run = self.finished(lambda state: 1 / 0,
                            retry={"max_attempts": 3, "initial_interval": "10ms"})
        self.assertEqual((run.error.type, run.error.message, run.error.attempt),
                         ("ZeroDivisionError", "division by zero", 3))

    def test_wrong_arguments_and_results_have_their_types(self):
        run = self.finished(lambda state, n: {1, 2}, {"m": 1})
        self.assertEqual(run.error.type, "invalid_arguments")
        self.client.create_flow({"name": "other", "nodes": [
            task(code_ref=self.name(), args={"n": 1})]}, publish=True)
        run = self.client.start_and_wait("other", wait=PATIENCE)
        self.assertEqual(run.error.type, "invalid_result")

    def test_a_result_too_large_for_the_server_fails_the_step(self):
        run = self.finished(lambda state: "x" * (6 << 20))
        self.assertEqual((run.status, run.error.type), ("failed", "invalid_result"))


class OfAnotherKind(WorkerTest):
    def test_many_tasks_are_completed_at_once(self):
        flow, function = "other kind", self.name()
        self.client.create_flow({"name": flow, "nodes": [task(code_ref=function)]}, publish=True)
        runs = self.client.batch_start([{"flow": flow}] * 3)
        got = []
        while len(got) < len(runs):
            got += self.client.poll_tasks("by-hand", [function], max=10, wait=PATIENCE)
        items = [{"task": t.task, "lease": t.lease, "result": {"n": n}}
                 for n, t in enumerate(got)]
        other = {**items[0], "result": {"n": 9}}
        done = self.client.batch_complete(items + [other])
        self.assertEqual([r.ok for r in done], [True, True, True, False])
        self.assertEqual([r.id for r in done[:3]], [t.task for t in got])
        self.assertIsInstance(done[3].problem, pawl.LeaseLost)
        # The same outcomes again have no effect and succeed.
        self.assertEqual([r.ok for r in self.client.batch_complete(items)], [True, True, True])
        self.assertEqual([self.client.wait(t.run, PATIENCE).data["n"] for t in got], [0, 1, 2])


class Interrupts(WorkerTest):
    def test_a_question_pauses_the_run_and_the_answer_comes_back(self):
        def f(state, logger, interrupt):
            answer = interrupt({"q": "Book?"}, update={"asked": True, "new": 1})
            return {"answer": answer, "seen": state["asked"]}
        self.worker(f)
        run = self.start()
        paused = self.status(run, "paused")
        self.assertEqual((paused.metadata["interrupt_value"], paused.metadata["last_node"]),
                         ({"q": "Book?"}, "n"))
        self.assertEqual(paused.data, {"asked": True, "new": 1})
        self.client.answer(run, {"yes": True})
        done = self.client.wait(run, PATIENCE)
        self.assertEqual(done.data, {"asked": True, "new": 1, "answer": {"yes": True},
                                     "seen": True})

    def test_a_null_answer_is_an_answer_and_it_may_ask_again(self):
        def f(state, interrupt):
            if "first" not in state:
                interrupt("second?", update={"first": [interrupt("first?")]})
            return {"second": interrupt("second?")}
        self.worker(f)
        run = self.start()
        for question, answer in (("first?", None), ("second?", 2)):
            self.eventually(lambda: [w for w in self.client.run(run).waiting_on
                                     if w.question == question])
            self.client.resume(run, answer=answer)
        self.assertEqual(self.client.wait(run, PATIENCE).data, {"first": [None], "second": 2})


class Leases(WorkerTest):
    def test_a_cancel_reaches_the_function_and_its_result_is_discarded(self):
        inside, ended = threading.Event(), threading.Event()

        def f(state):
            inside.set()
            if pawl.current_step().cancelled.wait(PATIENCE):
                ended.set()
            return {"too": "late"}
        self.worker(f, lease=1)
        run = self.start()
        self.assertTrue(inside.wait(PATIENCE))
        self.client.cancel(run)
        self.assertTrue(ended.wait(PATIENCE))
        self.assertEqual((self.client.run(run).status, self.client.run(run).data),
                         ("cancelled", {}))

    def test_heartbeats_keep_a_step_that_takes_longer_than_its_lease(self):
        calls = []

        def f(state):
            calls.append(pawl.current_step().cancelled.wait(2.5))
            return len(calls)
        self.worker(f, lease=1)
        run = self.client.wait(self.start(), PATIENCE)
        self.assertEqual((run.data, calls), ({"result": 1}, [False]))

    def test_a_step_whose_worker_gave_up_goes_to_another(self):
        inside, release = threading.Event(), threading.Event()
        self.addCleanup(release.set)

        def first(state):
            inside.set()
            release.wait(PATIENCE)
            return "first"
        stuck = self.worker(first, lease=1)
        run = self.start()
        self.assertTrue(inside.wait(PATIENCE))
        self.assertFalse(stuck.stop(timeout=0))
        self.worker(lambda state: "second", lease=1)
        self.assertEqual(self.client.wait(run, PATIENCE).data, {"result": "second"})
        release.set()

    def test_a_stop_waits_for_what_is_under_way(self):
        inside = threading.Event()

        def f(state):
            inside.set()
            pawl.current_step().cancelled.wait(0.5)
            return "done"
        worker = self.worker(f)
        run = self.start()
        self.assertTrue(inside.wait(PATIENCE))
        self.assertTrue(worker.stop())
        self.assertEqual(self.client.run(run, wait=5).data, {"result": "done"})

    def test_logs_and_progress_are_seen_while_the_function_runs(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def f(state, logger):
            logger.info("half way")
            pawl.current_step().heartbeat(0.5)
            go_on.wait(PATIENCE)
            logger.error("at the end")
        self.worker(f)
        flow = self.flow(task(code_ref=self.name()))
        with self.client.events() as events:
            run = self.client.start(flow).id
            kinds = set()
            while not {"step_log", "step_progress"} <= kinds:
                kinds.add(next(events).kind)
        go_on.set()
        self.client.wait(run, PATIENCE)
        lines = [(line.level, line.message) for line in self.client.logs(run)]
        self.assertEqual(lines, [("info", "half way"), ("error", "at the end")])

    def test_a_worker_waits_for_a_killed_server_and_loses_no_result(self):
        inside, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def f(state):
            inside.set()
            go_on.wait(PATIENCE)
            return "there"
        self.worker(f, lease=2)
        run = self.start()
        self.assertTrue(inside.wait(PATIENCE))
        self.server.kill()
        go_on.set()
        self.server.start()
        self.assertEqual(self.client.wait(run, PATIENCE).data, {"result": "there"})


class Example(ServerTest):
    def test_the_old_app_runs(self):
        env = {**os.environ, "PYTHONPATH": FOLDER, "PAWL_SERVER": self.server.url}
        done = subprocess.run([sys.executable, "-m", "shop"], cwd=EXAMPLE, env=env, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = [self.client.run(run.id) for run in self.client.all_runs()]
        self.assertEqual(sorted(run.status for run in runs), ["completed"] * 3 + ["failed"])
        self.assertEqual([r.data["count"] for r in runs if r.flow == "Rounds with a delay"], [3])
        self.assertIn("round 3 of 3", done.stdout)
        self.assertIn("asks {'question': 'Book 5000?'}", done.stdout)
