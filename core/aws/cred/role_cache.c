#include "core/aws/cred/role_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/aws/cred/refresh.h"
#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"

#define PATH_SIZE      1024
#define FILE_MAX_BYTES ((size_t)64 << 10)

/* --- keys ------------------------------------------------------------------------------------ */

static void add_unit(struct buf *out, unsigned unit)
{
    buf_addf(out, "\\u%04x", unit);
}

/* As Python's json.dumps does it: ASCII, with surrogates for what lies beyond. */
static void add_string(struct buf *out, struct sv text)
{
    static const char marks[] = "\"\\\n\r\t\b\f", names[] = "\"\\nrtbf";
    uint32_t codepoint;
    size_t len;
    buf_add_char(out, '"');
    while ((len = utf8_decode(text, &codepoint)) > 0) {
        const char *mark =
            codepoint < 0x80 && codepoint != 0 ? strchr(marks, (int)codepoint) : NULL;
        if (mark != NULL) {
            buf_add_char(out, '\\');
            buf_add_char(out, names[mark - marks]);
        } else if (codepoint >= ' ' && codepoint < 0x7f + 1) {
            buf_add_char(out, (char)codepoint);
        } else if (codepoint > 0xffff && codepoint != UINT32_MAX) {
            add_unit(out, 0xd800 + (unsigned)((codepoint - 0x10000) >> 10));
            add_unit(out, 0xdc00 + (unsigned)((codepoint - 0x10000) & 0x3ff));
        } else {
            add_unit(out, (unsigned)codepoint & 0xffff);
        }
        text.ptr += len;
        text.len -= len;
    }
    buf_add_char(out, '"');
}

static void add_argument(struct buf *out, const char *name, struct sv value)
{
    if (value.len == 0)
        return;
    buf_addf(out, "%s\"%s\": ", out->len > 1 ? ", " : "", name);
    add_string(out, value);
}

void role_cache_key(const struct chain_role *role, char key[SHA1_HEX_SIZE])
{
    AUTO(buf_done) struct buf arguments = BUF_NONE;
    buf_add_char(&arguments, '{');
    if (role->duration_s != 0)
        buf_addf(&arguments, "\"DurationSeconds\": %d", role->duration_s);
    add_argument(&arguments, "ExternalId", role->external_id);
    add_argument(&arguments, "RoleArn", role->arn);
    add_argument(&arguments, "RoleSessionName", role->session_name);
    add_argument(&arguments, "SerialNumber", role->mfa_serial);
    buf_add_char(&arguments, '}');
    sha1_hex(buf_sv(&arguments), key);
}

/* --- files ----------------------------------------------------------------------------------- */

static bool find_folder(char *folder, size_t size)
{
    const char *home = getenv("HOME");
    return home != NULL && home[0] == '/' &&
           snprintf(folder, size, "%s/.aws/cli/cache", home) < (int)size;
}

static bool find_file(const char *key, const char *ending, char path[PATH_SIZE])
{
    char folder[PATH_SIZE - 64];
    return find_folder(folder, sizeof folder) &&
           snprintf(path, PATH_SIZE, "%s/%s%s", folder, key, ending) < PATH_SIZE;
}

/* ~/.aws may be linked, and its rights are its owner's: only what is missing is made. */
static enum err_code make_folder(struct err *err)
{
    char folder[PATH_SIZE];
    struct stat st;
    if (!find_folder(folder, sizeof folder))
        return err_set(err, ERR_IO, "~/.aws/cli/cache", "HOME is not set");
    if (stat(folder, &st) == 0 && S_ISDIR(st.st_mode))
        return OK;
    return os_private_dir(folder, err);
}

int role_cache_try_lock(const char *key, bool *is_busy)
{
    char path[PATH_SIZE];
    *is_busy = false;
    if (!find_file(key, ".lock", path) || make_folder(NULL) != OK)
        return -1;
    int fd = os_open_private(path, O_RDWR | O_CREAT, 0600, NULL);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        *is_busy = errno == EWOULDBLOCK;
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The whole file, if it is a regular one of ours of bearable size. */
static bool read_file(const char *path, struct buf *text, int64_t *written_at_ms)
{
    struct stat st;
    ssize_t len = -1;
    int fd = os_open_private(path, O_RDONLY, 0, NULL);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size < FILE_MAX_BYTES) {
        *written_at_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
        text->cap = FILE_MAX_BYTES;
        buf_reserve(text, FILE_MAX_BYTES);
        len = read(fd, text->ptr, (size_t)st.st_size);
        text->len = len > 0 ? (size_t)len : 0;
        text->ptr[text->len] = '\0';
    }
    close(fd);
    return len > 0;
}

struct credentials *role_cache_read(const char *key)
{
    char path[PATH_SIZE];
    struct buf text = BUF_NONE;
    struct credentials *credentials = NULL;
    int64_t written_at_ms = 0;
    if (find_file(key, ".json", path) && read_file(path, &text, &written_at_ms) &&
        json_pick_check(buf_sv(&text), path, NULL) == OK)
        provider_read_json(json_pick(buf_sv(&text), "Credentials"), "SessionToken", true, path,
                           &credentials, NULL);
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    if (credentials != NULL && refresh_due(written_at_ms, credentials_expire_at_ms(credentials),
                                           clock_wall_ms()) != REFRESH_NONE) {
        credentials_unref(credentials);
        credentials = NULL;
    }
    return credentials;
}

static void print_entry(const struct credentials *credentials, struct buf *text)
{
    char expiration[CLOCK_ISO_SIZE];
    clock_iso8601(credentials_expire_at_ms(credentials), false, expiration);
    buf_add_cstr(text, "{\"Credentials\": {\"AccessKeyId\": ");
    json_pick_quote(text, sv_of(credentials_key_id(credentials)));
    buf_add_cstr(text, ", \"SecretAccessKey\": ");
    json_pick_quote(text, credentials_secret(credentials));
    buf_add_cstr(text, ", \"SessionToken\": ");
    json_pick_quote(text, credentials_token(credentials));
    buf_addf(text, ", \"Expiration\": \"%s\"}}", expiration);
}

enum err_code role_cache_write(const char *key, const struct credentials *credentials,
                               struct err *err)
{
    char path[PATH_SIZE];
    struct buf text = BUF_CAPPED(FILE_MAX_BYTES);
    enum err_code code = make_folder(err);
    if (code == OK && !find_file(key, ".json", path))
        code = err_set(err, ERR_IO, "~/.aws/cli/cache", "the path is too long");
    if (code == OK) {
        buf_reserve(&text, FILE_MAX_BYTES);
        print_entry(credentials, &text);
        code = buf_err(&text) == OK ? os_write_atomically(path, buf_sv(&text), 0600, err)
                                    : err_set(err, ERR_TOO_BIG, path, "the token is too large");
    }
    secret_wipe(text.ptr, text.len);
    buf_done(&text);
    return code;
}
