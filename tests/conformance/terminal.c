/*
 * terminal: every hostile string through every door, in UTF-8 and in a locale that has ASCII only.
 *
 * The judge's table is width-cases.tsv beside the cases, when there is one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
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

static void check_case(const struct judge *judge, struct sv line, struct tally *tally)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err err;
    char id[64];

    if (json_parse(line, "case", &tree, &err) != OK) {
        case_fail(tally, "?", "%s", err.message);
        return;
    }
    sv_copy(json_sv(tree, "id"), id, sizeof id);
    if (!base64_decode(&text, json_sv(tree, "b64"))) {
        case_fail(tally, id, "its text is no base64");
        return;
    }
    text_ascii_only(false);
    bool ok = passes_all(judge, buf_sv(&text), false, id, tally);
    text_ascii_only(true);
    ok = ok && passes_all(judge, buf_sv(&text), true, id, tally);
    text_ascii_only(false);
    if (ok)
        case_ok(tally, id);
}

static bool init_judge(struct judge *judge, const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf table = BUF_NONE;
    char sibling[4096];
    const char *slash = strrchr(path, '/');
    int n_folder = slash != NULL ? (int)(slash - path) + 1 : 0;

    snprintf(sibling, sizeof sibling, "%.*swidth-cases.tsv", n_folder, path);
    if (access(sibling, F_OK) == 0 && !case_read_file(tally, sibling, &table))
        return false;
    if (judge_init(judge, buf_sv(&table)))
        return true;
    case_fail(tally, sibling, "malformed");
    return false;
}

void driver_terminal(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(judge_done) struct judge judge = {0};

    if (!case_read_file(tally, path, &text) || !init_judge(&judge, path, tally))
        return;
    for (struct sv rest = buf_sv(&text); rest.len != 0;) {
        struct sv line = sv_split(&rest, '\n');
        if (sv_trim(line).len != 0)
            check_case(&judge, line, tally);
    }
}
