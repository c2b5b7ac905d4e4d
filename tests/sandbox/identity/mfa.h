/*
 * mfa: the virtual MFA device of a user: time-based one-time passwords (RFC 6238: HMAC-SHA-1, steps
 * of 30 seconds, 6 digits). now_ms is the clock that auth.h describes.
 */
#ifndef SANDBOX_MFA_H
#define SANDBOX_MFA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

#define MFA_SECRET_BYTES 20
#define MFA_CODE_SIZE    7
#define MFA_BASE32_SIZE  33

struct mfa_device {
    char serial[100]; /* "arn:aws:iam::123456789012:mfa/oncall" */
    uint8_t secret[MFA_SECRET_BYTES];
    int64_t last_step; /* the newest that was accepted: none is accepted twice (RFC 6238 5.2) */
};

/* A random secret. */
void mfa_init(struct mfa_device *device, const char *account_id, const char *user);
/* The secret as authenticator apps take it (RFC 4648 section 6). */
void mfa_secret(const struct mfa_device *device, char base32[MFA_BASE32_SIZE]);
/* The code of one step; step is seconds since 1970, divided by 30. */
void mfa_code(const struct mfa_device *device, int64_t step, char code[MFA_CODE_SIZE]);
/* Accepts a code of this step or of one beside it, if it is newer than the last one accepted. */
bool mfa_accept(struct mfa_device *device, int64_t now_ms, const char *code);
/* A code that mfa_accept takes now and for half a minute; false: they are used up until the next
 * step. */
bool mfa_next(const struct mfa_device *device, int64_t now_ms, char code[MFA_CODE_SIZE]);

#endif
