#include "core/net/http_err.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/net/http_url.h"

/* How a result of curl reads: the host first, then curl's detail (or the CA file). */
static const struct {
    CURLcode result;
    enum err_code code;
    const char *format;
} rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, "%s does not resolve"},
    {CURLE_COULDNT_CONNECT, ERR_CONNECT, "cannot connect to %s: %s"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, "the certificate of %s is not trusted: %s"},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, "the CA bundle for %s cannot be read: %s"},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, "the TLS handshake with %s failed: %s"},
    {CURLE_SSL_CIPHER, ERR_TLS, "no common TLS cipher with %s"},
    {CURLE_GOT_NOTHING, ERR_NET, "%s closed the connection without an answer"},
    {CURLE_RECV_ERROR, ERR_NET, "the connection to %s broke: %s"},
    {CURLE_SEND_ERROR, ERR_NET, "the connection to %s broke while sending: %s"},
    {CURLE_PARTIAL_FILE, ERR_NET, "%s closed the connection amid its answer"},
    {CURLE_WEIRD_SERVER_REPLY, ERR_HTTP, "%s does not answer in HTTP: %s"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_HTTP, "%s does not answer in HTTP: %s"},
    {CURLE_BAD_CONTENT_ENCODING, ERR_HTTP, "%s sends an encoding that was not asked for"},
    {CURLE_URL_MALFORMAT, ERR_CONFIG, "the endpoint %s is no URL"},
    {CURLE_OUT_OF_MEMORY, ERR_NOMEM, "no memory for the answer of %s"},
};

/* What of the way there took too long. */
static enum err_code timed_out(const struct http_failure *failure, const char *host,
                               struct err *err)
{
    const struct http_timeouts *timeouts = failure->timeouts;
    const char *proxy = failure->proxy->name;
    bool has_proxy = proxy[0] != '\0';
    switch (failure->stage) {
    case STAGE_DNS:
        return err_set(err, ERR_DNS, host, "%s%s does not resolve: DNS gives no answer",
                       has_proxy ? "the proxy " : "", has_proxy ? proxy : host);
    case STAGE_CONNECT:
        return err_set(err, ERR_TIMEOUT, host, "no connection to %s%s within %d ms",
                       has_proxy ? "the proxy " : "", has_proxy ? proxy : host,
                       timeouts->connect_ms);
    case STAGE_TLS:
        return err_set(err, ERR_TIMEOUT, host, "no TLS handshake with %s%s%s within %d ms", host,
                       has_proxy ? " through the proxy " : "", proxy, timeouts->tls_ms);
    default:
        return err_set(err, ERR_TIMEOUT, host,
                       "no answer from %s in time (%d ms silent or %d in all)", host,
                       timeouts->silence_ms, timeouts->total_ms);
    }
}

enum err_code http_err_from_proxy(long status, const struct http_failure *failure, struct err *err)
{
    const struct http_proxy *proxy = failure->proxy;
    const char *host = http_url_host(failure->origin);
    if (status == 407)
        return err_set(err, ERR_CONNECT, host, "the proxy %s answers 407: it %s %s", proxy->name,
                       proxy->has_user ? "refuses the user and password in"
                                       : "wants a user and password, see",
                       proxy->from);
    return err_set(err, ERR_CONNECT, host, "the proxy %s answers %ld for %s", proxy->name, status,
                   host);
}

/* Whether the status is the proxy's last word; after a first 407 it may be anything that ends the
 * connection that it is answered on. */
static bool has_refused(long connect_status, const struct http_failure *failure)
{
    return connect_status >= 300 && strstr(failure->message, "CONNECT tunnel failed") != NULL;
}

/* What went wrong before the host was reached is the proxy's; curl's words may quote what is in the
 * variable, so they are not passed on. */
static enum err_code failed_at_proxy(CURLcode result, long connect_status,
                                     const struct http_failure *failure, struct err *err)
{
    const struct http_proxy *proxy = failure->proxy;
    const char *host = http_url_host(failure->origin);
    if (has_refused(connect_status, failure))
        return http_err_from_proxy(connect_status, failure, err);
    if (result == CURLE_COULDNT_RESOLVE_PROXY)
        return err_set(err, ERR_DNS, host, "the proxy %s does not resolve: check %s", proxy->name,
                       proxy->from);
    if (failure->stage <= STAGE_CONNECT)
        return err_set(err, ERR_CONNECT, host, "cannot connect to the proxy %s: check %s",
                       proxy->name, proxy->from);
    if (connect_status >= 200 && connect_status < 300)
        return err_set(err, ERR_TLS, host,
                       "no TLS with %s through the proxy %s, which may be answering itself", host,
                       proxy->name);
    bool speaks_http = result != CURLE_WEIRD_SERVER_REPLY && result != CURLE_UNSUPPORTED_PROTOCOL;
    return err_set(err, ERR_CONNECT, host, "the proxy %s %s", proxy->name,
                   speaks_http ? "breaks the connection" : "does not answer in HTTP");
}

/* A handshake that was cut short is the network's fault, not that of a certificate. */
static bool was_cut(CURLcode result, const struct http_failure *failure)
{
    return result == CURLE_SSL_CONNECT_ERROR && (strstr(failure->message, "SSL_ERROR_SYSCALL") ||
                                                 strstr(failure->message, "reset by peer") ||
                                                 strstr(failure->message, "unexpected eof"));
}

enum err_code http_err_from_curl(CURL *easy, CURLcode result, const struct http_failure *failure,
                                 struct err *err)
{
    const char *host = http_url_host(failure->origin);
    const char *detail =
        failure->message[0] != '\0' ? failure->message : curl_easy_strerror(result);
    long connect_status = 0;
    if (result == CURLE_SSL_CACERT_BADFILE && failure->ca_file != NULL)
        detail = failure->ca_file;
    if (failure->too_big)
        return err_set(err, ERR_TOO_BIG, host, "the answer of %s exceeds %zu bytes", host,
                       failure->body_max_bytes);
    if (result == CURLE_OPERATION_TIMEDOUT || failure->is_late)
        return timed_out(failure, host, err);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    bool is_certificate =
        result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE;
    if (failure->proxy->url != NULL && failure->stage != STAGE_ANSWER && !is_certificate)
        return failed_at_proxy(result, connect_status, failure, err);
    if (was_cut(result, failure))
        return err_set(err, ERR_NET, host, "%s broke off the TLS handshake", host);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].result == result)
            return err_set(err, rows[i].code, host, rows[i].format, host, detail);
    }
    return err_set(err, ERR_NET, host, "the exchange with %s failed: %s", host, detail);
}
