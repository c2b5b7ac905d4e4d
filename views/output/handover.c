#include "views/output/handover.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/gov/queue/item.h"
#include "core/model/export.h"
#include "core/store/audit.h"
#include "views/program.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

/* --- what was decided ------------------------------------------------------------------------- */

/* How a change has ended, and what a person has said. What lies between is for the trail. */
static bool is_told(const cJSON *record)
{
    struct sv state = json_sv(record, "state");

    if (state.len == 0)
        return json_sv(record, "action").len > 0;
    return sv_has_word(SV("SUCCEEDED UNVERIFIED FAILED UNKNOWN REJECTED UNDONE STALE"), state);
}

struct decided {
    int64_t since_ms;
    cJSON *records; /* copies, oldest first */
};

static bool take_record(void *arg, const cJSON *record)
{
    struct decided *decided = arg;
    int64_t at_ms;

    if (clock_parse_iso8601(json_sv(record, "ts"), &at_ms) && at_ms >= decided->since_ms &&
        is_told(record))
        cJSON_AddItemToArray(decided->records, cJSON_Duplicate(record, true));
    return true;
}

/* Of an ARN the human part. */
static struct sv name_of(struct sv arn)
{
    while (sv_contains(arn, SV("/")))
        sv_split(&arn, '/');
    return arn;
}

/* --- the rows -------------------------------------------------------------------------------- */

static struct cell cell_of(const struct rows *rows, size_t row, enum item_column column)
{
    struct cell cell;

    rows->cell(rows, row, column, &cell);
    if (cell.absent)
        cell.text = SV_NONE;
    return cell;
}

static bool is_in_state(const struct rows *rows, size_t row, const char *state)
{
    return sv_eq_cstr(cell_of(rows, row, ITEM_STATE).text, state);
}

static size_t count_state(const struct rows *rows, const char *state)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->count; i++)
        n += is_in_state(rows, i, state);
    return n;
}

/* --- Markdown -------------------------------------------------------------------------------- */

static void add_left(struct buf *out, const struct rows *rows, size_t row)
{
    struct cell cell = cell_of(rows, row, ITEM_LEFT);
    char left[CLOCK_AGE_SIZE] = "";

    if (!cell.absent)
        clock_left(cell.number, left);
    export_markdown_cell(out, sv_of(left));
}

static void add_waiting(struct buf *out, const struct rows *rows)
{
    static const enum item_column columns[] = {ITEM_WHAT, ITEM_ACCOUNT_ID + 1, ITEM_ACCOUNT_ID + 2,
                                               ITEM_OWNER, ITEM_REQUESTER};

    buf_addf(out, "\n## Waits for a decision: %zu\n\n", count_state(rows, "OPEN"));
    buf_addf(
        out,
        "What is OPEN in `:approvals`, of every severity and source; %zu more are UNKNOWN, for "
        "they could not be compared.\n\n",
        count_state(rows, "UNKNOWN"));
    buf_add_cstr(out, "| severity | left | what | account | region | owner | asked by |\n"
                      "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < rows->count; i++) {
        if (!is_in_state(rows, i, "OPEN"))
            continue;
        buf_add_char(out, '|');
        export_markdown_cell(out, cell_of(rows, i, ITEM_SHOWN).text);
        add_left(out, rows, i);
        for (size_t c = 0; c < ARRAY_LEN(columns); c++)
            export_markdown_cell(out, cell_of(rows, i, columns[c]).text);
        buf_add_char(out, '\n');
    }
}

static void add_waived(struct buf *out, const struct rows *rows)
{
    buf_addf(out, "\n## Left as it is: %zu\n\n", count_state(rows, "WAIVED"));
    buf_add_cstr(out, "| until | owner | reason | what |\n|---|---|---|---|\n");
    for (size_t i = 0; i < rows->count; i++) {
        char until[CLOCK_ISO_SIZE];

        if (!is_in_state(rows, i, "WAIVED"))
            continue;
        clock_iso8601(cell_of(rows, i, ITEM_EXCEPTION_UNTIL).number, false, until);
        buf_add_char(out, '|');
        export_markdown_cell(out, sv_of(until));
        export_markdown_cell(out, cell_of(rows, i, ITEM_EXCEPTION_OWNER).text);
        export_markdown_cell(out, cell_of(rows, i, ITEM_EXCEPTION_REASON).text);
        export_markdown_cell(out, cell_of(rows, i, ITEM_WHAT).text);
        buf_add_char(out, '\n');
    }
}

/* How it ended, and by which way where that was not the usual one. */
static void add_result(struct buf *out, const cJSON *record)
{
    AUTO(buf_done) struct buf result = BUF_NONE;
    struct sv state = json_sv(record, "state");

    buf_add(&result, state.len > 0 ? state : json_sv(record, "action"));
    if (json_bool(record, "single_operator", false))
        buf_add_cstr(&result, ", decided alone");
    if (json_sv(record, "break_glass").len > 0)
        buf_addf(&result, ", BREAK GLASS: " SV_FMT, SV_ARG(json_sv(record, "break_glass")));
    export_markdown_cell(out, buf_sv(&result));
}

static void add_decided(struct buf *out, const cJSON *records)
{
    buf_addf(out, "\n## Decided and done: %d\n\n", cJSON_GetArraySize(records));
    buf_add_cstr(out,
                 "| when | who | result | what | account | reason |\n|---|---|---|---|---|---|\n");
    for (const cJSON *record = records->child; record != NULL; record = record->next) {
        buf_add_char(out, '|');
        export_markdown_cell(out, json_sv(record, "ts"));
        export_markdown_cell(out, name_of(json_sv(record, "actor")));
        add_result(out, record);
        export_markdown_cell(out, json_sv(record, "title"));
        export_markdown_cell(out, json_sv(record, "account_id"));
        export_markdown_cell(out, json_sv(record, "reason"));
        buf_add_char(out, '\n');
    }
}

static void write_markdown(const struct rows *rows, const struct coverage *coverage,
                           const struct decided *decided, struct buf *out)
{
    char now[CLOCK_ISO_SIZE], since[CLOCK_ISO_SIZE];

    clock_iso8601(clock_display_ms(), false, now);
    clock_iso8601(decided->since_ms, false, since);
    buf_addf(out, "# Handover, %s\n\nDecided since %s. ", now, since);
    coverage_line(coverage, out);
    buf_add_char(out, '\n');
    add_waiting(out, rows);
    add_waived(out, rows);
    add_decided(out, decided->records);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void write_rows(struct json_writer *w, const char *key, const struct rows *rows,
                       const char *state)
{
    static const enum item_column columns[] = {ITEM_KEY,
                                               ITEM_KIND,
                                               ITEM_TYPE,
                                               ITEM_SEVERITY,
                                               ITEM_SHOWN,
                                               ITEM_WHAT,
                                               ITEM_ACCOUNT_ID,
                                               ITEM_ACCOUNT_ID + 2,
                                               ITEM_OWNER,
                                               ITEM_REQUESTER,
                                               ITEM_EXCEPTION_OWNER,
                                               ITEM_EXCEPTION_REASON};

    jw_key(w, key);
    jw_array(w);
    for (size_t i = 0; i < rows->count; i++) {
        if (!is_in_state(rows, i, state))
            continue;
        jw_object(w);
        for (size_t c = 0; c < ARRAY_LEN(columns); c++) {
            struct sv text = cell_of(rows, i, columns[c]).text;

            jw_key(w, rows->columns[columns[c]].id);
            if (text.ptr != NULL)
                jw_string(w, text);
            else
                jw_null(w);
        }
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_json(const struct rows *rows, const struct coverage *coverage,
                       const struct decided *decided, struct buf *out)
{
    struct json_writer w = {.out = out};
    char now[CLOCK_ISO_SIZE], since[CLOCK_ISO_SIZE];

    clock_iso8601(clock_display_ms(), false, now);
    clock_iso8601(decided->since_ms, false, since);
    jw_object(&w);
    jw_string_at(&w, "generated_at", sv_of(now));
    jw_string_at(&w, "since", sv_of(since));
    jw_key(&w, "coverage");
    jw_object(&w);
    jw_i64_at(&w, "asked", (int64_t)coverage->asked);
    jw_i64_at(&w, "answered", (int64_t)coverage->answered);
    jw_object_end(&w);
    write_rows(&w, "waiting", rows, "OPEN");
    write_rows(&w, "waived", rows, "WAIVED");
    jw_key(&w, "decided");
    jw_tree(&w, decided->records);
    jw_object_end(&w);
    buf_add_char(out, '\n');
}

enum err_code handover_write(const struct rows *rows, const struct coverage *coverage,
                             const char *audit_path, int64_t since_ms, bool json, struct buf *out,
                             struct err *err)
{
    AUTO(json_free_at) cJSON *records = cJSON_CreateArray();
    struct decided decided = {since_ms, records};
    enum err_code code = audit_read(audit_path, take_record, &decided, err);

    if (code != OK && code != ERR_NOT_FOUND)
        return code;
    (json ? write_json : write_markdown)(rows, coverage, &decided, out);
    return OK;
}

/* --- the subcommand -------------------------------------------------------------------------- */

static int run(const struct options *options)
{
    struct options once = *options;
    struct err err;

    if (options->n_args > 0 || options->format == EXPORT_CSV || options->format == EXPORT_NDJSON) {
        err_set(&err, ERR_USAGE, "handover", "takes --since DURATION and --format json alone");
        complain(&err);
        return err_exit_status(err.code);
    }
    once.once = screen_approvals.name;
    once.subcommand = NULL;
    once.handover = true;
    if (once.since_ms == 0)
        once.since_ms = HANDOVER_SINCE_MS;
    return program_run(&once);
}

const struct subcommand subcommand_handover = {
    .name = "handover",
    .usage = "[--since 12h] [--format json]",
    .help = "what waits, what is left as it is, and what was decided by whom, for the next shift",
    .run = run,
};
