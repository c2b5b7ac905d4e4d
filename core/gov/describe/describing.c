/* describing: descriptions, and the ways to tell something in one. */
#include "core/gov/describe/describing.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/load/reply.h"

#define SCALARS_MAX 40 /* members of an object that are shown as lines */

void description_free(struct description *description)
{
    if (!description)
        return;
    for (size_t i = 0; i < description->lines.len; i++) {
        mem_free(description->lines.ptr[i].section);
        mem_free(description->lines.ptr[i].label);
        mem_free(description->lines.ptr[i].value);
    }
    vec_free(&description->lines);
    vec_free(&description->unread);
    mem_free(description->title);
    mem_free(description->json);
    mem_free(description);
}

static bool has_section(const struct description *description, const char *section)
{
    for (size_t i = 0; i < description->lines.len; i++)
        if (strcmp(description->lines.ptr[i].section, section) == 0)
            return true;
    return false;
}

/* The sides of what has two stand one below the other, the approved one first. */
const char *description_section(const struct description *description, enum description_topic topic)
{
    static const char *const sections[N_DESCRIPTION_TOPICS][4] = {
        [TOPIC_CHANGED_BY] = {SECTION_CHANGED_BY},
        [TOPIC_DIFFERENCE] = {SECTION_DIFFERENCE, SECTION_PREFERENCES, SECTION_APPROVED,
                              SECTION_VERSIONS},
    };
    for (size_t i = 0; i < ARRAY_LEN(sections[topic]) && sections[topic][i]; i++)
        if (has_section(description, sections[topic][i]))
            return sections[topic][i];
    return NULL;
}

static void add(struct describing *describing, const char *section, struct sv label,
                struct sv value, bool identity)
{
    if (value.len == 0)
        return;
    struct description_line line = {mem_strdup(section), sv_dup(label), sv_dup(value), identity};
    vec_push(&describing->found->lines, line);
}

void tell(struct describing *describing, const char *section, struct sv label, struct sv value)
{
    add(describing, section, label, value, false);
}

void tell_identity(struct describing *describing, const char *section, struct sv label,
                   struct sv value)
{
    add(describing, section, label, value, true);
}

void tellf(struct describing *describing, const char *section, struct sv label, const char *fmt,
           ...)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&value, fmt, args);
    va_end(args);
    add(describing, section, label, buf_sv(&value), false);
}

void tell_time(struct describing *describing, const char *section, const char *label,
               const cJSON *object, const char *member)
{
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    if (!reply_time(object, member, &at_ms))
        return;
    clock_iso8601(at_ms, false, at);
    tell(describing, section, sv_of(label), sv_of(at));
}

void tell_tags(struct describing *describing, const char *section, const cJSON *tags)
{
    for (const cJSON *tag = tags; tag; tag = tag->next) {
        bool lower = json_get(tag, "key") != NULL;
        tell(describing, section, json_sv(tag, lower ? "key" : "Key"),
             json_sv(tag, lower ? "value" : "Value"));
    }
}

/* A text as it is, a number or a truth as JSON writes it; NULL for anything else. The caller's. */
static char *scalar_text(const cJSON *item)
{
    if (cJSON_IsString(item))
        return sv_dup(json_string(item));
    return cJSON_IsNumber(item) || cJSON_IsBool(item) ? json_print(item) : NULL;
}

void tell_scalars(struct describing *describing, const char *section, const cJSON *object)
{
    size_t n = 0;
    for (const cJSON *item = object ? object->child : NULL; item && n < SCALARS_MAX;
         item = item->next) {
        AUTO_FREE char *text = scalar_text(item);
        if (!text)
            continue;
        tell(describing, section, sv_of(item->string), sv_of(text));
        n++;
    }
}

void tell_members(struct describing *describing, const char *section, const cJSON *object,
                  const struct told_member *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE char *text = scalar_text(json_get(object, members[i].member));
        if (text)
            add(describing, section, sv_of(members[i].label), sv_of(text), members[i].identity);
    }
}

void tell_json(struct describing *describing, const cJSON *object)
{
    if (object && !describing->found->json)
        describing->found->json = json_print(object);
}
