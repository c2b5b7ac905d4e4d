/*
 * driver: what a conformance driver is given, and what it owes.
 *
 * A driver reads the cases at PATH and reports each exactly once, by case_ok, case_fail or
 * case_skip. What it cannot read is a failed case too. Adding one: a line in drivers.def, and a
 * file that defines driver_NAME.
 */
#ifndef TESTS_CONFORMANCE_DRIVER_H
#define TESTS_CONFORMANCE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

struct tally {
    size_t n_passed, n_failed, n_skipped;
};

/* One line each: `ok ID`, `FAIL ID reason`, `skip ID reason`. Ids and reasons may hold any bytes.
 */
void case_ok(struct tally *tally, const char *id);
void case_fail(struct tally *tally, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void case_skip(struct tally *tally, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads the whole file at path into *text; when it cannot, that is a failed case, and false. */
bool case_read_file(struct tally *tally, const char *path, struct buf *text);

#define DRIVER(name, what) void driver_##name(const char *path, struct tally *tally);
#include "tests/conformance/drivers.def"
#undef DRIVER

#endif
