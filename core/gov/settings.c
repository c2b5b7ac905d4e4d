#include "core/gov/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define SETTINGS_FILE_MAX ((size_t)64 << 10)

/* Each takes a value for the field; false when it is no good, *why saying what is wanted. */
typedef bool take_fn(void *field, size_t size, struct sv value, const char **why);

static bool take_text(void *field, size_t size, struct sv value, const char **why)
{
    *why = "the value is too long";
    if (value.len >= size)
        return false;
    sv_copy(value, field, size);
    return true;
}

static bool take_count(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    int64_t number;
    *why = "a number from 1 to 256 is wanted";
    if (!sv_to_i64(value, &number) || number < 1 || number > 256)
        return false;
    *(int *)field = (int)number;
    return true;
}

static bool take_bool(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "yes or no is wanted";
    bool yes = sv_eq_cstr(value, "yes"), no = sv_eq_cstr(value, "no");
    *(bool *)field = yes;
    return yes || no;
}

static bool take_ports(uint16_t *ports, size_t *n_ports, struct sv value, const char **why)
{
    struct sv port;
    *n_ports = 0;
    while (pattern_next(&value, &port)) {
        int64_t number;
        *why = "port numbers with commas between them are wanted";
        if (!sv_to_i64(port, &number) || number < 0 || number > 65535)
            return false;
        *why = "too many ports";
        if (*n_ports == SG_PORTS_MAX)
            return false;
        ports[(*n_ports)++] = (uint16_t)number;
    }
    return true;
}

static bool take_dangerous(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    struct sg_policy *policy = field;
    return take_ports(policy->dangerous_ports, &policy->n_dangerous, value, why);
}

static bool take_allowed(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    struct sg_policy *policy = field;
    return take_ports(policy->allowed_ports, &policy->n_allowed, value, why);
}

#define FIELD(name) offsetof(struct settings, name), sizeof(((struct settings *)0)->name)

static const struct key {
    struct settings_row row;
    take_fn *take;
    size_t offset, size;
} keys[] = {
    {{"member_role", "NAME", "the role that is entered in member accounts"},
     take_text,
     FIELD(member_role)},
    {{"concurrency", "NUMBER", "requests in flight for one screen; 32 if not set"},
     take_count,
     FIELD(concurrency)},
    {{"production", "PATTERN,...", "accounts of production, by id, name or OU path"},
     take_text,
     FIELD(production)},
    {{"production_tags", "KEY=PATTERN,...", "account tags that tell production"},
     take_text,
     FIELD(production_tags)},
    {{"read_only", "PATTERN,...", "more accounts where nothing is changed before :elevate"},
     take_text,
     FIELD(read_only)},
    {{"read_only_production", "yes|no", "nothing is changed in production before :elevate"},
     take_bool,
     FIELD(read_only_production)},
    {{"regions", "REGION,...", "regions to look at; all that EC2 lists if not set"},
     take_text,
     FIELD(regions)},
    {{"egress_open", "yes|no", "whether egress that is open to the world is a finding"},
     take_bool,
     FIELD(egress_open)},
    {{"dangerous_ports", "PORT,...", "ports that nobody opens to the world"},
     take_dangerous,
     FIELD(sg_policy)},
    {{"allowed_ports", "PORT,...", "ports that may be open to the world"},
     take_allowed,
     FIELD(sg_policy)},
};

bool settings_row(size_t i, struct settings_row *row)
{
    if (i >= ARRAY_LEN(keys))
        return false;
    *row = keys[i].row;
    return true;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .concurrency = 32,
        .production = "*/prod, */prod/*, */production, */production/*, prod, prod-*, *-prod",
        .production_tags = "environment=prod*, env=prod*, stage=prod*",
        .read_only_production = true,
        .egress_open = true,
        .sg_policy = sg_policy_default,
    };
}

static const struct key *key_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (sv_eq_cstr(name, keys[i].row.key))
            return &keys[i];
    return NULL;
}

static enum err_code read_line(struct settings *settings, struct sv line, const char *where,
                               struct err *err)
{
    struct sv value = line;
    struct sv text = sv_trim(sv_split(&value, '#'));
    if (text.len == 0)
        return OK;
    value = text;
    struct sv name = sv_trim(sv_split(&value, '='));
    if (name.len == text.len)
        return err_set(err, ERR_CONFIG, where, "`key = value` is wanted");
    const struct key *key = key_find(name);
    if (!key)
        return err_set(err, ERR_CONFIG, where, "unknown key '" SV_FMT "'", SV_ARG(name));
    const char *why = "";
    if (!key->take((char *)settings + key->offset, key->size, sv_trim(value), &why))
        return err_set(err, ERR_CONFIG, where, "%s: %s", key->row.key, why);
    return OK;
}

enum err_code settings_read(const char *path, bool must_exist, struct settings *settings,
                            struct err *err)
{
    if (!must_exist && access(path, F_OK) != 0 && errno == ENOENT)
        return OK;
    AUTO(buf_done) struct buf text = BUF_NONE;
    enum err_code code = os_read_file(path, SETTINGS_FILE_MAX, &text, err);
    struct sv rest = buf_sv(&text);
    for (int line = 1; code == OK && rest.len > 0; line++) {
        char where[64];
        const char *name = strrchr(path, '/');
        snprintf(where, sizeof where, "%.50s:%d", name ? name + 1 : path, line);
        code = read_line(settings, sv_split(&rest, '\n'), where, err);
    }
    return code;
}
