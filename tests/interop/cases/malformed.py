"""Every operation once with something missing or wrong, past the client's own validation."""
import json
import subprocess

from cases.sso import login
from harness import OPERATIONS, TARGETS, case, contains, equal, fails


def served(sandbox):
    listed = subprocess.run([f"{sandbox.build}/watchdeck-sandbox", "--operations"],
                            capture_output=True, text=True, check=True).stdout.split()
    return [line.split(":") for line in listed]


def lower_first(name):
    return name[0].lower() + name[1:]


def caller(client, model):
    """The client's method for an operation."""
    names = client.meta.method_to_api_mapping
    return getattr(client, next(m for m in names if names[m] == model.name))


def without_required_rest(sandbox, service, model):
    """The portal first wants a token; then both say what is missing, each in its own place."""
    call = caller(sandbox.client(service, validate=False), model)
    given = {}
    if service == "sso":
        fails("UnauthorizedException", call, 401, "Session token not found or invalid")
        given = {"accessToken": login(sandbox)["accessToken"]}
    required = set(model.input_shape.required_members) - set(given)
    if not required:
        return
    reply = fails("InvalidRequestException", lambda: call(**given), 400)
    if service == "sso-oidc":
        equal(reply["error"], "invalid_request")
    text = reply.get("error_description") or reply["Error"]["Message"]
    for name in required:
        contains(text, f"Value null at '{name}' failed to satisfy constraint: "
                       "Member must not be null")


# What older models require and AWS now takes under another name, too.
OPTIONAL_BY_NOW = {"logs": {"logGroupName"}}


def required_of(service, model):
    members = model.input_shape.required_members if model.input_shape else []
    if "logGroupIdentifier" not in (model.input_shape.members if model.input_shape else {}):
        return members
    return [m for m in members if m not in OPTIONAL_BY_NOW.get(service, ())]


def without_required(sandbox, service, model):
    """Nothing at all is sent to an operation that requires something."""
    if service in ("sso", "sso-oidc"):
        return without_required_rest(sandbox, service, model)
    call = caller(sandbox.client(service, validate=False), model)
    required = required_of(service, model)
    code = {"sts": "ValidationError", "sns": "ValidationError", "ec2": "MissingParameter",
            "logs": "InvalidParameterException"}.get(
        service, "ValidationException")
    message = fails(code, call, 400)["Error"]["Message"]
    if service == "ec2":
        contains(message, "The request must contain the parameter ")
        assert any(message.endswith(model.input_shape.members[m].serialization.get("name", m))
                   for m in required), message
        return
    for name in required:
        contains(message, f"Value null at '{lower_first(name)}' failed to satisfy constraint: "
                          "Member must not be null")


def wrong_type(sandbox, service, model):
    """Nothing is required: a member comes with a type that it does not have."""
    members = model.input_shape.members if model.input_shape else {}
    if service in TARGETS:
        body = json.dumps({name: {"not": "this"} for name in members
                           if members[name].type_name != "structure"}) if members else "[]"
        answer = sandbox.call(service, model.name, body)
        equal((answer.code, answer.status), ("SerializationException", 400))
    elif service == "ec2":
        answer = sandbox.call(service, model.name, "DryRun=perhaps")
        equal((answer.code, answer.status), ("InvalidParameterValue", 400))
        answer = sandbox.call(service, model.name, "NoSuchParameter=1")
        equal((answer.code, answer.status), ("UnknownParameter", 400))
    else:
        answer = sandbox.send(headers=sandbox.signed(
            service, {"Content-Type": "application/x-www-form-urlencoded"},
            f"Action={model.name}".encode()), body=f"Action={model.name}".encode())
        equal((answer.code, answer.status), ("MissingAction", 400))


@case("malformed: every operation once without what it requires, or with a wrong type")
def _(sandbox):
    wrong = []
    for service, name in served(sandbox):
        model = sandbox.client(service).meta.service_model.operation_model(name)
        try:
            check = without_required if required_of(service, model) else wrong_type
            check(sandbox, service, model)
        except AssertionError as e:
            wrong.append(f"{service}:{name}: {e}")
    assert not wrong, "\n".join(wrong)


@case("every operation that is served has a case that calls it")
def _(sandbox):
    missing = {":".join(pair) for pair in served(sandbox)} - OPERATIONS
    assert not missing, sorted(missing)


@case("malformed: unknown operations, targets, versions, actions")
def _(sandbox):
    answer = sandbox.call("config", "DoWhatIMean", "{}")
    equal((answer.code, answer.status), ("UnknownOperationException", 400))
    answer = sandbox.call("ec2", "DoWhatIMean")
    equal((answer.code, answer.status), ("InvalidAction", 400))
    contains(answer.text, "The action DoWhatIMean is not valid for this web service.")
    answer = sandbox.call("sts", "DoWhatIMean")
    equal((answer.code, answer.status), ("InvalidAction", 400))
    for body, code in ((b"Version=2016-11-15", "MissingAction"),
                       (b"Action=DescribeRegions&Version=1999-01-01", "NoSuchVersion"),
                       (b"Action=DescribeRegions&Version=2016-11-15&A=1&A=2",
                        "MalformedQueryString")):
        answer = sandbox.send(headers=sandbox.signed(
            "ec2", {"Content-Type": "application/x-www-form-urlencoded"}, body), body=body)
        equal((answer.code, answer.status), (code, 400))


@case("malformed: bodies that are no JSON, or too large")
def _(sandbox):
    for body in ('{"ConfigRuleNames":', "{} {}", '{"a":"\\ud800"}', "\x00"):
        answer = sandbox.call("config", "DescribeConfigRules", body)
        equal((answer.code, answer.status), ("SerializationException", 400), repr(body))
    answer = sandbox.call("config", "DescribeConfigRules",
                          json.dumps({"NextToken": "x" * (1 << 20)}))
    equal((answer.code, answer.status), ("RequestEntityTooLargeException", 413))


@case("malformed: numbers below their range")
def _(sandbox):
    for service, name, parameters in (
            ("config", "DescribeConfigurationAggregators", {"Limit": -1}),
            ("config", "DescribeConfigRuleEvaluationStatus", {"Limit": -1}),
            ("config", "ListDiscoveredResources",
             {"resourceType": "AWS::EC2::Volume", "limit": -1}),
            ("ssm", "DescribeParameters", {"MaxResults": 0})):
        answer = sandbox.call(service, name, json.dumps(parameters))
        equal((answer.code, answer.status), ("ValidationException", 400), name)
        contains(answer.text, "Member must have value greater than or equal to ")


@case("malformed: a wrong content type or path is nobody's")
def _(sandbox):
    headers = {"Content-Type": "text/plain",
               "X-Amz-Target": "StarlingDoveService.DescribeConfigRules"}
    answer = sandbox.send(headers=sandbox.signed("config", headers, b"{}"), body=b"{}")
    equal(answer.code, "UnknownOperationException")


@case("malformed: web pages and other hosts are refused")
def _(sandbox):
    control = "/" + sandbox.ready["control"].split("/", 3)[3] + "/state"
    equal(sandbox.send("GET", control).status, 200)
    for path in ("/", control):
        equal(sandbox.send("GET", path, {"Origin": "http://example.com"}).status, 403)
        equal(sandbox.send("GET", path, {"Host": "example.com"}).status, 403)
    wrong = control.replace(control.split("/")[2], "0" * 32)
    equal(sandbox.send("GET", wrong).status, 404)
    equal(sandbox.send("POST", control).status, 405)
