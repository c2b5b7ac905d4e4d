/* A frame reaches the terminal whole, once, and in one piece. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/unit/unit.h"
#include "tui/terminal/frame.h"

#define LARGE_BYTES 50000 /* a pipe holds 65536 */

struct line {
    struct frame frame;
    int ends[2];
};

static int open_line(void **state)
{
    static struct line line;

    assert_true(frame_open(&line.frame));
    assert_int_equal(pipe2(line.ends, O_CLOEXEC | O_NONBLOCK), 0);
    *state = &line;
    return 0;
}

static int close_line(void **state)
{
    struct line *line = *state;

    frame_close(&line->frame);
    close(line->ends[0]);
    close(line->ends[1]);
    return 0;
}

/* As curses does it: to the descriptor, in pieces. */
static void put(struct line *line, const char *piece)
{
    assert_int_equal(write(fileno(line->frame.stream), piece, strlen(piece)), strlen(piece));
}

static void must_arrive(struct line *line, const char *wanted)
{
    char bytes[256] = "";

    ssize_t n = read(line->ends[0], bytes, sizeof bytes - 1);
    assert_int_equal(n < 0 ? 0 : n, strlen(wanted));
    assert_string_equal(bytes, wanted);
}

static void test_nothing_leaves_before_it_is_sent(void **state)
{
    struct line *line = *state;

    put(line, "one");
    put(line, " frame");
    must_arrive(line, "");
    frame_send(&line->frame, line->ends[1]);
    must_arrive(line, "one frame");
}

/* A shorter frame has nothing of the longer one before it. */
static void test_each_frame_once(void **state)
{
    struct line *line = *state;

    put(line, "a long one");
    frame_send(&line->frame, line->ends[1]);
    put(line, "short");
    frame_send(&line->frame, line->ends[1]);
    frame_send(&line->frame, line->ends[1]);
    must_arrive(line, "a long oneshort");
}

static void test_large(void **state)
{
    struct line *line = *state;
    char *bytes = mem_alloc(LARGE_BYTES), *got = mem_alloc(LARGE_BYTES);

    for (size_t i = 0; i < LARGE_BYTES; i++)
        bytes[i] = (char)('a' + i % 26);
    assert_int_equal(write(fileno(line->frame.stream), bytes, LARGE_BYTES), LARGE_BYTES);
    frame_send(&line->frame, line->ends[1]);
    assert_int_equal(read(line->ends[0], got, LARGE_BYTES), LARGE_BYTES);
    assert_memory_equal(bytes, got, LARGE_BYTES);
    mem_free(bytes);
    mem_free(got);
}

/* The reader has gone: reading from the terminal is what says so. */
static void test_terminal_that_has_gone(void **state)
{
    struct line *line = *state;

    put(line, "lost");
    frame_send(&line->frame, -1);
    put(line, "next");
    frame_send(&line->frame, line->ends[1]);
    must_arrive(line, "next");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_leaves_before_it_is_sent),
        TEST(test_each_frame_once),
        TEST(test_large),
        TEST(test_terminal_that_has_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
