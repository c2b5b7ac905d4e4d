/*
 * cipher: the encryption of a session's stream between this machine and the node, where the
 * session's preferences ask for it.
 *
 * One data key of 64 bytes (KMS GenerateDataKey): the first half is the agent's for what it sends,
 * the second one ours. A payload is nonce (12 bytes), AES-256-GCM ciphertext, tag (16 bytes),
 * without additional data (NIST SP 800-38D).
 */
#ifndef CORE_SESSION_WIRE_CIPHER_H
#define CORE_SESSION_WIRE_CIPHER_H

#include "core/base/secret.h"

#define CIPHER_KEY_BYTES   64
#define CIPHER_NONCE_BYTES 12
#define CIPHER_TAG_BYTES   16
#define CIPHER_EXTRA_BYTES (CIPHER_NONCE_BYTES + CIPHER_TAG_BYTES)

struct cipher;

/* Keeps a reference to data_key. NULL when it has not 64 bytes. */
struct cipher *cipher_new(struct secret *data_key);
void cipher_free(struct cipher *cipher); /* NULL is allowed */

/* Appends plain, encrypted for the agent under a fresh random nonce. */
void cipher_seal(struct cipher *cipher, struct sv plain, struct buf *out);
/* Appends what the agent has encrypted. ERR_INTEGRITY when it is too short or was not made with
 * this key; out is as it was then. */
enum err_code cipher_open(struct cipher *cipher, struct sv payload, struct buf *out,
                          struct err *err);

/*
 * The answer to the agent's challenge, which shows that both have the key:
 * {"Challenge":"<base64>"}, decrypted with its half and encrypted again with ours. Appends the
 * answer's payload. ERR_PARSE or ERR_INTEGRITY when the request is no challenge.
 */
enum err_code cipher_answer(struct cipher *cipher, struct sv request, struct buf *out,
                            struct err *err);

/* For tests: the same as cipher_seal under a given nonce, and with the agent's half instead. */
void cipher_seal_as(struct cipher *cipher, bool as_agent, const uint8_t nonce[CIPHER_NONCE_BYTES],
                    struct sv plain, struct buf *out);
/* For tests: what this side has sealed. */
enum err_code cipher_open_as(struct cipher *cipher, bool as_agent, struct sv payload,
                             struct buf *out, struct err *err);

#endif
