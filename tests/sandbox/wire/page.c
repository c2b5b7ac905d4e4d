/*
 * Page tokens. A token is a position and a MAC over it and everything it is good for: operation,
 * account, region, caller and the other input. So nothing has to be remembered, and a token that
 * is foreign, altered or of another run is told from one of ours.
 */
#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/error.h"
#include "tests/sandbox/wire/handler.h"

#define TOKEN_BYTES (sizeof(uint64_t) + SHA256_BYTES)

/* Random, once a run. */
static struct sv run_key(void)
{
    static char key[SHA256_BYTES];
    static bool made;
    if (!made)
        os_random(key, sizeof key);
    made = true;
    return (struct sv){key, sizeof key};
}

/* Everything but where and how large the page is. */
static void add_binding(struct buf *out, const struct call *call, const struct operation *op)
{
    buf_addf(out, "%s\n%s\n%s\n%s\n%s\n", call->service, call->operation, call->account_id,
             call->region, call->caller_arn);
    const cJSON *member;
    cJSON_ArrayForEach (member, call->input) {
        if (strcmp(member->string, op->token_in) == 0 || strcmp(member->string, op->page_size) == 0)
            continue;
        char *text = json_print(member);
        buf_addf(out, "%s=%s\n", member->string, text);
        mem_free(text);
    }
}

static void token_mac(const struct call *call, const struct operation *op, uint64_t position,
                      uint8_t mac[SHA256_BYTES])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, (struct sv){(const char *)&position, sizeof position});
    add_binding(&text, call, op);
    hmac_sha256(run_key(), buf_sv(&text), mac);
}

static void add_token(const struct call *call, const struct operation *op, uint64_t position,
                      cJSON *output)
{
    AUTO(buf_done) struct buf token = BUF_NONE;
    char bytes[TOKEN_BYTES];
    uint8_t mac[SHA256_BYTES];
    token_mac(call, op, position, mac);
    memcpy(bytes, &position, sizeof position);
    memcpy(bytes + sizeof position, mac, sizeof mac);
    base64_encode(&token, (struct sv){bytes, sizeof bytes});
    cJSON_AddStringToObject(output, op->token_out, buf_cstr(&token));
}

static bool read_token(const struct call *call, const struct operation *op, struct sv token,
                       uint64_t *position)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    uint8_t mac[SHA256_BYTES];
    if (!base64_decode(&bytes, token) || bytes.len != TOKEN_BYTES)
        return false;
    memcpy(position, bytes.ptr, sizeof *position);
    token_mac(call, op, *position, mac);
    return bytes_equal(mac, bytes.ptr + sizeof *position, sizeof mac);
}

static size_t page_size(const struct call *call, const struct operation *op,
                        const struct page_spec *spec)
{
    int64_t asked = *op->page_size ? in_i64(call, op->page_size, 0) : 0;
    size_t size = asked > 0 ? (size_t)asked : spec->page_default;
    return spec->page_max > 0 && size > spec->page_max ? spec->page_max : size;
}

void page_reply(const struct call *call, struct reply *reply, const struct page_spec *spec)
{
    const struct service *service = api_service(sv_of(call->service));
    const struct operation *op = api_operation(service, sv_of(call->operation));
    struct sv token = sv_of(*op->token_in ? in_str(call, op->token_in) : "");
    uint64_t position = 0;
    if (token.len > 0 && !read_token(call, op, token, &position)) {
        error_refuse(reply, service->protocol, service, REFUSE_BAD_TOKEN, op->token_in);
        return;
    }
    size_t size = page_size(call, op, spec);
    cJSON *list = cJSON_AddArrayToObject(reply->output, spec->list_member);
    size_t added = 0;
    uint64_t first = position;
    for (; position < spec->n_items && added < size; position++) {
        if (position > first && spec->ends_before && spec->ends_before(spec->arg, position))
            break;
        const cJSON *last = list->child ? list->child->prev : NULL;
        spec->add_item(spec->arg, position, list);
        added += (list->child ? list->child->prev : NULL) != last;
    }
    if (position < spec->n_items && *op->token_out)
        add_token(call, op, position, reply->output);
}
