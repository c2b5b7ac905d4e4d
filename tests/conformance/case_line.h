/*
 * case_line: cases that stand one a line in a file, with bytes in base64 and what is expected in
 * words: `{"id":..,"name":..,"b64":..,"expect":"fail:1002 no alloc"}`.
 */
#ifndef TESTS_CONFORMANCE_CASE_LINE_H
#define TESTS_CONFORMANCE_CASE_LINE_H

#include "core/base/json.h"
#include "tests/conformance/driver.h"

struct case_line {
    const cJSON *json;
    char id[128]; /* "ws-001 text Hello" */
    struct sv bytes;
    char expect[256]; /* without what stands in brackets */
};

typedef void case_line_fn(const struct case_line *line, void *arg);

/* Calls fn for each line of text; *number of the first that is no case, 0 when all are. */
void case_lines_each(struct sv text, case_line_fn *fn, void *arg, size_t *bad_line);

/* Whether `word` is among the words of expect, apart by blanks. */
bool case_line_says(const struct case_line *line, const char *word);

/* Appends the bytes of text in hex; false when it is none. */
bool case_hex(struct sv text, struct buf *out);
/* Reports the case `SECTION NAME` of a vector: passed when wrong is NULL, else failed for that. */
void case_named(struct tally *tally, const char *section, const cJSON *vector, const char *wrong);

/* For `bounded` and `no alloc`: memory that was taken since a reading, and what is too much. */
#define CASE_BOUND_KIB 32768

#endif
