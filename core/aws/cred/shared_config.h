/*
 * shared_config: ~/.aws/config and ~/.aws/credentials as one, read once and immutable.
 */
#ifndef CORE_AWS_SHARED_CONFIG_H
#define CORE_AWS_SHARED_CONFIG_H

#include "core/base/secret.h"
#include "core/base/vec.h"

enum config_kind { CONFIG_PROFILE, CONFIG_SSO_SESSION, CONFIG_SERVICES };

/* One property. A secret one has no text. */
struct config_property {
    char *name; /* in lower case */
    char *text;
    struct secret *secret;
    char *file; /* where it was read: "FILE:LINE" */
};

struct config_section {
    enum config_kind kind;
    char *name;
    bool is_weak; /* [default] in the config file, which [profile default] replaces */
    VEC(struct config_property) properties;
};

/* Zero-initialised is empty. */
struct shared_config {
    char config_file[512], credentials_file[512]; /* as they were looked for */
    VEC(struct config_section *) sections;
};

/*
 * Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, or those in ~/.aws.
 * One that is missing is empty. What the credentials file says comes before the config file.
 * ERR_CONFIG with FILE:LINE, ERR_IO, ERR_TOO_BIG.
 */
enum err_code shared_config_load(struct shared_config *config, struct err *err);
/* The same out of two texts, which go by the names of "config" and "credentials". */
enum err_code shared_config_parse(struct sv config_text, struct sv credentials_text,
                                  struct shared_config *config, struct err *err);
void shared_config_done(struct shared_config *config);

/* The name of the profile that is wanted: option (--profile, may be NULL), AWS_PROFILE,
 * AWS_DEFAULT_PROFILE, "default". Borrowed. */
struct sv shared_config_profile(const char *option);

/* NULL when there is no such section. */
const struct config_section *shared_config_find(const struct shared_config *config,
                                                enum config_kind kind, struct sv name);

/* NULL when section is NULL or has no such property (lower-case name). */
const struct config_property *config_get(const struct config_section *section, const char *name);
/* Its text; SV_NONE when it is absent or a secret. */
struct sv config_text(const struct config_section *section, const char *name);

#endif
