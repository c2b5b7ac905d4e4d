#include "core/aws/cred/shared_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/cred/ini.h"
#include "core/base/os.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)

/* Reading one of the two files. */
struct loader {
    struct shared_config *config;
    const char *file;
    bool is_credentials;
    struct config_section *section; /* NULL in one that is ignored */
};

static bool is_secret_name(const char *name)
{
    return strcmp(name, "aws_secret_access_key") == 0 || strcmp(name, "aws_session_token") == 0 ||
           strcmp(name, "aws_security_token") == 0;
}

static bool all_of(struct sv text, const char *marks)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80 || (!isalnum(c) && strchr(marks, c) == NULL))
            return false;
    }
    return text.len > 0;
}

/* --- sections ----------------------------------------------------------------------------------
 */

/* "profile  foo" behind "profile" is foo; false when header does not begin with that word. */
static bool take_prefix(struct sv *header, struct sv word)
{
    if (!sv_starts(*header, word) || header->len == word.len)
        return false;
    char next = header->ptr[word.len];
    if (next != ' ' && next != '\t')
        return false;
    *header = sv_trim((struct sv){header->ptr + word.len, header->len - word.len});
    return true;
}

/* What a header means; false for a section to be ignored. */
static bool read_header(const struct loader *loader, struct sv header,
                        struct config_section *section)
{
    bool has_prefix = !loader->is_credentials && take_prefix(&header, SV("profile"));
    section->kind = CONFIG_PROFILE;
    if (!loader->is_credentials && !has_prefix) {
        if (take_prefix(&header, SV("sso-session")))
            section->kind = CONFIG_SSO_SESSION;
        else if (take_prefix(&header, SV("services")))
            section->kind = CONFIG_SERVICES;
        else if (sv_eq_cstr(header, "default"))
            section->is_weak = true;
        else
            return false;
    }
    if (!all_of(header, "-/.%@_:+"))
        return false;
    section->name = sv_dup(header);
    return true;
}

static struct config_section *find_section(const struct shared_config *config,
                                           enum config_kind kind, struct sv name, bool weak)
{
    for (size_t i = 0; i < config->sections.len; i++) {
        struct config_section *section = config->sections.ptr[i];
        if (section->kind == kind && section->is_weak == weak && sv_eq_cstr(name, section->name))
            return section;
    }
    return NULL;
}

static void on_section(void *arg, struct sv header, int line)
{
    struct loader *loader = arg;
    struct config_section wanted = {0};
    (void)line;
    loader->section = NULL;
    if (!read_header(loader, header, &wanted))
        return;
    struct sv name = sv_of(wanted.name);
    loader->section = find_section(loader->config, wanted.kind, name, wanted.is_weak);
    if (loader->section != NULL) {
        mem_free(wanted.name);
        return;
    }
    loader->section = mem_copy(&wanted, sizeof wanted);
    vec_push(&loader->config->sections, loader->section);
}

/* --- properties --------------------------------------------------------------------------------
 */

static void property_done(struct config_property *property)
{
    mem_free(property->name);
    mem_free(property->text);
    secret_unref(property->secret);
    mem_free(property->file);
}

static void put_property(struct config_section *section, struct config_property property)
{
    for (size_t i = 0; i < section->properties.len; i++) {
        struct config_property *old = &section->properties.ptr[i];
        if (strcmp(old->name, property.name) == 0) {
            property_done(old);
            *old = property;
            return;
        }
    }
    vec_push(&section->properties, property);
}

static void on_property(void *arg, struct sv name, struct sv value, int line)
{
    struct loader *loader = arg;
    struct config_property property = {0};
    if (loader->section == NULL || !all_of(name, "-_./"))
        return;
    property.name = sv_dup(name);
    for (char *c = property.name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    if (is_secret_name(property.name))
        property.secret = secret_new(value);
    else
        property.text = sv_dup(value);
    struct buf place = BUF_NONE;
    buf_addf(&place, "%s:%d", loader->file, line);
    property.file = buf_take(&place);
    put_property(loader->section, property);
}

/* --- files -------------------------------------------------------------------------------------
 */

static void find_file(const char *variable, const char *name, char *path, size_t size)
{
    const char *given = getenv(variable), *home = getenv("HOME");
    path[0] = '\0';
    if (given != NULL && given[0] != '\0' && strncmp(given, "~/", 2) != 0)
        snprintf(path, size, "%s", given);
    else if (home == NULL || home[0] == '\0')
        return;
    else if (given != NULL && given[0] != '\0')
        snprintf(path, size, "%s/%s", home, given + 2);
    else
        snprintf(path, size, "%s/.aws/%s", home, name);
}

static enum err_code parse_text(struct loader *loader, struct sv text, struct err *err)
{
    const struct ini_handler handler = {
        .section = on_section, .property = on_property, .arg = loader};
    return ini_parse(text, loader->file, &handler, err);
}

/* The text is the caller's to wipe. A file that is missing is an empty one. */
static enum err_code read_text(const char *path, struct buf *text, struct err *err)
{
    if (path[0] == '\0')
        return OK;
    enum err_code code = os_read_file(path, FILE_MAX_BYTES, text, err);
    return code == ERR_NOT_FOUND ? OK : code;
}

/* [profile default] makes [default] of the same file void. */
static void settle_default(struct shared_config *config)
{
    struct config_section *weak = find_section(config, CONFIG_PROFILE, SV("default"), true);
    if (weak == NULL)
        return;
    if (find_section(config, CONFIG_PROFILE, SV("default"), false) == NULL)
        weak->is_weak = false;
}

static enum err_code parse_both(struct shared_config *config, struct sv config_text,
                                struct sv credentials_text, struct err *err)
{
    struct loader loader = {.config = config, .file = config->config_file};
    enum err_code code = parse_text(&loader, config_text, err);
    settle_default(config);
    if (code == OK) {
        loader = (struct loader){
            .config = config, .file = config->credentials_file, .is_credentials = true};
        code = parse_text(&loader, credentials_text, err);
    }
    if (code != OK)
        shared_config_done(config);
    return code;
}

enum err_code shared_config_parse(struct sv config_text, struct sv credentials_text,
                                  struct shared_config *config, struct err *err)
{
    *config = (struct shared_config){.config_file = "config", .credentials_file = "credentials"};
    return parse_both(config, config_text, credentials_text, err);
}

enum err_code shared_config_load(struct shared_config *config, struct err *err)
{
    struct buf config_text = BUF_NONE, credentials_text = BUF_NONE;
    *config = (struct shared_config){0};
    find_file("AWS_CONFIG_FILE", "config", config->config_file, sizeof config->config_file);
    find_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", config->credentials_file,
              sizeof config->credentials_file);
    enum err_code code = read_text(config->config_file, &config_text, err);
    if (code == OK)
        code = read_text(config->credentials_file, &credentials_text, err);
    if (code == OK)
        code = parse_both(config, buf_sv(&config_text), buf_sv(&credentials_text), err);
    secret_wipe(config_text.ptr, config_text.len);
    secret_wipe(credentials_text.ptr, credentials_text.len);
    buf_done(&config_text);
    buf_done(&credentials_text);
    return code;
}

struct sv shared_config_profile(const char *option)
{
    const char *const said[] = {option, getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE")};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        if (said[i] != NULL && said[i][0] != '\0')
            return sv_of(said[i]);
    }
    return SV("default");
}

void shared_config_done(struct shared_config *config)
{
    for (size_t i = 0; i < config->sections.len; i++) {
        struct config_section *section = config->sections.ptr[i];
        for (size_t j = 0; j < section->properties.len; j++)
            property_done(&section->properties.ptr[j]);
        vec_free(&section->properties);
        mem_free(section->name);
        mem_free(section);
    }
    vec_free(&config->sections);
}

const struct config_section *shared_config_find(const struct shared_config *config,
                                                enum config_kind kind, struct sv name)
{
    return find_section(config, kind, name, false);
}

const struct config_property *config_get(const struct config_section *section, const char *name)
{
    for (size_t i = 0; section != NULL && i < section->properties.len; i++) {
        if (strcmp(section->properties.ptr[i].name, name) == 0)
            return &section->properties.ptr[i];
    }
    return NULL;
}

struct sv config_text(const struct config_section *section, const char *name)
{
    const struct config_property *property = config_get(section, name);
    return property != NULL ? sv_of(property->text) : SV_NONE;
}
