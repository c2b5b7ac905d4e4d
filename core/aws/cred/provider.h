/*
 * provider: one kind of base credentials: a row in providers.def and a file cred_NAME.c.
 *
 * Whether it is asked for, and whether what it is given makes sense, is told from the environment
 * and the shared config alone (chain.h), before anything runs. Acquiring may take its time: files,
 * programs, the network, a person.
 */
#ifndef CORE_AWS_PROVIDER_H
#define CORE_AWS_PROVIDER_H

#include "core/aws/cred/credentials.h"
#include "core/aws/cred/shared_config.h"
#include "core/run/run.h"

struct aws_client;

/* Credentials that AWS has just not taken: a cache that has them has none. Counted. */
struct rejected_credentials {
    struct credentials *list[4];
    size_t n;
};
bool rejected_has(const struct rejected_credentials *rejected,
                  const struct credentials *credentials);

/* One asking for base credentials. Belongs to RUN_WORKER. */
struct provider_job {
    struct aws_client *client; /* whose prompts, calls and CA file are used */
    struct scope *scope;       /* the client's */
    const struct rejected_credentials *rejected;
    bool may_ask;      /* a person may be asked; if not, and one is needed, set wants_person */
    bool wants_person; /* and fail */
    /* These live until the job has ended. */
    const struct shared_config *config;
    const struct config_section *profile; /* whose keys count; NULL: those of the environment */

    /* credentials is borrowed */
    void (*ended)(struct provider_job *job, struct credentials *credentials, const struct err *err);
};

struct credential_provider {
    const char *name;       /* for messages: "a credential_process" */
    const char *source;     /* what credential_source calls it; NULL: it cannot be named there */
    bool is_environment;    /* its keys are variables of the environment */
    bool yields_to_profile; /* does not count in the environment beside --profile */

    /* Whether the environment asks for this kind; NULL: it cannot. */
    bool (*is_in_environment)(void);
    /* Whether profile does; NULL: none can. */
    bool (*is_in_profile)(const struct shared_config *config, const struct config_section *profile);
    /* Whether what is asked for makes sense (profile NULL: in the environment); NULL: always.
     * ERR_CREDENTIALS, ERR_CONFIG, ERR_UNSUPPORTED, with FILE:LINE or the variable. */
    enum err_code (*check)(const struct shared_config *config, const struct config_section *profile,
                           struct err *err);
    /*
     * Ends in provider_end, now or later, on RUN_WORKER, where it is called. When the scope closes
     * first it never ends: whatever is its own is freed as fetch_start and prompt_ask drop it; the
     * job is the caller's.
     */
    void (*acquire)(struct provider_job *job);
};

/* The end of a job: with credentials (taken), or without, then err says why. On RUN_WORKER. */
void provider_end(struct provider_job *job, struct credentials *take_credentials,
                  const struct err *err);

/* The rows of providers.def in their order; NULL behind the last. */
const struct credential_provider *provider_at(size_t index);

/* A variable of the environment; one that is empty is absent. */
struct sv provider_variable(const char *name);
/* "FILE:LINE" of a key of a profile; the profile's name when it is not there. */
const char *provider_place(const struct config_section *profile, const char *key);
/* The key of the profile, or of the environment where profile is NULL. */
struct sv provider_setting(const struct config_section *profile, const char *key,
                           const char *variable);
/* "true" in any case. */
bool provider_is_true(struct sv text);

/* Members of a JSON reply that holds credentials, as the metadata services and programs name them:
 * AccessKeyId, SecretAccessKey, token_key, Expiration (ISO 8601). The last two may be absent unless
 * is_temporary. ERR_PARSE names what is missing. body is the caller's to wipe. */
enum err_code provider_read_json(struct sv body, const char *token_key, bool is_temporary,
                                 const char *where, struct credentials **credentials,
                                 struct err *err);

#endif
