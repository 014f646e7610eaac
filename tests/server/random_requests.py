"""Random requests for every operation of an OpenAPI document: valid bodies, mutated bodies and junk,
all determined by one seed."""

import json
import random
from urllib.parse import quote

from contract import resolved

# Objects that exist when a test starts; most requests address one of them.
FLOWS = ["f", "waits", "asks", "work", "none"]
RUNS = ["done", "waits", "asks", "work", "bad", "none"]
FUNCTIONS = ["core.echo", "core.set", "core.fail", "core.log", "w.work", "no.such"]

TEXTS = ["", "x", "a b", "\u0000", "a\u0000b", "\ud800", "\udfff\ud800", "\u202e", "é", "\U0001f600",
         "%2F", "../..", "-1", "null", "{}", '"', "\\", "\r\nX: y", "x" * 300, "y" * 100_000]
NUMBERS = [0, -0.0, 1, -1, 1.5, 2**31, -2**31 - 1, 2**53 + 1, 2**63, -2**63, 2**64, 10**400, 1e308]
# Operations that others depend on, sent more often.
OFTEN = {"flows.post": 5, "runs.start": 8, "runs.signal": 3, "tasks.poll": 3, "tasks.complete": 3}
# As text, because Python does not write numbers like these.
ODD_NUMBERS = ["1e400", "-1e400", "1E-999", "0." + "3" * 2000, "9" * 5000, "-0", "1e", "01", "+1", "NaN",
               "Infinity", "0x10"]
GOOD_WAITS, BAD_WAITS = ("0ms", "1ms", "5ms", "0.01s"), ("1", "-1s", "61s", "1e9s", "nonsense", "")


class RandomRequests:
    """A sequence of requests determined by the seed and the document."""

    def __init__(self, document, seed):
        self.document = document
        self.random = random.Random(seed)
        self.operations = [
            (method.upper(), path, item.get("parameters", []), operation)
            for path, item in document["paths"].items()
            for method, operation in item.items() if method != "parameters"
            for _ in range(OFTEN.get(operation["operationId"], 1))]
        self.leases = []  # (task, lease) pairs returned by polls
        self.runs = []  # ids of started runs

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def next(self):
        """Returns (method, target, body as bytes or None, header fields)."""
        method, path, shared, operation = self.random.choice(self.operations)
        parameters = [resolved(self.document, each) for each in shared + operation.get("parameters", [])]
        task, lease = self.random.choice(self.leases) if self.leases else ("t", "1")
        target = path
        for each in parameters:
            if each["in"] == "path":
                value = task if each["name"] == "task" else self.path_value(path, each["name"])
                target = target.replace("{%s}" % each["name"], value)
        target += self.query([each for each in parameters if each["in"] == "query"])
        headers = self.headers(parameters)
        body = None
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            if "application/json" in content:
                body = self.body(content["application/json"]["schema"], path, lease)
                headers["Content-Type"] = "application/json"
            else:
                body = self.random.randbytes(self.random.randrange(300))
        elif self.chance(30):
            body = b"{}"
        if self.chance(60):
            method = self.random.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
        return method, target, body, headers

    def message(self):
        """Returns (frame type, payload) for a WebSocket."""
        word = self.random.choice(["pause", "resume", "cancel", "retry", "signal", "set-data",
                                   "update", "answer"])
        operation = self.document["paths"]["/v1/runs/{id}/" + word]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        value = self.fitting(body)
        if word == "signal":
            value["signal_type"] = value.pop("type")
        value = {"type": "command", "ref": self.random.randrange(100), "command": word, **value}
        data = self.damaged(value)
        if self.chance(15):
            data = self.junk()
        return (2 if self.chance(40) else 1), data

    # Targets and header fields.

    def path_value(self, path, name):
        if self.chance(12):
            text = self.random.choice(TEXTS[:-1])
            return quote(text.encode("utf-8", "surrogatepass"), safe="") or "%20"
        if self.chance(40):
            return self.random.choice(["%", "%zz", "%00", "%ff%fe"])
        if name == "version":
            return self.random.choice(["1.0.0", "1.0.1", "0.0.0", "4294967296.0.0", "1", "a"])
        return self.a_flow() if name == "name" else self.a_run()

    def a_flow(self):
        return self.random.choice(FLOWS)

    def a_run(self):
        return self.random.choice(self.runs if self.runs and self.chance(2) else RUNS)

    def query(self, parameters):
        pairs = []
        for each in parameters:
            if self.chance(2):
                continue
            schema = resolved(self.document, each["schema"])
            value = self.scalar_text(self.fitting(schema))
            if each["name"] == "wait":  # no long waits
                value = self.random.choice(BAD_WAITS if self.chance(10) else GOOD_WAITS)
            if self.chance(8) and each["name"] != "wait":
                value = self.scalar_text(self.random.choice(TEXTS[:-1] + NUMBERS))
            pairs.append(f"{each['name']}={value}")
        if self.chance(30):
            pairs.append(self.random.choice(["x=1", "=", "&&", "%", "wait", "limit=1", "a=%00"]))
        return "?" + "&".join(pairs) if pairs else ""

    def scalar_text(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        return quote(text.encode("utf-8", "surrogatepass"), safe="")

    def headers(self, parameters):
        made = {}
        for each in parameters:
            if each["in"] != "header" or not self.chance(15):
                continue
            name = each["name"]
            made[name] = self.random.choice({
                "Pawl-Scope": ["default", "other", "", "x" * 200, "a b"],
                "Idempotency-Key": ["k1", "k2", "k3", "", "k" * 300],
                "If-Match": ['"1"', '"2"', "*", 'W/"1"', "x", ""],
                "If-None-Match": ['"1"', '"1.0.0"', "*", "x"],
            }.get(name, ["1.0", "1.0.0", "0.0", "99999999999999999999.1", "x", ""]))
        return made

    # Bodies.

    def body(self, schema, path, lease):
        """A valid, mutated or junk body."""
        if self.chance(15):
            return self.junk()
        value = self.random_flow() if path in ("/v1/flows", "/v1/flows/{name}", "/v1/validate") \
            else self.fitting(resolved(self.document, schema))
        if isinstance(value, dict) and "lease" in value and not self.chance(4):
            value["lease"] = lease
        return self.damaged(value)

    def damaged(self, value):
        """The value as JSON, often damaged."""
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 4])):
            value = self.changed(value)
        text = json.dumps(value, allow_nan=True)
        if self.chance(12):
            text = self.changed_text(text)
        return text.encode("utf-8", "surrogatepass")

    def fitting(self, schema, name=""):
        """A value that matches the schema."""
        schema = resolved(self.document, schema)
        if name in ("flow", "run"):
            return self.a_flow() if name == "flow" else self.a_run()
        if name == "wait_ms":
            return self.random.choice([0, 0, 1, 10])
        if name in ("functions", "runs"):
            return self.random.sample(FUNCTIONS if name == "functions" else RUNS, 2)
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if "oneOf" in schema:
            return self.fitting(self.random.choice(schema["oneOf"]), name)
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        if kind == "object":
            return self.fitting_object(schema)
        if kind == "array":
            most = min(schema.get("maxItems", 4), 4)
            return [self.fitting(schema.get("items", {}))
                    for _ in range(self.random.randint(schema.get("minItems", 0), most))]
        if kind in ("integer", "number"):
            least, most = schema.get("minimum", 0), schema.get("maximum", 100)
            return self.random.randint(least, most) if kind == "integer" else \
                self.random.uniform(least, most)
        if kind == "boolean":
            return self.random.choice([True, False])
        if kind == "string":
            if "pattern" in schema or name == "version":
                return self.random.choice(["1.0.0", "1.0.0", "1.0.1", "2.0", "3.1"])
            if name in ("id", "key"):
                return f"r{self.random.randrange(10_000)}"
            return self.random.choice(["go", "x", "k1", "k2", "done", "waits", "h\u00e9"])
        return self.any_json(3)

    def fitting_object(self, schema):
        if "properties" not in schema:  # input, data, metadata
            return {key: self.any_json(2) for key in self.random.sample(["a", "b", "n", "list"], 2)}
        required = schema.get("required", ())
        return {name: self.fitting(each, name) for name, each in schema["properties"].items()
                if name in required or self.chance(3)}

    def any_json(self, depth):
        kind = self.random.randrange(8 if depth > 0 else 6)
        if kind == 6:
            return [self.any_json(depth - 1) for _ in range(self.random.randrange(4))]
        if kind == 7:
            return {str(i): self.any_json(depth - 1) for i in range(self.random.randrange(4))}
        return self.random.choice([None, True, False, self.random.choice(NUMBERS),
                                   self.random.choice(TEXTS[:-1]), self.random.randrange(10)])

    def random_flow(self):
        """A random flow, often a valid one."""
        count = self.random.randint(1, 5)
        nodes = [{"id": f"n{i}", **self.random_node()} for i in range(count)]
        edges = [{"source": f"n{i}", "target": f"n{i + 1}"} for i in range(count - 1)]
        if self.chance(3):
            edges.append({"source": f"n{self.random.randrange(count)}",
                          "target": f"n{self.random.randrange(count + 1)}",
                          "data": {"when": self.random_condition()}})
        return {"name": self.random.choice(FLOWS[:1] + ["r1", "r2", "r3"]), "nodes": nodes,
                "edges": edges}

    def random_node(self):
        kind = self.random.choice(["task", "task", "task", "condition", "set", "signal", "interrupt",
                                   "wait", "join", "map", "fail", "end", "start", "nonsense"])
        data = {"task": {"code_ref": self.random.choice(FUNCTIONS), "args": self.any_json(2)},
                "condition": {"expr": self.random_condition()}, "set": {"values": {"n": self.random_rule()}},
                "signal": {"name": "go"}, "interrupt": {"question": self.any_json(1)},
                "wait": {"duration": "1ms"}, "map": {"items": self.random_rule()},
                "fail": {"error": "x", "message": self.random_rule()}}.get(kind, {})
        return {"type": kind, "data": data}

    def random_condition(self):
        """Mostly a rule whatever its argument: a constant is refused as a condition."""
        rule = self.random_rule()
        return rule if self.chance(5) else {"!!": [rule]}

    def random_rule(self, depth=3):
        if depth == 0 or self.chance(3):
            return self.any_json(1)
        name = self.random.choice(["var", "==", "<", "+", "*", "/", "%", "if", "and", "cat", "map",
                                   "reduce", "in", "substr", "merge", "missing", "max", "nonsense"])
        return {name: [self.random_rule(depth - 1) for _ in range(self.random.randrange(4))]}

    # Damage.

    def changed(self, value):
        """The value with one change."""
        if isinstance(value, dict) and value and not self.chance(5):
            key = self.random.choice(list(value))
            how = self.random.randrange(6)
            if how == 0:
                return {k: v for k, v in value.items() if k != key}
            if how == 1:
                return {**value, self.random.choice(TEXTS): self.any_json(2)}
            # Do not create long waits.
            if key == "wait_ms":
                return {**value, key: self.random.choice([-1, 60_001, 1.5, "1", None, 2**64])}
            return {**value, key: self.changed(value[key])}
        if isinstance(value, list) and value and not self.chance(5):
            at = self.random.randrange(len(value))
            how = self.random.randrange(4)
            if how == 0:
                return value * self.random.choice([0, 2, 400])
            return value[:at] + [self.changed(value[at])] + value[at + 1:]
        if self.chance(20):
            return self.nested(self.random.choice([100, 127, 128, 129, 400]))
        return self.random.choice([self.any_json(2), self.random.choice(TEXTS), None,
                                   self.random.choice(NUMBERS), [], {}])

    def nested(self, depth):
        value = None
        for _ in range(depth):
            value = [value] if self.chance(2) else {"a": value}
        return value

    def changed_text(self, text):
        """Damages valid JSON text."""
        how = self.random.randrange(6)
        at = self.random.randrange(len(text) + 1)
        if how == 0 and text.startswith("{") and len(text) > 2:
            return text[:-1] + ", " + text[1:]  # duplicate keys
        if how == 1:
            return text.replace("1", self.random.choice(ODD_NUMBERS), 1)
        if how == 2:
            return text[:at]
        if how == 3:
            return text[:at] + self.random.choice(["\x00", "\ufeff", ",", "}", "]", "//", "\ud800"]) \
                + text[at:]
        if how == 4:
            return text + self.random.choice([" ", "\n\n", "{}", "x", "\x00"])
        return self.random.choice([" ", "\ufeff", "\t\n"]) + text

    def junk(self):
        depth = self.random.choice([10, 1_000, 50_000])
        return self.random.choice([
            b"", b"null", b"[]", b'"x"', b"1", b"\x00", b"\xff\xfe{", b'{"a":"\xc3\x28"}', b"{" * depth,
            b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth,
            b'{"' + b"k" * 100_000 + b'":1}', b"[" + b"1," * depth + b"1]",
            b'{"flow":"f","flow":"f","flow":7}', b'{"id":"\\ud800","flow":"f"}',
            self.random.randbytes(self.random.randrange(200))])
