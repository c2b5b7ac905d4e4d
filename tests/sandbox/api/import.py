#!/usr/bin/env python3
"""Carries the facts of published service models into the sandbox's own data.

    import.py MODELS [SERVICE...]

reads MODELS/SERVICE.json (metadata, effective, operations, shapes, paginators) and writes
SERVICE.json ('-' as '_') beside this script: names, types, constraints and wire names, no documentation.
Patterns are translated to POSIX extended regular expressions ("ere") where that is possible;
where it is not, the pattern is kept for messages alone and not checked.
"""
import json
import pathlib
import sys

SERVICES = ["cloudtrail", "sts", "organizations", "config", "ec2", "ec2-instance-connect",
            "kms", "logs", "sns", "ssm", "sso", "sso-oidc"]
HERE = pathlib.Path(__file__).resolve().parent

DIGITS = set("0123456789")
LETTERS = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
SPACES = set(" \t\n\r\f\v")
ASCII = {chr(c) for c in range(1, 128)}
OTHER = "\x80"  # stands for every character beyond ASCII
ALL = ASCII | {OTHER}
CLASSES = {"d": DIGITS, "w": LETTERS | DIGITS | {"_"}, "s": SPACES}
PROPERTIES = {"L": LETTERS | {OTHER}, "N": DIGITS | {OTHER}, "Z": {" ", OTHER}}


class Untranslatable(Exception):
    pass


def bracket(chars):
    """A set of characters as a POSIX bracket expression; beyond ASCII it is all or nothing."""
    if chars == ALL:
        return "(.|\n)"
    negated = OTHER in chars
    members = ALL - chars if negated else set(chars)
    if not members:
        raise Untranslatable("empty class")
    head, tail = "", ""
    for special in "]":
        if special in members:
            members.remove(special)
            head += special
    for special in "^-":
        if special in members:
            members.remove(special)
            tail += special
    codes, text = sorted(map(ord, members)), ""
    while codes:
        run = 1
        while run < len(codes) and codes[run] == codes[0] + run:
            run += 1
        first, last = chr(codes[0]), chr(codes[run - 1])
        if run > 2 and first not in "[.:=" and last not in "[.:=":
            text += first + "-" + last
        else:
            text += "".join(map(chr, codes[:run]))
        codes = codes[run:]
    body = head + text + tail
    if body == "^":
        return "\\^"
    if body.startswith("^") and not negated:
        body = body[1:] + "^"
    return "[" + ("^" if negated else "") + body + "]"


class Translator:
    def __init__(self, pattern):
        self.text, self.at = pattern, 0

    def take(self):
        if self.at >= len(self.text):
            raise Untranslatable("ends early")
        self.at += 1
        return self.text[self.at - 1]

    def escape(self):
        """After a backslash: a set of characters."""
        c = self.take()
        if c in CLASSES:
            return CLASSES[c]
        if c.lower() in CLASSES:
            return ALL - CLASSES[c.lower()]
        if c == "p":
            end = self.text.index("}", self.at)
            name, self.at = self.text[self.at + 1:end], end + 1
            return PROPERTIES[name]
        if c == "u":
            digits = 5 if self.text[self.at:self.at + 5] in ("10000", "10FFF") else 4
            code, self.at = int(self.text[self.at:self.at + digits], 16), self.at + digits
            return {chr(code) if 0 < code < 128 else OTHER}
        if c.isalnum():
            raise Untranslatable("\\" + c)
        return {c}

    def set(self):
        """After an opening bracket: the bracket expression."""
        negated = self.text[self.at] == "^"
        self.at += negated
        chars, first = set(), True
        while first or self.text[self.at] != "]":
            first = False
            c = self.take()
            low = self.escape() if c == "\\" else {c}
            if self.text[self.at] == "-" and self.text[self.at + 1] != "]" and len(low) == 1:
                self.at += 1
                c = self.take()
                high = self.escape() if c == "\\" else {c}
                if len(high) != 1:  # [a-\w]: not a range
                    chars |= low | {"-"} | high
                    continue
                chars |= {k for k in ALL if min(low) <= k <= min(high)}
            else:
                chars |= low
        self.at += 1
        return bracket(ALL - chars if negated else chars)

    def run(self):
        out = ""
        while self.at < len(self.text):
            c = self.take()
            if c == "\\":
                out += self.atom(self.escape())
            elif c == "[":
                out += self.set()
            elif c == "(" and self.text.startswith("?:", self.at):
                self.at += 2
                out += "("
            elif c == "(" and self.text.startswith("?", self.at):
                raise Untranslatable("(?")
            elif c == "?" and out and out[-1] in "*+?}":
                pass  # lazy or not, the whole value is matched
            else:
                out += c
        return out

    @staticmethod
    def atom(chars):
        if len(chars) > 1 or OTHER in chars:
            return bracket(chars)
        c = min(chars)
        return "\\" + c if c in ".[](){}*+?|^$\\" else c


BLANK_REFUSED = {"^(?!\\s*$).+"}


def ere(pattern):
    if pattern in BLANK_REFUSED:
        return "^.*[^[:space:]].*$"
    try:
        text = Translator(pattern).run()
    except (Untranslatable, ValueError, KeyError, IndexError):
        return None
    return None if text == "(.|\n)*" else f"^({text})$"


def reference(ref, names=("location", "locationName", "queryName", "flattened",
                          "idempotencyToken")):
    out = {"shape": ref["shape"]}
    out.update({name: ref[name] for name in names if name in ref})
    return out


NUMBERS = {"integer", "long", "float", "double"}  # a lower bound of 0 says something of these


def convert_shape(shape):
    out = {"type": shape["type"]}
    for key in ("min", "max", "enum", "required", "sensitive", "flattened", "union"):
        if shape.get(key) or key == "min" and key in shape and shape["type"] in NUMBERS:
            out[key] = shape[key]
    if "pattern" in shape:
        out["pattern"] = shape["pattern"]
        translated = ere(shape["pattern"])
        if translated:
            out["ere"] = translated
    for key in ("member", "key", "value"):
        if key in shape:
            out[key] = reference(shape[key])
    if "members" in shape:
        out["members"] = {name: reference(ref) for name, ref in shape["members"].items()}
    if shape.get("exception"):
        error = shape.get("error", {})
        out["error"] = {"code": error.get("code", ""),
                        "status": error.get("httpStatusCode", 500 if shape.get("fault") else 400)}
    return out


def paging(operation, shapes, paginators):
    """[input token, output token, size] as member names; also for what no paginator names."""
    facts = paginators.get(operation["name"])
    if facts:
        return [facts["input_token"], facts["output_token"], facts.get("limit_key", "")]
    taken = shapes.get(operation.get("input", {}).get("shape"), {}).get("members", {})
    given = shapes.get(operation.get("output", {}).get("shape"), {}).get("members", {})
    token = [next((n for n in ("NextToken", "nextToken") if n in m), "") for m in (taken, given)]
    if not all(token):
        return None
    return token + [next((n for n in ("MaxResults", "Limit", "limit") if n in taken), "")]


def convert_operation(operation, protocol, shapes, paginators):
    out = {key: operation[key]["shape"] for key in ("input", "output") if key in operation}
    if protocol.startswith("rest"):
        out["http"] = [operation["http"]["method"], operation["http"]["requestUri"]]
    if operation.get("authtype") == "none":
        out["unsigned"] = True
    if "resultWrapper" in operation.get("output", {}):
        out["wrapper"] = operation["output"]["resultWrapper"]
    page = paging(operation, shapes, paginators)
    if page:
        out["page"] = page
    return out


def convert(service, model):
    meta, shapes = model["metadata"], model["shapes"]
    return {
        "service": service,
        "protocol": meta["protocol"],
        "version": meta["apiVersion"],
        "target": meta.get("targetPrefix", ""),
        "namespace": meta.get("xmlNamespace", ""),
        "operations": {name: convert_operation(op, meta["protocol"], shapes, model["paginators"])
                       for name, op in model["operations"].items()},
        "shapes": {name: convert_shape(shape) for name, shape in shapes.items()},
    }


def write(path, data):
    """One operation and one shape a line: readable, and kind to a diff."""
    def table(name):
        rows = (f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in data[name].items())
        return f' "{name}": {{\n' + ",\n".join(rows) + "\n }"
    head = (f" {json.dumps(k)}: {json.dumps(v)}" for k, v in data.items() if isinstance(v, str))
    path.write_text("{\n" + ",\n".join([*head, table("operations"), table("shapes")]) + "\n}\n")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    models = pathlib.Path(sys.argv[1])
    for service in sys.argv[2:] or SERVICES:
        model = json.loads((models / f"{service}.json").read_text())
        write(HERE / f"{service.replace('-', '_')}.json", convert(service, model))


if __name__ == "__main__":
    main()
