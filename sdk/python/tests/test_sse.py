import unittest

from pawl._sse import Frame, Parser

TEXT = (": hello\n\nid: 1.0\nevent: run_created\ndata: {}\n\n"
        "data: a\r\ndata:b\r\ndata\r\n\r\n"
        "id: 7\n\nevent: x\n\nid:2.0\nevent: step_log\ndata: ü: y\n\n").encode()
FRAMES = [Frame("run_created", "{}", "1.0"), Frame("message", "a\nb\n", None),
          Frame("step_log", "ü: y", "2.0")]


class Parsing(unittest.TestCase):
    def test_frames_are_the_same_however_the_bytes_are_cut(self):
        for size in range(1, len(TEXT) + 1):
            parser, frames = Parser(), []
            for at in range(0, len(TEXT), size):
                frames += parser.feed(TEXT[at:at + size])
            self.assertEqual(frames, FRAMES, f"in pieces of {size}")

    def test_an_incomplete_frame_is_never_returned(self):
        parser = Parser()
        self.assertEqual(parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n"),
                         [Frame("message", "a", "1")])
        self.assertEqual(parser.last_id, "1")

    def test_an_id_without_data_counts_as_seen(self):
        parser = Parser()
        self.assertEqual(parser.feed(b"id: 9\n\n"), [])
        self.assertEqual(parser.last_id, "9")

    def test_a_byte_order_mark_is_ignored(self):
        self.assertEqual(Parser().feed(b"\xef\xbb\xbfdata: a\n\n"), [Frame("message", "a", None)])
