/*
 * text: the one door for text that comes from outside.
 *
 * Whatever AWS, a file, a node or an environment variable says reaches a terminal, a log line, an
 * error or a report only as clusters that text_next hands out: one printable base character with
 * at most TEXT_MARKS_MAX combining marks, of known width. Everything else is replaced, never
 * deleted (deleting can splice a new escape sequence together), by a visible stand-in:
 *   C0, DEL, C1             a caret pair: ^[ for ESC, ^G for BEL, ~[ for U+009B
 *   bidi, invisible         <U+202E>: what the table gives no column
 *   unassigned, private     U+FFFD for each column that the table gives it
 *   marks without a base,   one U+FFFD for the whole run of them
 *     or beyond the fourth
 *   invalid UTF-8           U+FFFD for each maximal bad part (Unicode 15, 3.9, best practice)
 * Widths and what is printable come from one pinned table (core/base/text_width.h), not libc, and
 * the same table is what the conformance drivers check. In a locale that is not UTF-8,
 * text_ascii_only makes every non-ASCII cluster a '?' per column.
 */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

#define TEXT_MARKS_MAX     4
#define TEXT_CLUSTER_BYTES 40

enum text_mode {
    TEXT_LINE,     /* one line: LF, tab and the rest of the controls are replaced */
    TEXT_BLOCK,    /* LF ends a line (a cluster with newline set), tab becomes 4 blanks */
    TEXT_IDENTITY, /* ids, ARNs, names to type: ASCII only. The rest is shown as \u{XXXX}, a byte of
                      invalid UTF-8 as \x{XX}; ASCII controls as elsewhere */
};

struct text_cluster {
    char bytes[TEXT_CLUSTER_BYTES]; /* UTF-8, NUL-terminated */
    uint8_t len;                    /* bytes */
    uint8_t width;                  /* columns */
    bool stand_in;                  /* not what was in the input: draw it dim */
    bool newline;                   /* TEXT_BLOCK only: width 0, len 0 */
};

struct text_iter {
    struct sv rest;
    enum text_mode mode;
};

/* The next cluster of iter; false at the end. Any bytes are fine. */
bool text_next(struct text_iter *iter, struct text_cluster *cluster);

/* How many bytes at the front of text are printable ASCII that no mark follows: text_next would
 * hand out each of them as a cluster of its own. For those who go through much text. */
size_t text_plain_run(struct sv text, enum text_mode mode);

/* Appends the safe form of text to out. */
void text_safe(struct buf *out, struct sv text, enum text_mode mode);
/* As text_safe into dst[size]; cut at a cluster's edge, always terminated. Returns the columns (of
 * the widest line in TEXT_BLOCK). */
size_t text_safe_copy(char *dst, size_t size, struct sv text, enum text_mode mode);
/* Columns that the safe form of text takes (of its longest line in TEXT_BLOCK). */
size_t text_width(struct sv text, enum text_mode mode);

/* Every non-ASCII cluster becomes '?' per column from now on (C locale). Call before threads. */
void text_ascii_only(bool on);
bool text_is_ascii_only(void);

/* From the pinned table: 0 for combining, 1 or 2 for printable; -1 when it must be replaced. */
int text_codepoint_width(uint32_t codepoint);

/* Strict UTF-8 (RFC 3629). Decodes one code point, returns the bytes used; *codepoint is
 * UINT32_MAX for a maximal bad part (whose length is returned). 0 at the end of text. */
size_t utf8_decode(struct sv text, uint32_t *codepoint);
/* Returns the bytes written (1..4), 0 for a surrogate or a value above U+10FFFF. */
size_t utf8_encode(uint32_t codepoint, char bytes[4]);

#endif
