import pawl
from tests.server import ServerTest, task


class Flows(ServerTest):
    def definition(self, **args):
        return {"name": self.name(), "nodes": [task(args=args)], "edges": []}

    def test_a_flow_is_stored_once(self):
        made = self.client.create_flow(self.definition())
        self.assertTrue(made.created)
        again = self.client.create_flow(self.definition())
        self.assertEqual((again.created, again.version), (False, made.version))
        self.assertNotEqual(self.client.create_flow(self.definition(a=1)).version, made.version)

    def test_versions_are_listed_published_and_read(self):
        name = self.name()
        self.client.create_flow(self.definition(), version="1.0.0", publish=True)
        self.client.create_flow(self.definition(a=1), version="1.1.0", publish=False)
        versions = {v.version: v for v in self.client.flow_versions(name)}
        self.assertEqual({v: one.published for v, one in versions.items()},
                         {"1.0.0": True, "1.1.0": False})
        self.assertTrue(self.client.publish_flow(name, "1.1.0").published)
        info = next(flow for flow in self.client.flows() if flow.name == name)
        self.assertEqual((info.latest, info.published), ("1.1.0", "1.1.0"))
        old = self.client.flow(name, "1.0.0")
        self.assertEqual((old.version, old.definition["name"]), ("1.0.0", name))
        self.assertEqual(self.client.flow(name).version, "1.1.0")
        self.assertEqual(versions["1.0.0"].created_at.utcoffset().total_seconds(), 0)

    def test_a_start_takes_the_newest_version_of_a_range(self):
        name = self.name()
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            self.client.create_flow(self.definition(v=version), version=version, publish=True)
        self.assertEqual(self.client.start(name, version="1.x").version, "1.1.0")
        self.assertEqual(self.client.start(name, version="1.0.x").version, "1.0.0")
        for version in ("3.x", "latest"):  # the second could be a label
            with self.assertRaises(pawl.NotFound):
                self.client.start(name, version=version)

    def test_another_definition_of_the_same_version_is_refused(self):
        self.client.create_flow(self.definition(), version="1.0.0")
        with self.assertRaises(pawl.AlreadyExists):
            self.client.create_flow(self.definition(a=1), version="1.0.0")

    def test_put_checks_if_match(self):
        name, definition = self.name(), self.definition()
        del definition["name"]
        first = self.client.put_flow(name, definition)
        definition["nodes"][0]["data"]["args"] = {"a": 1}
        second = self.client.put_flow(name, definition, if_match=first.version)
        definition["nodes"][0]["data"]["args"] = {"a": 2}
        with self.assertRaises(pawl.PreconditionFailed):
            self.client.put_flow(name, definition, if_match=first.version)
        self.assertEqual(self.client.flow(name).version, second.version)

    def test_a_name_with_slash_and_space(self):
        definition = {**self.definition(), "name": "a folder/a flow"}
        self.client.create_flow(definition, publish=True)
        self.assertEqual(self.client.flow("a folder/a flow").name, "a folder/a flow")
        self.assertTrue(self.client.start_and_wait("a folder/a flow").finished)

    def test_all_diagnostics_are_reported(self):
        wrong = {"name": self.name(), "nodes": [{"id": "a", "type": "nonsense"}],
                 "edges": [{"source": "a", "target": "b"}]}
        found = self.client.validate(wrong)
        self.assertFalse(found.valid)
        codes = {fault.code for fault in found.diagnostics}
        self.assertLessEqual({"unknown_node_type", "dangling_edge"}, codes)
        with self.assertRaises(pawl.InvalidFlow) as caught:
            self.client.create_flow(wrong)
        self.assertEqual({fault.code for fault in caught.exception.diagnostics}, codes)
        self.assertEqual(caught.exception.status, 422)
        self.assertTrue(caught.exception.request_id)
        self.assertTrue(self.client.validate(self.definition()).valid)

    def test_deleting(self):
        self.client.create_flow({"name": self.name(), "nodes": [
            {"id": "s", "type": "signal", "data": {"name": "go"}}]}, publish=True)
        run = self.client.start(self.name()).id
        with self.assertRaises(pawl.Conflict):
            self.client.delete_flow(self.name())
        self.client.cancel(run)
        self.client.delete_flow(self.name())
        with self.assertRaises(pawl.NotFound):
            self.client.flow(self.name())
        self.assertEqual(self.client.run(run).status, "cancelled")

    def test_scopes_do_not_see_each_other(self):
        self.client.create_flow(self.definition())
        with self.assertRaises(pawl.NotFound):
            pawl.Client(self.server.url, scope="elsewhere").flow(self.name())
