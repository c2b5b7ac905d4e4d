#!/usr/bin/env python3
"""Makes boto_requests.json: what botocore's own serialisers and name rules make of operations.

Run with Debian's python3-botocore: tests/unit/aws/boto_requests.py > tests/unit/aws/boto_requests.json
"""
import json
import botocore
import botocore.loaders
import botocore.model
import botocore.serialize
from botocore import xform_name

FILTERS = [{"Name": "ip-permission.cidr", "Values": ["0.0.0.0/0", "::/0"]},
           {"Name": "tag:Tier & Co", "Values": ["a b+c=d/é~*"]}]
PERMISSION = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
              "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "open; to all"}],
              "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
              "PrefixListIds": [{"PrefixListId": "pl-1"}],
              "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "111122223333"}]}
CASES = [
    ("sts", "GetCallerIdentity", {}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::111122223333:role/R", "RoleSessionName": "a@b",
                           "DurationSeconds": 900, "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/P"}],
                           "Tags": [{"Key": "k", "Value": "v w"}], "TransitiveTagKeys": []}),
    ("organizations", "ListAccountsForParent", {"ParentId": "r-1", "MaxResults": 20}),
    ("config", "DescribeConfigRules", {"ConfigRuleNames": ["a", "b\"c\\\u00e9\n"]}),
    ("config", "ListDiscoveredResources", {"resourceType": "AWS::EC2::SecurityGroup", "limit": 100,
                                           "includeDeletedResources": False}),
    ("config", "BatchGetResourceConfig", {"resourceKeys": [{"resourceType": "AWS::S3::Bucket",
                                                            "resourceId": "b"}]}),
    ("ssm", "DescribeInstanceInformation", {"Filters": [{"Key": "PingStatus", "Values": ["Online"]}]}),
    ("ec2", "DescribeSecurityGroups", {"Filters": FILTERS, "MaxResults": 1000}),
    ("ec2", "DescribeSecurityGroups", {"GroupIds": ["sg-1", "sg-2"], "DryRun": True}),
    ("ec2", "DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["sgr-1"], "Filters": []}),
    ("ec2", "DescribeNetworkInterfaces", {"NetworkInterfaceIds": ["eni-1"]}),
    ("ec2", "DescribeInstances", {"InstanceIds": ["i-1"]}),
    ("ec2", "DescribeVolumes", {"VolumeIds": ["vol-1"]}),
    ("ec2", "DescribeRegions", {"RegionNames": ["eu-west-1"], "AllRegions": False}),
    ("ec2", "DescribeManagedPrefixLists", {"PrefixListIds": ["pl-1"], "Filters": FILTERS}),
    ("ec2", "GetManagedPrefixListEntries", {"PrefixListId": "pl-1", "TargetVersion": 3}),
    ("ec2", "ModifySecurityGroupRules", {
        "GroupId": "sg-1", "SecurityGroupRules": [{
            "SecurityGroupRuleId": "sgr-1",
            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                                  "CidrIpv4": "203.0.113.0/24", "Description": "open; to some"}}]}),
    ("ec2", "RevokeSecurityGroupIngress", {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1"]}),
    ("ec2", "RevokeSecurityGroupEgress", {"GroupId": "sg-1", "SecurityGroupRuleIds": ["sgr-1"]}),
    ("ec2", "AuthorizeSecurityGroupEgress", {"GroupId": "sg-1", "IpPermissions": [PERMISSION]}),
    ("ec2", "RevokeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [PERMISSION]}),
    ("ec2", "AuthorizeSecurityGroupIngress", {
        "GroupId": "sg-1", "IpPermissions": [PERMISSION],
        "TagSpecifications": [{"ResourceType": "security-group-rule",
                               "Tags": [{"Key": "k", "Value": "v"}]}]}),
]


def main():
    loader = botocore.loaders.Loader()
    out = {"botocore": botocore.__version__, "cases": [], "names": {}}
    for service, operation, params in CASES:
        model = botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)
        serializer = botocore.serialize.create_serializer(model.metadata["protocol"], False)
        request = serializer.serialize_to_request(params, model.operation_model(operation))
        body = request["body"]
        if isinstance(body, bytes):
            body = json.loads(body.decode())
        out["cases"].append({"service": service, "operation": operation, "params": params,
                             "body": body, "headers": dict(request["headers"])})
        for name in [operation, *params]:
            out["names"][name] = xform_name(name, "-")
    print(json.dumps(out, indent=1, sort_keys=True))


main()
