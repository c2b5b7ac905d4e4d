/*
 * terminal: every hostile string through every door, in UTF-8 and in a locale that has ASCII only.
 *
 * The judge's table is width-cases.tsv beside the cases, when there is one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/doors.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/judge.h"

static const struct door {
    const char *name;
    unsigned flags;
    void (*pass)(struct buf *out, struct sv text);
} doors[] = {
#define DOOR(name, flags) {#name, flags, door_##name},
#include "tests/conformance/doors.def"
#undef DOOR
};

/* The widths that the door reports are those that the judge counts. */
static const char *check_widths(const struct judge *judge, struct sv text, enum text_mode mode)
{
    struct text_iter iter = {text, mode};
    struct text_cluster c;
    size_t at, columns;

    while (text_next(&iter, &c)) {
        const char *fault = judge_bytes(judge, (struct sv){c.bytes, c.len}, 0, &at, &columns);
        if (fault != NULL)
            return fault;
        if (columns != c.width || (c.width == 0) != c.newline)
            return "a cluster has a wrong width";
    }
    return NULL;
}

static bool passes(const struct judge *judge, const struct door *door, struct sv text, bool ascii,
                   const char *id, struct tally *tally)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    size_t at, columns;

    door->pass(&out, text);
    unsigned flags = door->flags | (ascii ? JUDGE_ASCII : 0);
    const char *fault = judge_bytes(judge, buf_sv(&out), flags, &at, &columns);
    if (fault != NULL)
        case_fail(tally, id, "%s%s: %s at byte %zu", door->name, ascii ? ", ASCII only" : "", fault,
                  at);
    return fault == NULL;
}

static bool passes_all(const struct judge *judge, struct sv text, bool ascii, const char *id,
                       struct tally *tally)
{
    for (size_t i = 0; i < ARRAY_LEN(doors); i++) {
        if (!passes(judge, &doors[i], text, ascii, id, tally))
            return false;
    }
    for (enum text_mode mode = TEXT_LINE; mode <= TEXT_IDENTITY; mode++) {
        const char *fault = check_widths(judge, text, mode);
        if (fault != NULL) {
            case_fail(tally, id, "clusters: %s", fault);
            return false;
        }
    }
    return true;
}

static struct judge
    judge; /* of this run: the cases come one by one, without anything beside them */

static void check_case(const struct case_line *line, struct tally *tally)
{
    text_ascii_only(false);
    bool ok = passes_all(&judge, line->bytes, false, line->id, tally);
    text_ascii_only(true);
    ok = ok && passes_all(&judge, line->bytes, true, line->id, tally);
    text_ascii_only(false);
    if (ok)
        case_ok(tally, line->id);
}

static bool init_judge(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf table = BUF_NONE;
    char sibling[4096];
    const char *slash = strrchr(path, '/');
    int n_folder = slash != NULL ? (int)(slash - path) + 1 : 0;

    snprintf(sibling, sizeof sibling, "%.*swidth-cases.tsv", n_folder, path);
    if (access(sibling, F_OK) == 0 && !case_read_file(tally, sibling, &table))
        return false;
    size_t wrong_line = judge_init(&judge, buf_sv(&table));
    if (wrong_line != 0)
        case_fail(tally, sibling, "malformed in line %zu", wrong_line);
    return wrong_line == 0;
}

void driver_terminal(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (case_read_file(tally, path, &text) && init_judge(path, tally))
        case_lines_each(tally, buf_sv(&text), CASE_BYTES_ALONE, check_case);
    judge_done(&judge);
}
