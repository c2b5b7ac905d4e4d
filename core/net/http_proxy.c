#include "core/net/http_proxy.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"

/* --- who needs none ----------------------------------------------------------------------------
 */

/* 4 or 16 bytes of an address; 0 when text is none. */
static size_t parse_address(struct sv text, unsigned char bytes[16])
{
    char cstr[INET6_ADDRSTRLEN];
    if (text.len >= sizeof cstr)
        return 0;
    sv_copy(text, cstr, sizeof cstr);
    if (inet_pton(AF_INET, cstr, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, cstr, bytes) == 1 ? 16 : 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, size_t n_bits)
{
    unsigned mask = 0xff00u >> n_bits % 8 & 0xff;
    return memcmp(a, b, n_bits / 8) == 0 &&
           (mask == 0 || ((a[n_bits / 8] ^ b[n_bits / 8]) & mask) == 0);
}

/* "10.0.0.0/8" holds 10.1.2.3. */
static bool block_holds(struct sv block, struct sv host)
{
    unsigned char network[16], address[16];
    struct sv rest = block;
    size_t len = parse_address(sv_split(&rest, '/'), network);
    int64_t n_bits = (int64_t)len * 8;
    if (rest.ptr != NULL && (!sv_to_i64(rest, &n_bits) || n_bits < 0 || n_bits > (int64_t)len * 8))
        return false;
    return len > 0 && parse_address(host, address) == len &&
           same_bits(network, address, (size_t)n_bits);
}

/* "corp.example" and ".corp.example" are it and all below it. */
static bool name_covers(struct sv name, struct sv host)
{
    if (sv_starts(name, SV("."))) {
        name.ptr++;
        name.len--;
    }
    if (name.len == 0 || host.len < name.len)
        return false;
    struct sv tail = {host.ptr + host.len - name.len, name.len};
    return sv_eq_nocase(tail, name) && (tail.ptr == host.ptr || tail.ptr[-1] == '.');
}

static const char *first_set(const char *const variables[], const char **from)
{
    for (size_t i = 0; variables[i] != NULL; i++) {
        const char *text = getenv(variables[i]);
        if (text != NULL && text[0] != '\0') {
            *from = variables[i];
            return text;
        }
    }
    return NULL;
}

static bool needs_none(const struct http_origin *origin)
{
    static const char *const variables[] = {"no_proxy", "NO_PROXY", NULL};
    const char *from;
    struct sv list = sv_of(first_set(variables, &from)), host = sv_of(origin->host);
    if (origin->is_local)
        return true;
    while (list.len > 0) {
        size_t len = 0;
        while (len < list.len && list.ptr[len] != ',' && list.ptr[len] != ' ')
            len++;
        struct sv entry = {list.ptr, len};
        if (sv_eq_cstr(entry, "*") || name_covers(entry, host) || block_holds(entry, host))
            return true;
        len += len < list.len;
        list = (struct sv){list.ptr + len, list.len - len};
    }
    return false;
}

/* --- the proxy ---------------------------------------------------------------------------------
 */

/* A part of a URL, to be freed with wipe_part; NULL when it has none. */
static char *part(CURLU *url, CURLUPart what)
{
    char *text = NULL;
    return curl_url_get(url, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static void wipe_part(char **text)
{
    if (*text != NULL)
        secret_wipe(*text, strlen(*text));
    curl_free(*text);
}

/* Without a port it would be curl's own, which nobody else uses. */
static bool set_port(CURLU *url)
{
    AUTO(wipe_part) char *port = part(url, CURLUPART_PORT);
    AUTO(wipe_part) char *scheme = part(url, CURLUPART_SCHEME);
    if (port != NULL || scheme == NULL)
        return port != NULL;
    const char *usual = strcmp(scheme, "http") == 0    ? "80"
                        : strcmp(scheme, "https") == 0 ? "443"
                                                       : "1080";
    return curl_url_set(url, CURLUPART_PORT, usual, 0) == CURLUE_OK;
}

static bool parse_proxy(CURLU *url, const char *text, struct http_proxy *proxy)
{
    struct buf whole = BUF_NONE;
    buf_addf(&whole, "%s%s", strstr(text, "://") == NULL ? "http://" : "", text);
    bool good =
        curl_url_set(url, CURLUPART_URL, buf_cstr(&whole), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        set_port(url);
    secret_wipe(whole.ptr, whole.len);
    buf_done(&whole);
    AUTO(wipe_part) char *complete = part(url, CURLUPART_URL);
    AUTO(wipe_part) char *host = part(url, CURLUPART_HOST);
    AUTO(wipe_part) char *port = part(url, CURLUPART_PORT);
    AUTO(wipe_part) char *user = part(url, CURLUPART_USER);
    if (!good || complete == NULL || host == NULL || port == NULL)
        return false;
    proxy->url = mem_strdup(complete);
    proxy->has_user = user != NULL;
    snprintf(proxy->name, sizeof proxy->name, "%.260s:%s", host, port);
    return true;
}

enum err_code http_proxy_find(const struct http_origin *origin, struct http_proxy *proxy,
                              struct err *err)
{
    static const char *const for_tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                          NULL};
    static const char *const for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    bool is_tls = strncmp(origin->text, "https:", 6) == 0;
    *proxy = (struct http_proxy){.from = ""};
    const char *text = first_set(is_tls ? for_tls : for_plain, &proxy->from);
    if (text == NULL || needs_none(origin))
        return OK;
    CURLU *url = curl_url();
    bool good = url != NULL && parse_proxy(url, text, proxy);
    curl_url_cleanup(url);
    if (good)
        return OK;
    return err_set(err, ERR_CONFIG, proxy->from, "%s is no URL of a proxy: http://HOST:PORT",
                   proxy->from);
}

void http_proxy_done(struct http_proxy *proxy)
{
    if (proxy->url != NULL)
        secret_wipe(proxy->url, strlen(proxy->url));
    mem_free(proxy->url);
    proxy->url = NULL;
}
