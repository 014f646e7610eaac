import pawl
from tests.server import ServerTest

WAITS = {"id": "s", "type": "signal", "data": {"name": "go", "into": "got"}}


class Jobs(ServerTest):
    def test_a_job_sends_its_command_to_all_runs_that_fit(self):
        flow = self.flow(WAITS)
        runs = [self.client.start(flow).id for _ in range(5)]
        wanted = f"flow={flow} status=running"
        dry = self.client.start_job("cancel", wanted, dry_run=True)
        self.assertEqual(self.client.wait_job(dry.id).matched, 5)
        started = self.client.start_job("signal", wanted, signal="go", payload={"by": "ada"},
                                        id="job-" + flow)
        self.assertTrue(started.created)
        job = self.client.wait_job(started.id)
        self.assertEqual((job.state, job.done, job.signal), ("finished", 5, "go"))
        results = list(self.client.all_job_results(job.id, outcome="done"))
        self.assertEqual([each.run for each in results], runs)
        self.assertEqual(self.client.wait(runs[0]).data["got"], {"by": "ada"})
        again = self.client.start_job("signal", wanted, signal="go", payload={"by": "ada"},
                                      id="job-" + flow)
        self.assertFalse(again.created)
        self.assertIn(job, self.client.jobs().jobs)
        with self.assertRaises(pawl.IllegalTransition):
            self.client.abort_job(job.id)
        self.client.delete_job(job.id)
        with self.assertRaises(pawl.NotFound):
            self.client.job(job.id)

    def test_a_mistake_in_a_filter_is_named_with_its_position(self):
        with self.assertRaises(pawl.InvalidArgument) as refused:
            self.client.start_job("retry", "statsu=failed")
        self.assertIn("position 1", refused.exception.detail)
