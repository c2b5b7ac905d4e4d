/* requests: every call to AWS that this console has made: latency, retries, the CLI's line for it.
 */
#include <stdio.h>

#include "core/gov/load/load.h"

enum { ID, AT, SERVICE, OPERATION, ACCOUNT, REGION, STATUS, LATENCY, ATTEMPT, ERROR, REQUEST, CLI };

static const struct column columns[] = {
    [ID] = {"id", "#", COL_COUNT, COL_KEY | COL_DESCENDING, 3, 7, 5},
    [AT] = {"at", "AGE", COL_TIME, COL_DESCENDING, 4, 5, 0},
    [SERVICE] = {"service", "SERVICE", COL_TEXT, COL_INTERNED, 10, 14, 0},
    [OPERATION] = {"operation", "OPERATION", COL_TEXT, COL_INTERNED | COL_MIDDLE_CUT, 16, 44, 0},
    [ACCOUNT] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_INTERNED, 12, 12, 2},
    [REGION] = {"region", "REGION", COL_TEXT, COL_INTERNED, 9, 14, 3},
    [STATUS] = {"status", "HTTP", COL_COUNT, 0, 4, 4, 0},
    [LATENCY] = {"latency_ms", "MS", COL_COUNT, COL_DESCENDING, 4, 7, 0},
    [ATTEMPT] = {"attempt", "TRY", COL_COUNT, 0, 3, 3, 4},
    [ERROR] = {"error", "ERROR", COL_TEXT, COL_INTERNED, 8, 30, 1},
    [REQUEST] = {"request_id", "REQUEST", COL_IDENTITY, COL_HIDDEN, 36, 36, 7},
    [CLI] = {"cli", "CLI", COL_TEXT, COL_HIDDEN, 20, 0, 6},
};

static void add_attempt(struct table *table, const struct aws_attempt *attempt)
{
    const struct aws_op *op = aws_op(attempt->op);

    table_set_number(table, ID, (int64_t)attempt->id);
    table_set_number(table, AT, attempt->started_at_ms);
    table_set_text(table, SERVICE, sv_of(op->service->id));
    table_set_text(table, OPERATION, sv_of(op->name));
    table_set_text(table, ACCOUNT, sv_of(attempt->target.account_id));
    table_set_text(table, REGION, sv_of(attempt->target.region));
    if (attempt->http_status > 0)
        table_set_number(table, STATUS, attempt->http_status);
    table_set_number(table, LATENCY, attempt->elapsed_us / 1000);
    table_set_number(table, ATTEMPT, attempt->attempt);
    if (attempt->err.code != OK)
        table_set_text(table, ERROR,
                       sv_of(attempt->err.aws_code[0] != '\0' ? attempt->err.aws_code
                                                              : err_text(attempt->err.code)));
    if (attempt->err.request_id[0] != '\0')
        table_set_text(table, REQUEST, sv_of(attempt->err.request_id));
    table_set_text(table, CLI, sv_of(attempt->cli_line));
    table_commit(table);
}

static void load(struct load *load)
{
    struct aws_attempt *attempts = mem_alloc(AWS_ATTEMPTS_MAX * sizeof *attempts);
    size_t n = client_attempts(gov_client(load_gov(load)), 0, attempts, AWS_ATTEMPTS_MAX);

    for (size_t i = 0; i < n; i++)
        add_attempt(load_table(load), &attempts[i]);
    mem_free(attempts);
}

const struct screen screen_requests = {
    .name = "requests",
    .title = "Requests",
    .help = "every call to AWS: latency, retries, the equivalent aws command",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {ID, true},
    .args = "",
    .local = true,
    .load = load,
};
