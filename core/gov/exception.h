/*
 * exception: what somebody has allowed to stay as it is, for a reason and until a day.
 *
 * The file is JSON:
 *
 *   {"exceptions": [
 *     {"account": "shop", "region": "eu-*", "resource": "sg-0ab1", "type": "unrestricted_*",
 *      "owner": "payments team", "reason": "partner VPN until the migration", "expires":
 *      "2027-01-31"}
 *   ]}
 *
 * account, region, resource and type are patterns (settings.h) and may be left out, but not all of
 * them; `key` in their place names one item by its key. owner, reason and expires must be there: a
 * day of UTC, which counts in full, or a moment with its zone.
 */
#ifndef CORE_GOV_EXCEPTION_H
#define CORE_GOV_EXCEPTION_H

#include "core/gov/estate/estate.h"

struct exception {
    char *key; /* NULL: by patterns */
    char *accounts, *regions, *resources, *types;
    char *owner, *reason;
    int64_t expires_ms; /* from then on it holds no more */
};

struct exceptions;

/* Reads the file at path; *exceptions is the caller's. ERR_CONFIG with "NAME:LINE" for whatever is
 * wrong in it, ERR_IO as it is. */
enum err_code exceptions_read(const char *path, struct exceptions **exceptions, struct err *err);
void exceptions_free(struct exceptions *exceptions); /* NULL is allowed */

/* What is asked about: one item. */
struct exception_subject {
    const struct account *account;
    const char *region, *resource, *type, *key;
};

/* The exception about subject; of several the one that ends last. It holds before expires_ms, and
 * counts no more from then on. NULL when there is none; exceptions may be NULL. Pure. */
const struct exception *exceptions_find(const struct exceptions *exceptions,
                                        const struct exception_subject *subject);

#endif
