#include "tests/sandbox/wire/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/wire/relay.h"

#define HEAD_MAX 16384

/* A connection whose request is not complete yet. */
struct visitor {
    struct source source;
    struct proxy *proxy;
    char head[HEAD_MAX];
    size_t len;
    struct visitor *next, **link; /* among the present or the gone ones */
};

struct proxy {
    struct loop_user user;
    const struct proxy_options *options;
    struct loop *loop;
    struct source listener;
    struct relays tunnels;
    struct visitor *present, *gone; /* gone: until the turn ends, as events may still name them */
    struct sockaddr_storage sandbox;
    socklen_t sandbox_size;
    uint16_t port, sandbox_port;
    char url[48];
    struct buf expected; /* "Basic ..." */
    char nonce[SHA256_HEX_SIZE];
    uint64_t n_tunnels;
};

/* --- options ---------------------------------------------------------------------------------- */

static bool set_word(struct sv word, struct proxy_options *options)
{
    static const struct {
        const char *name;
        enum proxy_mode mode;
    } modes[] = {{"refuse", PROXY_REFUSES},
                 {"html", PROXY_HTML},
                 {"die", PROXY_DIES},
                 {"silent", PROXY_SILENT}};
    struct sv value = word, name = sv_split(&value, '=');
    options->wants_digest |= sv_eq_cstr(word, "digest");
    if (sv_eq_cstr(word, "digest"))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++)
        if (sv_eq_cstr(word, modes[i].name)) {
            options->mode = modes[i].mode;
            return true;
        }
    return sv_eq_cstr(name, "cut") && sv_to_i64(value, &options->cut_at) && options->cut_at >= 0;
}

bool proxy_options_parse(struct sv text, struct proxy_options *options)
{
    struct sv credentials = sv_split(&text, ',');
    proxy_options_done(options);
    *options = (struct proxy_options){.credentials = sv_dup(credentials), .cut_at = -1};
    bool fits = memchr(credentials.ptr, ':', credentials.len) != NULL;
    while (fits && text.ptr)
        fits = set_word(sv_split(&text, ','), options);
    return fits;
}

void proxy_options_done(struct proxy_options *options)
{
    mem_free(options->credentials);
    options->credentials = NULL;
}

/* --- visitors --------------------------------------------------------------------------------- */

static void move(struct visitor *v, struct visitor **list)
{
    if (v->link) {
        *v->link = v->next;
        if (v->next)
            v->next->link = v->link;
    }
    v->next = *list;
    v->link = list;
    if (*list)
        (*list)->link = &v->next;
    *list = v;
}

/* The visitor is done with; its descriptor is closed or has another owner. */
static void dismiss(struct visitor *v, bool is_closed)
{
    loop_forget(v->proxy->loop, &v->source);
    if (is_closed)
        close(v->source.fd);
    v->source.fd = -1;
    move(v, &v->proxy->gone);
}

static void free_visitors(struct visitor **list)
{
    while (*list) {
        struct visitor *v = *list;
        *list = v->next;
        mem_free(v);
    }
}

/* Answers are far smaller than the buffer of a new connection. */
static void say(const struct visitor *v, const char *text)
{
    if (send(v->source.fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return; /* whoever does not listen any more finds the connection closed */
}

/* --- what is asked for ------------------------------------------------------------------------ */

bool proxy_is_aws(struct sv host)
{
    struct sv name = sv_split(&host, ':');
    return sv_ends(name, SV(".amazonaws.com")) || sv_ends(name, SV(".api.aws"));
}

static bool is_sandbox(const struct proxy *proxy, struct sv target)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char expected[64];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(expected, sizeof expected, "%s:%u", names[i], proxy->sandbox_port);
        if (sv_eq_nocase(target, sv_of(expected)))
            return true;
    }
    return proxy_is_aws(target) && sv_ends(target, SV(":443"));
}

/* The value of a header in the lines of a head; SV_NONE when it is not there. */
static struct sv find_header(struct sv head, const char *name)
{
    while (head.len > 0) {
        struct sv value = sv_trim(sv_split(&head, '\n'));
        struct sv key = sv_split(&value, ':');
        if (sv_eq_nocase(key, sv_of(name)))
            return sv_trim(value);
    }
    return SV_NONE;
}

/* --- who may come through ----------------------------------------------------------------------
 */

/* A parameter of a header: name=value or name="value", with commas between (RFC 9110 11.2). */
static struct sv find_parameter(struct sv header, const char *name)
{
    while (header.len > 0) {
        struct sv value = sv_trim(sv_split(&header, ','));
        struct sv key = sv_split(&value, '=');
        if (!sv_eq_nocase(sv_trim(key), sv_of(name)))
            continue;
        value = sv_trim(value);
        bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
        return quoted ? (struct sv){value.ptr + 1, value.len - 2} : value;
    }
    return SV_NONE;
}

/* RFC 7616 3.4.1: the hash of the password and of what is asked for, each with what belongs to it.
 */
static bool digest_is_good(const struct proxy *proxy, struct sv method, struct sv target,
                           struct sv given)
{
    char ha1[SHA256_HEX_SIZE], ha2[SHA256_HEX_SIZE], response[SHA256_HEX_SIZE];
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv password = sv_of(proxy->options->credentials), user = sv_split(&password, ':');
    if (!sv_eq(find_parameter(given, "username"), user) ||
        !sv_eq(find_parameter(given, "uri"), target) ||
        !sv_eq_cstr(find_parameter(given, "nonce"), proxy->nonce) ||
        !sv_eq_cstr(find_parameter(given, "qop"), "auth"))
        return false;
    buf_addf(&text, SV_FMT ":sandbox:" SV_FMT, SV_ARG(user), SV_ARG(password));
    sha256_hex(buf_sv(&text), ha1);
    buf_clear(&text);
    buf_addf(&text, SV_FMT ":" SV_FMT, SV_ARG(method), SV_ARG(target));
    sha256_hex(buf_sv(&text), ha2);
    buf_clear(&text);
    struct sv nc = find_parameter(given, "nc"), cnonce = find_parameter(given, "cnonce");
    buf_addf(&text, "%s:%s:" SV_FMT ":" SV_FMT ":auth:%s", ha1, proxy->nonce, SV_ARG(nc),
             SV_ARG(cnonce), ha2);
    sha256_hex(buf_sv(&text), response);
    return sv_eq_cstr(find_parameter(given, "response"), response);
}

static bool may_pass(const struct proxy *proxy, struct sv method, struct sv target, struct sv given)
{
    if (!proxy->options->wants_digest)
        return sv_eq(given, buf_sv(&proxy->expected));
    struct sv scheme = sv_split(&given, ' ');
    return sv_eq_nocase(scheme, SV("Digest")) && digest_is_good(proxy, method, target, given);
}

static void ask_who(const struct visitor *v)
{
    const struct proxy *proxy = v->proxy;
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add_cstr(&text, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ");
    if (proxy->options->wants_digest)
        buf_addf(&text, "Digest realm=\"sandbox\", qop=\"auth\", algorithm=SHA-256, nonce=\"%s\"",
                 proxy->nonce);
    else
        buf_add_cstr(&text, "Basic realm=\"sandbox\"");
    buf_add_cstr(&text, "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    say(v, buf_cstr(&text));
}

/* --- answers ---------------------------------------------------------------------------------- */

#define PAGE "<!DOCTYPE html>\n<title>Access</title>\n<p>Please accept the terms of this network.\n"

/* What is said instead of a tunnel; NULL: there is to be one. */
static const char *refusal(const struct proxy *proxy, struct sv target)
{
    static const char *const modes[] = {
        [PROXY_REFUSES] = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n"
                          "Connection: close\r\n\r\n" PAGE,
        [PROXY_HTML] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                       "Connection: close\r\n\r\n" PAGE,
        [PROXY_DIES] = "HTTP/1.1 200 Conn",
        [PROXY_SILENT] = NULL,
    };
    if (proxy->options->mode != PROXY_WORKS)
        return modes[proxy->options->mode];
    if (!is_sandbox(proxy, target))
        return "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    return NULL;
}

/* --- tunnels ---------------------------------------------------------------------------------- */

static int connect_sandbox(const struct proxy *proxy)
{
    int fd = socket(proxy->sandbox.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&proxy->sandbox, proxy->sandbox_size) == 0 ||
        errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

static void open_tunnel(struct visitor *v)
{
    struct proxy *proxy = v->proxy;
    int client = v->source.fd, server = connect_sandbox(proxy);
    if (server < 0) {
        dismiss(v, true);
        return;
    }
    say(v, "HTTP/1.1 200 Connection established\r\n\r\n");
    dismiss(v, false);
    proxy->n_tunnels++;
    int64_t cut_at = proxy->options->cut_at;
    relay_break_after(relay_join(&proxy->tunnels, client, server),
                      &(struct relay_break){cut_at >= 0 ? RELAY_RESET : RELAY_WHOLE, cut_at, 0});
}

/* False: it was told why not. */
static bool is_admitted(struct visitor *v, struct sv *target)
{
    struct sv rest = {v->head, v->len};
    struct sv line = sv_trim(sv_split(&rest, '\n')), method = sv_split(&line, ' ');
    *target = sv_split(&line, ' ');
    if (!sv_eq_cstr(method, "CONNECT"))
        say(v, "HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\n"
               "Connection: close\r\n\r\n");
    else if (!may_pass(v->proxy, method, *target, find_header(rest, "Proxy-Authorization")))
        ask_who(v);
    else
        return true;
    dismiss(v, true);
    return false;
}

static void answer(struct visitor *v)
{
    struct sv target;
    if (!is_admitted(v, &target))
        return;
    const char *text = refusal(v->proxy, target);
    if (v->proxy->options->mode == PROXY_SILENT && !text) {
        v->len = 0; /* and goes on waiting */
    } else if (text) {
        say(v, text);
        dismiss(v, true);
    } else {
        open_tunnel(v);
    }
}

static void visitor_ready(struct source *source, uint32_t events)
{
    struct visitor *v = (struct visitor *)source;
    (void)events;
    if (source->fd < 0)
        return;
    ssize_t got = read(source->fd, v->head + v->len, sizeof v->head - v->len);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    v->len += got > 0 ? (size_t)got : 0;
    if (got <= 0 || v->len == sizeof v->head)
        dismiss(v, true);
    else if (sv_ends((struct sv){v->head, v->len}, SV("\r\n\r\n")))
        answer(v); /* nobody speaks on before the answer */
}

static void listener_ready(struct source *source, uint32_t events)
{
    struct proxy *proxy = (struct proxy *)((char *)source - offsetof(struct proxy, listener));
    int fd;
    (void)events;
    while ((fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct visitor *v = mem_new(struct visitor);
        v->source = (struct source){fd, visitor_ready};
        v->proxy = proxy;
        move(v, &proxy->present);
        loop_watch(proxy->loop, &v->source, EPOLLIN);
    }
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int timeout_ms(struct loop_user *user)
{
    (void)user;
    return -1;
}

static void turn(struct loop_user *user)
{
    struct proxy *proxy = (struct proxy *)user;
    free_visitors(&proxy->gone);
    relays_reap(&proxy->tunnels);
}

static void set_sandbox(struct proxy *proxy, const char *address, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&proxy->sandbox;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&proxy->sandbox;
    bool is_v4 = inet_pton(AF_INET, address, &v4->sin_addr) == 1;
    proxy->sandbox_port = port;
    proxy->sandbox.ss_family = is_v4 ? AF_INET : AF_INET6;
    proxy->sandbox_size = is_v4 ? sizeof *v4 : sizeof *v6;
    if (!is_v4)
        inet_pton(AF_INET6, address, &v6->sin6_addr);
    if (is_v4)
        v4->sin_port = htons(port);
    else
        v6->sin6_port = htons(port);
}

static enum err_code listen_anywhere(struct proxy *proxy, struct err *err)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    proxy->listener = (struct source){fd, listener_ready};
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return err_set_errno(err, "--proxy", "cannot listen");
    proxy->port = ntohs(at.sin_port);
    snprintf(proxy->url, sizeof proxy->url, "http://127.0.0.1:%u", proxy->port);
    loop_watch(proxy->loop, &proxy->listener, EPOLLIN);
    return OK;
}

enum err_code proxy_new(const struct proxy_options *options, struct loop *loop, const char *address,
                        uint16_t port, struct proxy **proxy, struct err *err)
{
    struct proxy *p = mem_new(struct proxy);
    p->user = (struct loop_user){.timeout_ms = timeout_ms, .turn = turn};
    p->options = options;
    p->loop = loop;
    p->tunnels.loop = loop;
    set_sandbox(p, address, port);
    uint8_t nonce[SHA256_BYTES];
    os_random(nonce, sizeof nonce);
    hex_encode(nonce, sizeof nonce, p->nonce);
    buf_add_cstr(&p->expected, "Basic ");
    base64_encode(&p->expected, sv_of(options->credentials));
    enum err_code code = listen_anywhere(p, err);
    if (code == OK) {
        loop_join(loop, &p->user);
        *proxy = p;
    } else {
        proxy_free(p);
    }
    return code;
}

void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    for (struct visitor *v = proxy->present; v; v = v->next)
        close(v->source.fd);
    free_visitors(&proxy->present);
    free_visitors(&proxy->gone);
    relays_done(&proxy->tunnels);
    if (proxy->listener.fd >= 0)
        close(proxy->listener.fd);
    buf_done(&proxy->expected);
    mem_free(proxy);
}

const char *proxy_url(const struct proxy *proxy)
{
    return proxy->url;
}

uint64_t proxy_n_tunnels(const struct proxy *proxy)
{
    return proxy->n_tunnels;
}
