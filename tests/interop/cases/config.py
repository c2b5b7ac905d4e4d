"""AWS Config: recorders, rules, compliance, resources, history, queries, aggregators.

Much is said twice by these operations; the cases hold one saying against the other.
"""
import collections
import json

from harness import case, contains, equal, fails, operation
from cases.sts import reachable

GROUP = "AWS::EC2::SecurityGroup"


def member(sandbox, **how):
    return sandbox.client("config", account=reachable(sandbox), **how)


def everything(call, key, token_name="NextToken", **arguments):
    """All pages of an operation, by hand: not every one has a paginator."""
    found, token = [], None
    while True:
        page = call(**arguments, **({token_name: token} if token else {}))
        found += page[key]
        if not page.get(token_name):
            return found
        assert page[token_name] != token
        token = page[token_name]


def rules(client):
    return everything(client.describe_config_rules, "ConfigRules")


def details(client, name, **arguments):
    return everything(client.get_compliance_details_by_config_rule, "EvaluationResults",
                      ConfigRuleName=name, **arguments)


def resource_of(result):
    q = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
    return q["ResourceType"], q["ResourceId"]


def discovered(client, kind):
    return everything(client.list_discovered_resources, "resourceIdentifiers", resourceType=kind,
                      token_name="nextToken")


def counts(client):
    return {c["resourceType"]: c["count"] for c in everything(
        client.get_discovered_resource_counts, "resourceCounts", token_name="nextToken")}


# --- recorders ------------------------------------------------------------------------------------

@operation("config", "DescribeConfigurationRecorders")
def _(sandbox):
    recorders = member(sandbox).describe_configuration_recorders()["ConfigurationRecorders"]
    equal(len(recorders), 1)
    assert recorders[0]["name"] and recorders[0]["roleARN"].startswith("arn:aws:iam::")
    fails("NoSuchConfigurationRecorderException", lambda: member(
        sandbox).describe_configuration_recorders(ConfigurationRecorderNames=["none"]), 400)


@operation("config", "DescribeConfigurationRecorderStatus")
def _(sandbox):
    status = member(sandbox).describe_configuration_recorder_status()[
        "ConfigurationRecordersStatus"]
    equal(len(status), 1)
    assert status[0]["recording"] in (True, False)
    assert status[0]["lastStatus"] in ("Pending", "Success", "Failure", "NotApplicable")


@operation("config", "DescribeDeliveryChannels")
def _(sandbox):
    channels = member(sandbox).describe_delivery_channels()["DeliveryChannels"]
    assert channels[0]["s3BucketName"]


@operation("config", "DescribeDeliveryChannelStatus")
def _(sandbox):
    status = member(sandbox).describe_delivery_channel_status()["DeliveryChannelsStatus"]
    assert status[0]["name"]


# --- rules and what they say ----------------------------------------------------------------------

@operation("config", "DescribeConfigRules")
def _(sandbox):
    client = member(sandbox)
    found = rules(client)
    assert found
    equal(len({r["ConfigRuleName"] for r in found}), len(found))
    for r in found:
        contains(r["ConfigRuleArn"], f":{reachable(sandbox)}:config-rule/")
        assert r["Source"]["Owner"] in ("AWS", "CUSTOM_LAMBDA", "CUSTOM_POLICY")
        json.loads(r.get("InputParameters", "{}"))
    name = found[-1]["ConfigRuleName"]
    by_cli = sandbox.cli("configservice", "describe-config-rules", "--config-rule-names", name,
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))
    equal(by_cli["ConfigRules"], [found[-1]])
    fails("NoSuchConfigRuleException", lambda: client.describe_config_rules(
        ConfigRuleNames=["no-such-rule"]), 400)


@operation("config", "DescribeConfigRuleEvaluationStatus")
def _(sandbox):
    client = member(sandbox)
    status = everything(client.describe_config_rule_evaluation_status,
                        "ConfigRulesEvaluationStatus")
    equal(sorted(s["ConfigRuleName"] for s in status),
          sorted(r["ConfigRuleName"] for r in rules(client)))


def compliance_by_rule(client):
    return {c["ConfigRuleName"]: c["Compliance"]["ComplianceType"] for c in everything(
        client.describe_compliance_by_config_rule, "ComplianceByConfigRules")}


@operation("config", "DescribeComplianceByConfigRule")
def _(sandbox):
    client = member(sandbox)
    by_rule = compliance_by_rule(client)
    equal(sorted(by_rule), sorted(r["ConfigRuleName"] for r in rules(client)))
    assert "NON_COMPLIANT" in by_rule.values() and "COMPLIANT" in by_rule.values(), by_rule
    only = everything(client.describe_compliance_by_config_rule, "ComplianceByConfigRules",
                      ComplianceTypes=["NON_COMPLIANT"])
    equal(sorted(c["ConfigRuleName"] for c in only),
          sorted(n for n, c in by_rule.items() if c == "NON_COMPLIANT"))


@operation("config", "GetComplianceDetailsByConfigRule")
def _(sandbox):
    client = member(sandbox)
    for name, compliance in compliance_by_rule(client).items():
        said = {r["ComplianceType"] for r in details(client, name)}
        expected = ("NON_COMPLIANT" if "NON_COMPLIANT" in said else
                    "COMPLIANT" if "COMPLIANT" in said else compliance)
        equal(compliance, expected, name)
        if compliance == "NON_COMPLIANT":
            bad = details(client, name, ComplianceTypes=["NON_COMPLIANT"])
            assert bad and all(r["ComplianceType"] == "NON_COMPLIANT" for r in bad)
    fails("NoSuchConfigRuleException", lambda: details(client, "no-such-rule"), 400)


@operation("config", "DescribeComplianceByResource")
def _(sandbox):
    client = member(sandbox)
    bad = collections.Counter()
    for name in compliance_by_rule(client):
        for r in details(client, name, ComplianceTypes=["NON_COMPLIANT"]):
            bad[resource_of(r)] += 1
    said = everything(client.describe_compliance_by_resource, "ComplianceByResources",
                      ComplianceTypes=["NON_COMPLIANT"])
    equal(sorted((c["ResourceType"], c["ResourceId"]) for c in said), sorted(bad))


@operation("config", "GetComplianceDetailsByResource")
def _(sandbox):
    client = member(sandbox)
    one = everything(client.describe_compliance_by_resource, "ComplianceByResources",
                     ComplianceTypes=["NON_COMPLIANT"])[0]
    found = everything(client.get_compliance_details_by_resource, "EvaluationResults",
                       ResourceType=one["ResourceType"], ResourceId=one["ResourceId"])
    assert "NON_COMPLIANT" in {r["ComplianceType"] for r in found}
    for r in found:
        equal(resource_of(r), (one["ResourceType"], one["ResourceId"]))


@operation("config", "GetComplianceSummaryByConfigRule")
def _(sandbox):
    client = member(sandbox)
    by_rule = collections.Counter(compliance_by_rule(client).values())
    summary = client.get_compliance_summary_by_config_rule()["ComplianceSummary"]
    for key, kind in (("CompliantResourceCount", "COMPLIANT"),
                      ("NonCompliantResourceCount", "NON_COMPLIANT")):
        equal(summary[key]["CappedCount"], min(by_rule[kind], 25), key)


@operation("config", "GetComplianceSummaryByResourceType")
def _(sandbox):
    client = member(sandbox)
    bad = everything(client.describe_compliance_by_resource, "ComplianceByResources",
                     ComplianceTypes=["NON_COMPLIANT"], ResourceType=GROUP)
    summary = client.get_compliance_summary_by_resource_type(ResourceTypes=[GROUP])[
        "ComplianceSummariesByResourceType"]
    equal(summary[0]["ComplianceSummary"]["NonCompliantResourceCount"]["CappedCount"],
          min(len(bad), 100))


@operation("config", "StartConfigRulesEvaluation")
def _(sandbox):
    """Revoke the rule and the resource turns compliant at the next evaluation."""
    client = member(sandbox)
    ec2 = sandbox.client("ec2", account=reachable(sandbox))
    name = next(r["ConfigRuleName"] for r in rules(client)
                if r["Source"].get("SourceIdentifier") == "INCOMING_SSH_DISABLED")
    bad = [resource_of(r)[1] for r in details(client, name, ComplianceTypes=["NON_COMPLIANT"])]
    group = next(g["GroupId"] for g in ec2.get_paginator("describe_security_groups").paginate(
        ).build_full_result()["SecurityGroups"]
        if g["GroupId"] not in bad and g["GroupName"] != "default")
    world = [{"CidrIp": "0.0.0.0/0"}]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": world}

    def evaluate():
        sandbox.control("clock", {"advance_s": 1200})
        sandbox.session.cache_clear()
        sandbox.client.cache_clear()
        member(sandbox).start_config_rules_evaluation(ConfigRuleNames=[name])
        sandbox.control("clock", {"advance_s": 1200})
        sandbox.session.cache_clear()
        sandbox.client.cache_clear()
        return [resource_of(r)[1] for r in details(
            member(sandbox), name, ComplianceTypes=["NON_COMPLIANT"])]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    equal(sorted(evaluate()), sorted(bad + [group]))
    sandbox.client("ec2", account=reachable(sandbox)).revoke_security_group_ingress(
        GroupId=group, IpPermissions=[permission])
    equal(sorted(evaluate()), sorted(bad))


# --- resources ------------------------------------------------------------------------------------

@operation("config", "GetDiscoveredResourceCounts")
def _(sandbox):
    client = member(sandbox)
    by_type = counts(client)
    total = client.get_discovered_resource_counts()["totalDiscoveredResources"]
    equal(total, sum(by_type.values()))


@operation("config", "ListDiscoveredResources")
def _(sandbox):
    client = member(sandbox)
    for kind, count in counts(client).items():
        found = discovered(client, kind)
        equal(len(found), count, kind)
        equal(len({r["resourceId"] for r in found}), count, kind)
    one = discovered(client, GROUP)[0]["resourceId"]
    equal([r["resourceId"] for r in client.list_discovered_resources(
        resourceType=GROUP, resourceIds=[one])["resourceIdentifiers"]], [one])


@operation("config", "BatchGetResourceConfig")
def _(sandbox):
    client = member(sandbox)
    ids = [r["resourceId"] for r in discovered(client, GROUP)][:20]
    keys = [{"resourceType": GROUP, "resourceId": i} for i in ids + ["sg-00000000000000000"]]
    reply = client.batch_get_resource_config(resourceKeys=keys)
    equal([i["resourceId"] for i in reply["baseConfigurationItems"]], ids)
    equal(reply["unprocessedResourceKeys"], keys[-1:])
    for item in reply["baseConfigurationItems"]:
        equal(json.loads(item["configuration"])["groupId"], item["resourceId"])
        equal(item["accountId"], reachable(sandbox))


@operation("config", "GetResourceConfigHistory")
def _(sandbox):
    client = member(sandbox)
    one = discovered(client, GROUP)[0]["resourceId"]
    items = everything(client.get_resource_config_history, "configurationItems",
                       resourceType=GROUP, resourceId=one, token_name="nextToken")
    assert items and all(i["resourceId"] == one for i in items)
    times = [i["configurationItemCaptureTime"] for i in items]
    equal(times, sorted(times, reverse=True))
    fails("ResourceNotDiscoveredException", lambda: client.get_resource_config_history(
        resourceType=GROUP, resourceId="sg-00000000000000000"), 400)


@operation("config", "SelectResourceConfig")
def _(sandbox):
    client = member(sandbox)
    rows = [json.loads(r) for r in everything(
        client.select_resource_config, "Results",
        Expression=f"SELECT resourceId, resourceType WHERE resourceType = '{GROUP}'")]
    equal(sorted(r["resourceId"] for r in rows),
          sorted(r["resourceId"] for r in discovered(client, GROUP)))
    for wrong in ("SELECT", "SELECT * FROM x", "DELETE WHERE resourceId = 'x'"):
        fails("InvalidExpressionException", lambda: client.select_resource_config(
            Expression=wrong), 400)


# --- aggregators ----------------------------------------------------------------------------------

def aggregator(sandbox):
    """(client, name) where the organization's aggregator is."""
    administrators = sandbox.client("organizations").list_delegated_administrators(
        ServicePrincipal="config.amazonaws.com")["DelegatedAdministrators"]
    for account in [sandbox.account] + [a["Id"] for a in administrators]:
        client = sandbox.client("config", account=account)
        found = client.describe_configuration_aggregators()["ConfigurationAggregators"]
        if found:
            return client, found[0]["ConfigurationAggregatorName"]
    raise AssertionError("there is no aggregator")


@operation("config", "DescribeConfigurationAggregators")
def _(sandbox):
    client, name = aggregator(sandbox)
    found = client.describe_configuration_aggregators(ConfigurationAggregatorNames=[name])
    contains(found["ConfigurationAggregators"][0]["ConfigurationAggregatorArn"],
             ":config-aggregator/")
    fails("NoSuchConfigurationAggregatorException",
          lambda: client.describe_configuration_aggregators(
              ConfigurationAggregatorNames=["none"]), 400)


@operation("config", "DescribeConfigurationAggregatorSourcesStatus")
def _(sandbox):
    client, name = aggregator(sandbox)
    status = everything(client.describe_configuration_aggregator_sources_status,
                        "AggregatedSourceStatusList", ConfigurationAggregatorName=name)
    assert {"SUCCEEDED", "OUTDATED"} <= {s["LastUpdateStatus"] for s in status}, status


def aggregate_counts(client, name):
    return {c["GroupName"]: c["ResourceCount"] for c in everything(
        client.get_aggregate_discovered_resource_counts, "GroupedResourceCounts",
        ConfigurationAggregatorName=name, GroupByKey="RESOURCE_TYPE")}


@operation("config", "GetAggregateDiscoveredResourceCounts")
def _(sandbox):
    client, name = aggregator(sandbox)
    by_type = aggregate_counts(client, name)
    total = client.get_aggregate_discovered_resource_counts(ConfigurationAggregatorName=name)
    equal(total["TotalDiscoveredResources"], sum(by_type.values()))
    by_account = everything(client.get_aggregate_discovered_resource_counts,
                            "GroupedResourceCounts", ConfigurationAggregatorName=name,
                            GroupByKey="ACCOUNT_ID")
    equal(sum(c["ResourceCount"] for c in by_account), sum(by_type.values()))


@operation("config", "ListAggregateDiscoveredResources")
def _(sandbox):
    client, name = aggregator(sandbox)
    found = everything(client.list_aggregate_discovered_resources, "ResourceIdentifiers",
                       ConfigurationAggregatorName=name, ResourceType=GROUP)
    equal(len(found), aggregate_counts(client, name)[GROUP])


@operation("config", "BatchGetAggregateResourceConfig")
def _(sandbox):
    client, name = aggregator(sandbox)
    found = client.list_aggregate_discovered_resources(
        ConfigurationAggregatorName=name, ResourceType=GROUP, Limit=5)["ResourceIdentifiers"]
    reply = client.batch_get_aggregate_resource_config(ConfigurationAggregatorName=name,
                                                       ResourceIdentifiers=found)
    equal(sorted(i["resourceId"] for i in reply["BaseConfigurationItems"]),
          sorted(i["ResourceId"] for i in found))


@operation("config", "DescribeAggregateComplianceByConfigRules")
def _(sandbox):
    client, name = aggregator(sandbox)
    found = everything(client.describe_aggregate_compliance_by_config_rules,
                       "AggregateComplianceByConfigRules", ConfigurationAggregatorName=name)
    assert {"COMPLIANT", "NON_COMPLIANT"} <= {c["Compliance"]["ComplianceType"] for c in found}
    account = reachable(sandbox)
    of_one = everything(client.describe_aggregate_compliance_by_config_rules,
                        "AggregateComplianceByConfigRules", ConfigurationAggregatorName=name,
                        Filters={"AccountId": account, "AwsRegion": sandbox.region})
    judged = {name: said for name, said in compliance_by_rule(member(sandbox)).items()
              if said in ("COMPLIANT", "NON_COMPLIANT")}
    equal({c["ConfigRuleName"]: c["Compliance"]["ComplianceType"] for c in of_one}, judged)


@operation("config", "GetAggregateComplianceDetailsByConfigRule")
def _(sandbox):
    client, name = aggregator(sandbox)
    one = next(c for c in everything(client.describe_aggregate_compliance_by_config_rules,
                                     "AggregateComplianceByConfigRules",
                                     ConfigurationAggregatorName=name)
               if c["Compliance"]["ComplianceType"] == "NON_COMPLIANT")
    found = everything(client.get_aggregate_compliance_details_by_config_rule,
                       "AggregateEvaluationResults", ConfigurationAggregatorName=name,
                       ConfigRuleName=one["ConfigRuleName"], AccountId=one["AccountId"],
                       AwsRegion=one["AwsRegion"], ComplianceType="NON_COMPLIANT")
    assert found and all(r["AccountId"] == one["AccountId"] for r in found)


@operation("config", "GetAggregateConfigRuleComplianceSummary")
def _(sandbox):
    client, name = aggregator(sandbox)
    found = everything(client.get_aggregate_config_rule_compliance_summary,
                       "AggregateComplianceCounts", ConfigurationAggregatorName=name,
                       GroupByKey="ACCOUNT_ID")
    assert len(found) > 1


@operation("config", "SelectAggregateResourceConfig")
def _(sandbox):
    client, name = aggregator(sandbox)
    rows = [json.loads(r) for r in everything(
        client.select_aggregate_resource_config, "Results", ConfigurationAggregatorName=name,
        Expression="SELECT resourceType, COUNT(*) GROUP BY resourceType")]
    equal({r["resourceType"]: r["COUNT(*)"] for r in rows}, aggregate_counts(client, name))


@case("config: tokens and limits")
def _(sandbox):
    client = member(sandbox, validate=False)
    fails("InvalidNextTokenException", lambda: client.describe_config_rules(
        NextToken="nonsense"), 400)
    name = rules(client)[0]["ConfigRuleName"]
    fails("ValidationException", lambda: client.get_compliance_details_by_config_rule(
        ConfigRuleName=name, Limit=101), 400,
        "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or "
        "equal to 100")
    fails("ValidationException", lambda: client.get_compliance_details_by_config_rule(
        ConfigRuleName=name, ComplianceTypes=["MAYBE"]), 400, "Member must satisfy enum value set")
    fails("ValidationException", lambda: client.batch_get_resource_config(resourceKeys=[]), 400,
          "Member must have length greater than or equal to 1")
