#include "core/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"

static const struct {
    const char *name, *text, *hint;
    int exit_status;
} errors[ERR_COUNT] = {[OK] = {"OK", "all is well", "", 0},
#define ERR_ROW(code, exit_status, text, hint) [code] = {#code, text, hint, exit_status},
                       ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

/* What to do about it at a shell's prompt, where that is something else: there are no keys. */
static const struct {
    enum err_code code;
    const char *hint;
} line_hints[] = {
    {ERR_INTERNAL, "please report it, with what --log FILE has of it"},
    {ERR_USAGE, "see watchdeck --help"},
    {ERR_PARSE, "the same command with --log FILE keeps what could not be read"},
    {ERR_CANCELLED, "run the same command again"},
    {ERR_TIMEOUT, "check the network, then run the same command again"},
    {ERR_NET, "run the same command again"},
    {ERR_EXPIRED, "renew them (aws sso login, or whatever gave them), then run the command again"},
    {ERR_THROTTLED, "wait a moment, then run the same command again"},
    {ERR_AWS, "the same command with --log FILE keeps the whole answer"},
    {ERR_READ_ONLY, "in the console :elevate 15m lifts it for a time"},
    {ERR_UNVERIFIED, "look again in a minute"},
};

static const struct {
    int errno_value;
    enum err_code code;
} errno_codes[] = {
    {ENOSPC, ERR_DISK_FULL}, {EDQUOT, ERR_DISK_FULL}, {ENOENT, ERR_NOT_FOUND},
    {EEXIST, ERR_EXISTS},    {ENOMEM, ERR_NOMEM},     {EFBIG, ERR_TOO_BIG},
};

enum err_code err_set(struct err *err, enum err_code code, const char *where, const char *fmt, ...)
{
    if (err == NULL)
        return code;
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    /* where and the arguments may lie in *err itself: it is changed last. */
    struct err fresh = {.code = code};
    text_safe_copy(fresh.where, sizeof fresh.where, sv_of(where), TEXT_LINE);
    text_safe_copy(fresh.message, sizeof fresh.message, sv_of(message), TEXT_LINE);
    *err = fresh;
    return code;
}

enum err_code err_advise(struct err *err, enum err_code code, const char *advice)
{
    if (err != NULL)
        err->advice = advice;
    return code;
}

enum err_code err_set_errno(struct err *err, const char *where, const char *what)
{
    int errno_value = errno;
    enum err_code code = ERR_IO;
    char reason[128];

    for (size_t i = 0; i < ARRAY_LEN(errno_codes); i++) {
        if (errno_codes[i].errno_value == errno_value)
            code = errno_codes[i].code;
    }
    err_set(err, code, where, "%s: %s", what, strerror_r(errno_value, reason, sizeof reason));
    return code == ERR_NOT_FOUND ? err_advise(err, code, "check the name") : code;
}

static enum err_code known(enum err_code code)
{
    return (unsigned)code < ERR_COUNT ? code : ERR_INTERNAL;
}

const char *err_name(enum err_code code)
{
    return errors[known(code)].name;
}

const char *err_text(enum err_code code)
{
    return errors[known(code)].text;
}

const char *err_hint(const struct err *err)
{
    return err->advice != NULL ? err->advice : errors[known(err->code)].hint;
}

int err_exit_status(enum err_code code)
{
    return errors[known(code)].exit_status;
}

static void add_field(struct buf *line, const char *before, const char *field, const char *after)
{
    if (field[0] == '\0')
        return;
    buf_add_cstr(line, before);
    text_safe(line, sv_of(field), TEXT_LINE);
    buf_add_cstr(line, after);
}

/* Ends the sentence before, and adds the hint as one of its own. */
static void add_hint(struct buf *line, const char *hint)
{
    if (!sv_ends(buf_sv(line), SV(".")) && !sv_ends(buf_sv(line), SV("?")))
        buf_add_char(line, '.');
    if (hint[0] == '\0')
        return;
    buf_add_char(line, ' ');
    buf_add_char(line, hint[0] >= 'a' && hint[0] <= 'z' ? (char)(hint[0] - 'a' + 'A') : hint[0]);
    buf_add_cstr(line, hint + 1);
    buf_add_char(line, '.');
}

static const char *line_hint(const struct err *err)
{
    for (size_t i = 0; err->advice == NULL && i < ARRAY_LEN(line_hints); i++) {
        if (line_hints[i].code == err->code)
            return line_hints[i].hint;
    }
    return err_hint(err);
}

static void describe(const struct err *err, const char *hint, char *line, unsigned long size)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    add_field(&text, "", err->where, ": ");
    buf_add_cstr(&text, err_text(err->code));
    add_field(&text, ": ", err->message, "");
    add_field(&text, " (", err->aws_code, ")");
    add_field(&text, ", missing ", err->iam_action, "");
    if (err->code != OK)
        add_hint(&text, hint);
    text_safe_copy(line, size, buf_sv(&text), TEXT_LINE);
}

void err_describe(const struct err *err, char *line, unsigned long size)
{
    describe(err, err_hint(err), line, size);
}

void err_describe_on_line(const struct err *err, char *line, unsigned long size)
{
    describe(err, line_hint(err), line, size);
}
