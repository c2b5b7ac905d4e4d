/* Baselines: what covers what, against a judge by brute force; the file and its errors; what of a
 * group differs from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/gov/security_group/sg_baseline.h"
#include "core/gov/security_group/sg_cover.h"
#include "core/gov/security_group/sg_metadata.h"
#include "tests/support/dir.h"

enum { TCP = 6, UDP = 17, GRE = 47 };

static struct sg_rule from_cidr(int protocol, int from, int to, const char *cidr)
{
    struct sg_rule rule = {.protocol = protocol, .from_port = from, .to_port = to};
    rule.has_cidr = cidr_parse(sv_of(cidr), &rule.cidr);
    assert_true(rule.has_cidr);
    return rule;
}

static struct sg_rule from_group(int protocol, int port, const char *group)
{
    struct sg_rule rule = {.protocol = protocol, .from_port = port, .to_port = port};
    str_copy(rule.referenced_group_id, group);
    return rule;
}

static struct sg_rule from_list(int protocol, int port, const char *list,
                                const struct cidrs *entries)
{
    struct sg_rule rule = {.protocol = protocol, .from_port = port, .to_port = port};
    str_copy(rule.prefix_list_id, list);
    rule.prefix_list = entries;
    return rule;
}

/* --- covering -------------------------------------------------------------------------------- */

static void test_split(void **state)
{
    (void)state;
    struct sg_rule world = from_cidr(TCP, 22, 22, "0.0.0.0/0");
    struct sg_rule halves[] = {from_cidr(TCP, 22, 22, "128.0.0.0/1"),
                               from_cidr(TCP, 22, 22, "0.0.0.0/1")};
    assert_true(sg_rules_cover(halves, 2, &world));
    assert_false(sg_rules_cover(halves, 1, &world));
    assert_true(sg_rules_cover(&world, 1, &halves[0]));

    struct sg_rule range = from_cidr(TCP, 80, 90, "10.0.0.0/8");
    struct sg_rule ports[] = {from_cidr(TCP, 80, 84, "10.0.0.0/8"),
                              from_cidr(TCP, 85, 90, "10.0.0.0/9"),
                              from_cidr(TCP, 84, 95, "10.128.0.0/9")};
    assert_true(sg_rules_cover(ports, 3, &range));
    ports[1].from_port = 86;
    assert_false(sg_rules_cover(ports, 3, &range));
}

static void test_protocols_and_directions(void **state)
{
    (void)state;
    struct sg_rule ssh6 = from_cidr(TCP, 22, 22, "2001:db8::/32");
    struct sg_rule all6 = from_cidr(SG_PROTOCOL_ALL, -1, -1, "2001::/16");
    struct sg_rule all4 = from_cidr(SG_PROTOCOL_ALL, -1, -1, "0.0.0.0/0");
    struct sg_rule every_tcp = from_cidr(TCP, 0, 65535, "2001::/16");
    assert_true(sg_rules_cover(&all6, 1, &ssh6));
    assert_false(sg_rules_cover(&all4, 1, &ssh6));
    assert_false(sg_rules_cover(&every_tcp, 1, &all6));
    all6.egress = true;
    assert_false(sg_rules_cover(&all6, 1, &ssh6));
    assert_false(sg_rules_cover(NULL, 0, &ssh6));
}

static void test_names_and_lists(void **state)
{
    (void)state;
    struct cidr entries[2];
    cidr_parse(SV("10.0.0.0/9"), &entries[0]);
    cidr_parse(SV("10.128.0.0/9"), &entries[1]);
    struct cidrs both = {.ptr = entries, .len = 2}, one = {.ptr = entries, .len = 1};
    struct sg_rule range = from_cidr(TCP, 443, 443, "10.0.0.0/8");
    struct sg_rule whole = from_list(TCP, 443, "pl-1", &both);
    struct sg_rule part = from_list(TCP, 443, "pl-1", &one);
    struct sg_rule unread = from_list(TCP, 443, "pl-1", NULL);
    assert_true(sg_rules_cover(&whole, 1, &range));
    assert_true(sg_rules_cover(&range, 1, &whole));
    assert_false(sg_rules_cover(&part, 1, &range));
    assert_true(sg_rules_cover(&unread, 1, &unread));
    assert_false(sg_rules_cover(&range, 1, &unread));

    struct sg_rule app = from_group(TCP, 443, "sg-app"), web = from_group(TCP, 443, "sg-web");
    assert_true(sg_rules_cover(&app, 1, &app));
    assert_false(sg_rules_cover(&app, 1, &web));
    assert_false(sg_rules_cover(&range, 1, &app));
}

/* Addresses are told apart by their first three bits, ports by 0..9 and what lies beyond. */
static struct sg_rule random_rule(void)
{
    static const int protocols[] = {TCP, UDP, SG_PROTOCOL_ALL, TCP};
    struct sg_rule rule = {.protocol = protocols[rand() % 4], .has_cidr = true};
    int from = rand() % 10, to = rand() % 10;
    rule.from_port = rule.protocol == SG_PROTOCOL_ALL ? -1 : from < to ? from : to;
    rule.to_port = rule.protocol == SG_PROTOCOL_ALL ? -1 : from < to ? to : from;
    rule.cidr.v6 = rand() % 4 == 0;
    rule.cidr.prefix_len = (uint8_t)(rand() % 4);
    uint8_t top = (uint8_t)(rand() & 0xff & ~(0xff >> rule.cidr.prefix_len));
    rule.cidr.addr[rule.cidr.v6 ? 0 : 12] = top;
    return rule;
}

static bool lets_through(const struct sg_rule *rule, int protocol, int port, bool v6, int address)
{
    struct sg_stretch stretch = sg_rule_stretch(rule);
    uint8_t top = rule->cidr.addr[rule->cidr.v6 ? 0 : 12];
    return (rule->protocol == SG_PROTOCOL_ALL || rule->protocol == protocol) &&
           stretch.from <= port && port <= stretch.to && rule->cidr.v6 == v6 &&
           (address & ~(0xff >> rule->cidr.prefix_len)) == top;
}

static bool any_lets_through(const struct sg_rule *rules, size_t n, int protocol, int port, bool v6,
                             int address)
{
    for (size_t i = 0; i < n; i++)
        if (lets_through(&rules[i], protocol, port, v6, address))
            return true;
    return false;
}

static bool covers_by_force(const struct sg_rule *rules, size_t n, const struct sg_rule *rule)
{
    static const int protocols[] = {TCP, UDP, GRE};
    for (size_t p = 0; p < ARRAY_LEN(protocols); p++)
        for (int port = 0; port < 11; port++)
            for (int address = 0; address < 256; address += 32)
                for (int v6 = 0; v6 < 2; v6++)
                    if (lets_through(rule, protocols[p], port, v6, address) &&
                        !any_lets_through(rules, n, protocols[p], port, v6, address))
                        return false;
    return true;
}

static void test_by_brute_force(void **state)
{
    (void)state;
    size_t covered = 0, n_sets = 20000;
    srand(7);
    for (size_t set = 0; set < n_sets; set++) {
        struct sg_rule rules[8], rule = random_rule();
        size_t n = (size_t)(rand() % 9);
        for (size_t i = 0; i < n; i++)
            rules[i] = random_rule();
        bool expected = covers_by_force(rules, n, &rule);
        if (sg_rules_cover(rules, n, &rule) != expected)
            fail_msg("set %zu of %zu rules: brute force says %d", set, n, expected);
        covered += expected;
    }
    assert_in_range(covered, n_sets / 20, n_sets / 2); /* both answers were asked for */
}

/* --- the file -------------------------------------------------------------------------------- */

static void assert_fault(const char *text, const char *where, const char *message)
{
    struct sg_baseline *baseline;
    struct err err = ERR_NONE;
    assert_int_equal(sg_baseline_read(file_of("approved.json", sv_of(text)), &baseline, &err),
                     ERR_CONFIG);
    assert_null(baseline);
    assert_string_equal(err.where, where);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
}

static void test_faults_have_lines(void **state)
{
    (void)state;
    assert_fault("{\n \"groups\": [\n  {]\n}", "approved.json:3", "");
    assert_fault("[]", "approved.json:1", "an object is wanted");
    assert_fault("{}", "approved.json:1", "groups");
    assert_fault("{\"groups\": [\n{\"grup\": \"web\"}]}", "approved.json:2",
                 "unknown member 'grup'; did you mean group?");
    assert_fault("{\"groups\": [\n{\"region\": \"*\", \"rules\": []}]}", "approved.json:2",
                 "group: a text is wanted");
    assert_fault("{\"groups\": [\n{\"group\": \"web\"}]}", "approved.json:2", "rules");
    assert_fault("{\"groups\": [{\"group\": \"a\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tcp\", \"CidrIpv4\": \"10.0.0.0/8\"},\n"
                 "{\"IpProtocol\": \"tcp\", \"CidrIPv4\": \"10.0.0.0/8\"}]}]}",
                 "approved.json:3", "did you mean CidrIpv4?");
    assert_fault("{\"groups\": [{\"group\": \"{\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tcp\"}]}]}",
                 "approved.json:2", "one source is wanted");
    assert_fault("{\"groups\": [{\"group\": \"\\\"{\", \"rules\": [\n\n"
                 "{\"IpProtocol\": \"tcp\", \"CidrIpv4\": \"10.0.0.0\"}]}]}",
                 "approved.json:3", "CIDR");
    assert_fault("{\"groups\": [{\"group\": \"a\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tpc\", \"CidrIpv4\": \"10.0.0.0/8\"}]}]}",
                 "approved.json:2", "unknown protocol 'tpc'");
    assert_fault("{\"groups\": [{\"group\": \"a\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tcp\", \"FromPort\": 90, \"ToPort\": 80, \"CidrIpv4\": "
                 "\"10.0.0.0/8\"}]}]}",
                 "approved.json:2", "FromPort lies behind ToPort");
    static const char *const guesses[][2] = {
        {"\"FromPort\": 80, \"CidrIpv4\": \"10.0.0.0/8\"", "FromPort and ToPort stand together"},
        {"\"ToPort\": 80, \"CidrIpv4\": \"10.0.0.0/8\"", "FromPort and ToPort stand together"},
        {"\"IsEgress\": \"yes\", \"CidrIpv4\": \"10.0.0.0/8\"", "IsEgress: true or false"},
        {"\"PrefixListId\": 7", "PrefixListId"},
        {"\"CidrIpv4\": \"::/0\"", "CIDR"},
        {"\"CidrIpv6\": \"10.0.0.0/8\"", "CIDR"},
    };
    for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        buf_addf(&text,
                 "{\"groups\": [{\"group\": \"a\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tcp\", %s}]}]}",
                 guesses[i][0]);
        assert_fault(buf_cstr(&text), "approved.json:2", guesses[i][1]);
    }
    assert_fault("{\"groups\": [{\"group\": \"a\", \"rules\": [\n"
                 "{\"IpProtocol\": \"tcp\", \"ReferencedGroupInfo\": {\"UserId\": \"1\"}}]}]}",
                 "approved.json:2", "GroupId or GroupName");
    assert_fault("{\"groups\": [\n{\"account\": \"tag:a=b\", \"group\": \"a\", \"rules\": []}]}",
                 "approved.json:2", "tags do not stand here");
}

/* What `aws ec2 describe-security-group-rules` prints can be pasted. */
static const char approved_json[] =
    "{\"comment\": \"reviewed in March\", \"groups\": ["
    "{\"account\": \"shop, dev-*\", \"region\": \"eu-*\", \"group\": \"web-*\", \"rules\": ["
    "{\"SecurityGroupRuleId\": \"sgr-1\", \"GroupId\": \"sg-old\", \"GroupOwnerId\": \"1\","
    " \"IsEgress\": false, \"IpProtocol\": \"tcp\", \"FromPort\": 443, \"ToPort\": 443,"
    " \"CidrIpv4\": \"10.0.0.7/8\", \"Description\": \"offices\", \"Tags\": []},"
    "{\"IpProtocol\": \"-1\", \"ReferencedGroupInfo\": {\"GroupId\": \"self\"}},"
    "{\"IpProtocol\": \"tcp\", \"FromPort\": 22, \"ToPort\": 22,"
    " \"ReferencedGroupInfo\": {\"GroupName\": \"bastion\"}},"
    "{\"IpProtocol\": \"tcp\", \"FromPort\": 23, \"ToPort\": 23,"
    " \"ReferencedGroupInfo\": {\"GroupName\": \"gone\"}},"
    "{\"IpProtocol\": \"tcp\", \"FromPort\": 25, \"ToPort\": 25, \"PrefixListName\": \"mail\"}]},"
    "{\"group\": \"sg-0ab1\", \"rules\": ["
    "{\"IpProtocol\": \"17\", \"FromPort\": 53, \"ToPort\": 53, \"CidrIpv6\": \"fd00::/8\"}]},"
    "{\"group\": \"closed\", \"rules\": []}]}";

static bool name_group(void *arg, const char *name, char id[32])
{
    (void)arg;
    sv_copy(SV("sg-bastion"), id, 32);
    return strcmp(name, "bastion") == 0;
}

static bool name_list(void *arg, const char *name, char id[32])
{
    (void)arg;
    sv_copy(SV("pl-mail"), id, 32);
    return strcmp(name, "mail") == 0;
}

static const struct sg_baseline_names names = {name_group, name_list, NULL};

static void test_the_rules_of_a_group(void **state)
{
    (void)state;
    struct sg_baseline *baseline;
    struct account account = {.id = "333333333333", .name = (char *)"shop"};
    struct sg_baseline_group group = {&account, "eu-west-1", "sg-0ab1", "web-front"};
    struct sg_rules rules = {0};
    assert_int_equal(
        sg_baseline_read(file_of("approved.json", sv_of(approved_json)), &baseline, NULL), OK);
    assert_true(sg_baseline_names_lists(baseline));

    assert_true(sg_baseline_rules(baseline, &group, &names, &rules));
    assert_int_equal(rules.len, 5); /* the entries add up; the group that is gone is left out */
    assert_int_equal(rules.ptr[0].cidr.addr[15], 0);
    assert_string_equal(rules.ptr[0].group_id, "sg-0ab1");
    assert_string_equal(rules.ptr[0].rule_id, "");
    assert_string_equal(rules.ptr[1].referenced_group_id, "sg-0ab1");
    assert_string_equal(rules.ptr[2].referenced_group_id, "sg-bastion");
    assert_string_equal(rules.ptr[3].prefix_list_id, "pl-mail");
    assert_int_equal(rules.ptr[4].protocol, UDP);

    rules.len = 0;
    group.region = "us-east-1";
    assert_true(sg_baseline_rules(baseline, &group, &names, &rules));
    assert_int_equal(rules.len, 1); /* by its id, anywhere */
    rules.len = 0;
    group.id = "sg-2";
    assert_false(sg_baseline_rules(baseline, &group, &names, &rules)); /* nothing is said of it */
    group.name = "closed";
    assert_true(sg_baseline_rules(baseline, &group, &names, &rules));
    assert_int_equal(rules.len, 0); /* no rule at all is approved */
    assert_false(sg_baseline_rules(NULL, &group, &names, &rules));
    vec_free(&rules);
    sg_baseline_free(baseline);
}

/* --- comparing ------------------------------------------------------------------------------- */

struct told {
    size_t n_missing, n_extra, n_metadata;
    char note[160];
    const struct sg_rule *last;
    enum severity severity;
};

static void note(void *arg, const struct sg_difference *difference)
{
    struct told *told = arg;
    told->n_missing += strcmp(difference->type, "baseline_rule_missing") == 0;
    told->n_extra += strcmp(difference->type, "baseline_rule_extra") == 0;
    told->n_metadata += strcmp(difference->type, SG_BASELINE_METADATA) == 0;
    str_copy(told->note, difference->note);
    told->last = difference->rule;
    told->severity = difference->severity;
}

static struct told compare(const struct sg_rule *actual, size_t n_actual,
                           const struct sg_rule *approved, size_t n_approved)
{
    struct told told = {0};
    sg_baseline_compare(&sg_policy_default, actual, n_actual, approved, n_approved, note, &told);
    return told;
}

static void test_differences(void **state)
{
    (void)state;
    struct sg_rule approved = from_cidr(TCP, 443, 443, "10.0.0.0/8");
    struct sg_rule halves[] = {from_cidr(TCP, 443, 443, "10.0.0.0/9"),
                               from_cidr(TCP, 443, 443, "10.128.0.0/9")};
    struct told told = compare(halves, 2, &approved, 1); /* split is no difference */
    assert_int_equal(told.n_missing + told.n_extra, 0);
    told = compare(halves, 1, &approved, 1);
    assert_int_equal(told.n_missing, 1);
    assert_int_equal(told.n_extra, 0);
    assert_int_equal(told.severity, SEVERITY_MEDIUM);
    struct sg_rule wider = from_cidr(TCP, 443, 443, "10.0.0.0/7");
    told = compare(&wider, 1, &approved, 1);
    assert_int_equal(told.n_missing, 0);
    assert_int_equal(told.n_extra, 1);
    told = compare(NULL, 0, &approved, 1);
    assert_ptr_equal(told.last, &approved);
}

static void test_severity_of_what_is_not_approved(void **state)
{
    (void)state;
    const struct {
        struct sg_rule rule;
        enum severity severity;
    } rows[] = {
        {from_cidr(TCP, 8443, 8443, "10.1.0.0/16"), SEVERITY_LOW},
        {from_cidr(TCP, 8443, 8443, "fd00:1::/32"), SEVERITY_LOW},
        {from_cidr(TCP, 8443, 8443, "203.0.113.0/24"), SEVERITY_MEDIUM}, /* strangers */
        {from_cidr(TCP, 8443, 8443, "2001:db8::/32"), SEVERITY_MEDIUM},
        {from_cidr(TCP, 5432, 5432, "10.1.0.0/16"), SEVERITY_MEDIUM}, /* a dangerous port */
        {from_cidr(UDP, 5432, 5432, "10.1.0.0/16"), SEVERITY_LOW},
        {from_cidr(SG_PROTOCOL_ALL, -1, -1, "10.1.0.0/16"), SEVERITY_MEDIUM},
        {from_group(TCP, 8443, "sg-app"), SEVERITY_LOW},
        {from_group(TCP, 22, "sg-app"), SEVERITY_MEDIUM},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct told told = compare(&rows[i].rule, 1, NULL, 0);
        assert_int_equal(told.n_extra, 1);
        assert_int_equal(told.severity, rows[i].severity);
    }
}

/* What the file does not say is not compared; one of several approvals is enough. */
static void test_metadata(void **state)
{
    (void)state;
    struct sg_rule actual = from_cidr(TCP, 443, 443, "10.0.0.0/8");
    struct sg_rule approved[] = {actual, actual};
    actual.description = "old", actual.tags = "Owner=shop";
    assert_int_equal(compare(&actual, 1, approved, 1).n_metadata, 0);
    approved[0].description = "old";
    assert_int_equal(compare(&actual, 1, approved, 1).n_metadata, 0);
    approved[0].tags = "Owner=web";
    struct told told = compare(&actual, 1, approved, 1);
    assert_int_equal(told.n_metadata, 1);
    assert_int_equal(told.n_extra + told.n_missing, 0);
    assert_int_equal(told.severity, SEVERITY_INFO);
    assert_string_equal(told.note, "tags \"Owner=shop\", approved \"Owner=web\"");
    approved[0].description = "new";
    assert_string_equal(compare(&actual, 1, approved, 1).note,
                        "description \"old\", approved \"new\"; tags \"Owner=shop\", approved "
                        "\"Owner=web\"");
    approved[1].tags = "Owner=shop";
    assert_int_equal(compare(&actual, 1, approved, 2).n_metadata, 0);
    actual.to_port = 444; /* another rule, whatever it says */
    assert_int_equal(compare(&actual, 1, approved, 1).n_metadata, 0);
}

/* As AWS's wire has it, and as the AWS CLI prints it; AWS's own tags say nothing. */
static void test_metadata_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *json, *description, *tags;
    } rows[] = {
        {"{\"description\":\"x\",\"tagSet\":[{\"key\":\"b\",\"value\":\"2\"},"
         "{\"key\":\"aws:x\",\"value\":\"y\"},{\"key\":\"a\",\"value\":\"1\"}]}",
         "x", "a=1, b=2"},
        {"{\"Description\":\"\",\"Tags\":[]}", "", ""},
        {"{\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"}]}", NULL, "a=1"},
        {"{}", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(json_free_at) cJSON *json = NULL;
        assert_int_equal(json_parse(sv_of(rows[i].json), "test", &json, NULL), OK);
        AUTO_FREE char *description = sg_metadata_description(json);
        AUTO_FREE char *tags = sg_metadata_tags(json);
        assert_int_equal(description != NULL, rows[i].description != NULL);
        assert_int_equal(tags != NULL, rows[i].tags != NULL);
        if (description)
            assert_string_equal(description, rows[i].description);
        if (tags)
            assert_string_equal(tags, rows[i].tags);
    }
}

/* Every group lets everything out unless somebody says otherwise: it is looked at when wanted. */
static void test_egress(void **state)
{
    (void)state;
    struct sg_rule out = from_cidr(SG_PROTOCOL_ALL, -1, -1, "0.0.0.0/0");
    struct sg_rule narrow = from_cidr(TCP, 443, 443, "0.0.0.0/0");
    out.egress = narrow.egress = true;
    assert_int_equal(compare(&out, 1, NULL, 0).n_extra, 0);
    assert_int_equal(compare(&out, 1, &narrow, 1).n_extra, 1);
    assert_int_equal(compare(&out, 1, &narrow, 1).severity, SEVERITY_LOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_protocols_and_directions),
        cmocka_unit_test(test_names_and_lists),
        cmocka_unit_test(test_by_brute_force),
        cmocka_unit_test(test_faults_have_lines),
        cmocka_unit_test(test_the_rules_of_a_group),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_severity_of_what_is_not_approved),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_metadata_is_read),
        cmocka_unit_test(test_egress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
