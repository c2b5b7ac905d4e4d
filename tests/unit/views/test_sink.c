/* What waits for standard output, and what becomes of it when nobody reads any more. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/unit/unit.h"
#include "views/bridge/sink.h"

#define MANY_BYTES ((size_t)1 << 20) /* more than a pipe takes */

/* A pipe with a sink before it that holds more than goes into it. */
struct line {
    int reader, writer;
    struct sink sink;
    char *bytes;
};

static void begin(struct line *line)
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    line->reader = fds[0];
    line->writer = fds[1];
    line->bytes = mem_alloc(MANY_BYTES);
    for (size_t i = 0; i < MANY_BYTES; i++)
        line->bytes[i] = (char)(i * 31 >> 3);
    sink_init(&line->sink, line->writer);
    sink_take(&line->sink, (struct sv){line->bytes, MANY_BYTES});
}

static void end(struct line *line)
{
    sink_done(&line->sink);
    close(line->writer);
    mem_free(line->bytes);
}

static void it_comes_through_byte_for_byte(void **state)
{
    struct line line;
    char got[8192];
    size_t n_got = 0;
    ssize_t n = 1;

    (void)state;
    begin(&line);
    while (n > 0) {
        assert_true(sink_write(&line.sink));
        n = read(line.reader, got, sizeof got);
        if (n <= 0)
            continue;
        assert_memory_equal(got, line.bytes + n_got, (size_t)n);
        n_got += (size_t)n;
    }
    assert_int_equal(n_got, MANY_BYTES);
    assert_int_equal(sink_waiting(&line.sink), 0);
    assert_false(sink_is_ready(&line.sink));
    close(line.reader);
    end(&line);
}

/* A part was written already: none of it is owed any more. */
static void nobody_reads_any_more(void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    assert_true(sink_write(&line.sink));
    assert_in_range(sink_waiting(&line.sink), 1, MANY_BYTES - 1);
    close(line.reader);
    assert_false(sink_write(&line.sink));
    assert_int_equal(errno, EPIPE);
    sink_drop(&line.sink);
    assert_int_equal(sink_waiting(&line.sink), 0);
    end(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_through_byte_for_byte),
        cmocka_unit_test(nobody_reads_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
