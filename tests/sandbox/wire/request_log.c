#include "tests/sandbox/wire/request_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

struct request_log {
    int fd;
};

enum err_code request_log_open(const char *path, struct request_log **log, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, path, "cannot write the request log");
    *log = mem_new(struct request_log);
    (*log)->fd = fd;
    return OK;
}

void request_log_close(struct request_log *log)
{
    if (log)
        close(log->fd);
    mem_free(log);
}

/* Top-level members only: nothing deeper is sensitive in the models carried over. */
static void write_parameters(struct json_writer *w, const struct request_record *record)
{
    const struct shape *input = record->op ? record->op->input : NULL;
    const cJSON *child;
    jw_key(w, "parameters");
    jw_object(w);
    cJSON_ArrayForEach (child, record->parameters) {
        const struct member *m = input ? shape_member(input, sv_of(child->string)) : NULL;
        jw_key(w, child->string);
        if (m && m->shape->sensitive)
            jw_string(w, SV("(sensitive)"));
        else
            jw_tree(w, child);
    }
    jw_object_end(w);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    jw_key(w, key);
    if (text && *text)
        jw_string(w, sv_of(text));
    else
        jw_null(w);
}

void request_log_write(struct request_log *log, const struct request_record *record)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    struct json_writer w = {.out = &line};
    char time[CLOCK_ISO_SIZE];
    if (!log)
        return;
    clock_iso8601(record->at_ms, true, time);
    jw_object(&w);
    write_text(&w, "time", time);
    write_text(&w, "request_id", record->request_id);
    write_text(&w, "service", record->service);
    write_text(&w, "region", record->region);
    write_text(&w, "account", record->account_id);
    write_text(&w, "principal", record->principal);
    write_text(&w, "operation", record->operation);
    jw_bool_at(&w, "dry_run", json_bool(record->parameters, "DryRun", false));
    write_parameters(&w, record);
    jw_i64_at(&w, "status", record->status);
    write_text(&w, "error", record->error_code);
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    if (write(log->fd, line.ptr, line.len) != (ssize_t)line.len)
        perror("watchdeck-sandbox: request log");
}
