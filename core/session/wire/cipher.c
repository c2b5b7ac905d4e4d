#include "core/session/wire/cipher.h"

#include <openssl/evp.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define WHERE "session encryption"

struct cipher {
    struct secret *key;
    EVP_CIPHER_CTX *context;
};

struct cipher *cipher_new(struct secret *data_key)
{
    if (secret_bytes(data_key).len != CIPHER_KEY_BYTES)
        return NULL;
    struct cipher *cipher = mem_new(struct cipher);
    cipher->key = secret_ref(data_key);
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL)
        mem_exhausted("memory");
    return cipher;
}

void cipher_free(struct cipher *cipher)
{
    if (cipher == NULL)
        return;
    EVP_CIPHER_CTX_free(cipher->context);
    secret_unref(cipher->key);
    mem_free(cipher);
}

/* The half of whoever seals. */
static const unsigned char *half_of(const struct cipher *cipher, bool agent)
{
    return (const unsigned char *)secret_bytes(cipher->key).ptr +
           (agent ? 0 : CIPHER_KEY_BYTES / 2);
}

static const unsigned char *bytes_of(struct sv text)
{
    return (const unsigned char *)text.ptr;
}

/* --- sealing --------------------------------------------------------------------------------- */

void cipher_seal_as(struct cipher *cipher, bool as_agent, const uint8_t nonce[CIPHER_NONCE_BYTES],
                    struct sv plain, struct buf *out)
{
    unsigned char *sealed = mem_alloc(plain.len + 1), tag[CIPHER_TAG_BYTES];
    int n = 0, rest = 0;
    bool done =
        EVP_EncryptInit_ex(cipher->context, EVP_aes_256_gcm(), NULL, half_of(cipher, as_agent),
                           nonce) == 1 &&
        EVP_EncryptUpdate(cipher->context, sealed, &n, bytes_of(plain), (int)plain.len) == 1 &&
        EVP_EncryptFinal_ex(cipher->context, sealed + n, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_GCM_GET_TAG, sizeof tag, tag) == 1;

    if (!done)
        mem_exhausted("memory for encryption"); /* nothing else can fail here */
    buf_add(out, (struct sv){(const char *)nonce, CIPHER_NONCE_BYTES});
    buf_add(out, (struct sv){(const char *)sealed, plain.len});
    buf_add(out, (struct sv){(const char *)tag, sizeof tag});
    mem_free(sealed);
}

void cipher_seal(struct cipher *cipher, struct sv plain, struct buf *out)
{
    uint8_t nonce[CIPHER_NONCE_BYTES];

    os_random(nonce, sizeof nonce);
    cipher_seal_as(cipher, false, nonce, plain, out);
}

/* --- opening --------------------------------------------------------------------------------- */

/* Decrypts into plain, which has room for sealed.len bytes; false when the tag is another one. */
static bool unseal(struct cipher *cipher, bool agent, struct sv nonce, struct sv sealed,
                   struct sv tag, unsigned char *plain)
{
    int n = 0, rest = 0;

    return EVP_DecryptInit_ex(cipher->context, EVP_aes_256_gcm(), NULL, half_of(cipher, agent),
                              bytes_of(nonce)) == 1 &&
           EVP_DecryptUpdate(cipher->context, plain, &n, bytes_of(sealed), (int)sealed.len) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_GCM_SET_TAG, CIPHER_TAG_BYTES,
                               (void *)(uintptr_t)tag.ptr) == 1 &&
           EVP_DecryptFinal_ex(cipher->context, plain + n, &rest) == 1;
}

enum err_code cipher_open_as(struct cipher *cipher, bool as_agent, struct sv payload,
                             struct buf *out, struct err *err)
{
    if (payload.len < CIPHER_EXTRA_BYTES)
        return err_set(err, ERR_INTEGRITY, WHERE, "%zu bytes are nothing encrypted", payload.len);
    size_t len = payload.len - CIPHER_EXTRA_BYTES;
    struct sv nonce = {payload.ptr, CIPHER_NONCE_BYTES};
    struct sv sealed = {payload.ptr + CIPHER_NONCE_BYTES, len};
    struct sv tag = {payload.ptr + CIPHER_NONCE_BYTES + len, CIPHER_TAG_BYTES};
    unsigned char *plain = mem_alloc(len + 1);
    bool genuine = unseal(cipher, as_agent, nonce, sealed, tag, plain);

    if (genuine)
        buf_add(out, (struct sv){(const char *)plain, len});
    secret_wipe(plain, len);
    mem_free(plain);
    return genuine ? OK
                   : err_set(err, ERR_INTEGRITY, WHERE, "what came was not made with this key");
}

enum err_code cipher_open(struct cipher *cipher, struct sv payload, struct buf *out,
                          struct err *err)
{
    return cipher_open_as(cipher, true, payload, out, err);
}

/* --- the challenge --------------------------------------------------------------------------- */

static enum err_code read_challenge(struct cipher *cipher, struct sv request, struct buf *plain,
                                    struct err *err)
{
    AUTO(json_free_at) cJSON *json = NULL;
    AUTO(buf_done) struct buf sealed = BUF_NONE;
    enum err_code code = json_parse(request, WHERE, &json, err);

    if (code != OK)
        return code;
    if (!base64_decode(&sealed, json_sv(json, "Challenge")))
        return err_set(err, ERR_PARSE, WHERE, "a challenge that is no base64");
    return cipher_open(cipher, buf_sv(&sealed), plain, err);
}

enum err_code cipher_answer(struct cipher *cipher, struct sv request, struct buf *out,
                            struct err *err)
{
    AUTO(buf_done) struct buf plain = BUF_NONE;
    AUTO(buf_done) struct buf sealed = BUF_NONE;
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    struct json_writer w = {.out = out};
    enum err_code code = read_challenge(cipher, request, &plain, err);

    if (code != OK)
        return code;
    cipher_seal(cipher, buf_sv(&plain), &sealed);
    base64_encode(&base64, buf_sv(&sealed));
    jw_object(&w);
    jw_string_at(&w, "Challenge", buf_sv(&base64));
    jw_object_end(&w);
    return OK;
}
