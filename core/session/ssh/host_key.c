#include "core/session/ssh/host_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)

/* Best first. RSA keys can be proved with SHA-1 alone by libssh2 1.10: not here. */
static const struct {
    int hostkey_type;
    int known_type;
    const char *method, *name;
} kinds[] = {
    {LIBSSH2_HOSTKEY_TYPE_ED25519, LIBSSH2_KNOWNHOST_KEY_ED25519, "ssh-ed25519", "ED25519"},
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_256, LIBSSH2_KNOWNHOST_KEY_ECDSA_256, "ecdsa-sha2-nistp256",
     "ECDSA 256"},
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_384, LIBSSH2_KNOWNHOST_KEY_ECDSA_384, "ecdsa-sha2-nistp384",
     "ECDSA 384"},
    {LIBSSH2_HOSTKEY_TYPE_ECDSA_521, LIBSSH2_KNOWNHOST_KEY_ECDSA_521, "ecdsa-sha2-nistp521",
     "ECDSA 521"},
};

/* libssh2 looks at the byte behind a line, too: it gets a copy of its own, with a NUL there. A line
 * that it does not understand says nothing of nodes. */
static void read_line(LIBSSH2_KNOWNHOSTS *hosts, struct sv line)
{
    AUTO_FREE char *copy = NULL;

    if (line.len == 0 || line.ptr[0] == '@' || line.ptr[0] == '#')
        return;
    copy = sv_dup(line);
    libssh2_knownhost_readline(hosts, copy, line.len, LIBSSH2_KNOWNHOST_FILE_OPENSSH);
}

/* The hosts of a file's text. */
static LIBSSH2_KNOWNHOSTS *read_hosts(LIBSSH2_SESSION *session, struct sv text)
{
    LIBSSH2_KNOWNHOSTS *hosts = libssh2_knownhost_init(session);

    while (hosts != NULL && text.ptr != NULL)
        read_line(hosts, sv_trim(sv_split(&text, '\n')));
    return hosts;
}

static int check(LIBSSH2_KNOWNHOSTS *hosts, const char *node, const char *key, size_t n, int type)
{
    return libssh2_knownhost_checkp(hosts, node, -1, key, n, LIBSSH2_KNOWNHOST_TYPE_PLAIN | type,
                                    NULL);
}

/* Some key that nobody has: a mismatch tells that the node has one of this kind. */
static bool has_kind(LIBSSH2_KNOWNHOSTS *hosts, const char *node, int known_type)
{
    static const char nobody[] = "AAAA";

    return check(hosts, node, nobody, sizeof nobody - 1,
                 LIBSSH2_KNOWNHOST_KEYENC_BASE64 | known_type) == LIBSSH2_KNOWNHOST_CHECK_MISMATCH;
}

void host_key_methods(const char *path, const char *node, struct buf *out)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    LIBSSH2_SESSION *session = libssh2_session_init();

    os_read_file(path, FILE_BYTES_MAX, &text, NULL);
    LIBSSH2_KNOWNHOSTS *hosts = read_hosts(session, buf_sv(&text));
    for (int wanted = 1; wanted >= 0; wanted--) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            bool is_known = hosts != NULL && has_kind(hosts, node, kinds[i].known_type);
            if (is_known == (wanted != 0))
                buf_addf(out, "%s%s", out->len > 0 ? "," : "", kinds[i].method);
        }
    }
    if (hosts != NULL)
        libssh2_knownhost_free(hosts);
    libssh2_session_free(session);
}

/* Whether a line "@revoked ..." has this key, whatever its hosts: who revokes a key means it. */
static bool is_revoked(struct sv text, struct sv base64)
{
    while (text.ptr != NULL) {
        struct sv line = sv_trim(sv_split(&text, '\n'));
        if (sv_starts(line, SV("@revoked")) && sv_contains(line, base64))
            return true;
    }
    return false;
}

/* As OpenSSH writes it: base64 without its padding. */
static void print_finger(struct sv blob, char print[HOST_KEY_PRINT_SIZE])
{
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    uint8_t digest[SHA256_BYTES];

    sha256(blob, digest);
    base64_encode(&base64, (struct sv){(const char *)digest, sizeof digest});
    while (base64.len > 0 && base64.ptr[base64.len - 1] == '=')
        base64.len--;
    snprintf(print, HOST_KEY_PRINT_SIZE, "SHA256:%.*s", (int)base64.len, base64.ptr);
}

static enum host_key_verdict judge(struct ssh *ssh, struct sv text, const char *node,
                                   struct sv base64, int known_type)
{
    LIBSSH2_KNOWNHOSTS *hosts;
    enum host_key_verdict verdict = HOST_KEY_NEW;

    if (is_revoked(text, base64))
        return HOST_KEY_REVOKED;
    if ((hosts = read_hosts(ssh->session, text)) == NULL)
        return HOST_KEY_NEW;
    int found =
        check(hosts, node, base64.ptr, base64.len, LIBSSH2_KNOWNHOST_KEYENC_BASE64 | known_type);
    if (found == LIBSSH2_KNOWNHOST_CHECK_MATCH)
        verdict = HOST_KEY_KNOWN;
    else if (found == LIBSSH2_KNOWNHOST_CHECK_MISMATCH)
        verdict = HOST_KEY_CHANGED;
    libssh2_knownhost_free(hosts);
    return verdict;
}

enum err_code host_key_check(struct ssh *ssh, const char *path, const char *node,
                             struct host_key *key, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf base64 = BUF_NONE;
    size_t n = 0, kind = 0;
    int type = LIBSSH2_HOSTKEY_TYPE_UNKNOWN;
    const char *blob = libssh2_session_hostkey(ssh->session, &n, &type);

    *key = (struct host_key){0};
    while (kind < ARRAY_LEN(kinds) && kinds[kind].hostkey_type != type)
        kind++;
    if (blob == NULL || kind == ARRAY_LEN(kinds))
        return err_set(err, ERR_UNSUPPORTED, node, "has a host key of an unknown kind");
    base64_encode(&base64, (struct sv){blob, n});
    os_read_file(path, FILE_BYTES_MAX, &text, NULL);
    str_copy(key->kind, kinds[kind].name);
    print_finger((struct sv){blob, n}, key->fingerprint);
    buf_addf(&key->line, "%s %s %s", node, kinds[kind].method, buf_cstr(&base64));
    key->verdict = judge(ssh, buf_sv(&text), node, buf_sv(&base64), kinds[kind].known_type);
    return OK;
}

static void make_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *folder =
        slash != NULL ? sv_dup((struct sv){path, (size_t)(slash - path)}) : NULL;

    if (folder != NULL)
        mkdir(folder, 0700);
}

enum err_code host_key_remember(const char *path, const struct host_key *key, struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    char last = '\n';

    make_folder(path);
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, path, "cannot remember the host key");
    off_t end = lseek(fd, 0, SEEK_END);
    if (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n')
        buf_add_char(&line, '\n'); /* the last line has no end of its own */
    buf_addf(&line, "%s\n", buf_cstr(&key->line));
    enum err_code code = os_write_all(fd, buf_sv(&line), path, err);
    close(fd);
    return code;
}
