"""Commands that change runs: what they say of the run, their exit codes, and several runs at once."""

import os
import unittest

from program import FAILED, INVALID, NOT_FOUND, USAGE, WAITING, ProgramTest, task
from remote_test import Served
from waiting_test import ASK, SIGNAL


class Given(ProgramTest):
    """Options that have no meaning when they are empty, and what a repeated start must repeat."""

    def test_other_metadata_is_named_as_what_differs(self):
        self.pawl("flows", "put", self.flow(SIGNAL, name="f"), *self.where)
        start = ["runs", "start", "f", "--id", "r", *self.where, "--metadata"]
        self.pawl(*start, '{"a": 1}')
        self.refused(USAGE, "another flow, version, input or metadata", *start, '{"a": 2}')


class GivenOnAServer(Served, Given):
    pass


if __name__ == "__main__":
    unittest.main()
