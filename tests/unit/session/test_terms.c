/* What is written down about a session decides whether a silent node may be written to. */
#include "core/session/terms.h"

#include "tests/unit/unit.h"

#define SILENCES_MANY 5

static struct terms terms_of(const char *document, const char *preferences)
{
    struct terms terms = {.is_shell = true};

    terms_add(&terms, sv_of(document), &terms.err);
    if (preferences != NULL)
        terms_add(&terms, sv_of(preferences), &terms.err);
    return terms;
}

#define DOCUMENT(type, inputs) "{\"schemaVersion\":\"1.0\",\"sessionType\":\"" type "\"" inputs "}"
#define KEY                    ",\"inputs\":{\"kmsKeyId\":\"alias/sessions\"}"
#define NO_KEY                 ",\"inputs\":{\"kmsKeyId\":\"\"}"

static void a_plain_shell_needs_none(void **state)
{
    static const char *const types[] = {DOCUMENT("Standard_Stream", ""),
                                        DOCUMENT("InteractiveCommands", ""),
                                        DOCUMENT("InteractiveCommands", NO_KEY)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct terms terms = terms_of(types[i], DOCUMENT("Standard_Stream", NO_KEY));
        assert_true(terms_have_no_handshake(&terms, 1));
        terms = terms_of(types[i], NULL);
        assert_true(terms_have_no_handshake(&terms, 1));
    }
}

/* However long it says nothing. */
static void what_is_encrypted_or_no_shell_has_one(void **state)
{
    static const char *const pairs[][2] = {
        {DOCUMENT("Standard_Stream", KEY), NULL},
        {DOCUMENT("InteractiveCommands", KEY), DOCUMENT("Standard_Stream", NO_KEY)},
        {DOCUMENT("InteractiveCommands", ""), DOCUMENT("Standard_Stream", KEY)},
        {DOCUMENT("InteractiveCommands", ",\"inputs\":{\"kmsKeyId\":\"{{ key }}\"}"), NULL},
        {DOCUMENT("NonInteractiveCommands", ""), DOCUMENT("Standard_Stream", NO_KEY)},
        {DOCUMENT("Port", ""), NULL},
        {DOCUMENT("Something_Else", ""), NULL},
        {"{}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct terms terms = terms_of(pairs[i][0], pairs[i][1]);
        assert_int_equal(terms.err.code, OK);
        assert_false(terms_have_no_handshake(&terms, 100));
    }
}

static void what_is_not_known_is_waited_out(void **state)
{
    struct terms denied = {.is_shell = true};
    struct terms damaged = terms_of("{\"sessionType\":\"Standard_Stream\"", NULL);

    (void)state;
    err_set(&denied.err, ERR_DENIED, "ssm:GetDocument", "denied");
    assert_int_equal(damaged.err.code, ERR_PARSE);
    assert_false(terms_have_no_handshake(&denied, SILENCES_MANY - 1));
    assert_false(terms_have_no_handshake(&damaged, SILENCES_MANY - 1));
    assert_true(terms_have_no_handshake(&denied, SILENCES_MANY));
}

/* Nobody is asked about these. */
static void commands_and_ports_have_one(void **state)
{
    (void)state;
    assert_true(terms_want_handshake("AWS-StartNonInteractiveCommand"));
    assert_true(terms_want_handshake("AWS-StartSSHSession"));
    assert_true(terms_want_handshake("AWS-StartPortForwardingSessionToRemoteHost"));
    assert_false(terms_want_handshake("AWS-StartInteractiveCommand"));
    assert_false(terms_want_handshake(PREFERENCES_DOCUMENT));
    assert_false(terms_want_handshake(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_shell_needs_none),
        cmocka_unit_test(what_is_encrypted_or_no_shell_has_one),
        cmocka_unit_test(what_is_not_known_is_waited_out),
        cmocka_unit_test(commands_and_ports_have_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
