/*
 * json_pick: members of a JSON document, found in its bytes. For documents that hold secrets: no
 * tree is built, so nothing is left behind but what is asked for. Everything else goes through
 * core/base/json.h.
 */
#ifndef CORE_BASE_JSON_PICK_H
#define CORE_BASE_JSON_PICK_H

#include "core/base/secret.h"

/*
 * Whether text is one JSON object, as strictly as json_parse has it; ERR_PARSE with where if not.
 * What json_pick is to look into passes here first.
 */
enum err_code json_pick_check(struct sv text, const char *where, struct err *err);

/*
 * The value of member `key` as it stands in the bytes of object (a string with its quotes and
 * escapes); SV_NONE when object is no object, or has no such member, or null there. Of two the
 * first counts. object: a document that was checked, or a value found in one. Borrowed.
 */
struct sv json_pick(struct sv object, const char *key);

/* What a value means; each is false (or NULL) when it is nothing of the kind. */
struct secret *json_pick_secret(struct sv value);                    /* a string */
bool json_pick_text(struct sv value, char *text, size_t size_bytes); /* one that fits, with a NUL */
bool json_pick_i64(struct sv value, int64_t *number); /* integral; also written as a string */

/* Appends text as a JSON string, with its quotes: control characters, '"' and '\' escaped, all
 * other bytes as they are. Reserve six bytes for each, and two, when it is a secret. */
void json_pick_quote(struct buf *out, struct sv text);

#endif
