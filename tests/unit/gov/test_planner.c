/* From a row to what is planned: which planner, with which of the row's columns. */
#include <string.h>

#include "core/gov/planner.h"
#include "tests/unit/unit.h"

static const struct column columns[] = {
    {"account_id", "ACCOUNT", COL_IDENTITY, COL_KEY, 0, 0, 0},
    {"region", "REGION", COL_IDENTITY, 0, 0, 0, 0},
    {"kind", "KIND", COL_TEXT, 0, 0, 0, 0},
    {"group_id", "GROUP", COL_IDENTITY, 0, 0, 0, 0},
    {"security_group_rule_id", "RULE", COL_IDENTITY, 0, 0, 0, 0},
    {"resource", "RESOURCE", COL_IDENTITY, 0, 0, 0, 0},
    {"subject", "SUBJECT", COL_IDENTITY, 0, 0, 0, 0},
};

static const struct {
    const char *texts[ARRAY_LEN(columns)];
    const char *planner, *args[2];
} rows[] = {
    {{"111111111111", "eu-west-1", "", "sg-1", "sgr-1", "", ""}, "sg-revoke", {"sg-1", "sgr-1"}},
    {{"222222222222", "eu-west-1", "sg-policy", "", "", "sg-2", "sgr-2"},
     "sg-revoke",
     {"sg-2", "sgr-2"}},
    {{"333333333333", "eu-west-1", "opsitem", "", "", "oi-1", "x"}, NULL, {NULL}},
    {{"444444444444", "eu-west-1", "", "sg-1", "", "", ""}, NULL, {NULL}},
    {{"", "", "", "sg-1", "sgr-1", "", ""}, NULL, {NULL}},
};

static struct table *make_table(void)
{
    struct table *table = table_new(columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t c = 0; c < ARRAY_LEN(columns); c++)
            if (rows[i].texts[c][0] != '\0')
                table_set_text(table, c, sv_of(rows[i].texts[c]));
        table_commit(table);
    }
    table_publish(table);
    return table;
}

static void test_rows_find_their_planner(void **state)
{
    struct table *table = make_table();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct planner_subject subject;
        enum err_code code = planner_subject_of(table, i, &subject, NULL);

        assert_int_equal(code, rows[i].planner != NULL ? OK : ERR_USAGE);
        if (code == OK) {
            assert_string_equal(subject.planner->name, rows[i].planner);
            assert_string_equal(subject.target.account_id, rows[i].texts[0]);
            assert_string_equal(subject.args[0], rows[i].args[0]);
            assert_string_equal(subject.args[1], rows[i].args[1]);
        }
        planner_subject_done(&subject);
    }
    table_unref(table);
}

/* Two rows about one thing are one to decide on. */
static void test_what_is_one_thing(void **state)
{
    struct planner_subject one, other, same;
    struct table *table = make_table();

    (void)state;
    assert_int_equal(planner_subject_of(table, 0, &one, NULL), OK);
    assert_int_equal(planner_subject_of(table, 1, &other, NULL), OK);
    assert_int_equal(planner_subject_of(table, 0, &same, NULL), OK);
    assert_true(planner_subject_same(&one, &same));
    assert_false(planner_subject_same(&one, &other));
    str_copy(same.target.region, "eu-west-2");
    assert_false(planner_subject_same(&one, &same));
    str_copy(same.target.region, "eu-west-1");
    same.args[1][0] = 'x';
    assert_false(planner_subject_same(&one, &same));
    planner_subject_done(&one);
    planner_subject_done(&other);
    planner_subject_done(&same);
    table_unref(table);
}

static void test_names_are_found(void **state)
{
    (void)state;
    assert_int_equal(planner_find(SV("sg-revoke"))->n_args, 2);
    assert_null(planner_find(SV("sg")));
    assert_null(planner_find(SV("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_find_their_planner),
        cmocka_unit_test(test_what_is_one_thing),
        cmocka_unit_test(test_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
