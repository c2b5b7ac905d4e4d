#include "tests/sandbox/session/session_options.h"

#include <stddef.h>

#include "core/base/mem.h"

static const struct {
    const char *name;
    size_t offset;
    int64_t max;
} numbers[] = {
    {"prompt", offsetof(struct session_options, prompt_ms), 600000},
    {"late", offsetof(struct session_options, late_ms), 600000},
    {"pace", offsetof(struct session_options, pace), 1000000},
    {"limit", offsetof(struct session_options, limit), 1000000},
    {"token", offsetof(struct session_options, token_s), 86400},
    {"bye", offsetof(struct session_options, bye_s), 86400},
    {"idle", offsetof(struct session_options, idle_min), 60},
    {"max", offsetof(struct session_options, max_min), 1440},
};

static bool set_number(struct session_options *o, struct sv name, struct sv value)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t number;
        if (!sv_eq_cstr(name, numbers[i].name) || !sv_to_i64(value, &number) || number < 0 ||
            number > numbers[i].max)
            continue;
        *(int64_t *)((char *)o + numbers[i].offset) = number;
        return true;
    }
    return false;
}

static bool set_port(struct session_options *o, struct sv value)
{
    int64_t from, to;
    if (!sv_to_i64(sv_split(&value, ':'), &from) || !sv_to_i64(value, &to) || from < 1 ||
        from > 65535 || to < 1 || to > 65535 || o->n_ports == SESSION_PORTS_MAX)
        return false;
    o->ports[o->n_ports++] = (struct port_map){(uint16_t)from, (uint16_t)to};
    return true;
}

static bool set_word(struct sv value, const char *word, bool *field)
{
    *field = sv_eq_cstr(value, word);
    return *field;
}

static bool set_text(struct sv value, char *field, size_t size)
{
    sv_copy(value, field, size);
    return value.len < size;
}

static bool set(struct session_options *o, struct sv name, struct sv value)
{
    if (sv_eq_cstr(name, "port"))
        return set_port(o, value);
    if (sv_eq_cstr(name, "resend"))
        return set_word(value, "all", &o->resends_all);
    if (sv_eq_cstr(name, "challenge"))
        return set_word(value, "required", &o->needs_challenge);
    if (sv_eq_cstr(name, "agent"))
        return set_text(value, o->version, sizeof o->version);
    if (sv_eq_cstr(name, "kms"))
        return set_text(value, o->kms_key_id, sizeof o->kms_key_id);
    if (sv_eq_cstr(name, "runas"))
        return set_text(value, o->run_as, sizeof o->run_as);
    if (sv_eq_cstr(name, "keys"))
        return set_text(value, o->keys_dir, sizeof o->keys_dir);
    return set_number(o, name, value);
}

bool session_options_parse(struct sv text, struct session_options *options)
{
    struct session_options made = *options;
    do {
        struct sv value = sv_split(&text, ',');
        struct sv name = sv_split(&value, '=');
        if (!set(&made, name, value))
            return false;
    } while (text.ptr);
    *options = made;
    return true;
}
