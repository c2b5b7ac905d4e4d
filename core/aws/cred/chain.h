/*
 * chain: how to come to the credentials of a profile: a base, and roles to be assumed with it one
 * after the other. Told from the shared config and the environment alone; nothing is read or sent.
 *
 * The rules are those that the AWS SDKs share ("Assume role credential provider" and "Standardized
 * credential providers" of the SDKs and Tools Reference Guide), in botocore's order.
 */
#ifndef CORE_AWS_CHAIN_H
#define CORE_AWS_CHAIN_H

#include "core/aws/cred/provider.h"

/* Whose credentials are wanted. */
struct credential_source {
    const struct shared_config *config;
    const char *profile;      /* its name */
    bool profile_is_explicit; /* by --profile: the environment's keys do not count then */
    bool is_profile_alone;    /* nor the container or instance that this runs in, unless named */
};

/* A role to be assumed. The texts are the config's. */
struct chain_role {
    const struct config_section *profile;
    struct sv arn;
    struct sv session_name, external_id, mfa_serial, region; /* SV_NONE: not given */
    int duration_s;                                          /* 0: not given */
};

struct chain {
    const struct credential_provider *base;
    const struct config_section *base_profile; /* NULL: its parameters are the environment's */
    VEC(struct chain_role) roles;              /* in the order of assuming */
};

/*
 * Finds the chain; it borrows from source->config. ERR_CONFIG, ERR_CREDENTIALS or ERR_UNSUPPORTED
 * say with FILE:LINE what is wrong: no or two sources, a source that is not there, a loop, half a
 * key, a name that STS does not take. ERR_CREDENTIALS when nothing is asked for at all.
 */
enum err_code chain_resolve(const struct credential_source *source, struct chain *chain,
                            struct err *err);
void chain_done(struct chain *chain);

/* Appends how it comes about: "profile ops: role arn:..., by way of a credential_process". */
void chain_describe(const struct chain *chain, const char *profile, struct buf *out);

#endif
