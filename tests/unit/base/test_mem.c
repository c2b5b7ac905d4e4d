#include "tests/unit/unit.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/vec.h"

#define HANDLER_RAN "the handler ran\n"

static void allocates_zeroed(void **state)
{
    (void)state;
    char *zeroed = mem_alloc(1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(zeroed[i], 0);
    mem_free(zeroed);
    mem_free(mem_alloc(0));
    mem_free(NULL);
    assert_null(mem_strdup(NULL));

    AUTO_FREE char *copy = mem_strdup("text");
    copy = mem_resize(copy, 100);
    assert_string_equal(copy, "text");
    AUTO_FREE void *nothing = mem_copy(NULL, 0);
    assert_non_null(nothing);
}

static void say_so(void)
{
    if (write(STDOUT_FILENO, HANDLER_RAN, strlen(HANDLER_RAN)) < 0)
        _exit(9);
}

/* Runs body in a child; its exit status, and what it wrote to stdout. */
static int run_in_child(void (*body)(void), char *output, size_t size)
{
    int ends[2], status;
    ssize_t len, got;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    for (len = 0; (got = read(ends[0], output + len, size - 1 - (size_t)len)) > 0;)
        len += got;
    output[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The sanitizers' malloc ends the process at an impossible size unless it is told to refuse it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void ask_for_too_much(void)
{
    mem_on_exhausted(say_so);
    mem_alloc(SIZE_MAX / 2);
}

static void grow_a_vec_too_far(void)
{
    size_t size = SIZE_MAX / 2;

    mem_on_exhausted(say_so);
    vec_grow(NULL, &size, 16);
}

static void ask_an_arena_for_too_much(void)
{
    struct arena arena = {0};

    mem_on_exhausted(say_so);
    arena_alloc(&arena, SIZE_MAX - 3);
}

static void exhaustion_ends_tidily(void **state)
{
    void (*const bodies[])(void) = {ask_for_too_much, grow_a_vec_too_far,
                                    ask_an_arena_for_too_much};
    char output[100];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(run_in_child(bodies[i], output, sizeof output), 1);
        assert_string_equal(output, HANDLER_RAN);
    }
}

static void arena_keeps_apart(void **state)
{
    struct arena arena = {0};
    char *pieces[500];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        size_t size = 1 + i * 97 % 40000;
        pieces[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)pieces[i] % 8, 0);
        assert_int_equal(pieces[i][0], 0);
        assert_int_equal(pieces[i][size - 1], 0);
        memset(pieces[i], (int)i % 251 + 1, size);
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        assert_int_equal((unsigned char)pieces[i][0], i % 251 + 1);
        assert_int_equal((unsigned char)pieces[i][i * 97 % 40000], i % 251 + 1);
    }
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    arena_done(&arena);
    assert_null(arena.head);
    assert_int_equal(arena.used_bytes, 0);
    arena_done(&arena);
}

static void vec_holds_what_is_pushed(void **state)
{
    VEC(int) numbers = {0};

    (void)state;
    for (int i = 0; i < 10000; i++)
        vec_push(&numbers, i);
    assert_int_equal(numbers.len, 10000);
    assert_int_equal(vec_last(&numbers), 9999);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(numbers.ptr[i], i);
    vec_clear(&numbers);
    vec_push(&numbers, 7);
    assert_int_equal(numbers.ptr[0], 7);
    vec_free(&numbers);
    assert_null(numbers.ptr);
    assert_int_equal(numbers.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocates_zeroed),
        cmocka_unit_test(exhaustion_ends_tidily),
        cmocka_unit_test(arena_keeps_apart),
        cmocka_unit_test(vec_holds_what_is_pushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
