/* The walk through the organization. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/gov/helper_canned.h"

static struct estate *found;
static struct err found_err;
static bool walked;

static void tell_ui(void *arg)
{
    (void)arg;
    walked = true;
}

static void on_walked(struct gov *gov, struct estate *take_estate, const struct err *err)
{
    found = take_estate;
    found_err = *err;
    run_call(RUN_UI, RUN_NORMAL, gov->scope, tell_ui, NULL, NULL);
}

static void start_walk(void *arg)
{
    estate_walk(arg, on_walked);
}

/* Walks once; the caller owns found. */
static struct gov *walk(canned_fn *answer)
{
    struct gov *gov = canned_gov(answer);
    walked = false;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, start_walk, NULL, gov);
    assert_true(run_ui_until(&walked, 60000));
    return gov;
}

static void end_walk(struct gov *gov)
{
    estate_unref(found);
    found = NULL;
    canned_gov_free(gov);
}

static void whole(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
}

static void test_tree_order(void **state)
{
    (void)state;
    static const char *const names[] = {"management", "old", "vault", "dev", "shop"};
    static const char *const paths[] = {"Root", "Root/Security", "Root/Workloads"};
    struct gov *gov = walk(whole);
    assert_int_equal(found_err.code, OK);
    assert_int_equal(found->accounts.len, ARRAY_LEN(names));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_string_equal(found->accounts.ptr[i].name, names[i]);
    assert_int_equal(found->ous.len, ARRAY_LEN(paths));
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_string_equal(found->ous.ptr[i].path, paths[i]);
    assert_int_equal(found->regions.len, 2);
    assert_string_equal(found->regions.ptr[0], "eu-west-1");
    assert_string_equal(found->organization_id, "o-1");
    assert_int_equal(found->coverage.gaps.len, 0);
    assert_int_equal(canned_in_flight_max, 1); /* Organizations throttles */

    const struct account *account = estate_account(found, SV("555555555555"));
    assert_string_equal(account->state, "SUSPENDED"); /* State, whatever Status says */
    assert_false(account_is_active(account));
    assert_true(account_is_active(estate_account(found, SV("222222222222")))); /* Status alone */
    assert_true(estate_account(found, SV("111111111111"))->management);
    assert_null(estate_account(found, SV("999999999999")));
    end_walk(gov);
}

static void no_organization(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op != OP_organizations_DescribeOrganization)
        return;
    answer->pages[0] = NULL;
    err_set(&answer->err, ERR_AWS, "organizations", "not in use");
    str_copy(answer->err.aws_code, "AWSOrganizationsNotInUseException");
}

static void assert_single_account(const char *id)
{
    assert_int_equal(found->accounts.len, 1);
    assert_string_equal(found->accounts.ptr[0].id, id);
    assert_string_equal(found->accounts.ptr[0].state, "ACTIVE");
}

static void test_without_an_organization(void **state)
{
    (void)state;
    struct gov *gov = walk(no_organization);
    assert_single_account("111111111111");
    assert_int_equal(found->coverage.gaps.len, 0);
    assert_int_equal(canned_calls, 3);
    end_walk(gov);
}

static void twice_and_unknown(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_ec2_DescribeRegions)
        answer->pages[0] = "{\"regionInfo\":[{\"regionName\":\"eu-west-1\"},"
                           "{\"regionName\":\"eu-west-1\"}]}";
    if (request->op == OP_organizations_ListRoots)
        answer->pages[0] = "{}";
}

static void members_missing(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_organizations_ListAccountsForParent)
        answer->pages[0] = "{\"Accounts\":null}";
    if (request->op == OP_ec2_DescribeRegions)
        answer->pages[0] = "{}";
}

static size_t gaps_of(const char *operation)
{
    size_t n = 0;
    for (size_t i = 0; i < found->coverage.gaps.len; i++)
        n += strcmp(found->coverage.gaps.ptr[i].operation, operation) == 0;
    return n;
}

static void ous_missing(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_organizations_ListOrganizationalUnitsForParent)
        answer->pages[0] = "{\"OrganizationalUnits\":null}";
}

/* What is below is not known: the root is no leaf for that. */
static void test_ous_without_a_list(void **state)
{
    (void)state;
    struct gov *gov = walk(ous_missing);
    assert_int_equal(found->ous.len, 1);
    assert_int_equal(gaps_of("organizations:ListOrganizationalUnitsForParent"), 1);
    assert_int_equal(found->coverage.gaps.len, 1);
    end_walk(gov);
}

/* A list that lacks what has to be in it does not look complete. */
static void test_lists_that_cannot_be_whole(void **state)
{
    (void)state;
    struct gov *gov = walk(members_missing);
    assert_single_account("111111111111");
    assert_int_equal(found->regions.len, 1);
    assert_int_equal(gaps_of("ec2:DescribeRegions"), 1);
    assert_int_equal(gaps_of("organizations:ListAccountsForParent"), found->ous.len);
    assert_int_equal(found->coverage.gaps.len, 1 + found->ous.len);
    end_walk(gov);
}

static void own_account_missing(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_organizations_ListAccountsForParent)
        answer->pages[0] = "{\"Accounts\":[]}";
}

static void test_who_asks_is_listed(void **state)
{
    (void)state;
    struct gov *gov = walk(own_account_missing);
    assert_single_account("111111111111");
    assert_int_equal(found->coverage.gaps.len, 1);
    assert_string_equal(found->coverage.gaps.ptr[0].operation,
                        "organizations:ListAccountsForParent");
    assert_int_equal(found->coverage.gaps.ptr[0].err.code, ERR_PARSE);
    end_walk(gov);
}

/* What comes twice is there once; an organization without a root was not seen whole. */
static void test_regions_twice_and_no_root(void **state)
{
    struct account account = {.state = (char *)"A_STATE_OF_TOMORROW"};
    (void)state;
    struct gov *gov = walk(twice_and_unknown);
    assert_int_equal(found->regions.len, 1);
    assert_int_equal(found->coverage.gaps.len, 1);
    assert_string_equal(found->coverage.gaps.ptr[0].operation, "organizations:ListRoots");
    assert_true(account_is_active(&account));
    account.state = (char *)"PENDING_CLOSURE";
    assert_false(account_is_active(&account));
    end_walk(gov);
}

static void member(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_sts_GetCallerIdentity)
        answer->pages[0] = "{\"Account\":\"222222222222\",\"Arn\":\"arn:aws:iam::2:user/a\"}";
    if (request->op == OP_organizations_ListRoots) {
        answer->pages[0] = NULL;
        err_set(&answer->err, ERR_DENIED, "organizations:ListRoots", "no");
    }
}

/* A member account is not meant to list the organization. */
static void test_from_a_member_account(void **state)
{
    (void)state;
    struct gov *gov = walk(member);
    assert_single_account("222222222222");
    assert_string_equal(found->management_id, "111111111111");
    assert_int_equal(found->coverage.gaps.len, 0);
    end_walk(gov);
}

static void roots_denied(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op != OP_organizations_ListRoots && request->op != OP_ec2_DescribeRegions)
        return;
    answer->pages[0] = NULL;
    err_set(&answer->err, ERR_DENIED, "organizations:ListRoots", "no");
}

static void test_denied_in_the_management_account(void **state)
{
    (void)state;
    struct gov *gov = walk(roots_denied);
    assert_single_account("111111111111");
    assert_int_equal(found->coverage.gaps.len, 2);
    assert_string_equal(found->coverage.gaps.ptr[0].operation, "ec2:DescribeRegions");
    assert_string_equal(found->coverage.gaps.ptr[1].operation, "organizations:ListRoots");
    assert_int_equal(found->regions.len, 1); /* the home region stands in */
    assert_string_equal(found->regions.ptr[0], "us-east-1");
    end_walk(gov);
}

static bool is_parent(const struct aws_request *request, const char *id)
{
    return sv_eq_cstr(json_sv(request->params, "ParentId"), id);
}

static void one_ou_fails(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_organizations_ListAccountsForParent && is_parent(request, "ou-1")) {
        answer->pages[0] = NULL;
        err_set(&answer->err, ERR_THROTTLED, "organizations:ListAccountsForParent", "slow down");
    }
}

static void test_one_ou_fails(void **state)
{
    (void)state;
    struct gov *gov = walk(one_ou_fails);
    assert_int_equal(found->accounts.len, 3);
    assert_int_equal(found->coverage.gaps.len, 1);
    assert_int_equal(found->coverage.gaps.ptr[0].err.code, ERR_THROTTLED);
    end_walk(gov);
}

/* An OU that is its own grandchild, accounts told twice, ids that are none. */
static void hostile(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op == OP_organizations_ListOrganizationalUnitsForParent)
        answer->pages[0] = "{\"OrganizationalUnits\":[{\"Id\":\"r-1\",\"Name\":\"Root\"},"
                           "{\"Id\":\"ou-1\",\"Name\":\"a/../b\\u001b[2J\"},{\"Name\":\"x\"},7]}";
    if (request->op == OP_organizations_ListAccountsForParent)
        answer->pages[0] = "{\"Accounts\":[{\"Id\":\"222222222222\",\"Name\":\"\"},"
                           "{\"Id\":\"222222222222\"},{\"Id\":\"22222222222x\"},{\"Id\":\"\"},"
                           "{\"Id\":\"2222222222222\"},null,[]]}";
}

static void test_hostile_tree(void **state)
{
    (void)state;
    struct gov *gov = walk(hostile);
    assert_int_equal(found->ous.len, 2);
    assert_int_equal(found->accounts.len, 2); /* and the caller's own */
    assert_string_equal(found->accounts.ptr[0].id, "111111111111");
    end_walk(gov);
}

static void no_account(const struct aws_request *request, struct canned_answer *answer)
{
    (void)request;
    answer->pages[0] = "{\"Arn\":\"arn\"}";
}

static void test_identity_without_an_account(void **state)
{
    (void)state;
    struct gov *gov = walk(no_account);
    assert_null(found);
    assert_int_equal(found_err.code, ERR_PARSE);
    end_walk(gov);
}

static void test_production(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(whole);
    str_copy(gov->settings.production, "Workloads");
    walked = false;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, start_walk, NULL, gov);
    assert_true(run_ui_until(&walked, 60000));
    assert_true(estate_account(found, SV("333333333333"))->production);
    assert_false(estate_account(found, SV("444444444444"))->production);
    assert_true(gov_is_read_only(gov, estate_account(found, SV("333333333333"))));
    assert_false(gov_is_read_only(gov, estate_account(found, SV("444444444444"))));
    assert_false(gov_is_read_only(gov, NULL));
    str_copy(gov->settings.read_only, "vault");
    assert_true(gov_is_read_only(gov, estate_account(found, SV("444444444444"))));
    end_walk(gov);
}

static void test_path_order(void **state)
{
    (void)state;
    assert_true(ou_path_compare("Root", "Root/A") < 0);
    assert_true(ou_path_compare("Root/A", "Root/A/B") < 0);
    assert_true(ou_path_compare("Root/A/B", "Root/A b") < 0); /* a child before a sibling */
    assert_int_equal(ou_path_compare("Root/A", "Root/A"), 0);
}

/* --- profiles --------------------------------------------------------------------------------- */

static size_t profile_searches;
static char used[256];

static void canned_profiles(struct aws_client *client, struct scope *scope,
                            void (*profile_found)(void *arg, const struct aws_profile *profile),
                            void (*done)(void *arg), void (*drop)(void *arg), void *arg)
{
    static const struct aws_profile profiles[] = {
        {"work", "111111111111", "arn:aws:iam::111111111111:user/me", {0}},
        {"shop-admin", "333333333333", "arn:aws:sts::333333333333:assumed-role/Admin/me", {0}},
        {"shop-read", "333333333333", "arn:aws:sts::333333333333:assumed-role/Read/me", {0}},
        {"old", "", "", {.code = ERR_DENIED, .message = "no such role"}},
        {"lying", "12", "arn", {0}},
    };
    (void)client, (void)scope, (void)drop;
    profile_searches++;
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
        profile_found(arg, &profiles[i]);
    done(arg);
}

static void use_profile(struct aws_client *client, const char *account_id, const char *profile)
{
    (void)client;
    snprintf(used + strlen(used), sizeof used - strlen(used), "%s=%s;", account_id, profile);
}

static struct gov *walk_profiles_preferring(canned_fn *answer, bool wanted, const char *preferred)
{
    struct gov *gov = canned_gov(answer);
    str_copy(gov->settings.prefer_profiles, preferred);
    gov->find_profiles = canned_profiles;
    gov->use_profile = use_profile;
    gov->settings.profiles = wanted;
    profile_searches = 0;
    used[0] = '\0';
    walked = false;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, start_walk, NULL, gov);
    assert_true(run_ui_until(&walked, 60000));
    return gov;
}

static struct gov *walk_profiles(canned_fn *answer, bool wanted)
{
    return walk_profiles_preferring(answer, wanted, "");
}

/* Without an organization the profiles are the accounts; two of one account are told apart by their
 * roles, and the first is the one that is used. */
static void test_profiles_are_accounts(void **state)
{
    (void)state;
    struct gov *gov = walk_profiles(no_organization, true);
    assert_int_equal(found->accounts.len, 2);
    const struct account *shop = estate_account(found, SV("333333333333"));
    assert_string_equal(shop->name, "shop-admin");
    assert_string_equal(shop->profiles, "shop-admin (Admin)\nshop-read (Read)");
    assert_string_equal(used, "333333333333=shop-admin;");
    assert_true(account_matches(shop, SV("shop-read")));
    assert_true(account_matches(shop, SV("shop-*")));
    assert_false(account_matches(shop, SV("work")));
    assert_string_equal(estate_account(found, SV("111111111111"))->profiles, "work (user/me)");
    assert_int_equal(found->coverage.gaps.len, 1); /* an account that is not there is said */
    assert_string_equal(found->coverage.gaps.ptr[0].account_name, "old");
    end_walk(gov);

    gov = walk_profiles(no_organization, false);
    assert_int_equal(found->accounts.len, 1);
    assert_int_equal(profile_searches, 0);
    end_walk(gov);
}

/* Of two the one that the settings prefer is used, and gives the account its name. */
static void test_a_profile_is_preferred(void **state)
{
    (void)state;
    static const struct {
        const char *preferred, *name, *used;
    } rows[] = {{"*-read", "shop-read", "333333333333=shop-admin;333333333333=shop-read;"},
                {"shop-*", "shop-admin", "333333333333=shop-admin;"},
                {"work", "shop-admin", "333333333333=shop-admin;"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gov *gov = walk_profiles_preferring(no_organization, true, rows[i].preferred);
        assert_string_equal(estate_account(found, SV("333333333333"))->name, rows[i].name);
        assert_string_equal(used, rows[i].used);
        end_walk(gov);
    }
}

static struct err choice_err;
static bool chosen;

static void profile_chosen(void *arg, const struct err *err)
{
    (void)arg;
    choice_err = *err;
    chosen = true;
}

static enum err_code choose(struct gov *gov, const char *name)
{
    chosen = false;
    gov_use_profile(gov, name, gov->scope, profile_chosen, NULL);
    assert_true(run_ui_until(&chosen, 30000));
    return choice_err.code;
}

/* A person may change over to the other one, and back; a later walk keeps it. */
static void test_a_profile_is_chosen(void **state)
{
    (void)state;
    struct gov *gov = walk_profiles_preferring(no_organization, true, "shop-admin");
    gov->estate = found; /* as a console has it */
    assert_int_equal(choose(gov, "shop-read"), OK);
    struct estate *estate = gov_estate(gov);
    assert_string_equal(estate_account(estate, SV("333333333333"))->name, "shop-read");
    assert_string_equal(used, "333333333333=shop-admin;333333333333=shop-read;");
    estate_unref(estate);
    assert_int_equal(choose(gov, "nobody"), ERR_NOT_FOUND);
    assert_int_equal(choose(gov, "work"), ERR_UNSUPPORTED);
    assert_non_null(strstr(choice_err.message, "--profile work"));

    used[0] = '\0';
    walked = false;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, start_walk, NULL, gov);
    assert_true(run_ui_until(&walked, 30000));
    assert_string_equal(estate_account(found, SV("333333333333"))->name, "shop-read");
    assert_true(sv_ends(sv_of(used), SV("333333333333=shop-read;")));
    assert_int_equal(choose(gov, "shop-admin"), OK);
    end_walk(gov);
}

/* Whoever may not list the organization has them too; whoever may, not. */
static void test_when_profiles_are_asked(void **state)
{
    (void)state;
    static const struct {
        canned_fn *answer;
        size_t searches, accounts;
    } rows[] = {{member, 1, 3}, {roots_denied, 1, 2}, {whole, 0, 5}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gov *gov = walk_profiles(rows[i].answer, true);
        assert_int_equal(profile_searches, rows[i].searches);
        assert_int_equal(found->accounts.len, rows[i].accounts);
        end_walk(gov);
    }
}

/* --- patterns and tags ------------------------------------------------------------------------ */

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *patterns;
        bool matches;
    } rows[] = {
        {"shop", true},
        {"SHOP", true},
        {"3333*", true},
        {"Root/Workloads/Prod", true},
        {"Workloads/Prod", true},
        {"Workloads", false}, /* that OU alone */
        {"ou:Workloads", true},
        {"ou:Root", true},
        {"ou:Root/Work*", true},
        {"ou:Workloads/Prod", true},
        {"ou:Workloads/Pro", false},
        {"ou:Prod", false},
        {"ou:", false},
        {"tag:Environment=prod*", true},
        {"tag:environment=PROD", true},
        {"tag:Environment", true},
        {"tag:Environment=dev", false},
        {"tag:Note=a=b", true},
        {"tag:Nothing", false},
        {"tag:", false},
        {"nobody, tag:Owner=team-*", true},
        {"", false},
    };
    char name[] = "shop", path[] = "Root/Workloads/Prod", empty[] = "";
    char tags[] = "Environment=prod\nOwner=team-a\nNote=a=b\n";
    struct account account = {.id = "333333333333", .name = name, .ou_path = path, .tags = tags};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (account_matches(&account, sv_of(rows[i].patterns)) != rows[i].matches)
            fail_msg("'%s' %s", rows[i].patterns, rows[i].matches ? "does not match" : "matches");
    account.tags = NULL; /* not read */
    assert_false(account_matches(&account, SV("tag:Environment")));
    account.ou_path = empty; /* no organization */
    assert_false(account_matches(&account, SV("ou:*")));
    assert_true(account_matches(&account, SV("shop")));
}

static size_t tag_calls;
static enum err_code tags_answer;

static void tagged(const struct aws_request *request, struct canned_answer *answer)
{
    canned_organization(request, answer);
    if (request->op != OP_organizations_ListTagsForResource)
        return;
    tag_calls++;
    if (tags_answer != OK) {
        err_set(&answer->err, tags_answer, "organizations:ListTagsForResource", "no");
        str_copy(answer->err.iam_action, "organizations:ListTagsForResource");
    } else if (sv_eq_cstr(json_sv(request->params, "ResourceId"), "333333333333")) {
        answer->pages[0] = "{\"Tags\":[{\"Key\":\"Environment\",\"Value\":\"pr\"},7,"
                           "{\"Key\":\"Two\\nlines\",\"Value\":\"a\\nb\"}]}";
        answer->pages[1] = "{\"Tags\":[{\"Key\":\"Owner\",\"Value\":\"\"}]}";
    }
}

/* Loads accounts with that selection. */
static void load_accounts(struct gov *gov, const char *accounts, struct load_view *view)
{
    struct selection selection = {0};
    str_copy(selection.accounts, accounts);
    struct load *load = canned_open(gov, &screen_accounts, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, view);
    load_close(load);
}

static void test_tags_are_read_when_they_are_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *accounts;
        size_t rows, calls;
    } rows[] = {
        {"shop", 1, 0},
        {"tag:Environment=p*", 1, 5}, /* one request an account */
        {"tag:Owner", 1, 5},          /* kept */
        {"tag:Two lines=a b", 1, 5},
        {"dev,tag:Environment", 2, 5},
    };
    struct gov *gov = canned_gov(tagged);
    tag_calls = 0;
    tags_answer = OK;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct load_view view;
        load_accounts(gov, rows[i].accounts, &view);
        assert_int_equal(view.err.code, OK);
        assert_int_equal(table_count(view.table), rows[i].rows);
        assert_int_equal(tag_calls, rows[i].calls);
        load_view_done(&view);
    }
    assert_int_equal(canned_in_flight_max <= 8, true);
    canned_gov_free(gov);
}

/* Who may not read tags is told so, not that nothing matches; and the others are not asked for. */
static void test_tags_are_denied(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(tagged);
    struct load_view view;
    tag_calls = 0;
    tags_answer = ERR_DENIED;
    load_accounts(gov, "tag:Environment=prod", &view);
    assert_int_equal(view.err.code, ERR_DENIED);
    assert_string_equal(view.err.iam_action, "organizations:ListTagsForResource");
    assert_int_equal(tag_calls, 1);
    load_view_done(&view);
    canned_gov_free(gov);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_order),
        cmocka_unit_test(test_without_an_organization),
        cmocka_unit_test(test_from_a_member_account),
        cmocka_unit_test(test_regions_twice_and_no_root),
        cmocka_unit_test(test_ous_without_a_list),
        cmocka_unit_test(test_lists_that_cannot_be_whole),
        cmocka_unit_test(test_who_asks_is_listed),
        cmocka_unit_test(test_denied_in_the_management_account),
        cmocka_unit_test(test_one_ou_fails),
        cmocka_unit_test(test_hostile_tree),
        cmocka_unit_test(test_identity_without_an_account),
        cmocka_unit_test(test_production),
        cmocka_unit_test(test_path_order),
        cmocka_unit_test(test_profiles_are_accounts),
        cmocka_unit_test(test_a_profile_is_preferred),
        cmocka_unit_test(test_a_profile_is_chosen),
        cmocka_unit_test(test_when_profiles_are_asked),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_tags_are_read_when_they_are_wanted),
        cmocka_unit_test(test_tags_are_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
