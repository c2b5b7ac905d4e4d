#include "core/aws/cred/assume_role.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"

/* The text of the only element of that name; false when it is not there once and plainly. */
static bool read_element(struct sv body, const char *name, struct sv *text)
{
    char open[32], close[32];
    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    const char *start = memmem(body.ptr, body.len, open, strlen(open));
    if (start == NULL)
        return false;
    start += strlen(open);
    size_t rest = body.len - (size_t)(start - body.ptr);
    const char *end = memchr(start, '<', rest);
    if (end == NULL || (size_t)(body.ptr + body.len - end) < strlen(close) ||
        memcmp(end, close, strlen(close)) != 0 ||
        memmem(end, rest - (size_t)(end - start), open, strlen(open)) != NULL)
        return false;
    *text = sv_trim((struct sv){start, (size_t)(end - start)});
    return text->len > 0 && memchr(text->ptr, '&', text->len) == NULL;
}

enum err_code assume_role_read(struct sv body, struct credentials **credentials, struct err *err)
{
    struct sv key_id, secret, token, expiration;
    int64_t expires_at_ms = 0;
    if (body.len == 0 || !read_element(body, "AccessKeyId", &key_id) ||
        !read_element(body, "SecretAccessKey", &secret) ||
        !read_element(body, "SessionToken", &token) ||
        !read_element(body, "Expiration", &expiration) || key_id.len >= ACCESS_KEY_ID_SIZE ||
        !clock_parse_iso8601(expiration, &expires_at_ms))
        return err_set(err, ERR_PARSE, "sts:AssumeRole", "the reply holds no whole credentials");
    struct secret *secret_key = secret_new(secret), *session_token = secret_new(token);
    *credentials = credentials_new(key_id, secret_key, session_token, expires_at_ms);
    secret_unref(secret_key);
    secret_unref(session_token);
    return OK;
}
