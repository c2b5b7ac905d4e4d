/*
 * rows: what a list is to those who draw, export or compare it, whatever stands behind it.
 *
 * This header is the whole of core/model that tui/ may know.
 */
#ifndef CORE_MODEL_ROWS_H
#define CORE_MODEL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

enum column_type {
    COL_TEXT,     /* anything people wrote: names, descriptions */
    COL_IDENTITY, /* ids, ARNs, names to type: shown in ASCII, the rest escaped */
    COL_COUNT,    /* a number, right-aligned */
    COL_SIZE,     /* bytes; shown as "1.4M", exported as their number */
    COL_TIME,     /* wall clock in ms; shown as an age, exported as ISO 8601 */
    COL_DURATION, /* ms; shown as "6d", exported as seconds under NAME (so name it ..._s) */
    COL_SEVERITY, /* text CRITICAL HIGH MEDIUM LOW INFO: sorted by rank, drawn with its sign */
    COL_STATUS,   /* text with a meaning: a theme table maps it to a sign and a style */
    COL_BOOL,
    COL_NUMBERS, /* text: numbers with blanks between them; in JSON an array of them */
};

enum column_flags {
    COL_KEY = 1 << 0,        /* part of the row's identity */
    COL_HIDDEN = 1 << 1,     /* exported and filtered, not drawn */
    COL_MIDDLE_CUT = 1 << 2, /* too long: keep both ends (ARNs) */
    COL_WHEN_MANY = 1 << 3,  /* drawn only when its values differ (account, region) */
    COL_INTERNED = 1 << 4,   /* few distinct values: stored once each */
    COL_DESCENDING = 1 << 5, /* the first press of sort puts the largest first */
    COL_PRIVATE = 1 << 6,    /* for sorting alone, behind all others: no part of struct rows */
    COL_SECRET = 1 << 7,     /* shown, and never kept on the disk; no part of the identity */
};

struct column {
    const char *id;    /* snake_case: the JSON key, the csv header, the filter's col: name */
    const char *title; /* "ACCOUNT" */
    enum column_type type;
    unsigned flags;
    uint8_t width_min; /* columns of the terminal */
    uint8_t width_max; /* 0: as wide as there is room */
    /* When the terminal is narrow, the highest rank is left out first; 0 never. One of 4 and more
     * is left out before others are cut much. */
    uint8_t rank;
};

struct cell {
    struct sv text; /* raw bytes, borrowed while the rows live; pass them through the text door */
    int64_t number; /* COL_COUNT, COL_SIZE, COL_TIME, COL_DURATION, COL_BOOL */
    bool absent;    /* not known: drawn as "-", null in JSON; sorted last */
};

/* How a row stands in a tree. */
struct outline {
    size_t depth;   /* 0 at the top */
    size_t n_below; /* its children and theirs, shown or not; 0 for a leaf */
    bool is_folded;
};

/* A list of rows in the order they are shown. All calls on the UI runner, none may block. */
struct rows {
    const struct column *columns;
    size_t n_columns;
    size_t count;
    /* row is 0..count-1 */
    void (*cell)(const struct rows *rows, size_t row, size_t column, struct cell *cell);
    /* A stable identity: the same thing has the same key after a filter, a sort and a refresh. */
    uint64_t (*key)(const struct rows *rows, size_t row);
    /* Where that identity stands now; SIZE_MAX when it is not (or no longer) shown. */
    size_t (*find)(const struct rows *rows, uint64_t key);
    /* NULL but for trees: how a row stands there. */
    void (*outline)(const struct rows *rows, size_t row, struct outline *outline);
    const void *ctx;
};

/* Appends the value as a person reads it, safe for a terminal: "-" when it is absent, ages counted
 * from clock_display_ms. */
void cell_text(const struct column *column, const struct cell *cell, struct buf *out);
/* How many of the columns stand before the first COL_PRIVATE one. */
size_t columns_public(const struct column *columns, size_t n_columns);
/* The column of that id, or NULL. */
const struct column *column_find(const struct column *columns, size_t n_columns, struct sv id);
/*
 * The column that a person means by word: the one of that id, else of that title (in either case,
 * `_` for blanks and the like), else the only public one whose id or title begins so. NULL when
 * there is none, or more than one. Pure.
 */
const struct column *column_meant(const struct column *columns, size_t n_columns, struct sv word);
/*
 * For who meant none: appends "no column "sevv" here; did you mean severity?", and behind it the
 * ids that begin so, or all there are. Pure.
 */
void column_explain(const struct column *columns, size_t n_columns, struct sv word,
                    struct buf *out);

#define SEVERITY_MAX 5
/* 1 INFO, 2 LOW, 3 MEDIUM, 4 HIGH, 5 CRITICAL (in either case); 0 for any other text. */
int severity_rank(struct sv text);

#endif
