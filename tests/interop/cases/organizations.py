"""Organizations: the tree of accounts, seen from the management account and from below."""
import json

from harness import contains, equal, case, fails, operation


def everything(sandbox, method, key, **arguments):
    return sandbox.client("organizations").get_paginator(method).paginate(
        **arguments).build_full_result()[key]


def root(sandbox):
    return everything(sandbox, "list_roots", "Roots")[0]["Id"]


@operation("organizations", "DescribeOrganization")
def _(sandbox):
    reply = sandbox.cli("organizations", "describe-organization")["Organization"]
    equal(reply["MasterAccountId"], sandbox.account)
    assert reply["Id"].startswith("o-"), reply
    equal(reply["FeatureSet"], "ALL")
    contains(reply["Arn"], f":{sandbox.account}:organization/{reply['Id']}")


@operation("organizations", "ListAccounts")
def _(sandbox):
    accounts = everything(sandbox, "list_accounts", "Accounts")
    equal(len(accounts), 24)
    equal(len({a["Id"] for a in accounts}), 24)
    assert sandbox.account in {a["Id"] for a in accounts}
    for account in accounts:
        assert len(account["Id"]) == 12 and account["Id"].isdigit()
        assert account["Status"] in ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE")
        contains(account["Arn"], account["Id"])
    by_cli = sandbox.cli("organizations", "list-accounts")["Accounts"]
    equal([a["Id"] for a in by_cli], [a["Id"] for a in accounts])
    page = sandbox.client("organizations").list_accounts(MaxResults=3)
    equal(len(page["Accounts"]), 3)
    assert page["NextToken"]


@operation("organizations", "ListRoots")
def _(sandbox):
    roots = sandbox.client("organizations").list_roots()["Roots"]
    equal(len(roots), 1)
    equal(roots[0]["Name"], "Root")


@operation("organizations", "ListOrganizationalUnitsForParent")
def _(sandbox):
    units = everything(sandbox, "list_organizational_units_for_parent", "OrganizationalUnits",
                       ParentId=root(sandbox))
    assert len(units) >= 2, units
    for unit in units:
        assert unit["Id"].startswith("ou-"), unit
    fails("ParentNotFoundException", lambda: sandbox.client(
        "organizations").list_organizational_units_for_parent(ParentId="ou-zzzz-zzzzzzzz"))


@operation("organizations", "ListAccountsForParent")
def _(sandbox):
    found, parents = [], [root(sandbox)]
    while parents:
        parent = parents.pop()
        found += everything(sandbox, "list_accounts_for_parent", "Accounts", ParentId=parent)
        parents += [unit["Id"] for unit in everything(
            sandbox, "list_organizational_units_for_parent", "OrganizationalUnits",
            ParentId=parent)]
    equal(sorted(a["Id"] for a in found),
          sorted(a["Id"] for a in everything(sandbox, "list_accounts", "Accounts")))


@operation("organizations", "ListParents")
def _(sandbox):
    parents = sandbox.client("organizations").list_parents(ChildId=sandbox.account)["Parents"]
    equal(len(parents), 1)
    assert parents[0]["Type"] in ("ROOT", "ORGANIZATIONAL_UNIT")
    fails("ChildNotFoundException", lambda: sandbox.client(
        "organizations").list_parents(ChildId="000000000000"))


@operation("organizations", "ListTagsForResource")
def _(sandbox):
    tagged = [a["Id"] for a in everything(sandbox, "list_accounts", "Accounts")]
    tags = sandbox.client("organizations").list_tags_for_resource(ResourceId=tagged[1])["Tags"]
    for tag in tags:
        equal(set(tag), {"Key", "Value"})


@operation("organizations", "ListDelegatedAdministrators")
def _(sandbox):
    known = {a["Id"] for a in everything(sandbox, "list_accounts", "Accounts")}
    for administrator in everything(sandbox, "list_delegated_administrators",
                                    "DelegatedAdministrators"):
        assert administrator["Id"] in known, administrator
        assert administrator["DelegationEnabledDate"]


@case("organizations: page tokens are bound to their request")
def _(sandbox):
    client = sandbox.client("organizations")
    token = client.list_accounts(MaxResults=2)["NextToken"]
    equal(len(client.list_accounts(MaxResults=5, NextToken=token)["Accounts"]), 5)
    for call in (lambda: client.list_accounts(NextToken=token[:-8] + "AAAAAAA="),
                 lambda: client.list_accounts(NextToken="nonsense"),
                 lambda: client.list_roots(NextToken=token),
                 lambda: sandbox.client("organizations", user="viewer").list_accounts(
                     NextToken=token)):
        error = fails("InvalidInputException", call, 400)
        equal(error.get("Reason"), "INVALID_NEXT_TOKEN")


@case("organizations: the model's limits")
def _(sandbox):
    answer = sandbox.call("organizations", "ListAccounts", json.dumps({"MaxResults": 21}))
    equal((answer.code, answer.status), ("ValidationException", 400))
    contains(answer.text, "Value '21' at 'maxResults' failed to satisfy constraint: Member must "
                          "have value less than or equal to 20")
    answer = sandbox.call("organizations", "ListParents", json.dumps({"ChildId": "x"}))
    contains(answer.text, "Member must satisfy regular expression pattern: ^(\\\\d{12})")
