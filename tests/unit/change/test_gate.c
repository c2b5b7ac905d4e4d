/* The gate: what it lets through, what it refuses, what it writes down, what it sends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/support/disk_fault/disk_fault.h"
#include "tests/unit/change/helper_door.h"
#include "tests/unit/change/helper_fake_client.h"

#define STEPS_MAX 64
#define WAIT_MS   10000

/* --- the world ---------------------------------------------------------------------------- */

/* Behind the fake client: one door, and how AWS behaves. Read by the test when all is quiet. */
static struct world {
    bool open, altered, latched;
    int changes_sent, probes;
    /* how it behaves */
    int reads_stale; /* so many reads after a change show what was before */
    bool stale_open;
    bool unreadable;               /* reads fail */
    bool blind_after_change;       /* ... from the first change on */
    bool lose_answer, lose_change; /* no answer comes; the change is not done either */
    bool jams;                     /* what it has accepted it cannot do, and says so */
    size_t moving_looks;           /* after a change: reads that find it at it */
    bool never_leaves;
    int too_early;        /* so many latches are refused for now */
    int refuse_from_call; /* 0: never; 2: the second change is refused */
    bool deny_probe, unknown_permissions;
    bool alter_after_probe; /* somebody else changes it while the sheet is open */
} world;

static void answer_read(struct fake_answer *answer)
{
    bool stale = world.reads_stale > 0;

    world.reads_stale -= stale;
    if (world.unreadable) {
        fake_refuse(answer, ERR_TIMEOUT, 0, "no answer");
        return;
    }
    answer->body = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer->body, "open", stale ? world.stale_open : world.open);
    cJSON_AddBoolToObject(answer->body, "altered", world.altered);
    cJSON_AddBoolToObject(answer->body, "latched", world.latched);
    cJSON_AddBoolToObject(answer->body, "jammed", world.jams && world.changes_sent > 0);
    bool moves = world.changes_sent > 0 && world.moving_looks > 0;
    cJSON_AddBoolToObject(answer->body, "moving", moves);
    world.moving_looks -= moves;
}

static void answer_change(const struct aws_request *request, struct fake_answer *answer)
{
    if (world.never_leaves) {
        fake_refuse(answer, ERR_CONNECT, 0, "connection refused");
        answer->sent = false;
        return;
    }
    world.changes_sent++;
    if (request->op == DOOR_LATCH_OP && world.too_early > 0) {
        world.too_early--;
        fake_refuse(answer, ERR_AWS, 400, DOOR_TOO_EARLY);
        return;
    }
    if (world.refuse_from_call != 0 && world.changes_sent >= world.refuse_from_call) {
        fake_refuse(answer, ERR_AWS, 400, "InvalidPermission.NotFound");
        return;
    }
    if (request->op == DOOR_LATCH_OP) {
        world.latched = !world.lose_change;
    } else if (!world.lose_change) {
        world.stale_open = world.open;
        world.open = request->op == OP_ec2_AuthorizeSecurityGroupIngress;
    }
    world.unreadable = world.blind_after_change;
    if (world.lose_answer) {
        fake_refuse(answer, ERR_UNKNOWN_OUTCOME, 0, "connection lost");
        return;
    }
    answer->body = cJSON_CreateObject();
    cJSON_AddStringToObject(answer->body, "ticket", "sgr-new");
    if (world.unknown_permissions)
        cJSON_AddStringToObject(answer->body, "UnknownIpPermissions", "all");
}

static void fake_aws_answers(void *arg, enum fake_verb verb, const struct aws_request *request,
                             struct fake_answer *answer)
{
    (void)arg;
    str_copy(answer->err.request_id, "req-1");
    if (verb == FAKE_READ) {
        answer_read(answer);
    } else if (verb == FAKE_CHANGE) {
        answer_change(request, answer);
    } else {
        world.probes++;
        if (world.deny_probe)
            fake_refuse(answer, ERR_DENIED, 403, "UnauthorizedOperation");
        if (world.alter_after_probe)
            world.altered = true;
    }
}

/* --- a gate with its screens -------------------------------------------------------------- */

struct console {
    struct gate *gate;
    struct change_status steps[STEPS_MAX];
    size_t n_steps;
    enum err_code policy_code;
    int64_t alone_wait_ms;
    const char *wait_id;
    enum change_state wait_state;
    bool reached;
};

static char dir[DIR_PATH_SIZE];
static struct scope *test_scope;

static void on_status(void *arg, const struct change_status *status)
{
    struct console *console = arg;

    assert_true(run_is_on(RUN_UI));
    assert_true(console->n_steps < STEPS_MAX);
    console->steps[console->n_steps++] = *status;
    if (console->wait_id != NULL && strcmp(status->plan_id, console->wait_id) == 0 &&
        status->state == console->wait_state)
        console->reached = true;
}

static enum err_code policy(void *arg, const struct change_plan *plan, struct err *err)
{
    struct console *console = arg;

    (void)plan;
    return console->policy_code == OK
               ? OK
               : err_set(err, console->policy_code, "policy", ":elevate 15m lifts it");
}

static int64_t wait_of(void *arg, const struct change_plan *plan)
{
    const struct console *console = arg;

    (void)plan;
    return console->alone_wait_ms;
}

static void console_open_in(struct console *console, const char *in, const char *actor)
{
    struct gate_options options = {
        .dir = in,
        .kinds = door_kinds,
        .n_kinds = ARRAY_LEN(door_kinds),
        .policy = policy,
        .alone_wait = wait_of,
        .policy_arg = console,
        .on_status = on_status,
        .on_status_arg = console,
        .verify_for_ms = 300,
        .throttle_pause_ms = 1,
    };

    *console = (struct console){0};
    console->gate = gate_new(NULL, &options);
    if (actor != NULL)
        gate_set_actor(console->gate, actor);
}

static void console_open(struct console *console)
{
    console_open_in(console, dir, "arn:aws:sts::111122223333:assumed-role/oncall/alice");
}

/* Turns the UI until the change has come to state; the status that says so. */
static const struct change_status *await(struct console *console, const char *plan_id,
                                         enum change_state state)
{
    console->wait_id = plan_id;
    console->wait_state = state;
    console->reached = false;
    for (size_t i = console->n_steps; i-- > 0;) {
        if (strcmp(console->steps[i].plan_id, plan_id) != 0)
            continue;
        console->reached = console->steps[i].state == state;
        break;
    }
    if (!run_ui_until(&console->reached, WAIT_MS))
        fail_msg("no %s; the last step is %s: %s", change_state_name(state),
                 console->n_steps != 0
                     ? change_state_name(console->steps[console->n_steps - 1].state)
                     : "none",
                 console->n_steps != 0 ? console->steps[console->n_steps - 1].err.message : "");
    for (size_t i = console->n_steps; i-- > 0;)
        if (strcmp(console->steps[i].plan_id, plan_id) == 0 && console->steps[i].state == state)
            return &console->steps[i];
    return NULL;
}

/* The plan's way in one string. */
static const char *way_of(const struct console *console, const char *plan_id)
{
    static char way[512];
    size_t len = 0;

    way[0] = '\0';
    for (size_t i = 0; i < console->n_steps; i++) {
        if (strcmp(console->steps[i].plan_id, plan_id) != 0)
            continue;
        len += (size_t)snprintf(way + len, sizeof way - len, "%s%s", len != 0 ? " " : "",
                                change_state_name(console->steps[i].state));
        assert_true(len < sizeof way);
    }
    return way;
}

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    world = (struct world){.open = true};
    fake_client_use(fake_aws_answers, NULL);
    run_start(NULL);
    test_scope = scope_new(NULL, "test");
    return 0;
}

/* Gates are freed after run_stop; the test hands them over here. */
static struct gate *to_free[128];

static void console_close(struct console *console)
{
    for (size_t i = 0; i < ARRAY_LEN(to_free); i++) {
        if (to_free[i] == NULL) {
            to_free[i] = console->gate;
            return;
        }
    }
    fail();
}

static int teardown(void **state)
{
    (void)state;
    run_stop();
    scope_unref(test_scope);
    for (size_t i = 0; i < ARRAY_LEN(to_free); i++) {
        gate_free(to_free[i]);
        to_free[i] = NULL;
    }
    chmod(dir, 0700);
    dir_remove(dir);
    return 0;
}

/* --- short hand --------------------------------------------------------------------------- */

struct ticket {
    char id[37], hash[65];
};

static struct ticket check(struct console *console, struct change_plan *take_plan)
{
    struct ticket ticket;

    str_copy(ticket.id, take_plan->id);
    str_copy(ticket.hash, take_plan->plan_hash);
    gate_check(console->gate, take_plan);
    return ticket;
}

static void consent(struct console *console, const struct ticket *ticket)
{
    struct change_consent consent = {.single_operator = true, .typed = "payments"};

    str_copy(consent.plan_hash, ticket->hash);
    gate_consent(console->gate, ticket->id, &consent);
}

static const struct change_status *shut_door(struct console *console, enum change_state end)
{
    static struct ticket ticket;

    ticket = check(console, door_plan("front", 1));
    await(console, ticket.id, CHANGE_READY);
    consent(console, &ticket);
    return await(console, ticket.id, end);
}

/* The trail, as "from>to" of each change's record, or the action of others. */
struct trail_text {
    struct buf text;
    size_t single_operator, sides; /* records that say so; that have both hashes of the diff */
    char before[SHA256_HEX_SIZE];
};

static bool add_record(void *arg, const cJSON *record)
{
    struct trail_text *trail = arg;
    struct sv from = json_sv(record, "from"), to = json_sv(record, "state");

    buf_addf(&trail->text, "%s" SV_FMT ">" SV_FMT, trail->text.len != 0 ? " " : "", SV_ARG(from),
             SV_ARG(to));
    trail->single_operator += json_bool(record, "single_operator", false);
    sv_copy(json_sv(record, "before_sha256"), trail->before, sizeof trail->before);
    trail->sides += strlen(trail->before) == 64 && json_sv(record, "after_sha256").len == 64 &&
                    !sv_eq_cstr(json_sv(record, "after_sha256"), trail->before);
    return true;
}

static void assert_trail(const struct console *console, const char *expected)
{
    struct trail_text trail = {0};

    assert_int_equal(audit_read(gate_audit_path(console->gate), add_record, &trail, NULL), OK);
    assert_string_equal(buf_cstr(&trail.text), expected);
    buf_done(&trail.text);
    assert_int_equal(
        audit_verify(gate_audit_path(console->gate), NULL, NULL, false, NULL, NULL, NULL, NULL),
        OK);
}

/* --- the way through ---------------------------------------------------------------------- */

static void test_a_change_goes_through(void **state)
{
    struct console console;
    char undoable[37], before[SHA256_HEX_SIZE];

    (void)state;
    console_open(&console);
    const struct change_status *status = shut_door(&console, CHANGE_SUCCEEDED);
    assert_string_equal(way_of(&console, status->plan_id),
                        "CHECKING READY CHECKING INTENT SENT VERIFYING SUCCEEDED");
    assert_int_equal(status->err.code, OK);
    assert_true(status->undoable);
    assert_string_equal(status->request_id, "req-1");
    assert_string_equal(status->dry_run,
                        "ec2:RevokeSecurityGroupIngress is allowed (DryRunOperation)");
    assert_int_equal(world.changes_sent, 1);
    assert_int_equal(world.probes, 1);
    assert_false(world.open);
    assert_trail(&console, "CHECKING>READY CHECKING>INTENT INTENT>SENT VERIFYING>SUCCEEDED");

    struct trail_text trail = {0};
    audit_read(gate_audit_path(console.gate), add_record, &trail, NULL);
    assert_int_equal(trail.single_operator, 3); /* all from the consent on */
    assert_int_equal(trail.sides, 4);
    sha256_hex(SV("- open\n"), before);
    assert_string_equal(trail.before, before);
    buf_done(&trail.text);
    /* written by the worker after the last step: wait for it by a call behind it */
    gate_note(console.gate, "test", "");
    for (undoable[0] = '\0'; strcmp(undoable, status->plan_id) != 0;)
        gate_last_undoable(console.gate, undoable);
    console_close(&console);
}

static struct change_plan *undo_plan;
static struct err undo_err;
static bool undo_answered;

static void on_undo_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    (void)arg;
    assert_true(run_is_on(RUN_UI));
    undo_plan = take_plan;
    undo_err = *err;
    undo_answered = true;
}

static void ask_undo(struct console *console, const char *plan_id)
{
    undo_answered = false;
    gate_undo(console->gate, plan_id, "", test_scope, on_undo_plan, NULL);
    assert_true(run_ui_until(&undo_answered, WAIT_MS));
}

static void test_a_change_is_undone_with_a_consent_of_its_own(void **state)
{
    struct console console;
    struct ticket ticket;

    (void)state;
    console_open(&console);
    const struct change_status *done = shut_door(&console, CHANGE_SUCCEEDED);
    ask_undo(&console, done->plan_id);
    assert_non_null(undo_plan);
    assert_string_equal(undo_plan->undo_of, done->plan_id);
    assert_string_equal(undo_plan->item_key, done->item_key);
    assert_int_equal(undo_plan->revision, 2);
    /* what accept has learned has come along */
    assert_true(sv_eq(json_sv(undo_plan->state, "ticket"), SV("sgr-new")));
    assert_int_equal(change_consent_level(undo_plan, 1), CONSENT_NAME);

    str_copy(ticket.id, undo_plan->id);
    str_copy(ticket.hash, undo_plan->plan_hash);
    change_plan_free(undo_plan);
    await(&console, ticket.id, CHANGE_READY);
    consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_SUCCEEDED);
    await(&console, done->plan_id, CHANGE_UNDONE);
    assert_true(world.open);
    assert_int_equal(world.changes_sent, 2);

    ask_undo(&console, done->plan_id);
    assert_null(undo_plan);
    assert_int_equal(undo_err.code, ERR_REFUSED);
    ask_undo(&console, ticket.id); /* this kind has no undo */
    assert_null(undo_plan);
    ask_undo(&console, "00000000-0000-4000-8000-000000000000");
    assert_null(undo_plan);
    assert_int_equal(undo_err.code, ERR_NOT_FOUND);
    console_close(&console);
}

/* --- exceptions and broken glass ------------------------------------------------------------ */

static bool except_answered;
static struct err except_err;

static void on_excepted(void *arg, const struct err *err)
{
    (void)arg;
    assert_true(run_is_on(RUN_UI));
    except_err = *err;
    except_answered = true;
}

/* Leaves the item of a plan as it is until so long from now. */
static void except(struct console *console, const struct change_plan *plan, const char *owner,
                   int64_t for_ms)
{
    struct change_exception exception = {.expires_at_ms = clock_wall_ms() + for_ms};

    str_copy(exception.item_key, plan->item_key);
    str_copy(exception.owner, owner);
    str_copy(exception.reason, "needed until spring");
    except_answered = false;
    gate_except(console->gate, &exception, test_scope, on_excepted, NULL);
    assert_true(run_ui_until(&except_answered, WAIT_MS));
}

static void test_what_is_excepted_is_left_alone_until_it_expires(void **state)
{
    struct change_exception found;
    struct console console;

    (void)state;
    console_open(&console);
    const struct change_status *done = shut_door(&console, CHANGE_SUCCEEDED);
    struct change_plan *plan = door_plan("front", 1), *again = door_plan("front", 1);
    except(&console, plan, " ", 3600000);
    assert_int_equal(except_err.code, ERR_CONSENT); /* somebody has to answer for it */
    except(&console, plan, "team-a", 3600000);
    assert_int_equal(except_err.code, OK);
    assert_true(change_exception_find(gate_audit_path(console.gate), plan->item_key,
                                      clock_wall_ms(), &found));
    assert_string_equal(found.owner, "team-a");
    assert_false(change_exception_find(gate_audit_path(console.gate), plan->item_key,
                                       clock_wall_ms() + 7200000, &found));
    struct ticket ticket = check(&console, plan);
    const struct change_status *status = await(&console, ticket.id, CHANGE_REFUSED);
    assert_non_null(strstr(status->err.message, "says team-a: needed until spring"));

    ask_undo(&console, done->plan_id); /* an undo is not held up by it */
    assert_non_null(undo_plan);
    str_copy(ticket.id, undo_plan->id);
    change_plan_free(undo_plan);
    await(&console, ticket.id, CHANGE_READY);

    except(&console, again, "team-a", -1); /* taken back */
    ticket = check(&console, again);
    assert_non_null(strstr(await(&console, ticket.id, CHANGE_STALE)->err.message, "already"));
    console_close(&console);
}

static bool find_broken_glass(void *arg, const cJSON *record)
{
    struct buf *text = arg;

    if (json_get(record, "break_glass") != NULL)
        buf_addf(text, SV_FMT ": " SV_FMT "\n", SV_ARG(json_sv(record, "state")),
                 SV_ARG(json_sv(record, "break_glass")));
    return true;
}

static void test_broken_glass_is_consented_to_and_in_every_record(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct change_plan *plan = door_plan("front", 1);
    struct console console;
    char hash[65];

    (void)state;
    console_open(&console);
    except(&console, plan, "team-a", 3600000);
    str_copy(hash, plan->plan_hash);
    assert_int_equal(change_plan_break_glass(plan, "  ", NULL), ERR_CONSENT);
    assert_int_equal(change_plan_break_glass(plan, "it is being attacked", NULL), OK);
    assert_true(change_plan_is_sealed(plan));
    assert_string_not_equal(hash, plan->plan_hash); /* a consent without it is none to it */
    struct ticket ticket = check(&console, plan);
    await(&console, ticket.id, CHANGE_READY);
    consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_SUCCEEDED);
    audit_read(gate_audit_path(console.gate), find_broken_glass, &text, NULL);
    assert_string_equal(buf_cstr(&text),
                        "READY: it is being attacked\nINTENT: it is being attacked\n"
                        "SENT: it is being attacked\nSUCCEEDED: it is being attacked\n");
    console_close(&console);
}

static void test_what_was_tried_before_is_told(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.refuse_from_call = 1;
    shut_door(&console, CHANGE_FAILED);
    world.refuse_from_call = 0;
    struct ticket ticket = check(&console, door_plan("front", 1));
    const struct change_status *status = await(&console, ticket.id, CHANGE_READY);
    assert_int_equal(status->n_earlier, 1);
    assert_string_equal(status->earlier, "FAILED");
    ticket = check(&console, door_plan("back", 1));
    assert_int_equal(await(&console, ticket.id, CHANGE_READY)->n_earlier, 0);
    console_close(&console);
}

/* --- consent ------------------------------------------------------------------------------ */

static void expect_consent_error(struct console *console, const struct ticket *ticket,
                                 const struct change_consent *consent)
{
    size_t before = console->n_steps;

    gate_consent(console->gate, ticket->id, consent);
    console->wait_id = ticket->id;
    console->wait_state = CHANGE_READY;
    console->reached = false;
    assert_true(run_ui_until(&console->reached, WAIT_MS));
    assert_int_equal(console->n_steps, before + 1);
    assert_int_equal(console->steps[before].err.code, ERR_CONSENT);
}

static void test_only_the_right_consent_sends(void **state)
{
    struct change_consent wrong = {.single_operator = true};
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    str_copy(wrong.plan_hash, ticket.hash);
    expect_consent_error(&console, &ticket, &wrong);
    str_copy(wrong.typed, "Payments");
    expect_consent_error(&console, &ticket, &wrong);
    str_copy(wrong.typed, "payments ");
    expect_consent_error(&console, &ticket, &wrong);
    str_copy(wrong.typed, "payments");
    wrong.plan_hash[0] ^= 1;
    expect_consent_error(&console, &ticket, &wrong);
    assert_int_equal(world.changes_sent, 0);
    consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_SUCCEEDED);
    console_close(&console);
}

/* Alone a person waits, however often it is planned anew; sleep of the machine counts. */
static void test_who_decides_alone_waits(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    console.alone_wait_ms = 3600000;
    for (int i = 0; i < 2; i++) {
        struct ticket ticket = check(&console, door_plan("front", 1));
        struct change_consent early = {.single_operator = true, .typed = "payments"};
        const struct change_status *ready = await(&console, ticket.id, CHANGE_READY);

        assert_true(ready->wait_until_up_ms > clock_up_ms());
        str_copy(early.plan_hash, ticket.hash);
        expect_consent_error(&console, &ticket, &early);
        assert_non_null(strstr(console.steps[console.n_steps - 1].err.message, "too early"));
        assert_int_equal(world.changes_sent, 0);
        if (i == 0)
            continue;
        clock_pretend_sleep(3600000);
        consent(&console, &ticket);
        await(&console, ticket.id, CHANGE_SUCCEEDED);
    }
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

static void test_two_consents_send_once(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    for (int i = 0; i < 5; i++)
        consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_SUCCEEDED);
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

static void test_belts_hold(void **state)
{
    struct change_consent many = {.typed = "payments", .n_items = 11};
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    str_copy(many.plan_hash, ticket.hash);
    gate_consent(console.gate, ticket.id, &many);
    assert_int_equal(await(&console, ticket.id, CHANGE_REFUSED)->err.code, ERR_REFUSED);
    assert_int_equal(world.changes_sent, 0);
    console_close(&console);
}

static void test_a_rejection_needs_a_reason_and_is_recorded(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    gate_reject(console.gate, ticket.id, "  ");
    gate_reject(console.gate, ticket.id, "it is meant to be open");
    await(&console, ticket.id, CHANGE_REJECTED);
    assert_trail(&console, "CHECKING>READY READY>REJECTED");
    consent(&console, &ticket); /* too late */
    assert_int_equal(await(&console, ticket.id, CHANGE_REFUSED)->err.code, ERR_NOT_FOUND);
    assert_int_equal(world.changes_sent, 0);
    console_close(&console);
}

/* --- refusals before anything is sent ----------------------------------------------------- */

static void expect_end(struct console *console, struct change_plan *take_plan,
                       enum change_state end, enum err_code code)
{
    struct ticket ticket = check(console, take_plan);
    const struct change_status *status = await(console, ticket.id, end);

    assert_int_equal(status->err.code, code);
    assert_int_equal(world.changes_sent, 0);
}

static void test_what_the_checks_refuse(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct change_plan *plan = door_plan("front", 1);
    plan->made_at_ms -= 16 * 60 * 1000;
    change_plan_seal(plan);
    expect_end(&console, plan, CHANGE_STALE, ERR_STALE);

    plan = door_plan("front", 1);
    plan->made_at_ms += 3600 * 1000;
    change_plan_seal(plan);
    expect_end(&console, plan, CHANGE_STALE, ERR_STALE);

    plan = door_plan("front", 1); /* another door than the one that was sealed */
    cJSON_ReplaceItemInObjectCaseSensitive(plan->calls.ptr[0].params, DOOR_PARAM,
                                           cJSON_CreateString("back"));
    expect_end(&console, plan, CHANGE_REFUSED, ERR_REFUSED);

    expect_end(&console, door_plan("front", 0), CHANGE_REFUSED, ERR_REFUSED);

    plan = door_plan("front", 1);
    change_plan_add_call(plan, OP_ec2_DescribeSecurityGroups, cJSON_CreateObject());
    change_plan_seal(plan);
    expect_end(&console, plan, CHANGE_REFUSED, ERR_INTERNAL);

    console.policy_code = ERR_READ_ONLY;
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_READ_ONLY);
    console.policy_code = OK;

    world.deny_probe = true;
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_DENIED);
    world.deny_probe = false;

    world.unreadable = true;
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_TIMEOUT);
    world.unreadable = false;

    world.altered = true;
    expect_end(&console, door_plan("front", 1), CHANGE_STALE, ERR_STALE);
    world.altered = false;

    world.open = false;
    expect_end(&console, door_plan("front", 1), CHANGE_STALE, ERR_STALE);
    console_close(&console);
}

static void test_without_an_actor_nothing_is_ready(void **state)
{
    struct console console;

    (void)state;
    console_open_in(&console, dir, NULL);
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_REFUSED);
    console_close(&console);
}

static void test_what_changes_while_the_sheet_is_open_is_stale(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.alter_after_probe = true;
    shut_door(&console, CHANGE_STALE);
    assert_int_equal(world.changes_sent, 0);
    assert_trail(&console, "CHECKING>READY CHECKING>STALE");
    console_close(&console);
}

/* --- what AWS answers, or does not -------------------------------------------------------- */

static void test_a_refusal_is_a_failure(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.refuse_from_call = 1;
    const struct change_status *status = shut_door(&console, CHANGE_FAILED);
    assert_string_equal(status->err.aws_code, "InvalidPermission.NotFound");
    assert_false(status->undoable);
    console_close(&console);
}

static void test_a_refusal_because_it_is_so_already_is_a_success(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    /* somebody else shuts it between our last look and our request */
    world.refuse_from_call = 1;
    world.reads_stale = 1;
    world.stale_open = true;
    world.open = false;
    consent(&console, &ticket);
    const struct change_status *status = await(&console, ticket.id, CHANGE_SUCCEEDED);
    assert_false(status->undoable); /* it was not ours */
    console_close(&console);
}

static void test_a_reply_without_the_deed_is_a_failure(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.unknown_permissions = true;
    world.lose_change = true;
    shut_door(&console, CHANGE_FAILED);
    console_close(&console);
}

static void test_what_never_left_is_a_failure(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.never_leaves = true;
    const struct change_status *status = shut_door(&console, CHANGE_FAILED);
    assert_int_equal(status->err.code, ERR_CONNECT);
    console_close(&console);
}

static void test_an_unknown_outcome_is_settled_by_looking(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.lose_answer = true;
    const struct change_status *status = shut_door(&console, CHANGE_SUCCEEDED);
    assert_true(status->undoable);
    assert_string_equal(way_of(&console, status->plan_id),
                        "CHECKING READY CHECKING INTENT UNKNOWN SUCCEEDED");

    world = (struct world){.open = true, .lose_answer = true, .lose_change = true};
    status = shut_door(&console, CHANGE_FAILED);
    assert_false(status->undoable);
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

static void test_reads_that_lag_behind_are_waited_for(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    world.reads_stale = 3; /* one before sending, two after */
    world.stale_open = true;
    consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_SUCCEEDED);

    world = (struct world){.open = true, .lose_change = true};
    const struct change_status *status = shut_door(&console, CHANGE_UNVERIFIED);
    assert_int_equal(status->err.code, ERR_UNVERIFIED);
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

/* What AWS is still at has its own time, longer than that in which anything else must show; so it
 * has where no answer came. */
static void test_what_takes_its_time_is_waited_for(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct console console;
        console_open(&console);
        world = (struct world){.open = true, .lose_answer = lost, .moving_looks = 2};
        const struct change_status *status = shut_door(&console, CHANGE_SUCCEEDED);
        assert_string_equal(way_of(&console, status->plan_id),
                            lost ? "CHECKING READY CHECKING INTENT UNKNOWN SUCCEEDED"
                                 : "CHECKING READY CHECKING INTENT SENT VERIFYING VERIFYING "
                                   "VERIFYING SUCCEEDED");
        assert_int_equal(world.changes_sent, 1);
        console_close(&console);
    }
}

/* What AWS does in its own time may fail there: that is known at once, and with its words. */
static void test_what_fails_later_is_a_failure(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world = (struct world){.open = true, .lose_change = true, .jams = true};
    const struct change_status *status = shut_door(&console, CHANGE_FAILED);
    assert_int_equal(status->err.code, ERR_AWS);
    assert_string_equal(status->err.message, "the door is jammed");
    assert_int_equal(world.changes_sent, 1);
    assert_string_equal(way_of(&console, status->plan_id),
                        "CHECKING READY CHECKING INTENT SENT VERIFYING FAILED");
    console_close(&console);
}

static void test_the_first_failure_stops_and_what_was_done_can_be_undone(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 3));
    await(&console, ticket.id, CHANGE_READY);
    world.refuse_from_call = 2;
    world.lose_change = true; /* one call of three does not shut it */
    consent(&console, &ticket);
    const struct change_status *status = await(&console, ticket.id, CHANGE_FAILED);
    assert_int_equal(world.changes_sent, 2);
    assert_true(status->undoable);
    assert_non_null(strstr(status->err.message, "1 of 3 calls"));
    assert_string_equal(way_of(&console, ticket.id),
                        "CHECKING READY CHECKING INTENT SENT INTENT FAILED");
    console_close(&console);
}

/* --- a call that has to wait -------------------------------------------------------------- */

#define TO_DUE "CHECKING READY CHECKING INTENT SENT VERIFYING "

static const struct change_status *latch_door(struct console *console, enum change_state end)
{
    static struct ticket ticket;

    ticket = check(console, door_latch_plan("front"));
    await(console, ticket.id, CHANGE_READY);
    consent(console, &ticket);
    return await(console, ticket.id, end);
}

/* It has an intent of its own, and is verified as any other. */
static void test_what_is_due_later_is_sent_then(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.moving_looks = 1;
    const struct change_status *status = latch_door(&console, CHANGE_SUCCEEDED);
    assert_string_equal(way_of(&console, status->plan_id),
                        TO_DUE "VERIFYING INTENT SENT VERIFYING SUCCEEDED");
    assert_int_equal(world.changes_sent, 2);
    assert_true(world.latched);
    assert_trail(&console, "CHECKING>READY CHECKING>INTENT INTENT>SENT VERIFYING>INTENT "
                           "INTENT>SENT VERIFYING>SUCCEEDED");
    console_close(&console);
}

/* What AWS shows already is not asked for. */
static void test_what_is_never_due_is_not_sent(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.latched = true;
    latch_door(&console, CHANGE_SUCCEEDED);
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

static void test_what_comes_too_early_is_sent_later(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.too_early = 2;
    const struct change_status *status = latch_door(&console, CHANGE_SUCCEEDED);
    assert_string_equal(way_of(&console, status->plan_id),
                        TO_DUE "INTENT SENT VERIFYING INTENT SENT VERIFYING INTENT SENT VERIFYING "
                               "SUCCEEDED");
    assert_int_equal(world.changes_sent, 4);
    console_close(&console);
}

/* What was done before it stays done: it is not a failure. */
static void test_what_is_due_and_refused_leaves_it_unverified(void **state)
{
    (void)state;
    for (int is_early = 0; is_early < 2; is_early++) {
        struct console console;
        console_open(&console);
        world = (struct world){
            .open = true, .refuse_from_call = is_early ? 0 : 2, .too_early = is_early ? 1000 : 0};
        const struct change_status *status = latch_door(&console, CHANGE_UNVERIFIED);
        assert_int_equal(status->err.code, ERR_UNVERIFIED);
        assert_non_null(strstr(status->err.message, "1 of 2 calls were done, then: "));
        assert_false(world.open);
        assert_true(world.changes_sent <= 8); /* not for ever */
        console_close(&console);
    }
}

/* --- settling at start-up ----------------------------------------------------------------- */

static bool settled_called;
static size_t n_settled, n_open;

static void note_settled(void *arg)
{
    (void)arg;
    settled_called = true;
}

static void on_settled(void *arg, size_t settled, size_t open)
{
    (void)arg;
    assert_true(run_is_on(RUN_WORKER));
    n_settled = settled;
    n_open = open;
    run_call(RUN_UI, RUN_URGENT, test_scope, note_settled, NULL, NULL);
}

static void settle(struct console *console)
{
    settled_called = false;
    gate_settle(console->gate, on_settled, NULL);
    assert_true(run_ui_until(&settled_called, WAIT_MS));
}

static void test_what_could_not_be_read_is_settled_later(void **state)
{
    struct console console, next;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    world.lose_answer = world.blind_after_change = true;
    consent(&console, &ticket);
    assert_int_equal(await(&console, ticket.id, CHANGE_UNKNOWN)->err.code, ERR_UNKNOWN_OUTCOME);
    console_close(&console);

    console_open(&next);
    /* until the first console gives up its claim, and as long as nothing can be read */
    settle(&next);
    assert_int_equal(n_settled, 0);
    assert_int_equal(n_open, 1);
    world.unreadable = false;
    while (n_open != 0)
        settle(&next);
    assert_false(world.open);
    assert_int_equal(world.changes_sent, 1);
    settle(&next);
    assert_int_equal(n_settled + n_open, 0);
    console_close(&next);
}

static void test_nothing_is_sent_while_an_earlier_change_is_open(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    world.lose_answer = world.lose_change = true;
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    struct ticket second = check(&console, door_plan("front", 1));
    await(&console, second.id, CHANGE_READY);
    consent(&console, &ticket);
    await(&console, ticket.id, CHANGE_UNKNOWN);
    consent(&console, &second);
    assert_int_equal(await(&console, second.id, CHANGE_REFUSED)->err.code, ERR_REFUSED);
    await(&console, ticket.id, CHANGE_FAILED);
    assert_int_equal(world.changes_sent, 1);
    console_close(&console);
}

/* --- two consoles ------------------------------------------------------------------------- */

static void test_of_two_consoles_one_sends(void **state)
{
    struct console alice, bob;

    (void)state;
    console_open(&alice);
    console_open_in(&bob, dir, "arn:aws:sts::111122223333:assumed-role/oncall/bob");
    struct ticket first = check(&alice, door_plan("front", 1));
    struct ticket second = check(&bob, door_plan("front", 1));
    await(&alice, first.id, CHANGE_READY);
    await(&bob, second.id, CHANGE_READY);
    world.lose_change = true; /* alice's stays in verification for a while */
    consent(&alice, &first);
    await(&alice, first.id, CHANGE_VERIFYING);
    consent(&bob, &second);
    const struct change_status *status = await(&bob, second.id, CHANGE_REFUSED);
    assert_int_equal(status->err.code, ERR_REFUSED);
    assert_non_null(strstr(status->err.message, "alice"));
    await(&alice, first.id, CHANGE_UNVERIFIED);
    assert_int_equal(world.changes_sent, 1);
    console_close(&alice);
    console_close(&bob);
}

static void test_a_change_can_be_undone_by_another_console(void **state)
{
    struct console alice, bob;

    (void)state;
    console_open(&alice);
    console_open_in(&bob, dir, "arn:aws:sts::111122223333:assumed-role/oncall/bob");
    const struct change_status *done = shut_door(&alice, CHANGE_SUCCEEDED);
    ask_undo(&bob, done->plan_id);
    assert_non_null(undo_plan);
    change_plan_free(undo_plan);
    console_close(&alice);
    console_close(&bob);
}

/* --- the store ---------------------------------------------------------------------------- */

static void test_a_trail_that_does_not_verify_shuts_the_gate(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct console console, next;
    struct err err = ERR_NONE;

    (void)state;
    console_open(&console);
    shut_door(&console, CHANGE_SUCCEEDED);
    console_close(&console);
    file_read(gate_audit_path(console.gate), &text);
    *strstr(text.ptr, "payments") = 'P';
    file_write(gate_audit_path(console.gate), buf_sv(&text));

    console_open(&next);
    world = (struct world){.open = true};
    expect_end(&next, door_plan("front", 1), CHANGE_REFUSED, ERR_INTEGRITY);
    assert_int_equal(gate_health(next.gate, &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.message, "edited"));
    console_close(&next);
}

static void test_without_a_folder_the_gate_is_shut(void **state)
{
    struct console console;

    (void)state;
    console_open_in(&console, "", "arn:aws:iam::111122223333:user/alice");
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_IO);
    console_close(&console);
}

/* /proc takes no folder from anybody, root included. */
static void test_a_folder_that_cannot_be_made_is_named(void **state)
{
    struct console console;
    struct err err;

    (void)state;
    console_open_in(&console, "/proc/watchdeck/state", "arn:aws:iam::111122223333:user/alice");
    expect_end(&console, door_plan("front", 1), CHANGE_REFUSED, ERR_NOT_FOUND);
    assert_int_equal(gate_health(console.gate, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "the journal is kept in /proc/watchdeck/state"));
    assert_non_null(strstr(err.message, "--state-dir"));
    console_close(&console);
}

static void test_a_full_disk_refuses_until_there_is_room(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    disk_fail(DISK_WRITE, 1, ENOSPC, true);
    consent(&console, &ticket);
    const struct change_status *status = await(&console, ticket.id, CHANGE_REFUSED);
    assert_int_equal(status->err.code, ERR_DISK_FULL);
    disk_heal();
    assert_int_equal(world.changes_sent, 0);
    shut_door(&console, CHANGE_SUCCEEDED);
    console_close(&console);
}

static bool count_success(void *arg, const cJSON *record)
{
    *(size_t *)arg += sv_eq_cstr(json_sv(record, "state"), "SUCCEEDED");
    return true;
}

/* Whatever failed, and when. */
static void assert_ends_in_trail(const struct console *console, size_t expected)
{
    size_t n = 0;
    assert_int_equal(audit_read(gate_audit_path(console->gate), count_success, &n, NULL), OK);
    assert_int_equal(n, expected);
    assert_int_equal(
        audit_verify(gate_audit_path(console->gate), NULL, NULL, false, NULL, NULL, NULL, NULL),
        OK);
}

/* The nth write or sync from the consent on fails, for all n: sent or not, it is known which. */
static void test_no_disk_fault_hides_what_was_sent(void **state)
{
    bool came = true;

    (void)state;
    for (size_t nth = 1; came; nth++) {
        char store[DIR_PATH_SIZE], name[32];
        struct console console, next;
        snprintf(name, sizeof name, "store-%zu", nth);
        dir_path(dir, name, store);
        world = (struct world){.open = true};
        console_open_in(&console, store, "arn:aws:iam::111122223333:user/alice");
        struct ticket ticket = check(&console, door_plan("front", 1));
        await(&console, ticket.id, CHANGE_READY);
        disk_fail(DISK_WRITE | DISK_SYNC | DISK_RENAME, nth, EIO, true);
        consent(&console, &ticket);
        console.wait_id = NULL;
        while (console.n_steps == 0 ||
               (console.steps[console.n_steps - 1].state != CHANGE_REFUSED &&
                console.steps[console.n_steps - 1].state != CHANGE_SUCCEEDED)) {
            console.reached = false;
            run_ui_until(&console.reached, 5);
        }
        came = disk_heal();
        enum change_state end = console.steps[console.n_steps - 1].state;
        assert_int_equal(world.changes_sent, end == CHANGE_SUCCEEDED);
        if (came)
            assert_int_not_equal(console.steps[console.n_steps - 1].err.code, OK);

        /* the next console finds the same, and sends nothing */
        console_open_in(&next, store, "arn:aws:iam::111122223333:user/alice");
        settle(&next);
        assert_int_equal(gate_health(next.gate, NULL), OK);
        assert_int_equal(n_open, 0);
        assert_int_equal(world.changes_sent, end == CHANGE_SUCCEEDED);
        char undoable[37];
        gate_last_undoable(next.gate, undoable);
        assert_string_equal(undoable, end == CHANGE_SUCCEEDED ? ticket.id : "");
        assert_ends_in_trail(&next, end == CHANGE_SUCCEEDED);
        settle(&next); /* what was owed is paid once */
        assert_ends_in_trail(&next, end == CHANGE_SUCCEEDED);
        console_close(&console);
        console_close(&next);
    }
}

static void test_a_trail_that_is_replaced_meanwhile_refuses(void **state)
{
    struct console console;

    (void)state;
    console_open(&console);
    struct ticket ticket = check(&console, door_plan("front", 1));
    await(&console, ticket.id, CHANGE_READY);
    unlink(gate_audit_path(console.gate));
    file_write(gate_audit_path(console.gate), SV(""));
    consent(&console, &ticket);
    assert_int_equal(await(&console, ticket.id, CHANGE_REFUSED)->err.code, ERR_INTEGRITY);
    assert_int_equal(world.changes_sent, 0);
    console_close(&console);
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(test_a_change_goes_through),
        GATE_TEST(test_what_is_excepted_is_left_alone_until_it_expires),
        GATE_TEST(test_broken_glass_is_consented_to_and_in_every_record),
        GATE_TEST(test_what_was_tried_before_is_told),
        GATE_TEST(test_a_change_is_undone_with_a_consent_of_its_own),
        GATE_TEST(test_only_the_right_consent_sends),
        GATE_TEST(test_who_decides_alone_waits),
        GATE_TEST(test_two_consents_send_once),
        GATE_TEST(test_belts_hold),
        GATE_TEST(test_a_rejection_needs_a_reason_and_is_recorded),
        GATE_TEST(test_what_the_checks_refuse),
        GATE_TEST(test_without_an_actor_nothing_is_ready),
        GATE_TEST(test_what_changes_while_the_sheet_is_open_is_stale),
        GATE_TEST(test_a_refusal_is_a_failure),
        GATE_TEST(test_a_refusal_because_it_is_so_already_is_a_success),
        GATE_TEST(test_a_reply_without_the_deed_is_a_failure),
        GATE_TEST(test_what_never_left_is_a_failure),
        GATE_TEST(test_an_unknown_outcome_is_settled_by_looking),
        GATE_TEST(test_reads_that_lag_behind_are_waited_for),
        GATE_TEST(test_what_takes_its_time_is_waited_for),
        GATE_TEST(test_what_fails_later_is_a_failure),
        GATE_TEST(test_the_first_failure_stops_and_what_was_done_can_be_undone),
        GATE_TEST(test_what_is_due_later_is_sent_then),
        GATE_TEST(test_what_is_never_due_is_not_sent),
        GATE_TEST(test_what_comes_too_early_is_sent_later),
        GATE_TEST(test_what_is_due_and_refused_leaves_it_unverified),
        GATE_TEST(test_what_could_not_be_read_is_settled_later),
        GATE_TEST(test_nothing_is_sent_while_an_earlier_change_is_open),
        GATE_TEST(test_of_two_consoles_one_sends),
        GATE_TEST(test_a_change_can_be_undone_by_another_console),
        GATE_TEST(test_a_trail_that_does_not_verify_shuts_the_gate),
        GATE_TEST(test_without_a_folder_the_gate_is_shut),
        GATE_TEST(test_a_folder_that_cannot_be_made_is_named),
        GATE_TEST(test_a_full_disk_refuses_until_there_is_room),
        GATE_TEST(test_no_disk_fault_hides_what_was_sent),
        GATE_TEST(test_a_trail_that_is_replaced_meanwhile_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
