/* The trail in use: records, many processes, and what is refused. Damage has its own test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/store/audit.h"
#include "core/store/audit_record.h"
#include "tests/support/dir.h"

static char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    dir_path(dir, "audit", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dir_remove(dir);
    return 0;
}

static struct audit *open_trail(void)
{
    struct audit *audit;
    struct err err = ERR_NONE;

    if (audit_open(path, &audit, &err) != OK)
        fail_msg("%s", err.message);
    return audit;
}

static enum err_code append(struct audit *audit, const char *key, const char *value)
{
    AUTO(json_free_at) cJSON *fields = cJSON_CreateObject();

    cJSON_AddStringToObject(fields, key, value);
    return audit_append(audit, fields, NULL);
}

static size_t count_whole(void)
{
    size_t records = 0;
    struct err err = ERR_NONE;

    if (audit_verify(path, NULL, NULL, false, NULL, NULL, &records, &err) != OK)
        fail_msg("%s", err.message);
    return records;
}

static bool add_action(void *arg, const cJSON *record)
{
    struct buf *text = arg;
    struct sv action = json_sv(record, "action");

    buf_addf(text, "%lld:" SV_FMT " ", (long long)json_i64(record, "seq", 0), SV_ARG(action));
    return json_i64(record, "seq", 0) < 3;
}

static void test_records_are_read_in_order(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct audit *audit = open_trail();

    (void)state;
    assert_int_equal(count_whole(), 0);
    assert_int_equal(append(audit, "action", "one"), OK);
    assert_int_equal(append(audit, "action", "two\n\x1b[2J\xff"), OK);
    audit_close(audit);
    audit = open_trail();
    assert_int_equal(audit_append(audit, NULL, NULL), OK);
    assert_int_equal(append(audit, "action", "four"), OK);
    audit_close(audit);
    assert_int_equal(count_whole(), 4);
    assert_int_equal(audit_read(path, add_action, &text, NULL), OK);
    assert_string_equal(buf_cstr(&text), "1:one 2:two\n\x1b[2J\xef\xbf\xbd 3: ");

    /* on the disk there is nothing that a terminal would obey */
    file_read(path, &text);
    assert_null(memchr(text.ptr, 0x1b, text.len));
    assert_null(memchr(text.ptr, '\xff', text.len));
}

static void test_the_chains_own_members_are_refused(void **state)
{
    static const char *const taken[] = {"seq", "ts", "prev_sha256", "sha256", "mac"};
    struct audit *audit = open_trail();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        assert_int_equal(append(audit, taken[i], "x"), ERR_INTERNAL);
    char *large = mem_alloc(AUDIT_RECORD_BYTES_MAX + 1);
    memset(large, 'x', AUDIT_RECORD_BYTES_MAX);
    assert_int_equal(append(audit, "action", large), ERR_TOO_BIG);
    mem_free(large);
    assert_int_equal(append(audit, "action", "fine"), OK);
    audit_close(audit);
    assert_int_equal(count_whole(), 1);
}

static void test_its_files_are_private(void **state)
{
    static const char *const names[] = {"audit", "audit.key", "audit.head"};
    struct audit *audit = open_trail();
    char name[DIR_PATH_SIZE];
    struct stat st;

    (void)state;
    assert_int_equal(append(audit, "action", "one"), OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        dir_path(dir, names[i], name);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    audit_close(audit);
}

/* --- two at a time ------------------------------------------------------------------------ */

static void test_two_consoles_continue_each_other(void **state)
{
    struct audit *alice = open_trail(), *bob = open_trail();

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(append(alice, "action", "alice"), OK);
        assert_int_equal(append(bob, "action", "bob"), OK);
    }
    audit_close(alice);
    audit_close(bob);
    assert_int_equal(count_whole(), 10);
}

#define WRITERS 4
#define RECORDS 20

/* All of them find no trail when they begin. */
static void test_records_of_many_processes_are_one_chain(void **state)
{
    (void)state;
    for (int w = 0; w < WRITERS; w++) {
        struct audit *audit;
        if (fork() != 0)
            continue;
        enum err_code code = audit_open(path, &audit, NULL);
        for (int i = 0; code == OK && i < RECORDS; i++)
            code = append(audit, "action", "child");
        _exit(code != OK);
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_whole(), WRITERS * RECORDS);
}

static void add_bytes(const char *bytes)
{
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    assert_int_equal(fputs(bytes, file) >= 0, true);
    assert_int_equal(fclose(file), 0);
}

/* Another console dies in the middle of a record while this one has the trail open. */
static void test_the_half_record_of_a_dead_console_is_cut(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct audit *audit = open_trail();

    (void)state;
    assert_int_equal(append(audit, "action", "one"), OK);
    add_bytes("{\"seq\":2,\"ts\":\"2026");
    assert_int_equal(append(audit, "action", "three"), OK);
    audit_close(audit);
    assert_int_equal(count_whole(), 3);
    assert_int_equal(audit_read(path, add_action, &text, NULL), OK);
    assert_string_equal(buf_cstr(&text), "1:one 2:torn-record-cut 3:three ");
}

static void test_what_others_append_shuts_it(void **state)
{
    struct audit *audit = open_trail();
    struct err err = ERR_NONE;

    (void)state;
    assert_int_equal(append(audit, "action", "one"), OK);
    add_bytes("{\"seq\":2,\"ts\":\"2026\"}\n");
    assert_int_equal(audit_append(audit, NULL, &err), ERR_INTEGRITY);
    assert_int_equal(audit_append(audit, NULL, &err), ERR_INTEGRITY);
    audit_close(audit);
    assert_int_equal(audit_open(path, &audit, &err), ERR_INTEGRITY);
    assert_non_null(strstr(err.message, "record 2: inserted"));
}

static void test_a_cut_under_it_shuts_it(void **state)
{
    struct audit *audit = open_trail();

    (void)state;
    assert_int_equal(append(audit, "action", "one"), OK);
    assert_int_equal(append(audit, "action", "two"), OK);
    assert_int_equal(truncate(path, 300), 0);
    assert_int_equal(audit_append(audit, NULL, NULL), ERR_INTEGRITY);
    audit_close(audit);
}

static void test_a_head_that_was_set_back_shuts_it(void **state)
{
    AUTO(buf_done) struct buf head = BUF_NONE;
    struct audit *audit = open_trail();
    char head_path[DIR_PATH_SIZE];

    (void)state;
    dir_path(dir, "audit.head", head_path);
    assert_int_equal(append(audit, "action", "one"), OK);
    file_read(head_path, &head);
    assert_int_equal(append(audit, "action", "two"), OK);
    assert_int_equal(append(audit, "action", "three"), OK);
    file_write(head_path, buf_sv(&head));
    assert_int_equal(append(audit, "action", "four"), ERR_INTEGRITY);
    audit_close(audit);
}

/* --- elsewhere ---------------------------------------------------------------------------- */

/* Copies of key and head kept in another place are what an auditor compares with. */
static void test_key_and_head_may_lie_elsewhere(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char key[DIR_PATH_SIZE], head[DIR_PATH_SIZE], other[DIR_PATH_SIZE];
    struct audit *audit = open_trail();
    struct err err = ERR_NONE;

    (void)state;
    assert_int_equal(append(audit, "action", "one"), OK);
    assert_int_equal(append(audit, "action", "two"), OK);
    audit_close(audit);
    dir_path(dir, "audit.head", head);
    file_read(head, &text);
    dir_path(dir, "my-head", other);
    file_write(other, buf_sv(&text));
    unlink(head);
    dir_path(dir, "audit.key", key);
    assert_int_equal(audit_verify(path, key, other, true, NULL, NULL, NULL, &err), OK);
    assert_int_equal(audit_verify(path, other, other, true, NULL, NULL, NULL, &err), ERR_INTEGRITY);
    dir_path(dir, "nothing", other);
    assert_int_equal(audit_verify(other, NULL, NULL, true, NULL, NULL, NULL, &err), ERR_NOT_FOUND);
    assert_int_equal(audit_verify(dir, key, NULL, true, NULL, NULL, NULL, &err), ERR_IO);
}

#define AUDIT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AUDIT_TEST(test_records_are_read_in_order),
        AUDIT_TEST(test_the_chains_own_members_are_refused),
        AUDIT_TEST(test_its_files_are_private),
        AUDIT_TEST(test_two_consoles_continue_each_other),
        AUDIT_TEST(test_records_of_many_processes_are_one_chain),
        AUDIT_TEST(test_the_half_record_of_a_dead_console_is_cut),
        AUDIT_TEST(test_what_others_append_shuts_it),
        AUDIT_TEST(test_a_cut_under_it_shuts_it),
        AUDIT_TEST(test_a_head_that_was_set_back_shuts_it),
        AUDIT_TEST(test_key_and_head_may_lie_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
