/*
 * rows_gen: the rows that benchmarks run on, the same for every program that is measured. Each is
 * unique; services, types, accounts, regions and states are as skewed as in a real organization.
 */
#ifndef TESTS_BENCH_ROWS_GEN_H
#define TESTS_BENCH_ROWS_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/rows.h"

enum gen_column {
    GEN_ID,
    GEN_NAME,
    GEN_TYPE,
    GEN_ACCOUNT,
    GEN_REGION,
    GEN_STATUS,
    GEN_TIME,
    GEN_COLUMNS
};
extern const struct column gen_columns[GEN_COLUMNS];

struct gen_row {
    char id[32];
    char name[64];
    char type[48];
    char account[16];
    const char *region;
    const char *status;
    int64_t time_ms;
};

/* Row number n of the endless list; n below 2^32. */
void gen_row(size_t n, struct gen_row *row);
/* The row as one line of about 95 bytes, without its end. line holds GEN_LINE_SIZE. */
#define GEN_LINE_SIZE 256
void gen_line(size_t n, char *line);

#endif
