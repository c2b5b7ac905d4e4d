#include "core/session/ssh/ssh.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/ssh/offer.h"

#define WHERE         "ssh"
#define GREET_MS      60000 /* sshd has for its greeting */
#define AGENT_LOOK_MS 200

/* --- whether it is over ----------------------------------------------------------------------- */

/* What agents say when nothing listens there. */
#define NO_PORT "Unable to connect to specified port"

static void explain_end(struct err *err)
{
    if (err->code == OK)
        err_set(err, ERR_NET, WHERE, "the node has ended the session");
    else if (strstr(err->message, NO_PORT) != NULL)
        err_advise(err, err_set(err, ERR_CONNECT, WHERE, "nothing answers on that port"),
                   "see whether sshd is installed on the node and runs, and at which port");
}

static bool is_over(struct ssh *ssh)
{
    if (ssh->over.code != OK)
        return true;
    if (atomic_load(ssh->is_cancelled))
        err_set(&ssh->over, ERR_CANCELLED, WHERE, "given up");
    else if (stream_is_over(ssh->stream, &ssh->over))
        explain_end(&ssh->over);
    else if (ssh->needed != NULL && libssh2_channel_eof(ssh->needed) == 1)
        err_set(&ssh->over, ERR_NET, WHERE, "sftp of the node has ended");
    return ssh->over.code != OK;
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* What is over is over at once, so that nothing that is freed waits for the other side. An agent's
 * socket is asked by the same two functions; its answers are waited for. */
static ssize_t on_send(libssh2_socket_t fd, const void *bytes, size_t size, int flags,
                       void **abstract)
{
    struct ssh *ssh = *abstract;

    if (fd == ssh->fd)
        return ssh->over.code != OK ? -EPIPE : stream_write(ssh->stream, bytes, size);
    ssize_t n = send(fd, bytes, size, flags | MSG_NOSIGNAL);
    return n < 0 ? -errno : n;
}

/* A person may have to tell the agent that it may: so long the transfer can still be given up. */
static bool wait_for_agent(struct ssh *ssh, int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    while (!is_over(ssh)) {
        if (poll(&pollfd, 1, AGENT_LOOK_MS) > 0)
            return true;
    }
    return false;
}

static ssize_t on_recv(libssh2_socket_t fd, void *bytes, size_t size, int flags, void **abstract)
{
    struct ssh *ssh = *abstract;

    if (fd == ssh->fd)
        return ssh->over.code != OK ? 0 : stream_read(ssh->stream, bytes, size);
    if (!wait_for_agent(ssh, fd))
        return -ECONNABORTED;
    ssize_t n = recv(fd, bytes, size, flags);
    return n < 0 ? -errno : n;
}

/* --- waiting --------------------------------------------------------------------------------- */

void ssh_patience(struct ssh *ssh, int timeout_ms)
{
    ssh->due_ms = timeout_ms == 0 ? 0 : clock_mono_ms() + timeout_ms;
}

bool ssh_again(struct ssh *ssh)
{
    int left_ms = -1;

    if (is_over(ssh))
        return false;
    if (ssh->due_ms != 0) {
        int64_t ms = ssh->due_ms - clock_mono_ms();
        left_ms = ms > 0 ? (int)ms : 0;
    }
    if (!stream_wait(ssh->stream, left_ms))
        err_set(&ssh->over, ERR_TIMEOUT, WHERE, "sshd of the node does not answer");
    return !is_over(ssh);
}

enum err_code ssh_fail(struct ssh *ssh, const char *what, struct err *err)
{
    char *text = NULL;

    if (is_over(ssh)) {
        *err = ssh->over;
        return err->code;
    }
    libssh2_session_last_error(ssh->session, &text, NULL, 0);
    return err_set(err, ERR_NET, WHERE, "%s: %s", what, text != NULL ? text : "no reason is known");
}

/* --- greeting -------------------------------------------------------------------------------- */

static void start_library(void)
{
    libssh2_init(0);
}

static const struct {
    int method;
    enum offer_kind kind;
} methods[] = {
    {LIBSSH2_METHOD_KEX, OFFER_KEX},           {LIBSSH2_METHOD_HOSTKEY, OFFER_HOST_KEY},
    {LIBSSH2_METHOD_CRYPT_CS, OFFER_CRYPT_CS}, {LIBSSH2_METHOD_CRYPT_SC, OFFER_CRYPT_SC},
    {LIBSSH2_METHOD_MAC_CS, OFFER_MAC_CS},     {LIBSSH2_METHOD_MAC_SC, OFFER_MAC_SC},
};

/* What libssh2 has of one kind, by commas. */
static void list_own(struct ssh *ssh, int method, const char *host_key_methods, struct buf *out)
{
    const char **names = NULL;
    int n = 0;

    if (method == LIBSSH2_METHOD_HOSTKEY) {
        buf_add_cstr(out, host_key_methods);
        return;
    }
    n = libssh2_session_supported_algs(ssh->session, method, &names);
    for (int i = 0; i < n; i++)
        buf_addf(out, "%s%s", i > 0 ? "," : "", names[i]);
    if (n > 0)
        libssh2_free(ssh->session, names);
}

/* A host that shares nothing hangs up at once, perhaps before libssh2 has read what it offers: what
 * has come is taken all the same. */
static void take_rest(struct ssh *ssh)
{
    char bytes[4096];

    while (stream_read(ssh->stream, bytes, sizeof bytes) > 0)
        ;
}

/* Why the greeting has failed: the first list that the host shares nothing of, if there is one. */
static enum err_code explain(struct ssh *ssh, const char *host_key_methods, struct err *err)
{
    struct offer offer;

    take_rest(ssh);
    if (atomic_load(ssh->is_cancelled) || !offer_read(stream_head(ssh->stream), &offer))
        return ssh_fail(ssh, "sshd could not be greeted", err);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        AUTO(buf_done) struct buf own = BUF_NONE;
        list_own(ssh, methods[i].method, host_key_methods, &own);
        if (!offer_shares(&offer, methods[i].kind, buf_sv(&own)))
            return offer_refuse(&offer, methods[i].kind, buf_sv(&own), err);
    }
    return ssh_fail(ssh, "sshd could not be greeted", err);
}

static enum err_code make_session(struct ssh *ssh, const char *host_key_methods, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start_library);
    ssh->fd = os_event_new();
    ssh->session = libssh2_session_init_ex(NULL, NULL, NULL, ssh);
    if (ssh->session == NULL)
        return err_set(err, ERR_NOMEM, WHERE, "no connection could be made");
    libssh2_session_set_blocking(ssh->session, 0);
    libssh2_session_callback_set(ssh->session, LIBSSH2_CALLBACK_SEND, (void *)on_send);
    libssh2_session_callback_set(ssh->session, LIBSSH2_CALLBACK_RECV, (void *)on_recv);
    if (libssh2_session_method_pref(ssh->session, LIBSSH2_METHOD_HOSTKEY, host_key_methods) != 0)
        return ssh_fail(ssh, "host keys", err);
    return OK;
}

enum err_code ssh_open(struct ssh *ssh, const char *host_key_methods, struct err *err)
{
    int rc;

    if (make_session(ssh, host_key_methods, err) != OK)
        return err->code;
    ssh_patience(ssh, GREET_MS);
    SSH_CALL(ssh, rc, libssh2_session_handshake(ssh->session, ssh->fd));
    ssh_patience(ssh, 0);
    return rc == 0 ? OK : explain(ssh, host_key_methods, err);
}

void ssh_hang_up(struct ssh *ssh)
{
    if (!is_over(ssh))
        err_set(&ssh->over, ERR_CANCELLED, WHERE, "closed");
}

void ssh_close(struct ssh *ssh)
{
    if (ssh->session == NULL)
        return;
    ssh_hang_up(ssh);
    libssh2_session_free(ssh->session);
    ssh->session = NULL;
    close(ssh->fd);
}

/* --- programs -------------------------------------------------------------------------------- */

/* What a program writes, to its end. False: the connection has failed. */
static bool read_all(struct ssh *ssh, LIBSSH2_CHANNEL *channel, struct buf *out)
{
    char bytes[4096];
    ssize_t n;

    do {
        SSH_CALL(ssh, n, libssh2_channel_read(channel, bytes, sizeof bytes));
        if (n > 0)
            buf_add(out, (struct sv){bytes, (size_t)n});
    } while (n > 0);
    return n == 0;
}

enum err_code ssh_run(struct ssh *ssh, const char *command, struct buf *out, int *status,
                      struct err *err)
{
    LIBSSH2_CHANNEL *channel;
    int rc;

    *status = -1;
    SSH_MAKE(ssh, channel, libssh2_channel_open_session(ssh->session));
    if (channel == NULL)
        return is_over(ssh) ? ssh_fail(ssh, "", err) : OK;
    libssh2_channel_handle_extended_data2(channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
    SSH_CALL(ssh, rc, libssh2_channel_exec(channel, command));
    if (rc == 0)
        SSH_CALL(ssh, rc, libssh2_channel_send_eof(channel));
    if (rc == 0 && read_all(ssh, channel, out)) {
        SSH_CALL(ssh, rc, libssh2_channel_close(channel));
        SSH_CALL(ssh, rc, libssh2_channel_wait_closed(channel));
        *status = libssh2_channel_get_exit_status(channel);
    }
    SSH_CALL(ssh, rc, libssh2_channel_free(channel));
    return is_over(ssh) ? ssh_fail(ssh, "", err) : OK;
}
