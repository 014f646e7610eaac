"""Keys that are removed or expire while their callers are connected, and keys of single scopes."""

import http.client
import os
import subprocess
import threading
import time
import unittest

from server_process import LIMIT_S, PROGRAM, ServerTest, environment, sequence, wait_for_signal
from web_socket import WebSocket

# The promise is 1 s. A busy machine adds to it; without the check nothing would end at all.
ENDS_WITHIN_S = 10
POLICY_VIOLATION = 1008


class PermissionsTest(ServerTest):
    def keys(self, *arguments):
        done = subprocess.run(
            [PROGRAM, "keys", *arguments, "--data-dir", os.path.join(self.folder, "store")],
            env=environment(), text=True, capture_output=True, timeout=LIMIT_S, check=True)
        return done.stdout.strip()

    def add_key(self, name, *more, role="admin", scope="*"):
        return self.keys("add", name, "--role", role, "--scope", scope, *more)

    def with_key(self, key, server, method, path, body=None, **headers):
        return server.call(method, path, body, Authorization="Bearer " + key, **headers)

    def serve_with(self, key, *arguments):
        server = self.serve(*arguments)
        self.assertEqual(self.with_key(key, server, "POST", "/v1/flows",
                                       sequence("f", wait_for_signal("s", "go"))).status, 201)
        self.assertEqual(self.with_key(key, server, "POST", "/v1/runs",
                                       {"flow": "f", "id": "r"}).status, 201)
        return server

    def open_stream(self, server, key, path):
        connection = server.connect()
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"Authorization": "Bearer " + key})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        self.assertTrue(response.readline().startswith(b"id: "))
        return response

    def test_a_removed_key_ends_its_streams_sockets_and_waits(self):
        boss, leaver = self.add_key("boss"), self.add_key("leaver")
        server = self.serve_with(boss)
        streams = [self.open_stream(server, leaver, path)
                   for path in ("/v1/events", "/v1/runs/r/events", "/v1/runs/r/events?follow=true")]
        kept = self.open_stream(server, boss, "/v1/events")
        peer = WebSocket(server, "/v1/runs/r/ws", Authorization="Bearer " + leaver)
        self.addCleanup(peer.close)
        messages = peer.messages()
        self.assertEqual(next(messages), {"type": "hello", "after": "0.0"})
        waits, begun = [], threading.Barrier(3, timeout=LIMIT_S)

        def wait_for(method, path, body=None):
            begun.wait()
            waits.append(self.with_key(leaver, server, method, path, body))

        waiting = [threading.Thread(target=wait_for, args=args) for args in (
            ("GET", "/v1/runs/r?wait=50s"),
            ("POST", "/v1/tasks/poll", {"worker": "w", "functions": ["x"], "wait_ms": 50_000}))]
        for each in waiting:
            each.start()
        begun.wait()
        while (self.with_key(boss, server, "GET", "/v1/stats").body["streams"] < 5 or
               self.with_key(boss, server, "GET", "/v1/workers").body["workers"] == []):
            pass

        self.keys("rm", "leaver")
        removed = time.monotonic()
        for stream in streams:
            text = stream.read().decode()
            self.assertIn("event: dropped", text)
            self.assertIn("was removed", text)
        last = list(messages)[-1]
        self.assertEqual((last["type"], peer.close_code), ("dropped", POLICY_VIOLATION))
        for each in waiting:
            each.join(LIMIT_S)
        self.assertLess(time.monotonic() - removed, ENDS_WITHIN_S)
        self.assertEqual([answer.status for answer in waits], [401, 401])
        # Other callers are not affected.
        self.with_key(boss, server, "POST", "/v1/runs/r/signal", {"type": "go"})
        while b"run_completed" not in kept.readline():
            pass

    def test_a_command_over_an_open_web_socket_is_checked(self):
        boss, leaver = self.add_key("boss"), self.add_key("leaver")
        server = self.serve_with(boss)
        with WebSocket(server, "/v1/runs/r/ws", Authorization="Bearer " + leaver) as peer:
            messages = peer.messages()
            self.assertEqual(next(messages)["type"], "hello")
            self.keys("rm", "leaver")
            results, ended = [], threading.Event()

            def read():
                for message in messages:
                    results.append(message)
                    if message["type"] == "dropped" or not message.get("ok", True):
                        ended.set()
                ended.set()

            reader = threading.Thread(target=read)
            reader.start()
            n = 0
            while not ended.wait(0.02):
                peer.send({"type": "command", "ref": n, "command": "signal", "signal_type": "late"})
                n += 1
            reader.join(LIMIT_S)
            refused = [m for m in results if m["type"] == "dropped" or m.get("ok") is False]
            self.assertNotEqual(refused, [])
            # By number: a command that was accepted can be answered after the next is refused.
            # A command is refused unread, so without its number, if the caller may send none.
            first = min((m["ref"] for m in refused if m.get("ref") is not None), default=n)
            self.assertLess(max((m["ref"] for m in results if m.get("ok")), default=-1), first)
            self.assertEqual(peer.close_code, POLICY_VIOLATION)

    def test_an_expired_key_and_a_new_first_key_end_streams(self):
        server = self.serve()
        connection = server.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/events")
        without_key = connection.getresponse()
        self.assertTrue(without_key.readline().startswith(b"id: "))
        short = self.add_key("short", "--expires", "3s")
        self.assertIn(b"now requires a key", without_key.read())
        stream = self.open_stream(server, short, "/v1/events")
        self.assertIn(b"has expired", stream.read())

    def test_what_concerns_the_whole_server_requires_a_key_for_every_scope(self):
        boss, local = self.add_key("boss"), self.add_key("local", scope="team-a")
        server = self.serve_with(boss)
        for method, path, body in (("GET", "/v1/config", None),
                                   ("GET", "/v1/config/log-level", None),
                                   ("PUT", "/v1/config/log-level", {"level": "error"})):
            refused = self.with_key(local, server, method, path, body)
            self.assertEqual((refused.status, refused.body["code"]), (403, "forbidden"), path)
            self.assertIn('"*"', refused.body["detail"])
            self.assertEqual(self.with_key(boss, server, method, path, body).status, 200, path)
        self.assertEqual(self.with_key(local, server, "GET", "/v1/runs").status, 200)

    def test_a_job_needs_the_role_of_its_command(self):
        boss = self.add_key("boss")
        reader = self.add_key("reader", role="reader", scope="default")
        operator = self.add_key("operator", role="operator", scope="default")
        other = self.add_key("other", scope="acme")
        server = self.serve_with(boss)
        cancel = {"command": "cancel", "filter": "flow=none", "id": "c"}
        delete = {"command": "delete", "filter": "flow=none", "id": "d"}

        def post(key, path, body=None):
            return self.with_key(key, server, "POST", path, body)
        self.assertEqual(post(reader, "/v1/jobs", cancel).status, 403)
        self.assertEqual(post(operator, "/v1/jobs", cancel).status, 201)
        refused = post(operator, "/v1/jobs", delete)
        self.assertEqual(refused.status, 403)
        self.assertIn("role admin", refused.body["detail"])
        self.assertEqual(post(boss, "/v1/jobs", delete).status, 201)
        shown = self.with_key(reader, server, "GET", "/v1/jobs/c?wait=30s")
        self.assertEqual((shown.status, shown.body["started_by"]), (200, "operator"))
        self.assertEqual(post(reader, "/v1/jobs/c/abort").status, 403)
        answer = self.with_key(other, server, "GET", "/v1/jobs/c", Pawl_Scope="acme")
        self.assertEqual(answer.status, 404)

    def test_a_caller_is_told_who_it_is(self):
        boss = self.add_key("boss")
        viewer = self.add_key("viewer", "--expires", "1h", role="reader", scope="team-a")
        server = self.serve_with(boss)
        self.assertEqual(self.with_key(boss, server, "GET", "/v1/whoami").body,
                         {"name": "boss", "role": "admin", "scope": "default", "scopes": ["*"],
                          "authentication": "key", "expires_at": None})
        seen = self.with_key(viewer, server, "GET", "/v1/whoami").body
        self.assertIsNotNone(seen.pop("expires_at"))
        self.assertEqual(seen, {"name": "viewer", "role": "reader", "scope": "team-a",
                                "scopes": ["team-a"], "authentication": "key"})
        self.assertEqual(server.call("GET", "/v1/whoami").status, 401)

    def test_a_caller_sees_the_names_of_its_scopes_only(self):
        boss = self.add_key("boss")
        viewer = self.add_key("viewer", role="reader", scope="team-a")
        server = self.serve_with(boss)
        for scope in ("team-b", "team-a"):
            self.with_key(boss, server, "POST", "/v1/flows", sequence("f", wait_for_signal("s", "go")),
                          Pawl_Scope=scope)
        seen = self.with_key(boss, server, "GET", "/v1/scopes").body
        self.assertEqual(seen, {"scopes": ["default", "team-a", "team-b"], "any": True,
                                "next": None})
        first = self.with_key(boss, server, "GET", "/v1/scopes?limit=2").body
        self.assertEqual((first["scopes"], first["next"]), (["default", "team-a"], "team-a"))
        rest = self.with_key(boss, server, "GET", "/v1/scopes?cursor=team-a").body
        self.assertEqual(rest["scopes"], ["team-b"])
        seen = self.with_key(viewer, server, "GET", "/v1/scopes").body
        self.assertEqual(seen, {"scopes": ["team-a"], "any": False, "next": None})
        refused = self.with_key(viewer, server, "GET", "/v1/scopes", Pawl_Scope="team-b")
        self.assertIn(refused.status, (403, 404))

    def test_a_session_stands_for_a_key(self):
        boss, viewer = self.add_key("boss"), self.add_key("viewer", role="reader")
        server = self.serve_with(boss)
        opened = self.with_key(viewer, server, "POST", "/v1/session")
        self.assertEqual((opened.status, opened.body["name"]), (201, "viewer"))
        cookie, *attributes = opened.headers["set-cookie"].split("; ")
        self.assertEqual(set(attributes), {"Path=/", "HttpOnly", "Secure", "SameSite=Strict"})
        self.assertTrue(cookie.startswith("__Host-pawl="))

        def ask(method, path, body=None, **headers):
            return server.call(method, path, body, Cookie=cookie, **headers)

        self.assertEqual(ask("GET", "/v1/whoami").body["authentication"], "session")
        self.assertEqual(ask("GET", "/v1/runs/r").status, 200)
        self.assertEqual(ask("POST", "/v1/runs/r/pause", {}, Sec_Fetch_Site="same-origin").status,
                         403)
        # Pages of others cannot act with the cookie, not even read.
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
                        {"Origin": "http://evil.example"}):
            self.assertEqual(ask("GET", "/v1/runs/r", **headers).status, 403, headers)
        self.assertEqual(ask("DELETE", "/v1/session").status, 403)
        # A key outweighs the cookie, and a session opens no session.
        self.assertEqual(ask("GET", "/v1/whoami", Authorization="Bearer " + boss).body["name"],
                         "boss")
        self.assertEqual(ask("POST", "/v1/session", Sec_Fetch_Site="same-origin").status, 409)

        connection = server.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/events", headers={"Cookie": cookie})
        stream = connection.getresponse()
        self.assertTrue(stream.readline().startswith(b"id: "))
        self.assertEqual(ask("DELETE", "/v1/session", Sec_Fetch_Site="same-origin").status, 204)
        self.assertIn(b"the session has ended", stream.read())
        self.assertEqual(ask("GET", "/v1/whoami").status, 401)
        self.assertEqual(self.with_key(viewer, server, "GET", "/v1/whoami").status, 200)

    def test_fields_sent_twice_are_refused(self):
        boss = self.add_key("boss")
        server = self.serve_with(boss)
        for name, values in (("Authorization", ("Bearer " + boss, "Bearer x")),
                             ("Pawl-Scope", ("default", "other")),
                             ("Cookie", ("__Host-pawl=a", "__Host-pawl=b")),
                             ("Sec-Fetch-Site", ("same-origin", "cross-site")),
                             ("Idempotency-Key", ("a", "b"))):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_S)
            connection.putrequest("GET", "/v1/runs")
            if name != "Authorization":
                connection.putheader("Authorization", "Bearer " + boss)
            for value in values:
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            self.assertEqual(answer.status, 400)
            self.assertIn(f"more than one {name} field", answer.read().decode())
            connection.close()


if __name__ == "__main__":
    unittest.main()
