"""Faults that concern credentials: sessions that end early, single sign-on revoked, clocks off."""
import email.utils
import time

from cases.sso import login, portal_credentials
from cases.sts import reachable
from harness import ADMIN_ROLE, case, contains, equal, fails, running


@case("expired: a session ends after its calls, in each service's words; a new one goes on")
def _(sandbox):
    with running(sandbox, "--fault", "expired:calls=3") as other:
        for service, call, code in (
                ("ec2", "describe_regions", "RequestExpired"),
                ("config", "describe_config_rules", "ExpiredTokenException"),
                ("sts", "get_caller_identity", "ExpiredToken")):
            who = other._session(other.account, "WatchdeckOnCall")
            ask = getattr(other.client(service, credentials=who), call)
            for _ in range(3):
                ask()
            for _ in range(2):
                fails(code, ask, message="expired")
        for _ in range(8):
            other.client("ec2").describe_regions()  # a user's key has no end


@case("expired: only so many, after so many")
def _(sandbox):
    with running(sandbox, "--fault", "expired:service=ec2,after=2,first=1") as other:
        account = reachable(other)
        ended = 0
        for _ in range(3):
            who = other._session(account, ADMIN_ROLE)
            ec2 = other.client("ec2", credentials=who)
            for _ in range(3):
                try:
                    ec2.describe_regions()
                except Exception as e:
                    equal(e.response["Error"]["Code"], "RequestExpired")
                    ended += 1
                    break
        equal(ended, 1)


@case("revoked: single sign-on ends in the middle, a new login lasts")
def _(sandbox):
    with running(sandbox, "--fault", "revoked:operation=GetRoleCredentials,after=2,first=1"
                 ) as other:
        token = login(other)["accessToken"]
        for _ in range(2):
            portal_credentials(other, token, "ReadOnlyAccess")
        fails("UnauthorizedException",
              lambda: portal_credentials(other, token, "ReadOnlyAccess"), 401)
        again = login(other)["accessToken"]
        for _ in range(3):
            portal_credentials(other, again, "ReadOnlyAccess")


@case("throttle: STS has its limits")
def _(sandbox):
    with running(sandbox, "--fault", "throttle:service=sts,operation=AssumeRole,after=1,first=2"
                 ) as other:
        other._session(other.account, "WatchdeckOnCall")
        for _ in range(2):
            fails("Throttling", lambda: other._session(other.account, "WatchdeckOnCall"), 400,
                  "Rate exceeded")
        other._session(other.account, "WatchdeckOnCall")


@case("skew: the services' clocks and the Date header are off, and signatures are judged by them")
def _(sandbox):
    for seconds, words in ((960, "Signature expired: "), (-960, "Signature not yet current: ")):
        with running(sandbox, "--fault", f"skew:s={seconds}") as other:
            fails("SignatureDoesNotMatch", other.client("sts").get_caller_identity, 403, words)
            answer = other.send(body=b"Action=GetCallerIdentity&Version=2011-06-15", headers={
                "Content-Type": "application/x-www-form-urlencoded"})
            dates = answer.headers["Date"]
            off = email.utils.parsedate_to_datetime(dates).timestamp() - time.time()
            assert abs(off - seconds) < 30, dates
    with running(sandbox, "--fault", "skew:s=120") as other:
        reply = other.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{other.account}:role/WatchdeckOnCall", RoleSessionName="skew",
            DurationSeconds=900)
        left = reply["Credentials"]["Expiration"].timestamp() - time.time()
        assert 990 < left <= 1021, left
        contains(reply["AssumedRoleUser"]["Arn"], "/skew")
