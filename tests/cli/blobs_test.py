"""Blobs: stored from a file or standard input, read back, in a data folder and on a server."""

import hashlib
import json
import os
import subprocess
import unittest

from program import LIMIT_S, NOT_FOUND, PROGRAM, USAGE, ProgramTest, environment
from many_test import on_terminal
from remote_test import Served


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Blobs(ProgramTest):
    def binary(self, *arguments, input=None):
        done = subprocess.run([PROGRAM, *arguments, *self.where], input=input, check=False,
                              env=environment(), capture_output=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def put(self, data, *options):
        path = os.path.join(self.folder, "data")
        with open(path, "wb") as file:
            file.write(data)
        return json.loads(self.binary("blobs", "put", path, *options))

    def test_what_is_put_is_got(self):
        for data in (b"", b"text\n", os.urandom(3_000_017)):
            reference = {"$blob": digest(data), "size": len(data), "type": "image/png"}
            self.assertEqual(self.put(data, "--type", "image/png", "--hash", digest(data)),
                             reference)
            self.assertEqual(json.loads(self.binary("blobs", "put", "-", input=data)), reference)
            self.assertTrue(self.binary("blobs", "get", digest(data)) == data)
            self.assertTrue(self.binary("blobs", "get", digest(data)[7:], "-o", "-") == data)
            shown = self.pawl("blobs", "show", digest(data), *self.where).stdout
            self.assertIn(f"{len(data)} bytes", shown)
            self.assertIn("image/png", shown)

    def test_a_file_is_replaced_only_with_force(self):
        data = os.urandom(100_000)
        self.put(data)
        path = self.file("out", "old")
        self.refused(USAGE, "--force", "blobs", "get", digest(data), "-o", path, *self.where)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")
        self.pawl("blobs", "get", digest(data), "-o", path, "--force", *self.where)
        with open(path, "rb") as file:
            self.assertTrue(file.read() == data)

    def test_a_terminal_shows_text_and_progress_and_no_binary_bytes(self):
        self.put(b"plain text\n")
        binary = bytes(range(256)) * 4_000
        self.put(binary)

        def shown(*arguments):
            return on_terminal(100, "blobs", *arguments, *self.where, folder=self.folder)
        self.assertIn("plain text", shown("get", digest(b"plain text\n")))
        refused = shown("get", digest(binary))
        self.assertIn("-o FILE", refused)
        self.assertNotIn("\0", refused)
        self.assertIn("sent: ", shown("put", os.path.join(self.folder, "data")))
        self.assertIn("received: ", shown("get", digest(binary), "-o", "copy"))
        with open(os.path.join(self.folder, "copy"), "rb") as file:
            self.assertTrue(file.read() == binary)

    def test_what_is_refused(self):
        self.put(b"a")
        other = digest(b"b")
        fresh = os.path.join(self.folder, "fresh")
        self.refused(NOT_FOUND, other, "blobs", "get", other, "-o", fresh, *self.where)
        self.refused(NOT_FOUND, other, "blobs", "show", other, *self.where)
        self.refused(USAGE, "", "blobs", "get", "sha256:1", *self.where)
        path = self.file("c", "c")
        self.refused(USAGE, other, "blobs", "put", path, "--hash", other, *self.where)
        self.refused(NOT_FOUND, "no-such", "blobs", "put", "no-such", *self.where)
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("fresh")])


class BlobsOnAServer(Served, Blobs):
    pass


if __name__ == "__main__":
    unittest.main()
