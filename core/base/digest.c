#include "core/base/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"

/* OpenSSL wants a pointer even for nothing. */
static const void *some_pointer(struct sv data)
{
    return data.len != 0 ? data.ptr : "";
}

/* --- its memory ------------------------------------------------------------------------------ */

static void *want(size_t size_bytes, const char *file, int line)
{
    (void)file, (void)line;
    return mem_resize(NULL, size_bytes);
}

/* Of no bytes: nothing is left (CRYPTO_realloc). */
static void *want_resized(void *ptr, size_t size_bytes, const char *file, int line)
{
    (void)file, (void)line;
    if (size_bytes != 0)
        return mem_resize(ptr, size_bytes);
    mem_free(ptr);
    return NULL;
}

static void give_back(void *ptr, const char *file, int line)
{
    (void)file, (void)line;
    mem_free(ptr);
}

void digest_want_memory(void)
{
    if (CRYPTO_set_mem_functions(want, want_resized, give_back) != 1)
        abort(); /* it has memory already: this came too late */
}

/* --- digests --------------------------------------------------------------------------------- */

/* They can only fail for want of memory, and there is no answer but the right one: then the program
 * ends as it does without any. */

/* Looked up once: that takes longer than to digest what is short. */
static struct {
    EVP_MD *sha256;
    EVP_MAC_CTX *hmac; /* without a key; each use copies it */
} known;
static pthread_once_t is_known = PTHREAD_ONCE_INIT;

static void look_up(void)
{
    char name[] = "SHA256";
    const OSSL_PARAM digest[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof name - 1), OSSL_PARAM_END};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    known.sha256 = EVP_MD_fetch(NULL, name, NULL);
    known.hmac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    if (known.sha256 == NULL || known.hmac == NULL ||
        EVP_MAC_CTX_set_params(known.hmac, digest) != 1)
        mem_exhausted("memory");
    EVP_MAC_free(hmac);
}

static const EVP_MD *md_sha256(void)
{
    pthread_once(&is_known, look_up);
    return known.sha256;
}

void sha1_hex(struct sv data, char hex[SHA1_HEX_SIZE])
{
    uint8_t digest[20];
    if (EVP_Digest(some_pointer(data), data.len, digest, NULL, EVP_sha1(), NULL) != 1)
        mem_exhausted("memory");
    hex_encode(digest, sizeof digest, hex);
}

void sha256(struct sv data, uint8_t digest[SHA256_BYTES])
{
    if (EVP_Digest(some_pointer(data), data.len, digest, NULL, md_sha256(), NULL) != 1)
        mem_exhausted("memory");
}

void hmac_sha256(struct sv key, struct sv data, uint8_t mac[SHA256_BYTES])
{
    pthread_once(&is_known, look_up);
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(known.hmac);
    size_t len;

    if (context == NULL || EVP_MAC_init(context, some_pointer(key), key.len, NULL) != 1 ||
        EVP_MAC_update(context, some_pointer(data), data.len) != 1 ||
        EVP_MAC_final(context, mac, &len, SHA256_BYTES) != 1)
        mem_exhausted("memory");
    EVP_MAC_CTX_free(context);
}

void sha256_hex(struct sv data, char hex[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_BYTES];

    sha256(data, digest);
    hex_encode(digest, sizeof digest, hex);
}

struct sha256_sum {
    EVP_MD_CTX *context;
};

struct sha256_sum *sha256_sum_new(void)
{
    struct sha256_sum *sum = mem_new(struct sha256_sum);

    sum->context = EVP_MD_CTX_new();
    if (sum->context == NULL || EVP_DigestInit_ex(sum->context, md_sha256(), NULL) != 1)
        mem_exhausted("memory");
    return sum;
}

void sha256_sum_add(struct sha256_sum *sum, struct sv data)
{
    if (EVP_DigestUpdate(sum->context, some_pointer(data), data.len) != 1)
        mem_exhausted("memory");
}

void sha256_sum_hex(const struct sha256_sum *sum, char hex[SHA256_HEX_SIZE])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    uint8_t digest[SHA256_BYTES];

    if (copy == NULL || EVP_MD_CTX_copy_ex(copy, sum->context) != 1 ||
        EVP_DigestFinal_ex(copy, digest, NULL) != 1)
        mem_exhausted("memory");
    EVP_MD_CTX_free(copy);
    hex_encode(digest, sizeof digest, hex);
}

void sha256_sum_free(struct sha256_sum *sum)
{
    if (sum == NULL)
        return;
    EVP_MD_CTX_free(sum->context);
    mem_free(sum);
}

void hex_encode(const uint8_t *bytes, size_t len, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 0x0f];
    }
    *hex = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct sv hex, uint8_t *bytes, size_t len)
{
    if (hex.len / 2 != len || hex.len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(hex.ptr[2 * i]), low = hex_value(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool bytes_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

/* --- base64 (RFC 4648 section 4) ---------------------------------------------------------- */

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, struct sv data)
{
    for (size_t at = 0; at < data.len; at += 3) {
        size_t n = data.len - at < 3 ? data.len - at : 3;
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < n ? (uint8_t)data.ptr[at + i] : 0);

        char quad[4];
        for (size_t i = 0; i < 4; i++)
            quad[i] = i <= n ? base64_alphabet[group >> (18 - 6 * i) & 0x3f] : '=';
        buf_add(out, (struct sv){quad, sizeof quad});
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to as many bytes as they hold; 0 when they are no base64. */
static size_t decode_quad(const char *quad, size_t n_padding, char bytes[3])
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - n_padding ? base64_value(quad[i]) : 0;
        if (value < 0)
            return 0;
        group = group << 6 | (uint32_t)value;
    }
    /* Bits behind the last byte must be zero: one text, one encoding (RFC 4648 3.5). */
    if ((group & ((1u << 8 * n_padding) - 1)) != 0)
        return 0;
    for (size_t i = 0; i < 3; i++)
        bytes[i] = (char)(group >> (16 - 8 * i) & 0xff);
    return 3 - n_padding;
}

bool base64_decode(struct buf *out, struct sv text)
{
    if (text.len % 4 != 0)
        return false;
    for (size_t at = 0; at < text.len; at += 4) {
        const char *quad = text.ptr + at;
        bool last = at + 4 == text.len;
        size_t n_padding = !last || quad[3] != '=' ? 0 : quad[2] != '=' ? 1 : 2;
        char bytes[3];
        size_t n = decode_quad(quad, n_padding, bytes);
        if (n == 0)
            return false;
        buf_add(out, (struct sv){bytes, n});
    }
    return buf_err(out) == OK;
}
