/* Plans and consent: what is hashed, what comes back from the journal, what has to be typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/change/plan_json.h"
#include "tests/unit/change/helper_door.h"

static struct change_plan *read_back(const cJSON *json, enum err_code expected)
{
    struct change_plan *plan;
    struct err err = ERR_NONE;

    assert_int_equal(change_plan_from_json(json, door_kinds, ARRAY_LEN(door_kinds), &plan, &err),
                     expected);
    return plan;
}

/* Through text, as the journal does it. */
static cJSON *through_text(const struct change_plan *plan)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *json = change_plan_to_json(plan);
    struct json_writer w = {.out = &text};
    cJSON *again;

    jw_tree(&w, json);
    assert_int_equal(json_parse(buf_sv(&text), "plan", &again, NULL), OK);
    return again;
}

static void test_a_plan_comes_back_whole(void **state)
{
    struct change_plan *plan = door_plan("front", 2);

    (void)state;
    str_copy(plan->account_name, "p\xc3\xa4y\x1b]0;x\x07");
    plan->production = true;
    plan->revision = 7;
    plan->reversible = PARTLY_REVERSIBLE;
    str_copy(plan->undo_of, "11111111-2222-4333-8444-555555555555");
    cJSON_AddNumberToObject(plan->calls.ptr[1].params, "Port", 65535);
    cJSON_AddBoolToObject(plan->calls.ptr[1].params, "Egress", true);
    change_plan_seal(plan);

    AUTO(json_free_at) cJSON *json = through_text(plan);
    struct change_plan *again = read_back(json, OK);
    AUTO(json_free_at) cJSON *first = change_plan_to_json(plan);
    AUTO(json_free_at) cJSON *second = change_plan_to_json(again);
    assert_true(cJSON_Compare(first, second, true));
    assert_true(again->kind == &door_shut);
    assert_string_equal(again->plan_hash, plan->plan_hash);
    assert_int_equal(again->calls.len, 2);
    assert_int_equal(again->calls.ptr[1].op, OP_ec2_RevokeSecurityGroupIngress);
    assert_int_equal(again->inverse.ptr[0].op, OP_ec2_AuthorizeSecurityGroupIngress);
    assert_int_equal(again->diff.ptr[0].kind, '-');
    assert_string_equal(again->evidence.ptr[0].text, "used by 3 people");
    change_plan_free(plan);
    change_plan_free(again);
}

static void set(cJSON *object, const char *name, const char *text)
{
    cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(text));
}

/* Consent is bound to every member: none of them can be changed behind its back. */
static void test_every_member_is_under_the_hash(void **state)
{
    struct change_plan *plan = door_plan("front", 1);
    AUTO(json_free_at) cJSON *json = through_text(plan);
    size_t n = 0;

    (void)state;
    for (const cJSON *member = json->child; member != NULL; member = member->next, n++) {
        cJSON *changed = cJSON_Duplicate(json, true);
        cJSON *target = cJSON_GetObjectItemCaseSensitive(changed, member->string);
        if (strcmp(member->string, "kind") == 0)
            set(changed, "kind", "door-open");
        else if (strcmp(member->string, "reversible") == 0)
            set(changed, "reversible", "no");
        else if (strcmp(member->string, "calls") == 0 || strcmp(member->string, "inverse") == 0)
            set(json_get(target->child, "params") ? cJSON_GetObjectItem(target->child, "params")
                                                  : target,
                DOOR_PARAM, "back");
        else if (cJSON_IsArray(target))
            set(target->child, "text", "something else");
        else if (cJSON_IsObject(target))
            set(target, "door", "back");
        else if (cJSON_IsNumber(target))
            cJSON_SetNumberValue(target, target->valuedouble + 1);
        else if (cJSON_IsBool(target))
            cJSON_ReplaceItemInObjectCaseSensitive(changed, member->string,
                                                   cJSON_CreateBool(!cJSON_IsTrue(target)));
        else
            set(changed, member->string, "x");
        assert_null(read_back(changed, ERR_INTEGRITY));
        json_free(changed);
    }
    assert_true(n >= 18);
    change_plan_free(plan);
}

static void test_what_is_no_plan_is_refused(void **state)
{
    struct change_plan *plan = door_plan("front", 1);
    AUTO(json_free_at) cJSON *json = through_text(plan);
    AUTO(json_free_at) cJSON *empty = cJSON_CreateObject();

    (void)state;
    assert_null(read_back(NULL, ERR_PARSE));
    assert_null(read_back(empty, ERR_PARSE));
    set(json, "kind", "window-shut");
    assert_null(read_back(json, ERR_PARSE));
    set(json, "kind", "door-shut");
    set(cJSON_GetObjectItem(json, "calls")->child, "operation", "LaunchRockets");
    assert_null(read_back(json, ERR_PARSE));
    change_plan_free(plan);
}

static void test_canonical_json_has_one_form(void **state)
{
    AUTO(buf_done) struct buf a = BUF_NONE, b = BUF_NONE;
    cJSON *first, *second;

    (void)state;
    assert_int_equal(
        json_parse(SV("{\"b\":[1,{\"y\":null,\"x\":true}],\"a\":\"\\u001b\"}"), "t", &first, NULL),
        OK);
    assert_int_equal(
        json_parse(SV("{ \"a\" : \"\\u001B\", \"b\" : [1, {\"x\":true, \"y\":null}] }"), "t",
                   &second, NULL),
        OK);
    json_canonical(&a, first);
    json_canonical(&b, second);
    assert_string_equal(buf_cstr(&a), buf_cstr(&b));
    assert_string_equal(buf_cstr(&a), "{\"a\":\"\\u001b\",\"b\":[1,{\"x\":true,\"y\":null}]}");
    json_free(first);
    json_free(second);
}

static void test_the_item_key_is_stable_and_the_id_is_not(void **state)
{
    struct change_plan *one = door_plan("front", 1), *two = door_plan("front", 1);
    struct change_plan *other = door_plan("back", 1);

    (void)state;
    assert_string_equal(one->item_key, two->item_key);
    assert_string_not_equal(one->item_key, other->item_key);
    assert_string_not_equal(one->id, two->id);
    assert_string_not_equal(one->plan_hash, two->plan_hash);
    change_plan_free(one);
    change_plan_free(two);
    change_plan_free(other);
}

/* --- consent ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *word;
} words[] = {
    {"payments", "payments"},
    {"Payments EU (prod)", "Payments EU (prod)"},
    {"", "111122223333"},
    {"p\xc3\xa4yments", "111122223333"},
    {"p\xd0\xb0yments", "111122223333"}, /* a Cyrillic a */
    {"pay\x1b[2Jments", "111122223333"},
    {"payments ", "111122223333"},
    {" payments", "111122223333"},
    {"pay  ments", "111122223333"},
    {"pay\tments", "111122223333"},
    {"pay\xff", "111122223333"},
};

static void test_the_word_is_what_can_be_seen_and_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct change_plan *plan = door_plan("front", 1);
        char word[128];
        str_copy(plan->account_name, words[i].name);
        change_consent_word(plan, word, sizeof word);
        assert_string_equal(word, words[i].word);
        change_plan_free(plan);
    }
}

static const struct {
    const char *severity;
    enum change_reversible reversible;
    bool production, undo;
    size_t n_items;
    enum consent_level level;
} levels[] = {
    {"LOW", REVERSIBLE, false, false, 1, CONSENT_KEY},
    {"MEDIUM", REVERSIBLE, false, false, 0, CONSENT_KEY},
    {"MEDIUM", REVERSIBLE, false, false, 2, CONSENT_NAME},
    {"MEDIUM", PARTLY_REVERSIBLE, false, false, 1, CONSENT_NAME},
    {"LOW", IRREVERSIBLE, false, false, 1, CONSENT_NAME},
    {"LOW", REVERSIBLE, false, true, 1, CONSENT_NAME},
    {"HIGH", REVERSIBLE, false, false, 1, CONSENT_NAME},
    {"CRITICAL", REVERSIBLE, false, false, 1, CONSENT_NAME},
    {"", REVERSIBLE, false, false, 1, CONSENT_NAME},
    {"low", REVERSIBLE, false, false, 1, CONSENT_NAME},
    {"LOW", REVERSIBLE, true, false, 1, CONSENT_NAME_AND_REASON},
    {"HIGH", IRREVERSIBLE, true, true, 20, CONSENT_NAME_AND_REASON},
};

static void test_the_level_goes_by_blast_radius(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        struct change_plan *plan = door_plan("front", 1);
        str_copy(plan->severity, levels[i].severity);
        plan->reversible = levels[i].reversible;
        plan->production = levels[i].production;
        str_copy(plan->undo_of, levels[i].undo ? "some plan" : "");
        assert_int_equal(change_consent_level(plan, levels[i].n_items), levels[i].level);
        change_plan_free(plan);
    }
}

static void test_production_wants_a_reason(void **state)
{
    struct change_plan *plan = door_plan("front", 1);
    struct change_consent consent = {.typed = "payments"};
    struct err err = ERR_NONE;

    (void)state;
    plan->production = true;
    change_plan_seal(plan);
    str_copy(consent.plan_hash, plan->plan_hash);
    assert_int_equal(change_consent_check(plan, &consent, &err), ERR_CONSENT);
    str_copy(consent.reason, " \t ");
    assert_int_equal(change_consent_check(plan, &consent, &err), ERR_CONSENT);
    str_copy(consent.reason, "INC-7");
    assert_int_equal(change_consent_check(plan, &consent, &err), OK);

    /* without any name there is nothing that could be typed */
    plan->account_name[0] = plan->target.account_id[0] = '\0';
    consent.typed[0] = '\0';
    assert_int_equal(change_consent_check(plan, &consent, &err), ERR_CONSENT);
    change_plan_free(plan);
}

static void test_belts(void **state)
{
    const struct change_belts *belts = &change_belts_default;

    (void)state;
    assert_int_equal(change_belts_check(belts, 0, 0, NULL), OK);
    assert_int_equal(change_belts_check(belts, 1, 3, NULL), OK); /* one is always fine */
    assert_int_equal(change_belts_check(belts, 1, 0, NULL), OK);
    assert_int_equal(change_belts_check(belts, 2, 0, NULL), ERR_REFUSED); /* of how many? */
    assert_int_equal(change_belts_check(belts, 11, 10000, NULL), ERR_REFUSED);
    assert_int_equal(change_belts_check(belts, 10, 200, NULL), OK);
    assert_int_equal(change_belts_check(belts, 10, 199, NULL), ERR_REFUSED);
    assert_int_equal(change_belts_check(belts, 2, 39, NULL), ERR_REFUSED);

    struct change_consent consent = {.n_resources = 39}, past = {.past_belts = true};
    assert_int_equal(change_belts_allow(belts, 2, &consent, NULL), ERR_REFUSED);
    assert_int_equal(change_belts_allow(belts, 2, &past, NULL), OK); /* expressly */
    assert_int_equal(change_belts_allow(belts, 11, &past, NULL), ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_comes_back_whole),
        cmocka_unit_test(test_every_member_is_under_the_hash),
        cmocka_unit_test(test_what_is_no_plan_is_refused),
        cmocka_unit_test(test_canonical_json_has_one_form),
        cmocka_unit_test(test_the_item_key_is_stable_and_the_id_is_not),
        cmocka_unit_test(test_the_word_is_what_can_be_seen_and_typed),
        cmocka_unit_test(test_the_level_goes_by_blast_radius),
        cmocka_unit_test(test_production_wants_a_reason),
        cmocka_unit_test(test_belts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
