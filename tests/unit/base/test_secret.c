#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/secret.h"

static void holds_and_compares(void **state)
{
    struct secret *a = secret_new(SV("AKIA\0x")), *b = secret_new(SV("AKIA\0x"));
    struct secret *c = secret_new(SV("AKIA\0y")), *d = secret_new(SV("AKIA"));
    struct secret *empty = secret_new(SV_NONE);

    (void)state;
    assert_true(sv_eq(secret_bytes(a), SV("AKIA\0x")));
    assert_true(secret_equal(a, b));
    assert_true(secret_equal(a, a));
    assert_false(secret_equal(a, c));
    assert_false(secret_equal(a, d));
    assert_false(secret_equal(a, NULL));
    assert_false(secret_equal(empty, NULL));
    assert_true(secret_equal(NULL, NULL));
    assert_int_equal(secret_bytes(empty).len, 0);
    assert_null(secret_bytes(NULL).ptr);
    assert_null(secret_ref(NULL));
    secret_unref(NULL);
    struct secret *const all[] = {a, b, c, d, empty};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        secret_unref(all[i]);
}

static void large_ones_fit(void **state)
{
    AUTO(buf_done) struct buf token = BUF_NONE;

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_add_char(&token, (char)('a' + i % 26));
    struct secret *secret = secret_new(buf_sv(&token));
    assert_true(sv_eq(secret_bytes(secret), buf_sv(&token)));
    secret_unref(secret);
}

static bool is_mapped(const void *at)
{
    unsigned char resident;
    uintptr_t page = (uintptr_t)at & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    return mincore((void *)page, 1, &resident) == 0;
}

/* The last reference takes the pages away, wiped before that: see wipes_its_buffers. */
static void last_reference_ends_it(void **state)
{
    struct secret *secret = secret_new(SV("hush"));
    const char *bytes = secret_bytes(secret).ptr;

    (void)state;
    assert_ptr_equal(secret_ref(secret), secret);
    secret_unref(secret);
    assert_memory_equal(bytes, "hush", 4);
    secret_unref(secret);
    assert_false(is_mapped(bytes));
}

static void wipes_its_buffers(void **state)
{
    char bytes[16] = "very secret";

    (void)state;
    secret_wipe(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0);
    secret_wipe(NULL, 0);
}

/* What /proc says of the pages: locked or at least tried, not dumped, wiped in children. */
static void pages_are_kept_apart(void **state)
{
    struct secret *secret = secret_new(SV("hush"));
    uintptr_t at = (uintptr_t)secret_bytes(secret).ptr, first, last;
    char line[512];
    bool inside = false, dont_dump = false, wipe_on_fork = false;
    FILE *maps = fopen("/proc/self/smaps", "r");

    (void)state;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            inside = first <= at && at < last;
        if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            dont_dump = strstr(line, " dd") != NULL;
            wipe_on_fork = strstr(line, " wf") != NULL;
        }
    }
    fclose(maps);
    assert_true(dont_dump);
    assert_true(wipe_on_fork);
    secret_unref(secret);
}

static void children_do_not_have_it(void **state)
{
    struct secret *secret = secret_new(SV("hush"));
    const char *bytes = secret_bytes(secret).ptr;
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(memcmp(bytes, "\0\0\0\0", 4) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_memory_equal(bytes, "hush", 4);
    secret_unref(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_and_compares),     cmocka_unit_test(large_ones_fit),
        cmocka_unit_test(last_reference_ends_it), cmocka_unit_test(wipes_its_buffers),
        cmocka_unit_test(pages_are_kept_apart),   cmocka_unit_test(children_do_not_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
