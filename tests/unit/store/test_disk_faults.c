/*
 * Every call on the disk fails in turn, in every way: what was acknowledged is there afterwards,
 * and what a sick disk leaves is never taken for damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit.h"
#include "core/store/journal.h"
#include "tests/support/dir.h"
#include "tests/support/disk_fault/disk_fault.h"

#define APPENDS 4

static char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

/* Which of the appends were acknowledged, and which were found afterwards. */
struct outcome {
    bool acknowledged[APPENDS], found[APPENDS];
};

/* --- the two stores under one test -------------------------------------------------------- */

static cJSON *numbered(int n)
{
    cJSON *fields = cJSON_CreateObject();
    cJSON_AddNumberToObject(fields, "n", n);
    return fields;
}

static void audit_use(struct outcome *outcome)
{
    struct audit *audit;

    if (audit_open(path, &audit, NULL) != OK)
        return;
    for (int i = 0; i < APPENDS; i++) {
        cJSON *fields = numbered(i);
        outcome->acknowledged[i] = audit_append(audit, fields, NULL) == OK;
        json_free(fields);
    }
    audit_close(audit);
}

static bool audit_note(void *arg, const cJSON *record)
{
    struct outcome *outcome = arg;
    int64_t n = json_i64(record, "n", -1);

    if (n >= 0 && n < APPENDS)
        outcome->found[n] = true;
    return true;
}

static enum err_code audit_look(struct outcome *outcome, struct err *err)
{
    struct audit *audit;
    enum err_code code = audit_open(path, &audit, err);

    if (code != OK)
        return code;
    audit_close(audit);
    code = audit_verify(path, NULL, NULL, false, NULL, NULL, NULL, err);
    return code == OK ? audit_read(path, audit_note, outcome, err) : code;
}

static void journal_use(struct outcome *outcome)
{
    struct journal *journal;

    if (journal_open(path, &journal, NULL) != OK)
        return;
    for (int i = 0; i < APPENDS; i++) {
        cJSON *fields = numbered(i);
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        outcome->acknowledged[i] = journal_write(journal, id, "INTENT", fields, NULL) == OK;
        json_free(fields);
    }
    journal_close(journal);
}

static void journal_note(void *arg, const char *id, const char *state, int64_t at_ms,
                         const cJSON *fields)
{
    struct outcome *outcome = arg;

    (void)id, (void)state, (void)at_ms;
    outcome->found[json_i64(fields, "n", 0)] = true;
}

static enum err_code journal_look(struct outcome *outcome, struct err *err)
{
    struct journal *journal;
    enum err_code code = journal_open(path, &journal, err);

    if (code == OK)
        code = journal_each(journal, journal_note, outcome, err);
    journal_close(journal);
    return code;
}

static const struct store {
    const char *name;
    void (*use)(struct outcome *outcome);
    enum err_code (*look)(struct outcome *outcome, struct err *err);
} stores[] = {{"trail", audit_use, audit_look}, {"journal", journal_use, journal_look}};

/* --- the sweep ---------------------------------------------------------------------------- */

static const struct fault {
    const char *name;
    unsigned calls;
    int error;
    bool for_ever;
} faults[] = {
    {"EIO once", DISK_ALL, EIO, false},
    {"EIO for ever", DISK_ALL, EIO, true},
    {"ENOSPC once", DISK_OPEN | DISK_WRITE | DISK_SYNC, ENOSPC, false},
    {"ENOSPC for ever", DISK_OPEN | DISK_WRITE, ENOSPC, true},
    {"EROFS for ever", DISK_OPEN | DISK_RENAME | DISK_CUT, EROFS, true},
    {"EMFILE once", DISK_OPEN, EMFILE, false},
    {"EINTR once", DISK_WRITE, EINTR, false},
    {"half a write", DISK_WRITE, 0, false},
    {"sync fails once", DISK_SYNC, EIO, false},
};

static void judge(const struct store *store, const struct fault *fault, size_t nth,
                  struct outcome *outcome)
{
    struct err err = ERR_NONE;

    if (store->look(outcome, &err) != OK)
        fail_msg("%s, %s at call %zu: not opened again: %s", store->name, fault->name, nth,
                 err.message);
    for (int i = 0; i < APPENDS; i++) {
        if (outcome->acknowledged[i] && !outcome->found[i])
            fail_msg("%s, %s at call %zu: record %d is lost", store->name, fault->name, nth, i);
        /* half writes and signals are no failures */
        if ((fault->error == 0 || fault->error == EINTR) && !outcome->acknowledged[i])
            fail_msg("%s, %s at call %zu: record %d was refused", store->name, fault->name, nth, i);
    }
}

static size_t sweep(const struct store *store, const struct fault *fault)
{
    for (size_t nth = 1;; nth++) {
        struct outcome outcome = {0};
        dir_make(dir);
        dir_path(dir, "store", path);
        disk_fail(fault->calls, nth, fault->error, fault->for_ever);
        store->use(&outcome);
        bool came = disk_heal();
        judge(store, fault, nth, &outcome);
        dir_remove(dir);
        if (!came)
            return nth - 1;
    }
}

static void test_no_fault_loses_what_was_acknowledged(void **state)
{
    size_t injected = 0;

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(stores); s++)
        for (size_t f = 0; f < ARRAY_LEN(faults); f++)
            injected += sweep(&stores[s], &faults[f]);
    print_message("# %zu faults injected\n", injected);
    assert_true(injected > 200);
}

/* --- one by one --------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    dir_make(dir);
    dir_path(dir, "store", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chmod(dir, 0700);
    dir_remove(dir);
    return 0;
}

static void test_a_full_disk_says_so_and_passes(void **state)
{
    struct audit *audit;
    struct journal *journal;
    struct err err = ERR_NONE;
    char journal_path[DIR_PATH_SIZE];

    (void)state;
    dir_path(dir, "journal", journal_path);
    assert_int_equal(audit_open(path, &audit, NULL), OK);
    assert_int_equal(journal_open(journal_path, &journal, NULL), OK);
    disk_fail(DISK_WRITE, 1, ENOSPC, true);
    assert_int_equal(audit_append(audit, NULL, &err), ERR_DISK_FULL);
    assert_int_equal(journal_write(journal, "1", "INTENT", NULL, &err), ERR_DISK_FULL);
    disk_heal();
    assert_int_equal(audit_append(audit, NULL, &err), OK);
    assert_int_equal(journal_write(journal, "1", "INTENT", NULL, &err), OK);
    audit_close(audit);
    journal_close(journal);
}

/* The kernel's own way of saying it, without a shim. */
static void test_a_file_size_limit_is_survived(void **state)
{
    struct audit *audit;
    struct rlimit old, small;
    enum err_code code = OK;
    int appended = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    assert_int_equal(audit_open(path, &audit, NULL), OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (code == OK && appended < 100) {
        code = audit_append(audit, NULL, NULL);
        appended += code == OK;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_not_equal(code, OK);
    assert_true(appended > 3);
    assert_int_equal(audit_append(audit, NULL, NULL), OK);
    audit_close(audit);
    size_t records = 0;
    assert_int_equal(audit_verify(path, NULL, NULL, false, NULL, NULL, &records, NULL), OK);
    assert_int_equal(records, appended + 1);
}

static void test_a_failed_sync_is_final_until_it_is_opened_again(void **state)
{
    struct audit *audit;
    struct journal *journal;
    struct err err = ERR_NONE;
    char journal_path[DIR_PATH_SIZE];

    (void)state;
    dir_path(dir, "journal", journal_path);
    assert_int_equal(audit_open(path, &audit, NULL), OK);
    assert_int_equal(journal_open(journal_path, &journal, NULL), OK);
    disk_fail(DISK_SYNC, 1, EIO, false);
    assert_int_equal(audit_append(audit, NULL, &err), ERR_IO);
    disk_fail(DISK_SYNC, 1, EIO, false);
    assert_int_equal(journal_write(journal, "1", "INTENT", NULL, &err), ERR_IO);
    disk_heal();
    assert_int_equal(audit_append(audit, NULL, &err), ERR_IO);
    assert_int_equal(journal_write(journal, "1", "INTENT", NULL, &err), ERR_IO);
    audit_close(audit);
    journal_close(journal);
    assert_int_equal(audit_open(path, &audit, NULL), OK);
    assert_int_equal(journal_open(journal_path, &journal, NULL), OK);
    assert_int_equal(audit_append(audit, NULL, &err), OK);
    assert_int_equal(journal_write(journal, "1", "INTENT", NULL, &err), OK);
    audit_close(audit);
    journal_close(journal);
}

static void test_links_are_refused(void **state)
{
    static const char *const names[] = {"store", "store.key"};
    char link[DIR_PATH_SIZE], other[DIR_PATH_SIZE];

    (void)state;
    dir_path(dir, "other", other);
    file_write(other, SV(""));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct audit *audit;
        dir_path(dir, names[i], link);
        assert_int_equal(symlink(other, link), 0);
        assert_int_not_equal(audit_open(path, &audit, NULL), OK);
        unlink(link);
        unlink(path);
    }
    struct stat st;
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 0);
}

static void test_a_folder_that_cannot_be_written_is_an_error(void **state)
{
    struct audit *audit;
    struct journal *journal;

    (void)state;
    dir_path(dir, "missing/store", path);
    assert_int_not_equal(audit_open(path, &audit, NULL), OK);
    assert_int_not_equal(journal_open(path, &journal, NULL), OK);
    dir_path(dir, "store", path);
    if (geteuid() == 0)
        return; /* root may write everywhere: the sweep's EROFS stands for it */
    chmod(dir, 0500);
    assert_int_not_equal(audit_open(path, &audit, NULL), OK);
    assert_int_not_equal(journal_open(path, &journal, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_fault_loses_what_was_acknowledged),
        cmocka_unit_test_setup_teardown(test_a_full_disk_says_so_and_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_size_limit_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_sync_is_final_until_it_is_opened_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_links_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_written_is_an_error, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
