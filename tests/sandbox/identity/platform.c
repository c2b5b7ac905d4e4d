#include "tests/sandbox/identity/platform.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#define RENEW_MS INT64_C(300000)

static bool set_word(struct sv word, const struct platform_word *words, size_t n_words,
                     void *options)
{
    struct sv value = word, name = sv_split(&value, '=');
    int64_t number = 0;
    for (size_t i = 0; i < n_words; i++) {
        if (!sv_eq_cstr(name, words[i].name))
            continue;
        if (words[i].has_number != (name.len < word.len) ||
            (words[i].has_number &&
             (!sv_to_i64(value, &number) || number < 0 || number > 315360000)))
            return false;
        words[i].set(options, number);
        return true;
    }
    return false;
}

bool platform_words(struct sv text, const struct platform_word *words, size_t n_words,
                    void *options)
{
    struct sv rest = text;
    if (text.len == 0)
        return false;
    while (rest.ptr)
        if (!set_word(sv_split(&rest, ','), words, n_words, options))
            return false;
    return true;
}

static void renew(struct platform *p, struct iam *iam, int64_t now_ms)
{
    p->made_at_ms = now_ms;
    p->expires_at_ms = now_ms + p->lasts_s * 1000;
    const struct principal *session =
        iam_open_session(iam, iam_role(p->role), iam_management_account(iam), p->session_name,
                         false, p->expires_at_ms);
    str_copy(p->access_key_id, session->access_key_id);
}

const struct principal *platform_session(struct platform *platform, struct iam *iam, int64_t now_ms)
{
    int64_t half_ms = platform->lasts_s * 500;
    int64_t early_ms = half_ms < RENEW_MS ? half_ms : RENEW_MS;
    if (!iam_find(iam, sv_of(platform->access_key_id)) ||
        now_ms >= platform->expires_at_ms - early_ms)
        renew(platform, iam, now_ms);
    return iam_find(iam, sv_of(platform->access_key_id));
}

void platform_write(struct json_writer *w, const struct platform *platform,
                    const struct principal *session, int64_t advanced_ms)
{
    char expiration[CLOCK_ISO_SIZE];
    clock_iso8601(platform->expires_at_ms - advanced_ms, false, expiration);
    jw_string_at(w, "AccessKeyId", sv_of(session->access_key_id));
    jw_string_at(w, "SecretAccessKey", sv_of(session->secret_access_key));
    jw_string_at(w, "Token", sv_of(session->session_token));
    jw_string_at(w, "Expiration", sv_of(expiration));
}
