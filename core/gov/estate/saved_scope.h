/*
 * saved_scope: selections that were given a number and a name: the keys 1 to 9.
 *
 * They stand in scopes.json of the state folder, which people may edit too:
 *     {"scopes": [{"number": 1, "name": "shop", "accounts": "shop-*", "regions": "eu-*"}]}
 */
#ifndef CORE_GOV_SAVED_SCOPE_H
#define CORE_GOV_SAVED_SCOPE_H

#include "core/gov/gov.h"

#define SAVED_SCOPES          9 /* numbers 1 to 9 */
#define SAVED_SCOPE_NAME_SIZE 33

struct saved_scope {
    char name[SAVED_SCOPE_NAME_SIZE]; /* "": there is none of this number */
    struct selection selection;
};

struct saved_scopes {
    struct saved_scope by_number[SAVED_SCOPES + 1]; /* the one of 0 is never used: that is all */
};

/* Where they are kept in dir; "" when it does not fit. */
void saved_scopes_path(const char *dir, char *path, size_t size);

/*
 * Reads path; a missing file is no scopes. ERR_CONFIG names the file and what is wrong in it, then
 * nothing of it counts; ERR_IO, ERR_TOO_BIG as os_read_file has them.
 */
enum err_code saved_scopes_read(const char *path, struct saved_scopes *scopes, struct err *err);

/*
 * Reads path anew, gives number (1 to 9) to scope (a name of "" frees it), and writes the whole
 * atomically, under a lock of all processes; *scopes is what the file then holds. A file that
 * cannot be read is left as it is: the error is that of saved_scopes_read. Blocks: not on RUN_UI.
 */
enum err_code saved_scopes_put(const char *path, int number, const struct saved_scope *scope,
                               struct saved_scopes *scopes, struct err *err);

/* Whether name may be one: 1 to 32 letters, digits, '-', '_' or '.', not a number alone, not a word
 * of the command `scope`. */
bool saved_scope_name_is_good(struct sv name);
/* The number of what a person calls by number or name; 0 when nothing is saved under that. */
int saved_scopes_find(const struct saved_scopes *scopes, struct sv number_or_name);
/* The number of the one that selects just this; 0 when there is none. */
int saved_scopes_of(const struct saved_scopes *scopes, const struct selection *selection);
/* Appends "1 shop, 2 prod" for messages; "none" without any. */
void saved_scopes_names(const struct saved_scopes *scopes, struct buf *out);
/* What is saved in the state folder dir under number_or_name ("0" and "all" are everything), into
 * *selection. ERR_USAGE names what there is; errors as saved_scopes_read. */
enum err_code saved_scopes_select(const char *dir, struct sv number_or_name,
                                  struct selection *selection, struct err *err);

/* --- those of a console ---------------------------------------------------------------------- */

/* As they were when the console started or last saved one; *err: OK, or why the file counts for
 * nothing. Borrowed; on RUN_UI. */
const struct saved_scopes *gov_scopes(const struct gov *gov, struct err *err);
/* saved_scopes_put on RUN_WORKER; done fires on RUN_UI, once, unless asking is closed. On RUN_UI.
 */
void gov_save_scope(struct gov *gov, int number, const struct saved_scope *scope,
                    struct scope *asking, void (*done)(void *arg, const struct err *err),
                    void *arg);

#endif
