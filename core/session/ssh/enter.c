/* The beginning of a transfer: the host's key is looked at, then the person's is let in. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/session/ssh/host_key.h"
#include "core/session/ssh/identity.h"
#include "core/session/ssh/job.h"
#include "core/session/ssh/remote.h"

#define WHERE       "ssh"
#define ENTER_MS    60000 /* sshd has for an answer */
#define AGENT_KEYS  3     /* sshd gives up after six refusals by default */
#define PASSPHRASES 3

/* --- the host -------------------------------------------------------------------------------- */

static const char *known_hosts(const struct transfer *job, struct buf *out)
{
    const char *home = getenv("HOME");

    if (job->request.known_hosts != NULL)
        buf_add_cstr(out, job->request.known_hosts);
    else if (home != NULL)
        buf_addf(out, "%s/.ssh/known_hosts", home);
    return buf_cstr(out);
}

/* "NODE", or "[NODE]:PORT" as OpenSSH has it of a port that is not the usual one. */
static const char *host_name(const struct transfer *job, struct buf *out)
{
    unsigned port = job->request.port;

    if (port != 0 && port != TRANSFER_PORT)
        buf_addf(out, "[%s]:%u", job->request.node, port);
    else
        buf_add_cstr(out, job->request.node);
    return buf_cstr(out);
}

static enum err_code refuse_host(const char *node, const char *path, const struct host_key *key,
                                 struct err *err)
{
    if (key->verdict == HOST_KEY_REVOKED)
        return err_set(err, ERR_HOST_KEY, node, "%s %s is revoked in %s", key->kind,
                       key->fingerprint, path);
    return err_set(err, ERR_HOST_KEY, node,
                   "it shows %s %s, and %s has another: either somebody is in between, or the node "
                   "was made anew. When it was: ssh-keygen -R '%s'",
                   key->kind, key->fingerprint, path, node);
}

static enum err_code ask_for_host(struct transfer *job, const struct host_key *key, struct err *err)
{
    struct transfer_question question = {.kind = TRANSFER_ASKS_HOST};

    if (job->request.accepts_new)
        return OK;
    str_copy(question.node, job->request.node);
    str_copy(question.key_kind, key->kind);
    str_copy(question.fingerprint, key->fingerprint);
    if (job_ask(job, &question, NULL))
        return OK;
    return err_set(err, ERR_HOST_KEY, job->request.node,
                   "nothing is known of it yet, and nobody has said yes to %s %s; --accept-new "
                   "takes a new one",
                   key->kind, key->fingerprint);
}

static enum err_code greet(struct transfer *job, struct err *err)
{
    AUTO(buf_done) struct buf path = BUF_NONE, methods = BUF_NONE, name = BUF_NONE;
    const char *node = host_name(job, &name);
    struct host_key key = {0};
    enum err_code code;

    known_hosts(job, &path);
    host_key_methods(buf_cstr(&path), node, &methods);
    if (ssh_open(&job->ssh, buf_cstr(&methods), err) != OK)
        return err->code;
    code = host_key_check(&job->ssh, buf_cstr(&path), node, &key, err);
    if (code == OK && (key.verdict == HOST_KEY_CHANGED || key.verdict == HOST_KEY_REVOKED))
        code = refuse_host(node, buf_cstr(&path), &key, err);
    if (code == OK && key.verdict == HOST_KEY_NEW && (code = ask_for_host(job, &key, err)) == OK)
        code = host_key_remember(buf_cstr(&path), &key, err);
    buf_done(&key.line);
    return code;
}

/* --- the person ------------------------------------------------------------------------------ */

enum entry {
    ENTERED,
    NOT_LET_IN, /* tried says what was tried; another way may lead in */
    FAILED      /* err says why; there is no sense in going on */
};

/* What libssh2 says of a key that was offered. */
static enum entry judge(struct transfer *job, int rc, struct err *err)
{
    if (rc == 0)
        return ENTERED;
    if (rc == LIBSSH2_ERROR_EAGAIN || rc == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
        rc == LIBSSH2_ERROR_SOCKET_SEND || rc == LIBSSH2_ERROR_SOCKET_RECV) {
        ssh_fail(&job->ssh, "sshd has hung up", err);
        return FAILED;
    }
    return NOT_LET_IN;
}

static bool is_usable(const struct libssh2_agent_publickey *key, bool *is_rsa)
{
    struct sv kind = SV_NONE;

    if (key->blob_len > 4 && key->blob[3] <= key->blob_len - 4)
        kind = (struct sv){(const char *)key->blob + 4, key->blob[3]};
    *is_rsa = sv_eq_cstr(kind, "ssh-rsa");
    return sv_has_word(
        SV("ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521"), kind);
}

static enum entry offer_agents_keys(struct transfer *job, LIBSSH2_AGENT *agent, struct buf *tried,
                                    struct err *err)
{
    struct libssh2_agent_publickey *key = NULL;
    int n_offered = 0, n_rsa = 0, rc;

    while (n_offered < AGENT_KEYS && libssh2_agent_get_identity(agent, &key, key) == 0) {
        bool is_rsa;
        if (!is_usable(key, &is_rsa)) {
            n_rsa += is_rsa;
            continue;
        }
        n_offered++;
        SSH_CALL(&job->ssh, rc, libssh2_agent_userauth(agent, job_user(job), key));
        enum entry entry = judge(job, rc, err);
        if (entry != NOT_LET_IN)
            return entry;
    }
    buf_addf(tried, "%d of the agent's keys%s", n_offered,
             n_rsa > 0 ? " (its RSA keys cannot be used here)" : "");
    return NOT_LET_IN;
}

static enum entry enter_by_agent(struct transfer *job, struct buf *tried, struct err *err)
{
    LIBSSH2_AGENT *agent = libssh2_agent_init(job->ssh.session);
    enum entry entry = NOT_LET_IN;

    if (agent == NULL || libssh2_agent_connect(agent) != 0)
        buf_add_cstr(tried, "no agent (SSH_AUTH_SOCK)");
    else if (libssh2_agent_list_identities(agent) != 0)
        buf_add_cstr(tried, "an agent that lists no keys");
    else
        entry = offer_agents_keys(job, agent, tried, err);
    if (agent != NULL) {
        libssh2_agent_disconnect(agent);
        libssh2_agent_free(agent);
    }
    return entry;
}

/* libssh2 frees *proof. */
static int sign(LIBSSH2_SESSION *session, unsigned char **proof, size_t *n,
                const unsigned char *data, size_t size, void **abstract)
{
    (void)session;
    *n = ED25519_PROOF_BYTES;
    *proof = malloc(*n);
    bool is_signed =
        *proof != NULL && ephemeral_sign(*abstract, (struct sv){(const char *)data, size}, *proof);
    return is_signed ? 0 : -1;
}

static enum entry offer_ephemeral(struct transfer *job, struct ephemeral *key, struct buf *tried,
                                  struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    void *abstract = key;
    int rc;

    ephemeral_public(key, &line);
    if (job_admit(job, buf_cstr(&line), err) != OK) {
        if (job->ssh.over.code != OK)
            return FAILED;
        buf_addf(tried, "EC2 Instance Connect (%s%s%s)", err->message,
                 err->iam_action[0] != '\0' ? ", missing " : "", err->iam_action);
        return NOT_LET_IN;
    }
    ssh_patience(&job->ssh, ENTER_MS);
    SSH_CALL(&job->ssh, rc,
             libssh2_userauth_publickey(job->ssh.session, job_user(job),
                                        (const unsigned char *)key->blob.ptr, key->blob.len, sign,
                                        &abstract));
    buf_add_cstr(tried, "a key that EC2 Instance Connect has taken (does its package run there?)");
    return judge(job, rc, err);
}

static enum entry enter_by_connect(struct transfer *job, struct buf *tried, struct err *err)
{
    struct ephemeral key;

    if (strncmp(job->request.node, "i-", 2) != 0) {
        buf_add_cstr(tried, "not EC2 Instance Connect, which has instances of EC2 alone");
        return NOT_LET_IN;
    }
    if (ephemeral_make(&key, err) != OK)
        return FAILED;
    enum entry entry = offer_ephemeral(job, &key, tried, err);
    ephemeral_done(&key);
    return entry;
}

/* passphrase: with a NUL at its end; NULL: none. */
static int offer_file(struct transfer *job, const struct identity_file *file,
                      const struct secret *passphrase)
{
    const char *user = job_user(job);
    struct sv text = secret_bytes(file->text);
    int rc;

    ssh_patience(&job->ssh, ENTER_MS);
    SSH_CALL(&job->ssh, rc,
             libssh2_userauth_publickey_frommemory(
                 job->ssh.session, user, strlen(user), NULL, 0, text.ptr, text.len,
                 passphrase != NULL ? secret_bytes(passphrase).ptr : NULL));
    ssh_patience(&job->ssh, 0);
    return rc;
}

/* A key that could not be opened was not offered. */
static bool is_unopened(int rc)
{
    return rc == LIBSSH2_ERROR_FILE || rc == LIBSSH2_ERROR_METHOD_NONE ||
           rc == LIBSSH2_ERROR_PROTO || rc == LIBSSH2_ERROR_DECRYPT ||
           rc == LIBSSH2_ERROR_KEYFILE_AUTH_FAILED;
}

static int offer_encrypted(struct transfer *job, const struct identity_file *file)
{
    struct transfer_question question = {.kind = TRANSFER_ASKS_PASSPHRASE};
    int rc = LIBSSH2_ERROR_KEYFILE_AUTH_FAILED;

    str_copy(question.file, job->request.key);
    str_copy(question.node, job->request.node);
    for (int i = 0; i < PASSPHRASES && is_unopened(rc); i++) {
        struct secret *passphrase = NULL;
        question.is_again = i > 0;
        if (!job_ask(job, &question, &passphrase))
            break;
        rc = offer_file(job, file, passphrase);
        secret_unref(passphrase);
    }
    return rc;
}

static enum entry enter_by_file(struct transfer *job, struct buf *tried, struct err *err)
{
    struct identity_file file;

    if (identity_read(job->request.key, &file, err) != OK)
        return FAILED;
    int rc = file.is_encrypted ? offer_encrypted(job, &file) : offer_file(job, &file, NULL);
    identity_done(&file);
    if (is_unopened(rc)) {
        err_set(err, ERR_LOGIN, job->request.key, "%s",
                file.is_encrypted ? "was not opened: no passphrase, or the wrong one"
                                  : "is a key of a kind that cannot be used here");
        return FAILED;
    }
    buf_addf(tried, "the key of %s", job->request.key);
    return judge(job, rc, err);
}

/* --- all ways -------------------------------------------------------------------------------- */

typedef enum entry way_fn(struct transfer *job, struct buf *tried, struct err *err);

static way_fn *named_way(const char *key)
{
    if (strcmp(key, TRANSFER_KEY_AGENT) == 0)
        return enter_by_agent;
    return strcmp(key, TRANSFER_KEY_CONNECT) == 0 ? enter_by_connect : enter_by_file;
}

static enum err_code identify(struct transfer *job, struct err *err)
{
    way_fn *usual[] = {enter_by_agent, enter_by_connect};
    way_fn *named[] = {job->request.key != NULL ? named_way(job->request.key) : NULL};
    way_fn **ways = job->request.key != NULL ? named : usual;
    size_t n_ways = job->request.key != NULL ? ARRAY_LEN(named) : ARRAY_LEN(usual);
    AUTO(buf_done) struct buf tried = BUF_NONE;

    for (size_t i = 0; i < n_ways; i++) {
        if (i > 0)
            buf_add_cstr(&tried, "; ");
        ssh_patience(&job->ssh, ENTER_MS);
        enum entry entry = ways[i](job, &tried, err);
        ssh_patience(&job->ssh, 0);
        if (entry != NOT_LET_IN)
            return entry == ENTERED ? OK : err->code;
    }
    return err_set(err, ERR_LOGIN, job->request.node, "the user %s was not let in by: %s",
                   job_user(job), buf_cstr(&tried));
}

enum err_code job_enter(struct transfer *job, struct err *err)
{
    if (greet(job, err) != OK || identify(job, err) != OK)
        return err->code;
    return remote_start(job, err);
}
