#include "core/aws/pager.h"

#include "core/base/digest.h"
#include "core/base/mem.h"

/* Tokens may be long and pages many: half of their SHA-256 tells them apart. */
#define TOKEN_DIGEST_BYTES (SHA256_BYTES / 2)

enum err_code pager_next(struct pager *pager, const struct aws_op *op, const cJSON *body,
                         bool *more, struct err *err)
{
    const cJSON *item = op->token_out != NULL ? json_get(body, op->token_out) : NULL;
    *more = false;
    if (item != NULL && !cJSON_IsString(item))
        return err_set(err, ERR_PARSE, op->iam_action, "%s is no text: a bad page token",
                       op->token_out);
    struct sv token = json_string(item);
    if (token.len == 0)
        return OK;
    uint8_t digest[SHA256_BYTES];
    bool fresh = false;
    sha256(token, digest);
    map_put(&pager->seen, (struct sv){(const char *)digest, TOKEN_DIGEST_BYTES}, &fresh);
    if (!fresh)
        return err_set(err, ERR_PAGING_LOOP, op->iam_action,
                       "the service gave this page token before: the list is not complete");
    buf_clear(&pager->token);
    buf_add(&pager->token, token);
    *more = true;
    return OK;
}

void pager_reset(struct pager *pager)
{
    map_done(&pager->seen);
    pager->seen = (struct map){0};
    buf_clear(&pager->token);
}

void pager_done(struct pager *pager)
{
    map_done(&pager->seen);
    buf_done(&pager->token);
}
