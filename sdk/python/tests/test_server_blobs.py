import os

import pawl
from tests.server import ServerTest

WAITS = {"id": "s", "type": "signal", "data": {"name": "go", "into": "got"}}


class Blobs(ServerTest):
    def test_a_blob_is_stored_named_by_a_run_and_read(self):
        data = os.urandom(700_000)
        blob = self.client.put_blob(data, "image/png")
        self.assertEqual((blob["size"], blob["type"]), (len(data), "image/png"))
        self.assertTrue(self.client.get_blob(blob) == data)
        self.assertTrue(self.client.get_blob(blob["$blob"]) == data)
        self.assertEqual(self.client.get_blob(self.client.put_blob(b"")), b"")
        run = self.client.start(self.flow(WAITS), {"file": blob})
        self.client.signal(run.id, "go", blob)
        self.assertEqual(self.client.wait(run.id).data["got"], blob)

    def test_a_blob_that_does_not_exist(self):
        unknown = {"$blob": "sha256:" + "0" * 64}
        with self.assertRaises(pawl.NotFound):
            self.client.get_blob(unknown)
        with self.assertRaises(pawl.InvalidArgument):
            self.client.start(self.flow(WAITS), {"file": unknown})
