#include "tests/sandbox/world/log_store.h"

#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/world.h"

struct logs {
    VEC(struct log_group *) groups; /* by name, then cell */
    VEC(uint32_t) opened;           /* cells */
};

static struct logs *logs_of(struct world *world)
{
    if (!world->logs)
        world->logs = mem_new(struct logs);
    return world->logs;
}

bool log_cell_open(struct world *world, uint32_t cell)
{
    struct logs *logs = logs_of(world);
    for (size_t i = 0; i < logs->opened.len; i++)
        if (logs->opened.ptr[i] == cell)
            return false;
    vec_push(&logs->opened, cell);
    return true;
}

static void stream_free(struct log_stream *stream)
{
    for (size_t i = 0; i < stream->events.len; i++)
        mem_free(stream->events.ptr[i].message);
    vec_free(&stream->events);
    mem_free(stream);
}

void logs_free(struct world *world)
{
    for (size_t i = 0; world->logs && i < world->logs->groups.len; i++) {
        struct log_group *group = world->logs->groups.ptr[i];
        for (size_t k = 0; k < group->streams.len; k++)
            stream_free(group->streams.ptr[k]);
        vec_free(&group->streams);
        mem_free(group);
    }
    if (world->logs) {
        vec_free(&world->logs->groups);
        vec_free(&world->logs->opened);
    }
    mem_free(world->logs);
    world->logs = NULL;
}

struct log_group *log_group_at(struct world *world, uint32_t cell, size_t i)
{
    for (size_t n = 0; world->logs && n < world->logs->groups.len; n++)
        if (world->logs->groups.ptr[n]->cell == cell && i-- == 0)
            return world->logs->groups.ptr[n];
    return NULL;
}

struct log_group *log_group_find(struct world *world, uint32_t cell, const char *name)
{
    struct log_group *group;
    for (size_t i = 0; (group = log_group_at(world, cell, i)) != NULL; i++)
        if (strcmp(group->name, name) == 0)
            return group;
    return NULL;
}

struct log_stream *log_stream_find(const struct log_group *group, const char *name)
{
    for (size_t i = 0; i < group->streams.len; i++)
        if (strcmp(group->streams.ptr[i]->name, name) == 0)
            return group->streams.ptr[i];
    return NULL;
}

struct log_group *log_group_add(struct world *world, uint32_t cell, const char *name,
                                const char *kms_key_id)
{
    struct log_group *group = mem_new(struct log_group);
    logs_of(world);
    group->cell = cell;
    group->created_ms = world_now_ms(world);
    str_copy(group->name, name);
    str_copy(group->kms_key_id, kms_key_id);
    vec_push(&world->logs->groups, group);
    struct log_group **all = world->logs->groups.ptr;
    for (size_t i = world->logs->groups.len - 1; i > 0; i--) {
        if (strcmp(all[i - 1]->name, all[i]->name) <= 0)
            break;
        all[i] = all[i - 1];
        all[i - 1] = group;
    }
    return group;
}

struct log_stream *log_stream_add(struct world *world, struct log_group *group, const char *name)
{
    struct log_stream *stream = mem_new(struct log_stream);
    stream->created_ms = world_now_ms(world);
    str_copy(stream->name, name);
    vec_push(&group->streams, stream);
    struct log_stream **all = group->streams.ptr;
    for (size_t i = group->streams.len - 1; i > 0; i--) {
        if (strcmp(all[i - 1]->name, all[i]->name) <= 0)
            break;
        all[i] = all[i - 1];
        all[i - 1] = stream;
    }
    return stream;
}

void log_stream_append(struct world *world, struct log_stream *stream, int64_t at_ms,
                       struct sv message)
{
    const struct log_event event = {at_ms, world_now_ms(world), sv_dup(message)};
    vec_push(&stream->events, event);
}
