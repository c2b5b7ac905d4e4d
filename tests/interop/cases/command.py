"""Run Command: what nodes were told to do before the sandbox began, and what they wrote."""
from cases.sts import reachable
from cases.session import member
from harness import equal, fails, operation


@operation("ssm", "ListCommandInvocations")
def _(sandbox):
    client = member(sandbox)

    def listed(**how):
        return client.get_paginator("list_command_invocations").paginate(
            PaginationConfig={"PageSize": 7}, **how).build_full_result()["CommandInvocations"]
    found = listed(Details=True)
    assert found, "there were some before"
    equal(found, sorted(found, key=lambda c: c["RequestedDateTime"], reverse=True))
    for one in found:
        assert one["Status"] in ("Success", "Failed", "TimedOut") and len(one["CommandId"]) == 36
        equal([p["Status"] for p in one["CommandPlugins"]], [one["Status"]])
    one = found[-1]
    equal([c["CommandId"] for c in listed(CommandId=one["CommandId"])], [one["CommandId"]])
    equal(listed(CommandId=one["CommandId"])[0]["CommandPlugins"], [])
    assert all(c["InstanceId"] == one["InstanceId"] for c in listed(InstanceId=one["InstanceId"]))
    equal({c["Status"] for c in listed(Filters=[{"key": "Status", "value": "Success"}])},
          {"Success"})
    equal(listed(Filters=[{"key": "InvokedAfter", "value": "2100-01-01T00:00:00Z"}]), [])
    equal(listed(Filters=[{"key": "ExecutionStage", "value": "Executing"}]), [])
    loose = member(sandbox, validate=False)
    fails("InvalidNextToken", lambda: loose.list_command_invocations(NextToken="x"), 400)
    fails("ValidationException", lambda: loose.list_command_invocations(MaxResults=51), 400)
    fails("ValidationException", lambda: loose.list_command_invocations(
        Filters=[{"key": "Colour", "value": "red"}]), 400)
    by_cli = sandbox.cli("ssm", "list-command-invocations", credentials=sandbox.session(
        reachable(sandbox), "OrganizationAccountAccessRole"))["CommandInvocations"]
    equal([c["CommandId"] for c in by_cli], [c["CommandId"] for c in found])


