/*
 * golden: screens as they ought to be, kept in files.
 */
#ifndef TESTS_HARNESS_GOLDEN_H
#define TESTS_HARNESS_GOLDEN_H

#include <stdbool.h>

#include "core/base/str.h"

/*
 * Whether screen equals the file `path`. When it does not, *report (appended to) says what is
 * different, line by line. With WATCHDECK_GOLDEN=rewrite in the environment the file is written
 * instead and the answer is true; where CI is set that is refused, and the answer is false.
 */
bool golden_equals(const char *path, struct sv screen, struct buf *report);

#endif
