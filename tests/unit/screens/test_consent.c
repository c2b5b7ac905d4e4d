/*
 * What a person has agreed to is what is sent: the real program on a terminal. Text that is pasted
 * agrees to nothing, and a list that changes while the sheet is open leads it nowhere else. What
 * was sent is read from the sandbox's log.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/os.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define LOG_BYTES   ((size_t)32 << 20)
#define ACCOUNT     "analytics-dev"
#define ACCOUNT_ID  "173288199044"

static struct room room;
static struct sandbox sandbox;
static struct harness *console;
static char requests[DIR_PATH_SIZE];

/* Answers take their time, so that a list is still coming when a sheet opens over it. */
static int open_sandbox(void **state)
{
    (void)state;
    room_open(&room);
    room_configure(&room, "");
    str_copy(requests, room_path(&room, "requests"));
    const char *const more[] = {"--requests", requests, "--latency-ms", "40", NULL};
    sandbox_start(&sandbox, &room, more);
    return 0;
}

static int open_console(void **state)
{
    (void)state;
    const char *const argv[] = {WATCHDECK,  "--state-dir", room_path(&room, "state"),
                                "--budget", "off",         NULL};
    console = console_spawn(&room, argv, 40, 130);
    return 0;
}

static int setup(void **state)
{
    return open_sandbox(state) || open_console(state);
}

static int teardown(void **state)
{
    (void)state;
    harness_free(console);
    console = NULL;
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

/* --- a person -------------------------------------------------------------------------------- */

static void await(const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    if (harness_wait(console, text, PATIENCE_MS))
        return;
    harness_screen(console, &screen);
    fprintf(stderr, "%s", buf_cstr(&screen)); /* more than cmocka has room for */
    fail_msg("\"%s\" is not there", text);
}

/* Keys one by one; "\r" is Enter. Then what is to be seen. */
static void type(const char *text, const char *then)
{
    for (; *text != '\0'; text++)
        harness_send(console, (struct sv){text, 1});
    await(then);
}

static void paste(const char *text)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    buf_addf(&bytes, "\033[200~%s\033[201~", text);
    harness_send(console, buf_sv(&bytes));
}

static void open_findings(void)
{
    await("NEEDS A DECISION");
    type(":findings #us-east-1 /" ACCOUNT "\r", "bastion");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
}

/* --- the judge ------------------------------------------------------------------------------- */

/* The revokes that were asked for, dry runs aside; rule_id is that of the last one. */
static size_t count_revokes(char rule_id[32])
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(LOG_BYTES);
    size_t n = 0;

    assert_int_equal(os_read_file(requests, LOG_BYTES, &text, NULL), OK);
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        AUTO(json_free_at) cJSON *request = NULL;
        if (json_parse(sv_split(&rest, '\n'), "request", &request, NULL) != OK ||
            !sv_eq_cstr(json_sv(request, "operation"), "RevokeSecurityGroupIngress") ||
            json_bool(request, "dry_run", true))
            continue;
        const cJSON *ids = json_items(json_get(request, "parameters"), "SecurityGroupRuleIds");
        sv_copy(json_string(ids), rule_id, 32);
        n++;
    }
    return n;
}

/* What the preview says of the row at the cursor. */
static void read_preview(const char *label, const char *prefix, char *text, size_t size)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    await(label);
    harness_screen(console, &screen);
    const char *at = strstr(strstr(buf_cstr(&screen), label), prefix);
    assert_non_null(at);
    sv_copy((struct sv){at, strcspn(at, " \n")}, text, size);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void pasted_text_confirms_nothing(void **state)
{
    char wanted[32], revoked[32];

    (void)state;
    open_findings();
    read_preview("RULE ID     ", "sgr-", wanted, sizeof wanted);
    type("A", "ready: y approves");
    paste("y");
    paste("y" ACCOUNT "\r");
    type("?", "this screen"); /* had a paste been a key, this would be a letter of the name */
    type("q", "ready: y approves");
    assert_false(harness_has(console, "type the account's name"));
    type("y", "type the account's name");
    paste(ACCOUNT);
    paste(ACCOUNT "\r");
    type("\r", "type the account's name"); /* Enter over nothing */
    assert_int_equal(count_revokes(revoked), 0);
    type("\033", "ready: y approves");
    type("y", "type the account's name");
    type(ACCOUNT "\r", "verified; u undoes it");     /* so it was the paste */
    assert_false(harness_has(console, "y approve")); /* there is nothing left to decide */
    assert_false(harness_has(console, "DryRun:"));
    assert_true(harness_has(console, "u undo"));
    assert_int_equal(count_revokes(revoked), 1);
    assert_string_equal(revoked, wanted);
}

/* Somebody opens another group to everything: it will stand above all that is listed. */
static void open_another_group(const char *account_id, const char *group_id)
{
    AUTO(buf_done) struct buf body = BUF_NONE, answer = BUF_NONE;

    buf_addf(
        &body,
        "[{\"op\":\"add\",\"path\":\"/resources/%s/us-east-1/AWS::EC2::SecurityGroup/%s/rules/-"
        "\",\"value\":{\"isEgress\":false,\"ipProtocol\":\"-1\",\"fromPort\":-1,\"toPort\":-1,"
        "\"cidrIpv4\":\"0.0.0.0/0\"}}]",
        account_id, group_id);
    sandbox_control(&sandbox, "world", buf_cstr(&body), &answer);
}

static void a_list_that_shifts_redirects_nothing(void **state)
{
    char wanted[32], revoked[32], account_id[16], other[32];

    (void)state;
    open_findings();
    type("j", "GROUP       web"); /* the preview follows */
    read_preview("GROUP ID    ", "sg-", other, sizeof other);
    type("k", "GROUP       bastion");
    read_preview("RULE ID     ", "sgr-", wanted, sizeof wanted);
    read_preview("ACCOUNT ID  ", "1", account_id, sizeof account_id);
    open_another_group(account_id, other);
    type("rA", "ready: y approves"); /* the list comes anew beneath the sheet */
    type("y", "type the account's name");
    type(ACCOUNT "\r", "verified; u undoes it");
    assert_int_equal(count_revokes(revoked), 1);
    assert_string_equal(revoked, wanted);
    type("q", "unrestricted_all_traffic"); /* it has shifted */
}

/* What a keyboard may not have on it nobody has to type. */
static void an_account_without_a_typable_name_is_called_by_its_id(void **state)
{
    AUTO(buf_done) struct buf answer = BUF_NONE;
    char revoked[32];

    sandbox_control(&sandbox, "world",
                    "[{\"op\":\"replace\",\"path\":\"/accounts/" ACCOUNT_ID "/name\","
                    "\"value\":\"\xd1\x82\xd0\xb5\xd1\x81\xd1\x82\"}]",
                    &answer);
    open_console(state);
    await("NEEDS A DECISION");
    type(":findings @" ACCOUNT_ID " #us-east-1 /bastion\r", "tcp 22");
    assert_true(harness_wait_gone(console, "loading", PATIENCE_MS));
    type("A", "ready: y approves");
    type("y", "type the account's id");
    type(ACCOUNT_ID "\r", "verified; u undoes it");
    assert_int_equal(count_revokes(revoked), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pasted_text_confirms_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_that_shifts_redirects_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(an_account_without_a_typable_name_is_called_by_its_id,
                                        open_sandbox, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
