"""The short form of flows, YAML, `pawl fmt` and `pawl flows convert`."""

import json
import os
import stat
import unittest

from program import FAILED, INVALID, NOT_FOUND, USAGE, ProgramTest, sequence, task

YAML = """\
# An order is paid, large ones after a question.
name: order
nodes:
  - id: large
    type: condition
    expr: {">": [{var: amount}, 1000]}
    else: pay
  - {id: ask, type: interrupt, question: "Pay {{amount}}?"}
  - id: pay
    type: task
    code_ref: core.echo
    args: {paid: yes}
"""


class Forms(ProgramTest):
    def short(self, *nodes, name="flow.json"):
        return self.file(name, {"name": "flow", "nodes": list(nodes)})

    def output(self, *arguments, **options):
        return self.pawl(*arguments, **options).stdout

    def test_a_yaml_file_is_run(self):
        flow = self.file("order.yaml", YAML)
        done = self.lines("run", flow, "--input", '{"amount": 5}', "--answer", "true",
                          "--json")
        self.assertEqual(done[-1]["data"], {"amount": 5, "paid": "yes"})
        self.assertEqual(done[-1]["status"], "completed")

    def test_the_stored_form_of_the_previous_engine_is_put_as_it_is(self):
        nodes = [{"id": "s", "type": "start", "data": None, "position": {"x": 1}},
                 {"id": "s2", "type": "start", "data": None},
                 {"id": "work", "type": "python", "data": {"code_ref": "core.echo",
                                                           "args": {"done": 1}, "title": "t"}},
                 {"id": "e", "type": "end", "data": None}]
        edges = [{"source": a, "target": b, "data": None}
                 for a, b in (("s", "work"), ("s2", "work"), ("work", "e"))]
        form = {"dialect": "old", "name": "入库", "nodes": nodes, "edges": edges}
        file = self.file("old.json", form)
        done = self.pawl("flows", "put", file, *self.where)
        self.assertRegex(done.stderr, r"old\.json:\d+:\d+: warning: the key \"position\"")
        self.assertRegex(done.stderr, r"second one, \"s2\", was dropped \(/nodes/1\)")
        self.assertIn("入库@1.0.0", done.stdout)
        [flow] = self.lines("flows", "show", "入库", "--json", *self.where)
        self.assertEqual([node["id"] for node in flow["definition"]["nodes"]], ["s", "work", "e"])
        done = self.lines("run", file, "--json", *self.where)
        self.assertEqual((done[-1]["status"], done[-1]["data"]), ("completed", {"done": 1}))
        # Converted, it is a flow of Pawl; in place only by force, for something is lost.
        short = json.loads(self.output("flows", "convert", file, "--to", "short"))
        self.assertEqual([node["id"] for node in short["nodes"]], ["s", "work", "e"])
        self.assertNotIn("dialect", short)
        self.refused(USAGE, "form of the previous engine", "fmt", file, "--write")
        self.pawl("validate", file)
        self.pawl("validate", self.file("new.json", {**form, "dialect": "new"}), expect=INVALID)

    def test_standard_input_is_yaml_unless_it_begins_like_json(self):
        self.assertIn("valid", self.output("validate", "-", input=YAML))
        self.assertIn("valid", self.output("validate", "-", input='\n{"name": "a", "nodes": '
                                           '[{"id": "a", "type": "end"}]}'))
        self.assertIn("not valid JSON", self.output("validate", "-", input='{"name": "a",',
                                                    expect=INVALID))

    def test_diagnostics_name_line_and_column_of_yaml(self):
        flow = self.file("f.yml", YAML.replace("core.echo", "core.ehco") + "    timeout: soon\n")
        found = self.output("validate", flow, expect=INVALID)
        self.assertRegex(found, r"f.yml:13:14: error: .*\(/nodes/2/timeout\)")
        self.assertRegex(found, r"f.yml:11:15: warning: unknown function .*\(/nodes/2/code_ref\)")
        broken = self.file("g.yaml", "name: a\nname: b\n")
        self.assertRegex(self.output("validate", broken, expect=INVALID),
                         r'g.yaml:2:1: error: not valid YAML: .*"name" is there twice')
        [seen] = self.lines("validate", broken, "--json", expect=INVALID)
        self.assertEqual(seen["diagnostics"][0]["code"], "malformed_yaml")

    def test_diagnostics_of_the_short_form_point_into_what_was_written(self):
        flow = self.file("f.json", '{"name": "f", "nodes": [\n'
                                   '  {"id": "a", "type": "task", "function": "core.ehco",\n'
                                   '   "next": ["a", "x"]}]}')
        found = self.output("validate", flow, expect=INVALID)
        self.assertRegex(found, r"f.json:3:18: error: no such node: \"x\" \(/nodes/0/next/1\)")
        self.assertRegex(found, r"f.json:2:43: warning: unknown function.*\(/nodes/0/function\)")

    def test_a_stored_flow_is_shown_as_it_was_written(self):
        flow = self.file("order.yaml", YAML)
        self.assertIn("Stored order@1.0.0", self.output("flows", "put", flow, *self.where))
        shown = json.loads(self.output("flows", "show", "order", *self.where))
        self.assertNotIn("edges", shown)
        self.assertEqual(shown["nodes"][2]["code_ref"], "core.echo")
        long_form = self.output("flows", "show", "order", "--long", *self.where)
        self.assertEqual(len(json.loads(long_form)["edges"]), 3)
        [both] = self.lines("flows", "show", "order", "--json", *self.where)
        self.assertEqual(both["written"], shown)
        self.assertEqual(both["definition"], json.loads(long_form))
        # Another spelling of the same flow is the same version.
        again = self.file("again.json", long_form)
        self.assertIn("Unchanged: order@1.0.0", self.output("flows", "put", again, *self.where))
        self.assertEqual(json.loads(self.output("flows", "show", "order", *self.where)), shown)
        # A run can be started with each of them.
        for file in (flow, again):
            self.lines("run", file, "--id", "r", "--input", '{"amount": 1}', "--json", *self.where)

    def test_convert_goes_round(self):
        steps = [task("a", "core.echo", args={"x": 1}), task("b", "core.echo"),
                 {"id": "c", "type": "end"}]
        long_form = self.file("long.json", sequence(*steps))
        brief = self.output("flows", "convert", long_form, "--to", "short")
        self.assertEqual(json.loads(brief)["nodes"][0],
                         {"id": "a", "type": "task", "code_ref": "core.echo", "args": {"x": 1}})
        text = self.output("flows", "convert", self.file("s.json", brief), "--to", "yaml")
        self.assertIn("  - id: a\n    type: task\n    code_ref: core.echo\n    args: {x: 1}\n", text)
        back = self.output("flows", "convert", self.file("s.yaml", text), "--to", "long")
        self.assertEqual(json.loads(back), sequence(*steps))
        self.refused(USAGE, "--to", "flows", "convert", long_form, "--to", "xml")
        self.refused(USAGE, "--to", "flows", "convert", long_form)
        self.refused(NOT_FOUND, "no such file", "flows", "convert", "none.json", "--to", "long")

    def test_fmt_writes_the_short_form(self):
        flow = self.short({"type": "task", "next": "b", "data": {"code_ref": "core.echo"},
                           "id": "a"}, {"id": "b", "type": "end", "position": {"x": 1}})
        wanted = ('{\n  "name": "flow",\n  "nodes": [\n'
                  '    {"id": "a", "type": "task", "code_ref": "core.echo"},\n'
                  '    {"id": "b", "type": "end", "position": {"x": 1}}\n  ]\n}\n')
        self.assertEqual(self.output("fmt", flow), wanted)
        self.assertIn("not formatted", self.output("fmt", flow, "--check", expect=FAILED))
        os.chmod(flow, 0o640)
        self.assertIn("Formatted", self.output("fmt", flow, "--write"))
        with open(flow, encoding="utf-8") as file:
            self.assertEqual(file.read(), wanted)
        self.assertEqual(stat.S_IMODE(os.stat(flow).st_mode), 0o640)
        self.assertEqual(self.output("fmt", flow, "--check"), "")
        self.assertEqual(self.output("fmt", flow, "--write"), "")
        self.assertEqual(sorted(os.listdir(self.folder)), ["flow.json"])

    def test_fmt_keeps_yaml_with_comments_unless_told(self):
        flow = self.file("order.yaml", YAML)
        self.refused(USAGE, ["comments would be lost", "--force"], "fmt", flow, "--write")
        with open(flow, encoding="utf-8") as file:
            self.assertEqual(file.read(), YAML)
        formatted = self.output("fmt", flow)
        self.assertIn("  - id: ask\n    type: interrupt\n", formatted)
        self.assertIn('paid: "yes"', formatted)
        self.output("fmt", flow, "--write", "--force")
        with open(flow, encoding="utf-8") as file:
            self.assertEqual(file.read(), formatted)
        # A "#" in a text is no comment.
        text = self.file("t.yaml", 'name: a\nnodes: [{id: a, type: end, label: "x # y"}]\n')
        self.output("fmt", text, "--write")
        self.assertIn('label: "x # y"', self.output("fmt", text))
        both = self.file("b.yaml", "name: a\nnodes: [{id: a, type: end, label: 'x # y'}] # why\n")
        self.refused(USAGE, "comments would be lost", "fmt", both, "--write")

    def test_fmt_keeps_notes_on_edges_unless_told(self):
        flow = sequence(task("a", "core.echo"), task("b", "core.echo"))
        flow["edges"][0]["data"] = {"label": "go on"}
        file = self.file("f.json", flow)
        self.refused(USAGE, "notes on edges would be lost", "fmt", file, "--write")
        self.output("fmt", file, "--write", "--force")
        self.assertNotIn("edges", self.output("fmt", file))

    def test_fmt_refuses_what_it_cannot_format(self):
        flow = self.short({"id": "a", "type": "tsak"})
        self.refused(INVALID, ["unknown node type", "it was not formatted"], "fmt", flow)
        self.refused(USAGE, "needs a file", "fmt", "-", "--write")
        self.refused(USAGE, "--check", "fmt", flow, "--check", "--write")
        self.refused(USAGE, "--force", "fmt", flow, "--force")
        self.refused(NOT_FOUND, "no such file", "fmt", "none.json")

    def test_an_implied_edge_between_branches_is_refused(self):
        flow = self.short({"id": "all", "type": "parallel", "next": ["a", "b"]},
                          {"id": "a", "type": "task", "code_ref": "core.echo"},
                          {"id": "b", "type": "task", "code_ref": "core.echo"})
        self.refused(INVALID, ['"a" has no "next"', 'write "next"'], "validate", flow)

    def test_mixed_forms_are_refused(self):
        flow = sequence(task("a", "core.echo"), task("b", "core.echo"))
        flow["nodes"][0]["next"] = "b"
        self.refused(INVALID, 'the flow has "edges", so "next" does not count', "validate",
                     self.file("f.json", flow))


if __name__ == "__main__":
    unittest.main()
