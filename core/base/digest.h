/*
 * digest: SHA-1, SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) over OpenSSL, hex and base64 (RFC
 * 4648).
 */
#ifndef CORE_BASE_DIGEST_H
#define CORE_BASE_DIGEST_H

#include <stdint.h>

#include "core/base/str.h"

#define SHA1_HEX_SIZE   41
#define SHA256_BYTES    32
#define SHA256_HEX_SIZE 65

/* From now on OpenSSL ends the program by mem_exhausted where there is no memory (it follows NULL
 * in places of its own). Before it is first used by anything. */
void digest_want_memory(void);

/* For names that others have chosen to make with SHA-1 (the AWS CLI's cache files); it protects
 * nothing. Lower case. */
void sha1_hex(struct sv data, char hex[SHA1_HEX_SIZE]);

/* Of any data, also none. They cannot fail. */
void sha256(struct sv data, uint8_t digest[SHA256_BYTES]);
void sha256_hex(struct sv data, char hex[SHA256_HEX_SIZE]); /* lower case */
void hmac_sha256(struct sv key, struct sv data, uint8_t mac[SHA256_BYTES]);

/* SHA-256 of what comes in pieces, the caller's to free; as little can it fail. */
struct sha256_sum;
struct sha256_sum *sha256_sum_new(void);
void sha256_sum_add(struct sha256_sum *sum, struct sv data);
/* Of all that was added so far; more may be added. */
void sha256_sum_hex(const struct sha256_sum *sum, char hex[SHA256_HEX_SIZE]);
void sha256_sum_free(struct sha256_sum *sum); /* NULL is allowed */

void hex_encode(const uint8_t *bytes, size_t len, char *hex); /* hex holds 2 * len + 1 */
bool hex_decode(struct sv hex, uint8_t *bytes, size_t len);   /* exactly len bytes, either case */
bool bytes_equal(const void *a, const void *b, size_t len);   /* in constant time */

/* Append to out, with the standard alphabet and padding (RFC 4648 section 4). Decoding is strict:
 * no blanks, no missing padding, no stray bits; false for anything else and when out overflows, and
 * then what was appended is worthless. */
void base64_encode(struct buf *out, struct sv data);
bool base64_decode(struct buf *out, struct sv text);

#endif
