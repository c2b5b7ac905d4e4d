#include "tests/sandbox/identity/mfa.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "core/base/os.h"

#define STEP_MS     30000
#define DRIFT_STEPS 1 /* either way */

void mfa_init(struct mfa_device *device, const char *account_id, const char *user)
{
    *device = (struct mfa_device){0};
    snprintf(device->serial, sizeof device->serial, "arn:aws:iam::%s:mfa/%s", account_id, user);
    os_random(device->secret, sizeof device->secret);
}

void mfa_secret(const struct mfa_device *device, char base32[MFA_BASE32_SIZE])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < MFA_BASE32_SIZE - 1; i++) {
        size_t bit = i * 5, byte = bit / 8;
        unsigned two = (unsigned)device->secret[byte] << 8;
        if (byte + 1 < MFA_SECRET_BYTES)
            two |= device->secret[byte + 1];
        base32[i] = alphabet[two >> (11 - bit % 8) & 31];
    }
    base32[MFA_BASE32_SIZE - 1] = '\0';
}

void mfa_code(const struct mfa_device *device, int64_t step, char code[MFA_CODE_SIZE])
{
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    HMAC(EVP_sha1(), device->secret, sizeof device->secret, counter, sizeof counter, mac, &len);
    const uint8_t *at = mac + (mac[19] & 15); /* RFC 4226 5.3 */
    uint32_t number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(code, MFA_CODE_SIZE, "%06u", number % 1000000);
}

/* The first step from `from` on whose code has not been used up. */
static int64_t unused_step(const struct mfa_device *device, int64_t from)
{
    return from > device->last_step ? from : device->last_step + 1;
}

bool mfa_accept(struct mfa_device *device, int64_t now_ms, const char *code)
{
    char expected[MFA_CODE_SIZE];
    int64_t now = now_ms / STEP_MS, last = now + DRIFT_STEPS;
    for (int64_t step = unused_step(device, now - DRIFT_STEPS); step <= last; step++) {
        mfa_code(device, step, expected);
        if (strcmp(expected, code) == 0) {
            device->last_step = step;
            return true;
        }
    }
    return false;
}

bool mfa_next(const struct mfa_device *device, int64_t now_ms, char code[MFA_CODE_SIZE])
{
    int64_t now = now_ms / STEP_MS, step = unused_step(device, now);
    if (step > now + DRIFT_STEPS)
        return false;
    mfa_code(device, step, code);
    return true;
}
