/*
 * cli_line: an operation as the command of the AWS CLI that does the same.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/aws/client.h"
#include "core/base/mem.h"

/* "DescribeSecurityGroupRules" becomes describe-security-group-rules, "DBName" db-name. */
static void add_kebab(struct buf *out, struct sv name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool after_lower = i > 0 && !isupper((unsigned char)name.ptr[i - 1]);
        bool before_lower = i + 1 < name.len && islower((unsigned char)name.ptr[i + 1]);
        if (isupper(c) && i > 0 && (after_lower || before_lower))
            buf_add_char(out, '-');
        buf_add_char(out, (char)tolower(c));
    }
}

/* Quoted for sh where it needs to be. */
static void add_quoted(struct buf *out, struct sv text)
{
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        plain = plain && c < 0x80 && (isalnum(c) || strchr("-_./:@,+=", c) != NULL);
    }
    if (plain)
        buf_add(out, text);
    else
        buf_add_sh_word(out, text);
}

static void add_json(struct buf *out, const cJSON *value)
{
    AUTO(buf_done) struct buf json = BUF_NONE;
    struct json_writer w = {.out = &json};
    jw_tree(&w, value);
    add_quoted(out, buf_sv(&json));
}

static bool is_list_of_words(const cJSON *list)
{
    const cJSON *element = NULL;
    cJSON_ArrayForEach (element, list) {
        if (!cJSON_IsString(element) || element->valuestring[0] == '\0' ||
            element->valuestring[0] == '-')
            return false;
    }
    return list->child != NULL;
}

static void add_value(struct buf *out, const cJSON *value)
{
    const cJSON *element = NULL;
    if (cJSON_IsString(value)) {
        add_quoted(out, json_string(value));
    } else if (cJSON_IsArray(value) && is_list_of_words(value)) {
        cJSON_ArrayForEach (element, value) {
            if (element != value->child)
                buf_add_char(out, ' ');
            add_quoted(out, json_string(element));
        }
    } else {
        add_json(out, value);
    }
}

static void add_param(struct buf *out, const struct aws_op *op, const cJSON *param)
{
    struct sv name = sv_of(param->string);
    bool is_paging = (op->token_in != NULL && sv_eq_cstr(name, op->token_in)) ||
                     (op->limit != NULL && sv_eq_cstr(name, op->limit));
    if (is_paging || cJSON_IsNull(param)) /* the CLI pages by itself */
        return;
    buf_add_cstr(out, cJSON_IsFalse(param) ? " --no-" : " --");
    add_kebab(out, name);
    if (cJSON_IsBool(param))
        return;
    buf_add_char(out, ' ');
    add_value(out, param);
}

void aws_cli_line(struct buf *out, enum aws_op_id op_id, const struct aws_target *target,
                  const cJSON *params)
{
    const struct aws_op *op = aws_op(op_id);
    const cJSON *param = NULL;
    buf_addf(out, "aws %s ", op->service->cli);
    add_kebab(out, sv_of(op->name));
    if (target->region[0] != '\0') {
        buf_add_cstr(out, " --region ");
        add_quoted(out, sv_of(target->region));
    }
    cJSON_ArrayForEach (param, params) {
        add_param(out, op, param);
    }
    if (target->account_id[0] != '\0')
        buf_addf(out, "  # account %s", target->account_id);
}
