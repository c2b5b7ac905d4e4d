/*
 * Secrets stay where they belong: the real program on a terminal, with more than twenty of them
 * going through its hands, of every kind there is, and then whatever it has written, shown, started
 * and forgotten is searched for them, in plain, hex and base64. What AWS hands out is known from
 * the sandbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/screens/helper_leak.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 30000
#define SECRETS_MIN 20
#define CODE_LEN    9 /* "BCDF-GHJK" */

/* What a person has in the files of the AWS CLI, and in the environment; none of it is any good. */
#define OLD_KEY        "wJalrXUtnFEMIK7MDENGbPxRfiCYplantedKEY00"
#define OLD_TOKEN      "IQoJb3JpZ2luX2VjEPlantedSessionTokenOfAProfile0123456789"
#define PROXY_PASSWORD "planted-proxy-pa55word"

static struct room room;
static struct sandbox sandbox;
static struct harness *console;
static struct leaks leaks;
static struct buf found;
static char serial[128], code[16];

/* --- the room ------------------------------------------------------------------------------- */

static const char *env_of(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = room.env.n; i-- > 0;)
        if (strncmp(room.env.entries[i], name, len) == 0 && room.env.entries[i][len] == '=')
            return room.env.entries[i] + len + 1;
    fail_msg("no %s", name);
    return NULL;
}

/* The next code of the device of user oncall. */
static void read_device(void)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    AUTO(json_free_at) cJSON *told = NULL;

    sandbox_control(&sandbox, "mfa", "{\"user\":\"oncall\"}", &answer);
    const char *body = strstr(buf_cstr(&answer), "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(json_parse(sv_of(body + 4), "mfa", &told, NULL), OK);
    sv_copy(json_sv(told, "serial"), serial, sizeof serial);
    sv_copy(json_sv(told, "code"), code, sizeof code);
}

/* A program that knows keys, and writes down what it has been given itself. */
static void write_process(void)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text,
             "#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline >>%s\n"
             "echo '{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"%s\"}'\n",
             room_path(&room, "child"), env_of("AWS_ACCESS_KEY_ID"),
             env_of("AWS_SECRET_ACCESS_KEY"));
    file_write(room_path(&room, "process"), buf_sv(&text));
    chmod(room_path(&room, "process"), 0700);
    leaks_add(&leaks, "the process's key", sv_of(env_of("AWS_SECRET_ACCESS_KEY")));
}

static void write_profiles(void)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text,
             "[profile process]\ncredential_process = %s\n"
             "[profile mfa]\nrole_arn = arn:aws:iam::%s:role/WatchdeckMfa\n"
             "source_profile = process\nmfa_serial = %s\nregion = us-east-1\n"
             "[profile prod]\nsso_session = acme\nsso_account_id = %s\n"
             "sso_role_name = AdministratorAccess\nregion = us-east-1\n"
             "[sso-session acme]\nsso_start_url = %s\nsso_region = %s\n"
             "sso_registration_scopes = sso:account:access\n"
             "[profile old]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
             "aws_secret_access_key = " OLD_KEY "\naws_session_token = " OLD_TOKEN "\n",
             room_path(&room, "process"), sandbox.management_account, serial,
             sandbox.management_account, sandbox.sso_start_url, sandbox.sso_region);
    file_write(room_path(&room, "config"), buf_sv(&text));
    leaks_add(&leaks, "a profile's key", SV(OLD_KEY));
    leaks_add(&leaks, "a profile's token", SV(OLD_TOKEN));
}

static int setup(void **state)
{
    (void)state;
    room_open(&room);
    leaks_init(&leaks);
    found = BUF_NONE;
    const char *const more[] = {
        "--world",   "parameter_reads=10000", /* nothing has to wait */
        "--secrets", room_path(&room, "secrets"),
        "--session", "prompt=10,challenge=required,kms=alias/session-manager-encryption",
        NULL};
    sandbox_start(&sandbox, &room, more);
    read_device();
    leaks_add(&leaks, "the MFA code", sv_of(code));
    write_process();
    write_profiles();
    env_add(&room.env, "AWS_CONFIG_FILE", room_path(&room, "config"));
    env_add(&room.env, "AWS_ACCESS_KEY_ID", NULL);
    env_add(&room.env, "AWS_SECRET_ACCESS_KEY", NULL);
    console = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_free(console);
    sandbox_stop(&sandbox);
    leaks_done(&leaks);
    buf_done(&found);
    room_close(&room);
    return 0;
}

/* --- a person at the console ---------------------------------------------------------------- */

static void open_console(const char *profile)
{
    const char *const argv[] = {WATCHDECK,
                                "--profile",
                                profile,
                                "--log",
                                room_path(&room, "log"),
                                "--state-dir",
                                room_path(&room, "state"),
                                "--budget",
                                "off",
                                NULL};

    room_configure(&room, "");
    console = console_spawn(&room, argv, 40, 130);
}

static void await(const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    if (harness_wait(console, text, PATIENCE_MS))
        return;
    harness_screen(console, &screen);
    fprintf(stderr, "%s", buf_cstr(&screen)); /* more than cmocka has room for */
    fail_msg("\"%s\" is not there", text);
}

/* Keys one by one, as a person types: "\r" is Enter. Then what is to be seen. */
static void type(const char *text, const char *then)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    for (; *text != '\0'; text++)
        harness_send(console, (struct sv){text, 1});
    await(then);
    harness_screen(console, &screen);
    leaks_find(&leaks, buf_sv(&screen), "the screen", &found);
}

/* Whoever has written a secret to the wire has it until it is sent. */
static void rest(void)
{
    if (!harness_wait_gone(console, "loading", PATIENCE_MS))
        fail_msg("it does not come to rest");
}

/* What it has written on the terminal, its arguments, and what a core of it would hold. */
static void look_at_console(const char *when)
{
    AUTO(buf_done) struct buf arguments = BUF_NONE;
    char path[64];

    rest();
    leaks_add_file(&leaks, room_path(&room, "secrets"));
    leaks_find(&leaks, harness_bytes(console), when, &found);
    snprintf(path, sizeof path, "/proc/%d/cmdline", harness_pid(console));
    os_read_file(path, 65536, &arguments, NULL);
    leaks_find(&leaks, buf_sv(&arguments), path, &found);
    if (!leaks_find_memory(&leaks, harness_pid(console), &found))
        print_message("# the console's memory may not be read here: it was not looked at\n");
}

static void make_no_core(void)
{
    struct rlimit core;

    assert_int_equal(prlimit(harness_pid(console), RLIMIT_CORE, NULL, &core), 0);
    assert_int_equal(core.rlim_cur, 0);
    assert_int_equal(core.rlim_max, 0);
}

static void close_console(void)
{
    assert_true(harness_keys(console, "ctrl-c ctrl-c"));
    assert_int_equal(console_end(console, PATIENCE_MS), 0);
    leaks_find(&leaks, harness_bytes(console), "the terminal", &found);
    harness_free(console);
    console = NULL;
}

/* A secret is compared, put right, and put back from its history. */
static void mend_a_secret(void)
{
    type(":drift #us-east-1 /api/token\r", "parameter_value_drift");
    type("A", "ready: y approves");
    type("y", "Yes, send it");
    type("y", "verified; u undoes it");
    type("u", "Put back version 2");
    await("ready: y approves");
    type("y", "type the account's name");
    type("analytics-dev\r", "Review undo");
    await("verified");
}

static void use_the_console(void)
{
    AUTO(buf_done) struct buf export = BUF_NONE;

    await("MFA code");
    type(code, "******");
    type("\r", "org:");
    type(":parameters /analytics\r", "alias/aws/ssm");
    buf_addf(&export, ":export %s\r", room_path(&room, "parameters.json"));
    type(buf_cstr(&export), "parameters.json");
    mend_a_secret();
    type(":approvals /kind:=parameter\r", "api/token of an");
    type(":nodes\r", "● Online");
    type(":elevate 15m\r", "ELEVATED");
    type("gs", "reason for a shell");
    type("to look around\r", "$");
    type("\r~.", "● Online");
    type(":requests /PutParameter\r", "put-parameter");
    type(":debug\r", "worker");
    type(":settings\r", "concurrency");
    type(":identity\r", "WatchdeckMfa");
    type(":trail\r", "SUCCEEDED");
    type("~", "NEEDS A DECISION");
}

/* Confirms the code that the dialog shows. */
static void log_in(void)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    AUTO(buf_done) struct buf answer = BUF_NONE;
    char body[128];

    await("user_code=");
    harness_screen(console, &screen);
    const char *user_code = strstr(buf_cstr(&screen), "user_code=") + strlen("user_code=");
    snprintf(body, sizeof body, "{\"user_code\":\"%.*s\",\"action\":\"approve\"}", CODE_LEN,
             user_code);
    sandbox_control(&sandbox, "sso", body, &answer);
    await("org:");
}

/* --- without a terminal --------------------------------------------------------------------- */

static void run(const char *const *argv)
{
    struct outcome outcome;

    room_run(&room, &outcome, argv);
    leaks_find(&leaks, buf_sv(&outcome.out), argv[2], &found);
    leaks_find(&leaks, buf_sv(&outcome.err), argv[2], &found);
    outcome_done(&outcome);
}

static void use_the_doors(void)
{
    static const char *const screens[] = {"parameters", "drift",    "approvals", "requests",
                                          "settings",   "identity", "debug"};

    for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
        const char *const argv[] = {WATCHDECK,  "--once", screens[i], "--profile", "prod",
                                    "--format", "json",   "--budget", "off",       NULL};
        run(argv);
    }
    const char *const old[] = {WATCHDECK, "--once", "accounts", "--profile", "old", NULL};
    run(old);
    /* nobody is behind the proxy: what it says of that has no password in it. Its variables are the
     * person's own, a program of theirs would be given them: there is none now. */
    env_add(&room.env, "HTTPS_PROXY", "http://planted:" PROXY_PASSWORD "@127.0.0.1:1");
    env_add(&room.env, "AWS_ENDPOINT_URL", NULL);
    env_add(&room.env, "AWS_CONFIG_FILE", "/nonexistent");
    env_add(&room.env, "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    env_add(&room.env, "AWS_SECRET_ACCESS_KEY", OLD_KEY);
    leaks_add(&leaks, "the proxy's password", SV(PROXY_PASSWORD));
    const char *const proxied[] = {
        WATCHDECK, "--once", "identity", "--log", room_path(&room, "log"), NULL};
    run(proxied);
}

/* --- the test ------------------------------------------------------------------------------- */

/* Where secrets are kept on purpose: the files of the AWS CLI, and those of this test. */
static bool is_their_place(const char *path)
{
    static const char *const places[] = {"/config", "/process", "/secrets"};
    struct stat st;

    if (strstr(path, "/.aws/sso/cache/") != NULL || strstr(path, "/.aws/cli/cache/") != NULL) {
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (strcmp(path + strlen(room.dir), places[i]) == 0)
            return true;
    return false;
}

static void secrets_are_nowhere_else(void **state)
{
    (void)state;
    open_console("mfa");
    use_the_console();
    make_no_core();
    look_at_console("the terminal, after much work");
    close_console();
    open_console("prod");
    log_in();
    look_at_console("the terminal, after a login");
    close_console();
    use_the_doors();
    leaks_add_file(&leaks, room_path(&room, "secrets"));
    assert_true(leaks.what.len >= SECRETS_MIN);
    assert_true(file_exists(room_path(&room, "child")));
    leaks_find_files(&leaks, room.dir, is_their_place, &found);
    if (found.len > 0)
        fprintf(stderr, "%s", buf_cstr(&found)); /* more than cmocka has room for */
    assert_int_equal(found.len, 0);
    print_message("# %zu secrets, in %zu forms\n", leaks.what.len, leaks.forms.len);
}

/* The judge itself: each form is found where it is, and nothing is found where it is not. */
static void what_is_there_is_found(void **state)
{
    static const char *const there[] = {
        "a hush-hush-hush z",           "687573 687573682d687573682d68757368",
        "687573682D687573682D68757368", "aHVzaC1odXNoLWh1c2h5eQ==",
        "eGh1c2gtaHVzaC1odXNoeXk=",     "eHhodXNoLWh1c2gtaHVzaHl5",
    };
    struct leaks judge;

    (void)state;
    leaks_init(&judge);
    leaks_add(&judge, "hush", SV("hush-hush-hush"));
    for (size_t i = 0; i < ARRAY_LEN(there); i++) {
        AUTO(buf_done) struct buf seen = BUF_NONE;
        leaks_find(&judge, sv_of(there[i]), "there", &seen);
        if (seen.len == 0)
            fail_msg("not found in %s", there[i]);
        buf_done(&seen);
        leaks_find(&judge, SV("a hush-hush-hus z, aHVzaC1odXNoLWh1c"), "there", &seen);
        assert_int_equal(seen.len, 0);
    }
    leaks_done(&judge);
}

/* A few digits are part of ids and times by chance: a code stands alone. */
static void a_code_is_found_where_it_stands_alone(void **state)
{
    static const struct {
        const char *text;
        bool found;
    } rows[] = {
        {"123456", true},
        {"TokenCode=123456&Version=", true},
        {"{\"code\":\"123456\"}", true},
        {"type 123456", true},
        {"arn:aws:iam::991234560000:user", false},
        {"sgr-0a123456c", false},
        {"1123456", false},
        {"1234567", false},
    };
    struct leaks judge;

    (void)state;
    leaks_init(&judge);
    leaks_add(&judge, "a code", SV("123456"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf seen = BUF_NONE;
        leaks_find(&judge, sv_of(rows[i].text), "there", &seen);
        if ((seen.len > 0) != rows[i].found)
            fail_msg("%s", rows[i].text);
    }
    leaks_done(&judge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_found),
        cmocka_unit_test(a_code_is_found_where_it_stands_alone),
        cmocka_unit_test_setup_teardown(secrets_are_nowhere_else, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
