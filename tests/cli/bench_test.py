"""pawl bench: each workload with little work, its output, folders, and comparisons."""

import json
import os
import signal
import subprocess
import time
import unittest

from program import (FAILED, NOT_FOUND, OK, PROGRAM, STORE, USAGE, ProgramTest, environment)

TINY = ("--seconds", "0.05", "--rounds", "1")


class Bench(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.folder, "data")

    def bench(self, *arguments, **how):
        return self.pawl("bench", *arguments, **how)

    def document(self, *arguments):
        done = self.bench("run", *arguments, "--json")
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def test_every_workload_measures_something(self):
        names = [json.loads(line)["name"]
                 for line in self.bench("list", "--json").stdout.splitlines()]
        self.assertIn("linear-10", names)
        self.assertGreaterEqual(len(names), 16)
        fixed = ["signal", "timers", "parked", "recovery"]
        timed = [name for name in names if name not in fixed]
        documents = [self.document(*timed, *TINY, "--in-flight", "4"),
                     self.document(*fixed, *TINY, "--in-flight", "4", "--items", "20")]
        results = [each for document in documents for each in document["results"]]
        self.assertEqual(sorted(each["workload"] for each in results), sorted(names))
        for each in results:
            with self.subTest(each["workload"]):
                self.assertGreater(each["rate"]["median"], 0)
                latency = each["latency_us"]
                self.assertGreater(latency["count"], 0)
                self.assertEqual(latency["count"], sum(count for _, count in latency["buckets"]))
                self.assertLessEqual(latency["p50"], latency["p99"])
                self.assertLessEqual(latency["p99"], latency["max"])
                self.assertGreaterEqual(each["cpu_us_per_item"]["median"], 0)
                for name, figure in each["figures"].items():
                    self.assertEqual(len(figure["rounds"]), 1, name)
        self.assertEqual(os.listdir(self.folder), [])

    def test_the_document_says_where_it_comes_from(self):
        found = self.document("bare", "linear-1", "--seconds", "0.05", "--rounds", "2", "--in-flight",
                              "1,3",
                              "--durability", "off", "--set", "engine.shards=4", "--folder",
                              self.data)
        self.assertEqual(found["format"], "pawl-bench-1")
        self.assertEqual(set(found["machine"]),
                         {"cores", "cpu", "kernel", "memory_bytes", "filesystem"})
        self.assertTrue(found["commit"])
        self.assertEqual((found["settings"]["rounds"], found["settings"]["folder"]), (2, self.data))
        self.assertEqual(found["settings"]["engine"],
                         {"engine.shards": 4, "storage.durability": "off"})
        self.assertEqual([(each["workload"], each["in_flight"], each["durability"])
                          for each in found["results"]],
                         [("bare", 1, "off"), ("bare", 3, "off"), ("linear-1", 1, "off"),
                          ("linear-1", 3, "off")])
        for each in found["results"]:
            self.assertEqual(each["syncs"]["median"], 0)
            self.assertEqual(len(each["rate"]["rounds"]), 2)
        self.assertFalse(os.path.exists(self.data))

    def test_syncs_are_counted(self):
        [each] = self.document("alone", *TINY)["results"]
        runs = each["latency_us"]["count"]
        self.assertGreaterEqual(each["syncs"]["median"], 2 * runs - 2)

    def test_an_open_loop_keeps_its_rate(self):
        [each] = self.document("linear-1", "--seconds", "0.5", "--rounds", "1", "--rate",
                               "40")["results"]
        self.assertEqual(each["wanted_per_s"], 40)
        self.assertEqual(each["latency_us"]["count"], 20)

    def test_people_get_a_table_and_a_pipe_no_progress(self):
        done = self.bench("run", "linear-1", *TINY, "--output", "result.json")
        self.assertEqual(done.stderr, "")
        self.assertIn("linear-1, 512 in flight, sync", done.stdout)
        self.assertIn("p99.9", done.stdout)
        with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["results"][0]["workload"], "linear-1")

    def test_wrong_usage_measures_nothing(self):
        for arguments in (("run",), ("run", "linear-11"), ("run", "alone", "--seconds", "0"),
                          ("run", "alone", "--in-flight", "0"), ("run", "signal", "--rate", "5"),
                          ("run", "bare", "--server", "http://127.0.0.1:1"),
                          ("run", "alone", "--server", "https://127.0.0.1:1"),
                          ("run", "alone", "--items", "3"), ("run", "alone", "--idle", "3"),
                          ("run", "alone", "--data-dir", "x"), ("suite", "--rate", "5"),
                          ("run", "alone", "--folder", ""), ("compare", "a.json")):
            with self.subTest(arguments):
                code = STORE if "https://127.0.0.1:1" in arguments else USAGE
                self.assertNotEqual(self.bench(*arguments, expect=code).stderr, "")
                self.assertEqual(os.listdir(self.folder), [])

    def test_a_folder_with_files_is_refused_and_kept(self):
        os.makedirs(os.path.join(self.data, "data"))
        mine = os.path.join(self.data, "data", "thesis.tex")
        with open(mine, "w", encoding="utf-8") as file:
            file.write("mine")
        done = self.bench("run", "bare", *TINY, "--folder", self.data, expect=USAGE)
        self.assertIn("not empty", done.stderr)
        with open(mine, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")
        self.assertEqual(os.listdir(self.data), ["data"])

    def test_ctrl_c_deletes_the_data(self):
        with subprocess.Popen([PROGRAM, "bench", "run", "linear-1", "--seconds", "60", "--folder",
                               self.data], env=environment(), cwd=self.folder) as running:
            end = time.monotonic() + 30
            while not os.path.exists(os.path.join(self.data, "data", "0-0")):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            running.send_signal(signal.SIGINT)
            self.assertEqual(running.wait(timeout=30), 130)
        self.assertFalse(os.path.exists(self.data))

    def test_compare_exits_with_1_if_something_is_worse(self):
        good = self.document("bare", *TINY, "--in-flight", "4")
        before = self.file("before.json", good)
        for part in ("rate", "cpu_us_per_item", "p50_us", "p99_us"):
            good["results"][0][part] = {"median": 10, "min": 10, "max": 10, "rounds": [10]}
        before = self.file("before.json", good)
        good["results"][0]["rate"] = {"median": 9, "min": 9, "max": 9, "rounds": [9]}
        after = self.file("after.json", good)
        self.assertIn("within the noise", self.bench("compare", before, before).stdout)
        done = self.bench("compare", before, after, expect=FAILED)
        self.assertIn("worse", done.stdout)
        self.bench("compare", before, after, "--noise", "20")
        done = self.bench("compare", after, before, "--json")
        changes = json.loads(done.stdout)
        self.assertFalse(changes["worse"])
        self.assertEqual(changes["changes"][0]["verdict"], "better")
        self.bench("compare", before, "none.json", expect=NOT_FOUND)
        self.bench("compare", before, self.file("x.json", "{}"), expect=USAGE)

    def test_plot_draws_the_distribution_and_the_throughput(self):
        self.bench("run", "bare", *TINY, "--in-flight", "1,8,64", "--output", "sweep.json")
        nowhere = {"PATH": self.folder}
        done = self.bench("plot", "sweep.json", "--output", "none", expect=NOT_FOUND, **nowhere)
        self.assertIn("gnuplot-nox", done.stderr)
        done = self.bench("plot", "sweep.json", "--output", "pictures")
        for line, picture in zip(done.stdout.splitlines(), ("latency.svg", "throughput.svg")):
            self.assertEqual(line, os.path.join("pictures", picture))
            with open(os.path.join(self.folder, line), encoding="utf-8") as file:
                drawn = file.read()
            self.assertIn("<svg", drawn)
            self.assertIn("bare", drawn)


class AgainstServer(ProgramTest):
    def test_workloads_run_against_a_server(self):
        with subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", *self.where],
                              env=environment(), stderr=subprocess.PIPE, text=True) as serving:
            self.addCleanup(serving.kill)
            line = serving.stderr.readline()
            url = line.split("listening on ")[1].strip()
            done = self.pawl("bench", "run", "linear-3", "signal-one-run", "http-3",
                             "--server", url, "--in-flight", "4", "--seconds", "0.1", "--rounds",
                             "2", "--json")
            document = json.loads(done.stdout)
            for each in document["results"]:
                self.assertGreater(each["rate"]["min"], 0)
                self.assertNotIn("cpu_us_per_item", each)
                self.assertIsNone(each["durability"])
            self.pawl("bench", "run", "signal", "--server", url, "--items", "30", "--rounds", "2")
            idle = self.pawl("bench", "run", "http-3", "--server", url, "--in-flight", "2",
                             "--seconds", "0.1", "--rounds", "1", "--idle", "5", "--streams", "12")
            self.assertIn("http-3", idle.stdout)
            serving.terminate()
            self.assertEqual(serving.wait(timeout=30), OK)
            serving.stderr.read()


if __name__ == "__main__":
    unittest.main()
