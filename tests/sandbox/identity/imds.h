/*
 * imds: the metadata service of an EC2 instance, both versions: a token is fetched by PUT, then
 * sent along; version 1 asks without.
 */
#ifndef SANDBOX_IMDS_H
#define SANDBOX_IMDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/sandbox/wire/http.h"

struct sandbox;

/* --imds WORD,...: on, v1 or v2 (that version alone), norole, slow=MS, lasts=S */
struct imds_options {
    bool is_on, no_v1, no_v2, has_no_role;
    int64_t slow_ms; /* for every answer */
    int64_t lasts_s; /* credentials; 6 hours */
};

struct imds;

/* False: text is not of that form. */
bool imds_options_parse(struct sv text, struct imds_options *options);
struct imds *imds_new(const struct imds_options *options);
void imds_free(struct imds *imds);
/* Changes everything but is_on and slow_ms while it runs. */
void imds_set(struct imds *imds, const struct imds_options *options);

/* An answer_fn for sandbox->imds, which is not NULL. */
void imds_answer(struct sandbox *sandbox, const struct http_request *request,
                 struct http_response *response);

#endif
