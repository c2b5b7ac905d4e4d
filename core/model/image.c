#include "core/model/image.h"

#include "core/base/mem.h"
#include "core/model/table_inside.h"

/* --- numbers: seven bits a byte, the low ones first ------------------------------------------ */

static void put_number(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(out, (char)(number | 0x80));
    buf_add_char(out, (char)number);
}

static bool take_number(struct sv *rest, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        uint8_t byte = (uint8_t)*rest->ptr++;
        rest->len--;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_bytes(struct sv *rest, uint64_t len, struct sv *bytes)
{
    if (len > rest->len)
        return false;
    *bytes = (struct sv){rest->ptr, (size_t)len};
    rest->ptr += len;
    rest->len -= (size_t)len;
    return true;
}

static void put_text(struct buf *out, struct sv text)
{
    put_number(out, text.len);
    buf_add(out, text);
}

static bool take_text(struct sv *rest, struct sv *text)
{
    uint64_t len;
    return take_number(rest, &len) && take_bytes(rest, len, text);
}

/* Small numbers below zero stay small. */
static uint64_t fold_sign(int64_t number)
{
    return ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);
}

static int64_t unfold_sign(uint64_t folded)
{
    return (int64_t)(folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0));
}

/* --- the layout ------------------------------------------------------------------------------ */

#define VERSION 1

uint64_t image_layout(const struct column *columns, size_t n_columns)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    const unsigned flags = COL_KEY | COL_INTERNED | COL_SECRET;
    buf_addf(&text, "%d", VERSION);
    for (size_t i = 0; i < n_columns; i++)
        buf_addf(&text, " %s %d %u", columns[i].id, (int)columns[i].type, columns[i].flags & flags);
    return sv_hash(buf_sv(&text));
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_interned(const struct interned *interned, size_t n_rows, struct buf *out)
{
    size_t n_values = interned_count(interned);
    put_number(out, n_values);
    for (uint32_t code = 1; code < n_values; code++)
        put_text(out, interned_value(interned, code));
    for (size_t row = 0; row < n_rows; row++)
        put_number(out, interned_code(interned, row));
}

/* Absent is 0; what is there follows a 1, or its length and one more. */
static void write_cells(const struct table *table, size_t column, size_t n_rows, struct buf *out)
{
    bool is_number = table->stores[column].kind == STORE_NUMBERS;
    for (size_t row = 0; row < n_rows && buf_err(out) == OK; row++) {
        struct cell cell;
        table_cell(table, row, column, &cell);
        put_number(out, cell.absent ? 0 : is_number ? 1 : cell.text.len + 1);
        if (is_number && !cell.absent)
            put_number(out, fold_sign(cell.number));
        else if (!cell.absent)
            buf_add(out, cell.text);
    }
}

enum err_code image_write(const struct table *table, struct buf *out)
{
    size_t n_rows = table_count(table);
    put_number(out, n_rows);
    for (size_t i = 0; i < table->n_columns && buf_err(out) == OK; i++) {
        AUTO(buf_done) struct buf part = BUF_CAPPED(out->cap);
        if (table->columns[i].flags & COL_SECRET)
            continue;
        if (table->stores[i].kind == STORE_INTERNED)
            write_interned(&table->stores[i].interned, n_rows, &part);
        else
            write_cells(table, i, n_rows, &part);
        if (buf_err(&part) != OK)
            return buf_err(&part);
        put_text(out, buf_sv(&part));
    }
    return buf_err(out);
}

/* --- reading --------------------------------------------------------------------------------- */

/* A column that is being read. */
struct part {
    struct sv rest;
    struct sv *values; /* by code; of an interned column */
    size_t n_values;
};

struct reader {
    struct table *table;
    struct part *parts;
};

static bool begin_part(const struct table *table, size_t column, struct part *part)
{
    uint64_t n_values;
    if (table->stores[column].kind != STORE_INTERNED)
        return true;
    if (!take_number(&part->rest, &n_values) || n_values == 0 || n_values - 1 > part->rest.len)
        return false;
    part->n_values = (size_t)n_values;
    part->values = mem_alloc(part->n_values * sizeof part->values[0]);
    part->values[0] = SV_NONE;
    for (size_t i = 1; i < part->n_values; i++) {
        if (!take_text(&part->rest, &part->values[i]))
            return false;
    }
    return true;
}

static bool read_number(struct table *table, size_t column, struct sv *rest)
{
    uint64_t folded;
    if (!take_number(rest, &folded))
        return false;
    table_set_number(table, column, unfold_sign(folded));
    return true;
}

static bool read_text(struct table *table, size_t column, struct sv *rest, uint64_t len)
{
    struct sv text;
    if (!take_bytes(rest, len, &text))
        return false;
    table_set_text(table, column, text);
    return true;
}

static bool read_cell(struct reader *reader, size_t column)
{
    struct table *table = reader->table;
    struct part *part = &reader->parts[column];
    enum store_kind kind = table->stores[column].kind;
    uint64_t head;
    if (table->columns[column].flags & COL_SECRET)
        return true;
    if (!take_number(&part->rest, &head))
        return false;
    if (kind == STORE_INTERNED && head >= part->n_values)
        return false;
    if (head == 0)
        return true;
    if (kind == STORE_NUMBERS)
        return read_number(table, column, &part->rest);
    if (kind == STORE_TEXTS)
        return read_text(table, column, &part->rest, head - 1);
    table_set_text(table, column, part->values[head]);
    return true;
}

static bool read_rows(struct reader *reader, uint64_t n_rows)
{
    for (uint64_t row = 0; row < n_rows; row++) {
        for (size_t i = 0; i < reader->table->n_columns; i++) {
            if (!read_cell(reader, i))
                return false;
        }
        table_commit(reader->table);
    }
    table_publish(reader->table);
    return true;
}

static bool read_image(struct reader *reader, struct sv rest)
{
    struct table *table = reader->table;
    uint64_t n_rows;
    if (!take_number(&rest, &n_rows) || n_rows > rest.len) /* a row takes a byte at least */
        return false;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].flags & COL_SECRET)
            continue;
        if (!take_text(&rest, &reader->parts[i].rest) || !begin_part(table, i, &reader->parts[i]))
            return false;
    }
    if (rest.len > 0 || !read_rows(reader, n_rows))
        return false;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (reader->parts[i].rest.len > 0)
            return false;
    }
    return true;
}

struct table *image_read(struct sv image, const struct column *columns, size_t n_columns)
{
    struct reader reader = {.table = table_new(columns, n_columns),
                            .parts = mem_alloc(n_columns * sizeof reader.parts[0])};
    bool good = read_image(&reader, image);
    for (size_t i = 0; i < n_columns; i++)
        mem_free(reader.parts[i].values);
    mem_free(reader.parts);
    if (good)
        return reader.table;
    table_unref(reader.table);
    return NULL;
}
