/* Sessions of nodes over real sockets, with a client that core/session's parts make. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/sandbox/run.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/world/kms.h"
#include "tests/unit/sandbox/helper_session_client.h"

#define WAIT_MS 60000

static struct options options;
static struct run run;

static void begin(const char *session)
{
    char *argv[] = {"sandbox",   "--world",       "accounts=3,resources=0",
                    "--session", (char *)session, NULL};
    api_load();
    assert_int_equal(options_parse(5, argv, &options, NULL), OK);
    assert_int_equal(run_open(&run, &options, NULL), OK);
}

static int end(void **state)
{
    (void)state;
    run_done(&run);
    options_done(&options);
    api_unload();
    return 0;
}

/* run_as NULL: the preferences do not speak of it. */
static struct session *start_as(enum session_type type, const char *command, const char *run_as)
{
    cJSON *properties = cJSON_CreateObject();
    struct session_shape shape = {
        .type = type, .properties = properties, .runs_as = run_as != NULL};
    if (run_as)
        str_copy(shape.run_as, run_as);
    if (command)
        cJSON_AddStringToObject(properties, "command", command);
    cJSON_AddStringToObject(properties, "separateOutputStream", "true");
    return broker_start(run.sandbox.broker,
                        &(struct session_wish){
                            .account_id = world_management_account(run.sandbox.world),
                            .region = world_region(run.sandbox.world, 0),
                            .node_id = "i-0123456789abcdef0",
                            .version = "3.3.987.0",
                            .owner = "arn:aws:iam::111122223333:user/oncall",
                            .name = "oncall",
                            .reason = "",
                            .document = "a document",
                            .shape = &shape,
                        });
}

static struct session *start(enum session_type type, const char *command)
{
    return start_as(type, command, NULL);
}

/* --- waiting ---------------------------------------------------------------------------------- */

typedef bool holds_fn(const struct session_client *client, const char *text);

static bool has_said(const struct session_client *client, const char *text)
{
    return sv_contains(buf_sv(&client->out), sv_of(text));
}

static bool is_closed(const struct session_client *client, const char *text)
{
    (void)text;
    return client->is_closed;
}

static bool has_ended(const struct session_client *client, const char *text)
{
    (void)text;
    return client->close_status != 0;
}

static void until(struct session_client *client, holds_fn *holds, const char *text)
{
    int64_t end_ms = clock_mono_ms() + WAIT_MS;
    while (!holds(client, text)) {
        if (clock_mono_ms() > end_ms)
            fail_msg("waited in vain for %s; came: %s", text ? text : "the end",
                     buf_cstr(&client->out));
        if (!session_client_pump(client))
            loop_turn(&run.loop);
    }
}

static void join(struct session_client *client, const struct session *session)
{
    session_client_open(client, server_port(run.endpoint), session->id, session->token);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A data key as GenerateDataKey seals it: bound to the session, the node and perhaps more. */
struct data_key {
    char bytes[64];
    struct buf ciphertext;
};

static void add_name(struct buf *context, const char *name, const char *value)
{
    buf_addf(context, "%zu:%s%zu:%s", strlen(name), name, strlen(value), value);
}

static void make_key(struct data_key *key, const struct session *session, const char *node_id)
{
    AUTO(buf_done) struct buf context = BUF_NONE, base64 = BUF_NONE;
    struct world *world = run.sandbox.world;
    struct key kms;
    *key = (struct data_key){0};
    os_random(key->bytes, sizeof key->bytes);
    add_name(&context, "aws:ssm:SessionId", session->id);
    add_name(&context, "aws:ssm:TargetId", node_id);
    struct cell *cell = world_cell(world, session->account_id, session->region);
    assert_true(key_find(world, cell_number(world, cell), KEY_SESSIONS, &kms));
    key_seal(world, &kms, buf_sv(&context), (struct sv){key->bytes, sizeof key->bytes}, &base64);
    assert_true(base64_decode(&key->ciphertext, buf_sv(&base64)));
}

static void use_key(struct session_client *client, const struct data_key *key)
{
    client->data_key = (struct sv){key->bytes, sizeof key->bytes};
    client->ciphertext_key = buf_sv(&key->ciphertext);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_shell_answers(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    (void)state;
    begin("prompt=0");
    struct session *session = start(SESSION_SHELL, NULL);
    join(&client, session);
    session_client_type(&client, "echo $((40+2))\r");
    until(&client, has_said, "42\r\n");
    assert_int_equal(session->status, SESSION_CONNECTED);
    session_client_type(&client, "exit\r");
    until(&client, has_ended, NULL);
    assert_string_equal(buf_cstr(&client.closed), "");
    assert_int_equal(client.close_status, 1000);
    assert_int_equal(session->status, SESSION_TERMINATED);
}

static void a_terminal_is_read_when_its_time_has_come(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    (void)state;
    begin("prompt=400");
    join(&client, start(SESSION_SHELL, NULL));
    int64_t start_ms = clock_mono_ms();
    until(&client, has_said, "$ ");
    assert_true(clock_mono_ms() - start_ms >= 350);
}

static void a_command_gives_its_status(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    (void)state;
    begin("prompt=0");
    join(&client, start(SESSION_NON_INTERACTIVE, "echo done; exit 9"));
    until(&client, is_closed, NULL);
    assert_string_equal(buf_cstr(&client.out), "done\n");
    assert_int_equal(client.exit_code, 9);
}

static void an_encrypted_shell_answers(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    struct data_key key;
    (void)state;
    begin("prompt=0,kms=" KEY_SESSIONS);
    struct session *session = start(SESSION_SHELL, NULL);
    make_key(&key, session, session->node_id);
    use_key(&client, &key);
    join(&client, session);
    until(&client, has_said, "$ ");
    assert_true(client.is_complete);
    assert_string_equal(client.kms_key_id, KEY_SESSIONS);
    assert_int_equal(strlen(client.challenge), 24);
    session_client_type(&client, "echo $((40+2))\r");
    until(&client, has_said, "42\r\n");
    buf_done(&key.ciphertext);
}

static void a_key_for_another_node_is_refused(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    struct data_key key;
    (void)state;
    begin("prompt=0,kms=" KEY_SESSIONS);
    struct session *session = start(SESSION_SHELL, NULL);
    make_key(&key, session, "i-1");
    use_key(&client, &key);
    join(&client, session);
    until(&client, is_closed, NULL);
    assert_non_null(strstr(buf_cstr(&client.closed), "InvalidCiphertextException"));
    assert_int_equal(session->status, SESSION_FAILED);
    buf_done(&key.ciphertext);
}

static void a_client_without_a_key_ends_it_with_its_words(void **state)
{
    AUTO(session_client_done) struct session_client client = {.failure = "kms says no"};
    (void)state;
    begin("prompt=0,kms=" KEY_SESSIONS);
    join(&client, start(SESSION_SHELL, NULL));
    until(&client, is_closed, NULL);
    assert_non_null(strstr(buf_cstr(&client.closed), "kms says no"));
    assert_false(client.is_complete);
}

static void a_challenge_can_be_required(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    struct data_key key;
    (void)state;
    begin("prompt=0,challenge=required,kms=" KEY_SESSIONS);
    struct session *session = start(SESSION_SHELL, NULL);
    make_key(&key, session, session->node_id);
    use_key(&client, &key);
    join(&client, session);
    until(&client, is_closed, NULL);
    assert_non_null(strstr(buf_cstr(&client.closed), "challenge"));
    buf_done(&key.ciphertext);
}

static void a_second_client_takes_the_first_ones_place(void **state)
{
    AUTO(session_client_done) struct session_client first = {0}, second = {0};
    (void)state;
    begin("prompt=0");
    struct session *session = start(SESSION_SHELL, NULL);
    join(&first, session);
    until(&first, has_said, "$ ");
    session_client_type(&first, "x=7\r");
    until(&first, has_said, "x=7\r\n");
    session_renew_token(session);
    second.expected = first.expected;
    second.next = first.next;
    join(&second, session);
    until(&first, has_ended, NULL);
    assert_int_equal(first.close_status, 1000);
    assert_false(first.is_closed);
    session_client_type(&second, "echo x is $x\r");
    until(&second, has_said, "x is 7");
}

static void sandboxes_end_with_sessions_that_live(void **state)
{
    AUTO(session_client_done) struct session_client client = {0};
    (void)state;
    begin("prompt=0");
    join(&client, start(SESSION_SHELL, NULL));
    until(&client, has_said, "$ ");
    session_client_type(&client, "sleep 1000\r");
    until(&client, has_said, "sleep 1000\r\n");
}

/* As the agent does: a user must be named, and be there; streams to a port need none. */
static void run_as_wants_a_user_that_there_is(void **state)
{
    static const struct {
        const char *options;
        enum session_type type;
        const char *user, *why; /* why NULL: it begins */
    } cases[] = {
        {"prompt=0", SESSION_SHELL, "", "start shell: Invalid RunAs username"},
        {"prompt=0", SESSION_INTERACTIVE, "  ", "start command: Invalid RunAs username"},
        {"prompt=0", SESSION_SHELL, "no-such-user", "RunAs user no-such-user does not exist"},
        {"prompt=0,runas=no-such-tag", SESSION_SHELL, "root", "no-such-tag does not exist"},
        {"prompt=0,runas=root", SESSION_SHELL, "", NULL},
        {"prompt=0", SESSION_SHELL, "root", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(session_client_done) struct session_client client = {0};
        if (i > 0)
            end(state);
        begin(cases[i].options);
        join(&client, start_as(cases[i].type, NULL, cases[i].user));
        if (cases[i].why) {
            until(&client, is_closed, NULL);
            assert_non_null(strstr(buf_cstr(&client.closed), cases[i].why));
            continue;
        }
        session_client_type(&client, "echo $((40+2))\r");
        until(&client, has_said, "42\r\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_shell_answers, end),
        cmocka_unit_test_teardown(run_as_wants_a_user_that_there_is, end),
        cmocka_unit_test_teardown(a_terminal_is_read_when_its_time_has_come, end),
        cmocka_unit_test_teardown(a_command_gives_its_status, end),
        cmocka_unit_test_teardown(an_encrypted_shell_answers, end),
        cmocka_unit_test_teardown(a_key_for_another_node_is_refused, end),
        cmocka_unit_test_teardown(a_client_without_a_key_ends_it_with_its_words, end),
        cmocka_unit_test_teardown(a_challenge_can_be_required, end),
        cmocka_unit_test_teardown(a_second_client_takes_the_first_ones_place, end),
        cmocka_unit_test_teardown(sandboxes_end_with_sessions_that_live, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
