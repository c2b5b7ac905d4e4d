/* What can be put to somebody else: the documents are whole, and are told what they ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/gov/proposal/form.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"
#include "core/gov/systems_manager/parameter_change.h"

/* --- the documents -----------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    struct gov_document (*document)(void);
} documents[] = {
#define DOCUMENT(file, name) {name, gov_document_##file},
#include "core/gov/data/documents.def"
#undef DOCUMENT
};

static cJSON *content_of(size_t i)
{
    cJSON *content = NULL;
    struct err err = ERR_NONE;
    if (json_parse(documents[i].document().content, documents[i].name, &content, &err) != OK)
        fail_msg("%s: %s", documents[i].name, err.message);
    return content;
}

/* {{ name }} is a parameter, an output of an earlier step, or AWS's own. */
static bool is_known(const cJSON *content, const cJSON *before, struct sv name)
{
    char text[128];
    struct sv rest = name, step = sv_split(&rest, '.');
    sv_copy(name, text, sizeof text);
    if (sv_starts(name, SV("global:")) || sv_eq_cstr(name, "automation:EXECUTION_ID") ||
        json_get(json_get(content, "parameters"), text))
        return true;
    for (const cJSON *it = json_items(content, "mainSteps"); it != before; it = it->next)
        for (const cJSON *output = json_items(it, "outputs"); output; output = output->next)
            if (sv_eq(json_sv(it, "name"), step) && sv_eq(json_sv(output, "Name"), rest))
                return true;
    return false;
}

static void check_variables(const char *document, const cJSON *content, const cJSON *step)
{
    AUTO_FREE char *text = json_print(step);
    for (const char *at = strstr(text, "{{"); at; at = strstr(at + 2, "{{")) {
        struct sv name = sv_trim((struct sv){at + 2, (size_t)(strstr(at, "}}") - at - 2)});
        if (!is_known(content, step, name))
            fail_msg("%s: {{ " SV_FMT " }} is nothing", document, SV_ARG(name));
    }
}

/* First somebody else says yes, for four hours; then what it is, and in the end a look. */
static void test_documents_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        AUTO(json_free_at) cJSON *content = content_of(i);
        const cJSON *first = json_items(content, "mainSteps"), *last = first;
        assert_true(sv_eq_cstr(json_sv(first, "action"), "aws:approve"));
        assert_int_equal(json_i64(first, "timeoutSeconds", 0), 4 * 3600);
        assert_true(sv_eq_cstr(json_sv(first, "onFailure"), "Abort"));
        for (const cJSON *step = first; step; step = step->next) {
            check_variables(documents[i].name, content, step);
            const cJSON *inputs = json_get(step, "inputs");
            assert_false(json_bool(inputs, "Overwrite", false) && json_get(inputs, "Tags"));
            assert_null(json_get(inputs, "WithDecryption"));
            last = step;
        }
        assert_true(json_bool(last, "isEnd", false));
        assert_true(sv_contains(json_sv(last, "action"), SV("AwsResourceProperty")));
        assert_ptr_equal(form_by_document(sv_of(documents[i].name))->document,
                         documents[i].document);
    }
    assert_null(form_by_document(SV("Acme-CloseSecurityGroupRule")));
}

/* --- what they are told ------------------------------------------------------------------------
 */

static const struct form_origin origin = {&planner_sg_revoke, (const char *[]){"sg-1", "sgr-1"}};

/* What the document of the plan's form asks for is told, but Approvers and what has a default; and
 * nothing else is. */
static void check_inputs(struct change_plan *plan)
{
    struct err err = ERR_NONE;
    const struct form *form = form_of(plan);
    const cJSON *item;
    AUTO(json_free_at) cJSON *inputs = cJSON_CreateObject();
    AUTO(json_free_at) cJSON *content = NULL;
    plan->why = mem_strdup("because of {{ this }}");
    change_plan_seal(plan);
    if (form_fill(form, plan, &origin, inputs, &err) != OK)
        fail_msg("%s: %s", form->document().name, err.message);
    assert_int_equal(json_parse(form->document().content, "document", &content, NULL), OK);
    cJSON_ArrayForEach (item, json_get(content, "parameters")) {
        if (strcmp(item->string, "Approvers") != 0 && !json_get(item, "default") &&
            !json_get(inputs, item->string))
            fail_msg("%s is not told %s", form->document().name, item->string);
    }
    cJSON_ArrayForEach (item, inputs) {
        if (!json_get(json_get(content, "parameters"), item->string))
            fail_msg("%s has no %s", form->document().name, item->string);
    }
    assert_true(sv_eq_cstr(json_string(json_items(inputs, "Reason")), "because of (( this ))"));
    change_plan_free(plan);
}

static struct parameter_facts facts(const char *name, const char *type, int64_t version)
{
    return (struct parameter_facts){.name = (char *)(uintptr_t)name,
                                    .type = (char *)(uintptr_t)type,
                                    .key_id = (char *)(uintptr_t) "",
                                    .tier = (char *)(uintptr_t) "Standard",
                                    .data_type = (char *)(uintptr_t) "text",
                                    .version = version};
}

static struct change_plan *put_plan(const char *key, const char *type, bool is_creation)
{
    AUTO(buf_done) struct buf name = BUF_NONE, source = BUF_NONE;
    buf_addf(&name, "/shop/current/%s", key);
    buf_addf(&source, "/shop/approved/%s", key);
    struct parameter_facts before = facts(buf_cstr(&name), type, 7);
    struct parameter_facts wanted = facts(buf_cstr(&source), type, 3);
    const struct parameter_source from = {buf_cstr(&source), 3, true};
    return parameter_put_plan_new(buf_cstr(&name), &wanted, &from, is_creation ? NULL : &before,
                                  NULL);
}

static struct change_plan *delete_plan(const char *name, const char *type)
{
    struct parameter_facts before = facts(name, type, 7);
    return parameter_delete_plan_new(&before, NULL);
}

static cJSON *a_rule(const char *source)
{
    cJSON *rule = NULL;
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text,
             "{\"securityGroupRuleId\":\"sgr-1\",\"groupId\":\"sg-1\",\"ipProtocol\":\"tcp\","
             "\"fromPort\":\"22\",\"toPort\":\"22\",\"description\":\"ssh\",%s}",
             source);
    assert_int_equal(json_parse(buf_sv(&text), "rule", &rule, NULL), OK);
    return rule;
}

static void test_documents_are_told_what_they_ask_for(void **state)
{
    (void)state;
    AUTO(json_free_at) cJSON *rule = a_rule("\"cidrIpv4\":\"10.0.0.0/8\"");
    check_inputs(sg_revoke_plan_new(rule));
    check_inputs(sg_authorize_plan_new(rule));
    check_inputs(sg_modify_plan_new(rule, "10.9.0.0/16"));
    check_inputs(put_plan("log/level", "String", true));
    check_inputs(put_plan("log/level", "StringList", false));
    check_inputs(delete_plan("/shop/current/debug", "String"));
    check_inputs(delete_plan("/shop/current/debug/password", "SecureString")); /* no value */
}

static void assert_refused(struct change_plan *plan, enum err_code code, const char *words)
{
    struct err err = ERR_NONE;
    AUTO(json_free_at) cJSON *inputs = cJSON_CreateObject();
    plan->why = mem_strdup("");
    change_plan_seal(plan);
    assert_int_equal(form_fill(form_of(plan), plan, &origin, inputs, &err), code);
    if (!strstr(err.message, words))
        fail_msg("%s", err.message);
    change_plan_free(plan);
}

/* Only what any console can plan anew from what it is told; and the rule as it was. */
static void test_undos_that_can_be_proposed(void **state)
{
    (void)state;
    AUTO(json_free_at) cJSON *rule = a_rule("\"cidrIpv4\":\"10.0.0.0/8\"");
    struct change_plan *plan = sg_authorize_plan_new(rule);
    struct planner_subject subject;
    str_copy(plan->item_key, "key");
    assert_true(form_undo_subject(plan, &subject));
    assert_ptr_equal(subject.planner, &planner_sg_reopen);
    assert_string_equal(subject.args[0], "sg-1");
    assert_string_equal(subject.args[1], "key");
    assert_string_equal(subject.args[2],
                        "{\"ipProtocol\":\"tcp\",\"fromPort\":\"22\",\"toPort\":\"22\","
                        "\"cidrIpv4\":\"10.0.0.0/8\",\"description\":\"ssh\"}");
    planner_subject_done(&subject);
    change_plan_free(plan);
    plan = sg_modify_plan_new(rule, "0.0.0.0/0"); /* the undo of a narrowing */
    str_copy(plan->item_key, "key");
    assert_true(form_undo_subject(plan, &subject));
    assert_ptr_equal(subject.planner, &planner_sg_widen);
    assert_string_equal(subject.args[1], "key");
    assert_string_equal(subject.args[2], "sgr-1");
    assert_string_equal(subject.args[3], "0.0.0.0/0");
    planner_subject_done(&subject);
    change_plan_free(plan);
    plan = sg_modify_plan_new(rule, "10.9.0.0/16"); /* and of that */
    assert_true(form_undo_subject(plan, &subject));
    assert_ptr_equal(subject.planner, &planner_sg_narrow);
    assert_string_equal(subject.args[2], "10.9.0.0/16");
    planner_subject_done(&subject);
    change_plan_free(plan);
    plan = sg_revoke_plan_new(rule);
    assert_false(form_undo_subject(plan, &subject));
    planner_subject_done(&subject);
    change_plan_free(plan);
}

static void test_no_secret_is_put_to_somebody_else(void **state)
{
    (void)state;
    char name[600];
    memset(name, 'x', sizeof name);
    name[0] = '/';
    name[sizeof name - 1] = '\0';
    assert_refused(put_plan("db/host", "SecureString", false), ERR_REFUSED, "is a secret");
    assert_refused(put_plan("db/password", "String", true), ERR_REFUSED, "is a secret");
    assert_refused(delete_plan(name, "String"), ERR_UNSUPPORTED, "1 to 512");
}

/* --- what an execution was told ----------------------------------------------------------------
 */

static enum err_code check_told(const char *parameters, struct err *err)
{
    AUTO(json_free_at) cJSON *inputs = NULL, *execution = NULL;
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "{\"Parameters\":%s}", parameters);
    json_parse(SV("{\"Name\":[\"/a\"],\"About\":[\"x\",\"y\"],\"Reason\":[\"r\"]}"), "in", &inputs,
               NULL);
    assert_int_equal(json_parse(buf_sv(&text), "execution", &execution, NULL), OK);
    *err = ERR_NONE;
    return form_check(execution, inputs, err);
}

static void test_an_execution_is_told_the_same(void **state)
{
    static const struct {
        const char *parameters, *differs;
    } cases[] = {
        {"{\"Name\":[\"/a\"],\"About\":[\"x\",\"y\"],\"Reason\":[\"?\"],\"Approvers\":[\"me\"],"
         "\"Severity\":[\"LOW\"],\"Tags\":[]}",
         NULL},
        {"{\"Name\":[\"/b\"],\"About\":[\"x\",\"y\"]}", "Name"},
        {"{\"Name\":[\"/a\",\"/b\"],\"About\":[\"x\",\"y\"]}", "Name"},
        {"{\"Name\":[\"/a\"],\"About\":[\"y\",\"x\"]}", "About"},
        {"{\"Name\":[\"/a\"]}", "About"},
        {"{\"Name\":[\"/a\"],\"About\":[\"x\",\"y\"],\"Tags\":[\"{}\"]}", "Tags"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err;
        AUTO(buf_done) struct buf words = BUF_NONE;
        enum err_code code = check_told(cases[i].parameters, &err);
        buf_addf(&words, "(%s differs)", cases[i].differs ? cases[i].differs : "");
        assert_int_equal(code, cases[i].differs ? ERR_STALE : OK);
        assert_true(!cases[i].differs || strstr(err.message, buf_cstr(&words)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_are_whole),
        cmocka_unit_test(test_documents_are_told_what_they_ask_for),
        cmocka_unit_test(test_undos_that_can_be_proposed),
        cmocka_unit_test(test_no_secret_is_put_to_somebody_else),
        cmocka_unit_test(test_an_execution_is_told_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
