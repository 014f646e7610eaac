"""The command lines of the benchmarks: help, wrong usage, and folders that they must not touch."""

import os
import subprocess
import tempfile
import unittest

PROGRAMS = os.environ["PAWL_TEST_BENCHMARKS"]
USAGE, REFUSED = 2, 6


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pawl-bench-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_in_folder(self, program, *arguments):
        return subprocess.run([os.path.join(PROGRAMS, program), *arguments], cwd=self.folder,
                              text=True, capture_output=True, timeout=60, check=False)

    def test_help_measures_nothing(self):
        for program in ("pawl_bench", "pawl_serve_bench"):
            done = self.run_in_folder(program, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), program)
            self.assertIn("Usage: ", done.stdout)
            self.assertEqual(os.listdir(self.folder), [])

    def test_wrong_usage_measures_nothing(self):
        for program, *arguments in (("pawl_bench", "--folder"), ("pawl_bench", "-x"),
                                    ("pawl_bench", "a", "0"), ("pawl_bench", "a", "1", "b"),
                                    ("pawl_serve_bench", "--secnods", "1"),
                                    ("pawl_serve_bench", "--folder"), ("pawl_serve_bench", "a"),
                                    ("pawl_serve_bench", "--seconds", "0")):
            done = self.run_in_folder(program, *arguments)
            self.assertNotEqual(done.returncode, 0, (program, arguments))
            self.assertTrue(done.stderr, (program, arguments))
            self.assertEqual(os.listdir(self.folder), [], (program, arguments))

    def test_a_folder_with_files_is_refused_and_kept(self):
        mine = os.path.join(self.folder, "thesis")
        os.makedirs(os.path.join(mine, "benchmark", "store"))
        for path in ("thesis.tex", "benchmark/store/data"):
            with open(os.path.join(mine, path), "w", encoding="utf-8") as file:
                file.write("mine")
        for program, *arguments in (("pawl_bench", mine, "0.1"),
                                    ("pawl_serve_bench", "--folder", mine, "--idle", "0",
                                     "--streams", "0", "--clients", "1", "--seconds", "0.1")):
            done = self.run_in_folder(program, *arguments)
            self.assertEqual(done.returncode, REFUSED, done.stderr)
            self.assertIn("not empty", done.stderr)
            with open(os.path.join(mine, "benchmark", "store", "data"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "mine")
            self.assertEqual(sorted(os.listdir(mine)), ["benchmark", "thesis.tex"])


if __name__ == "__main__":
    unittest.main()
