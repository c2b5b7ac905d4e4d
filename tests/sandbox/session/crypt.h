/* crypt: AES-256-GCM as sessions and KMS use it: nonce (12), ciphertext, tag (16). */
#ifndef SANDBOX_SESSION_CRYPT_H
#define SANDBOX_SESSION_CRYPT_H

#include "core/base/str.h"

#define CRYPT_KEY_BYTES   32
#define CRYPT_NONCE_BYTES 12
#define CRYPT_TAG_BYTES   16

/* Appends nonce, ciphertext and tag; bound (NULL and 0: nothing) is authenticated with it. */
void crypt_seal(const uint8_t key[CRYPT_KEY_BYTES], const uint8_t nonce[CRYPT_NONCE_BYTES],
                struct sv bound, struct sv plain, struct buf *out);
/* Appends the plaintext; false, and nothing, when it was sealed otherwise. */
bool crypt_open(const uint8_t key[CRYPT_KEY_BYTES], struct sv bound, struct sv sealed,
                struct buf *out);

#endif
