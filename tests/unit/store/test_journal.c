/* The journal: what was acknowledged is there, whatever happens to the process or the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/store/journal.h"
#include "tests/support/dir.h"

static char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    dir_path(dir, "journal", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_remove(dir);
    return 0;
}

static struct journal *open_journal(void)
{
    struct journal *journal;
    struct err err = ERR_NONE;

    if (journal_open(path, &journal, &err) != OK)
        fail_msg("%s", err.message);
    return journal;
}

static void write_entry(struct journal *journal, const char *id, const char *state, const char *key,
                        const char *value)
{
    cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, key, value);
    assert_int_equal(journal_write(journal, id, state, fields, NULL), OK);
    json_free(fields);
}

/* The entries as "id state a=1 b=2; ..." */
static void add_entry(void *arg, const char *id, const char *state, int64_t at_ms,
                      const cJSON *fields)
{
    struct buf *text = arg;

    assert_true(at_ms > 0);
    buf_addf(text, "%s%s %s", text->len != 0 ? "; " : "", id, state);
    for (const cJSON *field = fields->child; field != NULL; field = field->next)
        buf_addf(text, " %s=%s", field->string, field->valuestring);
}

static void assert_entries(struct journal *journal, const char *expected)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    assert_int_equal(journal_each(journal, add_entry, &text, NULL), OK);
    assert_string_equal(buf_cstr(&text), expected);
}

static void test_later_lines_win(void **state)
{
    struct journal *journal = open_journal();

    (void)state;
    assert_entries(journal, "");
    write_entry(journal, "one", "INTENT", "a", "1");
    write_entry(journal, "two", "INTENT", "a", "x\n\"\x1b[2J");
    write_entry(journal, "one", "SENT", "b", "2");
    write_entry(journal, "one", "SUCCEEDED", "a", "3");
    assert_int_equal(journal_write(journal, "three", "INTENT", NULL, NULL), OK);
    assert_entries(journal, "one SUCCEEDED b=2 a=3; two INTENT a=x\n\"\x1b[2J; three INTENT");
    journal_close(journal);
    journal = open_journal();
    assert_entries(journal, "one SUCCEEDED b=2 a=3; two INTENT a=x\n\"\x1b[2J; three INTENT");
    journal_close(journal);
}

static void test_a_cut_at_every_byte_loses_the_last_line_alone(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct journal *journal = open_journal();

    (void)state;
    write_entry(journal, "one", "INTENT", "a", "1");
    file_read(path, &text);
    size_t first_bytes = text.len;
    write_entry(journal, "two", "INTENT", "a", "2");
    journal_close(journal);
    file_read(path, &text);

    for (size_t len = text.len - 1; len >= first_bytes; len--) {
        file_write(path, (struct sv){text.ptr, len});
        journal = open_journal();
        assert_entries(journal, "one INTENT a=1");
        write_entry(journal, "three", "INTENT", "a", "3");
        assert_entries(journal, "one INTENT a=1; three INTENT a=3");
        journal_close(journal);
    }
}

static void test_every_other_damage_is_refused(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct journal *journal = open_journal();

    (void)state;
    for (int i = 0; i < 3; i++)
        write_entry(journal, "one", "INTENT", "a", "1");
    journal_close(journal);
    file_read(path, &text);
    for (size_t i = 0; i < text.len - 1; i++) {
        struct err err = ERR_NONE;
        text.ptr[i] ^= 1;
        file_write(path, buf_sv(&text));
        assert_int_equal(journal_open(path, &journal, &err), ERR_INTEGRITY);
        assert_null(journal);
        text.ptr[i] ^= 1;
    }
}

static void test_lines_that_vanish_under_it_are_noticed(void **state)
{
    struct journal *journal = open_journal(), *again;
    struct err err = ERR_NONE;

    (void)state;
    write_entry(journal, "one", "INTENT", "a", "1");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(journal_write(journal, "two", "INTENT", NULL, &err), ERR_INTEGRITY);
    journal_close(journal);

    journal = open_journal();
    unlink(path);
    assert_int_equal(journal_write(journal, "two", "INTENT", NULL, &err), ERR_INTEGRITY);
    again = open_journal();
    assert_int_equal(journal_write(again, "two", "INTENT", NULL, &err), OK);
    journal_close(journal);
    journal_close(again);
}

static void test_an_entry_has_a_bound(void **state)
{
    struct journal *journal = open_journal();
    cJSON *fields = cJSON_CreateObject();
    char *long_text = mem_alloc(2 << 20);

    (void)state;
    memset(long_text, 'x', (2 << 20) - 1);
    cJSON_AddStringToObject(fields, "a", long_text);
    assert_int_equal(journal_write(journal, "one", "INTENT", fields, NULL), ERR_TOO_BIG);
    assert_entries(journal, "");
    json_free(fields);
    mem_free(long_text);
    journal_close(journal);
}

/* --- claims ------------------------------------------------------------------------------- */

static void test_a_claim_is_exclusive_and_names_its_holder(void **state)
{
    struct journal *alice = open_journal(), *bob = open_journal();
    struct err err = ERR_NONE;

    (void)state;
    assert_int_equal(journal_claim(alice, "item/../1", "alice", &err), OK);
    assert_int_equal(journal_claim(bob, "item/../1", "bob", &err), ERR_EXISTS);
    assert_non_null(strstr(err.message, "alice"));
    assert_int_equal(journal_claim(alice, "item/../1", "alice", &err), ERR_EXISTS);
    assert_int_equal(journal_claim(bob, "item 2", "bob", &err), OK);
    journal_release(alice, "item/../1");
    assert_int_equal(journal_claim(bob, "item/../1", "bob", &err), OK);
    journal_release(alice, "never claimed");
    journal_close(bob);
    assert_int_equal(journal_claim(alice, "item/../1", "alice", &err), OK);
    journal_close(alice);
}

static void test_a_dead_holder_holds_nothing(void **state)
{
    struct journal *journal = open_journal();
    struct err err = ERR_NONE;
    int ready[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct journal *own;
        if (journal_open(path, &own, NULL) == OK &&
            journal_claim(own, "item", "the dead", NULL) == OK && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(journal_claim(journal, "item", "alice", &err), ERR_EXISTS);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(journal_claim(journal, "item", "alice", &err), OK);
    close(ready[0]);
    close(ready[1]);
    journal_close(journal);
}

/* --- many processes ----------------------------------------------------------------------- */

#define WRITERS 4
#define LINES   25

static void test_lines_of_many_processes_do_not_mix(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct journal *journal;
    size_t lines = 0;

    (void)state;
    for (int w = 0; w < WRITERS; w++) {
        if (fork() != 0)
            continue;
        char id[32];
        enum err_code code = journal_open(path, &journal, NULL);
        for (int i = 0; code == OK && i < LINES; i++) {
            snprintf(id, sizeof id, "%d-%d", w, i);
            code = journal_write(journal, id, "INTENT", NULL, NULL);
        }
        _exit(code != OK);
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    journal = open_journal();
    assert_int_equal(journal_each(journal, add_entry, &text, NULL), OK);
    for (struct sv rest = buf_sv(&text); rest.len != 0; lines++)
        sv_split(&rest, ';');
    assert_int_equal(lines, WRITERS * LINES);
    journal_close(journal);
}

/* --- the file ----------------------------------------------------------------------------- */

static void test_planted_links_are_refused(void **state)
{
    char other[DIR_PATH_SIZE];
    struct journal *journal;

    (void)state;
    dir_path(dir, "other", other);
    file_write(other, SV("precious\n"));
    assert_int_equal(symlink(other, path), 0);
    assert_int_not_equal(journal_open(path, &journal, NULL), OK);
    AUTO(buf_done) struct buf text = BUF_NONE;
    file_read(other, &text);
    assert_string_equal(buf_cstr(&text), "precious\n");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_not_equal(journal_open(path, &journal, NULL), OK);
}

static void test_it_is_private(void **state)
{
    struct journal *journal = open_journal();
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    journal_close(journal);
}

#define JOURNAL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(test_later_lines_win),
        JOURNAL_TEST(test_a_cut_at_every_byte_loses_the_last_line_alone),
        JOURNAL_TEST(test_every_other_damage_is_refused),
        JOURNAL_TEST(test_lines_that_vanish_under_it_are_noticed),
        JOURNAL_TEST(test_an_entry_has_a_bound),
        JOURNAL_TEST(test_a_claim_is_exclusive_and_names_its_holder),
        JOURNAL_TEST(test_a_dead_holder_holds_nothing),
        JOURNAL_TEST(test_lines_of_many_processes_do_not_mix),
        JOURNAL_TEST(test_planted_links_are_refused),
        JOURNAL_TEST(test_it_is_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
