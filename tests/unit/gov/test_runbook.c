/* AWS's own documents for what rules find: the table, what a document is told, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/remedy/runbook.h"
#include "core/gov/remedy/runbook_value.h"

/* --- the table ------------------------------------------------------------------------------- */

#define UNSEEN NULL
static const struct runbook table[] = {
#define RUNBOOK(identifier, mode, document, parameters, note) \
    {#identifier, RUNBOOK_##mode, document, parameters, note},
#include "core/gov/remedy/runbooks.def"
#undef RUNBOOK
};

static void test_the_table_is_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct runbook *runbook = &table[i];
        struct sv rest = sv_of(runbook->parameters), name, value;
        size_t n_resources = 0;
        if (i > 0)
            assert_true(strcmp(table[i - 1].identifier, runbook->identifier) < 0);
        assert_true(sv_starts(sv_of(runbook->document), SV("AWS")));
        while (runbook_parameter(&rest, &name, &value)) {
            assert_true(name.len > 0);
            n_resources += sv_eq_cstr(value, "RESOURCE_ID");
        }
        assert_true(n_resources <= 1);
    }
}

/* The first entry of the facts about an identifier, as far as it concerns the table. */
static const cJSON *fact_of(const cJSON *facts, const char *identifier)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, facts) {
        if (sv_eq_cstr(json_sv(row, "rule_identifier"), identifier))
            return row;
    }
    return NULL;
}

static const char *mode_of(const struct runbook *runbook)
{
    return runbook->mode == RUNBOOK_ADDS      ? "auto-eligible"
           : runbook->mode == RUNBOOK_BY_HAND ? "manual"
                                              : "approval-required";
}

static void compare(const struct runbook *runbook, const cJSON *fact)
{
    const cJSON *told = json_get(fact, "remediation_parameters");
    struct sv rest = sv_of(runbook->parameters), name, value;
    int n = json_get(told, "AutomationAssumeRole") ? 1 : 0;
    assert_true(sv_eq_cstr(json_sv(fact, "remediation_document"), runbook->document));
    assert_true(sv_eq_cstr(json_sv(fact, "remediation_mode"), mode_of(runbook)));
    assert_int_equal(n == 0, runbook->mode == RUNBOOK_COMMAND);
    for (; runbook_parameter(&rest, &name, &value); n++) {
        AUTO_FREE char *key = sv_dup(name);
        assert_true(sv_eq(json_sv(told, key), value));
    }
    assert_int_equal(cJSON_GetArraySize(told), n);
}

static void test_the_table_is_what_is_known(void **state)
{
    const char *named = getenv("WATCHDECK_PACKS");
    const char *path = named ? named : SOURCE_DIR "/../shared/facts/packs.json";
    (void)state;
    if (!named && access(path, R_OK) != 0) {
        print_message("no rule packs at %s (WATCHDECK_PACKS names the file)\n", path);
        skip();
    }
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *facts = NULL;
    const cJSON *row;
    assert_int_equal(os_read_file(path, 1 << 20, &text, NULL), OK);
    assert_int_equal(json_parse(buf_sv(&text), "facts", &facts, NULL), OK);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        compare(&table[i], fact_of(facts, table[i].identifier));
    cJSON_ArrayForEach (row, facts) { /* and none is left out */
        size_t i = 0;
        while (i < ARRAY_LEN(table) &&
               !sv_eq_cstr(json_sv(row, "rule_identifier"), table[i].identifier))
            i++;
        assert_int_equal(json_sv(row, "remediation_document").len > 0, i < ARRAY_LEN(table));
    }
}

/* --- which one ------------------------------------------------------------------------------- */

static cJSON *json(const char *text)
{
    cJSON *tree = NULL;
    assert_int_equal(json_parse(sv_of(text), "test", &tree, NULL), OK);
    return tree;
}

static const struct runbook *of_rule(const char *owner, const char *identifier)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "{\"Source\":{\"Owner\":\"%s\",\"SourceIdentifier\":\"%s\"}}", owner,
             identifier);
    AUTO(json_free_at) cJSON *rule = json(buf_cstr(&text));
    return runbook_of(rule);
}

static void test_managed_rules_have_them(void **state)
{
    (void)state;
    assert_string_equal(of_rule("AWS", "EIP_ATTACHED")->document, "AWS-ReleaseElasticIP");
    assert_null(of_rule("AWS", "REQUIRED_TAGS"));
    assert_null(of_rule("CUSTOM_LAMBDA", "EIP_ATTACHED"));
    assert_null(runbook_of(NULL));
}

static const char *values = "";
static const cJSON *lacking_rule;

static const char *lack_of(const char *identifier)
{
    static char text[128];
    AUTO(buf_done) struct buf why = BUF_NONE;
    bool lacks = runbook_lacks(of_rule("AWS", identifier), lacking_rule, sv_of(values), &why);
    assert_int_equal(lacks, why.len > 0);
    sv_copy(buf_sv(&why), text, sizeof text);
    return text;
}

static void test_what_they_lack(void **state)
{
    (void)state;
    assert_string_equal(lack_of("EIP_ATTACHED"), "");
    assert_string_equal(lack_of("EC2_EBS_ENCRYPTION_BY_DEFAULT"), "");
    assert_string_equal(lack_of("S3_BUCKET_LOGGING_ENABLED"),
                        "its TargetBucket is not known here: set log_bucket in document_values");
    assert_string_equal(lack_of("VPC_FLOW_LOGS_ENABLED"), "its FlowLogId is not known here");
    assert_non_null(strstr(lack_of("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK"), "parameters"));
    assert_non_null(
        strstr(lack_of("EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK"), "Run Command"));
    assert_non_null(strstr(lack_of("RDS_SNAPSHOT_ENCRYPTED"), "by hand"));
}

/* --- what it is told ------------------------------------------------------------------------- */

static struct err why;

/* Printed; "" with why. */
static const char *inputs_of(const char *identifier, const char *rule, const char *role,
                             const char *document)
{
    static char text[512];
    AUTO(json_free_at) cJSON *rule_json = json(rule), *document_json = json(document);
    static const struct aws_target target = {.account_id = "111111111111", .region = "eu-west-1"};
    const struct runbook_use use = {"the-resource", role,          rule_json,
                                    document_json,  sv_of(values), &target};
    AUTO(json_free_at)
    cJSON *inputs = runbook_inputs(of_rule("AWS", identifier), &use, &why);
    AUTO_FREE char *printed = inputs ? json_print(inputs) : NULL;
    sv_copy(sv_of(printed), text, sizeof text);
    return text;
}

#define ROLE    "arn:aws:iam::111111111111:role/Mender"
#define BUCKETS "\"Owner\":\"Amazon\",\"DocumentType\":\"Automation\",\"Parameters\":"
#define VERSIONING                                                          \
    "{" BUCKETS "[{\"Name\":\"BucketName\"},{\"Name\":\"VersioningState\"," \
    "\"DefaultValue\":\"Enabled\"},{\"Name\":\"AutomationAssumeRole\","     \
    "\"DefaultValue\":\"\"}]}"

static void test_what_it_is_told(void **state)
{
    (void)state;
    assert_string_equal(inputs_of("S3_BUCKET_VERSIONING_ENABLED", "{}", "", VERSIONING),
                        "{\"BucketName\":[\"the-resource\"],\"VersioningState\":[\"Enabled\"]}");
    assert_string_equal(inputs_of("S3_BUCKET_VERSIONING_ENABLED", "{}", ROLE, VERSIONING),
                        "{\"BucketName\":[\"the-resource\"],\"VersioningState\":[\"Enabled\"],"
                        "\"AutomationAssumeRole\":[\"" ROLE "\"]}");
    assert_string_equal(
        inputs_of("DB_INSTANCE_BACKUP_ENABLED",
                  "{\"InputParameters\":\"{\\\"backupRetentionPeriod\\\":\\\"14\\\"}\"}", "",
                  "{" BUCKETS "[{\"Name\":\"DbiResourceId\"},{\"Name\":\"ApplyImmediately\"},"
                  "{\"Name\":\"BackupRetentionPeriod\"}]}"),
        "{\"DbiResourceId\":[\"the-resource\"],\"BackupRetentionPeriod\":[\"14\"],"
        "\"ApplyImmediately\":[\"false\"]}");
}

#define LOGGING                                                           \
    "{" BUCKETS "[{\"Name\":\"BucketName\"},{\"Name\":\"TargetBucket\"}," \
    "{\"Name\":\"GrantedPermission\"},{\"Name\":\"GranteeType\"},{\"Name\":\"GranteeUri\"}]}"

/* What only an operator knows stands in the settings, for each account and region; what the rule
 * itself asks for goes before it. */
static void test_what_an_operator_knows(void **state)
{
    static const char rule[] =
        "{\"InputParameters\":\"{\\\"targetBucket\\\":\\\"of-the-rule\\\"}\"}";
    AUTO(json_free_at) cJSON *asking = json(rule);
    const struct runbook *logging = of_rule("AWS", "S3_BUCKET_LOGGING_ENABLED");
    (void)state;
    lacking_rule = asking;
    assert_string_equal(lack_of("S3_BUCKET_LOGGING_ENABLED"), "");
    lacking_rule = NULL;
    values = "kms_key=alias/acme, log_bucket=acme-logs-{account}-{region}";
    assert_string_equal(lack_of("S3_BUCKET_LOGGING_ENABLED"), "");
    assert_string_equal(lack_of("DYNAMODB_TABLE_ENCRYPTED_KMS"), "");
    assert_string_equal(lack_of("CLOUD_TRAIL_ENCRYPTION_ENABLED"),
                        "its TrailName is not known here: set trail_name in document_values");
    assert_non_null(strstr(inputs_of("S3_BUCKET_LOGGING_ENABLED", "{}", "", LOGGING),
                           "\"TargetBucket\":[\"acme-logs-111111111111-eu-west-1\"]"));
    assert_non_null(strstr(inputs_of("S3_BUCKET_LOGGING_ENABLED", rule, "", LOGGING),
                           "\"TargetBucket\":[\"of-the-rule\"]"));
    values = "";
    assert_true(runbook_is_told(logging, NULL, SV("TargetBucket")));
    assert_false(runbook_is_told(logging, asking, SV("TargetBucket")));
    assert_false(runbook_is_told(logging, NULL, SV("BucketName")));
}

static void test_values_of_the_settings(void **state)
{
    static const struct {
        const char *values, *why;
    } rows[] = {
        {"", NULL},
        {"log_bucket=acme-{account}", NULL},
        {"trail_name=arn:aws:cloudtrail:{region}:{account}:trail/all, kms_key=alias/a", NULL},
        {"bucket=acme", "NAME=VALUE is wanted, of flow_log_group"},
        {"vpc_id_of_finding=vpc-1", "NAME=VALUE is wanted"},
        {"log_bucket", "NAME=VALUE is wanted"},
        {"log_bucket=", "NAME=VALUE is wanted"},
        {"log_bucket=a b", "NAME=VALUE is wanted"},
        {"log_bucket={name}", "only {account} and {region}"},
        {"log_bucket=a}", "only {account} and {region}"},
        {"log_bucket=a, kms_key=b, log_bucket=c", "twice"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *wanted = NULL;
        assert_int_equal(runbook_values_check(sv_of(rows[i].values), &wanted), rows[i].why == NULL);
        if (rows[i].why && !strstr(wanted, rows[i].why))
            fail_msg("\"%s\": %s", rows[i].values, wanted);
    }
}

/* What people may set is what the table asks for, but for what nobody can know. */
static void test_the_table_asks_for_what_can_be_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct sv rest = sv_of(table[i].parameters), name, value;
        while (runbook_parameter(&rest, &name, &value)) {
            struct sv asked = {value.ptr + 2, value.len - 4};
            if (sv_starts(value, SV("{{")) && !sv_eq(asked, SV("vpc_id_of_finding")) &&
                !runbook_value_is_known(asked))
                fail_msg("%s asks for " SV_FMT, table[i].identifier, SV_ARG(asked));
        }
    }
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *identifier, *document;
        enum err_code code;
        const char *words;
    } rows[] = {
        {"S3_BUCKET_VERSIONING_ENABLED",
         "{\"Owner\":\"666666666666\",\"DocumentType\":\"Automation\"}", ERR_REFUSED,
         "is not AWS's: it is owned by 666666666666"},
        {"S3_BUCKET_VERSIONING_ENABLED", "{\"Owner\":\"Amazon\",\"DocumentType\":\"Command\"}",
         ERR_REFUSED, "is no automation"},
        {"S3_BUCKET_VERSIONING_ENABLED", "{" BUCKETS "[{\"Name\":\"BucketName\"}]}", ERR_REFUSED,
         "has no parameter VersioningState"},
        {"CMK_BACKING_KEY_ROTATION_ENABLED",
         "{" BUCKETS "[{\"Name\":\"KeyId\"},{\"Name\":\"RotationDays\"}]}", ERR_REFUSED,
         "wants RotationDays"},
        {"CMK_BACKING_KEY_ROTATION_ENABLED",
         "{" BUCKETS "[{\"Name\":\"KeyId\"},{\"Name\":\"AutomationAssumeRole\"}]}", ERR_CONFIG,
         "set automation_role"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(inputs_of(rows[i].identifier, "{}", "", rows[i].document), "");
        assert_int_equal(why.code, rows[i].code);
        if (!strstr(why.message, rows[i].words))
            fail_msg("\"%s\" without \"%s\"", why.message, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order),
        cmocka_unit_test(test_the_table_is_what_is_known),
        cmocka_unit_test(test_managed_rules_have_them),
        cmocka_unit_test(test_what_they_lack),
        cmocka_unit_test(test_what_it_is_told),
        cmocka_unit_test(test_what_an_operator_knows),
        cmocka_unit_test(test_values_of_the_settings),
        cmocka_unit_test(test_the_table_asks_for_what_can_be_set),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
