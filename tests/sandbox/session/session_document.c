#include "tests/sandbox/session/session_document.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

/* --- the forms of parameters ------------------------------------------------------------------ */

static bool is_port(struct sv text)
{
    int64_t number;
    return text.len <= 5 && sv_to_i64(text, &number) && number >= 1 && number <= 65535;
}

static bool is_local_port(struct sv text)
{
    return sv_eq_cstr(text, "0") || is_port(text);
}

static bool is_host(struct sv text)
{
    static const char known[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:_";
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(known, text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool is_anything(struct sv text)
{
    return text.len > 0;
}

static bool is_switch(struct sv text)
{
    return sv_eq_cstr(text, "true") || sv_eq_cstr(text, "false");
}

static bool is_prefix(struct sv text)
{
    static const char known[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\r\n_:-";
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(known, text.ptr[i]))
            return false;
    return text.len <= 30;
}

/* --- the documents ---------------------------------------------------------------------------- */

struct parameter {
    const char *name;
    bool (*fits)(struct sv text);
    const char *otherwise; /* NULL: it has to be given */
};

struct session_document {
    const char *name;
    enum session_type type;
    struct parameter parameters[4];
    bool forwards; /* properties say so to the client */
};

static const struct session_document documents[] = {
    {DOCUMENT_SHELL, SESSION_SHELL, {{0}}, false},
    {"AWS-StartInteractiveCommand", SESSION_INTERACTIVE, {{"command", is_anything, NULL}}, false},
    {"AWS-StartNonInteractiveCommand",
     SESSION_NON_INTERACTIVE,
     {{"command", is_anything, NULL},
      {"separateOutputStream", is_switch, "false"},
      {"stdOutSeparatorPrefix", is_prefix, ""},
      {"stdErrSeparatorPrefix", is_prefix, ""}},
     false},
    {"AWS-StartSSHSession", SESSION_PORT, {{"portNumber", is_port, "22"}}, false},
    {"AWS-StartPortForwardingSession",
     SESSION_PORT,
     {{"portNumber", is_port, "80"}, {"localPortNumber", is_local_port, "0"}},
     true},
    {"AWS-StartPortForwardingSessionToRemoteHost",
     SESSION_PORT,
     {{"host", is_host, NULL},
      {"portNumber", is_port, "80"},
      {"localPortNumber", is_local_port, "0"}},
     true},
};

/* "arn:aws:ssm:us-east-1::document/NAME" is NAME. */
const struct session_document *session_document_find(struct sv name)
{
    while (sv_starts(name, SV("arn:")) && memchr(name.ptr, '/', name.len))
        sv_split(&name, '/');
    if (name.len == 0)
        name = SV(DOCUMENT_SHELL);
    for (size_t i = 0; i < ARRAY_LEN(documents); i++)
        if (sv_eq_cstr(name, documents[i].name))
            return &documents[i];
    return NULL;
}

const char *session_document_name(const struct session_document *document)
{
    return document->name;
}

enum session_type session_document_type(const struct session_document *document)
{
    return document->type;
}

/* --- filling in ------------------------------------------------------------------------------- */

static bool is_known(const struct session_document *document, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(document->parameters); i++)
        if (document->parameters[i].name && strcmp(document->parameters[i].name, name) == 0)
            return true;
    return false;
}

static bool fill_one(const struct parameter *p, const cJSON *given, cJSON *properties,
                     struct buf *why)
{
    struct sv text = json_string(given ? given->child : NULL);
    if (!given && !p->otherwise)
        buf_addf(why, "The parameter %s has to be given.", p->name);
    else if (given && (!given->child || given->child->next))
        buf_addf(why, "The parameter %s takes one value.", p->name);
    else if (given && !p->fits(text))
        buf_addf(why, "The value of the parameter %s is not allowed by the document.", p->name);
    else
        cJSON_AddStringToObject(properties, p->name, given ? text.ptr : p->otherwise);
    return why->len == 0;
}

cJSON *session_document_fill(const struct session_document *document, const cJSON *parameters,
                             struct buf *why)
{
    cJSON *properties = cJSON_CreateObject();
    const cJSON *given;
    cJSON_ArrayForEach (given, parameters)
        if (!is_known(document, given->string))
            buf_addf(why, "The parameter %s is not one of the document's.", given->string);
    for (size_t i = 0; i < ARRAY_LEN(document->parameters) && why->len == 0; i++)
        if (document->parameters[i].name)
            fill_one(&document->parameters[i], json_get(parameters, document->parameters[i].name),
                     properties, why);
    if (document->forwards)
        cJSON_AddStringToObject(properties, "type", "LocalPortForwarding");
    if (why->len == 0)
        return properties;
    json_free(properties);
    return NULL;
}
