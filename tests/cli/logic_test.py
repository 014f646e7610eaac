"""`pawl logic`: a single rule, and the filter."""

import json
import subprocess
import unittest

from program import INVALID, LIMIT_S, PROGRAM, ProgramTest, environment


class Logic(ProgramTest):
    def test_a_rule_with_data(self):
        self.assertEqual(self.pawl("logic", '{">":[{"var":"a"},1]}', '{"a":2}').stdout, "true\n")
        self.assertEqual(self.pawl("logic", '{"var":"b"}', '{"a":2}').stdout, "null\n")
        self.assertEqual(self.pawl("logic", "[1,2]").stdout, "[1,2]\n")
        rule = self.file("rule.json", {"cat": ["a", {"var": ""}]})
        self.assertEqual(self.pawl("logic", "@" + rule, "-", input='"b"').stdout, '"ab"\n')

    def test_a_bad_rule(self):
        self.refused(INVALID, ["the rule", "line 1, column"], "logic", "{oops")
        self.refused(INVALID, ["filtre", "filter"], "logic", '{"filtre":[[],1]}')

    def test_the_filter_prints_a_result_for_each_line(self):
        lines = ['{"rule":{"+":[1,2]}}', "{oops", '{"rule":{"var":"x"},"data":{"x":[1,{"y":null}]}}',
                 "[]", "", '{"rule":{"nope":1}}', '{"data":1}', '{"rule":"last"}']
        out = self.pawl("logic", input="\n".join(lines)).stdout.splitlines()
        self.assertEqual(len(out), len(lines))
        answers = [json.loads(line) for line in out]
        self.assertEqual([list(a) for a in answers],
                         [["result"], ["error"], ["result"], ["error"], ["error"], ["error"],
                          ["error"], ["result"]])
        self.assertEqual(answers[0]["result"], 3)
        self.assertEqual(answers[2]["result"], [1, {"y": None}])
        self.assertEqual(answers[1]["error"]["type"], "malformed_json")
        self.assertEqual(answers[5]["error"]["type"], "unknown_operator")

    def test_a_template(self):
        template = '{"id":{"var":"id"},"list":[{"var":"n"},{"omit":[]}],"as":{"literal":{"var":"n"}}}'
        data = '{"id":7,"n":2}'
        expected = {"id": 7, "list": [2], "as": {"var": "n"}}
        self.assertEqual(json.loads(self.pawl("logic", "--template", template, data).stdout), expected)
        self.refused(INVALID, ["vra", "var"], "logic", "--template", '{"a":{"+":[{"vra":1}]},"b":1}')
        lines = [f'{{"template":{template},"data":{data}}}', '{"rule":1}', '{"template":{"a":1}}']
        out = self.pawl("logic", "--template", input="\n".join(lines)).stdout.splitlines()
        answers = [json.loads(line) for line in out]
        self.assertEqual(answers[0], {"result": expected})
        self.assertEqual(answers[1]["error"]["type"], "malformed_line")
        self.assertEqual(answers[2], {"result": {"a": 1}})

    def test_the_trace_shows_each_call(self):
        rule = '{"+": [{"*": [2, {"var": "n"}]}, {"try": [{"/": [1, 0]}, 1]}]}'
        out = self.pawl("logic", "--trace", rule, '{"n": 3}').stdout.splitlines()
        self.assertEqual(out[1:3], ['  {"*":[2,{"var":"n"}]} = 6', '    {"var":"n"} = 3'])
        self.assertEqual(out[4], '    {"/":[1,0]} = failed')
        self.assertEqual(out[-1], "7")

    def test_the_steps_show_the_budget(self):
        out = self.pawl("logic", "--steps", '{"+": [1, 2]}').stdout.splitlines()
        self.assertRegex(out[0], r"^steps: \d+ of 1000000, bytes: \d+ of 16777216$")
        self.assertEqual(out[1], "3")

    def test_rules_line_by_line(self):
        data = self.file("data.json", {"n": [1, 2, 3]})
        lines = ['{"sum": {"var": "n"}}', f":data {data}", '{"sum": {"var": "n"}}', ":data",
                 "{oops", '{"nope": 1}', ":nope", "", ":template", '"n is {{n}}"', ":quit", "1"]
        done = self.pawl("logic", "--repl", input="\n".join(lines))
        self.assertEqual(done.stdout.splitlines(),
                         ["null", "6", '{"n":[1,2,3]}', "templates: on", '"n is [1,2,3]"'])
        for part in ("line 1, column", "nope", ":nope", ":help"):
            self.assertIn(part, done.stderr)

    def test_ambiguous_json_is_refused(self):
        self.refused(INVALID, ['the key "a" twice', "line 1, column 2", "line 1, column 9"],
                     "logic", "1", '{"a": 1,"a": 2}')
        self.refused(INVALID, ["cannot be kept exactly", "18446744073709551616", "64 bits"],
                     "logic", "1", '{"n": 18446744073709551616}')

    def test_the_filter_does_not_buffer(self):
        with subprocess.Popen([PROGRAM, "logic"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env=environment()) as process:
            for n in range(3):
                process.stdin.write(json.dumps({"rule": {"*": [n, 2]}}) + "\n")
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline()), {"result": n * 2})
            process.stdin.close()
            self.assertEqual(process.wait(LIMIT_S), 0)

    def test_hostile_rules_give_errors(self):
        deep = '{"rule":' + '{"!":[' * 400 + "1" + "]}" * 400 + "}"
        bomb = json.dumps({"rule": {"reduce": [[0] * 60, {"merge": [{"var": "accumulator"},
                                                                    {"var": "accumulator"}]},
                                               {"cat": ["x"]}]}})
        out = self.pawl("logic", input=deep + "\n" + "[" * 100000 + "\n" + bomb + "\n").stdout
        self.assertEqual([list(json.loads(line)) for line in out.splitlines()], [["error"]] * 3)


if __name__ == "__main__":
    unittest.main()
