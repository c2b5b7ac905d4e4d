/* Diffs: the hunks make both texts again, with as few changes as there can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/model/diff.h"
#include "helper_world.h"

/* " same -removed +added", apart by blanks. */
static void assert_diff(const char *before, const char *after, const char *expected)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    AUTO(diff_done) struct diff diff;
    diff_lines(sv_of(before), sv_of(after), &diff);
    for (size_t i = 0; i < diff.hunks.len; i++) {
        const struct diff_hunk *hunk = &diff.hunks.ptr[i];
        for (size_t at = 0; at < hunk->n_lines; at++) {
            buf_add_cstr(&out, i + at > 0 ? " " : "");
            buf_add_char(&out, "=-+"[hunk->kind]);
            buf_add(&out, diff_line(&diff, hunk, at));
        }
    }
    assert_string_equal(buf_cstr(&out), expected);
}

static void test_by_hand(void **state)
{
    (void)state;
    assert_diff("", "", "");
    assert_diff("a\nb", "a\nb\n", "=a =b");
    assert_diff("", "a\nb", "+a +b");
    assert_diff("a\nb", "", "-a -b");
    assert_diff("a\nb\nc", "a\nx\nc", "=a -b +x =c");
    assert_diff("a\nb\nc", "b\nc\nd", "-a =b =c +d");
    assert_diff("a\n\n\nb", "a\n\nb", "=a = - =b");
    assert_diff("a\r\nb", "a\nb", "-a\r +a =b");
    assert_diff("x\ny", "y\nx", "-x =y +x");
}

static void test_places(void **state)
{
    (void)state;
    AUTO(diff_done) struct diff diff;
    diff_lines(SV("a\nb\nc\nd"), SV("a\nx\ny\nd"), &diff);
    static const struct diff_hunk expected[] = {
        {DIFF_SAME, 0, 0, 1}, {DIFF_REMOVED, 1, 1, 2}, {DIFF_ADDED, 3, 1, 2}, {DIFF_SAME, 3, 3, 1}};
    assert_int_equal(diff.hunks.len, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_int_equal(diff.hunks.ptr[i].kind, expected[i].kind);
        assert_int_equal(diff.hunks.ptr[i].before, expected[i].before);
        assert_int_equal(diff.hunks.ptr[i].after, expected[i].after);
        assert_int_equal(diff.hunks.ptr[i].n_lines, expected[i].n_lines);
    }
    assert_int_equal(diff.n_removed, 2);
    assert_int_equal(diff.n_added, 2);
}

/* The hunks of all kinds but one, put together, are one of the texts. */
static void assert_makes(const struct diff *diff, enum diff_kind left_out, struct sv text)
{
    AUTO(buf_done) struct buf made = BUF_NONE;
    for (size_t i = 0; i < diff->hunks.len; i++) {
        const struct diff_hunk *hunk = &diff->hunks.ptr[i];
        assert_true(hunk->n_lines > 0);
        for (size_t at = 0; hunk->kind != left_out && at < hunk->n_lines; at++) {
            buf_add(&made, diff_line(diff, hunk, at));
            buf_add_char(&made, '\n');
        }
    }
    assert_int_equal(made.len, text.len);
    assert_memory_equal(buf_cstr(&made), text.len > 0 ? text.ptr : "", text.len);
}

#define LINES_MAX 40

/* The length of the longest common subsequence, by the table everybody knows. */
static size_t longest_common(const struct diff_text *a, const struct diff_text *b)
{
    size_t best[LINES_MAX + 1][LINES_MAX + 1] = {{0}};
    for (size_t i = 1; i <= a->len; i++) {
        for (size_t j = 1; j <= b->len; j++) {
            size_t without = best[i - 1][j] > best[i][j - 1] ? best[i - 1][j] : best[i][j - 1];
            bool same = sv_eq(a->ptr[i - 1], b->ptr[j - 1]);
            best[i][j] = same ? best[i - 1][j - 1] + 1 : without;
        }
    }
    return best[a->len][b->len];
}

static void roll_text(struct dice *dice, struct buf *text, size_t n_letters)
{
    buf_clear(text);
    for (size_t i = dice_below(dice, LINES_MAX + 1); i > 0; i--) {
        buf_add_char(text, (char)('a' + dice_below(dice, n_letters)));
        buf_add_char(text, '\n');
    }
}

static void test_random_texts(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf before = BUF_NONE;
    AUTO(buf_done) struct buf after = BUF_NONE;
    struct dice dice = {3};
    for (int i = 0; i < 2000; i++) {
        AUTO(diff_done) struct diff diff;
        size_t n_letters = 1 + dice_below(&dice, 20);
        roll_text(&dice, &before, n_letters);
        roll_text(&dice, &after, n_letters);
        diff_lines(buf_sv(&before), buf_sv(&after), &diff);
        assert_makes(&diff, DIFF_ADDED, buf_sv(&before));
        assert_makes(&diff, DIFF_REMOVED, buf_sv(&after));
        size_t n_same = longest_common(&diff.before, &diff.after);
        assert_int_equal(diff.n_removed, diff.before.len - n_same);
        assert_int_equal(diff.n_added, diff.after.len - n_same);
    }
}

static void test_too_different(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf before = BUF_NONE;
    AUTO(buf_done) struct buf after = BUF_NONE;
    for (size_t i = 0; i < 3000; i++) {
        buf_addf(&before, "%s%zu\n", i == 0 || i == 2999 ? "common" : "old", i);
        buf_addf(&after, "%s%zu\n", i == 0 || i == 2999 ? "common" : "new", i);
    }
    AUTO(diff_done) struct diff diff;
    diff_lines(buf_sv(&before), buf_sv(&after), &diff);
    assert_int_equal(diff.hunks.len, 4);
    assert_int_equal(diff.n_removed, 2998);
    assert_makes(&diff, DIFF_ADDED, buf_sv(&before));
    assert_makes(&diff, DIFF_REMOVED, buf_sv(&after));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_too_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
