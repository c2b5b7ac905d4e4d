/* Rows of earlier loads: who gets them, who never does, and what is not kept at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dir.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/unit.h"

#define CANARY  "canary-of-a-parameter"
#define SESSION "canary-of-a-session-token"

static char dir[DIR_PATH_SIZE];

static const struct column columns[] = {
    {.id = "account_id", .title = "ACCOUNT", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "value", .title = "VALUE", .type = COL_TEXT, .flags = COL_SECRET},
};

static void rules_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    table_set_text(load_table(load), 0, sv_of(page->request->target.account_id));
    table_set_text(load_table(load), 1, SV(CANARY));
    table_commit(load_table(load));
}

static void rules_target(struct load *load, const struct account *account,
                         const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    load_read(load, OP_config_DescribeConfigRules, target, NULL, rules_page, NULL, NULL);
}

static void rules_load(struct load *load)
{
    load_each(load, rules_target, NULL);
}

static const struct screen screen_test = {
    .name = "test",
    .title = "Test",
    .help = "",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = -1},
    .args = "",
    .load = rules_load,
};

/* --- answers --------------------------------------------------------------------------------- */

static const char *caller; /* the ARN; NULL: the organization's own */
static bool is_silent, is_down;

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    static char identity[256];
    answer->never = is_silent;
    if (is_down) {
        err_set(&answer->err, ERR_NET, "sts", "no route");
        return;
    }
    if (request->op == OP_sts_GetCallerIdentity && caller != NULL) {
        snprintf(identity, sizeof identity, "{\"Account\":\"111111111111\",\"Arn\":\"%s\"}",
                 caller);
        answer->pages[0] = identity;
    } else if (!canned_organization(request, answer)) {
        answer->pages[0] = "{}";
    }
}

/* --- one run of the program ------------------------------------------------------------------ */

static struct load *load;
static int most_cached;               /* rows, at any time; -1: never any */
static bool ended, silence_is_enough; /* cached rows end a silent run */

static void on_change(void *arg)
{
    struct load_view view;
    (void)arg;
    load_read_view(load, &view);
    if (view.cached != NULL)
        most_cached = (int)table_count(view.cached);
    ended |= canned_has_ended(&view) || (silence_is_enough && view.cached != NULL);
    load_view_done(&view);
}

struct run {
    const char *key_id;
    struct selection selection;
    const char *args[1];
    size_t n_args;
    unsigned flags;
    bool clears;
};

/* From start to end, as if the program was started anew; *view is the last one. */
static void run_to(const struct run *run, struct load_view *view)
{
    struct gov *gov = canned_gov_as(answer, run->key_id != NULL ? run->key_id : "AKIDEXAMPLE");
    gov->keeps_rows = true;
    most_cached = -1;
    ended = false;
    if (run->clears)
        gov_forget_rows(gov);
    load = load_open(gov, &screen_test, &run->selection, run->args, run->n_args,
                     run->flags != 0 ? run->flags : LOAD_CACHED, on_change, NULL);
    assert_true(run_ui_until(&ended, 10000));
    load_read_view(load, view);
    load_close(load);
    canned_gov_free(gov);
}

static int run_of(const struct run *run)
{
    struct load_view view;
    run_to(run, &view);
    load_view_done(&view);
    return most_cached;
}

static int plain_run(void)
{
    return run_of(&(struct run){0});
}

static int set_up(void **state)
{
    (void)state;
    dir_make(dir);
    setenv("HOME", dir, 1);
    unsetenv("XDG_CACHE_HOME");
    caller = NULL;
    is_silent = is_down = silence_is_enough = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dir_remove(dir);
    return 0;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void the_next_run_has_them_before_anybody_answers(void **state)
{
    struct load_view view;
    (void)state;
    assert_int_equal(plain_run(), -1);
    is_silent = silence_is_enough = true;
    run_to(&(struct run){0}, &view);
    assert_int_equal(most_cached, 4);
    assert_int_equal(view.phase, LOAD_RUNNING);
    assert_int_equal(view.cached_asked, 4);
    assert_int_equal(view.cached_answered, 4);
    assert_true(view.cached_at_ms > 0 && view.cached_at_ms <= view.started_at_ms);
    load_view_done(&view);
}

static void what_is_read_anew_replaces_them(void **state)
{
    struct load_view view;
    (void)state;
    plain_run();
    run_to(&(struct run){0}, &view);
    assert_int_equal(most_cached, 4);
    assert_null(view.cached);
    assert_int_equal(table_count(view.table), 4);
    load_view_done(&view);
}

static void they_stay_when_nothing_can_be_read(void **state)
{
    struct load_view view;
    (void)state;
    plain_run();
    is_down = true;
    run_to(&(struct run){0}, &view);
    assert_int_equal(view.err.code, ERR_NET);
    assert_int_equal(table_count(view.cached), 4);
    load_view_done(&view);
    is_down = false;
    assert_int_equal(plain_run(), 4); /* and are still kept */
}

static void nobody_else_gets_them(void **state)
{
    const struct selection dev = {.accounts = "dev"};
    (void)state;
    plain_run();
    assert_int_equal(run_of(&(struct run){.key_id = "AKIDOTHER"}), -1);
    assert_int_equal(run_of(&(struct run){.selection = dev}), -1);
    assert_int_equal(run_of(&(struct run){.args = {"x"}, .n_args = 1}), -1);
    assert_int_equal(run_of(&(struct run){.flags = LOAD_ESTATE}), -1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9", 1);
    assert_int_equal(plain_run(), -1);
    unsetenv("AWS_ENDPOINT_URL");
    assert_int_equal(plain_run(), 4);
}

/* The same key id, and yet another principal: they are gone as soon as AWS says so. */
static void another_caller_loses_them(void **state)
{
    struct load_view view;
    (void)state;
    plain_run();
    caller = "arn:aws:iam::111111111111:user/other";
    run_to(&(struct run){0}, &view);
    assert_null(view.cached);
    load_view_done(&view);
    assert_int_equal(plain_run(), 4); /* the other's own by now */
}

/* Sessions of one role are one principal. */
static void a_new_session_keeps_them(void **state)
{
    struct load_view view;
    (void)state;
    caller = "arn:aws:sts::111111111111:assumed-role/Audit/one";
    plain_run();
    caller = "arn:aws:sts::111111111111:assumed-role/Audit/two";
    is_down = false;
    run_to(&(struct run){0}, &view);
    assert_int_equal(most_cached, 4);
    load_view_done(&view);
}

static void cleared_they_are_gone(void **state)
{
    (void)state;
    plain_run();
    assert_int_equal(run_of(&(struct run){.clears = true}), -1);
    assert_int_equal(plain_run(), 4); /* what that run has seen */
}

static void assert_lacks(struct sv file, const char *what)
{
    if (sv_contains(file, sv_of(what)))
        fail_msg("%s is on the disk", what);
}

static void no_secret_is_kept(void **state)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    AUTO(buf_done) struct buf file = BUF_NONE;
    (void)state;
    setenv("AWS_SESSION_TOKEN", SESSION, 1);
    plain_run();
    assert_int_equal(plain_run(), 4);
    unsetenv("AWS_SESSION_TOKEN");
    buf_addf(&path, "%s/.cache/watchdeck/rows.db", dir);
    file_read(buf_cstr(&path), &file);
    assert_true(sv_contains(buf_sv(&file), SV("333333333333"))); /* it does hold the rows */
    assert_lacks(buf_sv(&file), CANARY);
    assert_lacks(buf_sv(&file), SESSION);
    assert_lacks(buf_sv(&file), getenv("AWS_SECRET_ACCESS_KEY"));
    assert_lacks(buf_sv(&file), "AKIDEXAMPLE");
}

#define CACHED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHED(the_next_run_has_them_before_anybody_answers),
        CACHED(what_is_read_anew_replaces_them),
        CACHED(they_stay_when_nothing_can_be_read),
        CACHED(nobody_else_gets_them),
        CACHED(another_caller_loses_them),
        CACHED(a_new_session_keeps_them),
        CACHED(cleared_they_are_gone),
        CACHED(no_secret_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
