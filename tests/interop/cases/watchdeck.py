"""The console's lists beside an independent reading of the same sandbox by boto3."""
import collections
import datetime
import functools
import ipaddress
import json
import os
import subprocess

from botocore.exceptions import ClientError

from harness import Skip, case, equal

DANGEROUS = [22, 1433, 3306, 3389, 5432, 6379, 27017]
WEB = [80, 443]
SEVERITIES = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"]


def once(sandbox, screen, *options):
    """What `watchdeck --once` says, and its exit status."""
    program = os.path.join(sandbox.build, "watchdeck")
    if not os.access(program, os.X_OK):
        raise Skip("watchdeck is not built")
    who = sandbox.users["oncall"]
    answer = subprocess.run(
        [program, "--endpoint-url", sandbox.endpoint, "--once", screen, "--format", "json",
         *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        timeout=60, check=False,
        env={"HOME": sandbox.folder, "PATH": "/usr/bin:/bin", "AWS_REGION": sandbox.region,
             "AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret})
    return json.loads(answer.stdout), answer.returncode


@functools.lru_cache(None)
def accounts(sandbox):
    pages = sandbox.client("organizations").get_paginator("list_accounts").paginate()
    return [a for page in pages for a in page["Accounts"] if a["Status"] == "ACTIVE"]


@functools.lru_cache(None)
def regions(sandbox):
    return sorted(r["RegionName"]
                  for r in sandbox.client("ec2").describe_regions()["Regions"])


def places(sandbox, service):
    """(account, region, client) of each place; the client is None where the role is missing."""
    for account in accounts(sandbox):
        for region in regions(sandbox):
            try:
                yield account["Id"], region, sandbox.client(service, account=account["Id"],
                                                            region=region)
            except ClientError:
                yield account["Id"], region, None


def whole(client, operation, member, **parameters):
    """All items of a list, None when it is refused; by hand where boto3 has no paginator."""
    items, token = [], {}
    try:
        while True:
            page = getattr(client, operation)(**parameters, **token)
            items += page[member]
            if not page.get("NextToken"):
                return items
            token = {"NextToken": page["NextToken"]}
    except ClientError:
        return None


# --- security-group rules ---

def from_the_world(protocol, first, last):
    """The condition table for a rule that everybody reaches: type, severity, ports."""
    ports = range(first, last + 1)
    if protocol == "-1":
        return "unrestricted_all_traffic", "CRITICAL", []
    if protocol in ("icmp", "icmpv6"):
        echo = first == (8 if protocol == "icmp" else 128)
        return "unrestricted_icmp", "INFO" if echo else "LOW", []
    if protocol not in ("tcp", "udp"):
        return "unrestricted_protocol", "MEDIUM", []
    if len(ports) == 65536:
        return "unrestricted_all_ports", "CRITICAL", []
    if protocol == "tcp":
        if any(p in ports for p in DANGEROUS):
            return "unrestricted_dangerous_port", "HIGH", [p for p in DANGEROUS if p in ports]
        if any(p <= 1024 and p not in WEB for p in ports):
            return "unrestricted_privileged_port", "MEDIUM", []
        if last > 1024:
            return "unrestricted_port", "LOW", []
    elif any(p not in WEB for p in ports):
        return "unrestricted_protocol", "MEDIUM", []
    return "world_web", "INFO", []


def source_of(rule):
    return rule.get("CidrIpv4") or rule.get("CidrIpv6") or ""


def is_split_world(rule, rules):
    """Whether the rule's range and others for the same traffic cover everything, none alone."""
    traffic = ("GroupId", "IpProtocol", "FromPort", "ToPort", "IsEgress")
    others = [r for r in rules if source_of(r) and not source_of(r).endswith("/0")
              and all(r.get(k) == rule.get(k) for k in traffic)
              and (":" in source_of(r)) == (":" in source_of(rule))]
    merged = list(ipaddress.collapse_addresses(ipaddress.ip_network(source_of(r)) for r in others))
    return len(merged) == 1 and merged[0].prefixlen == 0


def judge(client, rule, rules, default_groups):
    source, protocol = source_of(rule), rule["IpProtocol"]
    first, last = rule.get("FromPort", -1), rule.get("ToPort", -1)
    if protocol in ("tcp", "udp") and first == -1:
        first, last = 0, 65535
    world = source.endswith("/0")
    if rule.get("PrefixListId"):
        entries = client.get_managed_prefix_list_entries(PrefixListId=rule["PrefixListId"])
        world = any(e["Cidr"].endswith("/0") for e in entries["Entries"])
    of_default = ("default_group_rule", "HIGH", []) if rule["GroupId"] in default_groups else None
    if rule["IsEgress"]:
        return of_default or (("egress_open", "INFO", []) if world and protocol == "-1" else None)
    if world or (source and is_split_world(rule, rules)):
        return from_the_world(protocol, first, last)
    if source and ipaddress.ip_network(source).prefixlen < (32 if ":" in source else 8):
        _, severity, ports = from_the_world(protocol, first, last)
        return "broad_source", SEVERITIES[max(0, SEVERITIES.index(severity) - 1)], ports
    return of_default


def expected_findings(sandbox):
    found, readable = {}, 0
    for account, region, client in places(sandbox, "ec2"):
        rules = client and whole(client, "describe_security_group_rules", "SecurityGroupRules")
        if rules is None:
            continue
        readable += 1
        groups = whole(client, "describe_security_groups", "SecurityGroups")
        default = {g["GroupId"] for g in groups if g["GroupName"] == "default"}
        for rule in rules:
            verdict = judge(client, rule, rules, default)
            if verdict:
                found[account, region, rule["SecurityGroupRuleId"]] = verdict
    return found, readable


@case("watchdeck findings: as the condition table has them")
def _(sandbox):
    said, status = once(sandbox, "findings")
    found, readable = expected_findings(sandbox)
    equal(status, 4)
    equal(said["coverage"]["asked"], len(accounts(sandbox)) * len(regions(sandbox)))
    equal(said["coverage"]["answered"], readable)
    equal({(r["account_id"], r["region"], r["security_group_rule_id"]):
           (r["type"], r["severity"], r["ports"]) for r in said["rows"]}, found)


@case("watchdeck evaluate-sg: what the AWS CLI has printed, as the condition table has it")
def _(sandbox):
    account = once(sandbox, "findings")[0]["rows"][0]["account_id"]
    saved = os.path.join(sandbox.folder, "rules.json")
    reply = sandbox.cli("ec2", "describe-security-group-rules",
                        credentials=sandbox.session(account, "OrganizationAccountAccessRole"))
    with open(saved, "w", encoding="utf-8") as file:
        json.dump(reply, file)
    answer, piped = [subprocess.run(
        [os.path.join(sandbox.build, "watchdeck"), "evaluate-sg", name, "--format", "json"],
        input=text, stdout=subprocess.PIPE, timeout=60, check=False, env={"HOME": sandbox.folder})
        for name, text in ((saved, b""), ("-", json.dumps(reply).encode()))]
    equal((piped.stdout, piped.returncode), (answer.stdout, answer.returncode))
    rules = reply["SecurityGroupRules"]
    expected = [(r, judge(None, r, rules, ())) for r in rules if not r.get("PrefixListId")]
    equal([(v["security_group_rule_id"], v["group_id"], v["type"], v["severity"], v["ports"])
           for v in json.loads(answer.stdout)["violations"]],
          [(r["SecurityGroupRuleId"], r["GroupId"], *verdict) for r, verdict in expected if verdict])
    equal(answer.returncode, 3)


# --- AWS Config ---

@case("watchdeck rules: as Config has them")
def _(sandbox):
    said, _ = once(sandbox, "rules")
    expected = {}
    for account, region, client in places(sandbox, "config"):
        rules = client and whole(client, "describe_config_rules", "ConfigRules")
        if rules is None:
            continue
        verdicts = {c["ConfigRuleName"]: c["Compliance"]["ComplianceType"] for c in whole(
            client, "describe_compliance_by_config_rule", "ComplianceByConfigRules")}
        for rule in rules:
            name = rule["ConfigRuleName"]
            expected[account, region, name] = (rule["Source"]["SourceIdentifier"],
                                               verdicts.get(name, "INSUFFICIENT_DATA"))
    equal({(r["account_id"], r["region"], r["name"]): (r["identifier"], r["compliance"])
           for r in said["rows"]}, expected)


@case("watchdeck accounts: broken rules are counted, what is refused is no number")
def _(sandbox):
    said, _ = once(sandbox, "accounts")
    expected = collections.Counter()
    for account, _, client in places(sandbox, "config"):
        broken = client and whole(client, "describe_compliance_by_config_rule",
                                  "ComplianceByConfigRules", ComplianceTypes=["NON_COMPLIANT"])
        if broken is not None:
            expected[account] += len(broken)
    equal({r["account_id"]: r["noncompliant"] for r in said["rows"]
           if r["noncompliant"] is not None}, dict(expected))


@case("watchdeck resources: everything that is recorded, once")
def _(sandbox):
    said, _ = once(sandbox, "resources")
    keys = [(r["account_id"], r["region"], r["resource_type"], r["resource_id"])
            for r in said["rows"]]
    equal(len(keys), len(set(keys)))
    counted, expected = collections.Counter(key[0] for key in keys), collections.Counter()
    refused = set()
    for account, _, client in places(sandbox, "config"):
        try:
            counts = client.get_discovered_resource_counts() if client else None
        except ClientError:
            counts = None
        expected[account] += counts["totalDiscoveredResources"] if counts else 0
        refused |= set() if counts else {account}
    for account in expected.keys() - refused:  # of the others the aggregator alone knows
        equal((account, counted[account]), (account, expected[account]))


# --- Systems Manager ---

@case("watchdeck nodes: as Systems Manager has them, those that never reported too")
def _(sandbox):
    said, _ = once(sandbox, "nodes")
    expected = {}
    for account, region, client in places(sandbox, "ssm"):
        nodes = client and whole(client, "describe_instance_information",
                                 "InstanceInformationList")
        ids = [node["InstanceId"] for node in nodes or []]
        states = {s["InstanceId"]: s for s in whole(
            client, "describe_instance_patch_states", "InstancePatchStates",
            InstanceIds=ids[:50]) or []} if ids else {}
        assert len(ids) <= 50
        for node in nodes or []:
            state = states.get(node["InstanceId"], {})
            expected[account, region, node["InstanceId"]] = (
                node["PingStatus"], state.get("CriticalNonCompliantCount"),
                state.get("FailedCount"), state.get("InstalledPendingRebootCount"),
                state.get("MissingCount"))
    assert expected
    equal({(r["account_id"], r["region"], r["node"]):
           (r["ping"], r["critical"], r["failed"], r["pending_reboot"], r["missing"])
           for r in said["rows"]}, expected)


@case("watchdeck changes: as CloudTrail has them, what was refused left out")
def _(sandbox):
    said, _ = once(sandbox, "changes")
    expected = {}
    for account, region, client in places(sandbox, "cloudtrail"):
        for event in client and whole(client, "lookup_events", "Events", LookupAttributes=[
                {"AttributeKey": "ReadOnly", "AttributeValue": "false"}]) or []:
            record = json.loads(event["CloudTrailEvent"])
            age = datetime.datetime.now(datetime.timezone.utc) - event["EventTime"]
            if age.total_seconds() < 86000 and "errorCode" not in record:
                expected[event["EventId"]] = (account, region, event["EventName"])
    found = {r["event_id"]: (r["account_id"], r["region"], r["action"]) for r in said["rows"]}
    sources = {r["source"] for r in said["rows"]}
    assert {"ec2.amazonaws.com", "ssm.amazonaws.com", "lambda.amazonaws.com"} <= sources, sources
    assert "codebuild.amazonaws.com" not in sources
    equal({k: v for k, v in expected.items() if k in found},
          {k: v for k, v in found.items() if k in expected})
    missing = [v for k, v in expected.items() if k not in found]
    assert all(name == "StartBuild" for _, _, name in missing), missing
    assert len(found) > 20
