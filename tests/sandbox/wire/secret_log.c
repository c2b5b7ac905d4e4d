#include "tests/sandbox/wire/secret_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/mem.h"

struct secret_log {
    int fd;
};

enum err_code secret_log_open(const char *path, struct secret_log **log, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, path, "cannot write the log of secrets");
    *log = mem_new(struct secret_log);
    (*log)->fd = fd;
    return OK;
}

void secret_log_close(struct secret_log *log)
{
    if (log)
        close(log->fd);
    mem_free(log);
}

/* Members that are secret wherever they stand, in either spelling of the first letter. */
static const char *const names[] = {"SecretAccessKey", "SessionToken", "AccessToken",
                                    "RefreshToken",    "ClientSecret", "TokenValue",
                                    "Plaintext"};

static bool is_secret(const cJSON *member, const cJSON *parent, bool decrypts)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (member->string && strcasecmp(member->string, names[i]) == 0)
            return true;
    return decrypts && member->string && strcmp(member->string, "Value") == 0 &&
           sv_eq_cstr(json_sv(parent, "Type"), "SecureString");
}

static void write_one(struct secret_log *log, const cJSON *member)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct json_writer w = {.out = &line};
    jw_object(&w);
    jw_string_at(&w, "what", sv_of(member->string));
    jw_string_at(&w, "secret", sv_of(member->valuestring));
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    if (write(log->fd, line.ptr, line.len) != (ssize_t)line.len)
        perror("watchdeck-sandbox: log of secrets");
}

/* Models are a few levels deep. */
static void walk(struct secret_log *log, const cJSON *tree, bool decrypts)
{
    const cJSON *member;
    cJSON_ArrayForEach (member, tree) {
        if (cJSON_IsString(member) && is_secret(member, tree, decrypts))
            write_one(log, member);
        walk(log, member, decrypts);
    }
}

void secret_log_write(struct secret_log *log, const cJSON *input, const cJSON *output)
{
    if (log)
        walk(log, output, json_bool(input, "WithDecryption", false));
}
