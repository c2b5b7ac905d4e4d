/*
 * case_line: cases that stand one a line in a file, with bytes in base64 and what is expected in
 * words: `{"id":..,"name":..,"b64":..,"expect":"fail:1002 no alloc"}`. The first word is the
 * outcome, or some of which one must hold (`reject or ignore`, `reject|ignore`); what stands behind
 * it is checked by rules. Case and punctuation between the words do not count, and what stands in
 * brackets is a remark. Cases that all expect the same say nothing of it.
 */
#ifndef TESTS_CONFORMANCE_CASE_LINE_H
#define TESTS_CONFORMANCE_CASE_LINE_H

#include "core/base/json.h"
#include "tests/conformance/driver.h"

struct case_line {
    const cJSON *json;
    char id[128]; /* "ws-001 text Hello"; an id that is a number is its digits */
    struct sv bytes;
    char expect[256]; /* without what stands in brackets; "" where cases need not say it */
};

enum case_form { CASE_EXPECTS, CASE_BYTES_ALONE }; /* whether each has to say what is expected */

typedef void case_line_fn(const struct case_line *line, struct tally *tally);

/* Calls fn for each line of text that is not empty. One that is no case has failed: which, and for
 * want of what, is reported; those behind it are carried out all the same. */
void case_lines_each(struct tally *tally, struct sv text, enum case_form form, case_line_fn *fn);
/* Reports that line `number` (from 1) is no case, and for want of what. */
void case_line_fail(struct tally *tally, size_t number, const char *wrong);
/* The id of a case, which may be a number; false when it has none. */
bool case_line_id(const cJSON *json, char *out, size_t size);

/* What words behind the outcome ask for: "no alloc". */
struct case_rule {
    const char *phrase;
    /* What is wrong, NULL: nothing is. NULL for what cannot be wrong once the case has come to its
     * end, as it has by then. */
    const char *(*check)(const void *subject);
};

/* Checks the words of text by their rules: what is wrong with the first that is broken, NULL when
 * none is. Words of no rule are added to *unknown, a blank between them. */
const char *case_check(struct sv text, const struct case_rule *rules, size_t n_rules,
                       const void *subject, struct buf *unknown);
/* The verdict: failed when something is wrong; skipped, and the words named, when there are unknown
 * ones, as nobody has looked for them; else passed. */
void case_report(struct tally *tally, const char *id, const char *wrong, const struct buf *unknown);
/* Takes the next alternative off *expect: "accept or reject", "accept|reject". False at the end. */
bool case_alternative(struct sv *expect, struct sv *one);
/* Takes the outcome off *text: up to the first blank, without the punctuation behind it. */
struct sv case_outcome(struct sv *text);

/* Appends the bytes of text in hex; false when it is none. */
bool case_hex(struct sv text, struct buf *out);
/* Reports the case `SECTION NAME` of a vector: passed when wrong is NULL, else failed for that. */
void case_named(struct tally *tally, const char *section, const cJSON *vector, const char *wrong);

/* For `bounded` and `no alloc`: memory that was taken since a reading, and what is too much. */
#define CASE_BOUND_KIB 32768

#endif
