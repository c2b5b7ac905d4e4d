#include "core/session/ssh/identity.h"

#include <string.h>

#include <openssl/evp.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define FILE_BYTES_MAX ((size_t)64 << 10)
#define OPENSSH_MAGIC  "openssh-key-v1" /* and a NUL */
#define KIND           "ssh-ed25519"

/* --- of a file ------------------------------------------------------------------------------- */

static bool take_string(struct sv *rest, struct sv *text)
{
    const unsigned char *at = (const unsigned char *)rest->ptr;

    if (rest->len < 4)
        return false;
    size_t n = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (rest->len - 4 < n)
        return false;
    *text = (struct sv){rest->ptr + 4, n};
    *rest = (struct sv){rest->ptr + 4 + n, rest->len - 4 - n};
    return true;
}

/* What stands between the lines of a PEM, without its line ends. */
static void gather_base64(struct sv text, struct buf *out)
{
    while (text.ptr != NULL) {
        struct sv line = sv_trim(sv_split(&text, '\n'));
        if (!sv_starts(line, SV("-----")))
            buf_add(out, line);
    }
}

/* OpenSSH's form says in clear which cipher it is under and whose public key it is. */
static bool look_into_openssh(struct sv text, struct sv *cipher, struct sv *kind, struct buf *bytes)
{
    struct buf base64 = BUF_NONE;
    struct sv rest, skipped, blob;

    buf_reserve(&base64, text.len);
    buf_reserve(bytes, text.len);
    gather_base64(text, &base64);
    bool is_read = base64_decode(bytes, buf_sv(&base64));
    secret_wipe(base64.ptr, base64.len);
    buf_done(&base64);
    rest = buf_sv(bytes);
    if (!is_read || !sv_starts(rest, SV(OPENSSH_MAGIC "\0")))
        return false;
    rest = (struct sv){rest.ptr + sizeof OPENSSH_MAGIC, rest.len - sizeof OPENSSH_MAGIC};
    return take_string(&rest, cipher) && take_string(&rest, &skipped) &&
           take_string(&rest, &skipped) && rest.len >= 4 &&
           (rest.ptr += 4, rest.len -= 4, take_string(&rest, &blob)) && take_string(&blob, kind);
}

static enum err_code refuse_rsa(const char *path, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, path,
                   "is an RSA key, and these can be proved here with SHA-1 alone, which sshd does "
                   "not take any more; make another: ssh-keygen -t ed25519");
}

static enum err_code judge(const char *path, struct sv text, struct identity_file *file,
                           struct err *err)
{
    struct buf bytes = BUF_NONE;
    struct sv cipher, kind;
    enum err_code code = OK;

    if (sv_contains(text, SV("BEGIN RSA PRIVATE KEY"))) {
        code = refuse_rsa(path, err);
    } else if (sv_contains(text, SV("BEGIN OPENSSH PRIVATE KEY"))) {
        if (!look_into_openssh(text, &cipher, &kind, &bytes))
            code = err_set(err, ERR_PARSE, path, "is no whole private key");
        else if (sv_eq_cstr(kind, "ssh-rsa"))
            code = refuse_rsa(path, err);
        else
            file->is_encrypted = !sv_eq_cstr(cipher, "none");
    } else if (sv_contains(text, SV("PRIVATE KEY-----"))) {
        file->is_encrypted = sv_contains(text, SV("ENCRYPTED"));
    } else {
        code = err_set(err, ERR_PARSE, path, "is no private key");
    }
    secret_wipe(bytes.ptr, bytes.len);
    buf_done(&bytes);
    return code;
}

enum err_code identity_read(const char *path, struct identity_file *file, struct err *err)
{
    struct buf text = BUF_NONE;

    *file = (struct identity_file){0};
    buf_reserve(&text, FILE_BYTES_MAX);
    enum err_code code = os_read_file(path, FILE_BYTES_MAX, &text, err);
    if (code == OK)
        code = judge(path, buf_sv(&text), file, err);
    if (code == OK)
        file->text = secret_new(buf_sv(&text));
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return code;
}

void identity_done(struct identity_file *file)
{
    secret_unref(file->text);
    file->text = NULL;
}

/* --- made for once --------------------------------------------------------------------------- */

static EVP_PKEY *load(const struct ephemeral *key)
{
    struct sv seed = secret_bytes(key->seed);

    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)seed.ptr,
                                        seed.len);
}

static void add_string(struct buf *out, struct sv text)
{
    const char length[] = {0, 0, (char)(text.len >> 8), (char)text.len};

    buf_add(out, (struct sv){length, sizeof length});
    buf_add(out, text);
}

enum err_code ephemeral_make(struct ephemeral *key, struct err *err)
{
    unsigned char seed[ED25519_BYTES], public_key[ED25519_BYTES];
    size_t n = sizeof public_key;

    *key = (struct ephemeral){0};
    os_random(seed, sizeof seed);
    key->seed = secret_new((struct sv){(const char *)seed, sizeof seed});
    secret_wipe(seed, sizeof seed);
    EVP_PKEY *pkey = load(key);
    bool is_made = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, public_key, &n) == 1;
    EVP_PKEY_free(pkey);
    if (!is_made)
        return err_set(err, ERR_INTERNAL, "ssh", "no ed25519 key could be made");
    add_string(&key->blob, SV(KIND));
    add_string(&key->blob, (struct sv){(const char *)public_key, n});
    return OK;
}

void ephemeral_done(struct ephemeral *key)
{
    secret_unref(key->seed);
    key->seed = NULL;
    buf_done(&key->blob);
}

void ephemeral_public(const struct ephemeral *key, struct buf *out)
{
    buf_add_cstr(out, KIND " ");
    base64_encode(out, buf_sv(&key->blob));
    buf_add_cstr(out, " watchdeck");
}

bool ephemeral_sign(const struct ephemeral *key, struct sv data, uint8_t proof[ED25519_PROOF_BYTES])
{
    size_t n = ED25519_PROOF_BYTES;
    EVP_PKEY *pkey = load(key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed =
        pkey != NULL && context != NULL &&
        EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
        EVP_DigestSign(context, proof, &n, (const unsigned char *)data.ptr, data.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_signed && n == ED25519_PROOF_BYTES;
}
