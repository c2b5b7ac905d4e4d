"""Single sign-on by the CLI and boto3: the device flow, its refusals, the portal."""
import json
import re
import time

from cases.sts import reachable, role_arn
from harness import ADMIN_ROLE, Credentials, case, contains, equal, fails, operation, running

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ["sso:account:access"]


def register(sandbox, scopes=SCOPES):
    reply = sandbox.client("sso-oidc").register_client(
        clientName="interop", clientType="public", **({"scopes": scopes} if scopes else {}))
    return {k: reply[k] for k in ("clientId", "clientSecret")}


def start(sandbox, client):
    return sandbox.client("sso-oidc").start_device_authorization(
        startUrl=sandbox.ready["sso"]["start_url"], **client)


def poll(sandbox, client, device):
    return sandbox.client("sso-oidc").create_token(
        grantType=DEVICE_CODE, deviceCode=device["deviceCode"], **client)


def refresh(sandbox, client, token):
    return sandbox.client("sso-oidc").create_token(
        grantType="refresh_token", refreshToken=token, **client)


def decide(sandbox, device, action="approve"):
    equal(sandbox.control("sso", {"user_code": device["userCode"], "action": action})[0], 200)


def login(sandbox, scopes=SCOPES):
    """The whole way; the tokens and the client that got them."""
    client = register(sandbox, scopes)
    device = start(sandbox, client)
    decide(sandbox, device)
    return {**poll(sandbox, client, device), "client": client}


def portal_credentials(sandbox, token, role):
    """Of a permission set in the management account."""
    c = sandbox.client("sso").get_role_credentials(
        accessToken=token, accountId=sandbox.account, roleName=role)["roleCredentials"]
    return Credentials(c["accessKeyId"], c["secretAccessKey"], c["sessionToken"])


def oauth(reply, error, description):
    """A refusal of OIDC has OAuth's words beside its own code."""
    equal((reply["error"], reply["error_description"]), (error, description))


@operation("sso-oidc", "RegisterClient")
def _(sandbox):
    reply = sandbox.cli("sso-oidc", "register-client", "--client-name", "interop",
                        "--client-type", "public", "--scopes", "sso:account:access")
    equal(reply["clientSecretExpiresAt"] - reply["clientIdIssuedAt"], 90 * 86400)
    oidc = sandbox.client("sso-oidc")
    oauth(fails("InvalidClientMetadataException", lambda: oidc.register_client(
        clientName="interop", clientType="confidential"), 400),
        "invalid_client_metadata", "Invalid client type")
    oauth(fails("InvalidScopeException", lambda: oidc.register_client(
        clientName="interop", clientType="public", scopes=["sso:everything"]), 400),
        "invalid_scope", "Invalid scope")


@operation("sso-oidc", "StartDeviceAuthorization")
def _(sandbox):
    client = register(sandbox)
    reply = sandbox.cli("sso-oidc", "start-device-authorization",
                        "--client-id", client["clientId"],
                        "--client-secret", client["clientSecret"],
                        "--start-url", sandbox.ready["sso"]["start_url"])
    assert re.fullmatch("[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}", reply["userCode"]), reply
    equal((reply["expiresIn"], reply["interval"]), (600, 1))
    equal(reply["verificationUriComplete"],
          reply["verificationUri"] + "?user_code=" + reply["userCode"])
    decide(sandbox, reply, "deny")  # others look for their own among the codes that wait
    oidc = sandbox.client("sso-oidc")
    oauth(fails("InvalidRequestException", lambda: oidc.start_device_authorization(
        startUrl="https://d-0000000000.awsapps.com/start", **client), 400),
        "invalid_request", "Invalid start url provided")
    oauth(fails("InvalidClientException", lambda: oidc.start_device_authorization(
        startUrl=sandbox.ready["sso"]["start_url"], clientId=client["clientId"],
        clientSecret="wrong"), 401), "invalid_client", "Invalid client provided")


@operation("sso-oidc", "CreateToken")
def _(sandbox):
    client = register(sandbox)
    device = start(sandbox, client)
    oauth(fails("AuthorizationPendingException", lambda: poll(sandbox, client, device), 400),
          "authorization_pending", "Authorization is still pending")
    decide(sandbox, device)
    reply = sandbox.cli("sso-oidc", "create-token", "--client-id", client["clientId"],
                        "--client-secret", client["clientSecret"], "--grant-type", DEVICE_CODE,
                        "--device-code", device["deviceCode"])
    equal((reply["tokenType"], reply["expiresIn"]), ("Bearer", 3600))
    fails("InvalidGrantException", lambda: poll(sandbox, client, device), 400)
    fails("InvalidGrantException", lambda: poll(sandbox, register(sandbox), device), 400)
    fails("UnsupportedGrantTypeException", lambda: sandbox.client("sso-oidc").create_token(
        grantType="password", **client), 400)
    fails("InvalidRequestException", lambda: sandbox.client("sso-oidc").create_token(
        grantType=DEVICE_CODE, **client), 400)


@case("sso-oidc: the answer's head and body are those of REST")
def _(sandbox):
    client = register(sandbox)
    device = start(sandbox, client)
    body = json.dumps({**client, "grantType": DEVICE_CODE, "deviceCode": device["deviceCode"]})
    answer = sandbox.send("POST", "/token", {"Content-Type": "application/json"}, body.encode())
    equal((answer.status, answer.headers["Content-Type"], answer.headers["x-amzn-ErrorType"]),
          (400, "application/json", "AuthorizationPendingException:http://internal.amazon.com/"
                                    "coral/com.amazonaws.sso.oidc/"))
    equal(json.loads(answer.text), {"error": "authorization_pending",
                                    "error_description": "Authorization is still pending"})
    for method, path in (("GET", "/token"), ("POST", "/tokens"), ("POST", "/federation")):
        equal(sandbox.send(method, path, {"Content-Type": "application/json"}).status, 403)
    answer = sandbox.send("POST", "/token", {"Content-Type": "application/json"}, b'{"clientId":')
    equal((answer.status, answer.headers["x-amzn-ErrorType"].split(":")[0]),
          (400, "InvalidRequestException"))
    decide(sandbox, device, "deny")


@case("sso-oidc: too early a poll is told to slow down, by 5 seconds more each time")
def _(sandbox):
    with running(sandbox) as other:
        client = register(other)
        other.control("sso", {"interval_s": 30})
        device = start(other, client)
        equal(device["interval"], 30)
        fails("AuthorizationPendingException", lambda: poll(other, client, device), 400)
        oauth(fails("SlowDownException", lambda: poll(other, client, device), 400),
              "slow_down", "Slow down")
        other.control("clock", {"advance_s": 30})
        fails("SlowDownException", lambda: poll(other, client, device), 400)
        other.control("clock", {"advance_s": 40})
        fails("AuthorizationPendingException", lambda: poll(other, client, device), 400)
        decide(other, device)
        poll(other, client, device)


@case("sso-oidc: codes are denied, and expire")
def _(sandbox):
    with running(sandbox) as other:
        client = register(other)
        denied, late = start(other, client), start(other, client)
        decide(other, denied, "deny")
        oauth(fails("AccessDeniedException", lambda: poll(other, client, denied), 400),
              "access_denied", "Access denied")
        other.control("clock", {"advance_s": 601})
        oauth(fails("ExpiredTokenException", lambda: poll(other, client, late), 400),
              "expired_token", "Device code has expired")
        equal(other.control("sso")[1]["pending"], [])


@case("sso-oidc: a refresh token is good once, and no longer than the session")
def _(sandbox):
    with running(sandbox) as other:
        first = login(other)
        second = refresh(other, first["client"], first["refreshToken"])
        assert second["refreshToken"] != first["refreshToken"]
        assert second["accessToken"] != first["accessToken"]
        oauth(fails("InvalidGrantException",
                    lambda: refresh(other, first["client"], first["refreshToken"]), 400),
              "invalid_grant", "Invalid refresh token provided")
        fails("InvalidGrantException",
              lambda: refresh(other, register(other), second["refreshToken"]), 400)
        other.control("clock", {"advance_s": 7 * 3600 + 1800})
        third = refresh(other, first["client"], second["refreshToken"])
        assert 1700 < third["expiresIn"] <= 1800, third
        other.control("clock", {"advance_s": 1801})
        fails("InvalidGrantException",
              lambda: refresh(other, first["client"], third["refreshToken"]), 400)


@case("sso-oidc: without the scope there is no refresh token, and one token for the session")
def _(sandbox):
    tokens = login(sandbox, scopes=None)
    equal(tokens["expiresIn"], 8 * 3600)
    assert "refreshToken" not in tokens


@case("sso-oidc: a registration ends")
def _(sandbox):
    with running(sandbox) as other:
        client = register(other)
        other.control("clock", {"advance_s": 90 * 86400})
        oauth(fails("InvalidClientException", lambda: start(other, client), 401),
              "invalid_client", "Client registration has expired")


@case("sso: the page approves and denies, and no other page does")
def _(sandbox):
    client = register(sandbox)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": sandbox.endpoint}
    for action, code in (("approve", None), ("deny", "AccessDeniedException")):
        device = start(sandbox, client)
        path = device["verificationUriComplete"][len(sandbox.endpoint):]
        page = sandbox.send("GET", path)
        equal((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        contains(page.text, device["userCode"])
        body = f"user_code={device['userCode']}&action={action}".encode()
        equal(sandbox.send("POST", "/device", {**form, "Origin": "http://example.com"},
                           body).status, 403)
        equal(sandbox.send("POST", "/device", form, body).status, 200)
        equal(sandbox.send("POST", "/device", form, body).status, 404)
        if code:
            fails(code, lambda: poll(sandbox, client, device), 400)
        else:
            poll(sandbox, client, device)
    equal(sandbox.send("GET", "/device").status, 200)
    equal(sandbox.send("GET", "/device?user_code=%3Cscript%3E").status, 404)


@operation("sso", "ListAccounts")
def _(sandbox):
    token = login(sandbox)["accessToken"]
    every = {a["Id"]: a for a in sandbox.client("organizations").get_paginator(
        "list_accounts").paginate().build_full_result()["Accounts"]}
    mine = sandbox.cli("sso", "list-accounts", "--access-token", token)["accountList"]
    assert 1 < len(mine) < len(every), (len(mine), len(every))
    for account in mine:
        equal((account["accountName"], account["emailAddress"]),
              (every[account["accountId"]]["Name"], every[account["accountId"]]["Email"]))
    pages = list(sandbox.client("sso").get_paginator("list_accounts").paginate(
        accessToken=token, PaginationConfig={"PageSize": 7}))
    assert len(pages) == (len(mine) + 6) // 7, len(pages)
    equal([a for p in pages for a in p["accountList"]], mine)
    other = login(sandbox)["accessToken"]
    fails("InvalidRequestException", lambda: sandbox.client("sso").list_accounts(
        accessToken=other, nextToken=pages[0]["nextToken"]), 400, "Invalid next token")


@operation("sso", "ListAccountRoles")
def _(sandbox):
    token = login(sandbox)["accessToken"]
    roles = sandbox.cli("sso", "list-account-roles", "--access-token", token,
                        "--account-id", sandbox.account)["roleList"]
    equal([r["roleName"] for r in roles], sandbox.ready["sso"]["roles"])
    equal({r["accountId"] for r in roles}, {sandbox.account})
    fails("ForbiddenException", lambda: sandbox.client("sso").list_account_roles(
        accessToken=token, accountId="000000000000"), 403, "No access")
    fails("InvalidRequestException", lambda: sandbox.client("sso", validate=False
          ).list_account_roles(accessToken=token, accountId=sandbox.account, maxResults=101), 400,
          "Member must have value less than or equal to 100")


@operation("sso", "GetRoleCredentials")
def _(sandbox):
    token = login(sandbox)["accessToken"]
    reply = sandbox.cli("sso", "get-role-credentials", "--access-token", token, "--role-name",
                        "AdministratorAccess", "--account-id", sandbox.account)["roleCredentials"]
    assert 3590 < reply["expiration"] / 1000 - time.time() <= 3601, reply["expiration"]
    who = sandbox.client("sts", credentials=portal_credentials(
        sandbox, token, "AdministratorAccess")).get_caller_identity()
    assert re.fullmatch(f"arn:aws:sts::{sandbox.account}:assumed-role/"
                        "AWSReservedSSO_AdministratorAccess_[0-9a-f]{16}/oncall", who["Arn"]), who
    fails("ForbiddenException", lambda: sandbox.client("sso").get_role_credentials(
        accessToken=token, accountId=sandbox.account, roleName="NoSuchRole"), 403, "No access")
    fails("UnauthorizedException", lambda: sandbox.client("sso").get_role_credentials(
        accessToken="nobody's", accountId=sandbox.account, roleName="ReadOnlyAccess"), 401,
        "Session token not found or invalid")


@case("sso: credentials by permission set; the roles of the portal cannot be assumed otherwise")
def _(sandbox):
    token = login(sandbox)["accessToken"]
    member = reachable(sandbox)
    admin, reader = (sandbox.client("sts", credentials=portal_credentials(sandbox, token, role))
                     for role in ("AdministratorAccess", "ReadOnlyAccess"))
    admin.assume_role(RoleArn=role_arn(member, ADMIN_ROLE), RoleSessionName="chain")
    fails("AccessDenied", lambda: reader.assume_role(
        RoleArn=role_arn(member, ADMIN_ROLE), RoleSessionName="chain"), 403)
    name = admin.get_caller_identity()["Arn"].split("/")[1]
    fails("AccessDenied", lambda: admin.assume_role(
        RoleArn=role_arn(sandbox.account, name), RoleSessionName="chain"), 403)


@operation("sso", "Logout")
def _(sandbox):
    tokens = login(sandbox)
    sso = sandbox.client("sso")
    sso.logout(accessToken=tokens["accessToken"])
    fails("UnauthorizedException", lambda: sso.list_accounts(accessToken=tokens["accessToken"]),
          401)
    fails("InvalidGrantException",
          lambda: refresh(sandbox, tokens["client"], tokens["refreshToken"]), 400)


@case("sso: tokens expire, sessions are revoked, role credentials go on")
def _(sandbox):
    with running(sandbox) as other:
        equal(other.control("sso", {"token_s": 60})[0], 200)
        sso, tokens = other.client("sso"), login(other)
        equal(tokens["expiresIn"], 60)
        role = portal_credentials(other, tokens["accessToken"], "ReadOnlyAccess")
        other.control("clock", {"advance_s": 61})
        fails("UnauthorizedException",
              lambda: sso.list_accounts(accessToken=tokens["accessToken"]), 401)
        again = refresh(other, tokens["client"], tokens["refreshToken"])
        sso.list_accounts(accessToken=again["accessToken"])
        equal(other.control("sso", {"action": "revoke"})[1]["sessions"], 0)
        fails("UnauthorizedException",
              lambda: sso.list_accounts(accessToken=again["accessToken"]), 401)
        other.client("sts", credentials=role).get_caller_identity()
        for body in ({}, [], {"token_s": -1}, {"token_s": "1"}, {"no_such_s": 1},
                     {"action": "dance"}):
            equal(other.control("sso", body)[0], 400, body)
        equal(other.control("sso", {"user_code": "AAAA-AAAA", "action": "approve"})[0], 404)


@case("sso: throttled in their words; the log keeps no secret")
def _(sandbox):
    with running(sandbox, "--fault", "throttle:operation=ListAccounts;"
                 "throttle:operation=StartDeviceAuthorization") as other:
        client = register(other)
        oauth(fails("SlowDownException", lambda: start(other, client), 400),
              "slow_down", "Too many requests")
        fails("TooManyRequestsException", lambda: other.client("sso").list_accounts(
            accessToken="x"), 429)
        records = other.requests()
        equal([(r["service"], r["operation"], r["account"], r["principal"]) for r in records[-2:]],
              [("sso-oidc", "StartDeviceAuthorization", None, None),
               ("sso", "ListAccounts", None, None)])
        assert client["clientSecret"] not in json.dumps(records)


@case("sso: no case has left a code that waits")
def _(sandbox):
    equal(sandbox.control("sso")[1]["pending"], [])
