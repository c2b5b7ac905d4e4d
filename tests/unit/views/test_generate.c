/* What is made from the tables: the manual, completions, keys and policy; judged by those who read
 * such files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/json.h"
#include "core/gov/settings.h"
#include "tests/support/dir.h"
#include "tests/unit/unit.h"
#include "views/console/keys.h"
#include "views/list_view/list_view.h"
#include "views/program/generate.h"
#include "views/program/options.h"
#include "views/view.h"

static void make(const char *what, struct buf *out)
{
    struct err err;

    assert_int_equal(generate(what, out, &err), OK);
    assert_true(out->len > 0);
}

/* Runs `judge FILE` on what was made; whatever it says fails the test, a missing judge skips it. */
static void judge(const char *what, const char *program, const char *call)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE], command[2 * DIR_PATH_SIZE], said[512];
    FILE *pipe;
    size_t n;

    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    if (system(command) != 0) {
        print_message("skip: there is no %s\n", program);
        skip();
    }
    dir_make(dir);
    dir_path(dir, what, path);
    make(what, &text);
    file_write(path, buf_sv(&text));
    snprintf(command, sizeof command, "%s %s 2>&1", call, path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    n = fread(said, 1, sizeof said - 1, pipe);
    said[n] = '\0';
    if (pclose(pipe) != 0 || n > 0)
        fail_msg("%s: %s", command, said);
    dir_remove(dir);
}

static void test_man(void **state)
{
    (void)state;
    judge("man", "mandoc", "mandoc -Tlint");
}

static void test_bash(void **state)
{
    (void)state;
    judge("bash", "bash", "bash -n");
}

static void test_zsh(void **state)
{
    (void)state;
    judge("zsh", "zsh", "zsh -n");
}

static void test_fish(void **state)
{
    (void)state;
    judge("fish", "fish", "fish --no-execute");
}

/* The words of the tables as they are, whatever quotes are in them. */
static void test_quotes(void **state)
{
    static const struct {
        const char *shell, *application;
    } cases[] = {{"zsh", "this application'\\''s parameters"},
                 {"fish", "this application\\'s parameters"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;

        make(cases[i].shell, &text);
        assert_true(sv_contains(buf_sv(&text), sv_of(cases[i].application)));
    }
}

/* As roff has it: a minus is no hyphen. */
static bool man_has(const struct buf *man, const char *name)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (; *name != '\0'; name++)
        buf_addf(&text, "%s%c", *name == '-' ? "\\" : "", *name);
    return sv_contains(buf_sv(man), buf_sv(&text));
}

/* The manual names every option, screen, command and setting. */
static void test_man_is_whole(void **state)
{
    AUTO(buf_done) struct buf man = BUF_NONE;
    struct settings_row row;

    (void)state;
    make("man", &man);
    for (size_t i = 0; i < n_view_kinds; i++)
        assert_true(man_has(&man, view_kinds[i]->name));
    for (size_t i = 0; settings_row(i, &row); i++)
        assert_true(sv_contains(buf_sv(&man), sv_of(row.key)));
}

/* Bash offers what there is: typed as a person would. */
static void test_bash_completes(void **state)
{
    AUTO(buf_done) struct buf script = BUF_NONE;
    char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE], command[2 * DIR_PATH_SIZE], said[512];
    FILE *pipe;

    (void)state;
    dir_make(dir);
    dir_path(dir, "completion", path);
    make("bash", &script);
    buf_add_cstr(&script, "COMP_WORDS=(watchdeck --once ru) COMP_CWORD=2; _watchdeck\n"
                          "echo \"${COMPREPLY[@]}\"\n"
                          "COMP_WORDS=(watchdeck --dum) COMP_CWORD=1; _watchdeck\n"
                          "echo \"${COMPREPLY[@]}\"\n");
    file_write(path, buf_sv(&script));
    snprintf(command, sizeof command, "bash %s", path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    said[fread(said, 1, sizeof said - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_string_equal(said, "rules rule\n--dump-screen\n");
    dir_remove(dir);
}

/* Each key file that lies in the program binds commands that there are. */
static void test_key_files(void **state)
{
    static const char *const names[] = {"default", "vi", "k9s"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO(buf_done) struct buf report = BUF_NONE;
        struct keymap *keymap = keymap_new();

        if (keymap_add_text(keymap, names[i], keymap_builtin(sv_of(names[i])), &keys_check,
                            &report) > 0)
            fail_msg("%s", buf_cstr(&report));
        keymap_free(keymap);
    }
}

/* Every binding of default.keys stands in the table. */
static void test_table_of_keys(void **state)
{
    AUTO(buf_done) struct buf table = BUF_NONE;
    struct sv rest = keymap_builtin(SV("default")), table_rest;
    size_t n_bindings = 0, n_rows = 0;

    (void)state;
    make("keys", &table);
    while (rest.len > 0)
        n_bindings += sv_starts(sv_split(&rest, '\n'), SV("bind "));
    for (table_rest = buf_sv(&table); table_rest.len > 0; n_rows++)
        sv_split(&table_rest, '\n');
    assert_int_equal(n_rows, n_bindings + 2); /* the head and its rule */
}

static const cJSON *statement_with(const cJSON *policy, const char *action)
{
    const cJSON *statement = json_items(policy, "Statement");

    for (; statement != NULL; statement = statement->next) {
        const cJSON *one = json_items(statement, "Action");

        for (; one != NULL; one = one->next) {
            if (sv_eq_cstr(json_string(one), action))
                return statement;
        }
    }
    return NULL;
}

/* Reads and changes stand apart, so that the second can be left out. */
static void test_policy(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    cJSON *policy = NULL;
    const cJSON *reads, *changes;
    struct err err;

    (void)state;
    make("iam-policy", &text);
    assert_int_equal(json_parse(buf_sv(&text), "policy", &policy, &err), OK);
    reads = statement_with(policy, "ec2:DescribeSecurityGroupRules");
    changes = statement_with(policy, "ec2:RevokeSecurityGroupIngress");
    assert_non_null(reads);
    assert_non_null(changes);
    assert_ptr_not_equal(reads, changes);
    assert_ptr_not_equal(reads, statement_with(policy, "ssm:StartSession"));
    assert_ptr_equal(statement_with(policy, "ssm:StartSession"),
                     statement_with(policy, "kms:GenerateDataKey"));
    assert_ptr_equal(statement_with(policy, "ssm:StartSession"),
                     statement_with(policy, "ssmmessages:OpenDataChannel"));
    assert_ptr_not_equal(statement_with(policy, "sns:Publish"), reads); /* may be left out */
    assert_ptr_not_equal(statement_with(policy, "sns:Publish"), changes);
    assert_ptr_equal(statement_with(policy, "sns:Publish"),
                     statement_with(policy, "ssm:CreateOpsItem"));
    assert_null(statement_with(policy, "sts:AssumeRole")); /* has a resource of its own */
    json_free(policy);
}

/* The actions of rows name commands and IAM actions that there are. */
static void test_row_actions(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    (void)state;
    make("iam-policy", &text);
    for (const struct action *action = list_finding_actions; action->command != NULL; action++) {
        const struct command *command = command_find(sv_of(action->command));

        assert_non_null(command);
        assert_in_range(action->argument != NULL, command->args_min, command->args_max);
        if (action->iam_action != NULL)
            assert_true(sv_contains(buf_sv(&text), sv_of(action->iam_action)));
    }
}

static void test_unknown(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err;

    (void)state;
    assert_int_equal(generate("tcsh", &out, &err), ERR_USAGE);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_man),
        cmocka_unit_test(test_bash),
        cmocka_unit_test(test_zsh),
        cmocka_unit_test(test_fish),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_man_is_whole),
        cmocka_unit_test(test_bash_completes),
        cmocka_unit_test(test_key_files),
        cmocka_unit_test(test_table_of_keys),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_row_actions),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
