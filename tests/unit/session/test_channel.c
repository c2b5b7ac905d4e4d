/* Sessions from StartSession to TerminateSession over real sockets, with a node that does as it is
 * told: what screens and subcommands see of them. */
#include "core/session/channel.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/net/http.h"
#include "helper_gateway.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define WAIT_MS 120000

static struct scope *scope;

/* A person at a session. */
struct user {
    struct aws_client *client;
    struct scope *scope;
    struct channel *channel;
    struct channel_status status;
    struct buf got, errors, notices, states;
    struct sv to_write; /* what is still to be written */
    bool done;
    bool (*done_when)(const struct user *user);
    size_t wanted_bytes;
};

static void look(struct user *user)
{
    if (user->done_when != NULL && user->done_when(user))
        user->done = true;
}

static void on_status(void *arg, const struct channel_status *status)
{
    struct user *user = arg;

    if (user->status.state != status->state || user->states.len == 0)
        buf_addf(&user->states, "%s;", channel_state_name(status->state));
    user->status = *status;
    look(user);
}

static void on_output(void *arg, struct sv bytes)
{
    struct user *user = arg;

    buf_add(&user->got, bytes);
    look(user);
}

static void on_notice(void *arg, struct sv text)
{
    buf_add(&((struct user *)arg)->notices, text);
}

static void write_more(void *arg)
{
    struct user *user = arg;

    for (size_t n; user->to_write.len > 0; user->to_write.ptr += n, user->to_write.len -= n) {
        n = channel_write(user->channel, user->to_write);
        if (n == 0)
            break;
    }
}

static void user_begin(struct user *user, const struct aws_options *options,
                       const struct channel_request *request)
{
    const struct channel_handlers handlers = {.on_status = on_status,
                                              .on_output = on_output,
                                              .on_notice = on_notice,
                                              .on_room = write_more,
                                              .arg = user};
    struct err err;

    if (client_new(options, &user->client, &err) != OK)
        fail_msg("%s", err.message);
    user->scope = scope_new(scope, "user");
    user->channel = channel_open(user->client, user->scope, request, &handlers);
}

static struct user *user_new(struct gateway *gateway, const struct channel_request *request)
{
    struct user *user = mem_new(struct user);
    const struct aws_options options = {
        .endpoint_url = gateway_url(gateway), .region = "eu-west-1", .budget_percent = -1};

    user_begin(user, &options, request);
    return user;
}

static void wait_until(struct user *user, bool (*when)(const struct user *user), const char *what)
{
    user->done_when = when;
    user->done = when(user);
    if (!run_ui_until(&user->done, WAIT_MS))
        fail_msg("%s: never; states %s, %zu bytes, error %s", what, buf_cstr(&user->states),
                 user->got.len, user->status.err.message);
}

/* Between two tests everything is stopped, so that nothing is left behind. */
static void user_free(struct user *user)
{
    scope_close(user->scope);
    assert_true(sessions_leave(WAIT_MS));
    run_stop();
    scope_unref(user->scope);
    scope_unref(scope);
    client_free(user->client);
    buf_done(&user->got);
    buf_done(&user->errors);
    buf_done(&user->notices);
    buf_done(&user->states);
    mem_free(user);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_MAX_ATTEMPTS", "1", 1);
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_PROFILE");
    run_start(&http_net_loop);
    scope = scope_new(NULL, "test");
    return 0;
}

static bool has_prompt(const struct user *user)
{
    return sv_ends(buf_sv(&user->got), SV("$ "));
}

static bool has_ended(const struct user *user)
{
    return user->status.state == CHANNEL_ENDED;
}

static bool has_bytes(const struct user *user)
{
    return user->got.len >= user->wanted_bytes;
}

static const struct channel_request shell = {
    .node = "i-0123456789abcdef0", .columns = 132, .rows = 43};

/* --- tests ----------------------------------------------------------------------------------- */

static void a_shell_from_start_to_end(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.first = "$ ", .echoes = true});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_prompt, "a prompt");
    assert_int_equal(user->status.state, CHANNEL_OPEN);
    assert_int_equal(user->status.kind, SESSION_SHELL);
    assert_int_equal(channel_write(user->channel, SV("ls\r\n\n")), 5);
    user->wanted_bytes = 7;
    wait_until(user, has_bytes, "an echo");
    assert_sv(buf_sv(&user->got), "$ ls\r\n\n");
    channel_end(user->channel);
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, OK);
    assert_string_equal(user->status.session_id, "me-0123456789abcdef0");
    assert_sv(buf_sv(&user->states), "opening;open;ended;");
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_starts, 1);
    assert_int_equal(seen.n_terminates, 1);
    assert_int_equal(seen.n_wrong_tokens, 0);
    assert_string_equal(seen.start_body, "{\"Target\":\"i-0123456789abcdef0\"}");
    assert_string_equal(seen.size, "{\"cols\":132,\"rows\":43}");
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

static void a_private_endpoint_stands_in_for_the_host(void **state)
{
    struct gateway *gateway = gateway_new(
        &(struct gateway_manner){.first = "$ ", .stream_origin = "wss://elsewhere.invalid:7"});

    (void)state;
    setenv("AWS_ENDPOINT_URL_SSMMESSAGES", gateway_url(gateway), 1);
    setenv("AWS_ENDPOINT_URL_SSM", gateway_url(gateway), 1);
    struct user *user = mem_new(struct user);
    const struct aws_options options = {.region = "eu-west-1", .budget_percent = -1};
    user_begin(user, &options, &shell);
    wait_until(user, has_prompt, "a prompt");
    user_free(user);
    gateway_free(gateway);
    unsetenv("AWS_ENDPOINT_URL_SSMMESSAGES");
    unsetenv("AWS_ENDPOINT_URL_SSM");
}

/* By characters, as the service counts. */
static void a_reason_has_an_end(void **state)
{
    AUTO(buf_done) struct buf reason = BUF_NONE;
    struct err err;

    (void)state;
    assert_int_equal(channel_check_reason(NULL, &err), OK);
    for (int i = 0; i < SESSION_REASON_CHARS; i++)
        buf_add_cstr(&reason, "\xe2\x82\xac");
    assert_int_equal(channel_check_reason(buf_cstr(&reason), &err), OK);
    assert_in_range(reason.len, 1, SESSION_REASON_SIZE - 1);
    buf_add_char(&reason, 'x');
    assert_int_equal(channel_check_reason(buf_cstr(&reason), &err), ERR_USAGE);
    assert_non_null(strstr(err.message, "257 characters"));
}

static void documents_and_reasons_are_passed_on(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.first = "$ "});
    const struct channel_request request = {.node = "mi-1",
                                            .document = "AWS-StartInteractiveCommand",
                                            .reason = "INC-7",
                                            .parameters = {{"command", "top -b"}}};
    struct user *user = user_new(gateway, &request);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_prompt, "a prompt");
    gateway_see(gateway, &seen);
    assert_string_equal(seen.start_body,
                        "{\"Target\":\"mi-1\",\"DocumentName\":\"AWS-StartInteractiveCommand\","
                        "\"Reason\":\"INC-7\",\"Parameters\":{\"command\":[\"top -b\"]}}");
    assert_string_equal(seen.size, ""); /* there is no terminal */
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

static void a_node_that_ends_is_not_terminated(void **state)
{
    struct gateway *gateway =
        gateway_new(&(struct gateway_manner){.first = "$ ", .closes_after_input = true});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_prompt, "a prompt");
    channel_write(user->channel, SV("exit\r"));
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, OK);
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_terminates, 0);
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

static void a_refused_start_says_why(void **state)
{
    struct gateway *gateway = gateway_new(
        &(struct gateway_manner){.start_status = 400, .start_error = "TargetNotConnected"});
    struct user *user = user_new(gateway, &shell);

    (void)state;
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, ERR_AWS);
    assert_string_equal(user->status.err.aws_code, "TargetNotConnected");
    assert_sv(buf_sv(&user->states), "ended;");
    user_free(user);
    gateway_free(gateway);
}

/* A few tokens, each a fresh one, and no three minutes. */
static void a_service_that_takes_no_token_is_left(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.turns_away = true});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, ERR_AWS);
    assert_non_null(strstr(user->status.err.message, "1008 the token is not good"));
    assert_true(sessions_leave(WAIT_MS));
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_sockets, 4);
    assert_int_equal(seen.n_resumes, 3);
    assert_int_equal(seen.n_wrong_tokens, 0); /* they were all that there were */
    assert_int_equal(seen.n_terminates, 1);
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

#define STREAM_BYTES ((size_t)2 << 20)

/* Both ways at once; then everything is compared. */
static void stream_both_ways(const struct gateway_manner *manner, struct gateway_seen *seen)
{
    struct gateway *gateway = gateway_new(manner);
    struct channel_request request = shell;
    AUTO(buf_done) struct buf expected = BUF_NONE;

    request.messages_per_s = CHANNEL_UNPACED;
    struct user *user = user_new(gateway, &request);
    gateway_bytes(&expected, STREAM_BYTES);
    user->to_write = buf_sv(&expected);
    write_more(user);
    user->wanted_bytes = STREAM_BYTES;
    wait_until(user, has_bytes, "all bytes");
    channel_finish(user->channel);
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, OK);
    assert_int_equal(user->got.len, expected.len);
    assert_memory_equal(user->got.ptr, expected.ptr, expected.len);
    gateway_see(gateway, seen);
    assert_int_equal(seen->input.len, expected.len);
    assert_memory_equal(seen->input.ptr, expected.ptr, expected.len);
    assert_int_equal(seen->n_wrong_tokens, 0);
    assert_int_equal(seen->n_terminates, 1);
    gateway_seen_done(seen);
    user_free(user);
    gateway_free(gateway);
}

static void two_megabytes_over_a_bad_line(void **state)
{
    struct gateway_seen seen;

    (void)state;
    stream_both_ways(
        &(struct gateway_manner){
            .sends_bytes = STREAM_BYTES, .loss = 50, .duplicates = 50, .swapped = 50},
        &seen);
    assert_int_equal(seen.n_sockets, 1);
}

static void nothing_is_lost_with_the_socket(void **state)
{
    struct gateway_seen seen;

    (void)state;
    stream_both_ways(&(struct gateway_manner){.sends_bytes = STREAM_BYTES, .byes_after = 700},
                     &seen);
    assert_int_equal(seen.n_sockets, 2);
    assert_int_equal(seen.n_resumes, 1);
    assert_int_equal(seen.n_client_ids, 1);
}

/* More often than there are attempts: each socket carries something. */
static void short_lived_sockets_are_no_failed_attempts(void **state)
{
    struct gateway_seen seen;

    (void)state;
    stream_both_ways(&(struct gateway_manner){.sends_bytes = STREAM_BYTES,
                                              .byes_after = 250,
                                              .byes_again = true},
                     &seen);
    assert_true(seen.n_sockets > 14);
    assert_int_equal(seen.n_client_ids, 1);
}

static void a_refused_resume_is_the_end(void **state)
{
    struct gateway *gateway =
        gateway_new(&(struct gateway_manner){.first = "$ ", .byes_after = 1, .resume_status = 403});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, ERR_DENIED);
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_resumes, 1);
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

static enum server_next say_403(void *arg, const struct server_request *request)
{
    (void)arg;
    server_reply(request, 403, "", SV_NONE);
    return SERVER_CLOSE;
}

/* Both that it can mean are told; nobody is asked again. */
static void a_gateway_that_denies_names_the_action(void **state)
{
    struct server *server = server_new(say_403, NULL);
    AUTO(buf_done) struct buf origin = BUF_NONE;
    struct gateway_seen seen;

    (void)state;
    buf_addf(&origin, "ws%s", server_url(server) + strlen("http"));
    struct gateway *gateway =
        gateway_new(&(struct gateway_manner){.first = "$ ", .stream_origin = buf_cstr(&origin)});
    struct user *user = user_new(gateway, &shell);
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, ERR_DENIED);
    assert_string_equal(user->status.err.iam_action, "ssmmessages:OpenDataChannel");
    assert_non_null(strstr(user->status.err.message, "token came too late"));
    assert_int_equal(server_n_requests(server), 1);
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_resumes, 0);
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
    server_free(server);
}

static void a_resume_without_a_token_is_the_end(void **state)
{
    struct gateway *gateway = gateway_new(
        &(struct gateway_manner){.first = "$ ", .byes_after = 1, .resumes_without_token = true});
    struct user *user = user_new(gateway, &shell);

    (void)state;
    wait_until(user, has_ended, "an end");
    assert_int_equal(user->status.err.code, ERR_NOT_FOUND);
    assert_true(sv_contains(buf_sv(&user->states), SV("resuming;")));
    user_free(user);
    gateway_free(gateway);
}

static void an_encrypted_session(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){
        .first = "$ ",
        .echoes = true,
        .handshake = "{\"ActionType\":\"SessionType\",\"ActionParameters\":{\"SessionType\":"
                     "\"Standard_Stream\",\"Properties\":null}},{\"ActionType\":\"KMSEncryption\","
                     "\"ActionParameters\":{\"KMSKeyId\":\"alias/a\",\"Challenge\":\"QUJD\"}}"});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_prompt, "a prompt");
    assert_true(user->status.is_encrypted);
    channel_write(user->channel, SV("whoami"));
    user->wanted_bytes = 8;
    wait_until(user, has_bytes, "an echo");
    assert_sv(buf_sv(&user->got), "$ whoami");
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_keys, 1);
    assert_string_equal(seen.key_body,
                        "{\"EncryptionContext\":{\"aws:ssm:SessionId\":\"me-0123456789abcdef0\","
                        "\"aws:ssm:TargetId\":\"i-0123456789abcdef0\","
                        "\"aws:ssm:RandomChallenge\":\"QUJD\"},\"KeyId\":\"alias/a\","
                        "\"NumberOfBytes\":64}");
    assert_non_null(strstr(seen.response, "\"KMSCipherTextKey\":\"YmxvYg==\""));
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

static bool is_open(const struct user *user)
{
    return user->status.state == CHANNEL_OPEN;
}

static void a_held_channel_keeps_the_rest_at_the_node(void **state)
{
    struct gateway *gateway =
        gateway_new(&(struct gateway_manner){.first = "$ ", .sends_bytes = STREAM_BYTES});
    struct user *user = user_new(gateway, &shell);
    AUTO(buf_done) struct buf expected = BUF_NONE;
    const bool never = false;

    (void)state;
    channel_hold(user->channel, true);
    wait_until(user, is_open, "it opens");
    run_ui_until(&never, 300);
    assert_int_equal(user->got.len, 0);
    channel_hold(user->channel, false);
    user->wanted_bytes = STREAM_BYTES + 2;
    wait_until(user, has_bytes, "all bytes");
    buf_add_cstr(&expected, "$ ");
    gateway_bytes(&expected, STREAM_BYTES);
    assert_memory_equal(user->got.ptr, expected.ptr, expected.len);
    user_free(user);
    gateway_free(gateway);
}

static void a_session_that_nobody_holds_is_terminated(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.first = "$ "});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    wait_until(user, has_prompt, "a prompt");
    channel_close(user->channel);
    user->done_when = NULL;
    assert_true(sessions_leave(WAIT_MS));
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_terminates, 1);
    gateway_seen_done(&seen);
    assert_int_not_equal(user->status.state, CHANNEL_ENDED); /* it was told nothing any more */
    user_free(user);
    gateway_free(gateway);
}

static void one_that_is_left_while_it_starts_leaves_nothing_behind(void **state)
{
    struct gateway *gateway = gateway_new(&(struct gateway_manner){.first = "$ "});
    struct user *user = user_new(gateway, &shell);
    struct gateway_seen seen;

    (void)state;
    channel_end(user->channel);
    wait_until(user, has_ended, "an end");
    gateway_see(gateway, &seen);
    assert_int_equal(seen.n_starts, seen.n_terminates);
    assert_int_equal(seen.n_sockets, 0);
    gateway_seen_done(&seen);
    user_free(user);
    gateway_free(gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_shell_from_start_to_end, start),
        cmocka_unit_test_setup(a_private_endpoint_stands_in_for_the_host, start),
        cmocka_unit_test(a_reason_has_an_end),
        cmocka_unit_test_setup(documents_and_reasons_are_passed_on, start),
        cmocka_unit_test_setup(a_node_that_ends_is_not_terminated, start),
        cmocka_unit_test_setup(a_refused_start_says_why, start),
        cmocka_unit_test_setup(a_service_that_takes_no_token_is_left, start),
        cmocka_unit_test_setup(two_megabytes_over_a_bad_line, start),
        cmocka_unit_test_setup(nothing_is_lost_with_the_socket, start),
        cmocka_unit_test_setup(short_lived_sockets_are_no_failed_attempts, start),
        cmocka_unit_test_setup(a_refused_resume_is_the_end, start),
        cmocka_unit_test_setup(a_gateway_that_denies_names_the_action, start),
        cmocka_unit_test_setup(a_resume_without_a_token_is_the_end, start),
        cmocka_unit_test_setup(an_encrypted_session, start),
        cmocka_unit_test_setup(a_held_channel_keeps_the_rest_at_the_node, start),
        cmocka_unit_test_setup(a_session_that_nobody_holds_is_terminated, start),
        cmocka_unit_test_setup(one_that_is_left_while_it_starts_leaves_nothing_behind, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
