#include "core/aws/wire/page_texts.h"

#include "core/aws/wire/page_list.h"
#include "core/base/json_pull.h"

static void read_list(struct json_pull *pull, struct page_texts *texts)
{
    struct sv none;
    while (json_pull_next(pull, &none)) {
        json_pull_add(pull, &texts->bytes);
        vec_push(&texts->ends, texts->bytes.len);
    }
}

/* As with any list: null is none. */
static void read_token(struct json_pull *pull, struct page_texts *texts)
{
    struct json_pull value = *pull;
    struct sv raw = json_pull_raw(pull);
    texts->token_is_no_text = !json_pull_add(&value, &texts->token) && !sv_eq(raw, SV("null"));
}

/* Of two members of one name the first counts. */
static void read_members(struct json_pull *pull, struct page_texts *texts, const struct aws_op *op)
{
    bool has_list = false, has_token = false;
    struct sv key;
    while (json_pull_next(pull, &key)) {
        bool is_list = !has_list && sv_eq_cstr(key, op->result);
        bool is_token = !has_token && sv_eq_cstr(key, op->token_out);
        has_list |= is_list;
        has_token |= is_token;
        if (is_token)
            read_token(pull, texts);
        else if (is_list && json_pull_enter(pull, '['))
            read_list(pull, texts);
        else if (is_list)
            texts->list_is = sv_eq(json_pull_raw(pull), SV("null")) ? NULL : "no list";
        else
            json_pull_raw(pull);
    }
}

enum err_code page_texts_read(struct page_texts *texts, struct sv body, const struct aws_op *op,
                              struct err *err)
{
    struct json_pull pull;
    buf_clear(&texts->bytes);
    buf_clear(&texts->token);
    vec_clear(&texts->ends);
    texts->token_is_no_text = false;
    texts->list_is = NULL;
    json_pull_begin(&pull, body);
    if (json_pull_enter(&pull, '{'))
        read_members(&pull, texts, op);
    else if (json_pull_raw(&pull).len > 0)
        texts->list_is = "not there, as the answer is no object";
    enum err_code code = json_pull_end(&pull, op->iam_action, err);
    return code == OK && texts->list_is != NULL ? page_list_refuse(op, texts->list_is, err) : code;
}

struct sv page_texts_at(const struct page_texts *texts, size_t index)
{
    if (index >= texts->ends.len)
        return SV_NONE;
    size_t begin = index == 0 ? 0 : texts->ends.ptr[index - 1];
    return (struct sv){buf_cstr(&texts->bytes) + begin, texts->ends.ptr[index] - begin};
}

void page_texts_done(struct page_texts *texts)
{
    buf_done(&texts->bytes);
    buf_done(&texts->token);
    vec_free(&texts->ends);
}
