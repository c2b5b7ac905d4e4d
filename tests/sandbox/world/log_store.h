/*
 * log_store: what CloudWatch Logs keeps: groups of an account in a region, their streams, and the
 * events of these in the order in which they came.
 */
#ifndef SANDBOX_LOG_STORE_H
#define SANDBOX_LOG_STORE_H

#include "core/base/vec.h"
#include "tests/sandbox/world/world_model.h"

#define LOG_NAME_SIZE 513

struct log_event {
    int64_t at_ms, ingested_ms;
    char *message;
};

struct log_stream {
    char name[LOG_NAME_SIZE];
    int64_t created_ms;
    VEC(struct log_event) events;
};

struct log_group {
    uint32_t cell;
    char name[LOG_NAME_SIZE];
    char kms_key_id[257]; /* "": what is kept is not encrypted by a key of the caller's */
    int64_t created_ms;
    VEC(struct log_stream *) streams; /* by name */
};

/* NULL when there is none of that name. */
struct log_group *log_group_find(struct world *world, uint32_t cell, const char *name);
struct log_stream *log_stream_find(const struct log_group *group, const char *name);
/* The i-th of a cell, by name; NULL behind the last. */
struct log_group *log_group_at(struct world *world, uint32_t cell, size_t i);
/* New ones; there are none of these names yet. */
struct log_group *log_group_add(struct world *world, uint32_t cell, const char *name,
                                const char *kms_key_id);
struct log_stream *log_stream_add(struct world *world, struct log_group *group, const char *name);
/* True the first time that it is asked for a cell: what there was before is to be put there. */
bool log_cell_open(struct world *world, uint32_t cell);
void log_stream_append(struct world *world, struct log_stream *stream, int64_t at_ms,
                       struct sv message);

#endif
