#!/usr/bin/python3
"""boto_client.py accounts | rows AGGREGATOR

The script that people write with boto3 for the same questions. accounts: the recorders of every
account and region, by AssumeRole and ten workers. rows: every recorded resource, by the paginator,
into dicts. Prints a line of JSON. AWS_ENDPOINT_URL, AWS_REGION and keys as for any client.
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


def read_accounts():
    session = boto3.Session()
    home = client(session, "sts")
    user = home.get_caller_identity()
    pages = client(session, "organizations").get_paginator("list_accounts").paginate()
    accounts = [one["Id"] for page in pages for one in page["Accounts"]
                if one["Status"] == "ACTIVE"]
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
    n = read_accounts() if sys.argv[1] == "accounts" else read_rows(sys.argv[2])
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"n": n, "wall_s": round(time.monotonic() - began, 3),
                      "cpu_s": round(used.ru_utime + used.ru_stime, 3),
                      "rss_mb": round(used.ru_maxrss * 1024 / 1e6, 1)}))


main()
