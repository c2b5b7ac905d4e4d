/* The key files of a person: laid over ours, key by key. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/os.h"
#include "tests/support/dir.h"
#include "tests/unit/unit.h"
#include "views/console/keys.h"

static char home[DIR_PATH_SIZE];

static int make_home(void **state)
{
    (void)state;
    dir_make(home);
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    dir_remove(home);
    return 0;
}

static void write_keys(const char *name, const char *text)
{
    AUTO(buf_done) struct buf path = BUF_NONE;

    buf_addf(&path, "%s/.config/watchdeck/keymaps", home);
    assert_int_equal(os_private_dir(buf_cstr(&path), NULL), OK);
    buf_addf(&path, "/%s", name);
    assert_int_equal(os_write_atomically(buf_cstr(&path), sv_of(text), 0600, NULL), OK);
}

static const char *command_of(const struct keymap *keymap, const char *context, const char *key)
{
    struct key parsed;
    const struct binding *binding;

    assert_true(key_parse(sv_of(key), &parsed));
    binding = keymap_find(keymap, context, &parsed, 1);
    return binding != NULL && binding->command != NULL ? binding->command : "";
}

static void test_one_line_changes_one_key(void **state)
{
    struct keymap *keymap = keymap_new();
    AUTO(buf_done) struct buf report = BUF_NONE;

    (void)state;
    write_keys("default.keys", "bind list x describe\nunbind list z\nbind list d json\n");
    keys_read(keymap, "", &report);
    assert_string_equal(buf_cstr(&report), "");
    assert_string_equal(command_of(keymap, "list", "x"), "describe");
    assert_string_equal(command_of(keymap, "list", "z"), "");
    assert_string_equal(command_of(keymap, "list", "d"), "json");
    assert_string_equal(command_of(keymap, "list", "Enter"), "into"); /* ours */
    assert_string_equal(command_of(keymap, "global", "3"), "scope");
    keymap_free(keymap);
}

/* A whole copy of ours, as earlier versions had it, is no conflict with ours. */
static void test_a_whole_copy(void **state)
{
    struct keymap *keymap = keymap_new();
    AUTO(buf_done) struct buf report = BUF_NONE;
    AUTO_FREE char *copy = sv_dup(keymap_builtin(SV("default")));

    (void)state;
    write_keys("default.keys", copy);
    keys_read(keymap, "", &report);
    assert_string_equal(buf_cstr(&report), "");
    assert_string_equal(command_of(keymap, "list", "Enter"), "into");
    keymap_free(keymap);
}

static void test_a_layer_lies_over_both(void **state)
{
    struct keymap *keymap = keymap_new();
    AUTO(buf_done) struct buf report = BUF_NONE;

    (void)state;
    write_keys("default.keys", "bind list y json\nbind list o describe\n");
    write_keys("mine.keys", "bind list y into\n");
    keys_read(keymap, "mine", &report);
    assert_string_equal(buf_cstr(&report), "");
    assert_string_equal(command_of(keymap, "list", "y"), "into");
    assert_string_equal(command_of(keymap, "list", "o"), "describe");
    keymap_free(keymap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_line_changes_one_key),
        TEST(test_a_whole_copy),
        TEST(test_a_layer_lies_over_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
