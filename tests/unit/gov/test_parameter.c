/* Names and facts of parameters, and values out of replies that hold secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/gov/systems_manager/parameter.h"

static void assert_sv(struct sv text, const char *expected)
{
    if (!sv_eq_cstr(text, expected))
        fail_msg("\"" SV_FMT "\" instead of \"%s\"", SV_ARG(text), expected);
}

static void names_have_three_parts(void **state)
{
    static const struct {
        const char *name, *application, *key;
        enum parameter_side side;
    } good[] = {
        {"/shop/current/db/host", "shop", "db/host", PARAMETER_CURRENT},
        {"/shop/approved/x", "shop", "x", PARAMETER_APPROVED},
        {"/team/shop/approved/x", "team/shop", "x", PARAMETER_APPROVED},
        {"/approved/current/x", "approved", "x", PARAMETER_CURRENT},
        {"/shop/current/approved/x", "shop", "approved/x", PARAMETER_CURRENT},
    };
    static const char *const bad[] = {
        "",      "shop/current/x", "/shop/current",    "/shop/current/",
        "/shop", "/current/x",     "/shop/currently/x"};
    struct parameter_name parts;
    char name[PARAMETER_NAME_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(parameter_name_parse(sv_of(good[i].name), &parts));
        assert_sv(parts.application, good[i].application);
        assert_sv(parts.key, good[i].key);
        assert_int_equal(parts.side, good[i].side);
        assert_true(parameter_name_make(parts.application, parts.side, parts.key, name));
        assert_string_equal(name, good[i].name);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (parameter_name_parse(sv_of(bad[i]), &parts))
            fail_msg("%s is taken for a setting", bad[i]);
    assert_true(parameter_name_make(SV("shop"), PARAMETER_CURRENT, SV_NONE, name));
    assert_string_equal(name, "/shop/current");
}

static void sensitive_is_a_word_not_a_part_of_one(void **state)
{
    (void)state;
    assert_true(parameter_is_sensitive(SV("String"), SV("db/password")));
    assert_true(parameter_is_sensitive(SV("String"), SV("stripe_api-Key")));
    assert_true(parameter_is_sensitive(SV("SecureString"), SV("x")));
    assert_false(parameter_is_sensitive(SV("String"), SV("monkey/keyspace/hotkeys")));
    assert_false(parameter_is_sensitive(SV("String"), SV("")));
}

static void differences_are_named(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct parameter_facts a = {
        .type = "SecureString", .key_id = "alias/a", .tier = "Standard", .data_type = "text"};
    struct parameter_facts b = a;
    (void)state;
    assert_false(parameter_facts_differ(&a, &b, &text));
    b.key_id = "alias/b";
    b.tier = "Advanced";
    assert_true(parameter_facts_differ(&a, &b, &text));
    assert_string_equal(buf_cstr(&text),
                        "key alias/b, approved alias/a; tier Advanced, approved Standard");
}

static void assert_secret(struct secret *take_secret, const char *expected)
{
    assert_non_null(take_secret);
    assert_sv(secret_bytes(take_secret), expected);
    secret_unref(take_secret);
}

static void values_are_picked_out_of_the_bytes(void **state)
{
    static const char one[] = "{\"Parameter\":{\"Name\":\"/a\",\"Value\":\"x\\\"\\u00e4\\n\"}}";
    static const char two[] = "{\"InvalidParameters\":[],\"Parameters\":[{\"Value\":\"1\",\"Name\":"
                              "\"/a\"},{\"Name\":\"/b\",\"Value\":\"2\"}]}";
    (void)state;
    assert_secret(parameter_value_of(sv_of(one)), "x\"\xc3\xa4\n");
    assert_secret(parameter_value_named(sv_of(two), "/a"), "1");
    assert_secret(parameter_value_named(sv_of(two), "/b"), "2");
    assert_null(parameter_value_named(sv_of(two), "/c"));
    assert_null(parameter_value_named(sv_of(one), "/a"));
    assert_null(parameter_value_of(SV("{\"Parameter\":{\"Value\":7}}")));
    assert_null(parameter_value_of(SV("{\"Parameter\":")));
    assert_null(parameter_value_of(SV_NONE));
}

static void versions_are_selected(void **state)
{
    (void)state;
    AUTO(json_free_at) cJSON *latest = parameter_get_params("/a", 0);
    AUTO(json_free_at) cJSON *third = parameter_get_params("/a", 3);
    assert_sv(json_sv(latest, "Name"), "/a");
    assert_sv(json_sv(third, "Name"), "/a:3");
    assert_true(json_bool(third, "WithDecryption", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_three_parts),
        cmocka_unit_test(sensitive_is_a_word_not_a_part_of_one),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(values_are_picked_out_of_the_bytes),
        cmocka_unit_test(versions_are_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
