/* Exports: byte for byte, and hostile content in every format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/model/table.h"

#define NOW INT64_C(1772334000000) /* 2026-03-01T03:00:00Z */

static const struct column columns[] = {
    {.id = "id", .title = "ID", .type = COL_IDENTITY, .flags = COL_KEY},
    {.id = "name", .title = "NAME", .type = COL_TEXT},
    {.id = "region", .title = "REGION", .type = COL_TEXT, .flags = COL_INTERNED | COL_WHEN_MANY},
    {.id = "ports", .title = "PORTS", .type = COL_COUNT},
    {.id = "seen", .title = "SEEN", .type = COL_TIME},
    {.id = "left_s", .title = "LEFT", .type = COL_DURATION},
    {.id = "open", .title = "OPEN", .type = COL_BOOL},
    {.id = "note", .title = "NOTE", .type = COL_TEXT, .flags = COL_HIDDEN},
};
enum { ID, NAME, REGION, PORTS, SEEN, LEFT_S, OPEN, NOTE };

static struct table *table_of_two(const char *second_region)
{
    struct table *table = table_new(columns, ARRAY_LEN(columns));
    table_set_text(table, ID, SV("i-1"));
    table_set_text(table, NAME, SV("caf\xc3\xa9, \xe6\x97\xa5"));
    table_set_text(table, REGION, SV("eu-west-1"));
    table_set_number(table, PORTS, -22);
    table_set_number(table, SEEN, NOW - 7200000);
    table_set_number(table, LEFT_S, 5 * 86400000 + 999);
    table_set_number(table, OPEN, 1);
    table_set_text(table, NOTE, SV("n"));
    table_commit(table);
    table_set_text(table, ID, SV("i-22"));
    table_set_text(table, REGION, sv_of(second_region));
    table_commit(table);
    table_publish(table);
    return table;
}

static void assert_exports(struct table *table, enum export_format format, const char *expected)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct projection *all =
        projection_make(table, NULL, (struct sort_order){-1, false}, NULL, NULL);
    struct rows rows = projection_rows(all);
    export_rows(&out, &rows, format);
    assert_string_equal(buf_cstr(&out), expected);
    projection_unref(all);
    table_unref(table);
}

static void test_json(void **state)
{
    (void)state;
    assert_exports(
        table_of_two("x"), EXPORT_JSON,
        "[{\"id\":\"i-1\",\"name\":\"caf\xc3\xa9, \xe6\x97\xa5\",\"region\":\"eu-west-1\","
        "\"ports\":-22,\"seen\":\"2026-03-01T01:00:00Z\",\"left_s\":432000,"
        "\"open\":true,\"note\":\"n\"},"
        "{\"id\":\"i-22\",\"name\":null,\"region\":\"x\",\"ports\":null,\"seen\":null,"
        "\"left_s\":null,\"open\":null,\"note\":null}]\n");
}

static void test_ndjson(void **state)
{
    (void)state;
    assert_exports(
        table_of_two("x"), EXPORT_NDJSON,
        "{\"id\":\"i-1\",\"name\":\"caf\xc3\xa9, \xe6\x97\xa5\",\"region\":\"eu-west-1\","
        "\"ports\":-22,\"seen\":\"2026-03-01T01:00:00Z\",\"left_s\":432000,"
        "\"open\":true,\"note\":\"n\"}\n"
        "{\"id\":\"i-22\",\"name\":null,\"region\":\"x\",\"ports\":null,\"seen\":null,"
        "\"left_s\":null,\"open\":null,\"note\":null}\n");
}

static void test_csv(void **state)
{
    (void)state;
    assert_exports(
        table_of_two("x"), EXPORT_CSV,
        "id,name,region,ports,seen,left_s,open,note\r\n"
        "i-1,\"caf\xc3\xa9, \xe6\x97\xa5\",eu-west-1,-22,2026-03-01T01:00:00Z,432000,true,n\r\n"
        "i-22,,x,,,,,\r\n");
}

static void test_table(void **state)
{
    (void)state;
    assert_exports(table_of_two("x"), EXPORT_TABLE,
                   "ID    NAME      REGION     PORTS  SEEN  LEFT  OPEN\n"
                   "i-1   caf\xc3\xa9, \xe6\x97\xa5  eu-west-1    -22  2h    5d    yes\n"
                   "i-22  -         x              -  -     -     -\n");
}

static void test_markdown(void **state)
{
    (void)state;
    assert_exports(table_of_two("a|b *c*"), EXPORT_MARKDOWN,
                   "| ID | NAME | REGION | PORTS | SEEN | LEFT | OPEN |\n"
                   "|---|---|---|--:|---|---|---|\n"
                   "| i-1 | caf\xc3\xa9, \xe6\x97\xa5 | eu-west-1 | -22 | 2h | 5d | yes |\n"
                   "| i-22 | - | a\\|b \\*c\\* | - | - | - | - |\n");
}

static void test_table_leaves_out_what_is_all_the_same(void **state)
{
    (void)state;
    assert_exports(table_of_two("eu-west-1"), EXPORT_TABLE,
                   "ID    NAME      PORTS  SEEN  LEFT  OPEN\n"
                   "i-1   caf\xc3\xa9, \xe6\x97\xa5    -22  2h    5d    yes\n"
                   "i-22  -             -  -     -     -\n");
}

static void test_lists_of_numbers(void **state)
{
    (void)state;
    static const struct column list[] = {{.id = "ports", .title = "PORTS", .type = COL_NUMBERS}};
    struct table *table = table_new(list, 1);
    table_set_text(table, 0, SV("3306  3389"));
    table_commit(table);
    table_set_text(table, 0, SV(""));
    table_commit(table);
    table_set_text(table, 0, SV("22 x\"99999999999999999999"));
    table_commit(table);
    table_commit(table);
    table_publish(table);
    assert_exports(table_ref(table), EXPORT_JSON,
                   "[{\"ports\":[3306,3389]},{\"ports\":[]},"
                   "{\"ports\":[22,\"x\\\"99999999999999999999\"]},{\"ports\":null}]\n");
    assert_exports(table, EXPORT_TABLE, "PORTS\n3306  3389\n\n22 x\"99999999999999999999\n-\n");
}

static void test_nothing(void **state)
{
    (void)state;
    assert_exports(table_new(columns, 2), EXPORT_JSON, "[]\n");
    assert_exports(table_new(columns, 2), EXPORT_NDJSON, "");
    assert_exports(table_new(columns, 2), EXPORT_CSV, "id,name\r\n");
    assert_exports(table_new(columns, 2), EXPORT_TABLE, "ID  NAME\n");
}

/* --- hostile content ----------------------------------------------------------------------- */

static const struct sv hostile[] = {
    SV("\x1b]0;owned\x07"),
    SV("a\0b"),
    SV("=1+1"),
    SV("@SUM(A1)"),
    SV("-1\t+2"),
    SV("\xff\xfe\x80"),
    SV("a\r\nb"),
    SV("\"\","),
    SV("+\xe2\x80\xae"),
    SV("\xc2\x9b"
       "2J"),
    SV("\xe2\x80\xa8"),
    SV("\x7f"),
};

static void export_hostile(struct buf *out, enum export_format format)
{
    struct table *table = table_new(columns, 2);
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        table_set_text(table, ID, hostile[i]);
        table_set_text(table, NAME, hostile[i]);
        assert_true(table_commit(table));
    }
    table_publish(table);
    struct projection *all =
        projection_make(table, NULL, (struct sort_order){-1, false}, NULL, NULL);
    struct rows rows = projection_rows(all);
    export_rows(out, &rows, format);
    projection_unref(all);
    table_unref(table);
}

static void test_no_format_lets_a_control_through(void **state)
{
    (void)state;
    for (enum export_format format = EXPORT_TABLE; format <= EXPORT_CSV; format++) {
        AUTO(buf_done) struct buf out = BUF_NONE;
        export_hostile(&out, format);
        for (size_t i = 0; i < out.len; i++) {
            uint8_t c = (uint8_t)out.ptr[i];
            bool line_end = c == '\n' || (c == '\r' && format == EXPORT_CSV);
            if ((c < 0x20 && !line_end) || c == 0x7f)
                fail_msg("format %d lets byte %02x through", (int)format, c);
        }
        assert_false(sv_contains(buf_sv(&out), SV("\xe2\x80\xae")));
        assert_false(sv_contains(buf_sv(&out), SV("\xc2\x9b")));
    }
}

static void test_json_keeps_the_bytes(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out = BUF_NONE;
    export_hostile(&out, EXPORT_JSON);
    assert_true(sv_contains(buf_sv(&out), SV("\\u001b]0;owned\\u0007")));
    assert_true(sv_contains(buf_sv(&out), SV("\"a\\u0000b\"")));
    assert_true(sv_contains(buf_sv(&out), SV("\"=1+1\"")));
}

static void test_csv_guards_formulas(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf out = BUF_NONE;
    export_hostile(&out, EXPORT_CSV);
    assert_true(sv_contains(buf_sv(&out), SV("\r\n'=1+1,'=1+1\r\n")));
    assert_true(sv_contains(buf_sv(&out), SV("\r\n'@SUM(A1),")));
    assert_true(sv_contains(buf_sv(&out), SV("\r\n'-1")));
    assert_true(sv_contains(buf_sv(&out), SV("\"\"\"\"\",\"")));
}

static void test_the_cap_holds(void **state)
{
    (void)state;
    for (enum export_format format = EXPORT_TABLE; format <= EXPORT_CSV; format++) {
        AUTO(buf_done) struct buf out = BUF_CAPPED(50);
        export_hostile(&out, format);
        assert_int_equal(buf_err(&out), ERR_TOO_BIG);
        assert_in_range(out.len, 0, 50);
    }
}

static void test_names_of_formats(void **state)
{
    (void)state;
    enum export_format format;
    assert_true(export_format_parse(SV("csv"), &format));
    assert_int_equal(format, EXPORT_CSV);
    assert_true(export_format_parse(SV("table"), &format));
    assert_int_equal(format, EXPORT_TABLE);
    assert_false(export_format_parse(SV("CSV"), &format));
    assert_false(export_format_parse(SV_NONE, &format));
}

int main(void)
{
    clock_freeze_display(NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_ndjson),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_table_leaves_out_what_is_all_the_same),
        cmocka_unit_test(test_lists_of_numbers),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_no_format_lets_a_control_through),
        cmocka_unit_test(test_json_keeps_the_bytes),
        cmocka_unit_test(test_csv_guards_formulas),
        cmocka_unit_test(test_the_cap_holds),
        cmocka_unit_test(test_names_of_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
