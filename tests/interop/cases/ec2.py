"""EC2: reads, filters, pages; changes to security groups, and what DryRun says of them."""
from harness import READ_ROLE, case, contains, equal, fails, operation
from cases.sts import reachable


def member(sandbox, **how):
    return sandbox.client("ec2", account=reachable(sandbox), **how)


def everything(client, method, key, **arguments):
    return client.get_paginator(method).paginate(**arguments).build_full_result()[key]


def groups(client, **arguments):
    return everything(client, "describe_security_groups", "SecurityGroups", **arguments)


def own_group(client):
    """A group that is not the default one."""
    return next(g for g in groups(client) if g["GroupName"] != "default")


PERMISSION = {"IpProtocol": "tcp", "FromPort": 4711, "ToPort": 4712,
              "IpRanges": [{"CidrIp": "198.51.100.0/24", "Description": "interop"}]}


@operation("ec2", "DescribeRegions")
def _(sandbox):
    regions = sandbox.cli("ec2", "describe-regions")["Regions"]
    equal(len(regions), 4)
    assert sandbox.region in [r["RegionName"] for r in regions]
    for r in regions:
        equal(r["Endpoint"], f"ec2.{r['RegionName']}.amazonaws.com")


@operation("ec2", "DescribeSecurityGroups")
def _(sandbox):
    client = member(sandbox)
    found = groups(client)
    assert len(found) > 1, found
    for g in found:
        equal(g["OwnerId"], reachable(sandbox))
        assert g["GroupId"].startswith("sg-") and g["VpcId"].startswith("vpc-")
        assert g["Description"] is not None
    one = client.describe_security_groups(GroupIds=[found[1]["GroupId"]])["SecurityGroups"]
    equal(one, [found[1]])
    named = groups(client, Filters=[{"Name": "group-name", "Values": ["default"]}])
    assert named and all(g["GroupName"] == "default" for g in named)
    by_cli = sandbox.cli("ec2", "describe-security-groups", "--group-ids", found[1]["GroupId"],
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))
    equal(by_cli["SecurityGroups"][0]["GroupId"], found[1]["GroupId"])
    equal(by_cli["SecurityGroups"][0]["IpPermissions"], found[1]["IpPermissions"])
    fails("InvalidGroup.NotFound", lambda: client.describe_security_groups(
        GroupIds=["sg-0123456789abcdef0"]), 400)


@operation("ec2", "DescribeSecurityGroupRules")
def _(sandbox):
    client = member(sandbox)
    for g in groups(client):
        rules = everything(client, "describe_security_group_rules", "SecurityGroupRules",
                           Filters=[{"Name": "group-id", "Values": [g["GroupId"]]}])
        ranges = sum(len(p.get(kind, [])) for p in g["IpPermissions"] for kind in
                     ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"))
        equal(len([r for r in rules if not r["IsEgress"]]), ranges, g["GroupId"])
        for r in rules:
            equal(r["GroupId"], g["GroupId"])
            assert r["SecurityGroupRuleId"].startswith("sgr-")


@operation("ec2", "AuthorizeSecurityGroupIngress")
def _(sandbox):
    client = member(sandbox)
    group = own_group(client)["GroupId"]
    reply = client.authorize_security_group_ingress(GroupId=group, IpPermissions=[PERMISSION])
    equal(reply["Return"], True)
    rule = reply["SecurityGroupRules"][0]
    equal((rule["CidrIpv4"], rule["FromPort"], rule["ToPort"], rule["Description"]),
          ("198.51.100.0/24", 4711, 4712, "interop"))
    fails("InvalidPermission.Duplicate", lambda: client.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[PERMISSION]), 400)
    now = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert any(p.get("FromPort") == 4711 for p in now["IpPermissions"])
    client.revoke_security_group_ingress(GroupId=group, IpPermissions=[PERMISSION])


@operation("ec2", "RevokeSecurityGroupIngress")
def _(sandbox):
    client = member(sandbox)
    before = own_group(client)
    group = before["GroupId"]
    added = client.authorize_security_group_ingress(GroupId=group, IpPermissions=[PERMISSION])
    rule = added["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    reply = sandbox.cli(
        "ec2", "revoke-security-group-ingress", "--group-id", group, "--security-group-rule-ids",
        rule, credentials=sandbox.session(reachable(sandbox), "OrganizationAccountAccessRole"))
    equal(reply.get("Return"), True)
    equal(client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0], before)
    fails("InvalidSecurityGroupRuleId.NotFound", lambda: client.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rule]), 400)
    fails("InvalidPermission.NotFound", lambda: client.revoke_security_group_ingress(
        GroupId=group, IpPermissions=[PERMISSION]), 400)


@operation("ec2", "ModifySecurityGroupRules")
def _(sandbox):
    client = member(sandbox)
    before = own_group(client)
    group = before["GroupId"]
    added = client.authorize_security_group_ingress(GroupId=group, IpPermissions=[PERMISSION])
    rule = added["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    body = {"IpProtocol": "tcp", "FromPort": 4711, "ToPort": 4712}

    def modify(rule_id=rule, **rest):
        return client.modify_security_group_rules(GroupId=group, SecurityGroupRules=[
            {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": {**body, **rest}}])

    equal(modify(CidrIpv4="198.51.100.128/25", Description="less")["Return"], True)
    now = client.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    equal((now["CidrIpv4"], now["Description"]), ("198.51.100.128/25", "less"))
    modify(CidrIpv4="198.51.100.128/25")
    now = client.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    assert "Description" not in now, now
    fails("InvalidSecurityGroupRuleId.NotFound",
          lambda: modify("sgr-0123456789abcdef0", CidrIpv4="198.51.100.0/24"), 400)
    fails("InvalidSecurityGroupRuleId.Malformed",
          lambda: modify("198.51.100.0/24", CidrIpv4="198.51.100.0/24"), 400)
    fails("InvalidSecurityGroupRuleId.Malformed", lambda: client.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rule, "sgr-1"]), 400)
    fails("InvalidGroupId.Malformed", lambda: client.revoke_security_group_ingress(
        GroupId="web", SecurityGroupRuleIds=[rule]), 400)
    fails("InvalidParameterValue", lambda: modify(CidrIpv6="2001:db8::/48"), 400)
    fails("MissingParameter", lambda: modify(), 400)
    client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    equal(client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0], before)


@operation("ec2", "AuthorizeSecurityGroupEgress")
@operation("ec2", "RevokeSecurityGroupEgress")
def _(sandbox):
    client = member(sandbox)
    before = own_group(client)
    group = before["GroupId"]
    added = client.authorize_security_group_egress(GroupId=group, IpPermissions=[PERMISSION])
    rule = added["SecurityGroupRules"][0]
    equal(rule["IsEgress"], True)
    fails("InvalidPermission.Duplicate", lambda: client.authorize_security_group_egress(
        GroupId=group, IpPermissions=[PERMISSION]), 400)
    fails("InvalidSecurityGroupRuleId.NotFound", lambda: client.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]), 400)
    equal(client.revoke_security_group_egress(
        GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])["Return"], True)
    equal(client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0], before)
    fails("InvalidPermission.NotFound", lambda: client.revoke_security_group_egress(
        GroupId=group, IpPermissions=[PERMISSION]), 400)


@operation("ec2", "DescribeInstances")
def _(sandbox):
    client = member(sandbox)
    found = [i for r in everything(client, "describe_instances", "Reservations")
             for i in r["Instances"]]
    assert found
    for i in found:
        assert i["InstanceId"].startswith("i-")
        assert i["State"]["Name"] in ("pending", "running", "stopping", "stopped", "terminated",
                                      "shutting-down")
        assert i["LaunchTime"].year > 2000
    fails("InvalidInstanceID.NotFound", lambda: client.describe_instances(
        InstanceIds=["i-0123456789abcdef0"]), 400)


@operation("ec2", "DescribeNetworkInterfaces")
def _(sandbox):
    client = member(sandbox)
    found = everything(client, "describe_network_interfaces", "NetworkInterfaces")
    assert found
    known = {g["GroupId"] for g in groups(client)}
    for interface in found:
        assert {g["GroupId"] for g in interface["Groups"]} <= known, interface


@operation("ec2", "DescribeVolumes")
def _(sandbox):
    found = everything(member(sandbox), "describe_volumes", "Volumes")
    assert found
    for volume in found:
        assert volume["VolumeId"].startswith("vol-") and volume["Size"] > 0
        assert volume["Encrypted"] in (True, False)


@operation("ec2", "DescribeManagedPrefixLists")
def _(sandbox):
    found = everything(member(sandbox), "describe_managed_prefix_lists", "PrefixLists")
    assert found
    for prefix_list in found:
        assert prefix_list["PrefixListId"].startswith("pl-")


@operation("ec2", "GetManagedPrefixListEntries")
def _(sandbox):
    client = member(sandbox)
    for prefix_list in client.describe_managed_prefix_lists()["PrefixLists"]:
        entries = client.get_managed_prefix_list_entries(
            PrefixListId=prefix_list["PrefixListId"])["Entries"]
        for entry in entries:
            contains(entry["Cidr"], "/")


@case("ec2: DryRun says whether it may, and does nothing")
def _(sandbox):
    client = member(sandbox)
    group = own_group(client)
    error = fails("DryRunOperation", lambda: client.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpPermissions=[PERMISSION], DryRun=True), 412,
        "Request would have succeeded, but DryRun flag is set.")
    assert error["ResponseMetadata"]["RequestId"]
    equal(client.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"], [group])
    viewer = member(sandbox, user="viewer", role=READ_ROLE)
    fails("UnauthorizedOperation", lambda: viewer.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpPermissions=[PERMISSION], DryRun=True), 403,
        "Encoded authorization failure message: ")
    fails("DryRunOperation", lambda: viewer.describe_security_groups(DryRun=True), 412)


@case("ec2: pages and their limits")
def _(sandbox):
    client = member(sandbox)
    page = client.describe_security_groups(MaxResults=5)
    client = member(sandbox, validate=False)
    equal(len(page["SecurityGroups"]), 5)
    rest = client.describe_security_groups(MaxResults=1000, NextToken=page["NextToken"])
    equal([g["GroupId"] for g in page["SecurityGroups"] + rest["SecurityGroups"]],
          [g["GroupId"] for g in groups(client)])
    fails("InvalidParameterValue", lambda: client.describe_security_groups(MaxResults=4), 400,
          "Value ( 4 ) for parameter MaxResults is invalid.")
    fails("InvalidParameterValue", lambda: client.describe_security_groups(MaxResults=1001), 400)
    fails("InvalidParameterValue", lambda: client.describe_security_groups(
        MaxResults=6, NextToken="nonsense"), 400, "The token is invalid.")
    fails("InvalidParameterValue", lambda: client.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["default"]}], NextToken=page["NextToken"]))
    fails("InvalidParameterValue", lambda: client.describe_volumes(
        MaxResults=5, NextToken=page["NextToken"]), 400)
    fails("InvalidParameterValue", lambda: client.describe_security_groups(
        Filters=[{"Name": "colour", "Values": ["red"]}]), 400)
