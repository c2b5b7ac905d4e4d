/*
 * http: one libcurl multi on the network runner. The only folder that includes curl.
 *
 * Verification is always on, redirects are never followed, HTTP/1.1, CAPATH NULL (with Debian's
 * default every new connection costs 22 ms), no Expect header, nothing sent that was not asked for.
 * Plain http goes to this machine and to link-local addresses only, unless it is asked for.
 */
#ifndef CORE_NET_HTTP_H
#define CORE_NET_HTTP_H

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/run/run.h"

struct http_header {
    const char *name; /* as sent; "host" is written by curl from the URL */
    const char *value;
};

/* Milliseconds; 0: what stands behind. */
struct http_timeouts {
    int connect_ms; /* DNS and TCP (to the proxy, where there is one); 5000, of it 4000 for DNS */
    int tls_ms;     /* then until the request can go: TLS, and the proxy's own way; 10000 */
    int silence_ms; /* so long with next to nothing coming ends it (whole seconds); 15000 */
    int total_ms;   /* from when a connection is there to be had; 60000 */
};

struct http_request {
    const char *method;
    const char *url; /* already canonical: sent as it is (CURLOPT_PATH_AS_IS) */
    const struct http_header *headers;
    size_t n_headers;
    struct sv body;
    size_t body_max_bytes;  /* of the reply; 0: HTTP_BODY_MAX */
    int connect_timeout_ms; /* as struct http_timeouts; 0: what http_configure was told */
    int tls_timeout_ms, silence_timeout_ms, total_timeout_ms;
    bool once;           /* a CHANGE: a fresh connection, closed afterwards, never re-sent */
    bool allow_plain;    /* http:// to any host: a person named this endpoint */
    bool has_secrets;    /* the reply's body is not moved while it grows (body_max_bytes are set
                            aside for it), so that who takes it can wipe all of it */
    const char *ca_file; /* NULL: as set by http_configure, else the system's */
};

#define HTTP_BODY_MAX    ((size_t)16 << 20)
#define HTTP_HEADERS_MAX ((size_t)64 << 10) /* of a reply, all together */

struct http_reply {
    enum err_code code; /* OK: a whole reply came, of whatever status */
    struct err err;
    int status;
    struct buf body;
    struct buf headers; /* "name: value\n" a line, names in lower case */
    bool sent;          /* false only when the request provably did not leave this machine */
    int64_t started_at_ms, elapsed_us; /* wall clock; from submit to the last byte */
};

/* The value of a reply header (lower-case name), SV_NONE when absent. Borrowed from reply. */
struct sv http_reply_header(const struct http_reply *reply, const char *name);
/* Frees what reply holds, not reply itself. */
void http_reply_done(struct http_reply *reply);

/*
 * Sends request (copied; headers with credentials are wiped after use). done fires exactly once
 * on RUN_NET; it may take *reply by copying the struct and clearing the original. If the scope
 * closes first, the transfer is aborted and drop(arg) is called on RUN_NET instead, from within
 * http_send when the scope is closed already. Call on RUN_NET.
 *
 * At most connections_per_host_max are under way to a host; what comes beyond waits here, and no
 * time-out runs for it. Nothing new is begun while the worker is backlogged, but for `once`.
 * Errors: ERR_DNS, ERR_CONNECT (the proxy's refusal too), ERR_TLS, ERR_TIMEOUT, ERR_NET, ERR_HTTP
 * (no HTTP), ERR_TOO_BIG, ERR_CONFIG (a URL that is none, plain http where it is not allowed, a
 * header value with control characters, a proxy that is none). The proxy is that of the environment
 * (http_proxy.h). Connections from before a sleep of the machine are not used again.
 */
void http_send(const struct http_request *request, struct scope *scope,
               void (*done)(void *arg, struct http_reply *reply), void (*drop)(void *arg),
               void *arg);

struct http_config {
    const char *ca_file; /* NULL: the system's */
    struct http_timeouts timeouts;
    int connections_per_host_max; /* 0: 16 */
    int connections_max;          /* 0: 128 */
};
/* Before run_start. Strings are copied. */
void http_configure(const struct http_config *config);
/* How many transfers to a host are under way at most. Any runner. */
int http_connections_per_host_max(void);

/* The network runner's loop, for run_start. */
extern const struct run_net_loop http_net_loop;

#endif
