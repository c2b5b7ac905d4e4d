/*
 * helper_hostile: hostile strings, and an AWS that puts them wherever AWS lets text stand.
 */
#ifndef TESTS_UNIT_SCREENS_HELPER_HOSTILE_H
#define TESTS_UNIT_SCREENS_HELPER_HOSTILE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/str.h"
#include "core/base/vec.h"
#include "tests/support/server.h"

/* A whole reply, and how many strings are in it. */
struct hostile_made {
    const void *reply;
    size_t n_ous;
    size_t n_items;
    struct buf body;
};

/* The strings of hostile-terminal.jsonl. What JSON carries is UTF-8; XML 1.0 carries less (section
 * 2.2). The lists are indices into all. */
struct hostile {
    VEC(struct buf) all;
    VEC(size_t) json; /* without NUL, which our reader refuses */
    VEC(size_t) nul;  /* with it: \u0000 in JSON */
    VEC(size_t) xml;
    pthread_mutex_t lock; /* of what is made once */
    VEC(struct hostile_made) made;
};

/* False when there is no such file. */
bool hostile_read(struct hostile *hostile, const char *path);
void hostile_done(struct hostile *hostile);

enum hostile_way {
    HOSTILE_NAMES,  /* in the names, ids, tags and descriptions of replies that are well formed */
    HOSTILE_ERRORS, /* as code and message of errors that are well formed */
    HOSTILE_BYTES,  /* as they are: in the head, in the body, in what calls itself JSON or XML */
};

/* The server's side: one organization of one account, and in the errors' way of many regions. */
struct hostile_aws {
    struct hostile *hostile;
    enum hostile_way way;
    int n_regions;
    size_t n_ous;
    atomic_size_t n_json, n_xml, n_bytes;    /* errors given, each with the next string */
    atomic_size_t n_named_json, n_named_xml; /* different strings in the fullest reply given */
    atomic_size_t n_other;
};

enum server_next hostile_answer(void *hostile_aws, const struct server_request *request);

#endif
