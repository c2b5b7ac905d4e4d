/*
 * secret: bytes that must not be seen. Own locked pages, kept out of core dumps and children,
 * wiped when done. There is no way to print one: whoever needs the bytes asks for them by name.
 */
#ifndef CORE_BASE_SECRET_H
#define CORE_BASE_SECRET_H

#include "core/base/str.h"

struct secret; /* opaque, so that no %s and no dump of a struct reaches the bytes */

/* A copy of bytes, with one owner: the caller, who wipes the source. */
struct secret *secret_new(struct sv bytes);
struct secret *secret_ref(struct secret *secret); /* one more owner; NULL is allowed */
void secret_unref(struct secret *secret);         /* the last one wipes; NULL is allowed */
/* The bytes, borrowed while the reference is held. For signing and sending only. */
struct sv secret_bytes(const struct secret *secret);
bool secret_equal(const struct secret *a, const struct secret *b); /* constant time */
void secret_wipe(void *bytes, size_t len);                         /* for the buffers on the way */

#endif
