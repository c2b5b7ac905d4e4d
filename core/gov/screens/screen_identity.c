/*
 * identity: who the base credentials are, where they come from, until when they serve, where they
 * reach, and what they are allowed: that is tried by one cheap read for each group of operations
 * that the console uses.
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/op.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/load/load.h"

enum { WHAT, VALUE, DETAIL };

static const struct column columns[] = {
    [WHAT] = {"what", "WHAT", COL_TEXT, COL_KEY | COL_MIDDLE_CUT, 20, 44, 0},
    [VALUE] = {"value", "VALUE", COL_IDENTITY, COL_MIDDLE_CUT, 20, 0, 0},
    [DETAIL] = {"detail", "DETAIL", COL_TEXT, 0, 10, 0, 4},
};

static void add(struct load *load, const char *what, const char *value, const char *detail)
{
    table_set_text(load_table(load), WHAT, sv_of(what));
    if (value[0] != '\0')
        table_set_text(load_table(load), VALUE, sv_of(value));
    if (detail[0] != '\0')
        table_set_text(load_table(load), DETAIL, sv_of(detail));
    table_commit(load_table(load));
}

/* --- who, where from, until when ------------------------------------------------------------- */

static void add_count(struct load *load, const char *what, size_t count)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", count);
    add(load, what, text, "");
}

/* The last part of arn:aws:sts::1:assumed-role/ROLE/SESSION; "" for a user. */
static const char *session_of(const char *arn)
{
    const char *slash = strstr(arn, ":assumed-role/") != NULL ? strrchr(arn, '/') : NULL;

    return slash != NULL ? slash + 1 : "";
}

/* "2026-03-01T09:12:00Z", and how long that is. */
static void add_time(struct load *load, const char *what, int64_t at_ms)
{
    char until[CLOCK_ISO_SIZE], left[48];
    int64_t left_min = (at_ms - clock_display_ms()) / 60000;

    if (at_ms == 0)
        return;
    clock_iso8601(at_ms, false, until);
    snprintf(left, sizeof left, "%lld h %02lld min left", (long long)(left_min / 60),
             (long long)(left_min % 60));
    add(load, what, until, left_min >= 0 ? left : "lapsed");
}

/* Where from, until when. */
static void add_origin(struct load *load, struct aws_client *client)
{
    const char *profile = client_profile(client);

    add(load, "credentials from", client_credentials_from(client), "");
    if (profile[0] != '\0')
        add(load, "profile", profile, client_profile_place(client));
    add_time(load, "credentials until", client_lapse_at_ms(client));
    add_time(load, "login until", client_login_lapses_at_ms(client));
}

/* --- what is allowed ------------------------------------------------------------------------- */

/* One read for each group of operations. */
static const struct probe {
    enum aws_op_id op;
    const char *params; /* JSON; NULL: none */
    const char *purpose;
} probes[] = {
    {OP_organizations_DescribeOrganization, NULL, "the organization"},
    {OP_organizations_ListAccounts, NULL, "its accounts"},
    {OP_organizations_ListRoots, NULL, "its OUs"},
    {OP_config_DescribeConfigurationRecorders, NULL, "whether Config records"},
    {OP_config_DescribeConfigRules, NULL, "rules"},
    {OP_config_DescribeComplianceByConfigRule, NULL, "what fails them"},
    {OP_config_DescribeConfigurationAggregators, NULL, "aggregators"},
    {OP_config_SelectResourceConfig,
     "{\"Expression\":\"SELECT resourceId WHERE resourceType = 'AWS::EC2::VPC'\"}", "resources"},
    {OP_ec2_DescribeRegions, NULL, "regions"},
    {OP_ec2_DescribeSecurityGroups, NULL, "security groups"},
    {OP_ec2_DescribeSecurityGroupRules, NULL, "their rules"},
    {OP_ec2_DescribeInstances, NULL, "instances"},
    {OP_ssm_DescribeInstanceInformation, NULL, "managed nodes"},
};

/* What came of the probes, and last of entering a member account. */
struct verdicts {
    struct verdict {
        const char *action;
        char purpose[160];
        struct err err;
    } of[ARRAY_LEN(probes) + 1];
    size_t n;
};

static void note(struct load *load, const struct aws_request *request, const struct err *err,
                 void *arg)
{
    struct verdict *verdict = arg;

    (void)load;
    (void)request;
    verdict->err = *err;
}

/* Denied, or not known because of something else. */
static const char *word_of(const struct err *err)
{
    return err->code == OK ? "allowed" : err->code == ERR_DENIED ? "denied" : "unknown";
}

static void tell(struct load *load, void *arg)
{
    const struct verdicts *verdicts = arg;

    for (size_t i = 0; i < verdicts->n; i++) {
        const struct verdict *verdict = &verdicts->of[i];
        AUTO(buf_done) struct buf detail = BUF_NONE;

        buf_add_cstr(&detail, verdict->purpose);
        if (verdict->err.code != OK)
            buf_addf(&detail, ": %s", verdict->err.message);
        add(load, verdict->action, word_of(&verdict->err), buf_cstr(&detail));
    }
}

static void probe(struct load *load, struct verdicts *verdicts, const struct probe *probe,
                  const struct aws_target *target)
{
    struct verdict *verdict = &verdicts->of[verdicts->n++];
    cJSON *params = NULL;

    verdict->action = aws_op(probe->op)->iam_action;
    str_copy(verdict->purpose, probe->purpose);
    if (probe->params != NULL)
        json_parse(sv_of(probe->params), "probe", &params, NULL);
    load_probe(load, probe->op, target, params, note, verdict);
}

/* The first member account stands for whether members can be entered. */
static void try_member(struct load *load, struct verdicts *verdicts)
{
    static const struct probe enter = {OP_ec2_DescribeRegions, NULL, ""};
    const struct estate *estate = load_estate(load);
    struct aws_target target = load_home(load);

    for (size_t i = 0; i < estate->accounts.len; i++) {
        const struct account *account = &estate->accounts.ptr[i];
        struct verdict *verdict = &verdicts->of[verdicts->n];

        if (!account_is_active(account) || strcmp(account->id, estate->caller_account) == 0)
            continue;
        str_copy(target.account_id, account->id);
        probe(load, verdicts, &enter, &target);
        verdict->action = "sts:AssumeRole";
        snprintf(verdict->purpose, sizeof verdict->purpose, "%s in %s",
                 client_member_role(gov_client(load_gov(load))), account->name);
        return;
    }
}

static void try_all(struct load *load)
{
    struct verdicts *verdicts = load_alloc(load, sizeof *verdicts);
    const struct aws_target home = load_home(load);

    for (size_t i = 0; i < ARRAY_LEN(probes); i++)
        probe(load, verdicts, &probes[i], &home);
    try_member(load, verdicts);
    load_at_end(load, tell, verdicts);
}

/* --------------------------------------------------------------------------------------------- */

static void load(struct load *load)
{
    const struct estate *estate = load_estate(load);
    struct aws_client *client = gov_client(load_gov(load));

    add(load, "principal", estate->caller_arn, "");
    add(load, "account", estate->caller_account, "");
    if (session_of(estate->caller_arn)[0] != '\0')
        add(load, "session", session_of(estate->caller_arn), "");
    add_origin(load, client);
    add(load, "home region", client_region(client), "");
    add(load, "organization", estate->organization_id, "");
    add(load, "management account", estate->management_id, "");
    add(load, "role in member accounts", client_member_role(client), "");
    add_count(load, "accounts", estate->accounts.len);
    add_count(load, "regions", estate->regions.len);
    try_all(load);
}

const struct screen screen_identity = {
    .name = "identity",
    .title = "Identity",
    .help = "who I am, where from, until when, and what I may do",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {-1, false},
    .args = "",
    .load = load,
};
