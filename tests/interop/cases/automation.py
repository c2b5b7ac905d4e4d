"""Systems Manager's documents and automations: versions, steps, those who may approve."""
import hashlib
import json
import uuid

from cases.sts import ADMIN_ROLE, reachable
from harness import Credentials, case, contains, equal, fails, operation, running

NOBODY = "00000000-0000-4000-8000-000000000000"


def content(*steps, **more):
    return json.dumps({"schemaVersion": "0.3", "mainSteps": list(steps), **more})


def sleep(name="rest", seconds=1):
    return {"name": name, "action": "aws:sleep", "inputs": {"Duration": f"PT{seconds}S"}}


def approve(approvers, **inputs):
    return {"name": "approve", "action": "aws:approve",
            "inputs": {"Approvers": approvers, **inputs}}


def api(name, service, operation_name, outputs=(), **inputs):
    return {"name": name, "action": "aws:executeAwsApi", "outputs": list(outputs),
            "inputs": {"Service": service, "Api": operation_name, **inputs}}


def document(ssm, text, name=None):
    """A new automation document; its name."""
    name = name or f"Case-{uuid.uuid4().hex[:8]}"
    ssm.create_document(Name=name, Content=text, DocumentType="Automation", DocumentFormat="JSON")
    return name


def passing(sandbox, seconds):
    status, _ = sandbox.control("clock", {"advance_s": seconds})
    equal(status, 200)


def execution(ssm, it):
    return ssm.get_automation_execution(AutomationExecutionId=it)["AutomationExecution"]


def as_session(sandbox, account, name, user="oncall"):
    """ssm in account, in a session of the administrators' role under that name."""
    reply = sandbox.client("sts", user=user).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{ADMIN_ROLE}", RoleSessionName=name)
    return sandbox.client("ssm", credentials=Credentials.of_session(reply))


# --- documents ------------------------------------------------------------------------------------

@operation("ssm", "CreateDocument")
def _(sandbox):
    ssm, text = sandbox.client("ssm"), content(sleep())
    made = ssm.create_document(Name="Case-Create", Content=text, DocumentType="Automation",
                               VersionName="first", Tags=[{"Key": "team", "Value": "net"}])
    described = made["DocumentDescription"]
    equal(described["Hash"], hashlib.sha256(text.encode()).hexdigest())
    equal((described["Owner"], described["Status"], described["DocumentVersion"]),
          (sandbox.account, "Active", "1"))
    fails("DocumentAlreadyExists", lambda: document(ssm, text, "Case-Create"), 400)
    fails("InvalidDocumentContent", lambda: document(ssm, "schemaVersion: '0.3'"), 400)
    fails("InvalidDocumentContent", lambda: document(ssm, content(sleep(), sleep())), 400)
    fails("ValidationException", lambda: document(ssm, text, "aws-mine"), 400)
    fails("AccessDeniedException",
          lambda: document(sandbox.client("ssm", user="viewer"), text), 400)


@operation("ssm", "UpdateDocument")
@operation("ssm", "UpdateDocumentDefaultVersion")
@operation("ssm", "ListDocumentVersions")
@operation("ssm", "DeleteDocument")
def _(sandbox):
    ssm = sandbox.client("ssm")
    one, two = content(sleep("one")), content(sleep("two"))
    name = document(ssm, one)
    fails("DuplicateDocumentContent", lambda: ssm.update_document(Name=name, Content=one), 400)
    updated = ssm.update_document(Name=name, Content=two, DocumentVersion="$LATEST")
    equal(updated["DocumentDescription"]["LatestVersion"], "2")
    equal(ssm.get_document(Name=name)["Content"], one)
    ssm.update_document_default_version(Name=name, DocumentVersion="2")
    equal(ssm.get_document(Name=name)["Content"], two)
    versions = ssm.get_paginator("list_document_versions").paginate(
        Name=name, PaginationConfig={"PageSize": 1}).build_full_result()["DocumentVersions"]
    equal([(v["DocumentVersion"], v["IsDefaultVersion"]) for v in versions],
          [("2", True), ("1", False)])
    ssm.delete_document(Name=name)
    fails("InvalidDocument", lambda: ssm.get_document(Name=name), 400)
    fails("InvalidDocument", lambda: ssm.delete_document(Name=name), 400)


@operation("ssm", "DescribeDocument")
@operation("ssm", "GetDocument")
def _(sandbox):
    ssm, name = sandbox.client("ssm"), "AWSConfigRemediation-RemoveUnrestrictedSourceIngressRules"
    described = ssm.describe_document(Name=name)["Document"]
    equal(described["Owner"], "Amazon")
    equal({p["Name"] for p in described["Parameters"]},
          {"SecurityGroupId", "AutomationAssumeRole"})
    got = sandbox.cli("ssm", "get-document", "--name", name)
    equal(hashlib.sha256(got["Content"].encode()).hexdigest(), described["Hash"])
    fails("InvalidDocumentVersion",
          lambda: ssm.get_document(Name=name, DocumentVersion="77"), 400)


@operation("ssm", "ListDocuments")
def _(sandbox):
    ssm = sandbox.client("ssm")
    name = document(ssm, content(sleep()))
    pages = ssm.get_paginator("list_documents")
    mine = pages.paginate(Filters=[{"Key": "Owner", "Values": ["Self"]}],
                          PaginationConfig={"PageSize": 1}).build_full_result()
    assert name in {d["Name"] for d in mine["DocumentIdentifiers"]}
    amazon = pages.paginate(Filters=[{"Key": "Owner", "Values": ["Amazon"]}]).build_full_result()
    assert all(d["Owner"] == "Amazon" for d in amazon["DocumentIdentifiers"])
    fails("InvalidFilterKey", lambda: ssm.list_documents(
        Filters=[{"Key": "Colour", "Values": ["red"]}]), 400)


# --- executions -----------------------------------------------------------------------------------

@operation("ssm", "StartAutomationExecution")
@operation("ssm", "GetAutomationExecution")
def _(shared):
    with running(shared) as sandbox:
        ssm, token = sandbox.client("ssm"), str(uuid.uuid4())
        name = document(ssm, content(
            api("find", "ec2", "DescribeRegions",
                [{"Name": "First", "Selector": "$.Regions[0].RegionName", "Type": "String"}]),
            outputs=["find.First"], parameters={"Note": {"type": "String", "default": "-"}}))

        def start(**more):
            return ssm.start_automation_execution(DocumentName=name, ClientToken=token, **more)[
                "AutomationExecutionId"]
        it = start()
        equal(start(), it, "the same token")
        fails("IdempotentParameterMismatch", lambda: start(Parameters={"Note": ["other"]}), 400)
        passing(sandbox, 5)
        done = execution(ssm, it)
        equal(done["AutomationExecutionStatus"], "Success")
        contains(done["ExecutedBy"], "user/oncall")
        assert done["Outputs"]["find.First"][0] in {
            r["RegionName"] for r in sandbox.client("ec2").describe_regions()["Regions"]}
        equal(done["StepExecutions"][0]["Inputs"]["Api"], '"DescribeRegions"')
        fails("AutomationDefinitionNotFoundException", lambda: ssm.start_automation_execution(
            DocumentName="No-Such-Document"), 400)
        fails("InvalidAutomationExecutionParametersException",
              lambda: ssm.start_automation_execution(DocumentName=name,
                                                     Parameters={"Colour": ["red"]}), 400)
        fails("AutomationExecutionNotFoundException", lambda: execution(ssm, NOBODY), 400)
        fails("AccessDeniedException", lambda: sandbox.client(
            "ssm", user="viewer").start_automation_execution(DocumentName=name), 400)


@operation("ssm", "SendAutomationSignal")
@operation("ssm", "DescribeAutomationStepExecutions")
def _(shared):
    with running(shared) as sandbox:
        account = reachable(sandbox)
        role = f"arn:aws:iam::{account}:role/{ADMIN_ROLE}"
        starter = as_session(sandbox, account, "oncall")
        name = document(starter, content(
            approve([role, "somebody"], MinRequiredApprovals=2, Message="{{ automation:EXECUTION_ID }}"),
            sleep()))
        it = starter.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        passing(sandbox, 2)
        equal(execution(starter, it)["AutomationExecutionStatus"], "Waiting")

        def signal(client, kind="Approve", **more):
            client.send_automation_signal(AutomationExecutionId=it, SignalType=kind, **more)
        fails("AccessDeniedException", lambda: signal(sandbox.client(
            "ssm", user="viewer", account=account, role="WatchdeckReadOnly")), 400)
        lead = as_session(sandbox, account, "lead", "lead")
        for kind, payload in (("Approve", {"Reason": ["looks right"]}),
                              ("Reject", {"Comment": ["no"], "StepName": ["agree"]})):
            fails("InvalidAutomationSignalException", lambda: signal(lead, kind, Payload=payload), 400)
        signal(lead, Payload={"Comment": ["looks right"]})
        fails("InvalidAutomationSignalException", lambda: signal(lead), 400)
        fails("AutomationStepNotFoundException",
              lambda: signal(lead, "StartStep", Payload={"StepName": ["nothing"]}), 400)
        signal(as_session(sandbox, account, "backup"))
        passing(sandbox, 5)
        equal(execution(lead, it)["AutomationExecutionStatus"], "Success")
        steps = lead.get_paginator("describe_automation_step_executions").paginate(
            AutomationExecutionId=it, PaginationConfig={"PageSize": 1}).build_full_result()[
            "StepExecutions"]
        equal([(s["StepName"], s["StepStatus"]) for s in steps],
              [("approve", "Success"), ("rest", "Success")])
        equal(json.loads(steps[0]["Inputs"]["Message"]), it)
        decisions = [json.loads(d) for d in steps[0]["Outputs"]["ApproverDecisions"]]
        equal([d["Approver"].rsplit("/", 1)[1] for d in decisions], ["lead", "backup"])
        equal(decisions[0]["Comment"], "looks right")
        only = lead.describe_automation_step_executions(
            AutomationExecutionId=it, Filters=[{"Key": "StepName", "Values": ["rest"]}])
        equal(len(only["StepExecutions"]), 1)


@operation("ssm", "StopAutomationExecution")
def _(shared):
    with running(shared) as sandbox:
        ssm = sandbox.client("ssm")
        name = document(ssm, content(approve(["oncall"])))
        it = ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        passing(sandbox, 2)
        ssm.stop_automation_execution(AutomationExecutionId=it)
        passing(sandbox, 2)
        equal(execution(ssm, it)["AutomationExecutionStatus"], "Cancelled")
        fails("InvalidAutomationStatusUpdateException",
              lambda: ssm.stop_automation_execution(AutomationExecutionId=it), 400)


@operation("ssm", "DescribeAutomationExecutions")
def _(sandbox):
    waiting = []
    for account in [a["Id"] for a in sandbox.client("organizations").get_paginator(
            "list_accounts").paginate().build_full_result()["Accounts"]]:
        try:
            sandbox.session(account, ADMIN_ROLE)
        except Exception:
            continue  # nobody gets in there
        for region in [r["RegionName"] for r in sandbox.client(
                "ec2").describe_regions()["Regions"]]:
            client = sandbox.client("ssm", account=account, region=region)
            pages = client.get_paginator("describe_automation_executions").paginate(
                Filters=[{"Key": "ExecutionStatus", "Values": ["Waiting"]}])
            try:
                waiting += pages.build_full_result()["AutomationExecutionMetadataList"]
            except client.exceptions.ClientError as refused:
                equal(refused.response["Error"]["Code"], "AccessDeniedException")
    equal(len(waiting), 3)
    for it in waiting:
        equal(it["CurrentAction"], "aws:approve")
        contains(it["ExecutedBy"], f"assumed-role/{ADMIN_ROLE}/")


@case("automation: what a step does, CloudTrail knows")
def _(shared):
    with running(shared) as sandbox:
        account = reachable(sandbox)
        role = f"arn:aws:iam::{account}:role/WatchdeckAutomation"
        ssm = as_session(sandbox, account, "oncall")
        ec2 = sandbox.client("ec2", account=account)
        rule = next(r for r in ec2.describe_security_group_rules()["SecurityGroupRules"]
                    if not r["IsEgress"])
        name = document(ssm, content(
            api("revoke", "ec2", "RevokeSecurityGroupIngress", GroupId=rule["GroupId"],
                SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]), assumeRole=role))
        it = ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        passing(sandbox, 5)
        equal(execution(ssm, it)["AutomationExecutionStatus"], "Success")
        fails("InvalidSecurityGroupRuleId.NotFound", lambda: ec2.describe_security_group_rules(
            SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]), 400)
        passing(sandbox, 600)
        events = sandbox.client("cloudtrail", account=account).lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName",
                               "AttributeValue": "RevokeSecurityGroupIngress"}])["Events"]
        event = json.loads(events[0]["CloudTrailEvent"])
        contains(event["userIdentity"]["arn"], "assumed-role/WatchdeckAutomation/Automation")
        started = sandbox.client("cloudtrail", account=account).lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName",
                               "AttributeValue": "StartAutomationExecution"}])["Events"][0]
        equal([(r["ResourceType"], r["ResourceName"]) for r in started["Resources"]],
              [("AWS::SSM::Document", name)])


@case("automation: roles that cannot be assumed")
def _(sandbox):
    ssm = sandbox.client("ssm")
    name = document(ssm, content(sleep(), assumeRole=f"arn:aws:iam::{sandbox.account}:role/Nobody"))
    fails("InvalidAutomationExecutionParametersException",
          lambda: ssm.start_automation_execution(DocumentName=name), 400,
          "The defined assume role is unable to be assumed.")
