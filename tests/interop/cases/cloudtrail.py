"""CloudTrail: who changed what."""
import datetime
import json

from harness import Sandbox, case, contains, equal, fails, operation, running
from cases.sts import reachable

HOUR = datetime.timedelta(hours=1)


def now(sandbox):
    """The world's clock, which runs apart from ours when it was advanced."""
    _, state = sandbox.control("state")
    return datetime.datetime.fromisoformat(state["now"].replace("Z", "+00:00"))


def events(client, **arguments):
    return client.get_paginator("lookup_events").paginate(
        **arguments).build_full_result()["Events"]


@operation("cloudtrail", "LookupEvents")
def _(sandbox):
    client = sandbox.client("cloudtrail", account=reachable(sandbox))
    found = events(client, StartTime=now(sandbox) - 24 * 90 * HOUR)
    assert len(found) > 50, "more than a page in 90 days"
    times = [e["EventTime"] for e in found]
    equal(times, sorted(times, reverse=True))
    equal(len({e["EventId"] for e in found}), len(found))
    for event in found:
        record = json.loads(event["CloudTrailEvent"])
        equal(record["eventID"], event["EventId"])
        equal(record["eventName"], event["EventName"])
        equal(event["ReadOnly"], "false")
        assert record["userIdentity"]["arn"].endswith("/" + event["Username"])
        equal(record["awsRegion"], sandbox.region)
    by_cli = sandbox.cli("cloudtrail", "lookup-events", "--max-items", "10", "--lookup-attributes",
                         "AttributeKey=ReadOnly,AttributeValue=false",
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))["Events"]
    equal([e["EventId"] for e in by_cli], [e["EventId"] for e in found][:10])


@case("cloudtrail: one attribute selects")
def _(sandbox):
    client = sandbox.client("cloudtrail", account=reachable(sandbox))
    some = events(client)[0]
    for key, value in (("EventName", some["EventName"]), ("Username", some["Username"]),
                       ("EventSource", some["EventSource"]), ("EventId", some["EventId"]),
                       ("ResourceName", some["Resources"][0]["ResourceName"])):
        found = events(client, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
        assert some["EventId"] in [e["EventId"] for e in found], key
        if key in some:
            equal({e[key] for e in found}, {value})
    equal(events(client, LookupAttributes=[
        {"AttributeKey": "ReadOnly", "AttributeValue": "true"}]), [])
    equal(events(client, EventCategory="insight"), [])


@case("cloudtrail: a security group that AWS Config saw change was changed by somebody then")
def _(sandbox):
    account = reachable(sandbox)
    config = sandbox.client("config", account=account)
    found = events(sandbox.client("cloudtrail", account=account), LookupAttributes=[
        {"AttributeKey": "EventName", "AttributeValue": "AuthorizeSecurityGroupIngress"}])
    assert found
    for event in found:
        history = config.get_paginator("get_resource_config_history").paginate(
            resourceType="AWS::EC2::SecurityGroup",
            resourceId=event["Resources"][0]["ResourceName"]).build_full_result()
        captured = [i["configurationItemCaptureTime"] for i in history["configurationItems"]]
        assert any(abs((at - event["EventTime"]).total_seconds()) < 60 for at in captured), (
            event["EventTime"], captured)


@case("cloudtrail: what is refused")
def _(sandbox):
    client = sandbox.client("cloudtrail", validate=False)
    attribute = {"AttributeKey": "ReadOnly", "AttributeValue": "false"}
    fails("InvalidLookupAttributesException",
          lambda: client.lookup_events(LookupAttributes=[attribute, attribute]), 400)
    fails("ValidationException", lambda: client.lookup_events(
        LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "red"}]), 400)
    fails("ValidationException", lambda: client.lookup_events(MaxResults=51), 400)
    at = now(sandbox)
    fails("InvalidTimeRangeException",
          lambda: client.lookup_events(StartTime=at, EndTime=at - HOUR), 400)
    fails("InvalidTimeRangeException",
          lambda: client.lookup_events(EndTime=at - 24 * 91 * HOUR), 400)
    fails("InvalidNextTokenException", lambda: client.lookup_events(NextToken="x"), 400)


@case("cloudtrail: a page token is good for its own question alone")
def _(sandbox):
    client = sandbox.client("cloudtrail", account=reachable(sandbox))
    start = now(sandbox) - 24 * 90 * HOUR
    token = client.lookup_events(StartTime=start, MaxResults=5)["NextToken"]
    assert client.lookup_events(StartTime=start, MaxResults=5, NextToken=token)["Events"]
    fails("InvalidNextTokenException", lambda: client.lookup_events(
        StartTime=start + HOUR, MaxResults=5, NextToken=token), 400)


@case("cloudtrail: two lookups a second in an account and region")
def _(shared):
    with running(shared, "--world", "accounts=4,regions=2,resources=200") as sandbox:
        regions = [r["RegionName"] for r in sandbox.client("ec2").describe_regions()["Regions"]]
        here, there = (sandbox.client("cloudtrail", region=r) for r in regions[:2])
        codes = []
        for _ in range(20):
            try:
                here.lookup_events()
                codes.append("")
            except here.exceptions.ClientError as e:
                codes.append(e.response["Error"]["Code"])
        equal(set(codes), {"", "ThrottlingException"})
        assert codes[:1] == [""], codes
        there.lookup_events()


@case("cloudtrail: what really happens is there two minutes later, with who did it")
def _(shared):
    sandbox = Sandbox(shared.build, "--clock", "manual")
    try:
        account = reachable(sandbox)
        ec2 = sandbox.client("ec2", account=account)
        trail = sandbox.client("cloudtrail", account=account)
        rule = next(r for r in ec2.describe_security_group_rules()["SecurityGroupRules"]
                    if not r["IsEgress"])
        path = f"/resources/{account}/{sandbox.region}/AWS::EC2::Volume/"
        volume = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
        ec2.revoke_security_group_ingress(
            GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
        fails("InvalidSecurityGroupRuleId.NotFound", lambda: ec2.revoke_security_group_ingress(
            GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]))
        status, _ = sandbox.control("world", [{"op": "remove", "path": path + volume}])
        equal(status, 200)
        equal([e for e in events(trail, StartTime=now(sandbox))], [])
        sandbox.control("clock", {"advance_s": 120})
        found = events(trail, StartTime=now(sandbox) - HOUR / 20)
        equal(sorted(e["EventName"] for e in found),
              ["DeleteVolume"] + ["RevokeSecurityGroupIngress"] * 2)
        by_name = {e["EventName"]: e for e in found}
        equal(by_name["DeleteVolume"]["Username"], "deploy-pipeline")
        equal(by_name["DeleteVolume"]["Resources"][0]["ResourceName"], volume)
        revoked = [e for e in found if e["EventName"] == "RevokeSecurityGroupIngress"]
        errors = sorted(json.loads(e["CloudTrailEvent"]).get("errorCode", "") for e in revoked)
        equal(errors, ["", "InvalidSecurityGroupRuleId.NotFound"])
        equal({e["Username"] for e in revoked}, {"interop"})
        contains(revoked[0]["CloudTrailEvent"], rule["SecurityGroupRuleId"])
    finally:
        sandbox.stop()
