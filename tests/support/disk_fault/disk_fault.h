/*
 * disk_fault: a disk that fails when it is told to. Stands in front of libc's calls in the program
 * it is linked into, so that every test of a store can sweep over all of them.
 */
#ifndef TESTS_SUPPORT_DISK_FAULT_H
#define TESTS_SUPPORT_DISK_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum disk_call {
    DISK_OPEN = 1 << 0, /* open and mkostemp */
    DISK_WRITE = 1 << 1,
    DISK_SYNC = 1 << 2, /* fsync and fdatasync */
    DISK_RENAME = 1 << 3,
    DISK_CUT = 1 << 4, /* ftruncate */
    DISK_ALL = (1 << 5) - 1,
};

/*
 * The nth call of the kinds in `calls` from now on (1 is the next) fails with error, and all later
 * ones too when for_ever. error 0: a write writes half of what it is given, once.
 */
void disk_fail(unsigned calls, size_t nth, int error, bool for_ever);
/* The disk is well again. Returns whether the fault has come to pass. */
bool disk_heal(void);

#endif
