/*
 * folder: what is in a folder, here or there, and which names are none. Pure.
 */
#ifndef CORE_SESSION_SSH_FOLDER_H
#define CORE_SESSION_SSH_FOLDER_H

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/vec.h"

#define FOLDER_DEPTH_MAX 64     /* folders within folders */
#define FOLDER_NAMES_MAX 100000 /* in one of them */

enum folder_kind { FOLDER_FILE, FOLDER_FOLDER, FOLDER_LINK, FOLDER_OTHER };
/* "a symbolic link", "no regular file": why it is left out; "" for what is copied. */
const char *folder_left_out(enum folder_kind kind);

struct folder_entry {
    char *name; /* raw; cut at a NUL */
    bool is_name;
    enum folder_kind kind;
    unsigned mode; /* of permissions, 0777 */
};

/* Zero-initialised is empty; folder_list_done frees it. */
struct folder_list {
    VEC(struct folder_entry) entries;
};

/* A copy of name; whatever it is, it can be printed and freed. */
void folder_list_add(struct folder_list *list, struct sv name, enum folder_kind kind,
                     unsigned mode);
void folder_list_sort(struct folder_list *list); /* by bytes */
/* Empties it; an empty one is allowed. */
void folder_list_done(struct folder_list *list);

/* Whether text is the name of something in a folder, and leads nowhere else: not "", "." or "..",
 * and without '/' and NUL. */
bool folder_is_name(struct sv text);
/* Appends folder/name. */
void folder_join(struct buf *out, const char *folder, struct sv name);
/* What a path ends with: "b" of "/a/b/"; "" of "/" and "". Borrowed. */
struct sv folder_last_name(const char *path);
/* Whether the rest of a folder can still be copied after that failure: it was about one file. */
bool folder_goes_on(const struct err *err);

#endif
