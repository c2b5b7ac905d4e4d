/*
 * filter: what a person types behind `/`.
 *
 * Terms apart by blanks, all must hold:
 *   text        substring of any text or count, case-insensitive when it has no upper case letter
 *   !term       not that
 *   ~text       fuzzy: the letters in this order, in one column
 *   col:value   substring in that column; col:=value exactly
 *   col:>10     also < >= <=, for numbers; as := does, it takes what suits the column:
 *               durations "6d", times "2026-03-01" or an age "2h" (col:<2h: younger), and on
 *               COL_SEVERITY a severity (severity:>=HIGH)
 *   tag:k=v     in a column named tags ("k=v" pairs apart by blanks): tag k with v in its value;
 *               tag:=k=v that pair exactly; tag:k a tag with k in its name
 *   "a b"       quotes keep blanks together and take the meaning from ! ~ : = < >; \" is a quote
 *
 * Case is that of ASCII; other letters match as they are. col is an id, a title as the header has
 * it ("sev", "SEV", "read_only"), or the beginning of one that no other column has. What has
 * capitals and is no column's is a text: AWS::EC2::Instance, and so is a pasted arn:aws:... .
 */
#ifndef CORE_MODEL_FILTER_H
#define CORE_MODEL_FILTER_H

#include "core/base/err.h"
#include "core/model/rows.h"

struct filter;

/*
 * Parses text against the columns of the table it will be used on. On success *filter is the
 * caller's. ERR_USAGE (unknown column, number expected, ...) with a message that names the term.
 * What is not finished yet while it is typed ("!", "~", "col:", an open quote) is no error. An
 * empty text gives a filter that keeps everything. Ages count from the display clock, now.
 */
enum err_code filter_parse(struct sv text, const struct column *columns, size_t n_columns,
                           struct filter **filter, struct err *err);
void filter_free(struct filter *filter); /* any thread; NULL is allowed */

/* Whether whatever `to` keeps `from` keeps too, so that `to` can be computed from its rows
 * (narrowing). NULL keeps everything. May say no when it is so, never yes when it is not. */
bool filter_narrows(const struct filter *from, const struct filter *to);

/* The substrings that the filter asks for, to be highlighted: at most max, borrowed while the
 * filter lives. Returns how many. */
size_t filter_words(const struct filter *filter, struct sv *words, size_t max);

#endif
