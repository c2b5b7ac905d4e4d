/* What a call needs and no disk may hold: read right before it is sent, and in the request alone.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/unit/change/helper_door.h"
#include "tests/unit/change/helper_fake_client.h"

#define WAIT_MS 30000
#define PLANTED "planted-7f3a9c"

static bool door_is_open;
static size_t n_changes, n_fills;
static bool refuses_to_fill, lacks_nothing;

static void answer(void *arg, enum fake_verb verb, const struct aws_request *request,
                   struct fake_answer *answer)
{
    (void)arg, (void)request;
    if (verb == FAKE_CHANGE) {
        door_is_open = false;
        n_changes++;
    }
    answer->body = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer->body, "open", door_is_open);
}

/* --- a kind that lacks something ------------------------------------------------------------ */

static void fill(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                 size_t call, change_filled_fn *filled, void *arg)
{
    struct err err = ERR_NONE;
    struct secret *secret = secret_new(SV(PLANTED));

    (void)client, (void)scope;
    assert_true(call < plan->calls.len);
    assert_int_equal(n_changes, n_fills); /* one for each call, right before it */
    n_fills++;
    if (refuses_to_fill)
        err_set(&err, ERR_DENIED, "ssm:GetParameter", "not authorized to perform: kms:Decrypt");
    filled(arg, refuses_to_fill || lacks_nothing ? NULL : "Value", secret, &err);
    secret_unref(secret);
}

static struct change_kind door_filled;
static const struct change_kind *const kinds[] = {&door_filled};

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
    door_filled = door_shut;
    door_filled.fill = fill;
    door_is_open = true;
    n_changes = n_fills = 0;
    refuses_to_fill = lacks_nothing = false;
    fake_secret[0] = '\0';
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

static void send_plan(enum change_state end)
{
    struct change_consent consent = {.single_operator = true, .typed = "payments"};
    struct change_plan *plan = door_plan("front", 1);
    char id[37];

    plan->kind = &door_filled;
    change_plan_seal(plan);
    str_copy(id, plan->id);
    str_copy(consent.plan_hash, plan->plan_hash);
    last = (struct change_status){0};
    gate_check(gate, plan);
    await(CHANGE_READY);
    assert_int_equal(n_fills, 0);
    gate_consent(gate, id, &consent);
    await(end);
}

/* --- the cases ------------------------------------------------------------------------------ */

static size_t n_files;

static int assert_file_lacks_it(const char *path, const struct stat *about, int type,
                                struct FTW *at)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    (void)about, (void)at;
    if (type != FTW_F)
        return 0;
    file_read(path, &bytes);
    assert_false(sv_contains(buf_sv(&bytes), SV(PLANTED)));
    n_files += bytes.len > 0;
    return 0;
}

static void test_a_secret_goes_into_the_request_alone(void **state)
{
    (void)state;
    n_files = 0;
    send_plan(CHANGE_SUCCEEDED);
    assert_string_equal(fake_secret, "Value=" PLANTED);
    assert_int_equal(n_changes, 1);
    assert_int_equal(nftw(dir, assert_file_lacks_it, 8, FTW_PHYS), 0);
    assert_true(n_files >= 2); /* journal and trail */
}

static void test_a_call_that_lacks_nothing_goes_as_it_is(void **state)
{
    (void)state;
    lacks_nothing = true;
    send_plan(CHANGE_SUCCEEDED);
    assert_string_equal(fake_secret, "");
    assert_int_equal(n_changes, 1);
}

static void test_what_cannot_be_filled_is_not_sent(void **state)
{
    (void)state;
    refuses_to_fill = true;
    send_plan(CHANGE_REFUSED);
    assert_int_equal(last.err.code, ERR_DENIED);
    assert_non_null(strstr(last.err.message, "kms:Decrypt"));
    assert_int_equal(n_changes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_secret_goes_into_the_request_alone),
        TEST(test_a_call_that_lacks_nothing_goes_as_it_is),
        TEST(test_what_cannot_be_filled_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
