#include "core/aws/wire/body.h"

#include <math.h>
#include <stdio.h>

#include "core/aws/wire/sigv4.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"

const char *body_content_type(enum aws_protocol protocol)
{
    static const char *const types[] = {
        [AWS_JSON_1_0] = "application/x-amz-json-1.0",
        [AWS_JSON_1_1] = "application/x-amz-json-1.1",
        [AWS_QUERY] = "application/x-www-form-urlencoded; charset=utf-8",
        [AWS_EC2] = "application/x-www-form-urlencoded; charset=utf-8",
        [AWS_REST_JSON] = "application/json",
        [AWS_REST_XML] = "application/xml",
    };
    return types[protocol];
}

/* A member of params that the client sets itself. */
static bool is_overridden(const struct aws_op *op, const struct body_extra *extra, const char *name)
{
    struct sv member = sv_of(name);
    return (extra->token.len > 0 && op->token_in != NULL && sv_eq_cstr(member, op->token_in)) ||
           (extra->dry_run && sv_eq_cstr(member, "DryRun"));
}

static bool adds_limit(const struct aws_op *op, const cJSON *params, const struct body_extra *extra)
{
    return extra->limit > 0 && op->limit != NULL && json_get(params, op->limit) == NULL;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void write_json(const struct aws_op *op, const cJSON *params, const struct body_extra *extra,
                       struct buf *out)
{
    struct json_writer w = {.out = out};
    const cJSON *member = NULL;
    jw_object(&w);
    cJSON_ArrayForEach (member, params) {
        if (cJSON_IsNull(member) || is_overridden(op, extra, member->string))
            continue;
        jw_key(&w, member->string);
        jw_tree(&w, member);
    }
    if (extra->token.len > 0)
        jw_string_at(&w, op->token_in, extra->token);
    if (adds_limit(op, params, extra))
        jw_i64_at(&w, op->limit, extra->limit);
    if (extra->secret_member != NULL) { /* the last one: it is written past the writer */
        jw_key(&w, extra->secret_member);
        json_pick_quote(out, extra->secret);
    }
    jw_object_end(&w);
}

/* --- Query and EC2 --------------------------------------------------------------------------- */

struct form {
    const struct aws_op *op;
    struct buf *out;
    struct buf path; /* of the member being written: "IpPermissions.1.IpRanges" */
};

static void form_add(struct form *form, struct sv name, struct sv value)
{
    if (form->out->len > 0)
        buf_add_char(form->out, '&');
    sigv4_uri_encode(form->out, name, false);
    buf_add_char(form->out, '=');
    sigv4_uri_encode(form->out, value, false);
}

static size_t path_enter(struct form *form, struct sv name)
{
    size_t len = form->path.len;
    if (len > 0)
        buf_add_char(&form->path, '.');
    buf_add(&form->path, name);
    return len;
}

static void path_leave(struct form *form, size_t len)
{
    form->path.len = len;
    if (form->path.ptr != NULL)
        form->path.ptr[len] = '\0';
}

static void form_add_number(struct form *form, double number)
{
    char digits[40];
    if (number == floor(number) && fabs(number) < 1e15)
        snprintf(digits, sizeof digits, "%.0f", number);
    else
        snprintf(digits, sizeof digits, "%.17g", number);
    form_add(form, buf_sv(&form->path), sv_of(digits));
}

static void form_add_value(struct form *form, const cJSON *value);

static void form_add_list(struct form *form, const cJSON *list)
{
    const char *format = form->op->service->protocol == AWS_QUERY ? "member.%zu" : "%zu";
    const cJSON *element = NULL;
    size_t n = 0;
    if (list->child == NULL && form->op->service->protocol == AWS_QUERY)
        form_add(form, buf_sv(&form->path), SV_NONE);
    cJSON_ArrayForEach (element, list) {
        char index[32];
        snprintf(index, sizeof index, format, ++n);
        size_t outer = path_enter(form, sv_of(index));
        form_add_value(form, element);
        path_leave(form, outer);
    }
}

static void form_add_members(struct form *form, const cJSON *object)
{
    const cJSON *member = NULL;
    cJSON_ArrayForEach (member, object) {
        size_t outer = path_enter(form, aws_op_wire_name(form->op, sv_of(member->string)));
        form_add_value(form, member);
        path_leave(form, outer);
    }
}

static void form_add_value(struct form *form, const cJSON *value)
{
    if (cJSON_IsObject(value))
        form_add_members(form, value);
    else if (cJSON_IsArray(value))
        form_add_list(form, value);
    else if (cJSON_IsBool(value))
        form_add(form, buf_sv(&form->path), cJSON_IsTrue(value) ? SV("true") : SV("false"));
    else if (cJSON_IsNumber(value))
        form_add_number(form, value->valuedouble);
    else if (cJSON_IsString(value))
        form_add(form, buf_sv(&form->path), json_string(value));
}

static void write_form(const struct aws_op *op, const cJSON *params, const struct body_extra *extra,
                       struct buf *out)
{
    struct form form = {.op = op, .out = out};
    const cJSON *member = NULL;
    form_add(&form, SV("Action"), sv_of(op->name));
    form_add(&form, SV("Version"), sv_of(op->service->api_version));
    cJSON_ArrayForEach (member, params) {
        if (is_overridden(op, extra, member->string))
            continue;
        path_enter(&form, aws_op_wire_name(op, sv_of(member->string)));
        form_add_value(&form, member);
        path_leave(&form, 0);
    }
    if (extra->token.len > 0)
        form_add(&form, sv_of(op->token_in), extra->token);
    if (adds_limit(op, params, extra)) {
        path_enter(&form, sv_of(op->limit));
        form_add_number(&form, extra->limit);
    }
    if (extra->dry_run)
        form_add(&form, SV("DryRun"), SV("true"));
    if (extra->secret_member != NULL)
        form_add(&form, sv_of(extra->secret_member), extra->secret);
    buf_done(&form.path);
}

enum err_code body_write(const struct aws_op *op, const cJSON *params,
                         const struct body_extra *extra, struct buf *out, struct err *err)
{
    if (params != NULL && !cJSON_IsObject(params))
        return err_set(err, ERR_USAGE, op->iam_action, "parameters are an object");
    switch (op->service->protocol) {
    case AWS_JSON_1_0:
    case AWS_JSON_1_1:
        write_json(op, params, extra, out);
        return buf_err(out);
    case AWS_QUERY:
    case AWS_EC2:
        write_form(op, params, extra, out);
        return buf_err(out);
    default:
        return err_set(err, ERR_UNSUPPORTED, op->iam_action, "no codec for this protocol yet");
    }
}
