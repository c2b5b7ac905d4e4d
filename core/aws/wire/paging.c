#include "core/aws/wire/paging.h"

#include "core/base/digest.h"
#include "core/base/mem.h"

/* Tokens may be long and pages many: half of their SHA-256 tells them apart. */
#define TOKEN_DIGEST_BYTES (SHA256_BYTES / 2)

enum err_code paging_no_text(const struct aws_op *op, struct err *err)
{
    return err_set(err, ERR_PARSE, op->iam_action, "%s is no text: a bad page token",
                   op->token_out);
}

enum err_code paging_next(struct paging *paging, const struct aws_op *op, const cJSON *body,
                          bool *more, struct err *err)
{
    const cJSON *item = op->token_out != NULL ? json_get(body, op->token_out) : NULL;
    *more = false;
    if (item != NULL && !cJSON_IsString(item))
        return paging_no_text(op, err);
    return paging_take(paging, op, json_string(item), more, err);
}

enum err_code paging_take(struct paging *paging, const struct aws_op *op, struct sv token,
                          bool *more, struct err *err)
{
    *more = false;
    if (token.len == 0 || (op->ends_as_sent && sv_eq(token, buf_sv(&paging->token))))
        return OK;
    uint8_t digest[SHA256_BYTES];
    bool fresh = false;
    sha256(token, digest);
    map_put(&paging->seen, (struct sv){(const char *)digest, TOKEN_DIGEST_BYTES}, &fresh);
    if (!fresh)
        return err_set(err, ERR_PAGING_LOOP, op->iam_action,
                       "the service gave this page token before: the list is not complete");
    buf_clear(&paging->token);
    buf_add(&paging->token, token);
    *more = true;
    return OK;
}

void paging_reset(struct paging *paging)
{
    map_done(&paging->seen);
    paging->seen = (struct map){0};
    buf_clear(&paging->token);
}

void paging_done(struct paging *paging)
{
    map_done(&paging->seen);
    buf_done(&paging->token);
}
