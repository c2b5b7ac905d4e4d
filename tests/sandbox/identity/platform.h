/*
 * platform: credentials that a platform gives to what runs on it, from a role of the management
 * account; made when they are asked for and renewed before they end.
 */
#ifndef SANDBOX_PLATFORM_H
#define SANDBOX_PLATFORM_H

#include "core/base/json.h"
#include "tests/sandbox/wire/iam.h"

struct platform {
    const char *role, *session_name;
    int64_t lasts_s;
    char access_key_id[ACCESS_KEY_ID_SIZE]; /* of the present session; "": none yet */
    int64_t made_at_ms, expires_at_ms;      /* on the clock that auth.h describes */
};

/* The words of an option such as "on,slow=300,lasts=900": each by its row, into *options. */
struct platform_word {
    const char *name;
    bool has_number; /* name=N, N from 0 to 10 years of seconds */
    void (*set)(void *options, int64_t number);
};
/* False for a word that is not in the table or lacks its number, and when there is none. */
bool platform_words(struct sv text, const struct platform_word *words, size_t n_words,
                    void *options);

/* The present session, renewed when it has 5 minutes left or half of its life, whichever is less.
 * Borrowed from iam. */
const struct principal *platform_session(struct platform *platform, struct iam *iam,
                                         int64_t now_ms);
/* The members that every platform gives: AccessKeyId, SecretAccessKey, Token, Expiration. The
 * caller is told the real time of expiry, so what its clock was advanced by is taken off. */
void platform_write(struct json_writer *w, const struct platform *platform,
                    const struct principal *session, int64_t advanced_ms);

#endif
