/* Parameter Store over the world: drift of every kind, sealed values, limits. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/kms.h"
#include "tests/sandbox/world/parameter.h"
#include "tests/unit/sandbox/helper_world.h"

static struct world *world;
static struct from showcase;

static int begin(void **state)
{
    (void)state;
    world = make_world("accounts=24,regions=4,resources=3000,seed=7");
    showcase = from_showcase(world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_free(world);
    return 0;
}

static struct parameter_store *store_of(struct from from)
{
    return parameter_store(world,
                           cell_number(world, world_cell(world, from.account_id, from.region)));
}

static cJSON *get(const char *name)
{
    return ask(world, showcase, "ssm.GetParameter",
               json_make("{Name:%s,WithDecryption:true}", name));
}

/* The value of a side; the caller's. */
static char *value_of(const char *side, const char *key)
{
    char name[200];
    snprintf(name, sizeof name, "/analytics/%s/%s", side, key);
    cJSON *got = get(name);
    if (!got)
        fail_msg("%s: %s", name, ask_code);
    char *value = mem_strdup(text_at(got, "Parameter.Value"));
    cJSON_Delete(got);
    return value;
}

static void every_kind_of_drift_is_there(void **state)
{
    (void)state;
    struct parameter_store *store = store_of(showcase);
    AUTO_FREE char *approved = value_of("approved", "log/level");
    AUTO_FREE char *current = value_of("current", "log/level");
    AUTO_FREE char *token = value_of("approved", "api/token");
    AUTO_FREE char *rotated = value_of("current", "api/token");
    AUTO_FREE char *password = value_of("approved", "database/password");
    AUTO_FREE char *moved = value_of("current", "database/password");
    assert_string_not_equal(approved, current);
    assert_string_not_equal(token, rotated);
    assert_string_equal(password, moved);
    assert_null(parameter_find(store, SV("/analytics/current/http/timeout_ms")));
    assert_null(parameter_find(store, SV("/analytics/approved/debug/credential")));
    assert_non_null(parameter_find(store, SV("/analytics/current/debug/credential")));
    assert_null(parameter_find(store, SV("/analytics/current/debug/override")));
}

static void what_cannot_be_compared_is_there_too(void **state)
{
    (void)state;
    assert_null(get("/ledger/current/ledger/archive"));
    assert_string_equal(ask_code, "InvalidKeyId");
    assert_null(get("/ledger/current/ledger/seal"));
    assert_string_equal(ask_code, "AccessDeniedException");
    assert_non_null(strstr(ask_message, "kms:Decrypt"));
    assert_refused(world, showcase, "ssm.GetParametersByPath",
                   json_make("{Path:'/vault/approved'}"), "AccessDeniedException");
    cJSON *orphan =
        ask_all(world, showcase, "ssm.GetParametersByPath",
                json_make("{Path:'/orphan/approved',Recursive:true}"), "Parameters", NULL);
    assert_int_equal(cJSON_GetArraySize(orphan), 0);
    cJSON_Delete(orphan);
}

static void equal_specs_make_equal_parameters(void **state)
{
    AUTO_FREE char *before = value_of("approved", "api/token");
    world_free(world);
    begin(state);
    AUTO_FREE char *after = value_of("approved", "api/token");
    assert_string_equal(before, after);
}

static void sealed_values_are_bound_to_key_and_context(void **state)
{
    (void)state;
    struct key key, other;
    AUTO(buf_done) struct buf sealed = BUF_NONE, again = BUF_NONE, plain = BUF_NONE;
    uint32_t cell = store_of(showcase)->cell;
    char id[KEY_ID_SIZE];
    assert_true(key_find(world, cell, KEY_DEFAULT, &key));
    assert_true(key_find(world, cell, KEY_PARAMETERS, &other));
    key_seal(world, &key, SV("a"), SV("secret"), &sealed);
    key_seal(world, &key, SV("a"), SV("secret"), &again);
    assert_false(sv_eq(buf_sv(&sealed), buf_sv(&again)));
    assert_true(key_of_ciphertext(buf_sv(&sealed), id));
    assert_string_equal(id, key.id);
    assert_false(key_open(world, &key, SV("b"), buf_sv(&sealed), &plain));
    assert_false(key_open(world, &other, SV("a"), buf_sv(&sealed), &plain));
    assert_true(key_open(world, &key, SV("a"), buf_sv(&sealed), &plain));
    assert_true(sv_eq_cstr(buf_sv(&plain), "secret"));
    assert_true(key_find(world, cell, other.arn, &key));
    assert_string_equal(key.id, other.id);
    assert_false(key_find(world, cell, "alias/none", &key));
    assert_false(key_find(world, cell + 1, other.arn, &key));
}

/* A moved ciphertext is another parameter's context. */
static void a_ciphertext_does_not_move(void **state)
{
    (void)state;
    struct parameter_store *store = store_of(showcase);
    struct parameter *from = parameter_find(store, SV("/analytics/approved/api/token"));
    struct parameter *to = parameter_find(store, SV("/analytics/current/signing/private_key"));
    cJSON *version = (cJSON *)parameter_latest(to);
    cJSON_ReplaceItemInObjectCaseSensitive(
        version, "Value", cJSON_Duplicate(json_get(parameter_latest(from), "Value"), true));
    assert_null(get(to->name));
    assert_string_equal(ask_code, "InvalidKeyId");
}

static void history_keeps_the_approved_value(void **state)
{
    (void)state;
    cJSON *history =
        ask_all(world, showcase, "ssm.GetParameterHistory",
                json_make("{Name:'/analytics/current/log/level'}"), "Parameters", NULL);
    assert_int_equal(cJSON_GetArraySize(history), 2);
    assert_string_equal(text_at(history->child, "Value"), "warn");
    assert_string_equal(text_at(history->child->next, "Value"), "debug");
    cJSON_Delete(history);
}

static void a_deleted_parameter_loses_its_history(void **state)
{
    (void)state;
    cJSON_Delete(ask(world, showcase, "ssm.DeleteParameter",
                     json_make("{Name:'/analytics/current/log/level'}")));
    cJSON *put = ask(world, showcase, "ssm.PutParameter",
                     json_make("{Name:'/analytics/current/log/level',Type:'String',Value:'x'}"));
    assert_int_equal(number_at(put, "Version"), 1);
    cJSON_Delete(put);
}

static void reads_beyond_forty_a_second_are_throttled(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        cJSON_Delete(get("/analytics/current/log/level"));
    assert_null(get("/analytics/current/log/level"));
    assert_string_equal(ask_code, "ThrottlingException");
    assert_refused(world, showcase, "ssm.GetParametersByPath", json_make("{Path:'/analytics'}"),
                   "ThrottlingException");
    assert_true(rate_take(&store_of(showcase)->reads, 40, 5000));
}

static void names_stay_sorted(void **state)
{
    (void)state;
    struct parameter_store *store = store_of(showcase);
    assert_true(store->items.len > 30);
    for (size_t i = 1; i < store->items.len; i++)
        assert_true(strcmp(store->items.ptr[i - 1].name, store->items.ptr[i].name) < 0);
    parameter_remove(store, SV("/analytics/current/log/level"));
    assert_null(parameter_find(store, SV("/analytics/current/log/level")));
    assert_true(parameter_is_below(SV("/a/b"), SV("/a/")));
    assert_false(parameter_is_below(SV("/ab"), SV("/a")));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_drift_is_there),
        TEST(what_cannot_be_compared_is_there_too),
        TEST(equal_specs_make_equal_parameters),
        TEST(sealed_values_are_bound_to_key_and_context),
        TEST(a_ciphertext_does_not_move),
        TEST(history_keeps_the_approved_value),
        TEST(a_deleted_parameter_loses_its_history),
        TEST(reads_beyond_forty_a_second_are_throttled),
        TEST(names_stay_sorted),
    };
    return cmocka_run_group_tests(tests, load_models, unload_models);
}
