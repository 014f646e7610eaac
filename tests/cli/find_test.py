"""Finding runs: filters, counts, groups of errors, bulk commands by filter."""

import unittest

from program import FAILED, USAGE, ProgramTest, task


class Finding(ProgramTest):
    def setUp(self):
        super().setUp()
        waits = self.flow({"id": "ask", "type": "signal", "data": {"name": "go"}}, name="waits")
        fails = self.flow(task("charge", "core.fail", args={"type": "declined", "message": "no"}),
                          name="fails")
        for flow in (waits, fails):
            self.pawl("flows", "put", flow, *self.where)
        for run in ("w1", "w2", "w3"):
            self.pawl("runs", "start", "waits", "--id", run, *self.where)
        for run in ("f1", "f2"):
            self.pawl("run", fails, "--id", run, *self.where, expect=FAILED)

    def found(self, *words):
        return [run["id"] for run in self.lines("runs", "ls", *words, "--json", *self.where)]

    def test_a_filter_selects_the_runs_that_are_listed(self):
        self.assertEqual(self.found("flow=fails"), ["f2", "f1"])
        self.assertEqual(self.found("status=failed,running", "id=w1,f1"), ["f1", "w1"])
        self.assertEqual(self.found("waiting=signal:go started>-1h"), ["w3", "w2", "w1"])
        self.assertEqual(self.found("--flow", "waits", "id!=w2", "--order", "oldest"), ["w1", "w3"])
        self.assertEqual(self.found("--order", "finished_first"), ["f1", "f2"])
        self.pawl("runs", "signal", "w2", "later", *self.where)
        self.assertEqual(self.found("--order", "updated_last"), ["w2", "f2", "f1", "w3", "w1"])
        self.assertEqual(self.found("--order", "updated_first"), ["w1", "w3", "f1", "f2", "w2"])
        out = self.pawl("runs", "ls", "flow=waits", *self.where).stdout
        self.assertRegex(out, r"w1 .* signal go at ask")
        self.assertIn("No run fits the filter.",
                      self.pawl("runs", "ls", "flow=none", *self.where).stdout)

    def test_attributes_are_given_shown_and_searched(self):
        for run, more in (("a1", ["--attr", 'zip="01234"']), ("a2", ["--attr", "due=2026-01-31"])):
            self.pawl("runs", "start", "waits", "--id", run, "--attr", "customer=acme",
                      "--attr", "total=" + run[1], *more, *self.where)
        self.assertEqual(self.found("attr.customer=acme"), ["a2", "a1"])
        self.assertEqual(self.found("attr.customer=acme attr.total>1"), ["a2"])
        self.assertEqual(self.found('attr.zip="01234"'), ["a1"])
        self.assertEqual(self.found("--order", "attr.total"), ["a1", "a2"])
        self.assertEqual(self.found("attr.total<=2", "--order=-attr.total"), ["a2", "a1"])
        self.refused(USAGE, "-attr.NAME", "runs", "ls", "--order", "attr.", *self.where)
        out = self.pawl("runs", "show", "a1", *self.where).stdout
        self.assertRegex(out, r"attribute +customer = acme")
        self.assertRegex(out, r'attribute +zip = "01234"')
        self.refused(USAGE, "attr.zip is a text", "runs", "ls", "attr.zip=1234", *self.where)
        self.refused(USAGE, "write NAME=VALUE", "runs", "start", "waits", "--attr", "acme",
                     *self.where)
        self.refused(USAGE, "given twice", "runs", "start", "waits", "--attr", "a=1", "--attr",
                     "a=2", *self.where)

    def test_columns_are_chosen(self):
        self.pawl("runs", "start", "waits", "--id", "a1", "--attr", "customer=acme", *self.where)

        def listed(columns, *filter):
            return self.pawl("runs", "ls", "--columns", columns, *filter, *self.where).stdout

        out = listed("id,attr.customer,status", "id=a1,w1", "--order", "oldest")
        self.assertEqual([line.split() for line in out.splitlines()],
                         [["ID", "customer", "STATUS"], ["w1", "-", "running"],
                          ["a1", "acme", "running"]])
        rows = out.splitlines()
        self.assertEqual(rows[0].index("STATUS"), rows[1].index("running"))
        self.assertNotIn("\t", out)
        out = listed("error,message,node,id,finished", "id=f1")
        self.assertRegex(out.splitlines()[1], r"^declined +no +charge +f1 +\d{4}-\d\d-\d\d \d\d:")
        self.assertRegex(listed("id,waiting", "id=w1"), r"(?m)^w1 +signal go at ask$")
        self.assertRegex(listed("id,finished", "id=w1"), r"(?m)^w1 +-$")
        self.refused(USAGE, ['unknown column "statsu"; did you mean "status"?', "restarted_from",
                             "attr.NAME"], "runs", "ls", "--columns", "id,statsu", *self.where)
        self.refused(USAGE, "the column id is given twice", "runs", "ls", "--columns", "id,id",
                     *self.where)
        self.refused(USAGE, "attribute", "runs", "ls", "--columns", "attr.a b", *self.where)
        self.refused(USAGE, "--columns", "runs", "ls", "--columns", "id", "--json", *self.where)
        help = " ".join(self.pawl("runs", "ls", "--help").stdout.split())
        self.assertIn("id, status, flow, created", help)
        self.assertIn("attr.NAME", help)

    def test_explain_prints_the_index_and_the_keys_read(self):
        done = self.pawl("runs", "ls", "flow=waits", "status=running", "--explain", *self.where)
        self.assertRegex(done.stderr, r"index: flow, status; keys read: \d+")

    def test_a_mistake_is_refused_with_its_position(self):
        self.refused(USAGE, ["position 15", 'unknown field "flwo"', 'did you mean "flow"?'],
                     "runs", "ls", "status=failed", "flwo=x", *self.where)
        self.refused(USAGE, "must be one of newest", "runs", "ls", "--order", "x", *self.where)

    def test_statistics_by_period_and_day(self):
        [all] = self.lines("stats", "--json", *self.where)
        self.assertEqual((all["runs"]["running"], all["runs"]["failed"]), (3, 2))
        self.assertEqual(all["periods"]["last_24_hours"],
                         {"started": 5, "completed": 0, "failed": 2, "cancelled": 0})
        self.assertEqual(sum(row["started"] for row in all["days"] if row["flow"] == "waits"), 3)
        self.assertEqual((all["oldest"]["id"], all["newest"]["id"]), ("w1", "f2"))
        out = self.pawl("stats", "--days", "2", *self.where).stdout
        self.assertRegex(out, r"(?m)^runs +5: 3 running, 2 failed$")
        self.assertRegex(out, r"(?m)^last 7 days +5 +0 +2 +0$")
        self.assertRegex(out, r"(?m)^\d{4}-\d\d-\d\d +fails +\d+ +0 +\d+ +0$")
        self.pawl("runs", "rm", "f1", "--yes", *self.where)
        self.assertRegex(self.pawl("stats", *self.where).stdout, r"(?m)^last 24 hours +4 +0 +1 +0$")
        self.refused(USAGE, "use 1 to 366", "stats", "--days", "0", *self.where)

    def test_runs_are_counted(self):
        self.assertEqual(self.pawl("runs", "count", *self.where).stdout, "5\n")
        self.assertEqual(self.pawl("runs", "count", "flow=waits", *self.where).stdout, "3\n")
        self.assertEqual(self.lines("runs", "count", "status=failed", "--json", *self.where),
                         [{"count": 2, "exact": True}])

    def test_failures_are_grouped_by_type_and_node(self):
        [group] = self.lines("runs", "errors", "--json", *self.where)
        self.assertEqual((group["type"], group["node"], group["count"], group["example"]),
                         ("declined", "charge", 2, "f2"))
        out = self.pawl("runs", "errors", *self.where).stdout
        self.assertRegex(out, r"(?m)^ +2  declined +charge +f2 +\S")
        self.assertIn("No failed run fits", self.pawl("runs", "errors", "flow=waits",
                                                      *self.where).stdout)
        done = self.pawl("runs", "errors", "--limit", "1", *self.where)
        self.assertIn("only the newest 1 failed run", done.stderr)

    def test_events_are_selected_by_a_filter_and_their_kind(self):
        def seen(*words):
            return [(event["run"], event["event"])
                    for event in self.lines("events", "--json", *words, *self.where)]
        self.assertEqual(seen("--kind", "run_created,run_failed", "flow=fails"),
                         [("f1", "run_created"), ("f1", "run_failed"),
                          ("f2", "run_created"), ("f2", "run_failed")])
        self.assertEqual(seen("status=failed", "id!=f1"), [("f2", "run_failed")])
        self.assertEqual({run for run, _ in seen("id^=w", "started>-1h")}, {"w1", "w2", "w3"})
        self.refused(USAGE, "id, status, flow", "events", "error=x", *self.where)
        self.refused(USAGE, 'Did you mean "run_failed"', "events", "--kind",
                     "run_faild", *self.where)

    def test_a_command_applies_to_all_runs_that_fit(self):
        self.refused(USAGE, ["2 runs fit the filter", "--yes"], "runs", "cancel", "--filter",
                     "flow=waits id!=w2", *self.where)
        out = self.pawl("runs", "cancel", "--filter", "flow=waits id!=w2", "--yes",
                        *self.where).stdout
        self.assertEqual(out.count("is cancelled"), 2)
        self.assertEqual(self.found("status=running"), ["w2"])
        self.assertEqual(self.found("waiting=signal:go"), ["w2"])
        self.assertIn("No run fits the filter.",
                      self.pawl("runs", "cancel", "--filter", "flow=none", "--yes",
                                *self.where).stdout)
        self.refused(USAGE, "unknown field", "runs", "cancel", "--filter", "x=1", *self.where)
        self.refused(USAGE, "either run IDs", "runs", "cancel", "w2", "--filter", "flow=waits",
                     *self.where)


if __name__ == "__main__":
    unittest.main()
