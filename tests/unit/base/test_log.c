#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/os.h"

static size_t count_lines(const struct buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->ptr[i] == '\n';
    return count;
}

static void lines_are_safe_and_dated(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    log_warn("n\x1b"
             "et",
             "evil \x1b[2J\nFAKE %s %d", "\xe2\x80\xae", 7);
    log_recent(&out, 1);
    assert_int_equal(count_lines(&out), 1);
    assert_int_equal(out.ptr[10], 'T');
    assert_int_equal(out.ptr[23], 'Z');
    assert_string_equal(out.ptr + 24, " WARN  n^[et: evil ^[[2J^JFAKE <U+202E> 7\n");
}

static void recent_is_bounded_and_in_order(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    AUTO(buf_done) struct buf all = BUF_NONE;

    (void)state;
    for (int i = 0; i < LOG_LINES_MAX + 500; i++)
        log_debug("test", "line %d.", i);
    log_recent(&out, 3);
    assert_int_equal(count_lines(&out), 3);
    const char *a = strstr(out.ptr, "line 2497."), *b = strstr(out.ptr, "line 2499.");
    assert_non_null(a);
    assert_true(a < b);
    log_recent(&all, SIZE_MAX);
    assert_int_equal(count_lines(&all), LOG_LINES_MAX);
    assert_non_null(strstr(all.ptr, "line 500."));
    assert_null(strstr(all.ptr, "line 499."));
    AUTO(buf_done) struct buf none = BUF_NONE;
    log_recent(&none, 0);
    assert_int_equal(none.len, 0);
}

static void long_lines_are_cut(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info("test", "%s", text);
    log_recent(&out, 1);
    assert_int_equal(count_lines(&out), 1);
    assert_true(out.len < 1200);
}

static void *log_much(void *name)
{
    for (int i = 0; i < 2000; i++)
        log_info(name, "%d", i);
    return NULL;
}

static void threads_do_not_mix(void **state)
{
    pthread_t threads[4];
    char *const names[] = {"a", "b", "c", "d"};
    AUTO(buf_done) struct buf out = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, names[i]), 0);
    for (int i = 0; i < 50; i++) {
        AUTO(buf_done) struct buf meanwhile = BUF_NONE;
        log_recent(&meanwhile, 10);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    log_recent(&out, SIZE_MAX);
    assert_int_equal(count_lines(&out), LOG_LINES_MAX);
}

/* Last: the file stays open. */
static void file_gets_everything_once(void **state)
{
    char folder[] = "/tmp/wd-test-log-XXXXXX", path[64], link_path[64];
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err err;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    assert_int_equal(symlink(path, link_path), 0);
    log_flush(); /* without a file: nothing happens */
    assert_int_not_equal(log_open_file(link_path, &err), OK);
    assert_int_equal(log_open_file(path, &err), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    log_flush();
    log_info("test", "after the first flush");
    log_flush();
    log_flush();
    assert_int_equal(os_read_file(path, 10 << 20, &text, &err), OK);
    struct sv rest = buf_sv(&text);
    struct sv mark = SV("after the first flush");
    size_t n_found = 0;
    while (rest.len != 0)
        n_found += sv_contains(sv_split(&rest, '\n'), mark);
    assert_int_equal(n_found, 1);
    assert_non_null(strstr(text.ptr, "lines lost"));

    for (int i = 0; i < LOG_LINES_MAX + 3; i++)
        log_debug("test", "flood");
    log_flush();
    buf_clear(&text);
    assert_int_equal(os_read_file(path, 10 << 20, &text, &err), OK);
    assert_non_null(strstr(text.ptr, "... 3 lines lost ...\n"));
    unlink(path);
    unlink(link_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_safe_and_dated),
        cmocka_unit_test(recent_is_bounded_and_in_order),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(threads_do_not_mix),
        cmocka_unit_test(file_gets_everything_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
