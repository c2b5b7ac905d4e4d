#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tui/helper_canvas.h"
#include "tui/keymap/keymap.h"

static struct keymap *keymap;
static struct buf report;

static int make_keymap(void **state)
{
    (void)state;
    keymap = keymap_new();
    return 0;
}

static int drop_keymap(void **state)
{
    (void)state;
    keymap_free(keymap);
    buf_done(&report);
    return 0;
}

static size_t add(const char *file, const char *text)
{
    buf_clear(&report);
    return keymap_add_text(keymap, file, sv_of(text), NULL, &report);
}

/* What the keys (apart by blanks) lead to in context: "command arg", "pending", "unbound". */
static const char *press(const char *context, const char *keys)
{
    static char result[128];
    struct keymap_state state = {0};
    struct sv rest = sv_of(keys);

    str_copy(result, "unbound");
    while (rest.len != 0) {
        const struct binding *binding = NULL;
        char name[KEY_NAME_SIZE];
        sv_copy(sv_split(&rest, ' '), name, sizeof name);
        struct event event = key_event_of(name);
        switch (keymap_feed(keymap, context, &state, event.key, &binding)) {
        case KEYMAP_UNBOUND:
            str_copy(result, "unbound");
            break;
        case KEYMAP_PENDING:
            str_copy(result, "pending");
            break;
        case KEYMAP_BOUND:
            snprintf(result, sizeof result, "%s%s%s", binding->command,
                     binding->n_args != 0 ? " " : "", binding->n_args != 0 ? binding->args[0] : "");
            break;
        }
    }
    return result;
}

static void contexts_inherit(void **state)
{
    (void)state;
    assert_int_equal(add("a.keys", "# moves\n"
                                   "bind scroll j move down\n"
                                   "  bind scroll\tctrl-d  move half-page-down  \n"
                                   "\n"
                                   "bind global q back\r\n"
                                   "bind list Enter into\n"
                                   "inherit list scroll\n"
                                   "inherit scroll global\n"),
                     0);
    assert_string_equal(press("list", "j"), "move down");
    assert_string_equal(press("list", "ctrl-d"), "move half-page-down");
    assert_string_equal(press("list", "q"), "back");
    assert_string_equal(press("scroll", "Enter"), "unbound");
    assert_string_equal(press("nowhere", "j"), "unbound");
    add("b.keys", "bind list q quit\nunbind list j\n");
    assert_string_equal(press("list", "q"), "quit");
    assert_string_equal(press("scroll", "q"), "back");
    assert_string_equal(press("list", "j"), "unbound");
    assert_string_equal(press("scroll", "j"), "move down");
}

static void sequences_are_waited_for(void **state)
{
    (void)state;
    add("a.keys", "bind scroll g,g move top\nbind scroll g,e move end\nbind global g help\n"
                  "inherit scroll global\nbind scroll y,comma copy\nbind scroll , pause\n");
    assert_string_equal(press("scroll", "g"), "pending");
    assert_string_equal(press("scroll", "g g"), "move top");
    assert_string_equal(press("scroll", "g x"), "unbound");
    assert_string_equal(press("scroll", "g Esc"), "pending");
    assert_string_equal(press("scroll", "g Esc g e"), "move end");
    assert_string_equal(press("global", "g"), "help");
    assert_string_equal(press("scroll", "y ,"), "copy");
    assert_string_equal(press("scroll", ","), "pause");
}

static void words_may_be_quoted(void **state)
{
    (void)state;
    assert_int_equal(add("a.keys",
                         "bind list x \"run this\" \"a \\\"b\\\" c\"\nbind list \\\" quote\n"
                         "bind list \\\\ backslash\n"),
                     0);
    assert_string_equal(press("list", "x"), "run this a \"b\" c");
    assert_string_equal(press("list", "\""), "quote");
    assert_string_equal(press("list", "\\"), "backslash");
}

static void a_later_layer_knows_the_contexts(void **state)
{
    (void)state;
    assert_int_equal(add("a.keys", "bind list j down\ninherit tree list\n"), 0);
    assert_int_equal(add("b.keys", "bind lists j up\nunbind trees j\ninherit list nowhere\n"), 3);
    assert_string_equal(buf_cstr(&report),
                        "b.keys:1: no context is called \"lists\"; there are list, tree\n"
                        "b.keys:2: no context is called \"trees\"; there are list, tree\n"
                        "b.keys:3: no context is called \"nowhere\"; there are list, tree\n");
    assert_int_equal(add("c.keys", "bind tree j up\n"), 0);
}

static bool knows_move(void *ctx, struct sv command, size_t n_args)
{
    (void)ctx;
    return sv_eq(command, SV("move")) && n_args == 1;
}

static void every_problem_is_named_with_its_place(void **state)
{
    static const struct {
        const char *line, *complaint;
    } cases[] = {
        {"bnd list j move down", "\"bnd\" is none of bind, unbind, inherit"},
        {"bind list j", "wrong number of words: bind CONTEXT KEYS COMMAND [ARGUMENT...]"},
        {"bind list Ctl-d move down", "no key is called \"Ctl-d\""},
        {"bind list \"\" move down", "no key is called \"\""},
        {"bind list g, move down", "no key behind the comma in g,"},
        {"bind list g,,g move down", "no key is called \"\""},
        {"bind list a,b,c,d,e move down", "more than 4 keys in a,b,c,d,e"},
        {"bind list j move", "no command \"move\" that takes 0 arguments"},
        {"bind list j fly away", "no command \"fly\" that takes 1 argument"},
        {"bind list j \"move down", "a quote is not closed"},
        {"bind list j move a b c d e f g h i", "too many words"},
        {"unbind list j k", "wrong number of words: unbind CONTEXT KEYS"},
        {"inherit list list", "list would inherit from itself"},
        {"bind list \033[2J move down", "no key is called \"^[[2J\""},
    };
    const struct keymap_check check = {.is_command = knows_move};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[128], expected[160];
        snprintf(text, sizeof text, "\n%s\nbind list k move up\n", cases[i].line);
        snprintf(expected, sizeof expected, "my.keys:2: %s\n", cases[i].complaint);
        struct keymap *fresh = keymap_new();
        buf_clear(&report);
        assert_int_equal(keymap_add_text(fresh, "my.keys", sv_of(text), &check, &report), 1);
        assert_string_equal(buf_cstr(&report), expected);
        struct event k = key_event_of("k");
        assert_non_null(keymap_find(fresh, "list", &k.key, 1));
        keymap_free(fresh);
    }
}

static void conflicts_name_both_places(void **state)
{
    (void)state;
    assert_int_equal(add("a.keys", "bind list j move down\nbind tree j fold\nbind list j other\n"),
                     1);
    assert_string_equal(buf_cstr(&report),
                        "a.keys:3: the same keys are bound in list at a.keys:1\n");
    assert_string_equal(press("list", "j"), "move down");
    assert_int_equal(add("b.keys", "bind list j other\n"), 0);
    assert_string_equal(press("list", "j"), "other");
    assert_int_equal(add("c.keys", "bind list j,j top\n"), 1);
    assert_string_equal(
        buf_cstr(&report),
        "c.keys:1: can never be reached: it begins with what is bound at b.keys:1\n");
    assert_int_equal(add("d.keys", "bind list y,y copy\nbind list y yank\n"), 1);
    assert_string_equal(buf_cstr(&report), "d.keys:2: hides the sequence bound at d.keys:1\n");
    assert_int_equal(add("e.keys", "inherit list tree\ninherit tree list\n"), 1);
}

static void bindings_are_listed_for_help(void **state)
{
    static const char *const down[] = {"down"};
    struct buf keys = BUF_NONE;
    const struct binding *binding;
    size_t at = 0, n = 0;

    (void)state;
    add("a.keys", "bind scroll j move down\nbind scroll Down move down\nbind scroll k move up\n"
                  "bind global q back\nbind list q quit\nunbind list k\nbind list g,comma x\n"
                  "inherit list scroll\ninherit scroll global\n");
    keymap_keys_of(keymap, "list", "move", down, 1, &keys);
    assert_string_equal(buf_cstr(&keys), "j Down");
    buf_clear(&keys);
    keymap_keys_of(keymap, "list", "back", NULL, 0, &keys);
    assert_string_equal(buf_cstr(&keys), "");
    keymap_keys_of(keymap, "list", "x", NULL, 0, &keys);
    assert_string_equal(buf_cstr(&keys), "g,comma");
    while ((binding = keymap_next(keymap, "list", &at)) != NULL) {
        assert_non_null(binding->command);
        assert_string_not_equal(binding->command, "back");
        n++;
    }
    assert_int_equal(n, 4); /* q, g,comma, j, Down */
    buf_done(&keys);
}

static void the_key_files_of_the_program_are_sound(void **state)
{
    static const char *const names[] = {"default", "vi", "k9s"};

    (void)state;
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct keymap *layers = keymap_new();
        struct err err = ERR_NONE;
        size_t n_problems = 0;
        buf_clear(&report);
        assert_int_equal(keymap_add_named(layers, "default", NULL, &report, &n_problems, &err), OK);
        assert_string_equal(buf_cstr(&report), "");
        if (i > 0)
            assert_int_equal(keymap_add_named(layers, names[i], NULL, &report, &n_problems, &err),
                             OK);
        assert_string_equal(buf_cstr(&report), "");
        keymap_free(layers);
    }
    struct err err = ERR_NONE;
    size_t n_problems;
    assert_int_equal(keymap_add_named(keymap, "no-such", NULL, NULL, &n_problems, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(keymap_add_named(keymap, "Odd Name", NULL, NULL, &n_problems, &err),
                     ERR_NOT_FOUND);
    assert_int_not_equal(keymap_add_named(keymap, "/dev/zero", NULL, NULL, &n_problems, &err), OK);
}

static void the_users_file_comes_first(void **state)
{
    char folder[] = "/tmp/watchdeck-keys-XXXXXX", path[128];
    struct err err = ERR_NONE;
    size_t n_problems = 9;

    (void)state;
    assert_non_null(mkdtemp(folder));
    static const char *const parts[] = {"/watchdeck", "/watchdeck/keymaps"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof path, "%s%s", folder, parts[i]);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/watchdeck/keymaps/vi.keys", folder);
    FILE *file = fopen(path, "w");
    fputs("bind list j mine\n", file);
    fclose(file);
    setenv("XDG_CONFIG_HOME", folder, 1);
    assert_int_equal(keymap_add_named(keymap, "vi", NULL, &report, &n_problems, &err), OK);
    assert_int_equal(n_problems, 0);
    assert_string_equal(press("list", "j"), "mine");
    unlink(path);
    for (size_t i = ARRAY_LEN(parts); i-- > 0;) {
        snprintf(path, sizeof path, "%s%s", folder, parts[i]);
        rmdir(path);
    }
    rmdir(folder);
}

int main(void)
{
#define KEYMAP_TEST(test) cmocka_unit_test_setup_teardown(test, make_keymap, drop_keymap)
    const struct CMUnitTest tests[] = {
        KEYMAP_TEST(contexts_inherit),
        KEYMAP_TEST(sequences_are_waited_for),
        KEYMAP_TEST(words_may_be_quoted),
        KEYMAP_TEST(a_later_layer_knows_the_contexts),
        KEYMAP_TEST(every_problem_is_named_with_its_place),
        KEYMAP_TEST(conflicts_name_both_places),
        KEYMAP_TEST(bindings_are_listed_for_help),
        KEYMAP_TEST(the_key_files_of_the_program_are_sound),
        KEYMAP_TEST(the_users_file_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
