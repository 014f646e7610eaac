"""`pawl keys`: creates, lists and removes the API keys of a server."""

import hashlib
import json
import os
import re
import stat
import unittest
from concurrent.futures import ThreadPoolExecutor

from program import FAILED, NOT_FOUND, STORE, USAGE, ProgramTest, task


class KeysTest(ProgramTest):
    def keys(self, *arguments, **options):
        return self.pawl("keys", *arguments, "--data-dir", self.store, **options)

    def add(self, name, role="reader", *more):
        return self.keys("add", name, "--role", role, *more).stdout.strip()

    def ls(self):
        return [json.loads(line) for line in self.keys("ls", "--json").stdout.splitlines()]

    def file_of_keys(self):
        return os.path.join(self.store, "keys.json")

    def test_a_key_is_printed_once_and_stored_as_a_hash(self):
        done = self.keys("add", "ci", "--role", "author", "--scope", "a", "--scope", "b")
        key = done.stdout.strip()
        self.assertRegex(key, r"\Apawl_[0-9a-f]{12}_[0-9a-f]{48}\Z")
        self.assertIn("not shown again", done.stderr)
        self.assertNotIn(key, done.stderr)
        with open(self.file_of_keys(), encoding="utf-8") as file:
            content = file.read()
        self.assertNotIn(key.rsplit("_", 1)[1], content)
        self.assertIn(hashlib.sha256(key.encode()).hexdigest(), content)
        self.assertEqual(stat.S_IMODE(os.stat(self.file_of_keys()).st_mode), 0o600)
        [shown] = self.ls()
        self.assertEqual(key.split("_")[1], shown["id"])
        self.assertEqual((shown["name"], shown["role"], shown["scopes"], shown["expires_at"],
                          shown["expired"]), ("ci", "author", ["a", "b"], None, False))
        self.assertNotIn("hash", shown)

    def test_a_new_folder_is_private(self):
        self.store = os.path.join(self.folder, "new", "store")
        old = os.umask(0o022)
        self.addCleanup(os.umask, old)
        self.add("ci")
        self.assertEqual(stat.S_IMODE(os.stat(self.store).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.store)).st_mode), 0o755)
        self.add("second")
        self.assertEqual(len(self.ls()), 2)

    def test_the_default_scope_of_a_key(self):
        self.add("ci")
        self.assertEqual(self.ls()[0]["scopes"], ["default"])

    def test_as_json(self):
        done = self.keys("add", "ci", "--role", "admin", "--scope", "*", "--expires", "90d",
                         "--json")
        made = json.loads(done.stdout)
        self.assertTrue(made["key"].startswith("pawl_" + made["id"]))
        self.assertRegex(made["expires_at"], r"\A\d{4}-\d\d-\d\dT.*Z\Z")

    def test_the_list_is_a_table(self):
        self.assertIn("No keys", self.add_folder().keys("ls").stdout)
        self.add("ci", "operator")
        self.add("a-long-name-of-a-key", "admin", "--scope", "*", "--expires", "1ms")
        lines = self.keys("ls").stdout.splitlines()
        self.assertRegex(lines[0], r"\AID +NAME +ROLE +SCOPES +CREATED +EXPIRES\Z")
        self.assertRegex(lines[1], r"\A[0-9a-f]{12}  ci +operator  default +\S+Z +-\Z")
        self.assertRegex(lines[2], r" admin +\* +\S+Z +\S+Z \(expired\)\Z")

    def add_folder(self):
        os.mkdir(self.store)
        return self

    def test_a_key_is_removed_by_name_or_id(self):
        self.add("one")
        self.add("two")
        self.keys("rm", "one")
        self.assertEqual([key["name"] for key in self.ls()], ["two"])
        self.keys("rm", self.ls()[0]["id"])
        self.assertEqual(self.ls(), [])
        self.refused(NOT_FOUND, ["no such key: one", "pawl keys ls"], "keys", "rm", "one", "--data-dir",
                     self.store)

    def test_a_folder_with_keys_becomes_a_store(self):
        self.add("ci")
        self.pawl("run", self.flow(task("a", "core.set")), "--data-dir", self.store)
        self.assertEqual(len(self.ls()), 1)

    def test_keys_are_added_concurrently(self):
        self.pawl("run", self.flow(task("a", "core.set")), "--data-dir", self.store)
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(self.add, [f"key{i}" for i in range(16)]))
        self.assertEqual(len(set(made)), 16)
        self.assertEqual(len(self.ls()), 16)

    def test_a_configured_keys_file(self):
        path = os.path.join(self.folder, "secrets", "keys")
        self.pawl("keys", "add", "ci", "--role", "reader", "--set", "server.keys_file=" + path)
        self.assertTrue(os.path.exists(path))
        self.assertIn("ci", self.pawl("keys", "ls", PAWL_SERVER_KEYS_FILE=path).stdout)

    def test_invalid_arguments_create_no_key(self):
        wrong = {
            ("add", "ci", "--role", "root"): ["--role", "operator"],
            ("add", "ci"): ["--role"],
            ("add", "two words", "--role", "reader"): ["name", '"two words"'],
            ("add", "ci", "--role", "reader", "--scope", "a b"): ["scope"],
            ("add", "ci", "--role", "reader", "--expires", "soon"): ["--expires", "90d"],
            ("add", "ci", "--role", "reader", "--expires", "0s"): ["--expires"],
        }
        for arguments, words in wrong.items():
            with self.subTest(arguments=arguments):
                self.refused(USAGE, words, "keys", *arguments, "--data-dir", self.store)
        self.assertFalse(os.path.exists(self.store))
        self.refused(USAGE, ["--data-dir", "server.keys_file"], "keys", "ls")
        self.refused(NOT_FOUND, "no such folder", "keys", "ls", "--data-dir", self.store)

    def test_names_are_unique(self):
        self.add("ci")
        self.refused(USAGE, "already", "keys", "add", "ci", "--role", "admin", "--data-dir",
                     self.store)
        self.assertEqual(self.ls()[0]["role"], "reader")

    def test_a_damaged_or_world_readable_file_is_rejected_and_not_changed(self):
        self.add("ci")
        os.chmod(self.file_of_keys(), 0o644)
        for arguments in (["ls"], ["rm", "ci"], ["add", "x", "--role", "reader"]):
            self.refused(USAGE, [self.file_of_keys(), "chmod 600"], "keys", *arguments,
                         "--data-dir", self.store)
        os.chmod(self.file_of_keys(), 0o600)
        with open(self.file_of_keys(), "w", encoding="utf-8") as file:
            file.write("{")
        for arguments in (["ls"], ["rm", "ci"], ["add", "x", "--role", "reader"]):
            self.refused(STORE, [self.file_of_keys(), "damaged"], "keys", *arguments, "--data-dir",
                         self.store)
        with open(self.file_of_keys(), encoding="utf-8") as file:
            self.assertEqual(file.read(), "{")

    def test_escapes_do_not_reach_the_terminal(self):
        done = self.refused(USAGE, "name", "keys", "add", "\x1b[2Jx", "--role", "reader",
                            "--data-dir", self.store)
        self.assertIsNone(re.search("\x1b", done.stderr))



class SecretsTest(ProgramTest):
    """`pawl secrets`, and flows that use secrets."""

    def secrets_file(self, content):
        path = self.file("secrets.json", content)
        os.chmod(path, 0o600)
        return path

    def test_names_are_listed_and_never_secrets(self):
        path = self.secrets_file({"acme": {"B": "hunter22"}, "default": {"A": "hunter22"}})
        options = {"PAWL_SECRETS_FILE": path, "PAWL_SECRETS_ENV": "TOKEN", "TOKEN": "hunter22"}
        text = self.pawl("secrets", "ls", **options).stdout
        self.assertNotIn("hunter22", text)
        self.assertEqual([line.split() for line in text.splitlines()],
                         [["acme", "B", "secrets.file"], ["default", "A", "secrets.file"],
                          ["default", "TOKEN", "secrets.env"]])
        [first, *_] = self.lines("secrets", "ls", "--json", **options)
        self.assertEqual(first, {"scope": "acme", "name": "B", "source": "secrets.file"})

    def test_a_file_that_others_can_read_is_refused(self):
        path = self.secrets_file({"default": {"A": "hunter22"}})
        os.chmod(path, 0o644)
        done = self.refused(USAGE, "chmod 600", "secrets", "ls", "--set", f"secrets.file={path}")
        self.assertNotIn("hunter22", done.stderr)

    def test_a_run_uses_a_secret_and_shows_none(self):
        flow = self.flow(task("a", "core.echo", **{"with": {"key": {"secret": "TOKEN"}}}))
        done = self.pawl("run", flow, *self.where, PAWL_SECRETS_ENV="TOKEN", TOKEN="hunter22")
        self.assertIn('"***"', done.stdout)
        self.assertNotIn("hunter22", done.stdout + done.stderr)
        self.refused(FAILED, ["unknown_secret", "secrets.env"], "run", flow, *self.where)


if __name__ == "__main__":
    unittest.main()
