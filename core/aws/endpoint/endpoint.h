/*
 * endpoint: where the requests of a service go, and for which region they are signed.
 */
#ifndef CORE_AWS_ENDPOINT_ENDPOINT_H
#define CORE_AWS_ENDPOINT_ENDPOINT_H

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

/* What was set about endpoints, by option, environment, or shared config. */
struct endpoint_rules {
    bool use_fips, use_dual_stack;
    bool sts_is_global; /* STS of the older regions is sts.amazonaws.com */
    VEC(struct named_endpoint {
        const struct aws_service *service;
        struct endpoint endpoint;
        char from[64];  /* the option, variable or key that names it */
        bool is_for_it; /* named for this service, not for all of them */
    })
    named;
};

/*
 * Endpoints that are named: url (--endpoint-url, may be NULL), AWS_ENDPOINT_URL_SERVICE,
 * AWS_ENDPOINT_URL, the profile's `services` section, the profile's endpoint_url.
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or its key in the profile) leaves url alone. The rest, each
 * before its key in the profile: AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT,
 * AWS_STS_REGIONAL_ENDPOINTS. profile may be NULL. ERR_CONFIG names what is no URL (http or https;
 * no user, query or fragment), no value of its key, or a services section that is missing.
 */
enum err_code endpoint_rules_load(const char *url, const struct shared_config *config,
                                  const struct config_section *profile,
                                  struct endpoint_rules *rules, struct err *err);
void endpoint_rules_done(struct endpoint_rules *rules);

/* Whether a region may be called so: a part of a host name in lower case. Pure; any runner. */
bool endpoint_is_region(struct sv region);

/* Whether url can be an endpoint of one's own; ERR_CONFIG, in the name of from, says what is wrong
 * with it. Pure; any runner. */
enum err_code endpoint_url_check(struct sv url, const char *from, struct err *err);

/*
 * Where service is in region: the endpoint that was named, else the host that AWS has for it in the
 * region's partition (hosts.def), with FIPS and dual-stack as the rules say. Global services are
 * signed for their own region, but at a named endpoint for the one that was asked for, as the SDKs
 * do. ERR_CONFIG for a region that is no name, for FIPS or dual-stack beside a named endpoint, and
 * for what the partition has no host for. Any runner.
 */
enum err_code endpoint_resolve(const struct endpoint_rules *rules,
                               const struct aws_service *service, const char *region,
                               struct endpoint *endpoint, struct err *err);

/*
 * A host that does not resolve (ERR_DNS in *err) is mostly a region that there is not: says so when
 * AWS was to have it and nobody knows the region, with the nearest one that there is. Any runner.
 */
void endpoint_explain(const struct endpoint *endpoint, const char *region, struct err *err);

#endif
