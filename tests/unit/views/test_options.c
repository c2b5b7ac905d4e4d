/* The command line: what is understood, and what is said about the rest. */
#include <string.h>

#include "tests/unit/unit.h"
#include "views/program/options.h"
#include "views/program/subcommand.h"

#define WORDS_MAX 16

/* Words apart by blanks; they live in text. */
static enum err_code parse(char *text, struct options *options, struct err *err)
{
    static char *argv[WORDS_MAX + 1];
    int argc = 0;

    argv[argc++] = (char *)"watchdeck";
    for (char *word; (word = strsep(&text, " ")) != NULL && argc < WORDS_MAX;) {
        if (word[0] != '\0')
            argv[argc++] = word;
    }
    argv[argc] = NULL;
    return options_parse(argc, argv, options, err);
}

static void test_bad(void **state)
{
    static const struct {
        const char *words, *where, *says;
    } rows[] = {
        {"--acount x", "--acount", "did you mean --account?"},
        {"--endpint-url=x", "--endpint-url", "did you mean --endpoint-url?"},
        {"-x", "-x", "there is no such option"},
        {"--", "--", "there is no such option"},
        {"--profile", "--profile", "needs NAME"},
        {"--profile=", "--profile", "cannot be \"\""},
        {"--demo=yes", "--demo", "takes no value"},
        {"--size 80", "--size", "COLSxROWS"},
        {"--size 80x", "--size", "COLSxROWS"},
        {"--size 0x24", "--size", "COLSxROWS"},
        {"--size 80x99999", "--size", "COLSxROWS"},
        {"--size -80x24", "--size", "COLSxROWS"},
        {"--format xml", "--format", "table|json|ndjson|csv|md"},
        {"--now yesterday", "--now", "TIME, like 2026-03-01T03:00:00Z"},
        {"--once", "--once", "needs SCREEN"},
        {"--once rulse", "--once", "did you mean rules?"},
        {"--once rules --script x", "--once", "does not go with --script"},
        {"--demo --endpoint-url http://x", "--demo", "has its own endpoint"},
        {"rules", "rules", "is a screen: :rules opens it, --once rules prints its rows"},
        {"drfit", "", "\"drfit\"; did you mean drift?"},
        {"generate zsh", "", "did you mean --generate?"},
        {"--account= --once rules", "--account", "like shop,pay*"},
        {"--size 80x24", "--size", "goes with --script"},
        {"--demo --pictures x", "--pictures", "goes with --script"},
        {"--world accounts=3", "--world", "goes with --demo"},
        {"--format json", "--format", "goes with --once, drift, handover or evaluate-sg"},
        {"--once rules --command id", "--command", "goes with session"},
        {"session n --user x", "--user", "goes with get or put"},
        {"endpoint sts eu-west-1 --key x", "--key", "goes with trail"},
        {":rulse", "rulse", "is no screen; did you mean rules?"},
        {":approve", "approve", "is no screen"},
        {":", ":", "is no screen"},
        {":rules \"x", ":", "a quote is not closed"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        struct options options;
        struct err err = ERR_NONE;

        str_copy(text, rows[i].words);
        assert_int_equal(parse(text, &options, &err), ERR_USAGE);
        assert_string_equal(err.where, rows[i].where);
        if (strstr(err.message, rows[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].words, err.message, rows[i].says);
    }
}

/* As a script's empty variable makes it. */
static void test_empty_word(void **state)
{
    char program[] = "watchdeck", empty[] = "";
    char *argv[] = {program, empty, NULL};
    struct options options;
    struct err err = ERR_NONE;

    (void)state;
    assert_int_equal(options_parse(2, argv, &options, &err), ERR_USAGE);
    assert_non_null(strstr(err.message, "an argument is empty"));
}

static void test_once(void **state)
{
    char text[] = "--once rule restricted-ssh --format json --account=shop,pay* --region eu-west-1 "
                  "--filter compliance:=NON_COMPLIANT";
    struct options options;
    struct err err;

    (void)state;
    assert_int_equal(parse(text, &options, &err), OK);
    assert_string_equal(options.once, "rule");
    assert_int_equal(options.n_args, 1);
    assert_string_equal(options.args[0], "restricted-ssh");
    assert_int_equal(options.format, EXPORT_JSON);
    assert_string_equal(options.selection.accounts, "shop,pay*");
    assert_string_equal(options.selection.regions, "eu-west-1");
    assert_string_equal(options.region_home, "eu-west-1");
    assert_string_equal(options.filter, "compliance:=NON_COMPLIANT");
}

/* More than one region, or a pattern, is a selection and no home. */
static void test_regions_that_are_no_home(void **state)
{
    static const char *const words[] = {"--region eu-west-1,us-east-1", "--region us-*"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char text[64];
        struct options options;
        struct err err;

        str_copy(text, words[i]);
        assert_int_equal(parse(text, &options, &err), OK);
        assert_null(options.region_home);
    }
}

static void test_script(void **state)
{
    char text[] = "--demo --script a.script --size 120x40 --now 2026-03-01T03:00:00Z --dump-screen";
    struct options options;
    struct err err;

    (void)state;
    assert_int_equal(parse(text, &options, &err), OK);
    assert_true(options.demo && options.dump_screen);
    assert_string_equal(options.script, "a.script");
    assert_int_equal(options.columns, 120);
    assert_int_equal(options.rows, 40);
    assert_int_equal(options.now_ms, INT64_C(1772334000000));
}

/* The words are a line as behind `:`; one of them alone may be all of it. */
static void test_first_screen(void **state)
{
    struct options options;
    struct err err;
    char plain[] = "--demo :findings @shop --region us-east-1 /bastion";
    char *whole[] = {(char *)"watchdeck", (char *)":findings #us-east-1 \"/ssh halves\"", NULL};
    char *words[] = {(char *)"watchdeck", (char *)":rule", (char *)"a rule", NULL};

    (void)state;
    assert_int_equal(parse(plain, &options, &err), OK);
    assert_string_equal(options.screen, "findings @shop /bastion");
    assert_int_equal(options.n_args, 0);
    assert_string_equal(options.selection.regions, "us-east-1");
    assert_int_equal(options_parse(2, whole, &options, &err), OK);
    assert_string_equal(options.screen, "findings #us-east-1 \"/ssh halves\"");
    assert_int_equal(options_parse(3, words, &options, &err), OK);
    assert_string_equal(options.screen, "rule \"a rule\"");
}

static void test_trail(void **state)
{
    char text[] = "trail verify a.jsonl --key k --head h";
    struct options options;
    struct err err;

    (void)state;
    assert_int_equal(parse(text, &options, &err), OK);
    assert_string_equal(options.subcommand->name, "trail");
    assert_int_equal(options.n_args, 2);
    assert_string_equal(options.args[0], "verify");
    assert_string_equal(options.args[1], "a.jsonl");
    assert_string_equal(options.key_file, "k");
    assert_string_equal(options.head_file, "h");
}

static void test_endpoint(void **state)
{
    char text[] = "endpoint --fips sts us-gov-west-1 --dual-stack";
    struct options options;
    struct err err;

    (void)state;
    assert_int_equal(parse(text, &options, &err), OK);
    assert_string_equal(options.subcommand->name, "endpoint");
    assert_int_equal(options.n_args, 2);
    assert_string_equal(options.args[0], "sts");
    assert_string_equal(options.args[1], "us-gov-west-1");
    assert_true(options.fips && options.dual_stack);
}

/* What does not fit is refused, not cut. */
static void test_too_long(void **state)
{
    char text[1024] = "--account ";
    struct options options;
    struct err err;

    (void)state;
    memset(text + strlen(text), 'a', 600);
    assert_int_equal(parse(text, &options, &err), ERR_USAGE);
    assert_string_equal(err.where, "--account");
}

static void test_help_names_every_option(void **state)
{
    AUTO(buf_done) struct buf help = BUF_NONE;
    struct option_row row;

    (void)state;
    options_help(&help);
    for (size_t i = 0; options_row(i, &row); i++)
        assert_true(sv_contains(buf_sv(&help), sv_of(row.name)));
    for (size_t i = 0; i < n_screens; i++)
        assert_true(sv_contains(buf_sv(&help), sv_of(screens[i]->help)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_empty_word),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_first_screen),
        cmocka_unit_test(test_regions_that_are_no_home),
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_trail),
        cmocka_unit_test(test_endpoint),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_help_names_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
