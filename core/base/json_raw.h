/*
 * json_raw: reads JSON where it lies, without a tree, as often as one likes.
 *
 * json_raw_check first, as strict as json_parse; what follows walks over a text that has passed.
 */
#ifndef CORE_BASE_JSON_RAW_H
#define CORE_BASE_JSON_RAW_H

#include "core/base/err.h"
#include "core/base/str.h"

/* Sets *value to the document in text, without the blanks around it. ERR_PARSE as json_parse. */
enum err_code json_raw_check(struct sv text, const char *where, struct sv *value, struct err *err);

/* A walk over the members of an object or the elements of an array; of anything else: over none. */
struct json_raw {
    const char *at, *end;
    bool has_keys;
};
struct json_raw json_raw_open(struct sv value);
/* The next one as it is written; key (SV_NONE for elements) without its quotes, escapes and all.
 * False at the end. */
bool json_raw_next(struct json_raw *walk, struct sv *key, struct sv *value);

/* What a string says, borrowed from value, or from scratch, which is replaced, where value has
 * escapes. SV_NONE when value is no string. */
struct sv json_raw_text(struct sv value, struct buf *scratch);

#endif
