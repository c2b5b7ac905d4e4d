#include "tests/sandbox/wire/tls.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/base/os.h"

/* A certificate under construction with the key it is for. */
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void pair_done(struct pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_name(X509 *certificate, const char *name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                      (const unsigned char *)name, -1, -1, 0);
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[8];
    os_random(bytes, sizeof bytes);
    bytes[0] &= 0x7F;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

struct extension {
    int nid;
    const char *value;
};

/* Signed by issuer, or by itself when issuer is the pair itself. */
static bool make_pair(struct pair *pair, const struct pair *issuer, const char *name,
                      const struct extension *extensions, size_t n_extensions)
{
    const long day_s = 86400;
    pair->key = EVP_EC_gen("P-256");
    pair->certificate = X509_new();
    X509 *c = pair->certificate;
    bool made = pair->key && c && X509_set_version(c, X509_VERSION_3) && set_serial(c) &&
                X509_gmtime_adj(X509_getm_notBefore(c), -day_s) &&
                X509_gmtime_adj(X509_getm_notAfter(c), 365 * day_s) && set_name(c, name) &&
                X509_set_pubkey(c, pair->key) &&
                X509_set_issuer_name(c, X509_get_subject_name(issuer->certificate));
    for (size_t i = 0; i < n_extensions && made; i++)
        made = add_extension(c, issuer->certificate, extensions[i].nid, extensions[i].value);
    return made && X509_sign(c, issuer->key, EVP_sha256());
}

static bool make_authority(struct pair *pair)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    return make_pair(pair, pair, "watchdeck sandbox CA", extensions, ARRAY_LEN(extensions));
}

static bool make_server(struct pair *pair, const struct pair *authority, const char *names)
{
    AUTO(buf_done) struct buf all = BUF_NONE;
    buf_addf(&all, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", *names ? "," : "", names);
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_alt_name, buf_cstr(&all)},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
    };
    return make_pair(pair, authority, "localhost", extensions, ARRAY_LEN(extensions));
}

/* What a memory BIO holds. */
static void drain(BIO *bio, struct buf *out)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    if (len > 0)
        buf_add(out, (struct sv){data, (size_t)len});
}

static bool write_pem(const struct pair *pair, struct buf *certificate, struct buf *key)
{
    BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
    bool written = c && k && PEM_write_bio_X509(c, pair->certificate) &&
                   PEM_write_bio_PrivateKey(k, pair->key, NULL, NULL, 0, NULL, NULL);
    if (written) {
        drain(c, certificate);
        if (key)
            drain(k, key);
    }
    BIO_free(c);
    BIO_free(k);
    return written;
}

enum err_code tls_make(const char *dir, const char *names, struct tls_identity *identity,
                       struct err *err)
{
    AUTO(pair_done) struct pair authority = {0}, server = {0};
    AUTO(buf_done) struct buf ca = BUF_NONE;
    char path[4096];
    *identity = (struct tls_identity){0};
    if (!make_authority(&authority) || !make_server(&server, &authority, names) ||
        !write_pem(&authority, &ca, NULL) ||
        !write_pem(&server, &identity->certificate, &identity->key))
        return err_set(err, ERR_TLS, "--tls", "OpenSSL could not make the certificates");
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, dir, "cannot make the folder");
    snprintf(path, sizeof path, "%s/ca.pem", dir);
    return os_write_atomically(path, buf_sv(&ca), 0644, err);
}

void tls_identity_done(struct tls_identity *identity)
{
    buf_done(&identity->certificate);
    buf_done(&identity->key);
}
