"""Systems Manager: the nodes that report to it."""
from harness import case, equal, fails, operation
from cases.sts import reachable


def nodes(client, **arguments):
    return client.get_paginator("describe_instance_information").paginate(
        **arguments).build_full_result()["InstanceInformationList"]


def member(sandbox, **how):
    return sandbox.client("ssm", account=reachable(sandbox), **how)


@operation("ssm", "DescribeInstanceInformation")
def _(sandbox):
    found = nodes(member(sandbox))
    assert found
    for node in found:
        assert node["InstanceId"].startswith(("i-", "mi-"))
        assert node["PingStatus"] in ("Online", "ConnectionLost", "Inactive")
        assert node["PlatformType"] in ("Windows", "Linux", "MacOS")
    by_cli = sandbox.cli("ssm", "describe-instance-information", credentials=sandbox.session(
        reachable(sandbox), "OrganizationAccountAccessRole"))["InstanceInformationList"]
    equal([n["InstanceId"] for n in by_cli], [n["InstanceId"] for n in found])
    online = nodes(member(sandbox), Filters=[{"Key": "PingStatus", "Values": ["Online"]}])
    equal([n["InstanceId"] for n in online],
          [n["InstanceId"] for n in found if n["PingStatus"] == "Online"])


@case("ssm: tokens and limits")
def _(sandbox):
    client = member(sandbox, validate=False)
    fails("InvalidNextToken", lambda: client.describe_instance_information(NextToken="x"), 400)
    fails("ValidationException", lambda: client.describe_instance_information(MaxResults=4), 400,
          "Value '4' at 'maxResults' failed to satisfy constraint: Member must have value greater "
          "than or equal to 5")
    fails("ValidationException", lambda: client.describe_instance_information(MaxResults=51), 400)


@operation("ssm", "DescribeInstancePatchStates")
def _(sandbox):
    client = member(sandbox)
    ids = [node["InstanceId"] for node in nodes(client)][:49]
    nobody = "i-0123456789abcdef0"
    states = client.describe_instance_patch_states(InstanceIds=ids + [nobody])[
        "InstancePatchStates"]
    assert 0 < len(states) < len(ids), "some nodes have never reported"
    assert {s["InstanceId"] for s in states} < set(ids)
    for state in states:
        assert state["Operation"] in ("Scan", "Install")
        assert state["OperationStartTime"] < state["OperationEndTime"]
        by_state = (state["MissingCount"] + state["FailedCount"]
                    + state["InstalledPendingRebootCount"])
        equal(by_state, state["CriticalNonCompliantCount"] + state["SecurityNonCompliantCount"]
              + state["OtherNonCompliantCount"])
    by_cli = sandbox.cli("ssm", "describe-instance-patch-states", "--instance-ids", *ids,
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))
    equal([s["InstanceId"] for s in by_cli["InstancePatchStates"]],
          [s["InstanceId"] for s in states])


@case("ssm: patch states of too many, of none, of what is no node")
def _(sandbox):
    client = member(sandbox, validate=False)
    some = [f"i-0{number:016x}" for number in range(51)]
    fails("ValidationException",
          lambda: client.describe_instance_patch_states(InstanceIds=some), 400)
    fails("ValidationException",
          lambda: client.describe_instance_patch_states(InstanceIds=["sg-1"]), 400)
    fails("ValidationException",
          lambda: client.describe_instance_patch_states(InstanceIds=some[:1], MaxResults=9), 400)
    fails("InvalidNextToken",
          lambda: client.describe_instance_patch_states(InstanceIds=some[:1], NextToken="x"), 400)
    equal(client.describe_instance_patch_states(InstanceIds=some[:1])["InstancePatchStates"], [])
