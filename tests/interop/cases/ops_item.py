"""OpsItems and SNS: what alerts and the shared record of a decision are made of."""
import json

from harness import case, contains, equal, fails, operation
from cases.ssm_parameter import showcase
from cases.sts import reachable

DEDUP = "/aws/dedup"


def center(sandbox, **how):
    return sandbox.client("ssm", account=reachable(sandbox), **how)


def dedup(text):
    return {DEDUP: {"Value": json.dumps({"dedupString": text}), "Type": "SearchableString"}}


@operation("ssm", "CreateOpsItem")
def _(sandbox):
    client = center(sandbox)
    made = client.create_ops_item(
        Title="Port 22 is open", Description="to the world", Source="watchdeck", Severity="2",
        Category="Security", OperationalData=dedup("interop-1"),
        Tags=[{"Key": "Owner", "Value": "me"}])
    assert made["OpsItemId"].startswith("oi-") and made["OpsItemArn"].endswith(made["OpsItemId"])
    again = fails("OpsItemAlreadyExistsException", lambda: client.create_ops_item(
        Title="Once more", Description="to the world", Source="watchdeck",
        OperationalData=dedup("interop-1")), 400)
    equal(again["OpsItemId"], made["OpsItemId"])
    equal(client.list_tags_for_resource(ResourceType="OpsItem", ResourceId=made["OpsItemId"])[
        "TagList"], [{"Key": "Owner", "Value": "me"}])
    client.update_ops_item(OpsItemId=made["OpsItemId"], Status="Resolved")
    client.create_ops_item(Title="A new one", Description="it came back", Source="watchdeck",
                           OperationalData=dedup("interop-1"))


@case("ssm CreateOpsItem: what is refused")
def _(sandbox):
    client = center(sandbox)

    def refuse(message, **how):
        fails("OpsItemInvalidParameterException", lambda: client.create_ops_item(
            **{"Title": "t", "Description": "d", "Source": "s", **how}), 400, message)
    refuse("can't begin with", OperationalData={"aws-thing": {"Value": "x", "Type": "String"}})
    refuse("20 KB", OperationalData={"k": {"Value": "x" * 20481, "Type": "String"}})
    refuse("dedupString", OperationalData={DEDUP: {"Value": "x", "Type": "SearchableString"}})
    refuse("Severity", Severity="9")
    refuse("source", Source="our-aws-watch")


@operation("ssm", "UpdateOpsItem")
@operation("ssm", "GetOpsItem")
def _(sandbox):
    client = center(sandbox)
    made = client.create_ops_item(Title="t", Description="d", Source="watchdeck",
                                  OperationalData={"a": {"Value": "1", "Type": "String"}})
    client.update_ops_item(OpsItemId=made["OpsItemId"], Status="InProgress",
                           OperationalData={"b": {"Value": "2", "Type": "String"}},
                           OperationalDataToDelete=["a"])
    item = client.get_ops_item(OpsItemId=made["OpsItemId"])["OpsItem"]
    equal((item["Status"], item["Version"], sorted(item["OperationalData"])),
          ("InProgress", "2", ["b"]))
    fails("OpsItemNotFoundException",
          lambda: client.get_ops_item(OpsItemId="oi-000000000000"), 400)
    fails("OpsItemNotFoundException", lambda: client.update_ops_item(
        OpsItemId="oi-000000000000", Status="Open"), 400)
    fails("OpsItemInvalidParameterException", lambda: client.update_ops_item(
        OpsItemId=made["OpsItemId"], Status="Failed"), 400)


@operation("ssm", "DescribeOpsItems")
def _(sandbox):
    client, _ = showcase(sandbox)

    def found(*filters):
        return client.describe_ops_items(OpsItemFilters=[
            {"Key": k, "Operator": o, "Values": v} for k, o, v in filters])["OpsItemSummaries"]
    every = found()
    assert {"1", "2", "3", "4"} <= {item.get("Severity") for item in every}
    urgent = found(("Severity", "Equal", ["1", "2"]), ("Status", "Equal", ["Open", "InProgress"]))
    assert urgent and all(i["Severity"] in "12" and i["Status"] != "Resolved" for i in urgent)
    made = client.create_ops_item(Title="One of ours", Description="d", Source="watchdeck",
                                  OperationalData=dedup("interop-list"))["OpsItemId"]
    value = dedup("interop-list")[DEDUP]["Value"]
    equal([i["OpsItemId"] for i in found(("OperationalData", "Equal", [
        json.dumps({"key": DEDUP, "value": value})]))], [made])
    equal([i["OpsItemId"] for i in found(("Title", "Contains", ["of ours"]))], [made])
    fails("ValidationException", lambda: found(("Status", "GreaterThan", ["x"])), 400)


@operation("sns", "ListTopics")
@operation("sns", "Publish")
def _(sandbox):
    accounts = sandbox.client("organizations").list_accounts()["Accounts"]
    client, topic = None, None
    for account in accounts:
        if account["Status"] != "ACTIVE" or account["Id"] == sandbox.account:
            continue
        try:
            client = sandbox.client("sns", account=account["Id"])
            topics = client.list_topics()["Topics"]
        except Exception:  # an account whose role cannot be entered
            continue
        if topics:
            topic = topics[0]["TopicArn"]
            break
    assert topic, "no account has a topic"
    done = client.publish(TopicArn=topic, Message="HIGH: port 22", Subject="watchdeck",
                          MessageAttributes={"severity": {"DataType": "String",
                                                          "StringValue": "HIGH"}})
    assert len(done["MessageId"]) == 36
    sent = [r for r in sandbox.requests() if r["operation"] == "Publish"][-1]
    equal(sent["parameters"]["Message"], "HIGH: port 22")
    equal(sent["parameters"]["MessageAttributes"]["severity"]["StringValue"], "HIGH")

    def refuse(code, message, **how):
        fails(code, lambda: client.publish(**{"TopicArn": topic, "Message": "m", **how}), None,
              message)
    refuse("InvalidParameter", "Empty message", Message="")
    refuse("InvalidParameter", "Message too long", Message="x" * 262145)
    refuse("InvalidParameter", "Subject", Subject="two\nlines")
    refuse("InvalidParameter", "No default entry", MessageStructure="json", Message="{}")
    refuse("InvalidParameter", "TopicArn", TopicArn="not-an-arn")
    refuse("NotFound", "Topic does not exist", TopicArn=topic + "x")
    stranger = topic.split(":")
    stranger[4] = "999999999999"
    refuse("AuthorizationError", "SNS:Publish", TopicArn=":".join(stranger))
    contains(topic, ":sns:")
