#include "tests/sandbox/session/session_log.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/session/cut.h"
#include "tests/sandbox/world/log_store.h"
#include "tests/sandbox/world/template.h"

#define HEARD_MAX ((size_t)1 << 20) /* bytes that wait to be kept; the rest is lost */

static struct world *world_of(const struct session *s)
{
    return broker_sandbox(s->broker)->world;
}

/* NULL: there is none. */
static struct log_group *group_of(const struct session *s)
{
    struct world *world = world_of(s);
    const struct cell *cell = world_cell(world, s->account_id, s->region);
    return *s->log_group && cell ? log_group_find(world, cell_number(world, cell), s->log_group)
                                 : NULL;
}

bool session_log_check(const struct session *s, struct buf *why)
{
    const struct log_group *group = group_of(s);
    if (s->type == SESSION_PORT || !*s->log_group || !s->log_is_encrypted ||
        (group && group->kms_key_id[0]))
        return true;
    buf_add_cstr(why, group ? "We couldn't start the session because encryption is not set up on "
                              "the selected CloudWatch Logs log group. Either encrypt the log "
                              "group or choose an option to enable logging without encryption."
                            : "The specified log group does not exist.");
    return false;
}

static struct log_stream *stream_of(const struct session *s, struct log_group *group)
{
    struct log_stream *stream = log_stream_find(group, s->id);
    return stream ? stream : log_stream_add(world_of(s), group, s->id);
}

static struct sv without_return(struct sv line)
{
    while (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* An event for each line. */
static void keep_lines(const struct session *s, struct log_stream *stream, struct sv text)
{
    while (text.len > 0)
        log_stream_append(world_of(s), stream, world_now_ms(world_of(s)),
                          without_return(sv_split(&text, '\n')));
}

/* One event that holds the lines, and who has seen them. */
static void keep_record(const struct session *s, struct log_stream *stream, struct sv text)
{
    char at[CLOCK_ISO_SIZE];
    cJSON *lines = cJSON_CreateArray();
    clock_iso8601(world_now_ms(world_of(s)), false, at);
    while (text.len > 0) {
        AUTO_FREE char *line = sv_dup(without_return(sv_split(&text, '\n')));
        cJSON_AddItemToArray(lines, cJSON_CreateString(line));
    }
    AUTO(json_free_at)
    cJSON *record = json_make("{eventVersion:'1.0',eventTime:%s,awsRegion:%s,target:{id:%s},"
                              "userIdentity:{arn:%s},runAsUser:%s,sessionId:%s,sessionData:%o}",
                              at, s->region, s->node_id, s->owner, s->run_as, s->id, lines);
    AUTO_FREE char *message = json_print(record);
    log_stream_append(world_of(s), stream, world_now_ms(world_of(s)), sv_of(message));
}

/* Keeps what was heard, all of it or the lines that are whole. */
static void keep(struct session *s, bool all)
{
    struct log_group *group = group_of(s);
    const char *end = s->heard.len > 0 ? memrchr(s->heard.ptr, '\n', s->heard.len) : NULL;
    size_t len = all ? s->heard.len : end ? (size_t)(end - s->heard.ptr) + 1 : 0;
    if (group && len > 0)
        (s->log_is_streamed ? keep_record : keep_lines)(s, stream_of(s, group),
                                                        (struct sv){s->heard.ptr, len});
    buf_cut(&s->heard, len);
}

void session_log_hear(struct session *s, struct sv shown)
{
    if (s->type == SESSION_PORT || !*s->log_group || s->heard.len + shown.len > HEARD_MAX)
        return;
    buf_add(&s->heard, shown);
    if (s->log_is_streamed)
        keep(s, false);
}

void session_log_end(struct session *s)
{
    keep(s, true);
    buf_done(&s->heard);
}
