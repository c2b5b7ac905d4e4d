/*
 * Logging in from inside the console: the real program on a terminal, the sandbox's portal, device
 * flow and MFA behind it, and a person who confirms the code or has the device at hand. The
 * sandbox's own log is the judge of what was asked how often.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 30000
#define LOG_BYTES   ((size_t)32 << 20)
#define CODE_LEN    9 /* "BCDF-GHJK" */

static struct room room;
static struct sandbox sandbox;
static struct harness *console;
static char requests[DIR_PATH_SIZE];

static void write_profile(void)
{
    char path[DIR_PATH_SIZE];
    AUTO(buf_done) struct buf text = BUF_NONE;

    str_copy(path, room_path(&room, "config"));
    buf_addf(&text,
             "[profile prod]\nsso_session = acme\nsso_account_id = %s\n"
             "sso_role_name = AdministratorAccess\nregion = us-east-1\n"
             "[sso-session acme]\nsso_start_url = %s\nsso_region = %s\n"
             "sso_registration_scopes = sso:account:access\n",
             sandbox.management_account, sandbox.sso_start_url, sandbox.sso_region);
    file_write(path, buf_sv(&text));
    env_add(&room.env, "AWS_CONFIG_FILE", path);
}

static int setup(void **state)
{
    (void)state;
    room_open(&room);
    str_copy(requests, room_path(&room, "requests"));
    const char *const more[] = {"--requests",   requests, "--clock", "manual",
                                "--latency-ms", "20",     NULL};
    sandbox_start(&sandbox, &room, more);
    write_profile();
    console = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_free(console);
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

static void open_console(const char *profile)
{
    const char *const argv[] = {BINARY_DIR "/watchdeck",   "--profile", profile, "--state-dir",
                                room_path(&room, "state"), NULL};

    console = console_spawn(&room, argv, 30, 110);
}

static void close_console(void)
{
    assert_true(harness_keys(console, "ctrl-c ctrl-c"));
    assert_int_equal(console_end(console, PATIENCE_MS), 0);
    harness_free(console);
    console = NULL;
}

static void await(const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    if (harness_wait(console, text, PATIENCE_MS))
        return;
    harness_screen(console, &screen);
    fail_msg("\"%s\" is not there:\n%s", text, buf_cstr(&screen));
}

/* --- the person, elsewhere -------------------------------------------------------------------- */

static void control(const char *what, const char *body)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;

    sandbox_control(&sandbox, what, body, &answer);
}

/* Confirms the code that the dialog shows. */
static void confirm(void)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    char body[128];

    harness_screen(console, &screen);
    const char *code = strstr(buf_cstr(&screen), "user_code=");
    assert_non_null(code);
    snprintf(body, sizeof body, "{\"user_code\":\"%.*s\",\"action\":\"approve\"}", CODE_LEN,
             code + strlen("user_code="));
    control("sso", body);
}

/* --- the judge ------------------------------------------------------------------------------- */

/* Good answers of operation ("": of any that reads); *most: how often the same question had one. */
static size_t count_answers(const char *operation, size_t *most)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOG_BYTES);
    struct map seen = {0};
    size_t n = 0;

    *most = 0;
    if (os_read_file(requests, LOG_BYTES, &text, NULL) != OK)
        return 0;
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        AUTO(json_free_at) cJSON *request = NULL;
        AUTO(buf_done) struct buf key = BUF_NONE;
        struct sv line = sv_split(&rest, '\n');

        if (json_parse(line, "request", &request, NULL) != OK ||
            json_i64(request, "status", 0) != 200)
            continue;
        struct sv name = json_sv(request, "operation");
        bool reads = sv_starts(name, SV("Describe")) || sv_starts(name, SV("List")) ||
                     sv_starts(name, SV("Select"));
        if (operation[0] != '\0' ? !sv_eq_cstr(name, operation) : !reads)
            continue;
        AUTO_FREE char *parameters = json_print(json_get(request, "parameters"));
        buf_addf(&key, SV_FMT " " SV_FMT " " SV_FMT " %s", SV_ARG(name),
                 SV_ARG(json_sv(request, "account")), SV_ARG(json_sv(request, "region")),
                 parameters);
        union map_value *times = map_put(&seen, buf_sv(&key), NULL);
        *most = ++times->u64 > *most ? times->u64 : *most;
        n++;
    }
    map_done(&seen);
    return n;
}

static size_t count(const char *operation)
{
    size_t most;

    return count_answers(operation, &most);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void a_login_from_inside_the_console(void **state)
{
    struct stat st;
    (void)state;
    open_console("prod");
    await("Log in");
    await("Session acme (profile prod) wants a login");
    assert_true(harness_has(console, "waits for a login"));
    confirm();
    assert_true(harness_wait_gone(console, "Log in", PATIENCE_MS));
    await("NEEDS A DECISION");
    await("org:"); /* the organization has been read */
    await("SSO ");
    close_console();
    assert_int_equal(count("RegisterClient"), 1);
    assert_int_equal(count("StartDeviceAuthorization"), 1);
    assert_int_equal(count("GetRoleCredentials"), 1);
    assert_int_equal(stat(room_path(&room, ".aws/sso/cache"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    /* the next console finds the login, and the role's credentials */
    open_console("prod");
    await("org:"); /* the organization has been read */
    await("NEEDS A DECISION");
    close_console();
    assert_int_equal(count("StartDeviceAuthorization"), 1);
    assert_int_equal(count("GetRoleCredentials"), 1);
}

static void wait_answers(const char *operation, size_t n)
{
    int64_t until_ms = test_now_ms() + PATIENCE_MS;

    while (count(operation) < n && test_now_ms() < until_ms)
        assert_false(harness_wait(console, "there is no such text", 5));
    assert_true(count(operation) >= n);
}

static void expiry_in_the_middle_of_a_load(void **state)
{
    size_t most = 0, before;
    (void)state;
    open_console("prod");
    await("Log in");
    confirm();
    assert_true(harness_wait_gone(console, "Log in", PATIENCE_MS));
    wait_answers("", 40); /* the organization is known, the lists are on their way */
    before = count("StartDeviceAuthorization");
    control("clock", "{\"advance_s\":36000}"); /* token, session, role: all have lapsed */
    await("Log in");
    assert_int_equal(count("StartDeviceAuthorization"), before + 1);
    confirm();
    assert_true(harness_wait_gone(console, "Log in", PATIENCE_MS));
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    await("org:"); /* the organization has been read */
    assert_int_equal(count("StartDeviceAuthorization"), before + 1); /* one prompt for all */
    assert_true(count_answers("", &most) > 50);
    assert_int_equal(most, 1); /* nothing that was answered has been asked again */
    close_console();
}

static void a_login_that_is_given_up_can_be_had_later(void **state)
{
    (void)state;
    open_console("prod");
    await("Log in");
    assert_true(harness_keys(console, "Esc"));
    assert_true(harness_wait_gone(console, "Log in", PATIENCE_MS));
    await("was given up");
    harness_send(console, SV(":login\r"));
    await("Log in");
    confirm();
    assert_true(harness_wait_gone(console, "Log in", PATIENCE_MS));
    await("SSO ");
    await("org:"); /* the organization has been read */
    close_console();
}

/* --- MFA -------------------------------------------------------------------------------------- */

/* The next code of the device of user oncall, and its serial number. */
static void read_device(char *serial, size_t serial_size, char *code, size_t code_size)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    AUTO(json_free_at) cJSON *told = NULL;

    sandbox_control(&sandbox, "mfa", "{\"user\":\"oncall\"}", &answer);
    const char *body = strstr(buf_cstr(&answer), "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(json_parse(sv_of(body + 4), "mfa", &told, NULL), OK);
    sv_copy(json_sv(told, "serial"), serial, serial_size);
    sv_copy(json_sv(told, "code"), code, code_size);
}

static void write_mfa_profile(const char *serial)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text,
             "[profile mfa]\nrole_arn = arn:aws:iam::%s:role/WatchdeckMfa\n"
             "credential_source = Environment\nmfa_serial = %s\nregion = us-east-1\n",
             sandbox.management_account, serial);
    file_write(room_path(&room, "config"), buf_sv(&text));
}

static void an_mfa_code_is_asked_for_once(void **state)
{
    char serial[128], code[16];
    (void)state;
    read_device(serial, sizeof serial, code, sizeof code);
    write_mfa_profile(serial);
    open_console("mfa");
    await("MFA code");
    await(serial);
    harness_send(console, SV("\x1b[200~12\r\n3456\x1b[201~")); /* a paste that has an Enter in it */
    await("******");
    assert_true(harness_keys(console, "ctrl-u"));
    for (const char *digit = code; *digit != '\0'; digit++)
        harness_send(console, (struct sv){digit, 1});
    await("******");
    assert_false(harness_has(console, code));
    assert_true(harness_keys(console, "Enter"));
    assert_true(harness_wait_gone(console, "MFA code", PATIENCE_MS));
    await("org:");
    close_console();
    /* remembered while the session lasts */
    open_console("mfa");
    await("org:");
    close_console();
}

static void without_a_terminal_it_says_what_to_do(void **state)
{
    const char *const argv[] = {
        BINARY_DIR "/watchdeck", "--profile", "prod", "--once", "accounts", NULL};
    struct outcome outcome;
    (void)state;
    room_run(&room, &outcome, argv);
    assert_int_equal(outcome.status, 5);
    assert_non_null(strstr(buf_cstr(&outcome.err), "aws sso login --profile prod"));
    outcome_done(&outcome);
    assert_int_equal(count("RegisterClient"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_login_from_inside_the_console),           TEST(expiry_in_the_middle_of_a_load),
        TEST(a_login_that_is_given_up_can_be_had_later), TEST(an_mfa_code_is_asked_for_once),
        TEST(without_a_terminal_it_says_what_to_do), /* the last: it leaves its environment */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
