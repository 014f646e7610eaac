"""Reading from stores, and stores that cannot be used."""

import glob
import json
import os
import re
import shutil
import subprocess
import time
import unittest

from program import (CANCELLED, FAILED, NOT_FOUND, PROGRAM, STORE, USAGE, ProgramTest, environment,
                     task)


class Reading(ProgramTest):
    """Tests that apply to a data folder and to a server (`self.where`)."""

    def setUp(self):
        super().setUp()
        self.make_runs()

    def make_runs(self):
        self.good = self.flow(task("a", "core.set", args={"a": 1}), name="good")
        bad = self.flow(task("stop", "core.fail", args={"type": "broken"}), name="bad")
        self.pawl("run", self.good, "--id", "g1", *self.where, "--input", '{"n":1}')
        self.pawl("run", bad, "--id", "b1", *self.where, expect=FAILED)
        self.pawl("run", self.good, "--id", "g2", *self.where)

    def test_runs_are_listed_newest_first(self):
        runs = self.lines("runs", "ls", "--json", *self.where)
        self.assertEqual([run["id"] for run in runs], ["g2", "b1", "g1"])
        [failed] = self.lines("runs", "ls", "--status", "failed", "--json", *self.where)
        self.assertEqual((failed["id"], failed["error"]["type"]), ("b1", "broken"))
        out = self.pawl("runs", "ls", "--limit", "1", *self.where).stdout
        self.assertIn("g2", out)
        self.assertNotIn("g1", out)
        self.assertIn("more", out)
        self.assertIn("No run", self.pawl("runs", "ls", "--status", "paused", *self.where).stdout)

    def test_show_says_who_started_a_run_with_what(self):
        shown = self.show("g1")
        self.assertEqual(shown["input"], {"n": 1})
        self.assertTrue(shown["started_by"])
        self.assertIn("started by    " + shown["started_by"],
                      self.pawl("runs", "show", "g1", *self.where).stdout)

    def test_show_ends_with_the_next_command(self):
        out = self.pawl("runs", "show", "b1", *self.where).stdout
        for words in ("status        failed", "broken at stop", "STEP",
                      " ".join(["pawl runs retry b1", *self.where])):
            self.assertIn(words, out)
        self.assertIn("pawl runs history g1", self.pawl("runs", "show", "g1",
                                                        *self.where).stdout.splitlines()[-1])
        shown = self.show("b1")
        self.assertEqual((shown["id"], shown["status"], shown["flow"], shown["version"]),
                         ("b1", "failed", "bad", "1.0.0"))
        self.assertEqual(shown["metadata"], {})
        [step] = shown["steps"]
        self.assertEqual((step["node"], step["visit"], step["attempt"], step["status"]),
                         ("stop", 1, 1, "failed"))
        self.assertGreaterEqual(step["duration_us"], 0)
        self.assertEqual(self.show("g1")["data"], {"n": 1, "a": 1})

    def test_a_history_has_all_events(self):
        events = self.lines("runs", "history", "g1", "--json", *self.where)
        self.assertEqual([e["event"] for e in events],
                         ["run_created", "step_started", "step_finished", "run_completed"])
        out = self.pawl("runs", "history", "g1", *self.where).stdout
        self.assertEqual([line.split()[0] for line in out.splitlines()],
                         [f"#{e['checkpoint']}" for e in events])

    def test_a_history_is_read_from_its_end_and_in_part(self):
        def history(*how):
            return self.lines("runs", "history", "g1", *how, "--json", *self.where)

        self.assertEqual(history("--reverse"), history()[::-1])
        self.assertEqual(history("--limit", "2"), history()[:2])
        [ended] = history("--kind", "step_finished", "--node", "a", "--values")
        self.assertEqual(ended["detail"]["output"], {"a": 1})
        [created] = history("--kind", "run_created", "--values")
        self.assertEqual(created["detail"]["input"], {"n": 1})
        self.refused(USAGE, 'did you mean "step_failed"?', "runs", "history", "g1", "--kind",
                     "step_faild", *self.where)
        self.refused(USAGE, 'has no node "b"', "runs", "history", "g1", "--node", "b", *self.where)

    def test_steps_are_listed(self):
        [step] = self.lines("runs", "steps", "g1", "--json", *self.where)
        self.assertEqual((step["node"], step["status"], step["function"], step["output"]),
                         ("a", "completed", "core.set", {"a": 1}))
        out = self.pawl("runs", "steps", "b1", *self.where).stdout
        self.assertIn("core.fail, broken", out)
        self.assertIn("failed", out)

    def test_only_steps_inside_of_a_map_have_an_item(self):
        flow = self.file("mapped.json", {"name": "mapped", "nodes": [
            {"id": "every", "type": "map", "data": {"items": {"var": "xs"}, "as": "x"}},
            task("inside", "core.set", args={"a": 1})],
            "edges": [{"source": "every", "target": "inside", "data": {"each": True}}]})
        self.pawl("run", flow, "--id", "m1", *self.where, "--input", '{"xs": [1, 2]}')
        steps = self.lines("runs", "steps", "m1", "--json", *self.where)
        self.assertEqual([(each["node"], each.get("item")) for each in steps],
                         [("every", None), ("inside", 0), ("inside", 1)])

    def test_the_history_names_who_has_sent_a_command(self):
        self.pawl("runs", "retry", "b1", *self.where, expect=FAILED)
        [retried] = self.lines("runs", "history", "b1", "--kind", "run_retried", "--json",
                               *self.where)
        self.assertIn("by", retried["detail"])

    def test_no_such_run_or_flow(self):
        for command in (["show"], ["history"], ["cancel"], ["retry"]):
            self.refused(NOT_FOUND, "no such run: nobody", "runs", *command, "nobody",
                         *self.where)
        self.refused(NOT_FOUND, "nobody", "resume", "nobody", *self.where)
        self.refused(NOT_FOUND, "nothing", "flows", "show", "nothing", *self.where)
        self.refused(NOT_FOUND, "9.0.0", "flows", "show", "good", "--version", "9", *self.where)

    def test_a_finished_run_accepts_no_commands(self):
        self.refused(USAGE, "completed", "runs", "cancel", "g1", *self.where)
        self.refused(USAGE, "completed", "runs", "retry", "g1", *self.where)

    def test_flows_have_versions(self):
        [stored] = self.lines("flows", "put", self.good, "--json", *self.where)
        self.assertEqual((stored["version"], stored["created"]), ("1.0.0", False))
        self.flow(task("a", "core.set", args={"a": 2}), name="good")
        out = self.pawl("flows", "put", self.good, *self.where, "--no-publish").stdout
        self.assertIn("good@1.0.1", out)
        flows = self.lines("flows", "ls", "--json", *self.where)
        self.assertEqual(flows[1], {"name": "good", "latest": "1.0.1", "published": "1.0.0"})
        [shown] = self.lines("flows", "show", "good", "--version", "1.0.1", "--json", *self.where)
        self.assertEqual(shown["definition"]["nodes"][0]["data"]["args"], {"a": 2})
        self.assertIn('"a": 1', self.pawl("flows", "show", "good", *self.where).stdout)

    def test_a_start_takes_the_newest_version_of_a_range(self):
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            flow = self.flow(task("a", "core.set", args={"version": version}), name="ranged")
            self.pawl("flows", "put", flow, "--version", version, *self.where)
        [started] = self.lines("runs", "start", "ranged", "--version", "1.x", "--json", *self.where)
        self.assertEqual(started["version"], "1.1.0")
        self.refused(NOT_FOUND, "it has 2.0.0 (published), 1.1.0, 1.0.0",
                     "runs", "start", "ranged", "--version", "3.x", *self.where)
        self.refused(NOT_FOUND, "no version of flow \"ranged\" has the label \"latest\"",
                     "runs", "start", "ranged", "--version", "latest", *self.where)
        [started] = self.lines("runs", "start", "ranged@1.0.0", "--json", *self.where)
        self.assertEqual(started["version"], "1.0.0")
        self.refused(NOT_FOUND, "no-such", "runs", "start", "no-such@1.0.0", *self.where)

    def test_a_cancelled_run_ends_with_5(self):
        slow = self.flow(task("slow", "core.sleep", args={"seconds": 60}), name="slow")
        with subprocess.Popen([PROGRAM, "run", slow, "--id", "s", *self.where],
                              stdout=subprocess.PIPE, text=True, env=environment()) as process:
            for line in process.stdout:
                if "step_started" in line:
                    break
            process.kill()
        self.assertIn("it was running", self.pawl("runs", "cancel", "s", *self.where).stdout)
        self.pawl("run", slow, "--id", "s", *self.where, expect=CANCELLED)
        self.assertEqual(self.show("s")["steps"][0]["status"], "abandoned")


class Unusable(ProgramTest):
    """Stores that cannot be used keep their content."""

    def make_store(self):
        self.quick = self.flow(task("a", "core.set", args={"a": 1}), name="quick")
        self.pawl("run", self.quick, "--id", "q", "--data-dir", self.store)

    def test_a_store_that_is_open_in_another_process(self):
        slow = self.flow(task("slow", "core.sleep", args={"seconds": 60}), name="slow")
        with subprocess.Popen([PROGRAM, "run", slow, "--data-dir", self.store],
                              stdout=subprocess.PIPE, text=True, env=environment()) as process:
            for line in process.stdout:
                if "step_started" in line:
                    break
            self.refused(STORE, ["open", self.store], "runs", "keep", "q", "--data-dir", self.store)
            process.kill()
        self.pawl("runs", "ls", "--data-dir", self.store)

    def test_no_store(self):
        for command in (["recover"], ["resume"], ["runs", "ls"], ["flows", "ls"],
                        ["runs", "show", "x"]):
            self.refused(NOT_FOUND, ["no store", self.store], *command, "--data-dir", self.store)
        self.assertFalse(os.path.exists(self.store))

    def test_a_file_in_place_of_a_folder(self):
        path = self.file("store", "not a folder")
        self.refused(USAGE, path, "run", self.flow(task("a", "core.set")), "--data-dir", path)

    def test_a_store_of_a_newer_version(self):
        self.make_store()
        mark = os.path.join(self.store, "PAWL")
        with open(mark, encoding="utf-8") as file:
            text = file.read()
        with open(mark, "w", encoding="utf-8") as file:
            file.write(re.sub(r"\d+", "999", text))
        self.refused(STORE, "newer", "runs", "ls", "--data-dir", self.store)
        with open(mark, "w", encoding="utf-8") as file:
            file.write(text)
        self.assertEqual(self.show("q")["status"], "completed")

    def damage(self, pattern, cut, at=0.25):
        """Truncates the largest matching file to half its size, or overwrites bytes in it."""
        path = max(glob.glob(os.path.join(self.store, "**", pattern), recursive=True),
                   key=os.path.getsize)
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            if cut:
                file.truncate(size // 2)
            else:
                file.seek(int(size * at))
                file.write(b"\x00\xff" * 32)

    def test_a_damaged_table_is_reported(self):
        self.make_store()
        self.pawl("runs", "ls", "--data-dir", self.store)
        if not glob.glob(os.path.join(self.store, "**", "*.sst"), recursive=True):
            self.skipTest("the store has no table file yet")
        copy = self.store + "-copy"
        for cut in (True, False):
            shutil.copytree(self.store, copy)
            self.damage("*.sst", cut)
            with self.subTest(cut=cut):
                done = subprocess.run([PROGRAM, "runs", "show", "q", "--json", "--data-dir",
                                       self.store], env=environment(), text=True, timeout=60,
                                      capture_output=True, check=False)
                # Damage to bytes that are not read may go unnoticed, but the output is correct.
                if done.returncode == 0:
                    self.assertIn('"a":1', done.stdout)
                else:
                    self.assertEqual(done.returncode, STORE, done.stderr)
                    self.assertRegex(done.stderr, r"(?m)^pawl: \S")
            shutil.rmtree(self.store)
            shutil.move(copy, self.store)

    def make_damaged_log(self, at=0.25):
        slow = self.flow(*[task(f"s{i}", "core.set", args={f"k{i}": "x" * 400}) for i in range(20)],
                         task("slow", "core.sleep", args={"seconds": 60}), name="slow")
        with subprocess.Popen([PROGRAM, "run", slow, "--id", "w", "--data-dir", self.store],
                              stdout=subprocess.PIPE, text=True, env=environment()) as process:
            for line in process.stdout:
                if "slow" in line and "step_started" in line:
                    break
            process.kill()
        self.damage("*.log", cut=False, at=at)

    def test_a_damaged_log_is_reported(self):
        self.make_damaged_log()
        self.refused(STORE, self.store, "runs", "ls", "--data-dir", self.store)

    def test_a_damaged_log_is_checked_and_repaired(self):
        self.make_damaged_log(at=0.75)
        where = ("--data-dir", self.store)
        report = json.loads(self.pawl("store", "check", "--json", *where, expect=STORE).stdout)
        self.assertEqual((report["good"], report["opens"], report["repaired"]),
                         (False, False, False))
        [damage] = report["damage"]
        self.assertTrue(damage["file"].endswith(".log"))
        self.assertGreater(damage["offset"], 0)
        self.assertIn("w", [run["id"] for run in report["runs"]])
        self.refused(USAGE, "--accept-loss", "store", "repair", *where)
        self.refused(STORE, "store repair --accept-loss", "runs", "ls", *where)
        out = self.pawl("store", "repair", "--accept-loss", *where).stdout
        self.assertIn("w (scope default)", out)
        self.assertIn("Repaired", out)
        self.assertIn("w", [run["id"] for run in self.lines("runs", "ls", "--json", *where)])
        self.assertIn("No damage", self.pawl("store", "check", *where).stdout)

    def test_a_missing_file_is_reported_and_no_repair_is_advised(self):
        self.make_store()
        where = ("--data-dir", self.store)
        os.remove(os.path.join(self.store, "CURRENT"))
        done = self.refused(STORE, "cannot be repaired", "store", "check", "--json", *where)
        [damage] = json.loads(done.stdout)["damage"]
        self.assertEqual((damage["file"], damage["what"]), ("CURRENT", "missing"))
        self.assertNotIn("--accept-loss", done.stderr)
        self.refused(STORE, "nothing was changed", "store", "repair", "--accept-loss", *where)

    def test_a_check_of_a_good_store(self):
        self.make_store()
        out = self.pawl("store", "check", "--data-dir", self.store).stdout
        self.assertEqual(out, "No damage: 1 run checked.\n")
        self.assertFalse(os.path.exists(self.store + "-none"))
        self.refused(NOT_FOUND, "no store", "store", "check", "--data-dir", self.store + "-none")

    def test_info_counts_the_records(self):
        self.make_store()
        out = self.pawl("store", "info", "--data-dir", self.store).stdout
        self.assertRegex(out, r"Schema (\d+); this version of Pawl writes \1\.")
        self.assertRegex(out, r"runs +run_summary +2 +\d+ +\d+")
        info = json.loads(self.pawl("store", "info", "--json", "--data-dir", self.store).stdout)
        self.assertEqual(info["schema"], info["newest_schema"])
        inputs = [each for each in info["records"] if each["kind"] == "run_input"]
        self.assertEqual([(each["column"], each["version"]) for each in inputs],
                         [("checkpoints", 2)])
        self.refused(NOT_FOUND, "no store", "store", "info", "--data-dir", self.store + "-none")

    def test_stats_show_what_takes_the_space(self):
        self.make_store()
        done = self.pawl("store", "stats", "--data-dir", self.store)
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"(?m)^COLUMN +KIND +RECORDS +BYTES$")
        self.assertRegex(done.stdout, r"(?m)^checkpoints +inputs +\d+ +\d+$")
        self.assertRegex(done.stdout, r"records, .* of keys and values; .* on disk\.\n$")
        [sizes] = self.lines("store", "stats", "--json", "--data-dir", self.store)
        for part in ("kinds", "flows"):
            for what in ("records", "bytes"):
                self.assertEqual(sum(each[what] for each in sizes[part]), sizes[what])
        self.assertGreater(sizes["disk_bytes"], 0)
        flows = {(each["scope"], each["flow"]) for each in sizes["flows"]}
        self.assertIn((None, None), flows)
        self.assertTrue(any(scope == "default" and flow for scope, flow in flows))
        self.refused(NOT_FOUND, "no store", "store", "stats", "--data-dir", self.store + "-none")

    def test_a_read_only_folder(self):
        if os.geteuid() == 0:
            with Mounted(self, "ro") as folder:
                self.refused(STORE, folder, "run", self.flow(task("a", "core.set")), "--data-dir",
                             os.path.join(folder, "store"))
            return
        os.mkdir(self.store, 0o555)
        self.refused(STORE, self.store, "run", self.flow(task("a", "core.set")), "--data-dir",
                     self.store)

    def test_a_folder_that_cannot_be_created(self):
        for folder, why in (("/proc/none/store", "cannot create the folder"),
                            ("/dev/null/store", "one of its parents is a file")):
            done = self.pawl("run", self.flow(task("a", "core.set")), "--data-dir", folder,
                             expect=STORE if folder.startswith("/proc") else USAGE)
            self.assertIn(f"the store in {folder}: ", done.stderr)
            self.assertIn(why, done.stderr)

    def test_a_full_disk_is_reported(self):
        grow = {"big": {"cat": [{"var": "big"}, {"var": "big"}]}}
        flow = self.flow(*[task(f"n{i}", "core.set", **{"with": grow}) for i in range(12)])
        with Mounted(self, "size=4m") as folder:
            store = os.path.join(folder, "store")
            done = self.pawl("run", flow, "--id", "f", "--data-dir", store, "--input",
                             '{"big": "%s"}' % ("x" * 1000), "--set", "storage.compression=none",
                             expect=STORE)
            self.assertIn("space", done.stderr + done.stdout)


class Mounted:
    """A file system in memory, mounted for the duration of the block."""

    def __init__(self, test, options):
        self.test, self.options = test, options
        self.path = os.path.join(test.folder, "mounted")

    def __enter__(self):
        os.mkdir(self.path)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", self.options, "tmpfs", self.path],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.test.skipTest("cannot mount a file system: " + done.stderr.strip())
        return self.path

    def __exit__(self, *_):
        for _ in range(50):
            if subprocess.run(["umount", self.path], capture_output=True,
                              check=False).returncode == 0:
                return
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
