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
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, "%s does not resolve: check the region and DNS"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_DNS,
     "the proxy for %s does not resolve: check HTTPS_PROXY and http_proxy"},
    {CURLE_COULDNT_CONNECT, ERR_CONNECT, "cannot connect to %s: %s"},
    {CURLE_PROXY, ERR_CONNECT, "the proxy for %s refuses: %s"},
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

static enum err_code timed_out(const struct http_failure *failure, const char *host,
                               struct err *err)
{
    if (!failure->sent)
        return err_set(err, ERR_TIMEOUT, host, "no connection to %s within %ld ms", host,
                       failure->connect_timeout_ms);
    return err_set(err, ERR_TIMEOUT, host,
                   "no answer from %s in time (%ld ms silent or %ld in all)", host,
                   failure->silence_timeout_ms, failure->total_timeout_ms);
}

static enum err_code refused_by_proxy(long status, const char *host, struct err *err)
{
    const char *what = status == 407 ? ": it wants a user and password, see HTTPS_PROXY" : "";
    return err_set(err, ERR_CONNECT, host, "the proxy answers %ld for %s%s", status, host, what);
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
    if (result == CURLE_OPERATION_TIMEDOUT)
        return timed_out(failure, host, err);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (!failure->sent && connect_status >= 300)
        return refused_by_proxy(connect_status, host, err);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].result == result)
            return err_set(err, rows[i].code, host, rows[i].format, host, detail);
    }
    return err_set(err, ERR_NET, host, "the exchange with %s failed: %s", host, detail);
}
