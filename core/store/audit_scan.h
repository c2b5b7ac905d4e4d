/*
 * audit_scan: reads a whole trail and names what is wrong with it. What the faults mean and how
 * they are told apart is in README.md.
 */
#ifndef CORE_STORE_AUDIT_SCAN_H
#define CORE_STORE_AUDIT_SCAN_H

#include "core/base/vec.h"
#include "core/store/audit.h"
#include "core/store/audit_record.h"

enum audit_head_trust {
    AUDIT_HEAD_GOOD,
    AUDIT_HEAD_WRONG, /* malformed, or its MAC is not right */
    AUDIT_HEAD_MISSING,
};

struct audit_finding {
    size_t record;
    enum audit_fault fault;
};

struct audit_scan {
    /* what to go by */
    const struct secret *key; /* NULL: only the hashes are looked at */
    enum audit_head_trust head_trust;
    struct audit_link head;
    /* what was found */
    VEC(struct audit_finding) findings; /* by record; vec_free it */
    size_t records;                     /* genuine ones */
    struct audit_link last;             /* the last of them */
    int64_t whole_bytes;                /* where a torn last line begins, else the file's size */
    bool torn;                          /* a torn last line is the only fault */
};

/* Fills the second half of *scan from the file behind fd. ERR_IO when it cannot be read. */
enum err_code audit_scan_file(struct audit_scan *scan, int fd, struct err *err);

#endif
