"""AWS Config's remedies: configurations, executions, exceptions."""
import datetime

from cases.automation import passing
from cases.sts import reachable
from harness import contains, equal, fails, operation, running

RULE = "restricted-ssh"
GROUP = "AWS::EC2::SecurityGroup"


def configuration(**more):
    return {"ConfigRuleName": RULE, "TargetType": "SSM_DOCUMENT",
            "TargetId": "AWS-DisableIncomingSSHOnPort22",
            "Parameters": {"SecurityGroupIds": {"ResourceValue": {"Value": "RESOURCE_ID"}}}, **more}


@operation("config", "PutRemediationConfigurations")
@operation("config", "DescribeRemediationConfigurations")
@operation("config", "DeleteRemediationConfiguration")
def _(shared):
    with running(shared) as sandbox:
        config = sandbox.client("config", account=reachable(sandbox))

        def known():
            return config.describe_remediation_configurations(ConfigRuleNames=[RULE])[
                "RemediationConfigurations"]
        equal([(k["TargetId"], k["Automatic"]) for k in known()],
              [("AWS-DisableIncomingSSHOnPort22", False)])
        config.delete_remediation_configuration(ConfigRuleName=RULE)
        equal(known(), [])
        fails("NoSuchRemediationConfigurationException",
              lambda: config.delete_remediation_configuration(ConfigRuleName=RULE), 400)

        def put(**more):
            return config.put_remediation_configurations(
                RemediationConfigurations=[configuration(**more)])
        equal(put()["FailedBatches"], [])
        contains(known()[0]["Arn"], f":remediation-configuration/{RULE}/")
        fails("InvalidParameterValueException", lambda: put(ConfigRuleName="no-such-rule"), 400)
        fails("InvalidParameterValueException", lambda: put(TargetId="No-Such-Document"), 400)
        fails("InvalidParameterValueException", lambda: put(Parameters={}), 400)
        fails("AccessDeniedException", lambda: sandbox.client(
            "config", user="viewer", account=reachable(sandbox),
            role="WatchdeckReadOnly").put_remediation_configurations(
                RemediationConfigurations=[configuration()]), 400)


@operation("config", "PutRemediationConfigurations")
def _(shared):
    """What takes no remedy is mended by AWS's document itself."""
    with running(shared) as sandbox:
        account = reachable(sandbox)
        config, ssm = (sandbox.client(of, account=account) for of in ("config", "ssm"))
        packed = [r["ConfigRuleName"] for r in config.get_paginator(
            "describe_config_rules").paginate().build_full_result()["ConfigRules"]
            if r.get("CreatedBy") == "config-conforms.amazonaws.com"]
        for name in packed:
            fails("InvalidParameterValueException", lambda: config.put_remediation_configurations(
                RemediationConfigurations=[configuration(ConfigRuleName=name)]), 400)
        document = ssm.describe_document(Name="AWS-EnableS3BucketEncryption")["Document"]
        equal(document["Owner"], "Amazon")
        equal([p["Name"] for p in document["Parameters"] if "DefaultValue" not in p],
              ["BucketName"])
        for parameters in ({"SSEAlgorithm": ["AES256"]}, {"BucketName": ["b"], "NoSuch": ["x"]},
                           {"BucketName": ["b"], "SSEAlgorithm": ["rot13"]}):
            fails("InvalidAutomationExecutionParametersException",
                  lambda: ssm.start_automation_execution(
                      DocumentName=document["Name"], Parameters=parameters), 400)
        fails("AutomationDefinitionNotFoundException", lambda: ssm.start_automation_execution(
            DocumentName="AWS-ReleaseElasticIP"), 400)


@operation("config", "StartRemediationExecution")
@operation("config", "DescribeRemediationExecutionStatus")
def _(shared):
    with running(shared) as sandbox:
        config = sandbox.client("config", account=reachable(sandbox))
        found = config.get_paginator("get_compliance_details_by_config_rule").paginate(
            ConfigRuleName=RULE, ComplianceTypes=["NON_COMPLIANT"]).build_full_result()[
            "EvaluationResults"] or config.get_compliance_details_by_config_rule(
            ConfigRuleName=RULE)["EvaluationResults"]
        key = {"resourceType": GROUP, "resourceId": found[0]["EvaluationResultIdentifier"][
            "EvaluationResultQualifier"]["ResourceId"]}
        nobody = {"resourceType": GROUP, "resourceId": "sg-0123456789abcdef0"}
        started = config.start_remediation_execution(ConfigRuleName=RULE,
                                                     ResourceKeys=[key, nobody])
        equal(started["FailedItems"], [nobody])
        passing(sandbox, 30)
        states = config.describe_remediation_execution_status(
            ConfigRuleName=RULE, ResourceKeys=[key])["RemediationExecutionStatuses"]
        equal([(s["ResourceKey"], s["State"]) for s in states], [(key, "SUCCEEDED")])
        assert states[0]["StepDetails"][0]["StartTime"] <= states[0]["StepDetails"][0]["StopTime"]
        run = sandbox.client("ssm", account=reachable(sandbox)).describe_automation_executions(
            Filters=[{"Key": "DocumentNamePrefix", "Values": ["AWS-DisableIncomingSSH"]}])
        contains(run["AutomationExecutionMetadataList"][0]["ExecutedBy"],
                 "assumed-role/AWSServiceRoleForConfigRemediation/")
        fails("NoSuchRemediationConfigurationException", lambda: config.start_remediation_execution(
            ConfigRuleName="required-tags", ResourceKeys=[key]), 400)


@operation("config", "PutRemediationExceptions")
@operation("config", "DescribeRemediationExceptions")
@operation("config", "DeleteRemediationExceptions")
def _(sandbox):
    config = sandbox.client("config", account=reachable(sandbox))
    keys = [{"ResourceType": GROUP, "ResourceId": f"sg-{i}"} for i in (1, 2)]
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3650)
    config.put_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys, Message="known",
                                      ExpirationTime=later)

    def known():
        return config.describe_remediation_exceptions(ConfigRuleName=RULE)[
            "RemediationExceptions"]
    equal([(e["ResourceId"], e["Message"]) for e in known()], [("sg-1", "known"), ("sg-2", "known")])
    page = config.describe_remediation_exceptions(ConfigRuleName=RULE, Limit=1)
    equal(len(page["RemediationExceptions"]), 1)
    equal(len(config.describe_remediation_exceptions(
        ConfigRuleName=RULE, Limit=1, NextToken=page["NextToken"])["RemediationExceptions"]), 1)
    config.delete_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys)
    equal(known(), [])
    fails("NoSuchRemediationExceptionException", lambda: config.delete_remediation_exceptions(
        ConfigRuleName=RULE, ResourceKeys=keys), 400)
