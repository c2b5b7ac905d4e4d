#include "core/aws/wire/page_list.h"

enum err_code page_list_refuse(const struct aws_op *op, const char *what, struct err *err)
{
    err_set(err, ERR_PARSE, op->iam_action, "%s is %s: what it lists is not known", op->result,
            what);
    return err_advise(err, ERR_PARSE, "check the endpoint and the proxy: AWS does not answer so");
}

static bool is_empty_xml(const struct aws_op *op, const cJSON *list)
{
    bool is_json = op->service->protocol == AWS_JSON_1_0 || op->service->protocol == AWS_JSON_1_1 ||
                   op->service->protocol == AWS_REST_JSON;
    return !is_json && cJSON_IsString(list) && sv_trim(json_string(list)).len == 0;
}

enum err_code page_list_check(const struct aws_op *op, const cJSON *body, struct err *err)
{
    const cJSON *element = NULL;
    if (op->result == NULL)
        return OK;
    if (!cJSON_IsObject(body))
        return page_list_refuse(op, "not there, as the answer is no object", err);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(body, op->result);
    if (list == NULL || cJSON_IsNull(list) || is_empty_xml(op, list))
        return OK;
    if (!cJSON_IsArray(list))
        return page_list_refuse(op, "no list", err);
    cJSON_ArrayForEach (element, list) {
        if (cJSON_IsNull(element))
            return page_list_refuse(op, "a list with null in it", err);
    }
    return OK;
}
