/*
 * json_pull: reads JSON while it checks it, in one pass and without a tree: for texts that come by
 * the million and of which a few members are wanted.
 *
 * What is read on the way is sound as far as it goes; that the document is one, as strictly as
 * json_parse has it, is what json_pull_end says. Nothing may be done with it before.
 */
#ifndef CORE_BASE_JSON_PULL_H
#define CORE_BASE_JSON_PULL_H

#include "core/base/json_scan.h"

struct json_pull {
    struct scan scan;
    uint64_t is_object; /* a bit for each bracket that is open, the innermost lowest */
    bool is_first;      /* no member of the innermost has been asked for */
};

/* Stands before the first value of text, which is borrowed until the end. */
void json_pull_begin(struct json_pull *pull, struct sv text);

/* Enters the value at hand when it begins with bracket, '{' or '['. If not, it is still to be read.
 */
bool json_pull_enter(struct json_pull *pull, char bracket);
/* The next member or element of what was entered last, whose value is to be entered or read next;
 * key (SV_NONE for elements) without its quotes, escapes and all. False at the end, which is left
 * by that, and when something is wrong. */
bool json_pull_next(struct json_pull *pull, struct sv *key);

/* Reads the value at hand: as it is written. */
struct sv json_pull_raw(struct json_pull *pull);
/* What it says, if it is a string, else SV_NONE. Borrowed from the document, or from scratch, which
 * is replaced, where the string has escapes. */
struct sv json_pull_text(struct json_pull *pull, struct buf *scratch);
/* The same, added to out. False when it is no string, or out is full. */
bool json_pull_add(struct json_pull *pull, struct buf *out);

/* OK when all that was read, and the end of the text, make one document; else ERR_PARSE, with
 * where.
 */
enum err_code json_pull_end(struct json_pull *pull, const char *where, struct err *err);

#endif
