/*
 * A call that another change has seen to is not sent again: asked right before it is sent, it
 * counts as done; and what becomes of the change when the calls behind it fail then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_door.h"
#include "tests/unit/change/helper_fake_client.h"

#define WAIT_MS 30000

static bool door_is_open, first_is_needed, is_another_now, refuses;
static bool is_overtaken;  /* the first call is refused, as the other one has been quicker */
static bool is_there_then; /* and what it made is what was wanted */
static size_t n_changes, n_asked, n_refused;

static void answer(void *arg, enum fake_verb verb, const struct aws_request *request,
                   struct fake_answer *answer)
{
    (void)arg, (void)request;
    if (verb == FAKE_CHANGE && is_overtaken && n_changes == 0 && n_refused == 0) {
        n_refused++;
        fake_refuse(answer, ERR_AWS, 400, "DocumentAlreadyExists");
        return;
    }
    if (verb == FAKE_CHANGE && refuses) {
        fake_refuse(answer, ERR_DENIED, 400, "AccessDeniedException");
        return;
    }
    if (verb == FAKE_CHANGE) {
        door_is_open = false;
        n_changes++;
    }
    answer->body = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer->body, "open", door_is_open);
}

static void needs(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                  size_t call, change_needs_fn *needed, void *arg)
{
    struct err err = ERR_NONE;

    (void)client, (void)scope;
    assert_int_equal(call, plan->calls_done);
    n_asked++;
    if (is_another_now)
        err_set(&err, ERR_STALE, "needs", "it is another one now");
    needed(arg, call > 0 || (first_is_needed && !(n_refused > 0 && is_there_then)), &err);
}

static bool already_exists(const struct err *refusal)
{
    return strcmp(refusal->aws_code, "DocumentAlreadyExists") == 0;
}

static struct change_kind door_prepared;
static const struct change_kind *const kinds[] = {&door_prepared};

/* --- a gate --------------------------------------------------------------------------------- */

static char dir[DIR_PATH_SIZE];
static struct gate *gate;
static struct change_status last;
static enum change_state wanted;
static bool reached;

static void on_status(void *arg, const struct change_status *status)
{
    (void)arg;
    last = *status;
    reached |= status->state == wanted;
}

static int setup(void **state)
{
    (void)state;
    door_prepared = door_shut;
    door_prepared.needs = needs;
    door_prepared.is_overtaken = already_exists;
    door_is_open = true;
    first_is_needed = is_another_now = refuses = is_overtaken = is_there_then = false;
    n_changes = n_asked = n_refused = 0;
    dir_make(dir);
    fake_client_use(answer, NULL);
    run_start(NULL);
    const struct gate_options options = {
        .dir = dir, .kinds = kinds, .n_kinds = 1, .on_status = on_status, .verify_for_ms = 300};
    gate = gate_new(NULL, &options);
    gate_set_actor(gate, "arn:aws:sts::111122223333:assumed-role/oncall/alice");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_stop();
    gate_free(gate);
    dir_remove(dir);
    return 0;
}

static void await(enum change_state state)
{
    wanted = state;
    reached = last.state == state;
    if (!run_ui_until(&reached, WAIT_MS))
        fail_msg("%s instead of %s: %s", change_state_name(last.state), change_state_name(state),
                 last.err.message);
}

/* Two calls: what has to be there, and what the plan is about. */
static void send_plan(enum change_state end)
{
    struct change_consent consent = {.typed = "payments"};
    struct change_plan *plan = door_plan("front", 2);
    char id[37];

    plan->kind = &door_prepared;
    change_plan_seal(plan);
    str_copy(id, plan->id);
    str_copy(consent.plan_hash, plan->plan_hash);
    last = (struct change_status){0};
    gate_check(gate, plan);
    await(CHANGE_READY);
    assert_int_equal(n_asked, 0);
    gate_consent(gate, id, &consent);
    await(end);
}

/* --- the cases ------------------------------------------------------------------------------ */

static void test_what_is_needed_is_sent(void **state)
{
    (void)state;
    first_is_needed = true;
    send_plan(CHANGE_SUCCEEDED);
    assert_int_equal(n_changes, 2);
    assert_int_equal(n_asked, 2);
}

static void test_what_is_there_is_not_sent(void **state)
{
    (void)state;
    send_plan(CHANGE_SUCCEEDED);
    assert_int_equal(n_changes, 1);
    assert_true(last.undoable);
}

/* Nothing of it was its own: it is as if it had not begun. */
static void test_a_refusal_behind_it(void **state)
{
    (void)state;
    refuses = true;
    send_plan(CHANGE_FAILED);
    assert_string_equal(last.err.aws_code, "AccessDeniedException");
    assert_null(strstr(last.err.message, "of 2 calls were done"));
    assert_false(last.undoable);
}

static void test_what_is_another_one_now(void **state)
{
    (void)state;
    is_another_now = true;
    send_plan(CHANGE_STALE);
    assert_string_equal(last.err.message, "it is another one now");
    assert_int_equal(n_changes, 0);
}

/* Two at once: the slower one reads what the other has made, and goes on with it. */
static void test_who_is_overtaken_goes_on(void **state)
{
    (void)state;
    first_is_needed = is_overtaken = is_there_then = true;
    send_plan(CHANGE_SUCCEEDED);
    assert_int_equal(n_refused, 1);
    assert_int_equal(n_changes, 1); /* what comes behind it, once */
    assert_int_equal(n_asked, 3);
    assert_true(last.undoable);
}

/* What the other has made is something else: the refusal stands, and nothing is sent again. */
static void test_what_overtook_it_is_another_one(void **state)
{
    (void)state;
    first_is_needed = is_overtaken = true;
    send_plan(CHANGE_FAILED);
    assert_string_equal(last.err.aws_code, "DocumentAlreadyExists");
    assert_int_equal(n_changes, 0);
    assert_int_equal(n_asked, 2);
    assert_false(last.undoable);
}

/* Overtaken, and then refused: nothing of it was its own. */
static void test_a_refusal_behind_an_overtaking(void **state)
{
    (void)state;
    first_is_needed = is_overtaken = is_there_then = refuses = true;
    send_plan(CHANGE_FAILED);
    assert_string_equal(last.err.aws_code, "AccessDeniedException");
    assert_int_equal(n_changes, 0);
    assert_false(last.undoable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_needed_is_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_there_is_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_refusal_behind_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_another_one_now, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_is_overtaken_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_overtook_it_is_another_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_refusal_behind_an_overtaking, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
