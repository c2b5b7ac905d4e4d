/* Every way of damaging a trail is detected and named; a power cut is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/store/audit.h"
#include "tests/support/dir.h"

#define RECORDS   6
#define LINES_MAX 32

/* A trail as a damager sees it: lines without LF, and what stands behind the last LF. */
struct trail {
    char dir[DIR_PATH_SIZE], path[DIR_PATH_SIZE], key[DIR_PATH_SIZE], head[DIR_PATH_SIZE];
    char *lines[LINES_MAX];
    size_t n;
    const char *tail;
};

static void append_as(struct audit *audit, const char *action, int n)
{
    cJSON *fields = cJSON_CreateObject();
    char text[32];

    snprintf(text, sizeof text, "%s %d \xc3\xa4", action, n);
    cJSON_AddStringToObject(fields, "action", text);
    cJSON_AddNumberToObject(fields, "revision", n);
    assert_int_equal(audit_append(audit, fields, NULL), OK);
    json_free(fields);
}

static void append(struct audit *audit, int n)
{
    append_as(audit, "change", n);
}

static void trail_make_of(struct trail *trail, const char *action)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct audit *audit;

    *trail = (struct trail){.tail = ""};
    dir_make(trail->dir);
    dir_path(trail->dir, "trail", trail->path);
    dir_path(trail->dir, "trail.key", trail->key);
    dir_path(trail->dir, "trail.head", trail->head);
    assert_int_equal(audit_open(trail->path, &audit, NULL), OK);
    for (int i = 1; i <= RECORDS; i++)
        append_as(audit, action, i);
    audit_close(audit);

    file_read(trail->path, &text);
    for (struct sv rest = buf_sv(&text); rest.len != 0;)
        trail->lines[trail->n++] = sv_dup(sv_split(&rest, '\n'));
    assert_int_equal(trail->n, RECORDS);
}

static void trail_make(struct trail *trail)
{
    trail_make_of(trail, "change");
}

static void trail_store(const struct trail *trail)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (size_t i = 0; i < trail->n; i++)
        buf_addf(&text, "%s\n", trail->lines[i]);
    buf_add_cstr(&text, trail->tail);
    file_write(trail->path, buf_sv(&text));
}

static void trail_done(struct trail *trail)
{
    for (size_t i = 0; i < trail->n; i++)
        mem_free(trail->lines[i]);
    dir_remove(trail->dir);
}

static void note_fault(void *arg, size_t record, enum audit_fault fault)
{
    struct buf *found = arg;
    buf_addf(found, "%s%zu %s", found->len != 0 ? ", " : "", record, audit_fault_name(fault));
}

/* What verify finds, as "3 edited, 5 removed". */
static enum err_code verify(const struct trail *trail, struct buf *found)
{
    buf_clear(found);
    return audit_verify(trail->path, NULL, NULL, false, note_fault, found, NULL, NULL);
}

/* --- the damagers' tools ------------------------------------------------------------------ */

static void line_remove(struct trail *trail, size_t i)
{
    mem_free(trail->lines[i]);
    trail->n--;
    memmove(trail->lines + i, trail->lines + i + 1, (trail->n - i) * sizeof *trail->lines);
}

static void line_insert(struct trail *trail, size_t i, const char *text)
{
    memmove(trail->lines + i + 1, trail->lines + i, (trail->n - i) * sizeof *trail->lines);
    trail->lines[i] = mem_strdup(text);
    trail->n++;
}

static void line_swap(struct trail *trail, size_t i, size_t j)
{
    char *line = trail->lines[i];
    trail->lines[i] = trail->lines[j];
    trail->lines[j] = line;
}

/* The member's value of fixed length len in line i, to scribble on. */
static char *value_in(struct trail *trail, size_t i, const char *member)
{
    char *at = strstr(trail->lines[i], member);
    assert_non_null(at);
    return at + strlen(member);
}

static void flip(char *digit)
{
    *digit = *digit == '7' ? '8' : '7';
}

/*
 * Changes the text of record i (0 is the first) and makes its hashes fit again, as somebody without
 * the key can: the MAC stays what it was.
 */
static void forge(struct trail *trail, size_t i, const char *prev_sha)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    char sha[SHA256_HEX_SIZE];

    *value_in(trail, i, "\"action\":\"") = 'X';
    if (prev_sha != NULL)
        memcpy(value_in(trail, i, "\"prev_sha256\":\""), prev_sha, 64);
    char *seal = strstr(trail->lines[i], ",\"sha256\":");
    buf_add(&body, (struct sv){trail->lines[i], (size_t)(seal - trail->lines[i])});
    buf_add_char(&body, '}');
    sha256_hex(buf_sv(&body), sha);
    memcpy(value_in(trail, i, ",\"sha256\":\""), sha, 64);
}

static void forge_from(struct trail *trail, size_t first)
{
    forge(trail, first, NULL);
    for (size_t i = first + 1; i < trail->n; i++)
        forge(trail, i, value_in(trail, i - 1, ",\"sha256\":\""));
}

static void edit_head(struct trail *trail, const char *member, const char *value)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    file_read(trail->head, &text);
    char *at = strstr(text.ptr, member);
    assert_non_null(at);
    memcpy(at + strlen(member), value, strlen(value));
    file_write(trail->head, buf_sv(&text));
}

/* A foreign trail with a key of its own, and with records of its own: two trails made within the
 * same millisecond would else be the same but for their MACs. */
static void with_other(struct trail *trail, void (*fn)(struct trail *, struct trail *))
{
    struct trail other;

    trail_make_of(&other, "choice");
    fn(trail, &other);
    trail_done(&other);
}

/* --- the ways ----------------------------------------------------------------------------- */

static void edit_seq(struct trail *t)
{
    *value_in(t, 2, "{\"seq\":") = '9';
}
static void edit_seq_to_taken(struct trail *t)
{
    *value_in(t, 2, "{\"seq\":") = '5';
}
static void edit_ts(struct trail *t)
{
    flip(value_in(t, 2, "\"ts\":\"") + 3);
}
static void edit_value(struct trail *t)
{
    *value_in(t, 2, "\"action\":\"") = 'C';
}
static void edit_name(struct trail *t)
{
    *value_in(t, 2, "\"act") = 'I';
}
static void edit_prev(struct trail *t)
{
    flip(value_in(t, 2, "\"prev_sha256\":\""));
}
static void edit_sha(struct trail *t)
{
    flip(value_in(t, 2, ",\"sha256\":\""));
}
static void edit_mac(struct trail *t)
{
    flip(value_in(t, 2, "\"mac\":\""));
}
static void edit_first(struct trail *t)
{
    *value_in(t, 0, "\"action\":\"") = 'C';
}
static void edit_last(struct trail *t)
{
    *value_in(t, 5, "\"action\":\"") = 'C';
}
static void edit_last_mac(struct trail *t)
{
    flip(value_in(t, 5, "\"mac\":\""));
}
static void edit_all(struct trail *t)
{
    for (size_t i = 0; i < t->n; i++)
        *value_in(t, i, "\"action\":\"") = 'C';
}
static void add_blank(struct trail *t)
{
    char *line = t->lines[2];
    size_t len = strlen(line);
    line = mem_resize(line, len + 2);
    memmove(line + 2, line + 1, len);
    line[1] = ' ';
    t->lines[2] = line;
}
static void uppercase_mac(struct trail *t)
{
    char *mac = value_in(t, 2, "\"mac\":\"");
    for (size_t i = 0; i < 64; i++)
        if (mac[i] >= 'a')
            mac[i] -= 'a' - 'A';
}
static void wipe_with_nuls(struct trail *t)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    trail_store(t);
    file_read(t->path, &text);
    memset(strstr(text.ptr, "{\"seq\":3"), 0, strlen(t->lines[2]));
    file_write(t->path, buf_sv(&text));
}
static void byte_order_mark(struct trail *t)
{
    struct buf line = BUF_NONE;
    buf_addf(&line, "\xef\xbb\xbf%s", t->lines[0]);
    mem_free(t->lines[0]);
    t->lines[0] = buf_take(&line);
}
static void crlf(struct trail *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct buf line = BUF_NONE;
        buf_addf(&line, "%s\r", t->lines[i]);
        mem_free(t->lines[i]);
        t->lines[i] = buf_take(&line);
    }
}
static void join_lines(struct trail *t)
{
    struct buf line = BUF_NONE;
    buf_addf(&line, "%s%s", t->lines[2], t->lines[3]);
    line_remove(t, 3);
    mem_free(t->lines[2]);
    t->lines[2] = buf_take(&line);
}
static void split_line(struct trail *t)
{
    line_insert(t, 3, t->lines[2] + 40);
    t->lines[2][40] = '\0';
}

static void remove_first(struct trail *t)
{
    line_remove(t, 0);
}
static void remove_middle(struct trail *t)
{
    line_remove(t, 2);
}
static void remove_two(struct trail *t)
{
    line_remove(t, 2), line_remove(t, 2);
}
static void remove_one_edit_next(struct trail *t)
{
    line_remove(t, 2), edit_value(t);
}
static void remove_and_cut(struct trail *t)
{
    line_remove(t, 1), line_remove(t, 4);
}
static void cut_one(struct trail *t)
{
    line_remove(t, 5);
}
static void cut_three(struct trail *t)
{
    line_remove(t, 5), line_remove(t, 4), line_remove(t, 3);
}
static void cut_all(struct trail *t)
{
    while (t->n != 0)
        line_remove(t, 0);
}
static void cut_inside_fourth(struct trail *t)
{
    static char half[4096];
    snprintf(half, sizeof half, "%.90s", t->lines[3]);
    cut_three(t);
    t->tail = half;
}
static void cut_last_newline(struct trail *t)
{
    static char last[4096];
    snprintf(last, sizeof last, "%s", t->lines[5]);
    line_remove(t, 5);
    t->tail = last;
}

static void swap_neighbours(struct trail *t)
{
    line_swap(t, 1, 2);
}
static void swap_distant(struct trail *t)
{
    line_swap(t, 1, 4);
}
static void reverse(struct trail *t)
{
    line_swap(t, 0, 5), line_swap(t, 1, 4), line_swap(t, 2, 3);
}
static void last_to_front(struct trail *t)
{
    line_insert(t, 0, t->lines[5]);
    line_remove(t, 6);
}
static void first_to_end(struct trail *t)
{
    line_insert(t, 6, t->lines[0]);
    line_remove(t, 0);
}

static void duplicate(struct trail *t)
{
    line_insert(t, 3, t->lines[2]);
}
static void duplicate_far(struct trail *t)
{
    line_insert(t, 1, t->lines[4]);
}
static void duplicate_at_end(struct trail *t)
{
    line_insert(t, 6, t->lines[0]);
}
static void double_all(struct trail *t)
{
    for (size_t i = 0; i < RECORDS; i++)
        line_insert(t, t->n, t->lines[i]);
}

static void insert_junk(struct trail *t)
{
    line_insert(t, 2, "{\"seq\":3,\"ts\":\"junk");
}
static void insert_empty_line(struct trail *t)
{
    line_insert(t, 2, "");
}
static void append_empty_line(struct trail *t)
{
    line_insert(t, 6, "");
}
static void append_junk(struct trail *t)
{
    line_insert(t, 6, "rubbish");
}
static void append_junk_unterminated(struct trail *t)
{
    t->tail = "rubbish";
}
static void insert_forged(struct trail *t)
{
    line_insert(t, 3, t->lines[2]);
    forge(t, 3, value_in(t, 2, ",\"sha256\":\""));
}
static void append_forged(struct trail *t)
{
    line_insert(t, 6, t->lines[5]);
    *value_in(t, 6, "{\"seq\":") = '7';
    forge(t, 6, value_in(t, 5, ",\"sha256\":\""));
}

static void rewrite_one(struct trail *t)
{
    forge(t, 2, NULL);
}
static void rewrite_last(struct trail *t)
{
    forge(t, 5, NULL);
}
static void rewrite_from_third(struct trail *t)
{
    forge_from(t, 2);
}
static void rewrite_with_head(struct trail *t)
{
    forge_from(t, 0);
    edit_head(t, ",\"sha256\":\"", (char[65]){0});
    char sha[65] = {0};
    memcpy(sha, value_in(t, 5, ",\"sha256\":\""), 64);
    edit_head(t, ",\"sha256\":\"", sha);
}
static void rewrite_and_cut(struct trail *t)
{
    forge_from(t, 3);
    line_remove(t, 5);
}

static void splice_in(struct trail *t, struct trail *o)
{
    line_insert(t, 2, o->lines[4]);
}
static void splice_one(struct trail *t)
{
    with_other(t, splice_in);
}
static void replace_third(struct trail *t, struct trail *o)
{
    line_remove(t, 2);
    line_insert(t, 2, o->lines[2]);
}
static void splice_over_one(struct trail *t)
{
    with_other(t, replace_third);
}
static void replace_tail(struct trail *t, struct trail *o)
{
    for (size_t i = 3; i < RECORDS; i++) {
        mem_free(t->lines[i]);
        t->lines[i] = mem_strdup(o->lines[i]);
    }
}
static void splice_tail(struct trail *t)
{
    with_other(t, replace_tail);
}

static void head_seq(struct trail *t)
{
    edit_head(t, "{\"seq\":", "4");
}
static void head_seq_beyond(struct trail *t)
{
    edit_head(t, "{\"seq\":", "9");
}
static void head_sha(struct trail *t)
{
    edit_head(t, ",\"sha256\":\"", "0123456789abcdef");
}
static void head_mac(struct trail *t)
{
    edit_head(t, ",\"mac\":\"", "0123456789abcdef");
}
static void head_missing(struct trail *t)
{
    unlink(t->head);
}
static void head_empty(struct trail *t)
{
    file_write(t->head, SV(""));
}
static void head_garbage(struct trail *t)
{
    file_write(t->head, SV("\x00\xff\x1b[2J\n"));
}
static void head_of_another(struct trail *t, struct trail *o)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    file_read(o->head, &text);
    file_write(t->head, buf_sv(&text));
}
static void head_foreign(struct trail *t)
{
    with_other(t, head_of_another);
}
static void head_missing_and_cut(struct trail *t)
{
    head_missing(t), cut_one(t);
}
static void key_of_another(struct trail *t, struct trail *o)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    file_read(o->key, &text);
    file_write(t->key, buf_sv(&text));
}
static void key_foreign(struct trail *t)
{
    with_other(t, key_of_another);
}
static void key_missing(struct trail *t)
{
    unlink(t->key);
}
static void key_garbage(struct trail *t)
{
    file_write(t->key, SV("hello\n"));
}
static void key_missing_and_edit(struct trail *t)
{
    key_missing(t), edit_value(t);
}
static void key_missing_and_rewrite_one(struct trail *t)
{
    key_missing(t), rewrite_one(t);
}

static void all_garbage(struct trail *t)
{
    cut_all(t);
    line_insert(t, 0, "\x01\x02\xff\xfe");
    line_insert(t, 1, "\x1b]0;title\x07");
}
static void one_long_line(struct trail *t)
{
    static char long_line[3 << 20];
    cut_all(t);
    memset(long_line, 'a', sizeof long_line - 1);
    t->tail = long_line;
}

static const struct way {
    const char *name;
    void (*damage)(struct trail *);
    const char *found; /* "" when there is an error without a record */
} ways[] = {
    {"edit: seq", edit_seq, "3 edited"},
    {"edit: seq to one that is there", edit_seq_to_taken, "3 edited"},
    {"edit: time", edit_ts, "3 edited"},
    {"edit: value", edit_value, "3 edited"},
    {"edit: member's name", edit_name, "3 edited"},
    {"edit: previous hash", edit_prev, "3 edited"},
    {"edit: hash", edit_sha, "3 edited"},
    {"edit: MAC", edit_mac, "3 edited"},
    {"edit: MAC in capitals", uppercase_mac, "3 edited"},
    {"edit: first record", edit_first, "1 edited"},
    {"edit: last record", edit_last, "6 edited"},
    {"edit: last record's MAC", edit_last_mac, "6 edited"},
    {"edit: every record", edit_all, "1 edited, 2 edited, 3 edited, 4 edited, 5 edited, 6 edited"},
    {"edit: a blank between members", add_blank, "3 edited"},
    {"edit: a record of NULs", wipe_with_nuls, "3 edited"},
    {"edit: byte order mark", byte_order_mark, "1 edited"},
    {"edit: CR LF", crlf, "1 edited, 2 edited, 3 edited, 4 edited, 5 edited, 6 edited"},
    {"edit: two lines joined", join_lines, "3 edited, 4 removed"},
    {"edit: one line split", split_line, "3 edited, 4 inserted"},
    {"remove: first", remove_first, "1 removed"},
    {"remove: middle", remove_middle, "3 removed"},
    {"remove: two", remove_two, "3 removed, 4 removed"},
    {"remove one, edit the next", remove_one_edit_next, "3 removed, 4 edited"},
    {"remove one, cut the last", remove_and_cut, "2 removed, 6 truncated"},
    {"cut: last record", cut_one, "6 truncated"},
    {"cut: three records", cut_three, "4 truncated"},
    {"cut: everything", cut_all, "1 truncated"},
    {"cut: inside the fourth", cut_inside_fourth, "4 truncated"},
    {"cut: last newline", cut_last_newline, "6 truncated"},
    {"reorder: neighbours", swap_neighbours, "3 reordered"},
    {"reorder: distant", swap_distant, "2 reordered, 5 reordered"},
    {"reorder: reversed", reverse,
     "2 reordered, 3 reordered, 4 reordered, 5 reordered, 6 reordered"},
    {"reorder: last to the front", last_to_front, "6 reordered"},
    {"reorder: first to the end", first_to_end, "1 reordered"},
    {"duplicate: beside it", duplicate, "4 duplicated"},
    {"duplicate: far before it", duplicate_far, "2 duplicated"},
    {"duplicate: at the end", duplicate_at_end, "7 duplicated"},
    {"duplicate: everything", double_all,
     "7 duplicated, 8 duplicated, 9 duplicated, 10 duplicated, 11 duplicated, 12 duplicated"},
    {"insert: junk", insert_junk, "3 inserted"},
    {"insert: empty line", insert_empty_line, "3 inserted"},
    {"append: empty line", append_empty_line, "7 inserted"},
    {"append: junk", append_junk, "7 inserted"},
    {"append: junk without LF", append_junk_unterminated, "7 inserted"},
    {"insert: forged with right hash", insert_forged, "4 inserted"},
    {"append: forged with right hash", append_forged, "7 inserted"},
    {"rewrite: one", rewrite_one, "3 rewritten"},
    {"rewrite: last", rewrite_last, "6 rewritten"},
    {"rewrite: from the third on", rewrite_from_third,
     "3 rewritten, 4 rewritten, 5 rewritten, 6 rewritten"},
    {"rewrite: all and the head", rewrite_with_head,
     "1 rewritten, 2 rewritten, 3 rewritten, 4 rewritten, 5 rewritten, 6 rewritten"},
    {"rewrite and cut", rewrite_and_cut, "4 rewritten, 5 rewritten, 6 truncated"},
    {"splice: one of another trail", splice_one, "3 inserted"},
    {"splice: over one", splice_over_one, "3 rewritten"},
    {"splice: another trail's tail", splice_tail, "4 rewritten, 5 rewritten, 6 rewritten"},
    {"head: seq", head_seq, "6 edited"},
    {"head: seq beyond", head_seq_beyond, "7 truncated"},
    {"head: hash", head_sha, "6 edited"},
    {"head: MAC", head_mac, "6 edited"},
    {"head: missing", head_missing, "7 truncated"},
    {"head: empty", head_empty, "6 edited"},
    {"head: garbage", head_garbage, "6 edited"},
    {"head: another trail's", head_foreign, "6 edited"},
    {"head: missing, last record cut", head_missing_and_cut, "6 truncated"},
    {"key: another trail's", key_foreign,
     "1 rewritten, 2 rewritten, 3 rewritten, 4 rewritten, 5 rewritten, 6 rewritten"},
    {"key: missing", key_missing, ""},
    {"key: garbage", key_garbage, ""},
    {"key: missing, and an edit", key_missing_and_edit, "3 edited"},
    {"key: missing, and one rewritten", key_missing_and_rewrite_one, "3 rewritten"},
    {"garbage all over", all_garbage, "1 edited, 2 edited, 3 truncated"},
    {"one line of 3 MiB", one_long_line, "1 truncated"},
};

static void test_every_way_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        AUTO(buf_done) struct buf found = BUF_NONE;
        struct trail trail;
        struct audit *audit = NULL;

        trail_make(&trail);
        ways[i].damage(&trail);
        if (ways[i].damage != wipe_with_nuls)
            trail_store(&trail);
        enum err_code code = verify(&trail, &found);
        if (code != ERR_INTEGRITY || strcmp(buf_cstr(&found), ways[i].found) != 0)
            fail_msg("%s: %s, \"%s\" instead of \"%s\"", ways[i].name, err_name(code),
                     buf_cstr(&found), ways[i].found);
        /* nothing is appended to it either */
        assert_int_equal(audit_open(trail.path, &audit, NULL), ERR_INTEGRITY);
        assert_null(audit);
        trail_done(&trail);
    }
}

static void test_every_byte_counts(void **state)
{
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;

    (void)state;
    trail_make(&trail);
    for (char *at = trail.lines[2]; *at != '\0'; at++) {
        *at ^= 1;
        trail_store(&trail);
        assert_int_equal(verify(&trail, &found), ERR_INTEGRITY);
        if (*at != '\n') /* a comma... never becomes one, but a vertical tab would */
            assert_string_equal(buf_cstr(&found), "3 edited");
        *at ^= 1;
    }
    trail_store(&trail);
    assert_int_equal(verify(&trail, &found), OK);
    trail_done(&trail);
}

/* The head knows the record: somebody cut it. */
static void test_a_cut_at_every_byte_is_truncation(void **state)
{
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;

    (void)state;
    trail_make(&trail);
    char *last = trail.lines[--trail.n];
    trail.tail = last;
    for (size_t len = strlen(last) + 1; len-- > 0;) {
        last[len] = '\0';
        trail_store(&trail);
        assert_int_equal(verify(&trail, &found), ERR_INTEGRITY);
        assert_string_equal(buf_cstr(&found), "6 truncated");
    }
    mem_free(last);
    trail_done(&trail);
}

/* The head is the one before: the machine died while the record was written. */
static void test_a_power_cut_at_every_byte_is_torn_and_repaired(void **state)
{
    AUTO(buf_done) struct buf head = BUF_NONE;
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;
    struct audit *audit;

    (void)state;
    trail_make(&trail);
    file_read(trail.head, &head);
    assert_int_equal(audit_open(trail.path, &audit, NULL), OK);
    append(audit, 7);
    audit_close(audit);

    AUTO(buf_done) struct buf text = BUF_NONE;
    file_read(trail.path, &text);
    char *last = strstr(text.ptr, "{\"seq\":7");
    for (size_t len = strlen(last) - 1; len > 0; len -= len > 40 ? 13 : 1) {
        size_t records = 0;
        file_write(trail.path, (struct sv){text.ptr, (size_t)(last - text.ptr) + len});
        file_write(trail.head, buf_sv(&head));
        assert_int_equal(verify(&trail, &found), OK);
        assert_string_equal(buf_cstr(&found), "7 torn");
        /* repaired by verify; the repair is a record of its own */
        assert_int_equal(audit_verify(trail.path, NULL, NULL, true, NULL, NULL, &records, NULL),
                         OK);
        assert_int_equal(records, 6);
        assert_int_equal(
            audit_verify(trail.path, NULL, NULL, true, note_fault, &found, &records, NULL), OK);
        assert_string_equal(buf_cstr(&found), "7 torn");
        assert_int_equal(records, 7);
    }
    trail_done(&trail);
}

/* A file system may lose a block and keep the size: NULs where the record was to be. */
static void test_a_hole_in_the_last_record_is_torn(void **state)
{
    AUTO(buf_done) struct buf head = BUF_NONE;
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;
    struct audit *audit;

    (void)state;
    trail_make(&trail);
    file_read(trail.head, &head);
    assert_int_equal(audit_open(trail.path, &audit, NULL), OK);
    append(audit, 7);
    file_read(trail.path, &text);
    audit_close(audit);

    char *last = strstr(text.ptr, "{\"seq\":7");
    memset(last + 20, 0, 30);
    file_write(trail.path, buf_sv(&text));
    file_write(trail.head, buf_sv(&head));
    assert_int_equal(verify(&trail, &found), OK);
    assert_string_equal(buf_cstr(&found), "7 torn");

    memset(last, 0, strlen(last));
    file_write(trail.path, buf_sv(&text));
    assert_int_equal(audit_open(trail.path, &audit, NULL), OK);
    append(audit, 8);
    audit_close(audit);
    assert_int_equal(verify(&trail, &found), OK);
    assert_string_equal(buf_cstr(&found), "");
    trail_done(&trail);
}

/* A crash between the record and its head: the record counts. */
static void test_a_head_one_behind_is_brought_forward(void **state)
{
    AUTO(buf_done) struct buf head = BUF_NONE;
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;
    struct audit *audit;

    (void)state;
    trail_make(&trail);
    file_read(trail.head, &head);
    assert_int_equal(audit_open(trail.path, &audit, NULL), OK);
    append(audit, 7);
    audit_close(audit);
    file_write(trail.head, buf_sv(&head));
    assert_int_equal(verify(&trail, &found), OK);
    assert_string_equal(buf_cstr(&found), "");

    assert_int_equal(audit_open(trail.path, &audit, NULL), OK);
    append(audit, 8);
    audit_close(audit);
    /* now the old head is too old to be a crash's */
    file_write(trail.head, buf_sv(&head));
    assert_int_equal(verify(&trail, &found), ERR_INTEGRITY);
    assert_string_equal(buf_cstr(&found), "8 edited");
    trail_done(&trail);
}

static void test_a_trail_that_is_gone_is_truncated(void **state)
{
    AUTO(buf_done) struct buf found = BUF_NONE;
    struct trail trail;

    (void)state;
    trail_make(&trail);
    unlink(trail.path);
    assert_int_equal(verify(&trail, &found), ERR_INTEGRITY);
    assert_string_equal(buf_cstr(&found), "1 truncated");
    unlink(trail.head);
    assert_int_equal(verify(&trail, &found), ERR_NOT_FOUND);
    trail_done(&trail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_is_named),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_a_cut_at_every_byte_is_truncation),
        cmocka_unit_test(test_a_power_cut_at_every_byte_is_torn_and_repaired),
        cmocka_unit_test(test_a_hole_in_the_last_record_is_torn),
        cmocka_unit_test(test_a_head_one_behind_is_brought_forward),
        cmocka_unit_test(test_a_trail_that_is_gone_is_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
