/*
 * Any bytes as the JSON of a data channel: what an agent asks for is answered action by action in
 * JSON, and whatever else is said in JSON is read or refused.
 */
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/session/wire/agent_version.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/message.h"
#include "tests/fuzz/fuzz.h"

/* Each action has its answer, in its place, and no key is given where there was a failure. */
static void check_response(const struct handshake *handshake, const struct handshake_kms *kms)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    AUTO(json_free_at) cJSON *response = NULL;
    size_t i = 0;

    handshake_response(handshake, kms, &out);
    PROMISE(json_parse(buf_sv(&out), "response", &response, NULL) == OK);
    for (const cJSON *item = json_items(response, "ProcessedClientActions"); item != NULL;
         item = item->next, i++) {
        int64_t status = json_i64(item, "ActionStatus", 0);
        bool has_key = json_get(item, "ActionResult") != NULL;
        PROMISE(i < handshake->n_actions);
        PROMISE(status >= ACTION_SUCCESS && status <= ACTION_UNSUPPORTED);
        PROMISE((status == ACTION_UNSUPPORTED) == (handshake->actions[i].action == ACTION_UNKNOWN));
        PROMISE(!has_key || (status == ACTION_SUCCESS && kms != NULL && kms->failure == NULL));
    }
    PROMISE(i == handshake->n_actions);
}

static void check_handshake(struct sv bytes)
{
    const struct handshake_kms given = {.ciphertext_key = bytes, .has_bound_challenge = true};
    const struct handshake_kms refused = {.failure = "denied"};
    struct handshake handshake;
    struct err err;

    if (handshake_read(bytes, &handshake, &err) != OK)
        return;
    PROMISE(handshake.n_actions > 0 && handshake.n_actions <= HANDSHAKE_ACTIONS_MAX);
    check_response(&handshake, NULL);
    check_response(&handshake, &given);
    check_response(&handshake, &refused);
    agent_has(sv_of(handshake.agent_version), AGENT_MULTIPLEXES);
}

static void check_others(struct sv bytes)
{
    static char key[CIPHER_KEY_BYTES] = {1};
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct secret *secret = secret_new((struct sv){key, sizeof key});
    struct cipher *cipher = cipher_new(secret);
    int64_t sequence;
    int status;
    struct err err;

    handshake_complete_read(bytes, &out, &err);
    message_closed_read(bytes, &out, &err);
    if (message_ack_read(bytes, &sequence, &err) == OK)
        PROMISE(sequence >= 0);
    message_exit_code_read(bytes, &status);
    PROMISE(out.len <= 2 * bytes.len);
    PROMISE(cipher_answer(cipher, bytes, &out, &err) != OK); /* nobody guesses the key */
    cipher_free(cipher);
    secret_unref(secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};

    check_handshake(bytes);
    check_others(bytes);
    return 0;
}
