#include "core/model/export.h"

#include <inttypes.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const char *const format_names[] = {
    [EXPORT_TABLE] = "table", [EXPORT_JSON] = "json",   [EXPORT_NDJSON] = "ndjson",
    [EXPORT_CSV] = "csv",     [EXPORT_MARKDOWN] = "md",
};

bool export_format_parse(struct sv name, enum export_format *format)
{
    for (size_t i = 0; i < ARRAY_LEN(format_names); i++) {
        if (sv_eq_cstr(name, format_names[i])) {
            *format = (enum export_format)i;
            return true;
        }
    }
    return false;
}

static enum text_mode mode_of(const struct column *column)
{
    return column->type == COL_IDENTITY ? TEXT_IDENTITY : TEXT_LINE;
}

static int64_t whole_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* What is no number in such a list stays the text it is. */
static void json_numbers(struct json_writer *w, struct sv rest)
{
    jw_array(w);
    while (rest.len > 0) {
        struct sv word = sv_split(&rest, ' ');
        int64_t number;
        if (sv_to_i64(word, &number))
            jw_i64(w, number);
        else if (word.len > 0)
            jw_string(w, word);
    }
    jw_array_end(w);
}

static void json_cell(struct json_writer *w, const struct column *column, const struct cell *cell)
{
    char time[CLOCK_ISO_SIZE];
    if (cell->absent) {
        jw_null(w);
        return;
    }
    switch (column->type) {
    case COL_COUNT:
    case COL_SIZE:
        jw_i64(w, cell->number);
        break;
    case COL_BOOL:
        jw_bool(w, cell->number != 0);
        break;
    case COL_DURATION:
        jw_i64(w, whole_seconds(cell->number));
        break;
    case COL_TIME:
        clock_iso8601(cell->number, false, time);
        jw_string(w, sv_of(time));
        break;
    case COL_NUMBERS:
        json_numbers(w, cell->text);
        break;
    default:
        jw_string(w, cell->text);
        break;
    }
}

static void json_row(struct json_writer *w, const struct rows *rows, size_t row)
{
    jw_object(w);
    for (size_t i = 0; i < rows->n_columns; i++) {
        struct cell cell;
        rows->cell(rows, row, i, &cell);
        jw_key(w, rows->columns[i].id);
        json_cell(w, &rows->columns[i], &cell);
    }
    jw_object_end(w);
}

static void export_json(struct buf *out, const struct rows *rows)
{
    struct json_writer w = {.out = out};

    jw_array(&w);
    for (size_t row = 0; row < rows->count; row++)
        json_row(&w, rows, row);
    jw_array_end(&w);
    buf_add_char(out, '\n');
}

static void export_ndjson(struct buf *out, const struct rows *rows)
{
    for (size_t row = 0; row < rows->count && buf_err(out) == OK; row++) {
        struct json_writer w = {.out = out};
        json_row(&w, rows, row);
        buf_add_char(out, '\n');
    }
}

/* --- csv ----------------------------------------------------------------------------------- */

/* RFC 4180, 2: quotes around what has a comma, a quote or a line break in it, quotes doubled. */
static void csv_field(struct buf *out, struct sv text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len && !quoted; i++)
        quoted = text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' ||
                 text.ptr[i] == '\r' || text.ptr[i] == ' ';
    if (!quoted) {
        buf_add(out, text);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, text.ptr[i]);
    }
    buf_add_char(out, '"');
}

static bool begins_formula(struct sv text)
{
    return text.len > 0 && sv_contains(SV("=+-@"), (struct sv){text.ptr, 1});
}

static void csv_text(struct buf *out, const struct column *column, struct sv text)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;
    if (begins_formula(text))
        buf_add_char(&safe, '\'');
    /* for a locale of ASCII alone: nothing is lost, as in JSON */
    text_safe(&safe, text, text_is_ascii_only() ? TEXT_IDENTITY : mode_of(column));
    csv_field(out, buf_sv(&safe));
}

static void csv_cell(struct buf *out, const struct column *column, const struct cell *cell)
{
    char time[CLOCK_ISO_SIZE];
    if (cell->absent)
        return;
    switch (column->type) {
    case COL_COUNT:
    case COL_SIZE:
        buf_addf(out, "%" PRId64, cell->number);
        break;
    case COL_BOOL:
        buf_add_cstr(out, cell->number != 0 ? "true" : "false");
        break;
    case COL_DURATION:
        buf_addf(out, "%" PRId64, whole_seconds(cell->number));
        break;
    case COL_TIME:
        clock_iso8601(cell->number, false, time);
        buf_add_cstr(out, time);
        break;
    default:
        csv_text(out, column, cell->text);
        break;
    }
}

static void export_csv(struct buf *out, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_cstr(out, rows->columns[i].id);
    }
    buf_add_cstr(out, "\r\n");
    for (size_t row = 0; row < rows->count && buf_err(out) == OK; row++) {
        for (size_t i = 0; i < rows->n_columns; i++) {
            struct cell cell;
            rows->cell(rows, row, i, &cell);
            if (i > 0)
                buf_add_char(out, ',');
            csv_cell(out, &rows->columns[i], &cell);
        }
        buf_add_cstr(out, "\r\n");
    }
}

/* --- aligned text -------------------------------------------------------------------------- */

/* The cell as a person reads it, safe for a terminal; replaces what is in out. */
static void plain_cell(struct buf *out, const struct column *column, const struct cell *cell)
{
    buf_clear(out);
    cell_text(column, cell, out);
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->absent == b->absent && a->number == b->number && sv_eq(a->text, b->text);
}

static bool values_differ(const struct rows *rows, size_t column)
{
    struct cell first, cell;
    for (size_t row = 0; row < rows->count; row++) {
        rows->cell(rows, row, column, &cell);
        if (row == 0)
            first = cell;
        else if (!same_cell(&first, &cell))
            return true;
    }
    return false;
}

static bool is_drawn(const struct rows *rows, size_t column)
{
    unsigned flags = rows->columns[column].flags;
    if (flags & COL_HIDDEN)
        return false;
    return !(flags & COL_WHEN_MANY) || values_differ(rows, column);
}

/* What is wider stands out of its column whole: one long text must not cost every row its length.
 */
#define ALIGNED_COLUMNS_MAX ((size_t)200)

/* Columns of the terminal that a column takes; 0 when it is not drawn. */
static size_t width_of(const struct rows *rows, size_t column)
{
    if (!is_drawn(rows, column))
        return 0;
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t width = text_width(sv_of(rows->columns[column].title), TEXT_LINE);
    for (size_t row = 0; row < rows->count; row++) {
        struct cell cell;
        rows->cell(rows, row, column, &cell);
        plain_cell(&text, &rows->columns[column], &cell);
        size_t cell_width = text_width(buf_sv(&text), TEXT_LINE);
        width = cell_width > width ? cell_width : width;
    }
    if (width > ALIGNED_COLUMNS_MAX)
        return ALIGNED_COLUMNS_MAX;
    return width > 0 ? width : 1;
}

static void pad(struct buf *out, size_t n)
{
    while (n-- > 0)
        buf_add_char(out, ' ');
}

struct line {
    struct buf *out;
    size_t owed; /* blanks due before the next text, so that no line ends in blanks */
};

static void add_field(struct line *line, struct sv text, size_t width, bool right)
{
    size_t taken = text_width(text, TEXT_LINE), missing = width > taken ? width - taken : 0;
    pad(line->out, line->owed + (right ? missing : 0));
    buf_add(line->out, text);
    line->owed = 2 + (right ? 0 : missing);
}

static bool is_right(const struct column *column)
{
    return column->type == COL_COUNT || column->type == COL_SIZE;
}

static void table_header(struct buf *out, const struct rows *rows, const size_t *widths)
{
    struct line line = {.out = out};
    for (size_t i = 0; i < rows->n_columns; i++) {
        if (widths[i] > 0)
            add_field(&line, sv_of(rows->columns[i].title), widths[i], is_right(&rows->columns[i]));
    }
    buf_add_char(out, '\n');
}

static void table_row(struct buf *out, const struct rows *rows, const size_t *widths, size_t row,
                      struct buf *text)
{
    struct line line = {.out = out};
    for (size_t i = 0; i < rows->n_columns; i++) {
        if (widths[i] == 0)
            continue;
        struct cell cell;
        rows->cell(rows, row, i, &cell);
        plain_cell(text, &rows->columns[i], &cell);
        add_field(&line, buf_sv(text), widths[i], is_right(&rows->columns[i]));
    }
    buf_add_char(out, '\n');
}

static void export_table(struct buf *out, const struct rows *rows)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO_FREE size_t *widths = mem_alloc(rows->n_columns * sizeof(*widths));
    for (size_t i = 0; i < rows->n_columns; i++)
        widths[i] = width_of(rows, i);
    table_header(out, rows, widths);
    for (size_t row = 0; row < rows->count && buf_err(out) == OK; row++)
        table_row(out, rows, widths, row, &text);
}

/* --- Markdown ------------------------------------------------------------------------------ */

void export_markdown_cell(struct buf *out, struct sv text)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;
    text_safe(&safe, text, TEXT_LINE);
    buf_add_char(out, ' ');
    for (size_t i = 0; i < safe.len; i++) {
        if (sv_contains(SV("|\\`*_<>[]"), (struct sv){safe.ptr + i, 1}))
            buf_add_char(out, '\\');
        buf_add_char(out, safe.ptr[i]);
    }
    buf_add_cstr(out, " |");
}

static void markdown_header(struct buf *out, const struct rows *rows, const bool *drawn)
{
    buf_add_char(out, '|');
    for (size_t i = 0; i < rows->n_columns; i++)
        if (drawn[i])
            export_markdown_cell(out, sv_of(rows->columns[i].title));
    buf_add_cstr(out, "\n|");
    for (size_t i = 0; i < rows->n_columns; i++)
        if (drawn[i])
            buf_add_cstr(out, is_right(&rows->columns[i]) ? "--:|" : "---|");
    buf_add_char(out, '\n');
}

static void export_markdown(struct buf *out, const struct rows *rows)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO_FREE bool *drawn = mem_alloc(rows->n_columns * sizeof(*drawn));
    for (size_t i = 0; i < rows->n_columns; i++)
        drawn[i] = is_drawn(rows, i);
    markdown_header(out, rows, drawn);
    for (size_t row = 0; row < rows->count && buf_err(out) == OK; row++) {
        buf_add_char(out, '|');
        for (size_t i = 0; i < rows->n_columns; i++) {
            struct cell cell;
            if (!drawn[i])
                continue;
            rows->cell(rows, row, i, &cell);
            plain_cell(&text, &rows->columns[i], &cell);
            export_markdown_cell(out, buf_sv(&text));
        }
        buf_add_char(out, '\n');
    }
}

void export_rows(struct buf *out, const struct rows *rows, enum export_format format)
{
    static void (*const exporters[])(struct buf * out, const struct rows *rows) = {
        [EXPORT_TABLE] = export_table,       [EXPORT_JSON] = export_json,
        [EXPORT_NDJSON] = export_ndjson,     [EXPORT_CSV] = export_csv,
        [EXPORT_MARKDOWN] = export_markdown,
    };
    exporters[format](out, rows);
}
