"""The console against moto: what boto3 makes there appears, what the console changes is read back.

Of AWS Config, moto only keeps what it is told: it evaluates nothing, and answers
DescribeComplianceByConfigRule, DescribeConfigRuleEvaluationStatus and DescribeDeliveryChannelStatus
with 500 and a page of HTML; of Systems Manager it lacks the nodes, of CloudTrail LookupEvents. So
everything here is partial coverage, said as such, and ages are not known.
"""
import functools
import os
import subprocess

from harness import case, contains, equal
from cases.watchdeck import once

RULE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "temporary"}]}


@functools.lru_cache(None)
def organization(moto):
    """{name: account id} of what is made there: an account at the root, another one in an OU."""
    organizations = moto.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(
        ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    made = {name: organizations.create_account(
        Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in ("payments", "shop-dev")}
    organizations.move_account(AccountId=made["payments"], SourceParentId=root,
                               DestinationParentId=unit)
    return made


@functools.lru_cache(None)
def bastion(moto, name):
    """(group id, rule id) of a group that lets the world in to port 22."""
    ec2 = moto.client("ec2", organization(moto)[name])
    group = ec2.create_security_group(
        GroupName="bastion", Description="SSH", VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"])
    rules = ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[RULE])
    return group["GroupId"], rules["SecurityGroupRules"][0]["SecurityGroupRuleId"]


def inbound(moto, name):
    """The group's inbound rules, as boto3 reads them."""
    group, _ = bastion(moto, name)
    rules = moto.client("ec2", organization(moto)[name]).describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return [r for r in rules if not r["IsEgress"]]


def listed(moto, screen):
    return once(moto, screen, "--region", moto.region)


@case("moto: accounts and their OUs", needs="moto")
def _(moto):
    made = organization(moto)
    said, status = listed(moto, "accounts")
    equal(status, 4)  # moto has no compliance
    equal({r["account_id"]: (r["name"], r["ou"], r["state"], r["reachable"])
           for r in said["rows"] if r["name"] in made},
          {made["payments"]: ("payments", "Root/Workloads", "ACTIVE", True),
           made["shop-dev"]: ("shop-dev", "Root", "ACTIVE", True)})
    equal({g["operation"] for g in said["coverage"]["gaps"]},
          {"config:DescribeComplianceByConfigRule"})


@case("moto: recorders, started, stopped and missing", needs="moto")
def _(moto):
    made = organization(moto)
    for name, account in made.items():
        config = moto.client("config", account)
        config.put_configuration_recorder(ConfigurationRecorder={
            "name": "default", "roleARN": f"arn:aws:iam::{account}:role/config",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "bucket"})
        if name == "payments":
            config.start_configuration_recorder(ConfigurationRecorderName="default")
    said, _ = listed(moto, "recorders")
    equal({r["account"]: (r["state"], r["name"], r["records"]) for r in said["rows"]},
          {"payments": ("ON", "default", "all types"),
           "shop-dev": ("STOPPED", "default", "all types"), "master": ("MISSING", None, None)})


@case("moto: Config rules, whose compliance nobody knows", needs="moto")
def _(moto):
    made = organization(moto)
    names = [f"rule-{number:02}" for number in range(30)]  # moto's pages have 25
    config = moto.client("config", made["shop-dev"])
    for name in names:
        config.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": {
            "Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}})
    said, _ = listed(moto, "rules")
    equal(sorted((r["account_id"], r["name"], r["identifier"], r["compliance"])
                 for r in said["rows"]),
          [(made["shop-dev"], name, "INCOMING_SSH_DISABLED", None) for name in names])


@case("moto: security groups that break policy", needs="moto")
def _(moto):
    made = organization(moto)
    groups = {name: bastion(moto, name) for name in made}
    said, _ = listed(moto, "findings")
    # The severity that is shown is lowered, as nothing uses the groups; moto knows no ages.
    equal({(r["account"], r["group_id"], r["security_group_rule_id"]):
           (r["type"], r["severity"], r["display_severity"], r["ports"], r["left_s"])
           for r in said["rows"] if r["group_name"] == "bastion" and not r["egress"]},
          {(name, *ids): ("unrestricted_dangerous_port", "HIGH", "MEDIUM", [22], None)
           for name, ids in groups.items()})


def play(moto, *lines):
    """Plays a script against moto; two of them share the trail, as two evenings of one person."""
    path = os.path.join(moto.folder, "script")
    with open(path, "w", encoding="utf-8") as script:
        script.write("\n".join(["wait NEEDS A DECISION", "gone loading", *lines, ""]))
    settings = os.path.join(moto.folder, "at_once.conf")
    with open(settings, "w", encoding="utf-8") as conf:
        conf.write("alone_wait = 0\n")
    who = moto.users["oncall"]
    done = subprocess.run(
        [os.path.join(moto.build, "watchdeck"), "--endpoint-url", moto.endpoint,
         "--region", moto.region, "--config", settings, "--script", path, "--size", "120x40", "--dump-screen"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        env={"HOME": moto.folder, "PATH": "/usr/bin:/bin", "AWS_REGION": moto.region,
             "AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret,
             "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@case("moto: a revoke through the gate, and its undo, are what boto3 reads", needs="moto")
def _(moto):
    group, rule = bastion(moto, "payments")
    equal([r["SecurityGroupRuleId"] for r in inbound(moto, "payments")], [rule])
    consent = ["wait ready: y approves", "keys y", "wait type the account's name",
               "type payments", "keys Enter", "wait verified", "snap end"]
    screen = play(moto, "type /account:=payments bastion", "keys Enter g",
                  "wait tcp 22 from 0.0.0.0/0", "keys A", *consent)
    contains(screen, f"Revoke tcp 22 from 0.0.0.0/0 in bastion ({group})")
    equal(inbound(moto, "payments"), [])
    assert inbound(moto, "shop-dev"), "another account's group was touched"

    play(moto, "keys u", "wait undoes a security fix", *consent)
    again = inbound(moto, "payments")
    equal([(r["IpProtocol"], r["FromPort"], r["ToPort"], r["CidrIpv4"], r["Description"])
           for r in again], [("tcp", 22, 22, "0.0.0.0/0", "temporary")])
    assert again[0]["SecurityGroupRuleId"] != rule
    trail, _ = once(moto, "trail")
    assert {"SUCCEEDED", "UNDONE"} <= {r["state"] for r in trail["rows"]}


@case("moto: a narrower source through the gate, and its undo, are what boto3 reads", needs="moto")
def _(moto):
    _, rule = bastion(moto, "shop-dev")
    consent = ["wait ready: y approves", "keys y", "wait type the account's name",
               "type shop-dev", "keys Enter", "wait verified", "snap end"]
    play(moto, "type /account:=shop-dev bastion", "keys Enter g", "wait tcp 22 from 0.0.0.0/0",
         "keys A", "wait ready: y approves", "keys e", "type 203.0.113.0/24", "keys Enter",
         "wait Narrow tcp 22", *consent)
    now, = inbound(moto, "shop-dev")
    equal((now["SecurityGroupRuleId"], now["CidrIpv4"], now["Description"]),
          (rule, "203.0.113.0/24", "temporary"))
    play(moto, "keys u", "wait undoes a security fix", *consent)
    now, = inbound(moto, "shop-dev")
    equal((now["SecurityGroupRuleId"], now["CidrIpv4"]), (rule, "0.0.0.0/0"))
