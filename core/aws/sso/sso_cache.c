#include "core/aws/sso/sso_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define FILE_MAX_BYTES ((size_t)256 << 10)

void sso_token_done(struct sso_token *token)
{
    secret_unref(token->access);
    secret_unref(token->refresh);
    secret_unref(token->client_secret);
    *token = (struct sso_token){0};
}

/* --- where ----------------------------------------------------------------------------------- */

static enum err_code find_folder(char *folder, size_t size, struct err *err)
{
    const char *home = getenv("HOME");
    if (home == NULL || home[0] == '\0')
        return err_set(err, ERR_IO, "~/.aws/sso/cache", "HOME is not set");
    if (snprintf(folder, size, "%s/.aws/sso/cache", home) >= (int)size)
        return err_set(err, ERR_IO, "~/.aws/sso/cache", "the path is too long");
    return OK;
}

static enum err_code find_file(const struct sso_config *sso, const char *ending, char *path,
                               struct err *err)
{
    char folder[SSO_PATH_SIZE - SHA1_HEX_SIZE - 8], name[SHA1_HEX_SIZE];
    if (find_folder(folder, sizeof folder, err) != OK)
        return ERR_IO;
    sha1_hex(sv_of(sso->session[0] != '\0' ? sso->session : sso->start_url), name);
    snprintf(path, SSO_PATH_SIZE, "%s/%s%s", folder, name, ending);
    return OK;
}

enum err_code sso_cache_path(const struct sso_config *sso, char *path, struct err *err)
{
    return find_file(sso, ".json", path, err);
}

/* Others may have made ~/.aws with rights of their own: only what is missing is made. */
static enum err_code make_folder(struct err *err)
{
    char folder[SSO_PATH_SIZE];
    struct stat st;
    enum err_code code = find_folder(folder, sizeof folder, err);
    if (code != OK || (stat(folder, &st) == 0 && S_ISDIR(st.st_mode)))
        return code;
    return os_private_dir(folder, err);
}

int sso_cache_try_lock(const struct sso_config *sso, struct err *err)
{
    char path[SSO_PATH_SIZE];
    *err = ERR_NONE;
    if (find_file(sso, ".lock", path, err) != OK || make_folder(err) != OK)
        return -1;
    int fd = os_open_private(path, O_RDWR | O_CREAT, 0600, err);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            err_set_errno(err, path, "cannot lock");
        close(fd);
        fd = -1;
    }
    return fd;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool read_time(struct sv value, int64_t *at_ms)
{
    char text[CLOCK_ISO_SIZE + 16];
    return json_pick_text(value, text, sizeof text) && clock_parse_iso8601(sv_of(text), at_ms);
}

/* Whether the text that the file has at key is what is wanted; it need not have one. */
static bool agrees(struct sv file, const char *key, const char *wanted)
{
    char text[1024];
    struct sv value = json_pick(file, key);
    return value.len == 0 || value.ptr[0] != '"' ||
           (json_pick_text(value, text, sizeof text) && sv_eq_cstr(sv_of(text), wanted));
}

/* Bearer tokens are visible ASCII (RFC 6750 2.1): anything else is damage, and no header. */
static bool is_bearer(struct sv text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '!' || text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

static bool read_token(struct sv file, const struct sso_config *sso, struct sso_token *token)
{
    if (json_pick_check(file, "", NULL) != OK || !agrees(file, "startUrl", sso->start_url) ||
        !agrees(file, "region", sso->region) || !agrees(file, "scopes", sso->scopes) ||
        !read_time(json_pick(file, "expiresAt"), &token->expires_at_ms))
        return false;
    token->access = json_pick_secret(json_pick(file, "accessToken"));
    token->refresh = json_pick_secret(json_pick(file, "refreshToken"));
    token->client_secret = json_pick_secret(json_pick(file, "clientSecret"));
    if (!json_pick_text(json_pick(file, "clientId"), token->client_id, sizeof token->client_id) ||
        !read_time(json_pick(file, "registrationExpiresAt"), &token->registration_expires_at_ms))
        token->client_id[0] = '\0';
    return is_bearer(secret_bytes(token->access));
}

enum err_code sso_cache_read(const struct sso_config *sso, struct sso_token *token, struct err *err)
{
    char path[SSO_PATH_SIZE];
    struct buf file = {.cap = FILE_MAX_BYTES};
    *token = (struct sso_token){0};
    if (sso_cache_path(sso, path, err) != OK)
        return err_set(err, ERR_NOT_FOUND, "~/.aws/sso/cache", "HOME is not set");
    buf_reserve(&file, FILE_MAX_BYTES);
    bool is_there = os_read_file(path, FILE_MAX_BYTES, &file, NULL) == OK;
    bool is_good = is_there && read_token(buf_sv(&file), sso, token);
    secret_wipe(file.ptr, file.len);
    buf_done(&file);
    if (is_good)
        return OK;
    sso_token_done(token);
    return err_set(err, ERR_NOT_FOUND, path, "%s",
                   is_there ? "damaged, or of another login" : "there is none");
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_member(struct buf *file, const char *key, struct sv text)
{
    if (text.len == 0)
        return;
    buf_addf(file, "%s\"%s\": ", file->len > 1 ? ", " : "", key);
    json_pick_quote(file, text);
}

static void add_time(struct buf *file, const char *key, int64_t at_ms)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso8601(at_ms, false, iso);
    add_member(file, key, sv_of(iso));
}

static void print_token(const struct sso_config *sso, const struct sso_token *token,
                        struct buf *file)
{
    buf_add_char(file, '{');
    add_member(file, "startUrl", sv_of(sso->start_url));
    add_member(file, "region", sv_of(sso->region));
    add_member(file, "scopes", sv_of(sso->scopes));
    add_member(file, "accessToken", secret_bytes(token->access));
    add_time(file, "expiresAt", token->expires_at_ms);
    if (token->client_id[0] != '\0') {
        add_member(file, "clientId", sv_of(token->client_id));
        add_member(file, "clientSecret", secret_bytes(token->client_secret));
        add_time(file, "registrationExpiresAt", token->registration_expires_at_ms);
    }
    add_member(file, "refreshToken", secret_bytes(token->refresh));
    buf_add_char(file, '}');
}

enum err_code sso_cache_write(const struct sso_config *sso, const struct sso_token *token,
                              struct err *err)
{
    char path[SSO_PATH_SIZE];
    struct buf file = {.cap = FILE_MAX_BYTES};
    enum err_code code = sso_cache_path(sso, path, err);
    if (code == OK)
        code = make_folder(err);
    if (code == OK) {
        buf_reserve(&file, FILE_MAX_BYTES);
        print_token(sso, token, &file);
        code = buf_err(&file) == OK ? os_write_atomically(path, buf_sv(&file), 0600, err)
                                    : err_set(err, ERR_TOO_BIG, path, "the token is too large");
    }
    secret_wipe(file.ptr, file.len);
    buf_done(&file);
    return code;
}
