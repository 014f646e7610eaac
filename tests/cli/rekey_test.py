"""Encrypted stores: keys, their rotation after kill -9, and what commands show of them."""

import json
import os
import random
import signal
import subprocess
import time
import unittest

from program import PROGRAM, USAGE, ProgramTest, environment, task

MARKER = "the-secret-marker"


class Rekeying(ProgramTest):
    """The folder has the key files k1 (one key) and k2 (two keys, the new one first)."""

    def setUp(self):
        super().setUp()
        self.one, self.two = "1" * 64, "2" * 64
        self.k1 = self.keys("k1", f"one {self.one}\n")
        self.k2 = self.keys("k2", f"# the new one first\ntwo {self.two}\none {self.one}\n")
        self.flow_file = self.flow(task("a", "core.set", args={"a": MARKER}),
                                   task("b", "core.echo"), name="work")

    def keys(self, name, content):
        path = self.file(name, content)
        os.chmod(path, 0o600)
        return path

    def with_keys(self, file):
        return [*self.where, "--set", f"storage.keys={file}"]

    def run_one(self, run, where):
        self.pawl("run", self.flow_file, "--id", run, "--input",
                  json.dumps({"in": MARKER, "large": MARKER * 500}), *where)

    def info(self):
        [info] = self.lines("store", "info", "--json", *self.where)
        return info

    def encrypted_by(self):
        return {key["name"]: key["records"] for key in self.info()["keys"]}

    def assert_hidden(self):
        for folder, _, names in os.walk(self.store):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                for text in (MARKER, self.one, self.two):
                    self.assertNotIn(text.encode(), content, name)

    def test_a_store_that_was_not_encrypted_is_encrypted(self):
        self.run_one("r1", self.where)
        self.assertEqual((self.info()["encrypted"], self.info()["keys"]), (0, []))
        self.assertGreater(self.info()["compressed"], 0)
        where = self.with_keys(self.k1)
        [done] = self.lines("store", "rekey", "--json", *where)
        self.assertGreater(done["rewritten"], 5)
        self.assertEqual(done["left"], 0)
        self.assert_hidden()
        self.assertEqual(self.encrypted_by(), {"one": self.info()["encrypted"]})
        [shown] = self.lines("runs", "show", "r1", "--json", *where)
        self.assertEqual(shown["input"]["in"], MARKER)
        out = self.pawl("store", "info", *where).stdout
        self.assertRegex(out, r"encrypted: \d+ records\.\n  key one \(id [0-9a-f]{8}\): \d+ records")
        self.pawl("store", "check", *where)

    def test_keys_are_rotated(self):
        self.run_one("r1", self.with_keys(self.k1))
        self.refused(USAGE, ["key one (id ", "storage.keys is not set"], "runs", "ls", *self.where)
        self.refused(USAGE, "storage.keys is not set", "store", "check", *self.where)
        both = self.with_keys(self.k2)
        self.run_one("r2", both)
        self.assertEqual(set(self.encrypted_by()), {"one", "two"})
        out = self.pawl("store", "rekey", *both).stdout
        self.assertRegex(out, r"Rewrote \d+ records \(.*\) of \d+\.")
        self.assertEqual(self.encrypted_by(), {"two": self.info()["encrypted"]})
        self.assertIn("Rewrote 0 records", self.pawl("store", "rekey", *both).stdout)
        only_two = self.with_keys(self.keys("only_two", f"two {self.two}\n"))
        for run in ("r1", "r2"):
            [shown] = self.lines("runs", "show", run, "--json", *only_two)
            self.assertEqual(shown["data"]["a"], MARKER)
        self.assert_hidden()

    def test_a_rekeying_goes_on_after_kill_9(self):
        # The values are large, so that it takes long enough to be killed.
        where = self.with_keys(self.k1)
        self.pawl("flows", "put", self.flow_file, *where)
        noise = random.Random(7)
        for run in range(3):
            text = "".join(noise.choice("abcdefgh") for _ in range(300_000))
            self.pawl("run", self.flow_file, "--id", f"r{run}", "--input", "-", *where,
                      input=json.dumps({"in": MARKER, "text": text}))
        both = self.with_keys(self.k2)
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for _ in range(5):
            rekeying = subprocess.Popen([PROGRAM, "store", "rekey", *both], env=environment(),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.0, 0.2))  # the time of the kill is random
            rekeying.send_signal(signal.SIGKILL)
            rekeying.wait()
            self.assertEqual(len(self.lines("runs", "ls", "--json", *both)), 3)
            self.pawl("store", "check", *both)
        self.pawl("store", "rekey", *both)
        self.assertEqual(self.encrypted_by(), {"two": self.info()["encrypted"]})
        only_two = self.with_keys(self.keys("only_two", f"two {self.two}\n"))
        self.pawl("store", "check", *only_two)
        for run in range(3):
            [shown] = self.lines("runs", "show", f"r{run}", "--json", *only_two)
            self.assertEqual(len(shown["input"]["text"]), 300_000)
        self.assert_hidden()

    def test_the_key_of_a_scope_is_dropped(self):
        of_scope = self.with_keys(self.keys("scopes", f"one {self.one}\nacme {self.two} acme\n"))
        self.run_one("r1", of_scope)
        self.run_one("r2", [*of_scope, "--scope", "acme"])
        self.refused(USAGE, ["key acme (id ", "acme dropped"], "runs", "ls",
                     *self.with_keys(self.k1))
        dropped = self.with_keys(self.keys("dropped", f"one {self.one}\nacme dropped\n"))
        [listed] = self.lines("runs", "ls", "--json", *dropped, "--scope", "acme")
        self.assertEqual(listed["id"], "r2")
        shown = subprocess.run([PROGRAM, "runs", "show", "r2", *dropped, "--scope", "acme"],
                               env=environment(), capture_output=True, text=True, check=False)
        self.assertNotEqual(shown.returncode, 0)
        self.assertIn("encrypted with a key that storage.keys does not have", shown.stderr)
        self.pawl("runs", "show", "r1", *dropped)
        self.assertIn("their key is dropped: 1 run", self.pawl("store", "check", *dropped).stdout)
        self.pawl("runs", "rm", "r2", "--yes", *dropped, "--scope", "acme")
        self.assertEqual(self.lines("runs", "ls", "--json", *dropped, "--scope", "acme"), [])

    def test_backups_and_exports(self):
        where = self.with_keys(self.k1)
        self.run_one("r1", where)
        backup, restored = (os.path.join(self.folder, name) for name in ("backup", "restored"))
        self.pawl("backup", "create", backup, *where)
        self.pawl("backup", "verify", backup)
        self.pawl("backup", "restore", backup, restored)
        self.refused(USAGE, "storage.keys is not set", "runs", "ls", "--data-dir", restored)
        keys = ["--set", f"storage.keys={self.k1}"]
        [run] = self.lines("runs", "ls", "--json", "--data-dir", restored, *keys)
        self.assertEqual(run["id"], "r1")
        # An export is plain JSON, and is encrypted again where it is imported.
        exported = self.file("runs.jsonl", self.pawl("runs", "export", *where).stdout)
        other = ["--data-dir", os.path.join(self.folder, "other")]
        self.pawl("run", self.flow_file, "--id", "r0", *other)
        self.pawl("runs", "import", exported, *other)
        [shown] = self.lines("runs", "show", "r1", "--json", *other)
        self.assertEqual(shown["input"]["in"], MARKER)

    def test_a_wrong_key_file(self):
        shared = self.file("shared", f"one {self.one}\n")
        os.chmod(shared, 0o644)
        self.refused(USAGE, ["storage.keys", "chmod 600"], "run", self.flow_file,
                     *self.with_keys(shared))
        wrong = self.keys("wrong", f"one {self.one}1\n")
        done = self.refused(USAGE, "64 hexadecimal digits", "run", self.flow_file,
                            *self.with_keys(wrong))
        self.assertNotIn("1" * 20, done.stderr)
        missing = os.path.join(self.folder, "missing")
        done = subprocess.run([PROGRAM, "run", self.flow_file, *self.with_keys(missing)],
                              env=environment(), capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("storage.keys", done.stderr)
        self.refused(USAGE, "storage.keys is not set", "store", "rekey", *self.where)

    def test_a_server_needs_the_keys_too(self):
        self.run_one("r1", self.with_keys(self.k1))
        self.refused(USAGE, "storage.keys is not set", "serve", *self.where, "--listen",
                     "127.0.0.1:0")


if __name__ == "__main__":
    unittest.main()
