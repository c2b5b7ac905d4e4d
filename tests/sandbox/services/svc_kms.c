/* svc_kms: data keys, and what was encrypted under the keys of world/kms.h. */
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/secret.h"
#include "tests/sandbox/services/kms.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/kms.h"

#define KEY_BYTES_MAX 1024

/* --- contexts --------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* The context as one text: by its names, each text with its length before it. */
static void write_context(const cJSON *context, struct buf *text)
{
    VEC(const cJSON *) members = {0};
    const cJSON *member;
    cJSON_ArrayForEach (member, context)
        vec_push(&members, member);
    if (members.len > 0)
        qsort(members.ptr, members.len, sizeof *members.ptr, by_name);
    for (size_t i = 0; i < members.len; i++)
        buf_addf(text, "%zu:%s%zu:%s", strlen(members.ptr[i]->string), members.ptr[i]->string,
                 strlen(members.ptr[i]->valuestring), members.ptr[i]->valuestring);
    vec_free(&members);
}

static bool open_bound(struct world *world, const struct key *key, const cJSON *context,
                       struct sv ciphertext, struct buf *plain)
{
    AUTO(buf_done) struct buf bound = BUF_NONE;
    write_context(context, &bound);
    return key_open(world, key, buf_sv(&bound), ciphertext, plain);
}

bool kms_open(struct world *world, const char *account_id, const char *region, const cJSON *context,
              struct sv ciphertext, struct buf *plain)
{
    const struct cell *cell = world_cell(world, account_id, region);
    struct key key;
    char id[KEY_ID_SIZE];
    return cell && key_of_ciphertext(ciphertext, id) &&
           key_find(world, cell_number(world, cell), id, &key) && key.state == KEY_ENABLED &&
           open_bound(world, &key, context, ciphertext, plain);
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool refuse_unknown(const struct call *call, const char *name, struct reply *reply)
{
    bool is_arn = sv_starts(sv_of(name), SV("arn:")), is_alias = strstr(name, "alias/") != NULL;
    char prefix[80] = "";
    if (!is_arn)
        snprintf(prefix, sizeof prefix, "arn:aws:kms:%s:%s:%s", call->region, call->account_id,
                 is_alias ? "" : "key/");
    reply_error(reply, 0, "NotFoundException",
                is_alias ? "Alias %s%.200s is not found." : "Key '%s%.200s' does not exist", prefix,
                name);
    return false;
}

static bool find(struct world *world, const struct call *call, const char *name,
                 struct reply *reply, struct key *key)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    return (cell && key_find(world, cell_number(world, cell), name, key)) ||
           refuse_unknown(call, name, reply);
}

static bool may_use(const struct call *call, const struct key *key, struct reply *reply)
{
    if (key->restricted)
        reply_error(reply, 400, "AccessDeniedException",
                    "User: %s is not authorized to perform: kms:%s on resource: %s because no "
                    "resource-based policy allows the kms:%s action",
                    call->caller_arn, call->operation, key->arn, call->operation);
    else if (key->state == KEY_DISABLED)
        reply_error(reply, 0, "DisabledException", "%s is disabled.", key->arn);
    else if (key->state == KEY_PENDING_DELETION)
        reply_error(reply, 0, "KMSInvalidStateException", "%s is pending deletion.", key->arn);
    return !*reply->code;
}

static void add_secret(cJSON *output, const char *member, struct sv bytes)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    base64_encode(&text, bytes);
    cJSON_AddStringToObject(output, member, buf_cstr(&text));
    secret_wipe(text.ptr, text.len);
}

/* --- GenerateDataKey -------------------------------------------------------------------------- */

/* Exactly one of NumberOfBytes and KeySpec. 0, and refused, otherwise. */
static size_t key_bytes(const struct call *call, struct reply *reply)
{
    const char *spec = in_str(call, "KeySpec");
    int64_t number = in_i64(call, "NumberOfBytes", 0);
    if ((number > 0) == (*spec != '\0')) {
        reply_error(reply, 400, "ValidationException",
                    "Please specify either number of bytes or key spec.");
        return 0;
    }
    return number > 0 ? (size_t)number : strcmp(spec, "AES_128") == 0 ? 16 : 32;
}

static void generate_data_key(struct world *world, const struct call *call, struct reply *reply)
{
    AUTO(buf_done) struct buf bound = BUF_NONE, ciphertext = BUF_NONE;
    char bytes[KEY_BYTES_MAX];
    struct key key;
    size_t len = key_bytes(call, reply);
    if (len == 0 || !find(world, call, in_str(call, "KeyId"), reply, &key) ||
        !may_use(call, &key, reply))
        return;
    os_random(bytes, len);
    write_context(json_get(call->input, "EncryptionContext"), &bound);
    key_seal(world, &key, buf_sv(&bound), (struct sv){bytes, len}, &ciphertext);
    cJSON_AddStringToObject(reply->output, "CiphertextBlob", buf_cstr(&ciphertext));
    add_secret(reply->output, "Plaintext", (struct sv){bytes, len});
    cJSON_AddStringToObject(reply->output, "KeyId", key.arn);
    secret_wipe(bytes, sizeof bytes);
}

/* --- Decrypt ---------------------------------------------------------------------------------- */

/* The key of the ciphertext; a caller that names one has to name that. */
static bool find_used(struct world *world, const struct call *call, struct sv ciphertext,
                      struct reply *reply, struct key *key)
{
    char id[KEY_ID_SIZE];
    struct key named;
    const char *name = in_str(call, "KeyId");
    if (!ciphertext.ptr) {
        reply_error(reply, 400, "ValidationException",
                    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy "
                    "constraint: Member must not be null");
        return false;
    }
    if (!key_of_ciphertext(ciphertext, id)) {
        reply_error(reply, 0, "InvalidCiphertextException", "%s", "");
        return false;
    }
    if (*name && !find(world, call, name, reply, &named))
        return false;
    if (*name && strcmp(named.id, id) != 0) {
        reply_error(reply, 0, "IncorrectKeyException",
                    "The key ID in the request does not identify a CMK that can perform this "
                    "operation.");
        return false;
    }
    return find(world, call, id, reply, key) && may_use(call, key, reply);
}

static void decrypt(struct world *world, const struct call *call, struct reply *reply)
{
    AUTO(buf_done) struct buf plain = BUF_NONE;
    struct sv ciphertext = json_sv(call->input, "CiphertextBlob");
    struct key key;
    if (!find_used(world, call, ciphertext, reply, &key))
        return;
    if (!open_bound(world, &key, json_get(call->input, "EncryptionContext"), ciphertext, &plain)) {
        reply_error(reply, 0, "InvalidCiphertextException", "%s", "");
        return;
    }
    add_secret(reply->output, "Plaintext", buf_sv(&plain));
    cJSON_AddStringToObject(reply->output, "KeyId", key.arn);
    cJSON_AddStringToObject(reply->output, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
    secret_wipe(plain.ptr, plain.len);
}

static const struct route routes[] = {
    {"Decrypt", decrypt},
    {"GenerateDataKey", generate_data_key},
};

const struct service_routes service_kms = {"kms", routes, ARRAY_LEN(routes), NULL};
