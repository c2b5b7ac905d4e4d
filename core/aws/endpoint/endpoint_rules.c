#include "core/aws/endpoint/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/cred/ini.h"

/* --- the URL of a named endpoint ----------------------------------------------------------------
 */

static bool is_url_text(struct sv url)
{
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("?#@\\\"<>^`{|}", c) != NULL)
            return false;
    }
    return url.len > 0 && url.len + 1 < ENDPOINT_URL_SIZE;
}

static void lower_copy(struct sv text, char *dst, size_t size)
{
    sv_copy(text, dst, size);
    for (char *c = dst; *c != '\0'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
}

/* The Host header leaves out a port that is the scheme's own, as curl does. */
static struct sv without_default_port(struct sv host, bool is_tls)
{
    struct sv port = is_tls ? SV(":443") : SV(":80");
    if (sv_ends(host, port))
        host.len -= port.len;
    return host;
}

/* The parts of a URL, borrowed from it. */
struct url_parts {
    bool is_tls;
    struct sv host; /* with the port, when there is one */
    struct sv path; /* "" when there is none */
};

/* Behind the colon that ends a host; those of an IPv6 address stand in brackets. */
static bool has_good_port(struct sv host)
{
    while (host.len > 0 && host.ptr[0] != ']' && memchr(host.ptr, ']', host.len) != NULL)
        host.ptr++, host.len--;
    const char *colon = memchr(host.ptr, ':', host.len);
    unsigned port;
    if (colon == NULL)
        return true;
    return sv_to_port((struct sv){colon + 1, host.len - (size_t)(colon + 1 - host.ptr)}, &port);
}

/* "https://USER:PASSWORD@HOST": not to be quoted in a message. */
static bool names_user(struct sv url)
{
    struct sv scheme = sv_split(&url, ':');
    while (url.len > 0 && url.ptr[0] == '/')
        url.ptr++, url.len--;
    struct sv authority = sv_split(&url, '/');
    return scheme.len > 0 && authority.len > 0 && memchr(authority.ptr, '@', authority.len) != NULL;
}

static enum err_code split_url(struct sv url, const char *from, struct url_parts *parts,
                               struct err *err)
{
    const char *why = NULL;
    *parts = (struct url_parts){.is_tls = sv_starts(url, SV("https://"))};
    if (names_user(url)) {
        err_set(err, ERR_CONFIG, from, "the URL names a user: credentials do not belong there");
        return err_advise(err, ERR_CONFIG, "write it as https://HOST or http://HOST:PORT");
    }
    if (!is_url_text(url) || (!parts->is_tls && !sv_starts(url, SV("http://")))) {
        why = "is no http or https URL";
    } else {
        size_t scheme_len = parts->is_tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
        parts->host = (struct sv){url.ptr + scheme_len, url.len - scheme_len};
        const char *slash = memchr(parts->host.ptr, '/', parts->host.len);
        if (slash != NULL)
            parts->path = (struct sv){slash, (size_t)(url.ptr + url.len - slash)};
        parts->host.len -= parts->path.len;
        if (parts->host.len == 0 || parts->host.ptr[0] == ':')
            why = "names no host";
        else if (!has_good_port(parts->host))
            why = "has a port that is not between 1 and 65535";
    }
    if (why == NULL)
        return OK;
    err_set(err, ERR_CONFIG, from, "\"" SV_FMT "\" %s", SV_ARG(url), why);
    return err_advise(err, ERR_CONFIG, "write it as https://HOST or http://HOST:PORT");
}

enum err_code endpoint_url_check(struct sv url, const char *from, struct err *err)
{
    struct url_parts parts;
    return split_url(url, from, &parts, err);
}

static enum err_code parse_url(struct sv url, const char *from, struct endpoint *endpoint,
                               struct err *err)
{
    struct url_parts parts;
    enum err_code code = split_url(url, from, &parts, err);
    if (code != OK)
        return code;
    *endpoint = (struct endpoint){.is_given = true};
    lower_copy(without_default_port(parts.host, parts.is_tls), endpoint->host,
               sizeof endpoint->host);
    sv_copy(parts.path.len > 0 ? parts.path : SV("/"), endpoint->path, sizeof endpoint->path);
    AUTO(buf_done) struct buf whole = BUF_NONE;
    buf_add(&whole, url);
    if (parts.path.len == 0)
        buf_add_char(&whole, '/');
    sv_copy(buf_sv(&whole), endpoint->url, sizeof endpoint->url);
    return OK;
}

/* --- switches
 * ---------------------------------------------------------------------------------------
 */

/* A switch has a variable, and a key in the profile that holds when it is not set. */
struct switch_words {
    const char *variable, *key;
    struct sv on, off;
};

static enum err_code read_switch(const struct switch_words *words,
                                 const struct config_section *profile, bool *is_on, struct err *err)
{
    struct sv said = sv_of(getenv(words->variable));
    const char *from = said.len > 0 ? words->variable : words->key;
    if (said.len == 0)
        said = config_text(profile, words->key);
    *is_on = sv_eq_nocase(said, words->on);
    if (*is_on || said.len == 0 || sv_eq_nocase(said, words->off))
        return OK;
    return err_set(err, ERR_CONFIG, from,
                   "%s cannot be \"" SV_FMT "\": it takes " SV_FMT " or " SV_FMT, from,
                   SV_ARG(said), SV_ARG(words->on), SV_ARG(words->off));
}

static enum err_code read_switches(struct endpoint_rules *rules,
                                   const struct config_section *profile, bool *ignore_configured,
                                   struct err *err)
{
    const struct {
        struct switch_words words;
        bool *is_on;
    } switches[] = {
        {{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", SV("true"), SV("false")}, &rules->use_fips},
        {{"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", SV("true"), SV("false")},
         &rules->use_dual_stack},
        {{"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", SV("legacy"), SV("regional")},
         &rules->sts_is_global},
        {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", SV("true"),
          SV("false")},
         ignore_configured},
    };
    enum err_code code = OK;
    for (size_t i = 0; code == OK && i < ARRAY_LEN(switches); i++)
        code = read_switch(&switches[i].words, profile, switches[i].is_on, err);
    return code;
}

/* --- rules ---------------------------------------------------------------------------------------
 */

/* The `services = NAME` of a profile; *section stays NULL when there is none. */
static enum err_code find_services(const struct shared_config *config,
                                   const struct config_section *profile,
                                   const struct config_section **section, struct err *err)
{
    const struct config_property *property = config_get(profile, "services");
    *section = NULL;
    if (property == NULL)
        return OK;
    *section = shared_config_find(config, CONFIG_SERVICES, sv_of(property->text));
    if (*section == NULL)
        return err_set(err, ERR_CONFIG, "shared config", "%s: there is no section [services %s]",
                       property->file, property->text);
    return OK;
}

/* "CONFIG_SERVICE" as the services section writes it: "config_service". */
static struct sv url_in_services(const struct config_section *services,
                                 const struct aws_service *service)
{
    char key[64];
    lower_copy(sv_of(service->env_suffix), key, sizeof key);
    return ini_nested(config_text(services, key), "endpoint_url");
}

struct named_url {
    struct sv url;
    char from[64]; /* the option, variable or key that says so */
    bool is_for_it;
};

static struct named_url find_url(const struct aws_service *service, const char *option,
                                 bool ignore_configured, const struct config_section *services,
                                 const struct config_section *profile)
{
    struct named_url named = {.url = sv_of(option)};
    str_copy(named.from, "--endpoint-url");
    if (named.url.len > 0 || ignore_configured)
        return named;
    snprintf(named.from, sizeof named.from, "AWS_ENDPOINT_URL_%s", service->env_suffix);
    named.url = sv_of(getenv(named.from));
    named.is_for_it = named.url.len > 0;
    if (named.is_for_it)
        return named;
    str_copy(named.from, "AWS_ENDPOINT_URL");
    named.url = sv_of(getenv(named.from));
    if (named.url.len > 0)
        return named;
    str_copy(named.from, "endpoint_url");
    named.url = url_in_services(services, service);
    named.is_for_it = named.url.len > 0;
    if (named.url.len == 0)
        named.url = config_text(profile, "endpoint_url");
    return named;
}

enum err_code endpoint_rules_load(const char *url, const struct shared_config *config,
                                  const struct config_section *profile,
                                  struct endpoint_rules *rules, struct err *err)
{
    bool ignore = false;
    const struct config_section *services = NULL;
    *rules = (struct endpoint_rules){0};
    enum err_code code = read_switches(rules, profile, &ignore, err);
    if (code == OK && !ignore)
        code = find_services(config, profile, &services, err);
    for (size_t i = 0; code == OK && aws_service_at(i) != NULL; i++) {
        struct named_endpoint named = {.service = aws_service_at(i)};
        struct named_url found = find_url(named.service, url, ignore, services, profile);
        if (found.url.len == 0)
            continue;
        code = parse_url(found.url, found.from, &named.endpoint, err);
        str_copy(named.from, found.from);
        named.is_for_it = found.is_for_it;
        if (code == OK)
            vec_push(&rules->named, named);
    }
    if (code != OK)
        endpoint_rules_done(rules);
    return code;
}

void endpoint_rules_done(struct endpoint_rules *rules)
{
    vec_free(&rules->named);
}
