"""STS by the CLI and boto3: who am I, sessions of roles and their limits."""
import base64
import datetime
import hashlib
import hmac
import json
import struct
import time

from harness import (ADMIN_ROLE, ONCALL_ROLE, READ_ROLE, Credentials, case, contains, equal, fails,
                     operation, running)


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


# --- what a role may want of whoever assumes it ---------------------------------------------------

def role_that_needs(sandbox, what):
    return next(r for r in sandbox.ready["roles"] if r["needs"] == what)


def device(sandbox, user="oncall"):
    return next(p for p in sandbox.ready["principals"] if p["name"] == user)


def totp(secret, at):
    """RFC 6238, by the book."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at) // 30),
                   hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


@case("sts: a role that needs MFA, with an authenticator's codes")
def _(sandbox):
    with running(sandbox) as other:
        arn, mine, theirs = role_that_needs(other, "mfa")["arn"], device(other), device(
            other, "viewer")
        sts = other.client("sts")

        def assume(client=sts, **mfa):
            return lambda: client.assume_role(RoleArn=arn, RoleSessionName="mfa", **mfa)
        failed = "MultiFactorAuthentication failed"
        fails("AccessDenied", assume(), 403,
              f"is not authorized to perform: sts:AssumeRole on resource: {arn}")
        both = failed + ", must provide both MFA serial number and one time pass code."
        fails("AccessDenied", assume(SerialNumber=mine["mfa_serial"]), 403, both)
        fails("AccessDenied", assume(TokenCode="123456"), 403, both)
        code = totp(mine["mfa_secret"], time.time())
        fails("AccessDenied", assume(SerialNumber=theirs["mfa_serial"], TokenCode=code), 403,
              failed + ", unable to validate MFA code.")
        wrong = f"{(int(code) + 1) % 1000000:06}"
        invalid = failed + " with invalid MFA one time pass code."
        fails("AccessDenied", assume(SerialNumber=mine["mfa_serial"], TokenCode=wrong), 403,
              invalid)
        session = assume(SerialNumber=mine["mfa_serial"], TokenCode=code)()
        fails("AccessDenied", assume(SerialNumber=mine["mfa_serial"], TokenCode=code), 403,
              invalid)
        chained = other.client("sts", credentials=Credentials.of_session(session))
        fails("AccessDenied", assume(chained, SerialNumber=mine["mfa_serial"],
                                     TokenCode=totp(mine["mfa_secret"], time.time() + 30)), 403,
              "unable to validate MFA code")
        other.control("clock", {"advance_s": 3600})
        told = other.control("mfa", {"user": "oncall"})[1]
        equal(told["serial"], mine["mfa_serial"])
        reply = other.cli("sts", "assume-role", "--role-arn", arn, "--role-session-name", "mfa",
                          "--duration-seconds", "43200", "--serial-number", told["serial"],
                          "--token-code", told["code"])
        contains(reply["AssumedRoleUser"]["Arn"], ":assumed-role/WatchdeckMfa/mfa")


@case("sts: the control path tells codes until they are used up")
def _(sandbox):
    with running(sandbox) as other:
        arn, codes = role_that_needs(other, "mfa")["arn"], set()
        while True:
            status, told = other.control("mfa", {"user": "oncall"})
            if status != 200:
                break
            codes.add(told["code"])
            other.client("sts").assume_role(RoleArn=arn, RoleSessionName="mfa",
                                            SerialNumber=told["serial"], TokenCode=told["code"])
        equal(status, 409)
        assert 2 <= len(codes) <= 4, codes  # this step and its neighbours; time goes on
        other.control("clock", {"advance_s": 30})
        equal(other.control("mfa", {"user": "oncall"})[0], 200)
        equal(other.control("mfa", {"user": "nobody"})[0], 404)
        equal(other.control("mfa", [])[0], 404)


@case("sts: a role with an external id")
def _(sandbox):
    role, sts = role_that_needs(sandbox, "external_id"), sandbox.client("sts")
    for wrong in ({}, {"ExternalId": "something-else"}):
        fails("AccessDenied", lambda: sts.assume_role(
            RoleArn=role["arn"], RoleSessionName="partner", **wrong), 403,
            f"is not authorized to perform: sts:AssumeRole on resource: {role['arn']}")
    sts.assume_role(RoleArn=role["arn"], RoleSessionName="partner",
                    ExternalId=role["external_id"])


def web_token(sandbox, **claims):
    status, reply = sandbox.control("web-identity", claims)
    equal(status, 200)
    return reply["token"]


@operation("sts", "AssumeRoleWithWebIdentity")
def _(sandbox):
    arn = role_that_needs(sandbox, "web_identity")["arn"]
    nobody = Credentials("AKIA0000000000000000", "unknown")
    reply = sandbox.cli("sts", "assume-role-with-web-identity", "--role-arn", arn,
                        "--role-session-name", "pod", "--web-identity-token",
                        web_token(sandbox, subject="system:serviceaccount:ops:console"),
                        credentials=nobody)
    equal((reply["SubjectFromWebIdentityToken"], reply["Audience"]),
          ("system:serviceaccount:ops:console", "sts.amazonaws.com"))
    who = sandbox.client("sts", credentials=Credentials.of_session(reply)).get_caller_identity()
    equal(who["Arn"], f"arn:aws:sts::{sandbox.account}:assumed-role/WatchdeckWebIdentity/pod")


@case("sts: web identity tokens that are refused")
def _(sandbox):
    with running(sandbox) as other:
        arn = role_that_needs(other, "web_identity")["arn"]
        sts = other.client("sts", credentials=Credentials("AKIA0000000000000000", "unknown"))

        def assume(token, role=arn, **more):
            return lambda: sts.assume_role_with_web_identity(
                RoleArn=role, RoleSessionName="pod", WebIdentityToken=token, **more)
        good = web_token(other, lifetime_s=600)
        head, body, signature = good.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        foreign = base64.urlsafe_b64encode(
            json.dumps({**claims, "iss": "https://example.com"}).encode()).decode().rstrip("=")
        fails("InvalidIdentityToken", assume("no.token"), 400, "is not a valid JWT")
        fails("InvalidIdentityToken", assume(f"{head}.{foreign}.{signature}"), 400,
              "No OpenIDConnect provider found in your account")
        longer = base64.urlsafe_b64encode(json.dumps(
            {**claims, "exp": claims["exp"] + 1}).encode()).decode().rstrip("=")
        fails("InvalidIdentityToken", assume(f"{head}.{longer}.{signature}"), 400)
        fails("InvalidIdentityToken", assume(web_token(other, audience="me")), 400,
              "Incorrect token audience")
        fails("AccessDenied", assume(good, role_arn(other.account, ONCALL_ROLE)), 403,
              "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        fails("ValidationError", assume(good, DurationSeconds=7201), 400, "MaxSessionDuration")
        fails("AccessDenied", lambda: other.client("sts").assume_role(
            RoleArn=arn, RoleSessionName="pod"), 403)
        assume(good, DurationSeconds=7200)()
        other.control("clock", {"advance_s": 601})
        fails("ExpiredTokenException", assume(good), 400, "Token expired: current date/time ")
