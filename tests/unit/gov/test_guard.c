/* The policy for security groups as a rule for AWS Config: its verdicts are those of sg_policy, and
 * cfn-guard, where there is one, says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/data/data.h"
#include "core/gov/security_group/sg_policy.h"
#include "tests/support/dir.h"

#define POLICY_TEXT_MAX 10000 /* Config PutConfigRule: CustomPolicyDetails.PolicyText */
#define RULES_MAX       300

static cJSON *verdicts;

static int read_verdicts(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err err;
    if (os_read_file(SOURCE_DIR "/core/gov/data/security-groups.verdicts.json", 1 << 20, &text,
                     &err) != OK)
        return 1;
    return json_parse(buf_sv(&text), "verdicts", &verdicts, &err) == OK ? 0 : 1;
}

static int free_verdicts(void **state)
{
    (void)state;
    json_free(verdicts);
    return 0;
}

/* --- sg_policy ------------------------------------------------------------------------------- */

/* The rules of a group as they are gathered. */
struct gathered {
    struct sg_rule rules[RULES_MAX];
    size_t n;
    bool egress; /* of those that are added now */
};

/* One rule of DescribeSecurityGroupRules for each source of a permission of a configuration item.
 */
static void add_rules(struct gathered *all, const cJSON *permission, const char *list,
                      const char *from, const char *to)
{
    static const char *const members[] = {"ipProtocol", "fromPort", "toPort"};
    for (const cJSON *source = json_items(permission, list); source; source = source->next) {
        AUTO(json_free_at) cJSON *json = cJSON_CreateObject();
        char id[16];
        snprintf(id, sizeof id, "sgr-%zu", all->n);
        cJSON_AddStringToObject(json, "securityGroupRuleId", id);
        cJSON_AddBoolToObject(json, "isEgress", all->egress);
        cJSON_AddItemToObject(json, to, cJSON_Duplicate(json_get(source, from), true));
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            if (json_get(permission, members[i]))
                cJSON_AddItemToObject(json, members[i],
                                      cJSON_Duplicate(json_get(permission, members[i]), true));
        assert_true(all->n < RULES_MAX);
        assert_int_equal(sg_rule_from_json(json, &all->rules[all->n++], NULL), OK);
    }
}

static void add_permissions(struct gathered *all, const cJSON *permissions, bool egress)
{
    all->egress = egress;
    for (const cJSON *permission = permissions; permission; permission = permission->next) {
        add_rules(all, permission, "ipv4Ranges", "cidrIp", "cidrIpv4");
        add_rules(all, permission, "ipv6Ranges", "cidrIpv6", "cidrIpv6");
        add_rules(all, permission, "userIdGroupPairs", "groupId", "prefixListId");
    }
}

static const char *verdict_of_policy(const cJSON *configuration)
{
    static struct gathered all;
    static struct sg_violation violations[RULES_MAX];
    enum severity worst = SEVERITY_NONE;
    all.n = 0;
    add_permissions(&all, json_items(configuration, "ipPermissions"), false);
    add_permissions(&all, json_items(configuration, "ipPermissionsEgress"), true);
    for (size_t i = 0; i < all.n; i++)
        all.rules[i].default_group = sv_eq(json_sv(configuration, "groupName"), SV("default"));
    sg_policy_judge(&sg_policy_default, all.rules, all.n, violations);
    for (size_t i = 0; i < all.n; i++)
        worst = violations[i].severity > worst ? violations[i].severity : worst;
    return worst >= SEVERITY_MEDIUM ? "NON_COMPLIANT" : "COMPLIANT";
}

static void test_verdicts_are_those_of_the_policy(void **state)
{
    (void)state;
    size_t n = 0;
    for (const cJSON *item = json_items(verdicts, "cases"); item; item = item->next, n++) {
        const char *verdict = verdict_of_policy(json_get(item, "configuration"));
        if (!sv_eq_cstr(json_sv(item, "verdict"), verdict))
            fail_msg(SV_FMT ": the policy says %s", SV_ARG(json_sv(item, "what")), verdict);
    }
    assert_true(n > 30);
}

static void test_fits(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text = BUF_NONE;
    os_read_file(SOURCE_DIR "/core/gov/data/security-groups.guard", 1 << 20, &text, NULL);
    assert_true(sv_eq(buf_sv(&text), gov_guard_rule()));
    assert_in_range(text.len, 1000, POLICY_TEXT_MAX);
    for (size_t i = 0; i < text.len; i++)
        assert_in_range(text.ptr[i], '\n', '~');
}

/* --- cfn-guard ------------------------------------------------------------------------------- */

/* Its exit status; -1 when it could not be run. */
static int run_guard(const char *data_path)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(127);
        execlp("cfn-guard", "cfn-guard", "validate", "--rules",
               SOURCE_DIR "/core/gov/data/security-groups.guard", "--data", data_path, NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

/* The configuration item as AWS Config hands it to a rule. */
static void write_item(const cJSON *configuration, const char *path)
{
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "resourceType", "AWS::EC2::SecurityGroup");
    cJSON_AddItemToObject(item, "configuration", cJSON_Duplicate(configuration, true));
    AUTO_FREE char *printed = json_print(item);
    assert_int_equal(os_write_atomically(path, sv_of(printed), 0600, NULL), OK);
    json_free(item);
}

static void test_cfn_guard_says_the_same(void **state)
{
    (void)state;
    char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];
    dir_make(dir);
    dir_path(dir, "item.json", path);
    for (const cJSON *item = json_items(verdicts, "cases"); item; item = item->next) {
        bool expected =
            sv_eq(json_sv(item, "verdict"), SV("COMPLIANT")) || json_bool(item, "beyond", false);
        write_item(json_get(item, "configuration"), path);
        int status = run_guard(path);
        if (status < 0) {
            print_message("cfn-guard is not installed: the rule was not run\n");
            dir_remove(dir);
            skip();
        }
        if ((status == 0) != expected)
            fail_msg(SV_FMT ": cfn-guard ends with %d", SV_ARG(json_sv(item, "what")), status);
    }
    dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts_are_those_of_the_policy),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_cfn_guard_says_the_same),
    };
    return cmocka_run_group_tests(tests, read_verdicts, free_verdicts);
}
