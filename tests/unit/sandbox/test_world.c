/* The world: specs, totals, determinism, the organization, where the first finding lies. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/clock.h"
#include "tests/sandbox/world/network.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/unit/sandbox/helper_world.h"

static void specs_are_read(void **state)
{
    struct world_spec spec = WORLD_SPEC_DEFAULT;
    struct err err;
    (void)state;
    assert_int_equal(world_spec_parse(SV("accounts=3,seed=9,resources=0"), &spec, &err), OK);
    assert_int_equal(spec.accounts, 3);
    assert_int_equal(spec.regions, 4);
    assert_int_equal(spec.resources, 0);
    assert_int_equal(spec.seed, 9);
    assert_int_equal(world_spec_parse(SV("start=2026-03-01T03:00:00Z"), &spec, &err), OK);
    assert_int_equal(spec.start_ms, 1772334000000);
    assert_int_equal(world_spec_parse(SV(""), &spec, &err), OK);
}

static void wrong_specs_are_refused(void **state)
{
    static const char *const wrong[] = {
        "accounts=0",  "accounts=10001", "regions=0",    "regions=18",    "resources=-1",
        "resources=x", "seed=",          "seed=-4",      "accounts",      "=3",
        "colour=red",  "start=today",    "accounts=1 0", "resources=1e6", "resources=10000001",
        "start=",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct world_spec spec = WORLD_SPEC_DEFAULT, before = spec;
        struct err err;
        if (world_spec_parse(sv_of(wrong[i]), &spec, &err) != ERR_USAGE)
            fail_msg("accepted: %s", wrong[i]);
        assert_memory_equal(&spec, &before, sizeof spec);
    }
}

static uint64_t sum_of(struct world *world)
{
    uint64_t sum = 0;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        for (int type = 0; type < N_STORED_TYPES; type++)
            sum += cell_count(world, cell, (enum resource_type)type);
    return sum;
}

static void totals_are_exact(void **state)
{
    static const unsigned accounts[] = {1, 2, 3, 24, 60, 311};
    static const unsigned regions[] = {1, 4, 17};
    static const unsigned resources[] = {0, 1, 2, 7, 100, 3000, 12345, 1000000};
    (void)state;
    for (size_t a = 0; a < ARRAY_LEN(accounts); a++)
        for (size_t r = 0; r < ARRAY_LEN(regions); r++)
            for (size_t n = 0; n < ARRAY_LEN(resources); n++) {
                char spec[80];
                snprintf(spec, sizeof spec, "accounts=%u,regions=%u,resources=%u,seed=%zu",
                         accounts[a], regions[r], resources[n], a + r + n);
                struct world *world = make_world(spec);
                assert_int_equal(world_n_accounts(world), accounts[a]);
                assert_int_equal(world_n_regions(world), regions[r]);
                assert_int_equal(sum_of(world), resources[n]);
                world_free(world);
            }
}

/* The same number when it is asked of the aggregator, by type, by account, by a query. */
static void totals_are_the_same_by_every_way(void **state)
{
    static const char *const keys[] = {"RESOURCE_TYPE", "ACCOUNT_ID", "AWS_REGION"};
    struct world *world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    struct from from = from_management(world);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        int64_t sum = 0;
        cJSON *counts =
            ask(world, from, "config.GetAggregateDiscoveredResourceCounts",
                json_make("{ConfigurationAggregatorName:'organization',GroupByKey:%s}", keys[i]));
        assert_int_equal(number_at(counts, "TotalDiscoveredResources"), 3000);
        for (const cJSON *group = json_items(counts, "GroupedResourceCounts"); group;
             group = group->next)
            sum += number_at(group, "ResourceCount");
        assert_int_equal(sum, 3000);
        cJSON_Delete(counts);
    }
    cJSON *query = ask(world, from, "config.SelectAggregateResourceConfig",
                       json_make("{ConfigurationAggregatorName:'organization',"
                                 "Expression:'SELECT COUNT(*)'}"));
    assert_string_equal(json_items(query, "Results")->valuestring, "{\"COUNT(*)\":3000}");
    cJSON_Delete(query);
    world_free(world);
}

/* Everything that there is to say about the documents of a world, as one number. */
static uint64_t fingerprint(const char *spec)
{
    struct world *world = make_world(spec);
    uint64_t hash = 0;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        for (int type = 0; type < N_STORED_TYPES; type++)
            for (uint64_t i = 0; i < cell_count(world, cell, (enum resource_type)type); i++) {
                struct ref ref = {(enum resource_type)type, cell, i};
                struct resource resource;
                resource_describe(world, ref, &resource);
                cJSON *doc = doc_live(world, ref);
                AUTO_FREE char *text = json_print(doc);
                hash = hash * 31 + sv_hash(sv_of(resource.arn)) + sv_hash(sv_of(text));
                cJSON_Delete(doc);
            }
    world_free(world);
    return hash;
}

static void equal_specs_make_equal_worlds(void **state)
{
    (void)state;
    uint64_t seven = fingerprint("accounts=9,regions=2,resources=600,seed=7");
    assert_true(seven == fingerprint("seed=7,resources=600,regions=2,accounts=9"));
    assert_true(seven != fingerprint("accounts=9,regions=2,resources=600,seed=8"));
}

static void ids_lead_back_and_are_unique(void **state)
{
    struct world *world = make_world("accounts=12,regions=3,resources=2500,seed=3");
    struct map seen = {0};
    (void)state;
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        for (int type = 0; type < N_TYPES; type++)
            for (uint64_t i = 0; i < cell_count(world, cell, (enum resource_type)type); i++) {
                struct ref ref = {(enum resource_type)type, cell, i}, found;
                char id[RESOURCE_ID_SIZE], key[RESOURCE_ID_SIZE + 80];
                bool fresh;
                resource_id(world, ref, id);
                snprintf(key, sizeof key, "%s %s %u", type_infos[type].name, id,
                         type == ACCOUNT_SETTINGS ? cell : 0);
                map_put(&seen, sv_of(key), &fresh);
                assert_true(fresh);
                assert_true(resource_find(world, cell, (enum resource_type)type, id, &found));
                assert_int_equal(ref_pack(found), ref_pack(ref));
                uint32_t elsewhere = (cell + 1) % (uint32_t)world->n_cells;
                if (type == ACCOUNT_SETTINGS) /* the account's id, in all of its regions */
                    continue;
                assert_false(resource_find(world, elsewhere, (enum resource_type)type, id, &found));
            }
    map_done(&seen);
    world_free(world);
}

static void foreign_ids_lead_nowhere(void **state)
{
    static const char *const foreign[] = {"",
                                          "sg-",
                                          "sg-0",
                                          "sg-00000000000000000",
                                          "sg-0ffffffffffffffff",
                                          "i-0123456789abcdef0",
                                          "sg-0123456789abcdefg",
                                          "0123456789abcdef"};
    struct world *world = make_world("accounts=3,regions=1,resources=300,seed=1");
    struct ref ref;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        for (int type = 0; type < N_TYPES; type++)
            assert_false(resource_find(world, 0, (enum resource_type)type, foreign[i], &ref));
    world_free(world);
}

static void a_million_resources_cost_nothing_yet(void **state)
{
    struct rusage before, after;
    (void)state;
    int64_t start_us = clock_mono_us();
    getrusage(RUSAGE_SELF, &before);
    struct world *world = make_world("accounts=500,regions=8,resources=1000000,seed=5");
    struct from from = from_showcase(world);
    cJSON *groups = ask(world, from, "ec2.DescribeSecurityGroups", json_make("{MaxResults:5}"));
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(cJSON_GetArraySize(json_get(groups, "SecurityGroups")), 5);
    assert_true(clock_mono_us() - start_us < 1000000);
    assert_true(after.ru_maxrss - before.ru_maxrss < 32 * 1024);
    cJSON_Delete(groups);
    world_free(world);
}

static void the_clock_goes_forward_only(void **state)
{
    struct world *world = make_world("");
    (void)state;
    int64_t start_ms = world_now_ms(world);
    assert_int_equal(start_ms, 1772334000000);
    world_advance(world, 90);
    world_advance(world, -50);
    assert_int_equal(world_now_ms(world), start_ms + 90000);
    world_free(world);
}

static void the_organization_is_as_in_life(void **state)
{
    struct world *world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    int suspended = 0, access[4] = {0}, by_ou[N_OUS] = {0};
    (void)state;
    for (size_t i = 0; i < world->n_accounts; i++) {
        const struct account *account = &world->accounts[i];
        suspended += strcmp(account->state, "SUSPENDED") == 0;
        access[world_role_access(world, account->id, "OrganizationAccountAccessRole")]++;
        by_ou[account->ou]++;
    }
    assert_int_equal(suspended, 1);
    assert_int_equal(access[ROLE_MISSING], 2); /* the management account and the invited one */
    assert_int_equal(access[ROLE_DENIED], 1);  /* the suspended one */
    assert_int_equal(access[ROLE_POWERLESS], 1);
    for (int ou = 0; ou < N_OUS; ou++)
        assert_true(ou == OU_WORKLOADS ? by_ou[ou] == 0 : by_ou[ou] > 0);
    assert_int_equal(world_role_access(world, "000000000000", "OrganizationAccountAccessRole"),
                     ROLE_MISSING);
    assert_int_equal(world_role_access(world, world_management_account(world), "any"),
                     ROLE_MISSING);
    world_free(world);
}

static void the_tree_holds_every_account_once(void **state)
{
    struct world *world = make_world("accounts=90,regions=1,resources=0,seed=2");
    struct from from = from_management(world);
    cJSON *roots = ask(world, from, "organizations.ListRoots", NULL);
    const char *parents[N_OUS + 1] = {text_at(json_items(roots, "Roots"), "Id")};
    cJSON *lists[N_OUS + 1];
    size_t n_parents = 1, n_lists = 0, n_accounts = 0;
    (void)state;
    for (size_t i = 0; i < n_parents; i++) {
        cJSON *ous = ask_all(world, from, "organizations.ListOrganizationalUnitsForParent",
                             json_make("{ParentId:%s}", parents[i]), "OrganizationalUnits", NULL);
        const cJSON *ou;
        cJSON_ArrayForEach (ou, ous)
            parents[n_parents++] = text_at(ou, "Id");
        lists[n_lists++] = ous;
        cJSON *accounts = ask_all(world, from, "organizations.ListAccountsForParent",
                                  json_make("{ParentId:%s}", parents[i]), "Accounts", NULL);
        n_accounts += (size_t)cJSON_GetArraySize(accounts);
        cJSON_Delete(accounts);
    }
    assert_int_equal(n_parents, N_OUS);
    assert_int_equal(n_accounts, 90);
    for (size_t i = 0; i < n_lists; i++)
        cJSON_Delete(lists[i]);
    cJSON_Delete(roots);
    world_free(world);
}

static void members_may_not_list(void **state)
{
    struct world *world = make_world("");
    struct from member = from_showcase(world);
    struct from delegated = {world->accounts[world->delegated].id, "us-east-1"};
    (void)state;
    assert_refused(world, member, "organizations.ListAccounts", NULL, "AccessDeniedException");
    assert_refused(world, member, "organizations.ListRoots", NULL, "AccessDeniedException");
    cJSON *organization = ask(world, member, "organizations.DescribeOrganization", NULL);
    assert_string_equal(text_at(organization, "Organization.MasterAccountId"),
                        world_management_account(world));
    cJSON_Delete(organization);
    cJSON *accounts =
        ask_all(world, delegated, "organizations.ListAccounts", NULL, "Accounts", NULL);
    assert_int_equal(cJSON_GetArraySize(accounts), 24);
    cJSON_Delete(accounts);
    world_free(world);
}

/* ux.md: the first HIGH item lies where it can be approved, and has waited longest. */
static void the_first_finding_can_be_approved(void **state)
{
    struct world *world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    struct ref first = {.type = EC2_SECURITY_GROUP,
                        .cell = (uint32_t)(world->showcase * world->spec.regions),
                        .index = 1};
    struct resource group;
    (void)state;
    resource_describe(world, first, &group);
    assert_string_equal(group.name, "bastion");
    assert_true(ou_is_development(group.account->ou));
    assert_int_equal(group.account - world->accounts, 0);
    assert_true(network_attachment(world, first).attached);
    assert_false(network_attachment(world, first).exposed);
    int64_t since_ms = security_group_changed_ms(&group);
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        for (uint64_t i = 0; i < cell_count(world, cell, EC2_SECURITY_GROUP); i++) {
            struct ref other = {EC2_SECURITY_GROUP, cell, i};
            struct resource resource;
            resource_describe(world, other, &resource);
            bool same = cell == first.cell && i == first.index;
            if (!same && security_group_is_careless(world, other))
                assert_true(security_group_changed_ms(&resource) > since_ms);
        }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs_are_read),
        cmocka_unit_test(wrong_specs_are_refused),
        cmocka_unit_test(totals_are_exact),
        cmocka_unit_test(totals_are_the_same_by_every_way),
        cmocka_unit_test(equal_specs_make_equal_worlds),
        cmocka_unit_test(ids_lead_back_and_are_unique),
        cmocka_unit_test(foreign_ids_lead_nowhere),
        cmocka_unit_test(a_million_resources_cost_nothing_yet),
        cmocka_unit_test(the_clock_goes_forward_only),
        cmocka_unit_test(the_organization_is_as_in_life),
        cmocka_unit_test(the_tree_holds_every_account_once),
        cmocka_unit_test(members_may_not_list),
        cmocka_unit_test(the_first_finding_can_be_approved),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
