/*
 * container: the endpoints that give credentials to a container: that of ECS, whose path is the
 * secret (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI), and that of EKS pods, which wants a token in the
 * Authorization header (AWS_CONTAINER_CREDENTIALS_FULL_URI).
 */
#ifndef SANDBOX_CONTAINER_H
#define SANDBOX_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tests/sandbox/wire/http.h"

struct sandbox;

#define CONTAINER_FULL_PATH "/v1/credentials"

/* --container WORD,...: on, slow=MS, lasts=S */
struct container_options {
    bool is_on;
    int64_t slow_ms; /* for every answer */
    int64_t lasts_s; /* credentials; 6 hours */
};

struct container;

/* False: text is not of that form. */
bool container_options_parse(struct sv text, struct container_options *options);
struct container *container_new(const struct container_options *options);
void container_free(struct container *container);

/* "/v2/credentials/UUID" and the token for CONTAINER_FULL_PATH, borrowed. */
const char *container_relative_path(const struct container *container);
const char *container_token(const struct container *container);

/* An answer_fn for sandbox->container, which is not NULL. */
void container_answer(struct sandbox *sandbox, const struct http_request *request,
                      struct http_response *response);

#endif
