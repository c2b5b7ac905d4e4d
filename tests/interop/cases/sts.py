"""STS by the CLI and boto3: who am I, sessions of roles and their limits."""
import datetime

from harness import (ADMIN_ROLE, ONCALL_ROLE, READ_ROLE, Credentials, case, contains, equal, fails,
                     operation)


def role_arn(account, role):
    return f"arn:aws:iam::{account}:role/{role}"


def reachable(sandbox):
    """A member account whose role can be assumed and used."""
    for account in sandbox.client("organizations").get_paginator("list_accounts").paginate(
            ).build_full_result()["Accounts"]:
        if account["Id"] == sandbox.account or account["Status"] != "ACTIVE":
            continue
        try:
            sandbox.client("ec2", account=account["Id"]).describe_regions()
            return account["Id"]
        except Exception:
            continue
    raise AssertionError("no member account is reachable")


@operation("sts", "GetCallerIdentity")
def _(sandbox):
    for user in ("oncall", "viewer"):
        reply = sandbox.cli("sts", "get-caller-identity", user=user)
        equal(reply["Account"], sandbox.account)
        equal(reply["Arn"], f"arn:aws:iam::{sandbox.account}:user/{user}")
        assert reply["UserId"].startswith("AIDA") and len(reply["UserId"]) == 21
        again = sandbox.client("sts", user=user).get_caller_identity()
        equal({k: again[k] for k in reply}, reply)


@operation("sts", "AssumeRole")
def _(sandbox):
    account = reachable(sandbox)
    reply = sandbox.cli("sts", "assume-role", "--role-arn", role_arn(account, ADMIN_ROLE),
                        "--role-session-name", "night@shift", "--external-id", "ignored",
                        "--duration-seconds", "900")
    user, session = reply["AssumedRoleUser"], reply["Credentials"]
    equal(user["Arn"], f"arn:aws:sts::{account}:assumed-role/{ADMIN_ROLE}/night@shift")
    assert user["AssumedRoleId"].startswith("AROA") and user["AssumedRoleId"].endswith(
        ":night@shift")
    assert session["AccessKeyId"].startswith("ASIA") and len(session["AccessKeyId"]) == 20
    left = datetime.datetime.fromisoformat(
        session["Expiration"].replace("Z", "+00:00")) - datetime.datetime.now(
            datetime.timezone.utc)
    assert 880 < left.total_seconds() <= 901, left
    who = sandbox.cli("sts", "get-caller-identity", credentials=Credentials.of_session(reply))
    equal(who, {"Account": account, "Arn": user["Arn"], "UserId": user["AssumedRoleId"]})


@case("sts: durations and chains have their limits")
def _(sandbox):
    account, sts = reachable(sandbox), sandbox.client("sts", validate=False)

    def assume(client, where, role, seconds):
        return lambda: client.assume_role(RoleArn=role_arn(where, role), RoleSessionName="chain",
                                          DurationSeconds=seconds)
    fails("ValidationError", assume(sts, account, ADMIN_ROLE, 899), 400,
          "Value '899' at 'durationSeconds' failed to satisfy constraint: "
          "Member must have value greater than or equal to 900")
    fails("ValidationError", assume(sts, account, ADMIN_ROLE, 43201), 400, "43200")
    fails("ValidationError", assume(sts, account, ADMIN_ROLE, 3601), 400, "MaxSessionDuration")
    long = assume(sts, sandbox.account, ONCALL_ROLE, 43200)()
    chained = sandbox.client("sts", credentials=Credentials.of_session(long))
    fails("ValidationError", assume(chained, sandbox.account, ONCALL_ROLE, 3601), 400,
          "role chaining")
    second = assume(chained, account, ADMIN_ROLE, 3600)()
    third = sandbox.client("sts", credentials=Credentials.of_session(second))
    fails("AccessDenied", assume(third, sandbox.account, ONCALL_ROLE, 900), 403,
          f"is not authorized to perform: sts:AssumeRole on resource: "
          f"{role_arn(sandbox.account, ONCALL_ROLE)}")


@case("sts: names of roles and sessions are checked")
def _(sandbox):
    account, sts = reachable(sandbox), sandbox.client("sts", validate=False)
    fails("ValidationError", lambda: sts.assume_role(
        RoleArn=role_arn(account, ADMIN_ROLE), RoleSessionName="night shift"), 400,
        "Value 'night shift' at 'roleSessionName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w+=,.@-]*")
    fails("ValidationError", lambda: sts.assume_role(
        RoleArn="arn:aws:iam::123:role/x/yyyyyyy", RoleSessionName="ok"), 400, "is invalid")
    fails("AccessDenied", lambda: sts.assume_role(
        RoleArn=role_arn(account, "NoSuchRole"), RoleSessionName="ok"), 403)
    fails("AccessDenied", lambda: sts.assume_role(
        RoleArn=role_arn("000000000000", ADMIN_ROLE), RoleSessionName="ok"), 403)


@case("sts: roles are missing, refused or powerless in some accounts, as in life")
def _(sandbox):
    accounts = sandbox.client("organizations").get_paginator("list_accounts").paginate(
        ).build_full_result()["Accounts"]
    kinds = {}
    for account in accounts:
        if account["Id"] == sandbox.account:
            continue
        try:
            ec2 = sandbox.client("ec2", account=account["Id"])
        except Exception as e:
            equal(e.response["Error"]["Code"], "AccessDenied")
            kinds["refused"] = kinds.get("refused", 0) + 1
            continue
        try:
            ec2.describe_regions()
            kinds["ok"] = kinds.get("ok", 0) + 1
        except Exception:
            fails("UnauthorizedOperation", ec2.describe_regions, 403,
                  "explicit deny in a service control policy")
            fails("AccessDeniedException", sandbox.client(
                "config", account=account["Id"]).describe_config_rules, 400,
                "explicit deny in a service control policy")
            equal(sandbox.client("sts", account=account["Id"]).get_caller_identity()["Account"],
                  account["Id"])
            kinds["powerless"] = kinds.get("powerless", 0) + 1
    assert kinds["ok"] > len(accounts) / 2, kinds
    equal(set(kinds), {"ok", "refused", "powerless"}, "kinds")


@case("sts: the viewer may read, and take the role that reads")
def _(sandbox):
    account = reachable(sandbox)
    fails("AccessDenied", lambda: sandbox.session(account, ADMIN_ROLE, "viewer"), 403,
          "no identity-based policy allows the sts:AssumeRole action")
    ec2 = sandbox.client("ec2", user="viewer", account=account, role=READ_ROLE)
    groups = ec2.describe_security_groups(MaxResults=5)["SecurityGroups"]
    contains(groups[0]["SecurityGroupArn"] if "SecurityGroupArn" in groups[0]
             else groups[0]["OwnerId"], account)
    fails("UnauthorizedOperation", lambda: ec2.revoke_security_group_ingress(
        GroupId=groups[0]["GroupId"], SecurityGroupRuleIds=["sgr-0123456789abcdef0"]), 403,
        "is not authorized to perform: ec2:RevokeSecurityGroupIngress")
    fails("UnauthorizedOperation", lambda: ec2.revoke_security_group_ingress(
        GroupId=groups[0]["GroupId"], DryRun=True), 403)
