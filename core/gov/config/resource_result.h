/*
 * resource_result: one result of an advanced query of AWS Config, which is a JSON text. They come
 * by the million: each is read in one pass, and nothing is allocated for it.
 */
#ifndef CORE_GOV_RESOURCE_RESULT_H
#define CORE_GOV_RESOURCE_RESULT_H

#include "core/base/str.h"

/* What results of our queries may have, on their top level or in their configuration. */
enum result_field {
    RESULT_ACCOUNT,
    RESULT_REGION,
    RESULT_TYPE,
    RESULT_ID,
    RESULT_NAME,
    RESULT_TAGS,  /* "k=v k=v" */
    RESULT_COUNT, /* digits */
    RESULT_VERDICT,
    N_RESULT_FIELDS
};

/* Zero-initialised is ready; reading a result forgets the one before. */
struct resource_result {
    struct sv fields[N_RESULT_FIELDS]; /* SV_NONE: it has none. Borrowed, from the text too */
    struct buf scratch[N_RESULT_FIELDS], tag_key, tag_value;
    size_t next_member; /* results of one query name their members in the same order */
};

/* ERR_PARSE with where, as strict as json_parse; the fields say nothing then. */
enum err_code resource_result_read(struct resource_result *result, struct sv text,
                                   const char *where, struct err *err);
void resource_result_done(struct resource_result *result);

#endif
