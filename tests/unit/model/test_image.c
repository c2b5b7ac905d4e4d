/* Images: rows come back as they were, secrets do not, and no bytes do harm. */
#include <stdio.h>
#include <string.h>

#include "core/model/image.h"
#include "tests/unit/unit.h"

static const struct column columns[] = {
    {.id = "id", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "account", .type = COL_TEXT, .flags = COL_INTERNED},
    {.id = "seen", .type = COL_TIME},
    {.id = "value", .type = COL_TEXT, .flags = COL_SECRET},
    {.id = "note", .type = COL_TEXT},
    {.id = "is_open", .type = COL_BOOL},
};
enum { ID, ACCOUNT, SEEN, VALUE, NOTE, IS_OPEN, N_COLUMNS };
#define N_ROWS 700
#define CANARY "hunter2-canary"

/* More than 255 accounts, every cell absent now and then, numbers on both sides of zero. */
static struct table *make_table(void)
{
    struct table *table = table_new(columns, N_COLUMNS);
    for (int i = 0; i < N_ROWS; i++) {
        char text[32];
        snprintf(text, sizeof text, "i-%06d", i * 7);
        table_set_text(table, ID, sv_of(text));
        snprintf(text, sizeof text, "account %d", i % 300);
        if (i % 11 != 0)
            table_set_text(table, ACCOUNT, sv_of(text));
        if (i % 5 != 0)
            table_set_number(table, SEEN, i % 2 ? INT64_MAX - i : -(int64_t)i * i);
        table_set_text(table, VALUE, SV(CANARY));
        if (i % 3 != 0)
            table_set_text(table, NOTE, i % 2 ? SV("") : SV("caf\xc3\xa9\0\n\xff"));
        if (i % 4 != 0)
            table_set_number(table, IS_OPEN, i % 2);
        assert_true(table_commit(table));
    }
    table_publish(table);
    return table;
}

static void assert_cell(const struct table *table, const struct table *expected, size_t row,
                        size_t column)
{
    struct cell cell, other;
    table_cell(table, row, column, &cell);
    table_cell(expected, row, column, &other);
    if (column == VALUE) {
        assert_true(cell.absent);
        return;
    }
    assert_int_equal(cell.absent, other.absent);
    assert_int_equal(cell.number, other.number);
    assert_true(sv_eq(cell.text, other.text));
}

static void rows_come_back(void **state)
{
    AUTO(buf_done) struct buf image = BUF_NONE;
    struct table *table = make_table();
    (void)state;
    assert_int_equal(image_write(table, &image), OK);
    assert_false(sv_contains(buf_sv(&image), SV(CANARY)));
    struct table *read = image_read(buf_sv(&image), columns, N_COLUMNS);
    assert_non_null(read);
    assert_int_equal(table_count(read), N_ROWS);
    for (size_t row = 0; row < N_ROWS; row++) {
        assert_int_equal(table_key(read, row), table_key(table, row));
        for (size_t column = 0; column < N_COLUMNS; column++)
            assert_cell(read, table, row, column);
    }
    table_unref(read);
    table_unref(table);
}

static void no_rows_are_an_image_too(void **state)
{
    AUTO(buf_done) struct buf image = BUF_NONE;
    struct table *table = table_new(columns, N_COLUMNS);
    (void)state;
    assert_int_equal(image_write(table, &image), OK);
    struct table *read = image_read(buf_sv(&image), columns, N_COLUMNS);
    assert_non_null(read);
    assert_int_equal(table_count(read), 0);
    table_unref(read);
    table_unref(table);
}

static void a_cap_is_kept(void **state)
{
    AUTO(buf_done) struct buf image = BUF_CAPPED(1000);
    struct table *table = make_table();
    (void)state;
    assert_int_equal(image_write(table, &image), ERR_TOO_BIG);
    table_unref(table);
}

/* Cut anywhere it is refused; changed anywhere it is refused or gives rows of some kind. */
static void bad_bytes_do_no_harm(void **state)
{
    AUTO(buf_done) struct buf image = BUF_NONE;
    struct table *table = make_table();
    (void)state;
    assert_int_equal(image_write(table, &image), OK);
    for (size_t at = 0; at < image.len; at += 1 + at / 97) {
        AUTO_FREE char *copy = sv_dup((struct sv){image.ptr, at});
        assert_null(image_read((struct sv){copy, at}, columns, N_COLUMNS));
        for (int bit = 0; bit < 8; bit += 3) {
            image.ptr[at] = (char)(image.ptr[at] ^ 1 << bit);
            struct table *read = image_read(buf_sv(&image), columns, N_COLUMNS);
            assert_true(read == NULL || table_count(read) <= image.len);
            table_unref(read);
            image.ptr[at] = (char)(image.ptr[at] ^ 1 << bit);
        }
    }
    assert_null(image_read(SV(""), columns, N_COLUMNS));
    assert_null(image_read(SV("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), columns, N_COLUMNS));
    table_unref(table);
}

static void other_columns_have_another_layout(void **state)
{
    struct column changed[N_COLUMNS];
    (void)state;
    memcpy(changed, columns, sizeof columns);
    assert_int_equal(image_layout(changed, N_COLUMNS), image_layout(columns, N_COLUMNS));
    assert_int_not_equal(image_layout(changed, N_COLUMNS - 1), image_layout(columns, N_COLUMNS));
    changed[NOTE].flags = COL_SECRET;
    assert_int_not_equal(image_layout(changed, N_COLUMNS), image_layout(columns, N_COLUMNS));
    changed[NOTE].flags = 0;
    changed[SEEN].id = "read";
    assert_int_not_equal(image_layout(changed, N_COLUMNS), image_layout(columns, N_COLUMNS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(no_rows_are_an_image_too),
        cmocka_unit_test(a_cap_is_kept),
        cmocka_unit_test(bad_bytes_do_no_harm),
        cmocka_unit_test(other_columns_have_another_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
