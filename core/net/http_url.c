#include "core/net/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/str.h"

/* The parts of a URL as curl gives them, freed with curl_free. */
struct url_parts {
    CURLU *url;
    char *scheme, *host, *port, *user;
};

static void url_parts_done(struct url_parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->user);
    curl_url_cleanup(parts->url);
}

static bool url_parts_read(const char *url, struct url_parts *parts)
{
    *parts = (struct url_parts){.url = curl_url()};
    if (parts->url == NULL || curl_url_set(parts->url, CURLUPART_URL, url, CURLU_PATH_AS_IS) != 0)
        return false;
    curl_url_get(parts->url, CURLUPART_USER, &parts->user, 0);
    return curl_url_get(parts->url, CURLUPART_SCHEME, &parts->scheme, 0) == 0 &&
           curl_url_get(parts->url, CURLUPART_HOST, &parts->host, 0) == 0 &&
           curl_url_get(parts->url, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) == 0 &&
           (strcmp(parts->scheme, "http") == 0 || strcmp(parts->scheme, "https") == 0);
}

static bool is_local_ipv6(const char *host)
{
    static const unsigned char metadata[4] = {0xfd, 0x00, 0x0e, 0xc2};
    struct in6_addr address;
    char bare[INET6_ADDRSTRLEN];
    struct sv inner = sv_of(host);
    if (inner.len < 2 || host[0] != '[')
        return false;
    sv_copy((struct sv){inner.ptr + 1, inner.len - 2}, bare, sizeof bare);
    return inet_pton(AF_INET6, bare, &address) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&address) ||
            memcmp(address.s6_addr, metadata, sizeof metadata) == 0);
}

static bool is_local_host(const char *host)
{
    struct in_addr address;
    if (inet_pton(AF_INET, host, &address) == 1) {
        uint32_t ip = ntohl(address.s_addr);
        return ip >> 24 == 127 || ip >> 16 == (169 << 8 | 254);
    }
    return strcasecmp(host, "localhost") == 0 || is_local_ipv6(host);
}

enum err_code http_url_check(const char *url, bool allow_plain, struct http_origin *origin,
                             struct err *err)
{
    AUTO(url_parts_done) struct url_parts parts;
    AUTO(buf_done) struct buf text = BUF_NONE;
    if (!url_parts_read(url, &parts))
        return err_set(err, ERR_CONFIG, "endpoint", "no http or https URL");
    if (parts.user != NULL)
        return err_set(err, ERR_CONFIG, "endpoint", "a URL must not hold a user or a password");
    origin->is_local = is_local_host(parts.host);
    if (strcmp(parts.scheme, "http") == 0 && !allow_plain && !origin->is_local)
        return err_set(err, ERR_CONFIG, parts.host,
                       "plain http is for this machine and link-local addresses only: use https");
    buf_addf(&text, "%s://%s:%s", parts.scheme, parts.host, parts.port);
    if (text.len >= sizeof origin->text)
        return err_set(err, ERR_CONFIG, "endpoint", "the host name is too long");
    sv_copy(buf_sv(&text), origin->text, sizeof origin->text);
    struct sv host = sv_of(parts.host);
    if (host.ptr[0] == '[')
        host = (struct sv){host.ptr + 1, host.len - 2};
    sv_copy(host, origin->host, sizeof origin->host);
    return OK;
}

const char *http_url_host(const char *origin)
{
    const char *host = strstr(origin, "://");
    return host != NULL ? host + 3 : origin;
}
