"""Compares answers of the server with docs/openapi.yaml."""

import re

import jsonschema

# Statuses that only a broken, full, stopping or authenticating server returns.
NOT_DRIVEN = {"401", "429", "500", "501", "503", "507", "default"}


def resolved(document, thing):
    """Follows the references of a part of the document."""
    while "$ref" in thing:
        name = thing["$ref"]
        thing = document
        for part in name.removeprefix("#/").split("/"):
            thing = thing[part]
    return thing


class Contract:
    """The document and the statuses seen so far."""

    def __init__(self, document):
        self.document = document
        self.seen = {}
        self.validators = {}
        self.patterns = [
            (re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                for part in re.split(r"(\{\w+\})", path)) + "$"), path)
            for path in document["paths"]]

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    yield method.upper(), path, operation

    def resolved(self, thing):
        return resolved(self.document, thing)

    def operation(self, method, target):
        path = target.partition("?")[0]
        found = [template for pattern, template in self.patterns if pattern.match(path)]
        # Literal segments take precedence over variables.
        template = min(found, key=lambda each: each.count("{"))
        return template, self.document["paths"][template][method.lower()]

    def complaints(self, schema, value):
        # Cached: creating a validator is expensive, and schemas live as long as the document.
        if id(schema) not in self.validators:
            whole = {**schema, "components": self.document["components"]}
            self.validators[id(schema)] = schema, jsonschema.Draft202012Validator(whole)
        _, validator = self.validators[id(schema)]
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def check(self, method, target, answer):
        """Returns the differences between an answer and the document as a list of messages."""
        template, operation = self.operation(method, target)
        self.seen.setdefault((method, template), set()).add(str(answer.status))
        described = operation["responses"].get(str(answer.status))
        if described is None:
            return [f"{method} {template} returned the undocumented status {answer.status}: "
                    f"{answer.text[:300]}"]
        described = self.resolved(described)
        wrong = [f"{name} is not documented" for name in ("etag", "location")
                 if name in answer.headers
                 and name not in {n.lower() for n in described.get("headers", {})}]
        wrong += [f"{name} is missing" for name in described.get("headers", {})
                  if name.lower() not in answer.headers and str(answer.status) != "200"]
        content = described.get("content")
        if content is None:
            return wrong + ([f"unexpected body: {answer.text[:100]}"] if answer.text else [])
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind not in content and "*/*" not in content:
            return wrong + [f"undocumented media type {kind}"]
        if kind.endswith("json") and kind in content:
            wrong += self.complaints(content[kind]["schema"], answer.body)
        return [f"{method} {target} {answer.status}: {each}" for each in wrong]

    def unseen(self):
        for method, path, operation in self.operations():
            for status in operation["responses"]:
                if status not in NOT_DRIVEN and status not in self.seen.get((method, path), ()):
                    yield f"{method} {path}: {status}"
