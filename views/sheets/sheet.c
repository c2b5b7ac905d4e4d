#include "views/sheets/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/gov/settings.h"

void sheet_add(struct pager *pager, style_t style, const char *fmt, ...)
{
    char line[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    pager_add(pager, sv_of(line), style);
}

static void add_blank(struct pager *pager)
{
    pager_add(pager, SV("\n"), ROLE_TEXT);
}

/* --- who ------------------------------------------------------------------------------------- */

/* An account that profiles lead to is called by the one that is used; else members have a role. */
static void say_role(struct gov *gov, const struct account *account, struct sheet_about *about)
{
    bool is_profile = account != NULL && account->profiles != NULL;
    const char *name = is_profile ? account->name : client_member_role(gov_client(gov));

    snprintf(about->role, sizeof about->role, "%s%s", is_profile ? "profile    " : "role       ",
             name);
}

void sheet_about_caller(struct gov *gov, const struct aws_target *target, struct sheet_about *about)
{
    struct estate *estate = gov_estate(gov);

    if (estate == NULL)
        return;
    str_copy(about->requester, estate->caller_arn);
    if (strcmp(estate->caller_account, target->account_id) != 0)
        say_role(gov, estate_account(estate, sv_of(target->account_id)), about);
    estate_unref(estate);
}

/* --- parts of a plan ------------------------------------------------------------------------- */

#define TEXT_SHOWN_MAX 600 /* of a member of a call; a document is longer */

/* The call without what nobody reads on a sheet: a long text is its size and its digest, by which
 * it is compared. */
static cJSON *without_long_texts(const cJSON *params)
{
    cJSON *copy = cJSON_Duplicate(params, true);
    const cJSON *item;

    cJSON_ArrayForEach (item, params) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        char hash[SHA256_HEX_SIZE];
        struct sv value = json_string(item);

        if (value.len <= TEXT_SHOWN_MAX)
            continue;
        sha256_hex(value, hash);
        buf_addf(&text, "(%zu bytes that are not shown, sha256 %s)", value.len, hash);
        cJSON_ReplaceItemInObjectCaseSensitive(copy, item->string,
                                               cJSON_CreateString(buf_cstr(&text)));
    }
    return copy;
}

static void add_calls(struct pager *pager, const struct change_plan *plan, const char *title,
                      const struct change_call *calls, size_t n_calls)
{
    if (n_calls == 0)
        return;
    sheet_add(pager, ROLE_TITLE, "%s", title);
    for (size_t i = 0; i < n_calls; i++) {
        AUTO(buf_done) struct buf cli = BUF_NONE;
        AUTO(json_free_at) cJSON *params = without_long_texts(calls[i].params);
        const struct aws_op *op = aws_op(calls[i].op);

        aws_cli_line(&cli, calls[i].op, &plan->target, params);
        sheet_add(pager, ROLE_TEXT, "  %s:%s%s", op->service->id, op->name,
                  calls[i].when_due ? "   once that is done, unless AWS shows it already" : "");
        sheet_add(pager, ROLE_DIM, "  $ %s", buf_cstr(&cli));
    }
}

static const char *const reversible_texts[] = {
    [REVERSIBLE] = "reversible: undo sends the inverse, through the same gate",
    [PARTLY_REVERSIBLE] = "partly reversible: see the notes",
    [IRREVERSIBLE] = "NOT reversible",
};

/* What is harmless and yet has no way back has changed nothing that could be put back. */
static const char *reversible_text(const struct change_plan *plan)
{
    if (plan->reversible == REVERSIBLE && plan->kind->undo == NULL)
        return "changes no resource: there is nothing to undo";
    return reversible_texts[plan->reversible];
}

static void add_target(struct pager *pager, const struct change_plan *plan,
                       const struct sheet_about *about)
{
    sheet_add(pager, ROLE_TEXT, "account    %s (%s)%s", plan->account_name, plan->target.account_id,
              plan->production ? "   PRODUCTION" : "");
    sheet_add(pager, ROLE_TEXT, "region     %s", plan->target.region);
    if (about->role[0] != '\0')
        sheet_add(pager, ROLE_TEXT, "%s", about->role);
    sheet_add(pager, ROLE_TEXT, "severity   %s", plan->severity);
    if (plan->requester != NULL || about->requester[0] != '\0')
        sheet_add(pager, ROLE_TEXT, "requester  %s",
                  plan->requester != NULL ? plan->requester : about->requester);
    if (plan->undo_of[0] != '\0')
        sheet_add(pager, ROLE_TEXT, "undoes     plan %s", plan->undo_of);
    if (plan->break_glass != NULL)
        sheet_add(pager, ROLE_FAIL, "BREAK GLASS  %s", plan->break_glass);
}

static void add_lines(struct pager *pager, const struct change_plan *plan)
{
    static const style_t styles[] = {['-'] = ROLE_REMOVED, ['+'] = ROLE_ADDED};

    sheet_add(pager, ROLE_TITLE, "Before -> after");
    for (size_t i = 0; i < plan->diff.len; i++) {
        char kind = plan->diff.ptr[i].kind;

        sheet_add(pager, kind == '-' || kind == '+' ? styles[(int)kind] : ROLE_TEXT, "%c %s", kind,
                  plan->diff.ptr[i].text);
    }
    add_blank(pager);
    sheet_add(pager, ROLE_TITLE, "Blast radius");
    for (size_t i = 0; i < plan->evidence.len; i++)
        sheet_add(pager, ROLE_TEXT, "  %s", plan->evidence.ptr[i].text);
    if (plan->evidence.len == 0)
        sheet_add(pager, ROLE_DIM, "%s",
                  plan->undo_of[0] != '\0'
                      ? "  what uses it was not read anew: it is on the sheet of the change that "
                        "this takes back"
                      : "  nothing else is known to be touched");
}

void sheet_add_plan(struct pager *pager, const struct change_plan *plan,
                    const struct sheet_about *about)
{
    sheet_add(pager, ROLE_STRONG, "%s", plan->title);
    sheet_add(pager, ROLE_TEXT, "%s", plan->why);
    add_blank(pager);
    add_target(pager, plan, about);
    add_blank(pager);
    add_lines(pager, plan);
    add_blank(pager);
    add_calls(pager, plan, "What is sent", plan->calls.ptr, plan->calls.len);
    add_blank(pager);
    sheet_add(pager, ROLE_TEXT, "%s", reversible_text(plan));
    add_calls(pager, plan, "What undo would send", plan->inverse.ptr, plan->inverse.len);
    add_blank(pager);
    sheet_add(pager, ROLE_DIM, "plan %s  sha256 %s", plan->id, plan->plan_hash);
}

/* --- states ---------------------------------------------------------------------------------- */

static const struct sheet_state states[] = {
    {CHANGE_PLANNED, ROLE_BUSY, "checking…", "checking"},
    {CHANGE_CHECKING, ROLE_BUSY, "checking: policy, staleness, DryRun…", "checking"},
    {CHANGE_READY, ROLE_WARN, "ready: y approves, X rejects, Esc leaves it as it is", "ready"},
    {CHANGE_REFUSED, ROLE_FAIL, "refused", "REFUSED"},
    {CHANGE_STALE, ROLE_FAIL, "stale: r makes a new plan", "STALE"},
    {CHANGE_INTENT, ROLE_BUSY, "the intent is on disk; sending…", "sending"},
    {CHANGE_SENT, ROLE_BUSY, "sent; waiting for the answer…", "sent"},
    {CHANGE_VERIFYING, ROLE_BUSY, "done; verifying by reading it again…", "verifying"},
    {CHANGE_SUCCEEDED, ROLE_OK, "verified; u undoes it", "verified"},
    {CHANGE_UNVERIFIED, ROLE_WARN, "done, but not yet seen in AWS", "UNVERIFIED"},
    {CHANGE_FAILED, ROLE_FAIL, "failed", "FAILED"},
    {CHANGE_UNKNOWN, ROLE_WARN, "sent, outcome unknown: it is settled by reading AWS", "UNKNOWN"},
    {CHANGE_REJECTED, ROLE_INFO, "rejected", "rejected"},
    {CHANGE_UNDONE, ROLE_OK, "undone", "undone"},
};

const struct sheet_state *sheet_state(enum change_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (states[i].state == state)
            return &states[i];
    return &states[0];
}

/* --- the head -------------------------------------------------------------------------------- */

#define HEAD_ROWS_MAX 4

/* As much of text as fits into so many bytes, cut at a blank: its words and ours have one column a
 * byte, and more only where that is seldom. */
static struct sv cut_words(struct sv *text, int width)
{
    struct sv line = *text;

    if (line.len > (size_t)width) {
        line.len = (size_t)width;
        while (line.len > 0 && text->ptr[line.len] != ' ')
            line.len--;
        if (line.len == 0) /* a word that is too long is cut by the canvas */
            line.len = text->len;
    }
    text->ptr += line.len;
    text->len -= line.len;
    *text = sv_trim(*text);
    return line;
}

int sheet_draw_head(const struct canvas *canvas, const char *state, style_t style,
                    const char *message)
{
    struct sv rest = sv_of(message);
    int y = 0, x = 1;

    x += canvas_text(canvas, 0, x, -1, sv_of(state), style, CUT_END) + 2;
    if (rest.len > 0 && (int)text_width(rest, TEXT_LINE) >= canvas->cols - x) {
        y = 1;
        x = 3;
    }
    while (rest.len > 0 && y < HEAD_ROWS_MAX && y < canvas->rows) {
        int width = canvas->cols - x - 1;
        struct sv line = y + 1 < HEAD_ROWS_MAX ? cut_words(&rest, width) : rest;

        if (y + 1 == HEAD_ROWS_MAX)
            rest.len = 0;
        canvas_text(canvas, y++, x, width, line, ROLE_TEXT, CUT_END);
        x = 3;
    }
    y = y == 0 ? 1 : y;
    for (x = 0; x < canvas->cols; x++)
        canvas_sign(canvas, y, x, SIGN_H_LINE, ROLE_BORDER);
    return y + 1;
}

bool sheet_waits(int64_t until_up_ms, char *left)
{
    int64_t left_ms = until_up_ms - clock_up_ms();

    if (until_up_ms == 0 || left_ms <= 0)
        return false;
    clock_wait(left_ms, left);
    return true;
}

enum err_code sheet_too_early(const struct gov *gov, const char *left, struct err *err)
{
    AUTO(buf_done) struct buf origin = BUF_NONE;

    settings_origin(gov_settings(gov), "alone_wait", &origin);
    return err_set(err, ERR_REFUSED, "approve",
                   "too early by %s: who decides alone reads it first (alone_wait, %s)", left,
                   buf_cstr(&origin));
}

void sheet_left(int64_t made_at_ms, struct buf *out)
{
    char left[CLOCK_AGE_SIZE];
    int64_t age_ms = clock_display_ms() - made_at_ms;
    int64_t left_ms = CHANGE_PLAN_AGE_MAX_MS - (age_ms > 0 ? age_ms : 0);

    if (left_ms <= 0)
        return;
    clock_age(left_ms, left);
    buf_addf(out, "good for %s", left);
}
