"""The example `backup`, killed with kill -9 before, during and after each of its programs and at
random moments: it must end with the archive of a run that nobody disturbed, and no step whose
outcome was recorded may run again."""

import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

from pawl_program import KILLED, PROGRAM, ROOT, environment, history, pawl, show

FLOW = os.path.join(ROOT, "examples", "backup", "flow.json")
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ["realpath", "mkdir", "tar", "sha256sum", "stat", "gzip", "split", "rm", "tee", "sync",
            "mv", "cmp"]
COMPRESSED, SPLIT = {}, {"whole_bytes": 1000, "part_bytes": 16384}


def make_source(folder):
    """Files that are awkward to pack, the same bytes and times on every call."""
    os.makedirs(os.path.join(folder, "with space", "deep"))
    os.makedirs(os.path.join(folder, "empty folder"))
    noise = random.Random(7)
    files = {"a": b"", "-rf": b"a name like an option\n", "with space/new\nline": b"x" * 10000,
             "with space/deep/noise": noise.randbytes(100000), "höhe": "schön\n".encode()}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    os.link(os.path.join(folder, "a"), os.path.join(folder, "hard link"))
    os.symlink("nowhere", os.path.join(folder, "symbolic link"))
    for where, folders, names in os.walk(folder, topdown=False):
        for name in folders + names:
            os.utime(os.path.join(where, name), (1700000000, 1700000000), follow_symlinks=False)
    os.utime(folder, (1700000000, 1700000000))


def digests(folder):
    """The archive's files and what is in them."""
    found = {}
    for path in glob.glob(os.path.join(folder, "data.tar*")):
        with open(path, "rb") as file:
            found[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return found


class Backup:
    """One backup with folders of its own, its programs traced."""

    def __init__(self, source, folder, limits):
        self.folder, self.store = folder, os.path.join(folder, "store")
        self.target = os.path.join(folder, "target")
        self.bin = os.path.join(folder, "bin")
        os.makedirs(self.bin)
        for name in PROGRAMS:
            shutil.copy(os.path.join(HERE, "traced_program.sh"), os.path.join(self.bin, name))
        self.input = json.dumps({"source": source, "target": self.target, "limits": limits})

    def arguments(self, *command):
        return [*command, "--data-dir", self.store, "--allow-exec", ",".join(PROGRAMS)]

    def run(self, expect=0):
        command = self.arguments("run", FLOW, "--id", "b", "--input", self.input)
        return pawl(*command, expect=expect, exec_path=self.bin)

    def resume(self, expect=0):
        return pawl(*self.arguments("resume"), expect=expect, exec_path=self.bin)

    def plan(self, what, name="plan"):
        with open(os.path.join(self.bin, name), "w", encoding="utf-8") as file:
            file.write(what)

    def calls(self):
        """How often each step called its program."""
        with open(os.path.join(self.bin, "trace"), encoding="utf-8") as file:
            return collections.Counter(file.read().split())

    def result(self):
        return os.path.join(self.target, "backup-b")

    def archive(self):
        return digests(self.result())

    def finished_steps(self):
        return collections.Counter(f'{e["node"]}/{e["visit"]}' for e in history("b", self.store)
                                   if e["event"] == "step_finished")


class BackupTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="pawl-backup-")
        cls.source = os.path.join(cls.folder.name, "source")
        make_source(cls.source)
        cls.undisturbed = {}
        for name, limits in (("compressed", COMPRESSED), ("split", SPLIT)):
            backup = cls.backup("undisturbed-" + name, limits)
            backup.run()
            backup.finished = backup.finished_steps()
            cls.undisturbed[name] = backup

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def backup(cls, name, limits):
        folder = os.path.join(cls.folder.name, name)
        os.makedirs(folder)
        return Backup(cls.source, folder, limits)

    def check_same(self, backup, undisturbed):
        """The same archive, a complete folder, every step finished once."""
        self.assertEqual(backup.archive(), undisturbed.archive())
        self.assertEqual(os.listdir(backup.target), ["backup-b"])
        self.assertEqual(show("b", backup.store)["status"], "completed")
        self.assertEqual(backup.finished_steps(), undisturbed.finished)

    def test_the_archive_holds_the_folder(self):
        for name, unpack in (("compressed", "gunzip < data.tar.gz"), ("split", "cat data.tar.*")):
            result = self.undisturbed[name].result()
            out = os.path.join(self.folder.name, "restored-" + name)
            os.mkdir(out)
            subprocess.run(f"{unpack} | tar --extract --directory {out}", shell=True, cwd=result,
                           check=True)
            subprocess.run(["diff", "--recursive", "--no-dereference", self.source, out],
                           check=True)
            with open(os.path.join(result, "report.txt"), encoding="utf-8") as file:
                report = file.read()
            tar = subprocess.run(unpack, shell=True, cwd=result, check=True, capture_output=True)
            self.assertIn(hashlib.sha256(tar.stdout).hexdigest(), report)
            self.assertIn(f"bytes in data.tar {len(tar.stdout)}", report)
        self.assertEqual(list(self.undisturbed["compressed"].archive()), ["data.tar.gz"])
        self.assertGreater(len(self.undisturbed["split"].archive()), 3)

    def kill_at(self, name, limits, number, when):
        backup = self.backup(f"{name}-{number}-{when}", limits)
        backup.plan(f"{number} {when}\n")
        backup.run(expect=KILLED)
        finished = set(backup.finished_steps())
        calls = backup.calls()
        backup.resume()
        self.check_same(backup, self.undisturbed[name])
        again = {step for step, times in backup.calls().items() if times > calls[step]}
        self.assertFalse(again & finished, "a finished step called its program again")
        self.assertEqual(sum(backup.calls().values()),
                         sum(self.undisturbed[name].calls().values()) + 1)
        shutil.rmtree(backup.folder)

    def test_it_survives_a_kill_at_every_program(self):
        jobs = {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, limits in (("compressed", COMPRESSED), ("split", SPLIT)):
                for number in range(1, sum(self.undisturbed[name].calls().values()) + 1):
                    for when in ("before", "during", "after"):
                        if name == "compressed" or when == "during":
                            job = (name, limits, number, when)
                            jobs[pool.submit(self.kill_at, *job)] = job
        failures = [f"{job}: {done.exception()}" for done, job in jobs.items() if done.exception()]
        self.assertEqual("\n".join(failures), "")
        self.assertGreater(len(jobs), 50)

    def test_it_survives_kills_at_random_moments(self):
        seed = random.randrange(1 << 32)
        moments = random.Random(seed)
        for round_number in range(5):
            backup = self.backup(f"random-{round_number}", COMPRESSED)
            command = backup.arguments("run", FLOW, "--id", "b", "--input", backup.input)
            kills = 0
            with self.subTest(seed=seed, round=round_number):
                while True:
                    process = subprocess.Popen([PROGRAM, *command],
                                               env=environment(exec_path=backup.bin),
                                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                    try:
                        # Ever longer, so that it comes to its end whatever the machine.
                        _, words = process.communicate(
                            timeout=moments.uniform(0.02, 0.1) * (1 + kills / 4))
                        self.assertEqual(process.returncode, 0, words)
                        break
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.communicate()
                        kills += 1
                # The start has an id: made again it finds the run that is there and goes on with it.
                self.check_same(backup, self.undisturbed["compressed"])

    def test_a_folder_that_changed_is_packed_again(self):
        backup = self.backup("changed", COMPRESSED)
        backup.plan("once\n", "differences")
        backup.run()
        self.assertEqual(backup.archive(), self.undisturbed["compressed"].archive())
        self.assertEqual(backup.calls()["pack/2"], 1)
        self.assertEqual(backup.calls()["pack/3"], 0)

    def test_a_folder_that_always_changes_ends_the_loop(self):
        backup = self.backup("changing", COMPRESSED)
        backup.plan("always\n" * 10, "differences")
        backup.run(expect=1)
        run = show("b", backup.store)
        self.assertEqual((run["status"], run["error"]["type"]), ("failed", "visit_limit"))
        self.assertFalse(os.path.exists(backup.result()))

    def test_a_target_inside_the_source_is_refused(self):
        backup = self.backup("inside", COMPRESSED)
        backup.input = json.dumps({"source": backup.folder, "target": backup.target})
        backup.run(expect=1)
        self.assertEqual(show("b", backup.store)["error"]["type"], "target_inside_source")
        self.assertFalse(os.path.exists(backup.target))

    def test_missing_input_is_asked_for(self):
        backup = self.backup("no-input", COMPRESSED)
        backup.input = json.dumps({"source": self.source})
        backup.run(expect=1)
        error = show("b", backup.store)["error"]
        self.assertEqual(error["type"], "input_missing")
        self.assertIn("--input", error["message"])

    def test_a_source_that_is_not_there_is_named(self):
        backup = self.backup("nowhere", COMPRESSED)
        backup.input = json.dumps({"source": "/nowhere/at/all", "target": backup.target})
        backup.run(expect=1)
        self.assertIn("/nowhere/at/all", show("b", backup.store)["error"]["message"])


if __name__ == "__main__":
    unittest.main()
