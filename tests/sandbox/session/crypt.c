#include "tests/sandbox/session/crypt.h"

#include <openssl/evp.h>

#include "core/base/mem.h"

static void context_free(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

/* Room for n bytes behind what out holds. */
static uint8_t *room(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_add_char(out, '\0');
    return (uint8_t *)out->ptr + out->len - n;
}

/* Both directions: 1 encrypts, 0 decrypts. */
static EVP_CIPHER_CTX *begin(const uint8_t *key, const uint8_t *nonce, struct sv bound, int way)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n;
    if (!context || EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, way) != 1 ||
        (bound.len > 0 &&
         EVP_CipherUpdate(context, NULL, &n, (const uint8_t *)bound.ptr, (int)bound.len) != 1))
        mem_exhausted("memory for a cipher");
    return context;
}

void crypt_seal(const uint8_t key[CRYPT_KEY_BYTES], const uint8_t nonce[CRYPT_NONCE_BYTES],
                struct sv bound, struct sv plain, struct buf *out)
{
    AUTO(context_free) EVP_CIPHER_CTX *context = begin(key, nonce, bound, 1);
    int n = 0, rest = 0;
    buf_add(out, (struct sv){(const char *)nonce, CRYPT_NONCE_BYTES});
    uint8_t *at = room(out, plain.len + CRYPT_TAG_BYTES);
    if (plain.len > 0)
        EVP_CipherUpdate(context, at, &n, (const uint8_t *)plain.ptr, (int)plain.len);
    EVP_CipherFinal_ex(context, at + n, &rest);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, CRYPT_TAG_BYTES, at + plain.len);
}

bool crypt_open(const uint8_t key[CRYPT_KEY_BYTES], struct sv bound, struct sv sealed,
                struct buf *out)
{
    if (sealed.len < CRYPT_NONCE_BYTES + CRYPT_TAG_BYTES)
        return false;
    size_t len = sealed.len - CRYPT_NONCE_BYTES - CRYPT_TAG_BYTES, before = out->len;
    const uint8_t *in = (const uint8_t *)sealed.ptr;
    uint8_t tag[CRYPT_TAG_BYTES];
    AUTO(context_free) EVP_CIPHER_CTX *context = begin(key, in, bound, 0);
    int n = 0, rest = 0;
    for (size_t i = 0; i < sizeof tag; i++)
        tag[i] = in[CRYPT_NONCE_BYTES + len + i];
    uint8_t *at = room(out, len);
    if (len > 0)
        EVP_CipherUpdate(context, at, &n, in + CRYPT_NONCE_BYTES, (int)len);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, CRYPT_TAG_BYTES, tag);
    if (EVP_CipherFinal_ex(context, at + n, &rest) == 1)
        return true;
    out->len = before;
    return false;
}
