/* Filters: what is typed, what it keeps, and when one narrows another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "helper_reference.h"

#define NOW INT64_C(1772334000000) /* 2026-03-01T03:00:00Z */

static const struct sort_order as_loaded = {.column = -1};

static struct filter *parsed(const char *text)
{
    struct filter *filter = NULL;
    struct err err = ERR_NONE;
    if (filter_parse(sv_of(text), world_columns, W_COLUMNS, &filter, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return filter;
}

/* --- what a filter keeps, by hand ---------------------------------------------------------- */

struct plain_row {
    const char *id, *name, *type, *severity, *tags;
    int64_t ports, seen, left_ms;
    int open; /* -1 absent */
};

static const struct plain_row plain_rows[] = {
    {"i-1", "prod Database", "AWS::EC2::Instance", "HIGH", "env=prod owner=alice", 443,
     NOW - 3600000, 6 * MS_PER_DAY, 1},
    {"i-2", "test database", "AWS::EC2::Volume", "low", "env=production", 10, NOW - 2 * MS_PER_DAY,
     5500, 0},
    {"arn:aws:s3:::logs", "say \"hi\"", "AWS::S3::Bucket", "CRITICAL", "team=a=b", -5,
     NOW - 40 * MS_PER_DAY, 0, 1},
    {"i-4", "", NULL, NULL, NULL, 0, INT64_C(1767225600000), 1000, -1},
};

static struct table *plain_table(void)
{
    struct table *table = table_new(world_columns, W_COLUMNS);
    for (size_t i = 0; i < ARRAY_LEN(plain_rows); i++) {
        const struct plain_row *row = &plain_rows[i];
        table_set_text(table, W_ID, sv_of(row->id));
        table_set_text(table, W_NAME, sv_of(row->name));
        table_set_text(table, W_TYPE, sv_of(row->type));
        table_set_text(table, W_SEVERITY, sv_of(row->severity));
        table_set_text(table, W_TAGS, sv_of(row->tags));
        table_set_number(table, W_PORTS, row->ports);
        table_set_number(table, W_SEEN, row->seen);
        table_set_number(table, W_LEFT_S, row->left_ms);
        if (row->open >= 0)
            table_set_number(table, W_OPEN, row->open);
        table_commit(table);
    }
    table_publish(table);
    return table;
}

/* kept: the numbers of the rows, "13" for the first and the third. */
static const struct {
    const char *filter, *kept;
} keep_cases[] = {
    {"", "1234"},
    {"   \t ", "1234"},
    {"database", "12"},
    {"Database", "1"},
    {"DATABASE", ""},
    {"prod database", "12"},
    {"\"prod database\"", "1"},
    {"\"prod database", "1"},
    {"\"say \\\"hi\\\"\"", "3"},
    {"\\\"hi", "3"},
    {"!database", "34"},
    {"!\"!\"", "1234"},
    {"! database", "12"},
    {"~prdb", "1"},
    {"~pdb", "1"},
    {"~", "1234"},
    {"\"~\"", ""},
    {"!~tdb", "134"},
    {"AWS::EC2", "12"},
    {"aws::ec2", "12"},
    {"arn:aws:s3", "3"},
    {"name:database", "12"},
    {"name:", "1234"},
    {"name:\"say \"", "3"},
    {"name:=\"test database\"", "2"},
    {"name:=database", ""},
    {"name:=\"\"", "4"},
    {"name:=", "1234"},
    {"type:=\"\"", ""},
    {"tags:=\"\"", ""},
    {"!tags:=\"\"", "1234"},
    {"!name:database", "34"},
    {"type:volume id:i-", "2"},
    {"id:arn:aws", "3"},
    {"443", "1"},
    {"ports:443", "1"},
    {"ports:4", "1"},
    {"ports:=10", "2"},
    {"ports:>0", "12"},
    {"ports:>=0", "124"},
    {"ports:<10", "34"},
    {"ports:<=10", "234"},
    {"ports:>", "1234"},
    {"-5", "3"},
    {"severity:>=HIGH", "13"},
    {"severity:>high", "3"},
    {"severity:<MEDIUM", "2"},
    {"severity:=low", "2"},
    {"severity:CRIT", "3"},
    {"severity:crit", "3"},
    {"!severity:>=HIGH", "24"},
    {"open:true", "13"},
    {"open:=no", "2"},
    {"!open:yes", "24"},
    {"sev:high", "1"}, /* as the header has it */
    {"SEV:high", "1"},
    {"seve:>=HIGH", "13"},
    {"!sev:>=HIGH", "24"},
    {"left:>5d", "1"},
    {"Name:database", "12"},
    {"n:database", "12"},     /* no other begins so */
    {"Nothing:database", ""}, /* a text */
    {"left_s:>5d", "1"},
    {"left_s:<6", "234"},
    {"left_s:=5", "2"},
    {"left_s:1", "4"},
    {"seen:<2h", "1"},
    {"seen:>1d", "234"},
    {"seen:2026", "1234"},
    {"seen:2026-01", "34"},
    {"seen:=2026-02-27", "2"},
    {"seen:>2026-02-27", "1"},
    {"seen:>=2026-02-27", "12"},
    {"seen:<2026-01-20", "4"},
    {"seen:2026-03-01T02", "1"},
    {"seen:2026-01-01T00:00:00Z", "4"},
    {"tag:env=prod", "12"},
    {"tag:=env=prod", "1"},
    {"tag:env=production", "2"},
    {"tag:ENV=prod", ""},
    {"tag:nv=prod", ""},
    {"tag:own", "1"},
    {"tag:=own", ""},
    {"tag:=owner", "1"},
    {"tag:team=a=b", "3"},
    {"!tag:owner", "234"},
    {"tag:", "1234"},
};

static void test_what_is_kept(void **state)
{
    (void)state;
    struct table *table = plain_table();
    for (size_t i = 0; i < ARRAY_LEN(keep_cases); i++) {
        struct filter *filter = parsed(keep_cases[i].filter);
        struct projection *made = projection_make(table, filter, as_loaded, NULL, NULL);
        char kept[8] = "";
        for (size_t at = 0; at < projection_count(made); at++)
            kept[at] = (char)('1' + projection_row(made, at));
        if (strcmp(kept, keep_cases[i].kept) != 0)
            fail_msg("%s keeps %s, not %s", keep_cases[i].filter, kept, keep_cases[i].kept);
        projection_unref(made);
        filter_free(filter);
    }
    table_unref(table);
}

/* Texts that do not fit into one search, between others that do. */
static void test_long_texts(void **state)
{
    (void)state;
    enum { LEN = 50000, N = 40 };
    struct table *table = table_new(world_columns, W_COLUMNS);
    AUTO_FREE char *text = mem_alloc(LEN);
    memset(text, 'x', LEN);
    for (size_t i = 0; i < N; i++) {
        char id[32];
        snprintf(id, sizeof(id), "row-%02zu", i);
        table_set_text(table, W_ID, sv_of(id));
        memcpy(text + LEN - 10, "tail", 4);
        text[LEN - 1] = i % 2 ? 'y' : 'z';
        table_set_text(table, W_NAME, (struct sv){text, i % 3 == 0 ? LEN : i});
        table_commit(table);
    }
    table_publish(table);
    static const struct {
        const char *filter;
        size_t n;
    } cases[] = {{"tailxxxxxz", 7}, {"tailxxxxxy", 7},     {"~ty", 7},    {"~row3", 13},
                 {"~xtz", 7},       {"name:xxxxxxxx", 35}, {"row-1", 10}, {"!tail", N - 14}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct filter *filter = parsed(cases[i].filter);
        struct projection *made = projection_make(table, filter, as_loaded, NULL, NULL);
        if (projection_count(made) != cases[i].n)
            fail_msg("%s: %zu", cases[i].filter, projection_count(made));
        projection_unref(made);
        filter_free(filter);
    }
    table_unref(table);
}

#define PLACES 130

/* A text of len letters with the needle at `at`, or as much of it as there is room for. */
static void fill_text(char *text, size_t len, const char *needle, size_t at)
{
    memset(text, 'x', len);
    for (size_t i = 0; needle[i] != '\0' && at + i < len; i++)
        text[at + i] = needle[i];
}

/* The needle at every place of texts of every length; *n_whole is how many hold all of it. */
static struct table *table_of_places(const char *needle, size_t *n_whole)
{
    struct table *table = table_new(world_columns, W_COLUMNS);
    *n_whole = 0;
    for (size_t row = 0; row < PLACES * PLACES; row++) {
        char id[32], text[PLACES];
        size_t len = 1 + row % PLACES, at = row / PLACES;
        fill_text(text, len, needle, at);
        *n_whole += at + strlen(needle) <= len;
        snprintf(id, sizeof(id), "%zu", row);
        table_set_text(table, W_ID, sv_of(id));
        table_set_text(table, W_NAME, (struct sv){text, len});
        table_commit(table);
    }
    table_publish(table);
    return table;
}

static void test_every_place(void **state)
{
    (void)state;
    static const char *const filters[] = {"q", "qyz", "qyyyyyyyyz", "~qz"};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        size_t n_whole;
        struct table *table = table_of_places(filters[i] + (filters[i][0] == '~'), &n_whole);
        struct filter *filter = parsed(filters[i]);
        struct projection *made = projection_make(table, filter, as_loaded, NULL, NULL);
        assert_int_equal(projection_count(made), n_whole);
        projection_unref(made);
        filter_free(filter);
        table_unref(table);
    }
}

/* --- what is refused ----------------------------------------------------------------------- */

static const struct {
    const char *filter, *said;
} error_cases[] = {
    {"regoin:eu", "regoin"},
    {"regoin:eu", "there are id, name, type, account"},
    {"naem:eu", "did you mean name? There are id, "},
    {"s:high", "is more than one column: severity, seen"},
    {"name:x regoin:eu", "regoin"},
    {"!regoin:eu", "regoin"},
    {"ports:>many", "many"},
    {"ports:=x", "a number"},
    {"ports:>99999999999999999999", "a number"},
    {"name:>5", "name"},
    {"open:maybe", "true or false"},
    {"severity:>bad", "CRITICAL"},
    {"seen:>yesterday", "yesterday"},
    {"seen:2026-13", "2026-13"},
    {"seen:2026-00", "2026-00"},
    {"seen:2h", "2h"},
    {"left_s:>9223372036854775807", "duration"},
    {"x\x1b:y z_\x1b[2J ports:>\x1b[2J", "ports"},
};

static void test_what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(error_cases); i++) {
        struct filter *filter = NULL;
        struct err err = ERR_NONE;
        enum err_code code =
            filter_parse(sv_of(error_cases[i].filter), world_columns, W_COLUMNS, &filter, &err);
        assert_int_equal(code, ERR_USAGE);
        assert_null(filter);
        if (strstr(err.message, error_cases[i].said) == NULL)
            fail_msg("%s: \"%s\"", error_cases[i].filter, err.message);
        assert_null(strchr(err.message, '\x1b'));
    }
}

static void test_tags_need_their_column(void **state)
{
    (void)state;
    struct filter *filter = NULL;
    struct err err = ERR_NONE;
    assert_int_equal(filter_parse(SV("tag:a=b"), world_columns, W_TAGS, &filter, &err), ERR_USAGE);
}

/* Any bytes give a filter or an error, whatever stands where. */
static void test_any_bytes(void **state)
{
    (void)state;
    static const char letters[] = "!~\"\\:=<> ,ab0-_\x1b\xff\xc3tagnames:>2";
    struct dice dice = {77};
    struct table *table = plain_table();
    for (int i = 0; i < 10000; i++) {
        char text[24];
        size_t len = dice_below(&dice, sizeof(text));
        for (size_t at = 0; at < len; at++)
            text[at] = letters[dice_below(&dice, sizeof(letters))];
        struct filter *filter = NULL;
        struct err err = ERR_NONE;
        struct sv typed = {text, len};
        if (filter_parse(typed, world_columns, W_COLUMNS, &filter, &err) == OK)
            projection_unref(projection_make(table, filter, as_loaded, NULL, NULL));
        else
            assert_int_equal(err.code, ERR_USAGE);
        filter_free(filter);
    }
    table_unref(table);
}

/* --- narrowing by hand --------------------------------------------------------------------- */

static const struct {
    const char *from, *to;
    bool narrows;
} narrow_cases[] = {
    {"", "x", true},
    {"x", "", false},
    {"d", "da", true},
    {"da", "d", false},
    {"da", "xda", true},
    {"d", "Data", true},
    {"Data", "data", false},
    {"Data", "xData", true},
    {"a b", "b a c", true},
    {"a b", "a", false},
    {"!da", "!d", true},
    {"!d", "!da", false},
    {"a", "!a", false},
    {"a", "name:a", true},
    {"name:a", "a", false},
    {"name:a", "name:ab", true},
    {"name:a", "name:=abc", true},
    {"name:=a", "name:=ab", false},
    {"~ac", "~abc", true},
    {"~ac", "abc", true},
    {"~abc", "~ac", false},
    {"~A", "~a", false},
    {"ports:>5", "ports:>10", true},
    {"ports:>10", "ports:>5", false},
    {"ports:>5", "ports:=7", true},
    {"ports:<5", "ports:<=4", true},
    {"severity:>=HIGH", "severity:=CRITICAL", false},
    {"severity:>=HIGH", "severity:>=CRITICAL", true},
    {"tag:e", "tag:env", true},
    {"tag:env", "tag:env=p", true},
    {"tag:env=p", "tag:env=prod", true},
    {"tag:env=p", "tag:=env=prod", true},
    {"tag:env=p", "tag:own=prod", false},
    {"4", "ports:44", true},
    {"x", "ports:44", false},
};

static void test_what_narrows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(narrow_cases); i++) {
        struct filter *from = parsed(narrow_cases[i].from), *to = parsed(narrow_cases[i].to);
        if (filter_narrows(from, to) != narrow_cases[i].narrows)
            fail_msg("\"%s\" -> \"%s\"", narrow_cases[i].from, narrow_cases[i].to);
        assert_true(filter_narrows(NULL, to));
        assert_true(filter_narrows(from, from));
        filter_free(from);
        filter_free(to);
    }
}

static void test_words_to_highlight(void **state)
{
    (void)state;
    struct filter *filter = parsed("db !prod name:Web ~fuz \"a b\" ports:>3 id:=i-1 tag:a=b last");
    static const char *const expected[] = {"db", "Web", "a b", "i-1"};
    struct sv words[ARRAY_LEN(expected)];
    assert_int_equal(filter_words(filter, words, ARRAY_LEN(words)), ARRAY_LEN(words));
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_true(sv_eq_cstr(words[i], expected[i]));
    filter_free(filter);
}

/* --- against the reference ----------------------------------------------------------------- */

static struct filter *filter_of(const struct ref_filter *reference, struct buf *text)
{
    buf_clear(text);
    ref_print(reference, text);
    return parsed(buf_cstr(text));
}

static void assert_projects(const struct world *world, const struct projection *made,
                            const size_t *rows, size_t n, const struct buf *text)
{
    if (projection_count(made) != n)
        fail_msg("%s: %zu rows, not %zu", buf_cstr(text), projection_count(made), n);
    for (size_t i = 0; i < n; i++) {
        if (projection_row(made, i) != rows[i])
            fail_msg("%s: row %zu at %zu, not %zu", buf_cstr(text), projection_row(made, i), i,
                     rows[i]);
    }
    assert_int_equal(projection_seen(made), world->n_rows);
}

static void test_random_filters_keep_what_they_say(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t rows[1500];
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct world *world = world_new(seed, 1500);
        world_grow(world, 1 + dice_below(&world->dice, 1500));
        for (int i = 0; i < 100; i++) {
            struct ref_filter reference = ref_roll(&world->dice);
            struct filter *filter = filter_of(&reference, &text);
            struct projection *made = projection_make(world->table, filter, as_loaded, NULL, NULL);
            size_t n = ref_project(world, &reference, as_loaded, world->n_rows, rows);
            assert_projects(world, made, rows, n, &text);
            projection_unref(made);
            filter_free(filter);
        }
        world_free(world);
    }
}

static void assert_subset(const struct projection *from, const struct projection *to,
                          const struct buf *text)
{
    for (size_t i = 0; i < projection_count(to); i++) {
        if (projection_find(from, projection_row(to, i)) == SIZE_MAX)
            fail_msg("%s is no narrowing", buf_cstr(text));
    }
}

static void test_random_narrowing_is_sound_and_equal_to_cold(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t n_narrowed = 0;
    struct world *world = world_new(9, 1500);
    world_grow(world, 1500);
    size_t rows[1500];
    for (int i = 0; i < 700; i++) {
        struct ref_filter wide = ref_roll(&world->dice);
        struct ref_filter narrow = ref_roll_narrower(&world->dice, &wide);
        struct filter *from = filter_of(&wide, &text), *to = filter_of(&narrow, &text);
        struct projection *base = projection_make(world->table, from, as_loaded, NULL, NULL);
        struct projection *made = projection_make(world->table, to, as_loaded, base, NULL);
        size_t n = ref_project(world, &narrow, as_loaded, world->n_rows, rows);
        assert_projects(world, made, rows, n, &text);
        if (filter_narrows(from, to)) {
            assert_subset(base, made, &text);
            n_narrowed++;
        }
        projection_unref(made);
        projection_unref(base);
        filter_free(from);
        filter_free(to);
    }
    assert_in_range(n_narrowed, 150, 700);
    world_free(world);
}

int main(void)
{
    clock_freeze_display(NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_tags_need_their_column),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_what_narrows),
        cmocka_unit_test(test_words_to_highlight),
        cmocka_unit_test(test_random_filters_keep_what_they_say),
        cmocka_unit_test(test_random_narrowing_is_sound_and_equal_to_cold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
