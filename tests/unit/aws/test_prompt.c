/*
 * Prompts: asked on RUN_UI, answered once, refused where nobody is.
 */
#include <stdlib.h>
#include <string.h>

#include "core/aws/call.h"
#include "helper_client.h"
#include "tests/unit/unit.h"

#define WAIT_MS 60000

static struct aws_client *client;

/* What became of one that was asked. */
struct asked {
    uint64_t id;
    struct secret *answer;
    struct err err;
    size_t n_answered;
    bool is_over; /* set on RUN_UI, behind the answer */
};

/* What the listener has seen. */
static struct {
    struct prompt prompts[4];
    size_t n;
    uint64_t over[4];
    size_t n_over;
    bool any;
} heard;

static void note_over(void *arg)
{
    ((struct asked *)arg)->is_over = true;
}

static void on_answered(void *arg, struct secret *answer, const struct err *err)
{
    struct asked *asked = arg;
    assert_true(run_is_on(RUN_WORKER));
    asked->answer = secret_ref(answer);
    asked->err = *err;
    asked->n_answered++;
    run_call(RUN_UI, RUN_NORMAL, helper_scope(), note_over, NULL, asked);
}

static void on_prompt(void *arg, const struct prompt *prompt)
{
    (void)arg;
    assert_true(run_is_on(RUN_UI));
    heard.prompts[heard.n++] = *prompt;
    heard.any = true;
}

static void on_over(void *arg, uint64_t id)
{
    (void)arg;
    heard.over[heard.n_over++] = id;
}

static void begin(struct asked *asked, enum prompt_kind kind)
{
    struct prompt prompt = {.kind = kind, .profile = "ops", .device = "arn:aws:iam::1:mfa/me"};
    *asked = (struct asked){0};
    asked->id = prompt_ask(client, &prompt, on_answered, NULL, asked);
}

static void finish(struct asked *asked)
{
    assert_true(run_ui_until(&asked->is_over, WAIT_MS));
    assert_int_equal(asked->n_answered, 1);
}

static void hear(void)
{
    assert_true(run_ui_until(&heard.any, WAIT_MS));
    heard.any = false;
}

static void test_nobody_is_there(void **state)
{
    struct asked asked;
    (void)state;
    assert_false(prompt_is_heard(client));
    begin(&asked, PROMPT_MFA_CODE);
    finish(&asked);
    assert_null(asked.answer);
    assert_int_equal(asked.err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(asked.err.message, "arn:aws:iam::1:mfa/me"));
    assert_non_null(strstr(asked.err.message, "--profile ops"));
    begin(&asked, PROMPT_SSO_LOGIN);
    finish(&asked);
    assert_non_null(strstr(asked.err.message, "aws sso login --profile ops"));
}

static void test_an_answer_arrives_once(void **state)
{
    struct asked asked;
    (void)state;
    client_on_prompt(client, on_prompt, on_over, NULL);
    assert_true(prompt_is_heard(client));
    begin(&asked, PROMPT_MFA_CODE);
    hear();
    assert_int_equal(heard.prompts[0].id, asked.id);
    assert_string_equal(heard.prompts[0].profile, "ops");
    client_answer_prompt(client, asked.id, secret_new(SV("123456")));
    client_answer_prompt(client, asked.id, secret_new(SV("654321")));
    finish(&asked);
    assert_sv(secret_bytes(asked.answer), "123456");
    assert_int_equal(heard.n_over, 0);
    secret_unref(asked.answer);
}

static void test_given_up_and_withdrawn(void **state)
{
    struct asked first, second;
    (void)state;
    client_on_prompt(client, on_prompt, on_over, NULL);
    begin(&first, PROMPT_MFA_CODE);
    hear();
    client_answer_prompt(client, first.id, NULL);
    finish(&first);
    assert_int_equal(first.err.code, ERR_CANCELLED);

    begin(&second, PROMPT_SSO_LOGIN);
    hear();
    prompt_withdraw(client, second.id);
    prompt_withdraw(client, second.id);
    finish(&second);
    assert_int_equal(second.err.code, ERR_CANCELLED);
    assert_int_equal(heard.n_over, 1);
    assert_int_equal(heard.over[0], second.id);
}

static void test_the_listener_goes(void **state)
{
    struct asked asked;
    (void)state;
    client_on_prompt(client, on_prompt, on_over, NULL);
    begin(&asked, PROMPT_MFA_CODE);
    hear();
    client_on_prompt(client, NULL, NULL, NULL);
    finish(&asked);
    assert_null(asked.answer);
    assert_false(prompt_is_heard(client));
}

static size_t n_dropped;

static void count_drop(void *arg)
{
    (void)arg;
    n_dropped++;
}

static void test_what_is_open_at_the_end_is_dropped(void **state)
{
    struct prompt prompt = {.kind = PROMPT_MFA_CODE};
    struct asked asked = {0};
    (void)state;
    helper_start("AKIDBASE", "secret");
    client = helper_client_new("http://127.0.0.1:1");
    client_on_prompt(client, on_prompt, on_over, NULL);
    prompt_ask(client, &prompt, on_answered, count_drop, &asked);
    hear();
    helper_stop();
    assert_int_equal(n_dropped, 0);
    client_free(client);
    assert_int_equal(n_dropped, 1);
    assert_int_equal(asked.n_answered, 0);
}

static int setup(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    helper_start("AKIDBASE", "secret");
    client = helper_client_new("http://127.0.0.1:1");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    client_free(client);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_arrives_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_up_and_withdrawn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_listener_goes, setup, teardown),
        cmocka_unit_test(test_what_is_open_at_the_end_is_dropped),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
