/*
 * helper_leak: secrets that are looked for, in whatever form they may have gone: as they are, in
 * hex of either case, in base64 at each of its three alignments.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_LEAK_H
#define TESTS_UNIT_SCREENS_HELPER_LEAK_H

#include <sys/types.h>

#include "core/base/str.h"
#include "core/base/vec.h"

struct leak_form {
    char *bytes;
    size_t len, secret; /* its number in leaks */
    const char *name;   /* "hex" */
    bool code;          /* a few digits: no letter and no digit stands beside them */
    size_t next;        /* another one that begins alike, plus 1; 0: none */
};

struct leaks {
    VEC(char *) what; /* of each secret */
    VEC(struct leak_form) forms;
    size_t first[1 << 16]; /* by the hash of the first bytes: a form, plus 1 */
};

void leaks_init(struct leaks *leaks);
void leaks_done(struct leaks *leaks);
/* One more, of 6 bytes at least; what says in a word which it is. The same secret twice is one. */
void leaks_add(struct leaks *leaks, const char *what, struct sv secret);
/* The secrets of the file that the sandbox writes (--secrets). */
void leaks_add_file(struct leaks *leaks, const char *path);

/* Each of these appends a line to found for what it finds: which secret, in which form, where. */

void leaks_find(const struct leaks *leaks, struct sv bytes, const char *where, struct buf *found);
/* All files below dir, but those for which leave_out is true. */
void leaks_find_files(const struct leaks *leaks, const char *dir,
                      bool (*leave_out)(const char *path), struct buf *found);
/* What a core of pid would hold: its readable memory but what is kept out of dumps. False when it
 * may not be read. */
bool leaks_find_memory(const struct leaks *leaks, pid_t pid, struct buf *found);

#endif
