import pawl
from tests.server import ServerTest, task

WAITS = {"id": "s", "type": "signal", "data": {"name": "go", "into": "got"}}
ASKS = {"id": "q", "type": "interrupt", "data": {"question": "Go?", "into": "answer"}}


class Runs(ServerTest):
    def test_start_and_wait(self):
        run = self.client.start_and_wait(self.flow(task(args={"a": 1})), {"b": 2},
                                         metadata={"who": "me"})
        self.assertEqual((run.status, run.finished, run.data), ("completed", True,
                                                                {"a": 1, "b": 2}))
        self.assertEqual(run.metadata["who"], "me")
        self.assertEqual(self.client.state(run.id), run.data)
        self.assertEqual(self.client.wait(run.id), self.client.run(run.id))

    def test_a_wait_too_short_gives_the_run_as_it_is(self):
        run = self.client.start_and_wait(self.flow(WAITS), wait=0.1)
        self.assertFalse(run.finished)
        self.assertEqual((run.waiting_on[0].kind, run.waiting_on[0].name), ("signal", "go"))
        with self.assertRaises(TimeoutError):
            self.client.wait(run.id, timeout=0.1)

    def test_the_same_id_or_key_finds_the_run_again(self):
        flow = self.flow(task())
        for given in ({"id": "run-" + flow}, {"key": "key-" + flow}):
            first = self.client.start(flow, **given)
            second = self.client.start(flow, **given)
            self.assertEqual((first.created, second.created), (True, False))
            self.assertEqual(first.id, second.id)
        self.assertNotEqual(self.client.start(flow).id, self.client.start(flow).id)

    def test_unknown_things_are_not_found(self):
        for call in (lambda: self.client.start("no such flow"), lambda: self.client.run("none"),
                     lambda: self.client.cancel("none"), lambda: self.client.history("none"),
                     lambda: self.client.logs("none"), lambda: self.client.state("none"),
                     lambda: self.client.events("none")):
            with self.assertRaises(pawl.NotFound):
                call()

    def test_a_failed_run_says_why_and_can_be_retried(self):
        flow = self.flow(task(code_ref="core.fail", args={"type": "oops", "message": "m"}))
        run = self.client.start_and_wait(flow)
        self.assertEqual((run.status, run.error.type, run.error.message, run.error.node),
                         ("failed", "oops", "m", "n"))
        self.assertEqual(self.client.retry(run.id).before, "failed")
        self.assertEqual(self.client.wait(run.id).status, "failed")

    def test_a_signal_id_has_effect_once(self):
        run = self.client.start(self.flow(WAITS, task())).id
        self.client.signal(run, "go", {"n": 1}, id="s1")
        self.assertEqual(self.client.wait(run).data["got"], {"n": 1})

    def test_questions_are_answered(self):
        for answer in ({"yes": True}, None):
            run = self.client.start(self.flow(ASKS)).id
            waiting = self.status(run, "paused").waiting_on[0]
            self.assertEqual((waiting.kind, waiting.question), ("answer", "Go?"))
            self.client.answer(run, answer, question=waiting.name)
            self.assertEqual(self.client.wait(run).data["answer"], answer)
        run = self.client.start(self.flow(ASKS)).id
        self.status(run, "paused")
        self.client.resume(run, answer=3, update={"more": 1})
        self.assertEqual(self.client.wait(run).data, {"answer": 3, "more": 1})

    def test_pause_update_resume_cancel(self):
        run = self.client.start(self.flow(WAITS)).id
        done = self.client.pause(run, reason="lunch")
        self.assertEqual((done.run.id, done.run.status), (run, "paused"))
        self.client.update(run, {"a": 1})
        self.assertEqual(self.client.state(run)["a"], 1)
        self.assertEqual(self.client.resume(run, update={"b": 2}).before, "paused")
        self.assertEqual(self.client.cancel(run).run.status, "cancelled")
        self.assertEqual(self.client.state(run), {"a": 1, "b": 2})
        with self.assertRaises(pawl.IllegalTransition):
            self.client.pause(run)

    def test_commands_check_if_status_and_if_match(self):
        run = self.client.start(self.flow(WAITS)).id
        before = self.client.run(run)
        with self.assertRaises(pawl.Conflict):
            self.client.cancel(run, if_status="paused")
        self.client.pause(run, if_match=before.etag)
        with self.assertRaises(pawl.PreconditionFailed):
            self.client.cancel(run, if_match=before.etag)
        self.client.cancel(run, if_match=self.client.run(run).etag)

    def test_restart_starts_a_new_run_with_the_same_input(self):
        run = self.client.start_and_wait(self.flow(task(args={"a": 1})), {"b": 2})
        again = self.client.restart(run.id, metadata={"again": True})
        found = self.client.wait(again.id)
        self.assertEqual((found.restarted_from, found.data), (run.id, run.data))

    def test_runs_are_listed_in_pages_newest_first(self):
        flow = self.flow(WAITS)
        ids = [self.client.start(flow).id for _ in range(5)]
        found, cursor = [], None
        while True:
            page = self.client.runs(limit=2, cursor=cursor)
            self.assertLessEqual(len(page.runs), 2)
            found += [run.id for run in page.runs]
            cursor = page.next
            if cursor is None:
                break
        self.assertEqual([id for id in found if id in ids], ids[::-1])
        self.assertEqual([r.id for r in self.client.all_runs("cancelled") if r.id in ids], [])

    def test_runs_are_found_and_counted_by_a_filter(self):
        flow = self.flow(WAITS)
        ids = [self.client.start(flow).id for _ in range(3)]
        self.client.cancel(ids[1])
        fits = f"flow={flow} status=running,paused"
        found = self.client.runs(filter=fits, order="oldest").runs
        self.assertEqual([run.id for run in found], [ids[0], ids[2]])
        self.assertEqual({run.waits[0].kind for run in found}, {"signal"})
        self.assertEqual([run.id for run in self.client.all_runs(filter=fits)], [ids[2], ids[0]])
        total = self.client.count_runs(fits)
        self.assertEqual((total.count, total.exact), (2, True))
        with self.assertRaisesRegex(pawl.PawlError, "position 1: unknown field"):
            self.client.runs(filter="flwo=x")

    def test_failed_runs_are_grouped_by_their_error(self):
        flow = self.flow(task(id="charge", code_ref="core.fail"))
        ids = [self.client.start_and_wait(flow).id for _ in range(2)]
        found = self.client.error_groups(flow=flow)
        group, = found.groups
        self.assertEqual((group.node, group.count, group.newest), ("charge", 2, ids[-1]))
        self.assertEqual((found.runs, found.others, found.exact), (2, 0, True))
        self.assertFalse(self.client.error_groups(f"flow={flow}", limit=1).exact)

    def test_the_series_and_the_scopes_have_what_runs(self):
        self.client.start_and_wait(self.flow(task()))
        series = self.client.series(360)
        self.assertEqual(len(series.started), 360)
        self.assertGreaterEqual(sum(series.completed), 1)
        self.assertLess(series.begin, series.since)
        self.assertIn("default", list(self.client.scopes()))

    def test_events_of_all_runs_are_filtered(self):
        flow = self.flow(task())
        other = flow + "-other"
        self.client.create_flow({"name": other, "nodes": [task()], "edges": []}, publish=True)
        with self.client.events(filter=f"flow={flow}", kind="run_created,run_completed") as seen:
            self.client.start_and_wait(other)
            run = self.client.start_and_wait(flow).id
            events = [next(seen), next(seen)]
        self.assertEqual([(event.run, event.kind) for event in events],
                         [(run, "run_created"), (run, "run_completed")])
        with self.assertRaises(pawl.PawlError):
            self.client.events(filter="error=x")
        with self.assertRaises(ValueError):
            self.client.events(run, kind="run_created")

    def test_history_is_whole_in_pages_of_any_size(self):
        run = self.client.start_and_wait(self.flow(*[task(id=f"n{n}") for n in range(5)])).id
        whole = list(self.client.all_history(run))
        kinds = [event.kind for event in whole]
        self.assertEqual((kinds[0], kinds[-1]), ("run_created", "run_completed"))
        self.assertEqual(kinds.count("step_finished"), 5)
        self.assertEqual(len({event.id for event in whole}), len(whole))
        found, first = [], 1
        while first is not None:
            page = self.client.history(run, first=first, limit=3)
            found += [event.id for event in page.events]
            first = page.next
        self.assertEqual(found, [event.id for event in whole])

    def test_a_history_is_read_from_its_end_and_in_part(self):
        run = self.client.start_and_wait(self.flow(*[task(id=f"n{n}") for n in range(3)]),
                                         {"x": 1}).id
        whole = [event.id for event in self.client.all_history(run)]
        back = [event.id for event in self.client.all_history(run, reverse=True)]
        self.assertEqual(back, whole[::-1])
        found = list(self.client.all_history(run, kind="step_finished", node="n1", values=True))
        self.assertEqual([event.node for event in found], ["n1"])
        self.assertIn("output", found[0].detail)
        created = self.client.history(run, limit=1, values=True).events[0]
        self.assertEqual(created.detail["input"], {"x": 1})
        with self.assertRaisesRegex(pawl.PawlError, 'did you mean "step_failed"'):
            self.client.history(run, kind="step_faild")
        with self.assertRaisesRegex(pawl.PawlError, 'has no node "n9"'):
            self.client.history(run, node="n9")

    def test_steps_are_rows_in_pages_of_any_size(self):
        run = self.client.start_and_wait(self.flow(*[task(id=f"n{n}") for n in range(5)])).id
        steps = list(self.client.all_steps(run))
        self.assertEqual([step.node for step in steps], [f"n{n}" for n in range(5)])
        self.assertEqual({step.status for step in steps}, {"completed"})
        page = self.client.steps(run, limit=2, reverse=True)
        self.assertEqual(page.steps[0], steps[-1])
        found, first = [], None
        while True:
            page = self.client.steps(run, limit=1, first=first)
            found += page.steps
            first = page.next
            if first is None:
                break
        self.assertEqual(found, steps)

    def test_logs(self):
        flow = self.flow(task(code_ref="core.log", args={"message": "hi", "level": "warning"}))
        run = self.client.start_and_wait(flow).id
        line = self.eventually(lambda: self.client.logs(run))[0]
        self.assertEqual((line.message, line.level, line.node), ("hi", "warning", "n"))


class Batches(ServerTest):
    def test_each_item_has_its_result(self):
        flow = self.flow(WAITS)
        started = self.client.batch_start([{"flow": flow, "input": {"n": 1}}, {"flow": "none"},
                                           {"flow": flow}])
        self.assertEqual([r.ok for r in started], [True, False, True])
        self.assertIsInstance(started[1].problem, pawl.NotFound)
        ids = [started[0].id, "none", started[2].id]
        for call, status in ((self.client.batch_pause, "paused"),
                             (self.client.batch_resume, "running")):
            results = call(ids)
            self.assertEqual([r.ok for r in results], [True, False, True])
            self.assertEqual([self.client.run(id).status for id in (ids[0], ids[2])], [status] * 2)
        results = self.client.batch_signal([{"run": id, "type": "go", "payload": 7} for id in ids])
        self.assertEqual([r.ok for r in results], [True, False, True])
        self.assertEqual(self.client.wait(ids[0]).data, {"n": 1, "got": 7})
        self.assertEqual(self.client.wait(ids[2]).data, {"got": 7})
        self.assertEqual([r.ok for r in self.client.batch_cancel(ids)], [False, False, False])
        self.assertEqual([r.ok for r in self.client.batch_retry(ids)], [False, False, False])


class Events(ServerTest):
    def test_a_runs_stream_is_its_history(self):
        run = self.client.start(self.flow(*[task(id=f"n{n}") for n in range(3)])).id
        streamed = list(self.client.events(run))
        self.assertEqual(streamed[-1].kind, "end")
        self.assertEqual(streamed[-1].detail["status"], "completed")
        stored = [e for e in streamed if e.id is not None and e.kind != "end"]
        history = list(self.client.all_history(run))
        self.assertEqual([(e.id, e.kind) for e in stored], [(e.id, e.kind) for e in history])

    def test_it_goes_on_after_any_event_without_gap_or_repeat(self):
        run = self.client.start_and_wait(self.flow(*[task(id=f"n{n}") for n in range(3)])).id
        ids = [event.id for event in self.client.all_history(run)]
        for at in range(len(ids)):
            rest = [e.id for e in self.client.events(run, ids[at]) if e.kind != "end"]
            self.assertEqual(rest, ids[at + 1:])

    def test_the_scopes_stream_has_what_happens_from_now_on(self):
        flow = self.flow(task())
        with self.client.events() as events:
            first = self.client.start(flow).id
            self.assertEqual(next(events).run, first)
            last = self.client.start_and_wait(flow).id
            for event in events:
                if event.run == last and event.kind == "run_completed":
                    break
            resume_from = events.last_id
        later = self.client.start_and_wait(flow).id
        with self.client.events(last_id=resume_from) as events:
            self.assertEqual((next(events).run, next(events).run), (later, later))

    def test_it_goes_on_when_the_server_was_killed(self):
        run = self.client.start(self.flow(WAITS, task())).id
        with self.client.events(run) as events:
            found = [next(events)]
            while found[-1].kind != "signal_awaited":
                found.append(next(events))
            self.server.kill()
            self.server.start()
            self.client.signal(run, "go")
            found += list(events)
        ids = [e.id for e in found if e.id is not None and e.kind != "end"]
        self.assertEqual(ids, [event.id for event in self.client.all_history(run)])


class TheServer(ServerTest):
    def test_the_server_describes_itself(self):
        self.assertTrue(self.client.healthy())
        self.assertTrue(self.client.ready())
        self.assertRegex(self.client.server_version(), r"^\d+\.\d+\.\d+")
        self.assertIn("/v1/runs", self.client.openapi()["paths"])
        self.assertIn("pawl_", self.client.metrics())
        self.assertIn("core.echo", [f.code_ref for f in self.client.functions()])
        self.assertIsInstance(self.client.config(), dict)
        self.assertGreaterEqual(self.client.stats().connections, 1)
        self.assertEqual(self.client.workers().workers, [])

    def test_statistics_by_period_and_day(self):
        flow = self.flow(task())
        for _ in range(2):
            self.client.start_and_wait(flow)
        found = self.client.run_statistics(days=2)
        [row] = [each for each in found.days if each.flow == flow][:1]
        self.assertEqual((row.started, row.completed, row.failed), (2, 2, 0))
        self.assertGreaterEqual(found.periods.last_24_hours.started, 2)
        self.assertGreaterEqual(found.runs["completed"], 2)
        self.assertGreaterEqual(found.newest.created_at, found.oldest.created_at)
        with self.assertRaises(pawl.InvalidArgument):
            self.client.run_statistics(days=0)

    def test_an_unknown_field_is_refused_by_name(self):
        with self.assertRaisesRegex(pawl.InvalidArgument, "nonsense"):
            self.client._post("/v1/runs", {"flow": "f", "nonsense": 1})
