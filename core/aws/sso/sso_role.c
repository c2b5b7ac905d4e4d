#include "core/aws/sso/sso_role.h"

#include <ctype.h>
#include <string.h>

#include "core/aws/sso/sso_oidc.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"

#define WHERE "sso:GetRoleCredentials"

/* RFC 3986, 2.3. */
static void add_encoded(struct buf *url, struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
            buf_add_char(url, (char)c);
        else
            buf_addf(url, "%%%02X", (unsigned)c);
    }
}

void sso_role_add_path(struct buf *url, const struct sso_config *sso)
{
    buf_add_cstr(url, "/federation/credentials?account_id=");
    add_encoded(url, sv_of(sso->account_id));
    buf_add_cstr(url, "&role_name=");
    add_encoded(url, sv_of(sso->role_name));
}

enum err_code sso_role_read(struct sv body, struct credentials **credentials, struct err *err)
{
    char key_id[ACCESS_KEY_ID_SIZE];
    int64_t expires_at_ms = 0;
    if (json_pick_check(body, WHERE, err) != OK)
        return ERR_PARSE;
    struct sv role = json_pick(body, "roleCredentials");
    struct secret *secret = json_pick_secret(json_pick(role, "secretAccessKey"));
    struct secret *token = json_pick_secret(json_pick(role, "sessionToken"));
    bool is_whole = json_pick_text(json_pick(role, "accessKeyId"), key_id, sizeof key_id) &&
                    json_pick_i64(json_pick(role, "expiration"), &expires_at_ms) &&
                    key_id[0] != '\0' && expires_at_ms > 0 && secret_bytes(secret).len > 0 &&
                    secret_bytes(token).len > 0;
    if (is_whole)
        *credentials = credentials_new(sv_of(key_id), secret, token, expires_at_ms);
    secret_unref(secret);
    secret_unref(token);
    return is_whole ? OK : err_set(err, ERR_PARSE, WHERE, "the reply holds no whole credentials");
}

bool sso_role_read_fault(const struct sso_config *sso, int status, struct sv error_type,
                         struct sv body, struct err *err)
{
    char message[256] = "", code[64];
    struct sv object = json_pick_check(body, WHERE, NULL) == OK ? body : SV_NONE;
    if (!json_pick_text(json_pick(object, "message"), message, sizeof message))
        json_pick_text(json_pick(object, "Message"), message, sizeof message);
    sso_error_code(error_type, object, code, sizeof code);
    enum err_code what = status == 401                    ? ERR_EXPIRED
                         : status == 429                  ? ERR_THROTTLED
                         : status >= 500                  ? ERR_SERVICE
                         : status == 403 || status == 404 ? ERR_DENIED
                                                          : ERR_CREDENTIALS;
    err_set(err, what, WHERE, "role %s in account %s: %s%s%s (HTTP %d)", sso->role_name,
            sso->account_id, message, message[0] != '\0' && code[0] != '\0' ? ", " : "", code,
            status);
    str_copy(err->aws_code, code);
    err->http_status = status;
    return status == 401;
}

void sso_role_cache_key(const struct sso_config *sso, char key[SHA1_HEX_SIZE])
{
    AUTO(buf_done) struct buf args = BUF_NONE;
    bool has_session = sso->session[0] != '\0';
    buf_add_cstr(&args, "{\"accountId\":");
    json_pick_quote(&args, sv_of(sso->account_id));
    buf_add_cstr(&args, ",\"roleName\":");
    json_pick_quote(&args, sv_of(sso->role_name));
    buf_add_cstr(&args, has_session ? ",\"sessionName\":" : ",\"startUrl\":");
    json_pick_quote(&args, sv_of(has_session ? sso->session : sso->start_url));
    buf_add_char(&args, '}');
    sha1_hex(buf_sv(&args), key);
}
