/* The condition table: the truth table, unions, forms on the wire, and a brute-force
 * judge that random groups are compared with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/gov/security_group/sg_policy.h"

static struct sg_rule rule_make(int protocol, int from, int to, const char *cidr)
{
    struct sg_rule rule = {.rule_id = "sgr-1", .protocol = protocol, .from_port = from};
    rule.to_port = to;
    rule.has_cidr = cidr_parse(sv_of(cidr), &rule.cidr);
    assert_true(rule.has_cidr);
    return rule;
}

static struct sg_violation judge_one(struct sg_rule rule)
{
    struct sg_violation violation;
    sg_policy_judge(&sg_policy_default, &rule, 1, &violation);
    return violation;
}

static void ports_text(const struct sg_violation *violation, struct buf *text)
{
    buf_clear(text);
    for (size_t i = 0; i < violation->n_ports; i++)
        buf_addf(text, "%s%u", i ? " " : "", violation->ports[i]);
}

static void test_truth_table(void **state)
{
    (void)state;
    static const struct {
        int protocol, from, to;
        const char *cidr, *type;
        enum severity severity;
        const char *ports;
    } rows[] = {
        {6, 22, 22, "0.0.0.0/0", "unrestricted_dangerous_port", SEVERITY_HIGH, "22"},
        {6, 443, 443, "0.0.0.0/0", "world_web", SEVERITY_INFO, ""},
        {6, 0, 65535, "0.0.0.0/0", "unrestricted_all_ports", SEVERITY_CRITICAL, ""},
        {-1, -1, -1, "0.0.0.0/0", "unrestricted_all_traffic", SEVERITY_CRITICAL, ""},
        {6, 3000, 4000, "0.0.0.0/0", "unrestricted_dangerous_port", SEVERITY_HIGH, "3306 3389"},
        {6, 1000, 6000, "0.0.0.0/0", "unrestricted_dangerous_port", SEVERITY_HIGH,
         "1433 3306 3389 5432"},
        {6, 1025, 65535, "0.0.0.0/0", "unrestricted_dangerous_port", SEVERITY_HIGH,
         "1433 3306 3389 5432 6379 27017"},
        {6, 20, 25, "0.0.0.0/0", "unrestricted_dangerous_port", SEVERITY_HIGH, "22"},
        {1, -1, -1, "0.0.0.0/0", "unrestricted_icmp", SEVERITY_LOW, ""},
        {1, 8, -1, "0.0.0.0/0", "unrestricted_icmp", SEVERITY_INFO, ""},
        {58, 128, 0, "::/0", "unrestricted_icmp", SEVERITY_INFO, ""},
        {58, 8, 0, "::/0", "unrestricted_icmp", SEVERITY_LOW, ""},
        {17, 22, 22, "0.0.0.0/0", "unrestricted_protocol", SEVERITY_MEDIUM, ""},
        {17, 443, 443, "0.0.0.0/0", "world_web", SEVERITY_INFO, ""},
        {17, 0, 65535, "::/0", "unrestricted_all_ports", SEVERITY_CRITICAL, ""},
        {6, 22, 22, "::/0", "unrestricted_dangerous_port", SEVERITY_HIGH, "22"},
        {47, -1, -1, "0.0.0.0/0", "unrestricted_protocol", SEVERITY_MEDIUM, ""},
        {6, 80, 443, "0.0.0.0/0", "unrestricted_privileged_port", SEVERITY_MEDIUM, ""},
        {6, 1024, 1024, "0.0.0.0/0", "unrestricted_privileged_port", SEVERITY_MEDIUM, ""},
        {6, 1025, 1025, "0.0.0.0/0", "unrestricted_port", SEVERITY_LOW, ""},
        {6, 8080, 8080, "0.0.0.0/0", "unrestricted_port", SEVERITY_LOW, ""},
        {6, -1, -1, "0.0.0.0/0", "unrestricted_all_ports", SEVERITY_CRITICAL, ""},
        {6, 22, 22, "10.0.0.0/8", NULL, SEVERITY_NONE, ""},
        {6, 22, 22, "10.0.0.0/7", "broad_source", SEVERITY_MEDIUM, "22"},
        {6, 443, 443, "128.0.0.0/1", "broad_source", SEVERITY_INFO, ""},
        {-1, -1, -1, "2000::/3", "broad_source", SEVERITY_HIGH, ""},
        {6, 22, 22, "2001:db8::/32", NULL, SEVERITY_NONE, ""},
    };
    AUTO(buf_done) struct buf ports = BUF_NONE;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sg_violation violation =
            judge_one(rule_make(rows[i].protocol, rows[i].from, rows[i].to, rows[i].cidr));
        ports_text(&violation, &ports);
        if (rows[i].type)
            assert_string_equal(violation.type, rows[i].type);
        else
            assert_null(violation.type);
        assert_string_equal(severity_name(violation.severity), severity_name(rows[i].severity));
        assert_string_equal(buf_cstr(&ports), rows[i].ports);
        assert_false(violation.by_union);
    }
}

static void test_other_sources(void **state)
{
    (void)state;
    struct sg_rule list = {.protocol = 6, .from_port = 22, .to_port = 22, .prefix_list_id = "pl-1"};
    assert_null(judge_one(list).type);
    list.prefix_list_world = true;
    assert_string_equal(judge_one(list).type, "unrestricted_dangerous_port");

    struct sg_rule self = {.protocol = -1, .from_port = -1, .referenced_group_id = "sg-1"};
    assert_null(judge_one(self).type);
    self.default_group = true;
    assert_string_equal(judge_one(self).type, "default_group_rule");
    assert_int_equal(judge_one(self).severity, SEVERITY_HIGH);

    struct sg_rule web = rule_make(6, 443, 443, "0.0.0.0/0");
    web.default_group = true;
    assert_string_equal(judge_one(web).type, "world_web"); /* the first row wins, INFO included */

    struct sg_rule out = rule_make(-1, -1, -1, "::/0");
    out.egress = true;
    assert_string_equal(judge_one(out).type, "egress_open");
    assert_int_equal(judge_one(out).severity, SEVERITY_INFO);
    out.protocol = 6;
    assert_null(judge_one(out).type);
    out.default_group = true; /* in either direction, whatever it is */
    assert_string_equal(judge_one(out).type, "default_group_rule");
    out.protocol = -1;
    assert_string_equal(judge_one(out).type, "default_group_rule");
    assert_int_equal(judge_one(out).severity, SEVERITY_HIGH);
}

static void test_union_of_halves(void **state)
{
    (void)state;
    struct sg_rule rules[] = {
        rule_make(6, 22, 22, "0.0.0.0/1"),   rule_make(6, 22, 22, "128.0.0.0/1"),
        rule_make(6, 22, 22, "10.0.0.0/16"), rule_make(6, 443, 443, "128.0.0.0/1"),
        rule_make(6, 22, 22, "8000::/1"),
    };
    struct sg_violation violations[ARRAY_LEN(rules)];
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(violations[i].type, "unrestricted_dangerous_port");
        assert_int_equal(violations[i].severity, SEVERITY_HIGH);
        assert_int_equal(violations[i].n_ports, 1);
        assert_true(violations[i].by_union);
    }
    assert_null(violations[2].type); /* adds nothing to the union */
    assert_string_equal(violations[3].type, "broad_source");
    assert_string_equal(violations[4].type, "broad_source");
    assert_false(violations[4].by_union);
}

/* Ranges of ports that overlap only in part open only that part. */
static void test_union_over_port_intervals(void **state)
{
    (void)state;
    struct sg_rule rules[] = {
        rule_make(6, 400, 3400, "0.0.0.0/1"),
        rule_make(6, 3380, 8000, "128.0.0.0/2"),
        rule_make(-1, -1, -1, "192.0.0.0/2"),
    };
    struct sg_violation violations[ARRAY_LEN(rules)];
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    assert_string_equal(violations[0].type, "unrestricted_dangerous_port");
    assert_int_equal(violations[0].n_ports, 1);
    assert_int_equal(violations[0].ports[0], 3389);
    assert_string_equal(violations[1].type, "unrestricted_dangerous_port");
    assert_int_equal(violations[2].severity, SEVERITY_HIGH);

    struct sg_rule everything[] = {rule_make(-1, -1, -1, "::/1"),
                                   rule_make(-1, -1, -1, "8000::/1")};
    sg_policy_judge(&sg_policy_default, everything, 2, violations);
    assert_string_equal(violations[0].type, "unrestricted_all_traffic");
    assert_true(violations[1].by_union);
}

static void test_union_does_not_hide_a_worse_broad_source(void **state)
{
    (void)state;
    struct sg_rule rules[] = {rule_make(-1, -1, -1, "0.0.0.0/1"),
                              rule_make(6, 443, 443, "128.0.0.0/1")};
    struct sg_violation violations[2];
    sg_policy_judge(&sg_policy_default, rules, 2, violations);
    assert_string_equal(violations[0].type, "broad_source");
    assert_int_equal(violations[0].severity, SEVERITY_HIGH);
    assert_string_equal(violations[1].type, "world_web");
}

/* A list's rule: list is filled with ranges, blanks between them, and is the caller's to free. */
static struct sg_rule rule_of_list(int protocol, int from, int to, const char *ranges,
                                   struct cidrs *list)
{
    struct sg_rule rule = {.protocol = protocol, .from_port = from, .to_port = to};
    str_copy(rule.prefix_list_id, "pl-1");
    *list = (struct cidrs){0};
    for (struct sv rest = sv_of(ranges); rest.len > 0;) {
        struct cidr cidr;
        assert_true(cidr_parse(sv_split(&rest, ' '), &cidr));
        vec_push(list, cidr);
    }
    rule.prefix_list = list;
    rule.prefix_list_world = cidrs_cover_world(list);
    return rule;
}

static void test_union_with_the_entries_of_a_list(void **state)
{
    (void)state;
    struct cidrs list;
    struct sg_rule rules[] = {
        rule_make(6, 22, 22, "0.0.0.0/1"),
        rule_of_list(6, 22, 22, "192.0.0.0/2 10.0.0.0/8 128.0.0.0/2", &list),
        rule_make(6, 22, 22, "10.0.0.0/16"),
    };
    struct sg_violation violations[ARRAY_LEN(rules)];
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(violations[i].type, "unrestricted_dangerous_port");
        assert_true(violations[i].by_union);
    }
    assert_null(violations[2].type);
    rules[1].from_port = rules[1].to_port = 443; /* not the same ports */
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    assert_string_equal(violations[0].type, "broad_source");
    assert_string_equal(violations[1].type, "broad_source");

    /* Ports are counted once, however many entries take part. */
    for (int i = 0; i < 2; i++) {
        rules[i].from_port = 30000;
        rules[i].to_port = 30000 + 32767;
    }
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    assert_string_equal(violations[0].type, "unrestricted_port");
    assert_string_equal(violations[1].type, "unrestricted_port");
    vec_free(&list);
}

/* A list may be the world in one family, and a part of it in the other. */
static void test_union_in_the_other_family(void **state)
{
    (void)state;
    struct cidrs list;
    struct sg_rule rules[] = {
        rule_of_list(6, 22, 22, "128.0.0.0/1 0.0.0.0/1 ::/1", &list),
        rule_make(6, 22, 22, "8000::/1"),
        rule_make(6, 22, 22, "0.0.0.0/1"),
    };
    struct sg_violation violations[ARRAY_LEN(rules)];
    sg_policy_judge(&sg_policy_default, rules, ARRAY_LEN(rules), violations);
    assert_string_equal(violations[0].type, "unrestricted_dangerous_port");
    assert_false(violations[0].by_union);
    assert_string_equal(violations[1].type, "unrestricted_dangerous_port");
    assert_true(violations[1].by_union);
    assert_string_equal(violations[2].type, "broad_source"); /* v4 needs it not */
    vec_free(&list);

    /* Half of the ports in either family is not all of them. */
    struct cidrs halves[2];
    struct sg_rule split[] = {
        rule_of_list(6, -1, -1, "0.0.0.0/1 ::/1", &halves[0]),
        rule_make(6, 30000, 62767, "128.0.0.0/1"),
        rule_of_list(6, 30000, 62767, "8000::/1", &halves[1]),
    };
    sg_policy_judge(&sg_policy_default, split, ARRAY_LEN(split), violations);
    assert_string_equal(violations[0].type, "broad_source"); /* of all ports: worse than a part */
    assert_string_equal(violations[1].type, "unrestricted_port");
    assert_string_equal(violations[2].type, "unrestricted_port");
    for (size_t i = 0; i < ARRAY_LEN(halves); i++)
        vec_free(&halves[i]);
}

static void test_adjusted_severity(void **state)
{
    (void)state;
    const char *note;
    assert_int_equal(sg_severity_adjusted(SEVERITY_HIGH, true, 1, true, &note), SEVERITY_CRITICAL);
    assert_string_not_equal(note, "");
    assert_int_equal(sg_severity_adjusted(SEVERITY_CRITICAL, true, 1, true, &note),
                     SEVERITY_CRITICAL);
    assert_int_equal(sg_severity_adjusted(SEVERITY_HIGH, true, 0, false, &note), SEVERITY_MEDIUM);
    assert_int_equal(sg_severity_adjusted(SEVERITY_LOW, true, 0, false, &note), SEVERITY_LOW);
    assert_int_equal(sg_severity_adjusted(SEVERITY_INFO, true, 0, false, &note), SEVERITY_INFO);
    assert_int_equal(sg_severity_adjusted(SEVERITY_INFO, true, 3, true, &note), SEVERITY_INFO);
    assert_string_equal(note, "");
    assert_int_equal(sg_severity_adjusted(SEVERITY_HIGH, false, 0, false, &note), SEVERITY_HIGH);
    assert_int_equal(sg_severity_adjusted(SEVERITY_HIGH, true, 2, false, &note), SEVERITY_HIGH);
}

static void test_cidrs(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"100.68.0.18/18", "100.68.0.0/18"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"1.2.3.4/32", "1.2.3.4/32"},
        {"2001:DB8:0:0::1/64", "2001:db8::/64"},
        {"::/0", "::/0"},
        {"::ffff:1.2.3.4/128", "::ffff:1.2.3.4/128"},
    };
    char text[CIDR_TEXT_SIZE];
    struct cidr cidr;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(cidr_parse(sv_of(good[i][0]), &cidr));
        cidr_format(&cidr, text);
        assert_string_equal(text, good[i][1]);
    }
    static const char *const bad[] = {"",          "1.2.3.4",     "1.2.3.4/",   "1.2.3.4/33",
                                      "1.2.3/8",   "::/129",      "1.2.3.4/-1", "1.2.3.4/+8",
                                      "x/8",       "1.2.3.4/8/8", "/8",         "1.2.3.4/ 8",
                                      "010.0.0.0", "1.2.3.256/8", "::/00000"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(cidr_parse(sv_of(bad[i]), &cidr));
}

static void test_ranges_that_are_the_world_together(void **state)
{
    (void)state;
    static const struct {
        const char *ranges; /* blanks between them */
        bool world;
    } rows[] = {
        {"", false},
        {"10.0.0.0/8 0.0.0.0/0", true},
        {"::/0", true},
        {"128.0.0.0/1 10.0.0.0/8 0.0.0.0/1", true},
        {"8000::/1 1.2.3.4/32 ::/2 4000::/2", true},
        {"0.0.0.0/1 8000::/1", false}, /* half of either family */
        {"0.0.0.0/1 128.0.0.0/2", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cidrs cidrs = {0};
        for (struct sv rest = sv_of(rows[i].ranges); rest.len > 0;) {
            struct cidr cidr;
            assert_true(cidr_parse(sv_split(&rest, ' '), &cidr));
            vec_push(&cidrs, cidr);
        }
        if (cidrs_cover_world(&cidrs) != rows[i].world)
            fail_msg("%s", rows[i].ranges);
        vec_free(&cidrs);
    }
}

static void parse_rule(const char *text, struct sg_rule *rule, enum err_code expected)
{
    cJSON *json = NULL;
    struct err err;
    assert_int_equal(json_parse(sv_of(text), "test", &json, &err), OK);
    assert_int_equal(sg_rule_from_json(json, rule, &err), expected);
    json_free(json);
}

static void test_both_wire_forms(void **state)
{
    (void)state;
    struct sg_rule wire, model;
    parse_rule("{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"isEgress\":\"false\","
               "\"ipProtocol\":\"tcp\",\"fromPort\":\"20\",\"toPort\":\"25\","
               "\"cidrIpv4\":\"10.1.2.3/8\"}",
               &wire, OK);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-2\",\"GroupId\":\"sg-1\",\"IsEgress\":false,"
               "\"IpProtocol\":\"6\",\"FromPort\":20,\"ToPort\":25,\"CidrIpv4\":\"10.0.0.0/8\"}",
               &model, OK);
    assert_true(sg_rule_equivalent(&wire, &model));
    assert_string_equal(model.rule_id, "sgr-2");
    model.to_port = 26;
    assert_false(sg_rule_equivalent(&wire, &model));

    parse_rule(
        "{\"securityGroupRuleId\":\"sgr-3\",\"isEgress\":\"true\",\"ipProtocol\":\"-1\","
        "\"fromPort\":\"-1\",\"toPort\":\"-1\",\"referencedGroupInfo\":{\"groupId\":\"sg-9\"}}",
        &wire, OK);
    assert_true(wire.egress);
    assert_string_equal(wire.referenced_group_id, "sg-9");
    parse_rule("{\"ipProtocol\":\"tcp\"}", &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"256\"}", &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\"}", &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"tcp\",\"FromPort\":65536}",
               &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"tcp\",\"FromPort\":1e300}",
               &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"tcp\",\"FromPort\":22.5}",
               &wire, ERR_PARSE);
    parse_rule("{\"SecurityGroupRuleId\":\"sgr-1\",\"IpProtocol\":\"tcp\",\"CidrIpv4\":\"me\"}",
               &wire, ERR_PARSE);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        int protocol, from, to;
        const char *text;
    } rows[] = {
        {6, 22, 22, "tcp 22"},
        {6, 20, 25, "tcp 20-25"},
        {17, 0, 65535, "udp all ports"},
        {-1, -1, -1, "all traffic"},
        {47, -1, -1, "protocol 47"},
        {1, 8, -1, "icmp echo"},
        {58, -1, -1, "icmpv6 all types"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        struct sg_rule rule = rule_make(rows[i].protocol, rows[i].from, rows[i].to, "0.0.0.0/0");
        sg_rule_ports_text(&rule, &text);
        assert_string_equal(buf_cstr(&text), rows[i].text);
    }
}

/* --- the brute-force judge ------------------------------------------------------------------- */

/*
 * A small universe: ranges of at most 3 bits (8 addresses), ports from a few borders, one probe
 * port for each stretch between borders. Every question is answered by trying everything.
 */
static const int probes[] = {0, 1, 21, 22, 23, 80, 81, 443, 444, 1024, 1025, 3389, 3390, 65535};
static const int protocols[] = {-1, 6, 17, 1, 47};
#define N_PROBES ARRAY_LEN(probes)

static const struct sg_policy small_policy = {
    .dangerous_ports = {3389, 22},
    .n_dangerous = 2,
    .allowed_ports = {80, 443},
    .n_allowed = 2,
};

/* A protocol that no rule of the universe names: open only when everything is. */
#define UNNAMED 99

static bool holds_address(const struct sg_rule *rule, unsigned address)
{
    unsigned first = rule->cidr.addr[rule->cidr.v6 ? 0 : 12] >> 5;
    return address >> (3 - rule->cidr.prefix_len) == first >> (3 - rule->cidr.prefix_len);
}

static bool holds_traffic(const struct sg_rule *rule, int protocol, int port)
{
    if (rule->protocol != -1 && rule->protocol != protocol)
        return false;
    bool ports = rule->protocol == 6 || rule->protocol == 17;
    return !ports || rule->from_port < 0 || (rule->from_port <= port && port <= rule->to_port);
}

static bool in_union(const struct sg_rule *a, const struct sg_rule *b)
{
    return !b->egress && b->cidr.v6 == a->cidr.v6 && b->cidr.prefix_len > 0;
}

/* Whether traffic reaches the world through rule and others that are no world by themselves. */
static bool opened_by_union(const struct sg_rule *rules, size_t n, size_t self, int protocol,
                            int port)
{
    const struct sg_rule *rule = &rules[self];
    if (!holds_traffic(rule, protocol, port))
        return false;
    for (unsigned address = 0; address < 8; address++) {
        bool held = false;
        for (size_t i = 0; i < n; i++)
            held |= in_union(rule, &rules[i]) && holds_traffic(&rules[i], protocol, port) &&
                    holds_address(&rules[i], address);
        if (!held)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (in_union(rule, &rules[i]) && holds_traffic(&rules[i], protocol, port) &&
            rules[i].cidr.prefix_len < rule->cidr.prefix_len &&
            holds_address(&rules[i], rule->cidr.addr[rule->cidr.v6 ? 0 : 12] >> 5))
            return false;
    return true;
}

struct verdict {
    const char *type;
    enum severity severity;
    const char *ports; /* as ports_text writes them; NULL: none */
};

/* The table of conditions over what is open: [0] TCP and [1] UDP by probe. */
static struct verdict verdict_of(bool everything, bool open[2][N_PROBES], bool icmp, bool other)
{
    static const char *const lists[] = {NULL, "22", "3389", "22 3389"};
    bool all[2] = {true, true}, low = false, udp = false, high = false, web = false;
    unsigned dangerous = 0;
    for (size_t i = 0; i < N_PROBES; i++) {
        int port = probes[i];
        bool is_web = port == 80 || port == 443;
        all[0] &= open[0][i];
        all[1] &= open[1][i];
        dangerous |= open[0][i] && port == 22 ? 1 : open[0][i] && port == 3389 ? 2 : 0;
        low |= open[0][i] && port <= 1024 && !is_web;
        high |= open[0][i] && port > 1024;
        udp |= open[1][i] && !is_web;
        web |= (open[0][i] || open[1][i]) && is_web;
    }
    if (everything)
        return (struct verdict){"unrestricted_all_traffic", SEVERITY_CRITICAL, NULL};
    if (all[0] || all[1])
        return (struct verdict){"unrestricted_all_ports", SEVERITY_CRITICAL, NULL};
    if (dangerous)
        return (struct verdict){"unrestricted_dangerous_port", SEVERITY_HIGH, lists[dangerous]};
    if (low)
        return (struct verdict){"unrestricted_privileged_port", SEVERITY_MEDIUM, NULL};
    if (udp || other)
        return (struct verdict){"unrestricted_protocol", SEVERITY_MEDIUM, NULL};
    if (high)
        return (struct verdict){"unrestricted_port", SEVERITY_LOW, NULL};
    if (web)
        return (struct verdict){"world_web", SEVERITY_INFO, NULL};
    if (icmp)
        return (struct verdict){"unrestricted_icmp", SEVERITY_LOW, NULL};
    return (struct verdict){NULL, SEVERITY_NONE, NULL};
}

typedef bool open_fn(const struct sg_rule *rules, size_t n, size_t self, int protocol, int port);

static bool opened_alone(const struct sg_rule *rules, size_t n, size_t self, int protocol, int port)
{
    (void)n;
    return holds_traffic(&rules[self], protocol, port);
}

static struct verdict verdict_by(open_fn *is_open, const struct sg_rule *rules, size_t n,
                                 size_t self)
{
    bool open[2][N_PROBES];
    for (size_t i = 0; i < N_PROBES; i++) {
        open[0][i] = is_open(rules, n, self, 6, probes[i]);
        open[1][i] = is_open(rules, n, self, 17, probes[i]);
    }
    return verdict_of(is_open(rules, n, self, UNNAMED, 0), open, is_open(rules, n, self, 1, 0),
                      is_open(rules, n, self, 47, 0));
}

static struct verdict verdict_brute(const struct sg_rule *rules, size_t n, size_t self)
{
    const struct sg_rule *rule = &rules[self];
    struct verdict alone = verdict_by(opened_alone, rules, n, self);
    if (rule->egress) {
        bool open = rule->protocol == -1 && rule->cidr.prefix_len == 0;
        return open ? (struct verdict){"egress_open", SEVERITY_INFO, NULL}
                    : (struct verdict){NULL, 0, NULL};
    }
    if (rule->cidr.prefix_len == 0)
        return alone;
    struct verdict joint = verdict_by(opened_by_union, rules, n, self);
    enum severity broad = alone.severity > SEVERITY_INFO ? alone.severity - 1 : SEVERITY_INFO;
    if (joint.type && joint.severity >= broad)
        return joint;
    return (struct verdict){"broad_source", broad, alone.ports};
}

static uint64_t random_state = 20260301;

static unsigned random_below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

static struct sg_rule rule_random(void)
{
    struct sg_rule rule = {.has_cidr = true, .from_port = -1, .to_port = -1};
    rule.egress = random_below(10) == 0;
    rule.protocol = protocols[random_below(ARRAY_LEN(protocols))];
    if (rule.protocol == 6 || rule.protocol == 17) {
        size_t from = random_below(N_PROBES), to = from + random_below((unsigned)(N_PROBES - from));
        /* up to, but not including, the probe behind it: borders lie between probes */
        rule.from_port = probes[from];
        rule.to_port = to + 1 < N_PROBES ? probes[to + 1] - 1 : 65535;
    }
    rule.cidr.v6 = random_below(3) == 0;
    rule.cidr.prefix_len = (uint8_t)(random_below(8) == 0 ? 0 : 1 + random_below(3));
    unsigned first = random_below(8) >> (3 - rule.cidr.prefix_len) << (3 - rule.cidr.prefix_len);
    rule.cidr.addr[rule.cidr.v6 ? 0 : 12] = (uint8_t)(first << 5);
    return rule;
}

#define ROUNDS 100000

static void test_random_groups(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf ports = BUF_NONE;
    size_t unions = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct sg_rule rules[12];
        struct sg_violation violations[ARRAY_LEN(rules)];
        size_t n = 1 + random_below(ARRAY_LEN(rules));
        for (size_t i = 0; i < n; i++)
            rules[i] = rule_random();
        sg_policy_judge(&small_policy, rules, n, violations);
        for (size_t i = 0; i < n; i++) {
            struct verdict expected = verdict_brute(rules, n, i);
            if (expected.type)
                assert_string_equal(violations[i].type, expected.type);
            else
                assert_null(violations[i].type);
            assert_int_equal(violations[i].severity, expected.severity);
            ports_text(&violations[i], &ports);
            assert_string_equal(buf_cstr(&ports), expected.ports != NULL ? expected.ports : "");
            unions += violations[i].by_union;
        }
    }
    assert_true(unions > 1000); /* the universe is small enough to make some */
}

/* By members: what lies between them is nobody's. */
static void assert_same_violation(const struct sg_violation *a, const struct sg_violation *b)
{
    assert_ptr_equal(a->type, b->type);
    assert_int_equal(a->severity, b->severity);
    assert_int_equal(a->n_ports, b->n_ports);
    assert_memory_equal(a->ports, b->ports, a->n_ports * sizeof a->ports[0]);
    assert_int_equal(a->by_union, b->by_union);
}

/* A rule of a list does to the others what a rule for each of its entries would. */
static void test_random_lists(void **state)
{
    (void)state;
    enum { N = 6, ENTRIES = 3 };
    size_t unions = 0;
    for (int round = 0; round < ROUNDS / 5; round++) {
        struct sg_rule one_by_one[N + ENTRIES], rules[N + 1];
        struct sg_violation expected[N + ENTRIES], violations[N + 1];
        struct cidrs list = {0};
        for (size_t i = 0; i < N; i++)
            rules[i] = one_by_one[i] = rule_random();
        rules[N] = rule_random();
        for (size_t i = 0; i < ENTRIES; i++) {
            one_by_one[N + i] = rules[N];
            one_by_one[N + i].cidr = rule_random().cidr;
            vec_push(&list, one_by_one[N + i].cidr);
        }
        rules[N].has_cidr = false;
        rules[N].prefix_list = &list;
        if (!cidrs_cover_world(&list)) {
            sg_policy_judge(&small_policy, one_by_one, N + ENTRIES, expected);
            sg_policy_judge(&small_policy, rules, N + 1, violations);
            for (size_t i = 0; i < N; i++)
                assert_same_violation(&violations[i], &expected[i]);
            unions += violations[N].by_union;
        }
        vec_free(&list);
    }
    assert_true(unions > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth_table),
        cmocka_unit_test(test_other_sources),
        cmocka_unit_test(test_union_of_halves),
        cmocka_unit_test(test_union_over_port_intervals),
        cmocka_unit_test(test_union_does_not_hide_a_worse_broad_source),
        cmocka_unit_test(test_union_with_the_entries_of_a_list),
        cmocka_unit_test(test_union_in_the_other_family),
        cmocka_unit_test(test_adjusted_severity),
        cmocka_unit_test(test_cidrs),
        cmocka_unit_test(test_ranges_that_are_the_world_together),
        cmocka_unit_test(test_both_wire_forms),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_random_groups),
        cmocka_unit_test(test_random_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
