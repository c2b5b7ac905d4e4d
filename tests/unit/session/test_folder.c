/* Which names are none, and how paths are put together. */
#include <string.h>

#include "core/session/ssh/folder.h"
#include "tests/unit/unit.h"

static void names_lead_nowhere_else(void **state)
{
    static const struct {
        struct sv text;
        bool is_name;
    } cases[] = {
        {{"a", 1}, true},         {{"..a", 3}, true},      {{".a", 2}, true}, {{"...", 3}, true},
        {{"a b\n\x1b", 5}, true}, {{"\xff\xfe", 2}, true}, {{"", 0}, false},  {{".", 1}, false},
        {{"..", 2}, false},       {{"a/b", 3}, false},     {{"/", 1}, false}, {{"../a", 4}, false},
        {{"a\0b", 3}, false},     {{"a\0", 2}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(folder_is_name(cases[i].text), cases[i].is_name);
}

static void paths_end_with_a_name(void **state)
{
    static const char *const cases[][2] = {{"/a/b", "b"}, {"/a/b//", "b"}, {"b", "b"},
                                           {"./b", "b"},  {"/", ""},       {"", ""},
                                           {".", "."},    {"a/..", ".."}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(sv_eq_cstr(folder_last_name(cases[i][0]), cases[i][1]));
}

static void joined_by_one_slash(void **state)
{
    AUTO(buf_done) struct buf path = BUF_NONE;

    (void)state;
    folder_join(&path, "/a", SV("b"));
    folder_join(&path, "/", SV("c"));
    assert_sv(buf_sv(&path), "/a/b/c");
}

static void a_list_is_in_order(void **state)
{
    struct folder_list list = {0};

    (void)state;
    folder_list_sort(&list);
    folder_list_add(&list, SV("b"), FOLDER_LINK, 0777);
    folder_list_add(&list, SV("a"), FOLDER_FILE, 0640);
    folder_list_sort(&list);
    assert_string_equal(list.entries.ptr[0].name, "a");
    assert_string_equal(folder_left_out(list.entries.ptr[0].kind), "");
    assert_string_equal(folder_left_out(list.entries.ptr[1].kind), "a symbolic link");
    folder_list_done(&list);
}

/* One file's failure is no end of a folder; a line's is. */
static void what_goes_on(void **state)
{
    (void)state;
    assert_true(folder_goes_on(&(struct err){.code = ERR_IO}));
    assert_true(folder_goes_on(&(struct err){.code = ERR_EXISTS}));
    assert_false(folder_goes_on(&(struct err){.code = ERR_NET}));
    assert_false(folder_goes_on(&(struct err){.code = ERR_CANCELLED}));
    assert_false(folder_goes_on(&(struct err){.code = ERR_DISK_FULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_nowhere_else),
        cmocka_unit_test(paths_end_with_a_name),
        cmocka_unit_test(joined_by_one_slash),
        cmocka_unit_test(a_list_is_in_order),
        cmocka_unit_test(what_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
