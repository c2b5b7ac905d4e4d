/*
 * judge: says whether bytes are harmless on a terminal.
 *
 * Its UTF-8 is decoded by another method than that of core/base/text.c, and its table is read from
 * the file of the cases, so that an error in ours cannot hide in both.
 */
#ifndef TESTS_CONFORMANCE_JUDGE_H
#define TESTS_CONFORMANCE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

#define JUDGE_MARKS_MAX 4

enum judge_action { JUDGE_UNKNOWN, JUDGE_PRINT, JUDGE_COMBINE, JUDGE_REPLACE };

struct judge_rule {
    uint8_t width;
    uint8_t action; /* enum judge_action */
};

struct judge {
    struct judge_rule *rules; /* one a code point */
};

/* Reads one line of a table: a range, its width and what is done with it. False when malformed, as
 * is a mark that has a width and a character that has none; *is_comment when it says nothing. */
struct judge_range {
    uint32_t first, last;
    struct judge_rule rule;
};
bool judge_parse_range(struct sv line, struct judge_range *range, bool *is_comment);

/* The table in text (width-cases.tsv): 0, or the first line that is malformed. About code points
 * that it does not mention there is no independent opinion: they are judged by core/base/text.h. */
size_t judge_init(struct judge *judge, struct sv text);
void judge_done(struct judge *judge);

enum {
    JUDGE_LINES = 1, /* LF may occur */
    JUDGE_ASCII = 2, /* nothing but ASCII may occur */
};

/*
 * NULL when bytes are printable UTF-8 as the table has it, with at most JUDGE_MARKS_MAX marks on
 * a base and none without one; else what is wrong, a constant, and where in *at. *columns gets the
 * width of the widest line.
 */
const char *judge_bytes(const struct judge *judge, struct sv bytes, unsigned flags, size_t *at,
                        size_t *columns);

#endif
