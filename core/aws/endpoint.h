/*
 * endpoint: where the requests of a service go, and for which region they are signed.
 */
#ifndef CORE_AWS_ENDPOINT_H
#define CORE_AWS_ENDPOINT_H

#include "core/aws/cred/shared_config.h"
#include "core/aws/op.h"

#define ENDPOINT_URL_SIZE 512

struct endpoint {
    char url[ENDPOINT_URL_SIZE];  /* as it is sent: "http://127.0.0.1:4000/base" */
    char host[ENDPOINT_URL_SIZE]; /* of the Host header: no port where it is the scheme's own */
    char path[ENDPOINT_URL_SIZE]; /* "/" or the endpoint's own */
    char region[32];              /* of the signature */
    bool is_given;                /* a person named it; plain http is theirs to choose */
};

/* The endpoints that were named: by option, environment, or shared config. */
struct endpoint_rules {
    VEC(struct named_endpoint {
        const struct aws_service *service;
        struct endpoint endpoint;
    })
    named;
};

/*
 * Precedence: url (--endpoint-url, may be NULL), AWS_ENDPOINT_URL_SERVICE, AWS_ENDPOINT_URL, the
 * profile's `services` section, the profile's endpoint_url. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
 * (or its key in the profile) leaves url alone. profile may be NULL. ERR_CONFIG names what is no
 * URL (http or https; no user, query or fragment), or a services section that is missing.
 */
enum err_code endpoint_rules_load(const char *url, const struct shared_config *config,
                                  const struct config_section *profile,
                                  struct endpoint_rules *rules, struct err *err);
void endpoint_rules_done(struct endpoint_rules *rules);

/*
 * Where service is in region: the endpoint that was named, else
 * https://PREFIX.REGION.amazonaws.com, organizations in us-east-1. ERR_CONFIG for a region that is
 * no name, ERR_UNSUPPORTED for one of another partition (China, GovCloud, isolated) without a named
 * endpoint.
 */
enum err_code endpoint_resolve(const struct endpoint_rules *rules,
                               const struct aws_service *service, const char *region,
                               struct endpoint *endpoint, struct err *err);

#endif
