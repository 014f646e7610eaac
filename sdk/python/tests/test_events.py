import threading
import unittest

import pawl
from tests.peer import Peer, header

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(text):
    return f"{len(text.encode()):x}\r\n{text}\r\n"


def event(id, kind="step_started", **data):
    lead = f"id: {id}\n" if id else ""
    return f'{lead}event: {kind}\ndata: {{"run":"r","checkpoint":1,"node":"n"}}\n\n'


END = 'event: end\ndata: {"id":"r","status":"completed"}\n\n'


def stream(peer, *args, **options):
    made = pawl.Client(peer.url, timeout=5).events(*args, **options)
    made._wait = lambda closed, seconds: closed.is_set()
    return made


def seen(events):
    return [(e.kind, e.id) for e in events]


class Streams(unittest.TestCase):
    def test_a_runs_events_end_with_its_end(self):
        def script(wire):
            self.assertTrue(wire.request().startswith("GET /v1/runs/r/events HTTP"))
            wire.send(HEAD + chunk(": \n\n" + event("1.0", "run_created")) +
                      chunk(event(None, "step_log")) + chunk(event("2.0") + END))
        with Peer(script) as peer:
            found = list(stream(peer, "r"))
            self.assertEqual(peer.errors, [])
        self.assertEqual(seen(found), [("run_created", "1.0"), ("step_log", None),
                                       ("step_started", "2.0"), ("end", None)])
        self.assertEqual((found[0].run, found[0].node, found[0].checkpoint), ("r", "n", 1))
        self.assertEqual(found[-1].detail["status"], "completed")

    def test_a_runs_events_end_with_its_deletion(self):
        def script(wire):
            wire.request()
            wire.send(HEAD + chunk(event("1.0") + event(None, "run_deleted")))
        with Peer(script) as peer:
            found = list(stream(peer, "r", follow=True))
            self.assertEqual(peer.connections, 1)
        self.assertEqual(seen(found), [("step_started", "1.0"), ("run_deleted", None)])

    def test_a_scopes_events_go_on_after_a_deletion(self):
        def script(wire):
            wire.request()
            wire.send(HEAD + chunk("id: 1.0.0\n\n" + event(None, "run_deleted") + event("2.0.0")))
        with Peer(script) as peer:
            events = stream(peer)
            self.assertEqual([next(events).kind, next(events).id], ["run_deleted", "2.0.0"])

    def test_a_broken_connection_goes_on_after_the_last_whole_event(self):
        asked = []

        def breaks(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk(event("1.0") + event("1.1")) +
                      chunk("id: 2.0\nevent: step_started\ndata: {"))

        def breaks_at_once(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))

        def unavailable(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.answer('{"code":"unavailable"}', "503 Starting")

        def goes_on(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk(event("2.0") + END))
        with Peer(breaks, breaks_at_once, unavailable, goes_on) as peer:
            found = seen(stream(peer, "r"))
        self.assertEqual([id for _, id in found], ["1.0", "1.1", "2.0", None])
        self.assertEqual(asked, [None, "1.1", "1.1", "1.1"])

    def test_an_id_alone_is_where_a_silent_stream_goes_on(self):
        asked = []

        def silent(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk("id: now\n\n"))

        def goes_on(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk(event("x")))
        with Peer(silent, goes_on) as peer, stream(peer) as events:
            self.assertEqual(next(events).id, "x")
        self.assertEqual(asked, [None, "now"])

    def test_a_stream_of_all_runs_is_open_when_its_first_id_is_known(self):
        asked = []

        def cut_before_the_id(wire):
            wire.request()
            wire.send(HEAD + chunk("id: 4.0"))

        def cut_after_the_id(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk("id: 5.0.0\n\n"))

        def resumes(wire):
            asked.append(header(wire.request(), "Last-Event-ID"))
            wire.send(HEAD + chunk(event("6.0.0")))
        with Peer(cut_before_the_id, cut_after_the_id, resumes) as peer:
            with self.assertRaises(pawl.ConnectionFailed):
                stream(peer)
            events = stream(peer)
            self.assertEqual(events.last_id, "5.0.0")
            self.assertEqual(next(events).id, "6.0.0")
        self.assertEqual(asked, [None, "5.0.0"])

    def test_a_slow_stream_resumes_and_a_too_old_one_fails(self):
        dropped = 'event: dropped\ndata: {"reason":"too slow"}\n\n'

        def slow(wire):
            wire.request()
            wire.send(HEAD + chunk(event("1.0") + dropped))

        def once_more(wire):
            wire.request()
            wire.send(HEAD + chunk(event("2.0") + dropped))

        def too_old(wire):
            wire.request()
            wire.send(HEAD + chunk(dropped))
        with Peer(slow, once_more, too_old) as peer:
            events = stream(peer, "r")
            self.assertEqual([next(events).id, next(events).id], ["1.0", "2.0"])
            with self.assertRaisesRegex(pawl.EventsDropped, "too slow"):
                next(events)
            self.assertEqual(list(events), [])

    def test_a_refusal_is_raised(self):
        def script(wire):
            wire.request()
            wire.answer('{"code":"not_found","detail":"there is no run r"}', "404 No")
        with Peer(script) as peer, self.assertRaisesRegex(pawl.NotFound, "no run r"):
            next(stream(peer, "r"))

    def test_a_server_that_is_not_there_at_first_is_raised(self):
        with Peer(lambda wire: None) as peer, self.assertRaises(pawl.ConnectionFailed):
            next(stream(peer))

    def test_another_thread_can_close_it(self):
        waiting = threading.Event()

        def silent(wire):
            wire.request()
            wire.send(HEAD + chunk(": \n\n"))
            waiting.set()
            wire.request()
        with Peer(silent) as peer:
            events = stream(peer)
            threading.Thread(target=lambda: (waiting.wait(5), events.close())).start()
            self.assertEqual(list(events), [])

    def test_following_a_run_goes_on_after_its_end(self):
        def script(wire):
            self.assertIn("follow=true", wire.request())
            wire.send(HEAD + chunk(END + event("9.0")))
        with Peer(script) as peer, stream(peer, "r", follow=True) as events:
            self.assertEqual([next(events).kind, next(events).id], ["end", "9.0"])
            self.assertEqual(peer.errors, [])
