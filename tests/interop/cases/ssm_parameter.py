"""Parameter Store: writing, reading, secrets, versions, and what is refused."""
import json

from harness import READ_ROLE, case, contains, equal, fails, operation
from cases.sts import reachable

NAMES = iter(range(1000))


def store(sandbox, **how):
    return sandbox.client("ssm", account=reachable(sandbox), **how)


def fresh(sandbox, value="one", kind="String", **more):
    """A new parameter's name."""
    name = f"/interop/case{next(NAMES)}/key"
    store(sandbox).put_parameter(Name=name, Value=value, Type=kind, **more)
    return name


def showcase(sandbox):
    """A client of the account in which everything has drifted."""
    accounts = sandbox.client("organizations").get_paginator("list_accounts").paginate()
    account = next(a["Id"] for a in accounts.build_full_result()["Accounts"]
                   if a["Name"] == "analytics-dev")
    return sandbox.client("ssm", account=account), account


@operation("ssm", "PutParameter")
def _(sandbox):
    client = store(sandbox)
    made = client.put_parameter(Name="/interop/put/a", Value="x", Type="String",
                                Tags=[{"Key": "Owner", "Value": "me"}])
    equal((made["Version"], made["Tier"]), (1, "Standard"))
    equal(client.put_parameter(Name="/interop/put/a", Value="y", Overwrite=True)["Version"], 2)
    by_cli = sandbox.cli("ssm", "put-parameter", "--name", "/interop/put/a", "--value", "z",
                         "--overwrite", credentials=sandbox.session(
                             reachable(sandbox), "OrganizationAccountAccessRole"))
    equal(by_cli["Version"], 3)
    large = client.put_parameter(Name="/interop/put/b", Value="x" * 5000, Type="String",
                                 Tier="Intelligent-Tiering")
    equal(large["Tier"], "Advanced")


@case("ssm PutParameter: what is refused")
def _(sandbox):
    client = store(sandbox, validate=False)
    name = fresh(sandbox)

    def put(code, message=None, **how):
        fails(code, lambda: client.put_parameter(**{"Name": name, "Value": "v", **how}), 400,
              message)
    put("ParameterAlreadyExists", Type="String")
    put("ValidationException", "tags and overwrite can't be used together", Type="String",
        Overwrite=True, Tags=[{"Key": "a", "Value": "b"}])
    put("ValidationException", "A parameter type is required", Name="/interop/none")
    put("HierarchyTypeMismatchException", Type="SecureString", Overwrite=True)
    put("HierarchyLevelLimitExceededException", Name="/a" * 16, Type="String")
    put("ValidationException", "4096", Value="x" * 4097, Overwrite=True)
    put("ValidationException", "8192", Value="x" * 8193, Overwrite=True, Tier="Advanced")
    put("ValidationException", "can't be prefixed", Name="ssmthing", Type="String")
    put("AccessDeniedException", "reserved", Name="/aws/thing", Type="String")
    put("ParameterPatternMismatchException", Overwrite=True, AllowedPattern="^[0-9]+$")
    put("InvalidAllowedPatternException", Overwrite=True, AllowedPattern="[")
    put("ValidationException", "data type", Overwrite=True, DataType="Text")
    put("ValidationException", "nest another parameter", Overwrite=True, Value="{{ssm:x}}")
    put("InvalidKeyId", "alias/none", Name="/interop/sealed", Type="SecureString",
        KeyId="alias/none")
    put("InvalidKeyId", "is disabled", Name="/interop/sealed", Type="SecureString",
        KeyId="alias/parameters-retired")
    put("ValidationException", "KeyId", Name="/interop/sealed", Type="String",
        KeyId="alias/aws/ssm")


@operation("ssm", "GetParameter")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    client.put_parameter(Name=name, Value="two", Overwrite=True)
    found = client.get_parameter(Name=name)["Parameter"]
    equal((found["Name"], found["Type"], found["Value"], found["Version"], found["DataType"]),
          (name, "String", "two", 2, "text"))
    assert found["ARN"].endswith(f":parameter{name}")
    old = client.get_parameter(Name=f"{name}:1")["Parameter"]
    equal((old["Value"], old["Selector"]), ("one", ":1"))
    equal(client.get_parameter(Name=found["ARN"])["Parameter"]["Value"], "two")
    fails("ParameterNotFound", lambda: client.get_parameter(Name="/interop/nothing"), 400)
    fails("ParameterVersionNotFound", lambda: client.get_parameter(Name=f"{name}:9"), 400)


@operation("ssm", "GetParameters")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    found = client.get_parameters(Names=[name, "/interop/nothing"])
    equal([p["Name"] for p in found["Parameters"]], [name])
    equal(found["InvalidParameters"], ["/interop/nothing"])
    fails("ValidationException", lambda: client.get_parameters(Names=[name, name]), 400)


@operation("ssm", "GetParametersByPath")
def _(sandbox):
    client, _ = showcase(sandbox)
    pages = client.get_paginator("get_parameters_by_path")
    every = [p for page in pages.paginate(Path="/analytics/", Recursive=True)
             for p in page["Parameters"]]
    assert len(every) > 20, len(every)
    first = client.get_parameters_by_path(Path="/orphan/current", Recursive=True, MaxResults=10)
    empty = 0
    while "NextToken" in first:
        empty += not first["Parameters"]
        first = client.get_parameters_by_path(Path="/orphan/current", Recursive=True,
                                              MaxResults=10, NextToken=first["NextToken"])
    assert empty > 0, "a page may be empty although more follows"
    names = {p["Name"] for p in client.get_parameters_by_path(Path="/analytics/approved")[
        "Parameters"]}
    equal(names, set(), "what lies deeper is not one level below")
    secure = client.get_parameters_by_path(
        Path="/analytics", Recursive=True,
        ParameterFilters=[{"Key": "Type", "Values": ["SecureString"]}])["Parameters"]
    assert secure and all(p["Type"] == "SecureString" for p in secure)
    fails("ValidationException", lambda: client.get_parameters_by_path(Path="analytics"), 400)
    fails("InvalidFilterKey", lambda: client.get_parameters_by_path(
        Path="/analytics", ParameterFilters=[{"Key": "Name", "Values": ["x"]}]), 400)
    fails("InvalidFilterOption", lambda: client.get_parameters_by_path(
        Path="/analytics", ParameterFilters=[{"Key": "Type", "Option": "Near", "Values": ["x"]}]),
        400)
    fails("AccessDeniedException", lambda: client.get_parameters_by_path(
        Path="/vault/approved"), 400, "ssm:GetParametersByPath on resource")


@operation("ssm", "DescribeParameters")
def _(sandbox):
    client, _ = showcase(sandbox)
    found = client.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive",
                           "Values": ["/analytics"]}]).build_full_result()["Parameters"]
    assert found and all(p["Name"].startswith("/analytics/") for p in found)
    assert all("Value" not in p and p["Tier"] == "Standard" and p["Version"] > 0 for p in found)
    assert all(("KeyId" in p) == (p["Type"] == "SecureString") for p in found)
    by_tag = client.describe_parameters(
        ParameterFilters=[{"Key": "tag:Application", "Values": ["orphan"]}])["Parameters"]
    equal({p["Name"].split("/")[1] for p in by_tag}, {"orphan"})
    fails("InvalidFilterKey", lambda: client.describe_parameters(
        ParameterFilters=[{"Key": "Label", "Values": ["x"]}]), 400)
    fails("InvalidNextToken", lambda: client.describe_parameters(NextToken="x"), 400)


@operation("ssm", "GetParameterHistory")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox, "first", "SecureString")
    client.put_parameter(Name=name, Value="second", Overwrite=True)
    history = client.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]
    equal([(v["Version"], v["Value"]) for v in history], [(1, "first"), (2, "second")])
    sealed = client.get_parameter_history(Name=name)["Parameters"]
    assert all(v["Value"] not in ("first", "second") for v in sealed)
    assert all(v["LastModifiedUser"].startswith("arn:aws:sts:") for v in history)
    fails("ParameterNotFound", lambda: client.get_parameter_history(Name="/interop/nothing"), 400)


@operation("ssm", "LabelParameterVersion")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    client.put_parameter(Name=name, Value="two", Overwrite=True)
    done = client.label_parameter_version(Name=name, ParameterVersion=1, Labels=["good", "aws-x"])
    equal((done["InvalidLabels"], done["ParameterVersion"]), (["aws-x"], 1))
    equal(client.get_parameter(Name=f"{name}:good")["Parameter"]["Value"], "one")
    client.label_parameter_version(Name=name, Labels=["good"])
    equal(client.get_parameter(Name=f"{name}:good")["Parameter"]["Value"], "two")
    fails("ParameterVersionNotFound", lambda: client.label_parameter_version(
        Name=name, ParameterVersion=7, Labels=["x"]), 400)


@operation("ssm", "DeleteParameter")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    client.delete_parameter(Name=name)
    fails("ParameterNotFound", lambda: client.delete_parameter(Name=name), 400)
    fails("ParameterNotFound", lambda: client.get_parameter(Name=name), 400)


@operation("ssm", "DeleteParameters")
def _(sandbox):
    name = fresh(sandbox)
    done = store(sandbox).delete_parameters(Names=[name, "/interop/nothing"])
    equal((done["DeletedParameters"], done["InvalidParameters"]), ([name], ["/interop/nothing"]))


@operation("ssm", "AddTagsToResource")
@operation("ssm", "RemoveTagsFromResource")
@operation("ssm", "ListTagsForResource")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    client.add_tags_to_resource(ResourceType="Parameter", ResourceId=name,
                                Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    client.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=["a"])
    equal(client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"],
          [{"Key": "b", "Value": "2"}])
    fails("InvalidResourceId", lambda: client.list_tags_for_resource(
        ResourceType="Parameter", ResourceId="/interop/nothing"), 400)
    client.create_document(Name="Case-Tagged", Content='{"schemaVersion":"0.3","mainSteps":[{'
                           '"name":"wait","action":"aws:sleep","inputs":{"Duration":"PT1S"}}]}',
                           DocumentType="Automation", DocumentFormat="JSON",
                           Tags=[{"Key": "Team", "Value": "a"}])
    client.add_tags_to_resource(ResourceType="Document", ResourceId="Case-Tagged",
                                Tags=[{"Key": "Team", "Value": "b"}])
    for tags in (client.list_tags_for_resource(ResourceType="Document", ResourceId="Case-Tagged")
                 ["TagList"], client.describe_document(Name="Case-Tagged")["Document"]["Tags"]):
        equal(tags, [{"Key": "Team", "Value": "b"}])
    fails("InvalidResourceId", lambda: client.list_tags_for_resource(
        ResourceType="Document", ResourceId="AWS-RunShellScript"), 400)
    client.delete_document(Name="Case-Tagged")


@case("ssm: a hundred versions are kept, unless the oldest has a label")
def _(sandbox):
    client = store(sandbox)
    name = fresh(sandbox)
    for number in range(2, 102):
        client.put_parameter(Name=name, Value=str(number), Overwrite=True)
    versions = [v["Version"] for v in client.get_paginator("get_parameter_history").paginate(
        Name=name).build_full_result()["Parameters"]]
    equal((len(versions), versions[0], versions[-1]), (100, 2, 101))
    client.label_parameter_version(Name=name, ParameterVersion=2, Labels=["keep"])
    fails("ParameterMaxVersionLimitExceeded",
          lambda: client.put_parameter(Name=name, Value="x", Overwrite=True), 400)


@case("ssm: who may decrypt, and what is refused in KMS's words")
def _(sandbox):
    client, account = showcase(sandbox)
    name = "/analytics/approved/database/password"
    plain = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    sealed = client.get_parameter(Name=name)["Parameter"]["Value"]
    assert plain != sealed and plain not in sealed
    reader = sandbox.client("ssm", account=account, role=READ_ROLE)
    equal(len(reader.get_parameter(Name=name)["Parameter"]["Value"]) > 0, True)
    message = fails("AccessDeniedException", lambda: reader.get_parameter(
        Name=name, WithDecryption=True), 400)["Error"]["Message"]
    contains(message, "is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:")
    contains(message, "because no identity-based policy allows the kms:Decrypt action (Service: "
                      "AWSKMS; Status Code: 400; Error Code: AccessDeniedException;")
    # what is sealed under AWS's own key may be read by whoever may read the parameter
    reader.get_parameter(Name="/analytics/approved/partner/credential", WithDecryption=True)
    fails("AccessDeniedException", lambda: client.get_parameters(
        Names=["/ledger/approved/ledger/seal"], WithDecryption=True), 400, "no resource-based")
    fails("InvalidKeyId", lambda: client.get_parameter(
        Name="/ledger/approved/ledger/archive", WithDecryption=True), 400, "is disabled")


@case("ssm: no secret is in the request log or in CloudTrail")
def _(sandbox):
    secret = "planted-secret-7f3a"
    name = fresh(sandbox, secret, "SecureString")
    store(sandbox).get_parameter(Name=name, WithDecryption=True)
    assert secret not in json.dumps(sandbox.requests())
    with open(sandbox.log_path) as lines:
        assert secret not in lines.read()
