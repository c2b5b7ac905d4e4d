#include "views/forwards/forward_spec.h"

#include <string.h>

#define PARTS_MAX 3

static bool is_digits(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

static bool read_port(struct sv text, unsigned *port)
{
    return is_digits(text) && sv_to_port(text, port);
}

/* A name or an address, without the brackets of IPv6. */
static bool read_host(struct sv text, struct forward_spec *spec)
{
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = (struct sv){text.ptr + 1, text.len - 2};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    }
    sv_copy(text, spec->host, sizeof spec->host);
    return text.len > 0 && text.len < sizeof spec->host && !is_digits(text);
}

/* At the colons outside of brackets; 0: too many of them. */
static size_t split(struct sv text, struct sv parts[PARTS_MAX])
{
    size_t n = 0, begin = 0;
    bool in_brackets = false;

    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.ptr[i] : ':';
        in_brackets = c == '[' || (in_brackets && c != ']');
        if (c != ':' || in_brackets)
            continue;
        if (n == PARTS_MAX)
            return 0;
        parts[n++] = (struct sv){text.ptr + begin, i - begin};
        begin = i + 1;
    }
    return n;
}

enum err_code forward_spec_parse(struct sv text, struct forward_spec *spec, struct err *err)
{
    struct sv parts[PARTS_MAX];
    size_t n = split(text, parts);
    bool good = n > 0;

    *spec = (struct forward_spec){0};
    good = good && read_port(parts[n - 1], &spec->port);
    if (n == 2 && is_digits(parts[0]))
        good = good && read_port(parts[0], &spec->local_port);
    else if (n == 2)
        good = good && read_host(parts[0], spec);
    else if (n == 3)
        good = good && read_port(parts[0], &spec->local_port) && read_host(parts[1], spec);
    return good ? OK
                : err_set(err, ERR_USAGE, "forward",
                          "\"" SV_FMT "\" is none of PORT, LOCAL:PORT, HOST:PORT, LOCAL:HOST:PORT",
                          SV_ARG(text));
}
