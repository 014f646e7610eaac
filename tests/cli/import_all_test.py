"""A database of 200 runs with everything that the previous engine left behind, held row by row."""

import json
import unittest

from old_database import TIME, OldDatabaseTest, definition

AT = "2025-10-29T01:02:03.004Z"
LATER, LATER_AT = "2025-10-29 02:00:00", "2025-10-29T02:00:00.000Z"


class Expected:
    """What a run must be after the import."""

    def __init__(self, status, at=None, input=None, error=None, why=None, flow="plain@1.0.0",
                 name=None, created=AT, kept=None):
        self.status = status
        self.at = at if at is not None else ([] if status != "paused" else ["start"])
        self.input = {"n": 1} if input is None else input
        self.error = error
        self.why = why  # words of its note; None: it has no note
        self.flow = flow
        self.name = name
        self.created = created
        self.kept = kept or {}


UNKNOWN = "it is not known where it stopped"
LOST = "the previous engine has not stored the error"


class ImportOfAll(OldDatabaseTest):
    def setUp(self):
        super().setUp()
        self.expected = {}
        self.checkpoints, self.writes, self.lines_of = [], [], {}

    def want(self, id, version, word, finished=None, *, metadata='{"inputs": {"n": 1}}',
             started=TIME, **expected):
        self.add_run(id, version, word, finished, metadata, started)
        self.expected[id] = Expected(**expected)

    def add_flows(self):
        self.add_version(1, 1, "plain", "1.0.0", definition("a", "b"))
        self.add_version(2, 1, "plain", "1.0.0", definition("c"))       # the same text twice
        self.add_version(3, 1, "plain", "v1", definition("d"), None)    # a label, not published
        self.add_version(4, 2, "plain", "2.1", definition("e"), "odd")  # the same name twice
        self.add_version(5, 3, "流程", "1.0.0", definition("a"))
        self.add_version(6, 4, "cut", "1.0.0", definition("a")[:30])
        self.add_version(7, 5, "none", "1.0.0", "null")
        self.add_version(8, 6, "fork", "1.0.0", json.dumps({
            "nodes": [{"id": "start", "type": "start"}, {"id": "left", "type": "end"},
                      {"id": "right", "type": "end"}],
            "edges": [{"source": "start", "target": "left"},
                      {"source": "start", "target": "right"}]}))
        self.db.execute("INSERT INTO flows VALUES (9, 'empty', ?)", (TIME,))

    def add_usual_runs(self):
        """Runs as most are, of all statuses."""
        for number in range(20):
            data = {"inputs": {"number": number, "text": "käse \U0001f9c0"}}
            same = {"metadata": json.dumps(data), "input": data["inputs"]}
            self.want(f"done {number}", 1, "completed", LATER, status="completed", **same)
            self.want(f"failed {number}", 1, "failed", LATER, status="failed", error=LOST, **same)
            self.want(f"stopped {number}", 1, "cancelled", LATER, status="cancelled", **same)
            self.want(f"paused {number}", 1, "paused", status="paused", why=UNKNOWN, **same)
            self.want(f"run {number}", 1, "running", status="paused", why=UNKNOWN, **same)
            self.want(f"new {number}", 1, "pending", started=None, status="paused", **same)

    def add_ends(self):
        """Runs whose ends only checkpoints and logs have."""
        for number in range(5):
            over = f"over {number}"  # its status was overwritten
            self.want(over, 1, "running", LATER, status="completed", why="has ended")
            stopped = f"halted {number}"
            self.want(stopped, 1, "running", LATER, status="cancelled", why="has ended")
            self.checkpoints.append((stopped, "1", {"branch:to:n1": None}))
            broken = f"broken {number}"
            self.want(broken, 1, "running", LATER, status="failed", why="has ended", error="E: x")
            self.checkpoints.append((broken, "1", {}))
            self.writes.append((broken, "1", "__error__", "E: x"))
            healed = f"healed {number}"
            self.want(healed, 1, "running", LATER, status="completed", why="has ended")
            self.checkpoints += [(healed, "1", {}), (healed, "2", {})]
            self.writes.append((healed, "1", "__error__", "E: x"))
            before = f"before {number}"
            self.want(before, 1, "running", status="paused", at=["n1"], kept={"last_node": "n0"})
            self.checkpoints += [
                (before, "1", {"branch:to:n0": None}),
                (before, "2", {"branch:to:n1": None, "current_node": "n0"}),
                (before, "3", {"branch:to:n0": None}, "inner:1")]
            both = f"both {number}"
            self.want(both, 8, "running", status="paused", at=["start"], flow="fork@1.0.0",
                      why="all of them", kept={"next": ["left", "right"]})
            self.checkpoints.append((both, "1", {"branch:to:left": None, "branch:to:right": None}))
            logged = f"logged {number}"
            self.want(logged, 1, "failed", LATER, status="failed", error="burnt",
                      kept={"last_node": "n0", "error": "burnt"})
            self.lines_of[logged] = [{"level": "ERROR", "node_id": "n0", "message": "burnt"}]
            asking = f"asking {number}"
            self.want(asking, 1, "paused", status="paused", why=UNKNOWN,
                      kept={"interrupt_value": "ok?"})
            self.lines_of[asking] = [{"message": "Node n0 interrupted with value: ok?, update: None"}]

    def add_odd_runs(self):
        """Ids, versions, values and words that only some rows have."""
        for id, now in (("..", "text.-2e-2e"), ("a/b", None), ("DONE 1", None), ("跑", None),
                        ("two\nlines", "text.two-0alines"), ("text.x", "text.text-2ex"),
                        ("x" * 255, None)):
            self.want(id, 1, "completed", LATER, status="completed", name=now,
                      why="renamed" if now else None)
        for number, (version, flow) in enumerate(((2, "plain@1.0.1"), (3, "plain@1.0.2"),
                                                  (4, "plain@1.0.3"), (5, "流程@1.0.0"),
                                                  (6, "cut@1.0.0"), (7, "none@1.0.0"),
                                                  (99, "flow of version 99@1.0.0"))):
            self.want(f"of {number}", version, "completed", LATER, status="completed", flow=flow)
        words = ("unknown", "", "COMPLETED", "paused ", "läuft")
        for number, word in enumerate(words):
            self.want(f"word {number}", 1, word, status="paused", why=UNKNOWN,
                      kept={"status": word})
        for number, (text, input, why) in enumerate((
                ('{"inputs": {"x": NaN, "y": [-Infinity]}}', {"x": None, "y": [None]}, "/inputs/x: "),
                (json.dumps({"inputs": {"x": 10 ** 30}}), {"x": 1e30}, "the integer 1" + "0" * 30),
                (json.dumps({"inputs": {"x": 10 ** 400}}), {"x": None}, "/inputs/x: "),
                (json.dumps({"inputs": {"x": 2 ** 63}}), {"x": 2 ** 63}, None),
                ("null", {}, None), ("{}", {}, None), ("[1]", {}, None), (None, {}, None),
                ('{"inputs": {"x', {}, "cannot be read"), ('{"inputs": 5}', {}, None))):
            self.want(f"value {number}", 1, "completed", LATER, metadata=text, status="completed",
                      input=input, why=why)
        for number, (started, created, why) in enumerate((
                ("2025-10-29 02:00:00", LATER_AT, None),         # no fraction
                ("2025-10-29T02:00:00", LATER_AT, None),
                (None, AT, None),                                # its last event
                ("yesterday", AT, 'its started_at "yesterday" is not a time'))):
            self.want(f"time {number}", 1, "completed", LATER, started=started, status="completed",
                      created=created, why=why)

    def check(self, id, notes):
        wanted, shown = self.expected[id], self.shown(self.expected[id].name or id)
        self.assertEqual(
            (shown["status"], shown.get("at") or [], shown["input"], shown["created_at"],
             f'{shown["flow"]}@{shown["version"]}', (shown.get("error") or {}).get("message")),
            (wanted.status, wanted.at, wanted.input, wanted.created, wanted.flow, wanted.error), id)
        kept = shown["metadata"]["imported"]
        self.assertEqual({key: kept.get(key) for key in wanted.kept}, wanted.kept, id)
        self.assertEqual(kept["id"], id)
        note = notes.get(id)
        if wanted.why is None:
            self.assertIsNone(note, id)
        else:
            self.assertIn(wanted.why, note["why"], id)

    def test_each_of_200_runs_is_what_its_row_says(self):
        self.add_flows()
        self.add_usual_runs()
        self.add_ends()
        self.add_odd_runs()
        while len(self.expected) < 200:
            self.want(f"more {len(self.expected)}", 1, "completed", LATER, status="completed")
        for number, run in enumerate(("run 1", "run 1", "nobody", None)):
            self.db.execute("INSERT INTO signals VALUES (?, ?, 'cancel_request', '{}', ?, 0)",
                            (number, run, TIME))
        self.checkpoints.append(("ghost", "1", {}))
        self.add_checkpoints(*self.checkpoints, writes=self.writes)
        for run, lines in {**self.lines_of, "shadow": [{"message": "x"}]}.items():
            self.add_log(run, *lines)
        dry, dry_total = self.imported("--dry-run", *self.logs)
        notes, total = self.imported(*self.logs)
        self.assertEqual((notes, total), (dry, dry_total))
        for id in self.expected:
            self.check(id, notes)
        count = {status: sum(each.status == status for each in self.expected.values())
                 for status in ("completed", "failed", "cancelled", "paused")}
        self.assertEqual({status: total[status] for status in count}, count)
        self.assertEqual(sum(count.values()), 200)
        # One flow, one log, one run of checkpoints, and the signals of no run.
        self.assertEqual(total["left_out"], 4)
        self.assertEqual({(note["kind"], note["old"]) for note in notes.values() if not note["now"]},
                         {("flow", "empty"), ("log", "shadow"), ("checkpoint", "ghost"),
                          ("signal", "2 signals")})
        self.assertEqual(len(self.shown("run 1")["metadata"]["imported"]["signals"]), 2)
        [plain] = [f for f in self.lines("flows", "ls", "--json", *self.where)
                   if f["name"] == "plain"]
        self.assertEqual((plain["published"], plain["latest"]), ("1.0.1", "1.0.3"))
        _, again = self.imported(*self.logs)
        self.assertEqual((again["present"], again["left_out"]), (200, 4))


if __name__ == "__main__":
    unittest.main()
