/*
 * The dialogs for logins and MFA codes, and the countdown in the header: prompts as core/aws asks
 * them, answered as a person does. Their pictures are in golden/.
 */
#include "tests/unit/views/helper_app.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/call.h"
#include "core/aws/prompt.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/golden.h"

#define NOW_MS ((int64_t)1772334000000) /* 2026-03-01T03:00:00Z */

/* What became of a prompt. Written on RUN_WORKER, read when everything is settled. */
static struct {
    unsigned n;
    bool given_up;
    char code[16];
} answers;

static void note_answer(void *arg, struct secret *answer, const struct err *err)
{
    (void)arg;
    answers.n++;
    answers.given_up = answer == NULL && err->code != OK;
    sv_copy(secret_bytes(answer), answers.code, sizeof answers.code);
}

static struct aws_client *client(void)
{
    return gov_client(app_gov(app));
}

static uint64_t ask(const struct prompt *prompt)
{
    uint64_t id = prompt_ask(client(), prompt, note_answer, NULL, NULL);

    settle();
    return id;
}

static uint64_t ask_login(void)
{
    struct prompt prompt = {.kind = PROMPT_SSO_LOGIN,
                            .profile = "prod",
                            .sso_session = "acme",
                            .url =
                                "https://device.sso.eu-west-1.amazonaws.com/?user_code=QXRT-BFKM",
                            .user_code = "QXRT-BFKM",
                            .expires_at_ms = NOW_MS + 598000};

    return ask(&prompt);
}

static uint64_t ask_code(void)
{
    struct prompt prompt = {.kind = PROMPT_MFA_CODE,
                            .profile = "prod",
                            .device = "arn:aws:iam::111111111111:mfa/alice"};

    return ask(&prompt);
}

static void paste(const char *text)
{
    const struct event event = {.type = EVENT_PASTE, .paste = {sv_of(text), true}};

    app_event(app, &event);
    settle();
}

static void assert_picture(const char *name)
{
    struct canvas canvas = app_canvas(app);
    AUTO(buf_done) struct buf screen = BUF_NONE;
    AUTO(buf_done) struct buf path = BUF_NONE;
    AUTO(buf_done) struct buf report = BUF_NONE;

    app_redraw(app);
    app_draw(app);
    canvas_dump(&canvas, &screen);
    buf_addf(&path, "%s/tests/unit/views/golden/%s.golden", SOURCE_DIR, name);
    if (!golden_equals(buf_cstr(&path), buf_sv(&screen), &report))
        fail_msg("%s", buf_cstr(&report));
}

static int start(void **state)
{
    memset(&answers, 0, sizeof answers);
    return start_app(state);
}

/* --- logins ---------------------------------------------------------------------------------- */

static void a_login_shows_address_and_code(void **state)
{
    (void)state;
    ask_login();
    wait_for("QXRT-BFKM");
    assert_true(shows("https://device.sso.eu-west-1.amazonaws.com/?user_code=QXRT-BFKM"));
    assert_true(shows("9:58 left"));
    assert_true(shows("waits for a login")); /* in the header */
    assert_picture("login");
    press("c");
    assert_true(shows("copied the address: https://device.sso"));
    press("C");
    assert_true(shows("copied the code: QXRT-BFKM"));
    press("j Enter q y");
    assert_true(shows("Log in"));
    assert_int_equal(answers.n, 0);
    press("Esc");
    settle();
    assert_false(shows("Log in"));
    assert_false(shows("waits for a login"));
    assert_int_equal(answers.n, 1);
    assert_true(answers.given_up);
}

static void the_dialog_goes_when_the_login_is_made(void **state)
{
    uint64_t id = ask_login();
    (void)state;
    wait_for("Log in");
    prompt_withdraw(client(), id);
    wait_gone("Log in");
    assert_true(shows("fig")); /* the screen is where it was */
}

static void a_long_address_is_wrapped_whole(void **state)
{
    struct prompt prompt = {.kind = PROMPT_SSO_LOGIN, .profile = "old", .user_code = "AAAA-BBBB"};
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct canvas canvas = app_canvas(app);
    (void)state;
    memset(prompt.url, 'x', 180);
    memcpy(prompt.url, "https://device/", 15);
    memcpy(prompt.url + 177, "END", 3);
    ask(&prompt);
    wait_for("END");
    canvas_dump(&canvas, &screen);
    assert_true(shows("Profile old wants a login"));
    assert_false(sv_contains(buf_sv(&screen), SV("…x")));
}

/* What a service says cannot act on the terminal, nor look like something else. */
static void hostile_texts_are_shown_escaped(void **state)
{
    struct prompt prompt = {.kind = PROMPT_SSO_LOGIN,
                            .profile = "p\x1b[31m",
                            .url = "https://x/\u202e\x1b]0;t\x07",
                            .user_code = "A\u0430B"};
    (void)state;
    ask(&prompt);
    wait_for("A\\u{0430}B");
    assert_true(shows("\\u{202E}"));
    assert_true(shows("p^[[31m"));
}

/* --- MFA codes ------------------------------------------------------------------------------- */

static void a_code_is_masked_and_sent_by_enter(void **state)
{
    (void)state;
    ask_code();
    wait_for("arn:aws:iam::111111111111:mfa/alice");
    press("1 2 3 x Enter");
    assert_true(shows("***"));
    assert_true(shows("The code has six digits."));
    assert_int_equal(answers.n, 0);
    press("4 5 7 Backspace 6");
    assert_true(shows("******"));
    assert_false(shows("123456"));
    assert_picture("mfa");
    press("Enter");
    settle();
    assert_string_equal(answers.code, "123456");
    assert_false(shows("MFA code"));
}

static void a_paste_fills_in_but_does_not_send(void **state)
{
    (void)state;
    ask_code();
    wait_for("MFA code");
    paste("654 321\r\n");
    assert_true(shows("******"));
    assert_int_equal(answers.n, 0);
    press("ctrl-u");
    assert_false(shows("*"));
    paste("111222333");
    press("Enter");
    settle();
    assert_string_equal(answers.code, "111222");
}

static void a_refused_code_is_asked_again_with_the_reason(void **state)
{
    struct prompt prompt = {.kind = PROMPT_MFA_CODE,
                            .profile = "prod",
                            .device = "serial-1",
                            .refusal = "That code was not taken: wait for the next one."};
    (void)state;
    ask(&prompt);
    wait_for("That code was not taken");
}

/* --- several, and beside other things -------------------------------------------------------- */

static void prompts_wait_for_one_another(void **state)
{
    (void)state;
    ask_code();
    ask_login();
    wait_for("MFA code (1 of 2)");
    press("Esc");
    wait_for("Log in");
    assert_false(shows("1 of"));
    settle();
    assert_int_equal(answers.n, 1);
}

/* Keys that are meant for a line that is being typed must not fall into a dialog. */
static void a_prompt_waits_until_nothing_else_is_typed(void **state)
{
    (void)state;
    press("/ p");
    ask_code();
    wait_for("waits for an MFA code");
    assert_false(shows("mfa/alice"));
    press("Enter");
    wait_for("mfa/alice");
}

static void a_prompt_ends_with_the_console(void **state)
{
    (void)state;
    ask_login();
    wait_for("Log in");
    /* stop_app finds nothing left behind */
}

static void login_is_a_command(void **state)
{
    (void)state;
    words_set("plum", false);
    command_line("login");
    wait_for("plum"); /* what is shown has been loaded anew */
}

/* --- the countdown --------------------------------------------------------------------------- */

static void expire_in(int64_t left_ms)
{
    atomic_store(&client()->sso_lapse_at_ms, NOW_MS + left_ms);
    app_redraw(app);
    app_draw(app);
}

static style_t style_of(const char *text)
{
    struct canvas canvas = app_canvas(app);
    struct canvas_cell cell = {0};
    AUTO(buf_done) struct buf row = BUF_NONE;

    canvas_dump_row(&canvas, 0, &row);
    const char *at = strstr(buf_cstr(&row), text);
    assert_non_null(at);
    assert_true(canvas_read(&canvas, 0, (int)(at - buf_cstr(&row)), &cell));
    return cell.style;
}

static void the_header_counts_down(void **state)
{
    (void)state;
    assert_false(shows("SSO"));
    expire_in((6 * 60 + 12) * 60000 + 500);
    assert_true(shows("SSO 6h12m"));
    assert_int_equal(STYLE_ROLE(style_of("SSO")), ROLE_HEADER);
    expire_in(14 * 60000 + 59000);
    assert_true(shows("SSO only 14m"));
    assert_int_equal(STYLE_ROLE(style_of("SSO")), ROLE_WARN);
    assert_picture("expiry");
    expire_in(0);
    assert_true(shows("SSO expired"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop_app)
    const struct CMUnitTest tests[] = {
        TEST(a_login_shows_address_and_code),
        TEST(the_dialog_goes_when_the_login_is_made),
        TEST(a_long_address_is_wrapped_whole),
        TEST(hostile_texts_are_shown_escaped),
        TEST(a_code_is_masked_and_sent_by_enter),
        TEST(a_paste_fills_in_but_does_not_send),
        TEST(a_refused_code_is_asked_again_with_the_reason),
        TEST(prompts_wait_for_one_another),
        TEST(a_prompt_waits_until_nothing_else_is_typed),
        TEST(a_prompt_ends_with_the_console),
        TEST(login_is_a_command),
        TEST(the_header_counts_down),
    };
    clock_freeze_display(NOW_MS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
