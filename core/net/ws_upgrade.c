#include "core/net/ws_upgrade.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define GUID       "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SHA1_BYTES 20
#define KEY_BYTES  16
#define WHERE      "WebSocket"

/* --- asking ---------------------------------------------------------------------------------- */

void ws_upgrade_key(char key[WS_KEY_SIZE])
{
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    char random[KEY_BYTES];

    os_random(random, sizeof random);
    base64_encode(&base64, (struct sv){random, sizeof random});
    sv_copy(buf_sv(&base64), key, WS_KEY_SIZE);
}

void ws_upgrade_request(struct buf *out, const char *host, const char *path, const char *key)
{
    buf_addf(out,
             "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
             path, host, key);
}

void ws_upgrade_accept(const char *key, struct buf *out)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    unsigned char digest[SHA1_BYTES];

    buf_addf(&text, "%s" GUID, key);
    EVP_Q_digest(NULL, "SHA1", NULL, text.ptr, text.len, digest, NULL);
    base64_encode(out, (struct sv){(const char *)digest, sizeof digest});
}

/* --- the answer ------------------------------------------------------------------------------ */

/* What of its headers matters. */
struct answer {
    int status;
    bool upgrades, connects, has_extra;
    struct sv accept;
    size_t n_accepts;
};

/* One line without its CR LF; false when there is no whole one. A line that ends in LF alone, or
 * has a control byte in it, makes *is_clean false. */
static bool next_line(struct sv *rest, struct sv *line, bool *is_clean)
{
    const char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;

    if (end == NULL)
        return false;
    size_t len = (size_t)(end - rest->ptr);
    bool has_cr = len > 0 && rest->ptr[len - 1] == '\r';
    *line = (struct sv){rest->ptr, has_cr ? len - 1 : len};
    *is_clean &= has_cr;
    for (size_t i = 0; i < line->len; i++) {
        unsigned char c = (unsigned char)line->ptr[i];
        *is_clean &= (c >= 0x20 || c == '\t') && c != 0x7f;
    }
    *rest = (struct sv){end + 1, rest->len - len - 1};
    return true;
}

/* Whether word is one of a comma-separated list; ASCII case does not matter (RFC 9110 5.6.1). */
static bool list_has(struct sv list, struct sv word)
{
    while (list.ptr != NULL) {
        if (sv_eq_nocase(sv_trim(sv_split(&list, ',')), word))
            return true;
    }
    return false;
}

static void take_upgrade(struct answer *answer, struct sv value)
{
    answer->upgrades |= list_has(value, SV("websocket"));
}

static void take_connection(struct answer *answer, struct sv value)
{
    answer->connects |= list_has(value, SV("upgrade"));
}

static void take_accept(struct answer *answer, struct sv value)
{
    answer->accept = value;
    answer->n_accepts++;
}

/* We have asked for none. */
static void take_extra(struct answer *answer, struct sv value)
{
    (void)value;
    answer->has_extra = true;
}

static const struct {
    const char *name;
    void (*take)(struct answer *answer, struct sv value);
} headers[] = {
    {"Upgrade", take_upgrade},
    {"Connection", take_connection},
    {"Sec-WebSocket-Accept", take_accept},
    {"Sec-WebSocket-Extensions", take_extra},
    {"Sec-WebSocket-Protocol", take_extra},
};

/* False for what is no header: without a name, with a blank before the colon, a folded line. */
static bool read_header(struct answer *answer, struct sv line)
{
    struct sv value = line, name = sv_split(&value, ':');

    if (value.ptr == NULL || name.len == 0 || sv_trim(name).len != name.len)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        if (sv_eq_nocase(name, sv_of(headers[i].name)))
            headers[i].take(answer, sv_trim(value));
    }
    return true;
}

/* "HTTP/1.1 101 Switching Protocols" */
static bool read_status(struct answer *answer, struct sv line)
{
    struct sv rest = line, version = sv_split(&rest, ' '), status = sv_split(&rest, ' ');
    int64_t number;

    if (!sv_eq_cstr(version, "HTTP/1.1") || status.len != 3 || !sv_to_i64(status, &number))
        return false;
    answer->status = (int)number;
    return true;
}

enum reading { READ_MORE, READ_WHOLE, READ_BROKEN };

/* One answer at the front of *rest, which then stands behind its headers. */
static enum reading read_answer(struct sv *rest, struct answer *answer)
{
    struct sv line;
    bool is_clean = true;

    *answer = (struct answer){0};
    if (!next_line(rest, &line, &is_clean))
        return READ_MORE;
    if (!is_clean || !read_status(answer, line))
        return READ_BROKEN;
    for (int n = 0; n < WS_UPGRADE_LINES_MAX; n++) {
        if (!next_line(rest, &line, &is_clean))
            return READ_MORE;
        if (!is_clean)
            return READ_BROKEN;
        if (line.len == 0)
            return READ_WHOLE;
        if (!read_header(answer, line))
            return READ_BROKEN;
    }
    return READ_BROKEN;
}

/* --- judging --------------------------------------------------------------------------------- */

static enum err_code refused(int status, struct err *err)
{
    static const struct {
        int from, to;
        enum err_code code;
    } codes[] = {
        {401, 401, ERR_EXPIRED},
        {403, 403, ERR_DENIED},
        {429, 429, ERR_THROTTLED},
        {500, 599, ERR_SERVICE},
    };
    enum err_code code = ERR_HTTP;

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (status >= codes[i].from && status <= codes[i].to)
            code = codes[i].code;
    }
    err_set(err, code, WHERE, "the server has answered %d in place of a WebSocket", status);
    if (err != NULL)
        err->http_status = status;
    return code;
}

static enum err_code judge(const struct answer *answer, const char *key, struct err *err)
{
    AUTO(buf_done) struct buf accept = BUF_NONE;

    if (answer->status != 101)
        return refused(answer->status, err);
    if (!answer->upgrades || !answer->connects)
        return err_set(err, ERR_HTTP, WHERE, "the server switches to another protocol");
    ws_upgrade_accept(key, &accept);
    if (answer->n_accepts != 1 || !sv_eq(answer->accept, buf_sv(&accept)))
        return err_set(err, ERR_HTTP, WHERE, "the server has answered another request than ours");
    if (answer->has_extra)
        return err_set(err, ERR_HTTP, WHERE, "the server wants what was not asked for");
    return OK;
}

enum ws_upgrade ws_upgrade_read(struct sv bytes, const char *key, size_t *used, struct err *err)
{
    struct sv rest = bytes;
    struct answer answer;
    enum reading reading;

    do
        reading = read_answer(&rest, &answer);
    while (reading == READ_WHOLE && answer.status >= 100 && answer.status < 200 &&
           answer.status != 101);
    size_t n_read = bytes.len - rest.len;
    if (reading == READ_MORE && bytes.len < WS_UPGRADE_BYTES_MAX)
        return WS_UPGRADE_MORE;
    if (reading != READ_WHOLE || n_read > WS_UPGRADE_BYTES_MAX) {
        err_set(err, ERR_HTTP, WHERE, "the server's answer is no HTTP, or has no end");
        return WS_UPGRADE_FAILED;
    }
    if (judge(&answer, key, err) != OK)
        return WS_UPGRADE_FAILED;
    *used = n_read;
    return WS_UPGRADE_OPEN;
}
