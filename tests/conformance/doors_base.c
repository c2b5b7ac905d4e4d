/*
 * doors_base: the doors of core/base.
 */
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/conformance/doors.h"

void door_line(struct buf *out, struct sv text)
{
    text_safe(out, text, TEXT_LINE);
}

void door_block(struct buf *out, struct sv text)
{
    text_safe(out, text, TEXT_BLOCK);
}

void door_identity(struct buf *out, struct sv text)
{
    text_safe(out, text, TEXT_IDENTITY);
}

/* As a column of a table does it: clipped to ever fewer bytes. */
void door_cells(struct buf *out, struct sv text)
{
    char cell[48];

    for (size_t size = 1; size <= sizeof cell; size++) {
        buf_add_char(out, '|');
        text_safe_copy(cell, size, text, TEXT_LINE);
        buf_add_cstr(out, cell);
    }
}

/* The text in every field: those that err_set fills, and those that callers fill by hand. */
void door_error(struct buf *out, struct sv text)
{
    struct err err;
    char line[2048];
    AUTO(mem_free_at) char *cstr = sv_dup(text);

    err_set(&err, ERR_AWS, cstr, "%s", cstr);
    buf_addf(out, "%s|%s|", err.where, err.message);
    str_copy(err.aws_code, cstr);
    str_copy(err.request_id, cstr);
    str_copy(err.iam_action, cstr);
    err_describe(&err, line, sizeof line);
    buf_add_cstr(out, line);
}

void door_log(struct buf *out, struct sv text)
{
    AUTO(mem_free_at) char *cstr = sv_dup(text);

    log_warn("conformance", "%s", cstr);
    log_warn(cstr, "as a component");
    log_recent(out, 2);
}

void door_json(struct buf *out, struct sv text)
{
    struct json_writer w = {.out = out};
    AUTO(mem_free_at) char *cstr = sv_dup(text);

    jw_object(&w);
    jw_string_at(&w, "value", text);
    jw_string_at(&w, cstr, SV("key"));
    jw_object_end(&w);
}
