#!/usr/bin/python3
"""boto_client.py accounts | rules | rows AGGREGATOR

The script that people write with boto3 for the same questions. accounts: the recorders of every
account and region, by AssumeRole and ten workers. rules: the rules of security
groups of every account, counted. rows: every recorded resource, by the paginator, into dicts. Prints a line of JSON. AWS_ENDPOINT_URL, AWS_REGION and keys as for any client.
"""
import concurrent.futures
import json
import os
import resource
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, REGION = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
WORKERS = 10


def client(session, service, region=REGION):
    return session.client(service, endpoint_url=ENDPOINT, region_name=region,
                          config=Config(retries={"mode": "standard"}))


def enter(home, account, user):
    if account == user["Account"]:
        return boto3.Session()
    keys = home.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole",
        RoleSessionName="bench")["Credentials"]
    return boto3.Session(aws_access_key_id=keys["AccessKeyId"],
                         aws_secret_access_key=keys["SecretAccessKey"],
                         aws_session_token=keys["SessionToken"])


def look(home, account, user, regions):
    """(calls, recorders) of one account."""
    try:
        session = enter(home, account, user)
    except ClientError:
        return 1, []
    calls, found = 1, []
    for region in regions:
        config = client(session, "config", region)
        for read, key in ((config.describe_configuration_recorders, "ConfigurationRecorders"),
                          (config.describe_configuration_recorder_status,
                           "ConfigurationRecordersStatus"),
                          (config.describe_delivery_channel_status, "DeliveryChannelsStatus")):
            calls += 1
            try:
                found.extend(read()[key])
            except ClientError:
                pass
    return calls, found


def count_rules(home, account, user):
    try:
        pages = client(enter(home, account, user), "ec2").get_paginator(
            "describe_security_group_rules").paginate()
        return sum(len(page["SecurityGroupRules"]) for page in pages)
    except ClientError:
        return 0


def list_accounts(session):
    pages = client(session, "organizations").get_paginator("list_accounts").paginate()
    return [one["Id"] for page in pages for one in page["Accounts"] if one["Status"] == "ACTIVE"]


def read_rules():
    session = boto3.Session()
    home = client(session, "sts")
    user = home.get_caller_identity()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(lambda account: count_rules(home, account, user),
                            list_accounts(session)))


def read_accounts():
    session = boto3.Session()
    home = client(session, "sts")
    user = home.get_caller_identity()
    accounts = list_accounts(session)
    regions = [one["RegionName"]
               for one in client(session, "ec2").describe_regions()["Regions"]]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        told = list(pool.map(lambda account: look(home, account, user, regions), accounts))
    return sum(calls for calls, _ in told)


def read_rows(aggregator):
    config = client(boto3.Session(), "config")
    pages = config.get_paginator("select_aggregate_resource_config").paginate(
        Expression="SELECT accountId, awsRegion, resourceType, resourceId, resourceName, tags",
        ConfigurationAggregatorName=aggregator, PaginationConfig={"PageSize": 100})
    rows = [json.loads(result) for page in pages for result in page["Results"]]
    return len(rows)


def main():
    began = time.monotonic()
    readers = {"accounts": read_accounts, "rules": read_rules,
               "rows": lambda: read_rows(sys.argv[2])}
    n = readers[sys.argv[1]]()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"n": n, "wall_s": round(time.monotonic() - began, 3),
                      "cpu_s": round(used.ru_utime + used.ru_stime, 3),
                      "rss_mb": round(used.ru_maxrss * 1024 / 1e6, 1)}))


main()
