#include "tests/sandbox/identity/web_identity.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"

/* Random, once a run. */
static struct sv run_key(void)
{
    static char key[SHA256_BYTES];
    static bool made;
    if (!made)
        os_random(key, sizeof key);
    made = true;
    return (struct sv){key, sizeof key};
}

/* --- base64url without padding (RFC 7515 2) --------------------------------------------------- */

static void swap(char *text, size_t len, const char *from, const char *to)
{
    for (size_t i = 0; i < len; i++)
        for (int k = 0; k < 2; k++)
            if (text[i] == from[k])
                text[i] = to[k];
}

static void encode(struct buf *out, struct sv data)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    base64_encode(&text, data);
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    swap(text.ptr, text.len, "+/", "-_");
    buf_add(out, buf_sv(&text));
}

static bool decode(struct buf *out, struct sv data)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, data);
    while (text.len % 4 != 0)
        buf_add_char(&text, '=');
    swap(text.ptr, text.len, "-_", "+/");
    return base64_decode(out, buf_sv(&text));
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void write_claims(struct buf *out, const struct web_identity *identity)
{
    AUTO(buf_done) struct buf claims = BUF_NONE;
    struct json_writer w = {.out = &claims};
    jw_object(&w);
    jw_string_at(&w, "iss", SV("https://" WEB_IDENTITY_ISSUER));
    jw_string_at(&w, "sub", sv_of(identity->subject));
    jw_string_at(&w, "aud", sv_of(identity->audience));
    jw_i64_at(&w, "exp", identity->expires_at_s);
    jw_object_end(&w);
    encode(out, buf_sv(&claims));
}

static void add_signature(struct buf *out, struct sv signed_part)
{
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(run_key(), signed_part, mac);
    encode(out, (struct sv){(const char *)mac, sizeof mac});
}

void web_identity_write(struct buf *out, const struct web_identity *identity)
{
    AUTO(buf_done) struct buf token = BUF_NONE;
    AUTO(buf_done) struct buf signature = BUF_NONE;
    encode(&token, SV("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
    buf_add_char(&token, '.');
    write_claims(&token, identity);
    add_signature(&signature, buf_sv(&token));
    buf_addf(out, SV_FMT "." SV_FMT, SV_ARG(buf_sv(&token)), SV_ARG(buf_sv(&signature)));
}

static bool is_signed(struct sv signed_part, struct sv signature)
{
    AUTO(buf_done) struct buf expected = BUF_NONE;
    add_signature(&expected, signed_part);
    return expected.len == signature.len && bytes_equal(expected.ptr, signature.ptr, signature.len);
}

enum web_identity_fault web_identity_read(struct sv token, struct web_identity *identity)
{
    AUTO(json_free_at) cJSON *claims = NULL;
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv rest = token;
    struct sv head = sv_split(&rest, '.'), body = sv_split(&rest, '.');
    if (head.len == 0 || rest.len == 0 || !decode(&text, body) ||
        json_parse(buf_sv(&text), "token", &claims, NULL) != OK)
        return WEB_IDENTITY_NO_JWT;
    if (!sv_eq_cstr(json_sv(claims, "iss"), "https://" WEB_IDENTITY_ISSUER))
        return WEB_IDENTITY_FOREIGN;
    if (!is_signed((struct sv){token.ptr, head.len + 1 + body.len}, rest))
        return WEB_IDENTITY_FORGED;
    sv_copy(json_sv(claims, "sub"), identity->subject, sizeof identity->subject);
    sv_copy(json_sv(claims, "aud"), identity->audience, sizeof identity->audience);
    identity->expires_at_s = json_i64(claims, "exp", 0);
    return WEB_IDENTITY_OK;
}
