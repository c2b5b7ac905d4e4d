/*
 * A switch of the scope while the replies of the former one are on their way: none of them is ever
 * shown. The sandbox takes its time with every answer.
 */
#include <string.h>

#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 20000

/* The former scope's account, in a row: names alone may stand in the title. */
static bool shows_account(struct harness *harness, const char *name)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct sv rest;

    harness_screen(harness, &screen);
    rest = buf_sv(&screen);
    sv_split(&rest, '\n');
    sv_split(&rest, '\n'); /* header and title */
    return sv_contains(rest, sv_of(name));
}

static void a_switch_in_the_middle(void **state)
{
    struct room room;
    struct sandbox sandbox;
    const char *const more[] = {"--latency-ms", "250", NULL};
    struct harness *harness;

    (void)state;
    room_open(&room);
    sandbox_start(&sandbox, &room, more);
    const char *const argv[] = {WATCHDECK, "--state-dir", room_path(&room, "state"), NULL};
    harness = console_spawn(&room, argv, 40, 160);
    assert_true(harness_wait(harness, "accounts, ", PATIENCE_MS));
    harness_send(harness, SV(":rules @analytics-dev\r"));
    assert_true(harness_wait(harness, "loading", PATIENCE_MS));
    harness_send(harness, SV(":scope @audit\r")); /* the replies are on their way */
    assert_true(harness_wait(harness, "@audit", PATIENCE_MS));
    while (!shows_account(harness, "audit")) {
        assert_false(shows_account(harness, "analytics-dev"));
        harness_wait(harness, "never on the screen", 20);
    }
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    assert_false(shows_account(harness, "analytics-dev"));

    /* and back, from rows that are there */
    harness_send(harness, SV(":scope @analytics-dev\r"));
    assert_true(harness_wait(harness, "@analytics-dev", PATIENCE_MS));
    while (!shows_account(harness, "analytics-dev")) {
        assert_false(shows_account(harness, "audit"));
        harness_wait(harness, "never on the screen", 20);
    }
    harness_send(harness, SV(":quit\r"));
    assert_int_equal(console_end(harness, PATIENCE_MS), 0);
    harness_free(harness);
    sandbox_stop(&sandbox);
    room_close(&room);
}

/* --- profiles as accounts -------------------------------------------------------------------- */

static const char *env_of(const struct room *room, const char *name)
{
    size_t len = strlen(name);
    const char *value = "";

    for (size_t i = 0; i < room->env.n; i++) {
        const char *entry = room->env.entries[i];

        if (strncmp(entry, name, len) == 0 && entry[len] == '=')
            value = entry + len + 1;
    }
    return value;
}

static void write_profiles(const struct room *room)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "[profile base]\naws_access_key_id=%s\naws_secret_access_key=%s\n",
             env_of(room, "AWS_ACCESS_KEY_ID"), env_of(room, "AWS_SECRET_ACCESS_KEY"));
    buf_add_cstr(&text, "[profile dev]\nsource_profile=base\n"
                        "role_arn=arn:aws:iam::173288199044:role/OrganizationAccountAccessRole\n"
                        "[profile shop]\nsource_profile=base\n"
                        "role_arn=arn:aws:iam::896143409020:role/OrganizationAccountAccessRole\n"
                        "[profile shop-read]\nsource_profile=base\n"
                        "role_arn=arn:aws:iam::896143409020:role/WatchdeckReadOnly\n"
                        "[profile gone]\nsource_profile=base\n"
                        "role_arn=arn:aws:iam::896143409020:role/Gone\n"
                        "[profile plain]\nregion=eu-west-1\n");
    assert_int_equal(os_private_dir(room_path(room, ".aws"), NULL), OK);
    assert_int_equal(os_write_atomically(room_path(room, ".aws/config"), buf_sv(&text), 0600, NULL),
                     OK);
}

/* A member account may not list its organization: the profiles of the shared config stand in. Each
 * account is called with the credentials of its profile. */
static void profiles_are_accounts(void **state)
{
    struct room room;
    struct sandbox sandbox;
    struct outcome outcome;

    (void)state;
    room_open(&room);
    sandbox_start(&sandbox, &room, NULL);
    write_profiles(&room);
    const char *const accounts[] = {WATCHDECK, "--profile",   "dev",
                                    "--once",  "accounts",    "--format",
                                    "csv",     "--state-dir", room_path(&room, "state"),
                                    NULL};
    room_run(&room, &outcome, accounts);
    assert_int_equal(outcome.status, 4); /* one profile leads nowhere, and that is said */
    assert_non_null(strstr(buf_cstr(&outcome.out), "dev,173288199044"));
    assert_non_null(strstr(buf_cstr(&outcome.out), "base,661217016864"));
    assert_non_null(strstr(buf_cstr(&outcome.out), "shop,896143409020"));
    assert_null(strstr(buf_cstr(&outcome.out), "plain"));
    outcome_done(&outcome);

    const char *const gaps[] = {WATCHDECK,
                                "--profile",
                                "dev",
                                "--once",
                                "rules",
                                "--account",
                                "shop-read",
                                "--format",
                                "json",
                                "--state-dir",
                                room_path(&room, "state"),
                                NULL};
    room_run(&room, &outcome, gaps);
    assert_int_equal(outcome.status, 4);
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"account\":\"gone\""));
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"account\":\"shop\",\"region\""));
    outcome_done(&outcome);

    /* of the two that lead to shop the other one */
    room_configure(&room, "prefer_profiles = shop-read\n");
    room_run(&room, &outcome, gaps);
    assert_int_equal(outcome.status, 4);
    assert_non_null(strstr(buf_cstr(&outcome.out), "\"account\":\"shop-read\",\"region\""));
    outcome_done(&outcome);
    sandbox_stop(&sandbox);
    room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_switch_in_the_middle),
                                       cmocka_unit_test(profiles_are_accounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
