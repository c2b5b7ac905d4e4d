/* AWS Config over the world: recorders, rules and their times, history, aggregation. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/services/config.h"
#include "tests/sandbox/world/network.h"
#include "tests/unit/sandbox/helper_world.h"

#define GROUP_TYPE "AWS::EC2::SecurityGroup"
#define DAY_S      86400
#define AGGREGATOR "ConfigurationAggregatorName:'organization'"

static struct world *world;
static struct from showcase, management;
static struct ref bastion;
static char bastion_id[RESOURCE_ID_SIZE];

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    showcase = from_showcase(world);
    management = from_management(world);
    bastion = (struct ref){.type = EC2_SECURITY_GROUP,
                           .cell = (uint32_t)(world->showcase * world->spec.regions),
                           .index = 1};
    resource_id(world, bastion, bastion_id);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static uint32_t find_cell(enum recorder_state state)
{
    for (uint32_t cell = 0; cell < world->n_cells; cell++)
        if (world->cells[cell].recorder == state && account_is_active(cell_account(world, cell)) &&
            (state == RECORDER_MISSING || cell_count(world, cell, EC2_SECURITY_GROUP) > 1))
            return cell;
    fail_msg("no such recorder");
    return 0;
}

/* --- recorders ------------------------------------------------------------------------------ */

static void recorders_are_as_in_life(void **state)
{
    static const struct {
        enum recorder_state state;
        bool exists, recording;
        const char *status, *delivery;
    } rows[] = {{RECORDER_ON, true, true, "Success", "Success"},
                {RECORDER_STOPPED, true, false, "Success", "Success"},
                {RECORDER_FAILING, true, true, "Failure", "Failure"},
                {RECORDER_MISSING, false, false, "", ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct from from = from_cell(world, find_cell(rows[i].state));
        cJSON *recorders = ask(world, from, "config.DescribeConfigurationRecorders", NULL);
        cJSON *states = ask(world, from, "config.DescribeConfigurationRecorderStatus", NULL);
        cJSON *channels = ask(world, from, "config.DescribeDeliveryChannels", NULL);
        cJSON *delivery = ask(world, from, "config.DescribeDeliveryChannelStatus", NULL);
        const cJSON *status = json_items(states, "ConfigurationRecordersStatus");
        assert_int_equal(json_items(recorders, "ConfigurationRecorders") != NULL, rows[i].exists);
        assert_int_equal(json_items(channels, "DeliveryChannels") != NULL, rows[i].exists);
        assert_int_equal(json_bool(status, "recording", false), rows[i].recording);
        assert_string_equal(text_at(status, "lastStatus"), rows[i].status);
        assert_string_equal(text_at(json_items(delivery, "DeliveryChannelsStatus"),
                                    "configSnapshotDeliveryInfo.lastStatus"),
                            rows[i].delivery);
        cJSON_Delete(delivery);
        cJSON_Delete(channels);
        cJSON_Delete(states);
        cJSON_Delete(recorders);
    }
    assert_refused(world, showcase, "config.DescribeConfigurationRecorders",
                   json_make("{ConfigurationRecorderNames:['other']}"),
                   "NoSuchConfigurationRecorderException");
    assert_refused(world, showcase, "config.DescribeDeliveryChannels",
                   json_make("{DeliveryChannelNames:['other']}"), "NoSuchDeliveryChannelException");
}

/* --- rules ---------------------------------------------------------------------------------- */

static void rules_come_in_pages_of_25(void **state)
{
    int pages;
    (void)state;
    cJSON *rules =
        ask_all(world, showcase, "config.DescribeConfigRules", NULL, "ConfigRules", &pages);
    cJSON *status = ask_all(world, showcase, "config.DescribeConfigRuleEvaluationStatus", NULL,
                            "ConfigRulesEvaluationStatus", NULL);
    assert_int_equal(cJSON_GetArraySize(rules), 85); /* all managed rules and a custom one */
    assert_int_equal(pages, 4);
    assert_int_equal(cJSON_GetArraySize(status), 85);
    const cJSON *ssh = find_in(rules, "ConfigRuleName", "restricted-ssh");
    assert_string_equal(text_at(ssh, "Source.SourceIdentifier"), "INCOMING_SSH_DISABLED");
    assert_string_equal(json_items(json_get(ssh, "Scope"), "ComplianceResourceTypes")->valuestring,
                        GROUP_TYPE);
    cJSON_Delete(rules);
    cJSON_Delete(status);
    assert_refused(world, showcase, "config.DescribeConfigRules",
                   json_make("{ConfigRuleNames:['no-such-rule']}"), "NoSuchConfigRuleException");
}

static const char *compliance_of(const char *rule)
{
    static char type[32];
    cJSON *reply = ask(world, showcase, "config.DescribeComplianceByConfigRule",
                       json_make("{ConfigRuleNames:[%s]}", rule));
    str_copy(type,
             text_at(json_items(reply, "ComplianceByConfigRules"), "Compliance.ComplianceType"));
    cJSON_Delete(reply);
    return type;
}

static void a_failing_function_has_no_verdict(void **state)
{
    (void)state;
    assert_string_equal(compliance_of("resource-owner-is-reachable"), "INSUFFICIENT_DATA");
    cJSON *reply = ask(world, showcase, "config.DescribeConfigRuleEvaluationStatus",
                       json_make("{ConfigRuleNames:['resource-owner-is-reachable']}"));
    const cJSON *status = json_items(reply, "ConfigRulesEvaluationStatus");
    assert_string_not_equal(text_at(status, "LastErrorCode"), "");
    cJSON_Delete(reply);
}

/* The verdict of restricted-ssh on the group that waits on the first screen. */
static const char *verdict_on_bastion(void)
{
    static char type[32];
    cJSON *results = ask_all(world, showcase, "config.GetComplianceDetailsByResource",
                             json_make("{ResourceType:'" GROUP_TYPE "',ResourceId:%s}", bastion_id),
                             "EvaluationResults", NULL);
    const cJSON *result =
        find_in(results, "EvaluationResultIdentifier.EvaluationResultQualifier.ConfigRuleName",
                "restricted-ssh");
    str_copy(type, text_at(result, "ComplianceType"));
    cJSON_Delete(results);
    return type;
}

static void revoke_bastion(void)
{
    cJSON *rules = ask(world, showcase, "ec2.DescribeSecurityGroupRules",
                       json_make("{Filters:[{Name:'group-id',Values:[%s]}]}", bastion_id));
    const char *id = text_at(json_items(rules, "SecurityGroupRules"), "SecurityGroupRuleId");
    cJSON *reply = ask(world, showcase, "ec2.RevokeSecurityGroupIngress",
                       json_make("{GroupId:%s,SecurityGroupRuleIds:[%s]}", bastion_id, id));
    assert_non_null(json_items(reply, "RevokedSecurityGroupRules"));
    cJSON_Delete(reply);
    cJSON_Delete(rules);
}

/* The change is recorded a little later, and evaluated a little later again. */
static void a_revoked_rule_turns_compliant(void **state)
{
    (void)state;
    assert_string_equal(verdict_on_bastion(), "NON_COMPLIANT");
    revoke_bastion();
    assert_string_equal(verdict_on_bastion(), "NON_COMPLIANT");
    world_advance(world, 16); /* recorded, not yet evaluated */
    assert_string_equal(verdict_on_bastion(), "NON_COMPLIANT");
    world_advance(world, 60);
    assert_string_equal(verdict_on_bastion(), "COMPLIANT");
}

static uint64_t count_non_compliant(const char *rule)
{
    cJSON *results =
        ask_all(world, showcase, "config.GetComplianceDetailsByConfigRule",
                json_make("{ConfigRuleName:%s,ComplianceTypes:['NON_COMPLIANT']}", rule),
                "EvaluationResults", NULL);
    uint64_t n = (uint64_t)cJSON_GetArraySize(results);
    cJSON_Delete(results);
    return n;
}

static void counts_follow_the_verdicts(void **state)
{
    (void)state;
    uint64_t before = count_non_compliant("restricted-ssh");
    assert_true(before >= 5);
    revoke_bastion();
    world_advance(world, 60);
    assert_int_equal(count_non_compliant("restricted-ssh"), before - 1);
}

/* A rule that looks once a day sees a change at its next look, or when it is asked to look. */
static void periodic_rules_look_in_time(void **state)
{
    char path[512];
    (void)state;
    struct deployed deployed =
        *evaluation_rule(world, bastion.cell, "ec2-ebs-encryption-by-default");
    struct ref account = {.type = ACCOUNT_SETTINGS, .cell = bastion.cell};
    struct outcome outcome;
    cJSON *doc = doc_live(world, account);
    bool was = cJSON_IsTrue(json_path(doc, "configuration.ebsEncryptionByDefault"));
    cJSON_Delete(doc);
    snprintf(path, sizeof path,
             "/resources/%s/%s/AWS::::Account/%s/configuration/ebsEncryptionByDefault",
             showcase.account_id, showcase.region, showcase.account_id);
    assert_int_equal(patch_one(world, "replace", path, cJSON_CreateBool(!was)), OK);
    enum compliance before = was ? COMPLIANT : NON_COMPLIANT;
    world_advance(world, 60);
    evaluation_outcome(world, &deployed, account, world_now_ms(world), &outcome);
    assert_int_equal(outcome.compliance, before);
    world_advance(world, DAY_S);
    evaluation_outcome(world, &deployed, account, world_now_ms(world), &outcome);
    assert_int_equal(outcome.compliance, !before);
}

static void rules_run_when_asked(void **state)
{
    (void)state;
    cJSON *names = json_make("{ConfigRuleNames:['ec2-ebs-encryption-by-default']}");
    cJSON *started =
        ask(world, showcase, "config.StartConfigRulesEvaluation", cJSON_Duplicate(names, true));
    assert_non_null(started);
    cJSON_Delete(started);
    cJSON *rules = ask(world, showcase, "config.DescribeConfigRules", cJSON_Duplicate(names, true));
    assert_string_equal(text_at(json_items(rules, "ConfigRules"), "ConfigRuleState"), "EVALUATING");
    cJSON_Delete(rules);
    assert_refused(world, showcase, "config.StartConfigRulesEvaluation",
                   cJSON_Duplicate(names, true), "ResourceInUseException");
    world_advance(world, 30);
    assert_refused(world, showcase, "config.StartConfigRulesEvaluation",
                   cJSON_Duplicate(names, true), "LimitExceededException");
    world_advance(world, 60);
    cJSON *again = ask(world, showcase, "config.StartConfigRulesEvaluation", names);
    assert_non_null(again);
    cJSON_Delete(again);
    assert_refused(world, showcase, "config.StartConfigRulesEvaluation",
                   json_make("{ConfigRuleNames:['no-such-rule']}"), "NoSuchConfigRuleException");
}

/* Time alone makes a certificate expire. */
static void time_changes_verdicts(void **state)
{
    uint64_t counts[2] = {0};
    (void)state;
    for (int later = 0; later < 2; later++) {
        for (uint32_t cell = 0; cell < world->n_cells; cell++) {
            const struct deployed *deployed =
                evaluation_rule(world, cell, "acm-certificate-expiration-check");
            uint64_t found[N_COMPLIANCES] = {0};
            if (deployed)
                evaluation_counts(world, deployed, world_now_ms(world), found);
            counts[later] += found[NON_COMPLIANT];
        }
        world_advance(world, 400 * DAY_S);
    }
    assert_true(counts[1] > counts[0] + 5);
}

static void stopped_recorders_see_nothing_new(void **state)
{
    (void)state;
    uint32_t cell = find_cell(RECORDER_STOPPED);
    struct ref group = {EC2_SECURITY_GROUP, cell, 1};
    struct item before, after;
    assert_true(item_recorded(world, group, world_now_ms(world), &before));
    cJSON *doc = doc_live(world, group);
    cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(doc, "tags"), "New", "tag");
    doc_change(world, group, doc);
    world_advance(world, DAY_S);
    assert_true(item_recorded(world, group, world_now_ms(world), &after));
    assert_int_equal(after.version, before.version);
    assert_null(json_path(after.doc, "tags.New"));
    item_done(&before);
    item_done(&after);
}

/* --- consistency ---------------------------------------------------------------------------- */

/* Counts by rule, details by rule and details by resource tell the same. */
static void all_ways_tell_the_same(void **state)
{
    (void)state;
    cJSON *rules = ask_all(world, showcase, "config.DescribeComplianceByConfigRule", NULL,
                           "ComplianceByConfigRules", NULL);
    const cJSON *rule;
    cJSON_ArrayForEach (rule, rules) {
        const char *type = text_at(rule, "Compliance.ComplianceType");
        uint64_t n = count_non_compliant(text_at(rule, "ConfigRuleName"));
        if (strcmp(type, "NON_COMPLIANT") != 0) {
            assert_int_equal(n, 0);
            continue;
        }
        int64_t capped = number_at(rule, "Compliance.ComplianceContributorCount.CappedCount");
        assert_int_equal(capped, n > 25 ? 25 : n);
        assert_int_equal(json_bool(json_path(rule, "Compliance.ComplianceContributorCount"),
                                   "CapExceeded", false),
                         n > 25);
    }
    cJSON_Delete(rules);
}

static void summaries_add_up(void **state)
{
    int64_t compliant = 0, violated = 0;
    (void)state;
    cJSON *rules = ask_all(world, showcase, "config.DescribeComplianceByConfigRule", NULL,
                           "ComplianceByConfigRules", NULL);
    const cJSON *rule;
    cJSON_ArrayForEach (rule, rules) {
        compliant += strcmp(text_at(rule, "Compliance.ComplianceType"), "COMPLIANT") == 0;
        violated += strcmp(text_at(rule, "Compliance.ComplianceType"), "NON_COMPLIANT") == 0;
    }
    cJSON *reply = ask(world, showcase, "config.GetComplianceSummaryByConfigRule", NULL);
    const cJSON *summary = json_get(reply, "ComplianceSummary");
    assert_int_equal(number_at(summary, "NonCompliantResourceCount.CappedCount"),
                     violated > 25 ? 25 : violated);
    assert_int_equal(number_at(summary, "CompliantResourceCount.CappedCount"),
                     compliant > 25 ? 25 : compliant);
    cJSON_Delete(reply);
    cJSON_Delete(rules);
}

static void unattached_groups_are_found(void **state)
{
    (void)state;
    const struct deployed *deployed =
        evaluation_rule(world, bastion.cell, "ec2-security-group-attached-to-eni-periodic");
    uint64_t n = cell_count(world, bastion.cell, EC2_SECURITY_GROUP);
    for (uint64_t i = 0; i < n; i++) {
        struct ref group = {EC2_SECURITY_GROUP, bastion.cell, i};
        enum compliance wanted = network_is_default(world, group)            ? NOT_APPLICABLE
                                 : network_attachment(world, group).attached ? COMPLIANT
                                                                             : NON_COMPLIANT;
        assert_int_equal(evaluation_verdict(world, deployed, group, world_now_ms(world)), wanted);
    }
}

/* --- resources ------------------------------------------------------------------------------ */

static void lists_and_counts_agree(void **state)
{
    (void)state;
    cJSON *counts = ask(world, showcase, "config.GetDiscoveredResourceCounts", NULL);
    int64_t sum = 0;
    for (const cJSON *count = json_items(counts, "resourceCounts"); count; count = count->next) {
        cJSON *list = ask_all(world, showcase, "config.ListDiscoveredResources",
                              json_make("{resourceType:%s}", text_at(count, "resourceType")),
                              "resourceIdentifiers", NULL);
        assert_int_equal(cJSON_GetArraySize(list), number_at(count, "count"));
        sum += number_at(count, "count");
        cJSON_Delete(list);
    }
    assert_int_equal(sum, number_at(counts, "totalDiscoveredResources"));
    cJSON_Delete(counts);
}

/* Every document can be shown: its texts parse, its id is the one asked for. */
static void every_resource_has_a_configuration(void **state)
{
    (void)state;
    for (int type = 0; type < N_STORED_TYPES; type++)
        for (uint32_t cell = 0; cell < world->n_cells; cell += 7) {
            struct item item;
            struct ref ref = {(enum resource_type)type, cell, 0};
            if (cell_count(world, cell, ref.type) == 0 ||
                !item_recorded(world, ref, world_now_ms(world), &item))
                continue;
            cJSON *full = item_full(&item);
            cJSON *configuration = cJSON_Parse(text_at(full, "configuration"));
            assert_true(cJSON_IsObject(configuration));
            assert_string_equal(text_at(full, "resourceType"), type_infos[type].name);
            cJSON_Delete(configuration);
            cJSON_Delete(full);
            item_done(&item);
        }
}

static void unknown_keys_are_unprocessed(void **state)
{
    (void)state;
    cJSON *reply = ask(world, showcase, "config.BatchGetResourceConfig",
                       json_make("{resourceKeys:[{resourceType:'" GROUP_TYPE "',resourceId:%s},"
                                 "{resourceType:'" GROUP_TYPE "',resourceId:'sg-1'}]}",
                                 bastion_id));
    assert_int_equal(cJSON_GetArraySize(json_get(reply, "baseConfigurationItems")), 1);
    assert_int_equal(cJSON_GetArraySize(json_get(reply, "unprocessedResourceKeys")), 1);
    cJSON_Delete(reply);
}

/* A page never spans more than seven days; some are empty. */
static void history_comes_in_spans(void **state)
{
    int pages;
    (void)state;
    revoke_bastion();
    world_advance(world, 60);
    cJSON *items = ask_all(world, showcase, "config.GetResourceConfigHistory",
                           json_make("{resourceType:'" GROUP_TYPE "',resourceId:%s}", bastion_id),
                           "configurationItems", &pages);
    assert_int_equal(cJSON_GetArraySize(items), 3); /* discovered, opened, closed */
    assert_true(pages >= 5);
    const cJSON *item;
    int64_t last = INT64_MAX;
    cJSON_ArrayForEach (item, items) {
        assert_true(number_at(item, "configurationItemCaptureTime") < last);
        last = number_at(item, "configurationItemCaptureTime");
    }
    cJSON *opened = cJSON_Parse(text_at(items->child->next, "configuration"));
    cJSON *closed = cJSON_Parse(text_at(items->child, "configuration"));
    assert_non_null(json_items(opened, "ipPermissions"));
    assert_null(json_items(closed, "ipPermissions"));
    cJSON_Delete(opened);
    cJSON_Delete(closed);
    cJSON_Delete(items);
    assert_refused(world, showcase, "config.GetResourceConfigHistory",
                   json_make("{resourceType:'" GROUP_TYPE "',resourceId:'sg-1'}"),
                   "ResourceNotDiscoveredException");
    assert_refused(world, showcase, "config.GetResourceConfigHistory",
                   json_make("{resourceType:'" GROUP_TYPE "',resourceId:%s,laterTime:100,"
                             "earlierTime:200}",
                             bastion_id),
                   "InvalidTimeRangeException");
}

/* Compliance over time: open, then closed again. */
static void compliance_has_a_history(void **state)
{
    char id[RESOURCE_ID_SIZE + 64];
    static const char *const wanted[] = {"COMPLIANT", "NON_COMPLIANT"};
    (void)state;
    revoke_bastion();
    world_advance(world, 60);
    snprintf(id, sizeof id, GROUP_TYPE "/%s", bastion_id);
    cJSON *items = ask_all(world, showcase, "config.GetResourceConfigHistory",
                           json_make("{resourceType:'" COMPLIANCE_TYPE "',resourceId:%s}", id),
                           "configurationItems", NULL);
    const cJSON *item = items->child;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++, item = item->next) {
        cJSON *found = cJSON_Parse(text_at(item, "configuration"));
        const cJSON *ssh =
            find_in(json_get(found, "configRuleList"), "configRuleName", "restricted-ssh");
        assert_string_equal(text_at(ssh, "complianceType"), wanted[i]);
        assert_string_equal(text_at(found, "targetResourceId"), bastion_id);
        cJSON_Delete(found);
    }
    cJSON_Delete(items);
    assert_refused(world, showcase, "config.GetResourceConfigHistory",
                   json_make("{resourceType:'" COMPLIANCE_TYPE "',resourceId:%s}", bastion_id),
                   "ResourceNotDiscoveredException");
}

/* --- the aggregator ------------------------------------------------------------------------- */

static void aggregators_are_for_administrators(void **state)
{
    (void)state;
    struct from elsewhere = {management.account_id, world_region(world, 1)};
    struct from delegated = {world->accounts[world->delegated].id, management.region};
    const struct from places[] = {management, delegated, showcase, elsewhere};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        cJSON *reply = ask(world, places[i], "config.DescribeConfigurationAggregators", NULL);
        assert_int_equal(json_items(reply, "ConfigurationAggregators") != NULL, i < 2);
        cJSON_Delete(reply);
    }
    assert_refused(world, showcase, "config.GetAggregateDiscoveredResourceCounts",
                   json_make("{" AGGREGATOR "}"), "NoSuchConfigurationAggregatorException");
    assert_refused(world, management, "config.DescribeConfigurationAggregators",
                   json_make("{NextToken:'x'}"), "InvalidNextTokenException");
}

static void one_source_is_outdated(void **state)
{
    (void)state;
    cJSON *all = ask_all(world, management, "config.DescribeConfigurationAggregatorSourcesStatus",
                         json_make("{" AGGREGATOR "}"), "AggregatedSourceStatusList", NULL);
    cJSON *outdated =
        ask_all(world, management, "config.DescribeConfigurationAggregatorSourcesStatus",
                json_make("{" AGGREGATOR ",UpdateStatus:['OUTDATED']}"),
                "AggregatedSourceStatusList", NULL);
    assert_int_equal(cJSON_GetArraySize(all), 23 * 4); /* the suspended account is not asked */
    assert_int_equal(cJSON_GetArraySize(outdated), 1);
    assert_true(number_at(outdated->child, "LastUpdateTime") <
                world_now_ms(world) / 1000 - 2 * DAY_S);
    cJSON_Delete(all);
    cJSON_Delete(outdated);
}

static int64_t aggregate_ssh(const char *account_id, const char *region)
{
    cJSON *results = ask_all(world, management, "config.GetAggregateComplianceDetailsByConfigRule",
                             json_make("{" AGGREGATOR
                                       ",ConfigRuleName:'restricted-ssh',AccountId:%s,AwsRegion:%s,"
                                       "ComplianceType:'NON_COMPLIANT'}",
                                       account_id, region),
                             "AggregateEvaluationResults", NULL);
    int64_t n = cJSON_GetArraySize(results);
    cJSON_Delete(results);
    return n;
}

/* Others learn of a change a minute later; the outdated source does not. */
static void aggregates_lag(void **state)
{
    (void)state;
    int64_t before = aggregate_ssh(showcase.account_id, showcase.region);
    revoke_bastion();
    world_advance(world, 45);
    assert_string_equal(verdict_on_bastion(), "COMPLIANT");
    assert_int_equal(aggregate_ssh(showcase.account_id, showcase.region), before);
    world_advance(world, 60);
    assert_int_equal(aggregate_ssh(showcase.account_id, showcase.region), before - 1);
    struct ref group = {EC2_SECURITY_GROUP, (uint32_t)world->outdated, 1};
    struct from outdated = from_cell(world, group.cell);
    before = aggregate_ssh(outdated.account_id, outdated.region);
    cJSON *doc = doc_live(world, group);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(doc, "rules"),
                         json_make("{securityGroupRuleId:'sgr-1',isEgress:false,ipProtocol:'tcp',"
                                   "fromPort:22,toPort:22,cidrIpv4:'0.0.0.0/0'}"));
    doc_change(world, group, doc);
    world_advance(world, DAY_S);
    assert_int_equal(aggregate_ssh(outdated.account_id, outdated.region), before);
}

static void aggregate_numbers_agree(void **state)
{
    int64_t non_compliant = 0, by_account = 0;
    (void)state;
    cJSON *rules = ask_all(world, management, "config.DescribeAggregateComplianceByConfigRules",
                           json_make("{" AGGREGATOR ",Filters:{ComplianceType:'NON_COMPLIANT'}}"),
                           "AggregateComplianceByConfigRules", NULL);
    non_compliant = cJSON_GetArraySize(rules);
    cJSON *summary = ask_all(world, management, "config.GetAggregateConfigRuleComplianceSummary",
                             json_make("{" AGGREGATOR ",GroupByKey:'ACCOUNT_ID'}"),
                             "AggregateComplianceCounts", NULL);
    const cJSON *group;
    cJSON_ArrayForEach (group, summary)
        by_account += number_at(group, "ComplianceSummary.NonCompliantResourceCount.CappedCount");
    assert_true(non_compliant > 100);
    assert_int_equal(by_account, non_compliant);
    cJSON_Delete(rules);
    cJSON_Delete(summary);
    assert_refused(world, management, "config.DescribeAggregateComplianceByConfigRules",
                   json_make("{" AGGREGATOR ",Filters:{ComplianceType:'NOT_APPLICABLE'}}"),
                   "ValidationException");
}

static void aggregate_resources_can_be_got(void **state)
{
    int pages;
    (void)state;
    cJSON *list = ask_all(world, management, "config.ListAggregateDiscoveredResources",
                          json_make("{" AGGREGATOR ",ResourceType:'" GROUP_TYPE "'}"),
                          "ResourceIdentifiers", &pages);
    assert_true(pages > 3);
    cJSON *one = cJSON_DetachItemFromArray(list, 150);
    cJSON *reply =
        ask(world, management, "config.BatchGetAggregateResourceConfig",
            json_make("{" AGGREGATOR ",ResourceIdentifiers:[%o]}", cJSON_Duplicate(one, true)));
    const cJSON *item = json_items(reply, "BaseConfigurationItems");
    assert_string_equal(text_at(item, "resourceId"), text_at(one, "ResourceId"));
    assert_string_equal(text_at(item, "accountId"), text_at(one, "SourceAccountId"));
    cJSON *filtered =
        ask_all(world, management, "config.ListAggregateDiscoveredResources",
                json_make("{" AGGREGATOR ",ResourceType:'" GROUP_TYPE "',Filters:{ResourceId:%s}}",
                          text_at(one, "ResourceId")),
                "ResourceIdentifiers", NULL);
    assert_int_equal(cJSON_GetArraySize(filtered), 1);
    cJSON_Delete(filtered);
    cJSON_Delete(reply);
    cJSON_Delete(one);
    cJSON_Delete(list);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(recorders_are_as_in_life),
        WORLD_TEST(rules_come_in_pages_of_25),
        WORLD_TEST(a_failing_function_has_no_verdict),
        WORLD_TEST(a_revoked_rule_turns_compliant),
        WORLD_TEST(counts_follow_the_verdicts),
        WORLD_TEST(periodic_rules_look_in_time),
        WORLD_TEST(rules_run_when_asked),
        WORLD_TEST(time_changes_verdicts),
        WORLD_TEST(stopped_recorders_see_nothing_new),
        WORLD_TEST(all_ways_tell_the_same),
        WORLD_TEST(summaries_add_up),
        WORLD_TEST(unattached_groups_are_found),
        WORLD_TEST(lists_and_counts_agree),
        WORLD_TEST(every_resource_has_a_configuration),
        WORLD_TEST(unknown_keys_are_unprocessed),
        WORLD_TEST(history_comes_in_spans),
        WORLD_TEST(compliance_has_a_history),
        WORLD_TEST(aggregators_are_for_administrators),
        WORLD_TEST(one_source_is_outdated),
        WORLD_TEST(aggregates_lag),
        WORLD_TEST(aggregate_numbers_agree),
        WORLD_TEST(aggregate_resources_can_be_got),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
