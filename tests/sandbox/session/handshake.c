/* What agent and client agree on before the work: the kind of session, and its encryption. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "tests/sandbox/services/kms.h"
#include "tests/sandbox/session/agent.h"

#define ANSWER_MS 15000 /* for each answer */

enum { ACTION_DONE = 1 };

static bool encrypts(const struct agent_plan *plan)
{
    return *plan->kms_key_id && plan->type != SESSION_PORT;
}

bool handshake_is_needed(const struct agent_plan *plan)
{
    return plan->type == SESSION_PORT || plan->type == SESSION_NON_INTERACTIVE || encrypts(plan);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void write_session_type(struct json_writer *w, const struct agent_plan *plan)
{
    jw_object(w);
    jw_string_at(w, "ActionType", SV("SessionType"));
    jw_key(w, "ActionParameters");
    jw_object(w);
    jw_string_at(w, "SessionType", sv_of(session_type_names[plan->type]));
    jw_key(w, "Properties");
    if (plan->type == SESSION_PORT)
        jw_tree(w, plan->properties);
    else
        jw_null(w);
    jw_object_end(w);
    jw_object_end(w);
}

static void write_encryption(struct json_writer *w, const struct agent *agent)
{
    jw_object(w);
    jw_string_at(w, "ActionType", SV("KMSEncryption"));
    jw_key(w, "ActionParameters");
    jw_object(w);
    jw_string_at(w, "KMSKeyId", sv_of(agent->plan.kms_key_id));
    if (*agent->challenge)
        jw_string_at(w, "Challenge", sv_of(agent->challenge));
    jw_object_end(w);
    jw_object_end(w);
}

static void make_challenge(struct agent *agent)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char bytes[16];
    if (!version_is_at_least(agent->plan.version, "3.3.808.0"))
        return;
    os_random(bytes, sizeof bytes);
    base64_encode(&text, (struct sv){bytes, sizeof bytes});
    sv_copy(buf_sv(&text), agent->challenge, sizeof agent->challenge);
}

void handshake_begin(struct agent *agent)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct json_writer w = {.out = &text};
    jw_object(&w);
    jw_string_at(&w, "AgentVersion", sv_of(agent->plan.version));
    jw_key(&w, "RequestedClientActions");
    jw_array(&w);
    write_session_type(&w, &agent->plan);
    if (encrypts(&agent->plan)) {
        make_challenge(agent);
        write_encryption(&w, agent);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    agent->phase = AGENT_ASKED;
    agent->asked_us = clock_mono_us();
    agent->deadline_ms = clock_mono_ms() + ANSWER_MS;
    agent_say_plain(agent, PAYLOAD_HANDSHAKE_REQUEST, buf_sv(&text));
}

static void complete(struct agent *agent)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct json_writer w = {.out = &text};
    jw_object(&w);
    jw_i64_at(&w, "HandshakeTimeToComplete", (clock_mono_us() - agent->asked_us) * 1000);
    jw_string_at(&w, "CustomerMessage", SV(""));
    jw_object_end(&w);
    agent_say_plain(agent, PAYLOAD_HANDSHAKE_COMPLETE, buf_sv(&text));
    agent_begin_work(agent);
}

/* --- the key ---------------------------------------------------------------------------------- */

/* The context that the client must have made the key with. */
static cJSON *make_context(const struct agent *agent, bool has_challenge)
{
    cJSON *context = cJSON_CreateObject();
    cJSON_AddStringToObject(context, "aws:ssm:SessionId", agent->plan.session_id);
    cJSON_AddStringToObject(context, "aws:ssm:TargetId", agent->plan.node_id);
    if (has_challenge)
        cJSON_AddStringToObject(context, "aws:ssm:RandomChallenge", agent->challenge);
    return context;
}

/* Has the node got the key that the client's blob holds? */
static bool open_key(struct agent *agent, const cJSON *result)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    bool has_challenge = json_bool(result, "ChallengeAcknowledgement", false);
    AUTO(json_free_at) cJSON *context = make_context(agent, has_challenge);
    if (!kms_open(agent->plan.world, agent->plan.account_id, agent->plan.region, context,
                  json_sv(result, "KMSCipherTextKey"), &key) ||
        key.len != 2 * CRYPT_KEY_BYTES)
        return false;
    memcpy(agent->keys.out, key.ptr, CRYPT_KEY_BYTES);
    memcpy(agent->keys.in, key.ptr + CRYPT_KEY_BYTES, CRYPT_KEY_BYTES);
    os_random(agent->keys.nonce, sizeof agent->keys.nonce);
    agent->is_encrypted = true;
    secret_wipe(key.ptr, key.len);
    return true;
}

/* The client proves that it has the key: it sends 64 bytes back, encrypted with the other half. */
static void challenge(struct agent *agent)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE, text = BUF_NONE, base64 = BUF_NONE;
    struct json_writer w = {.out = &text};
    uint8_t nonce[CRYPT_NONCE_BYTES];
    os_random(nonce, sizeof nonce);
    os_random(agent->secret, sizeof agent->secret);
    crypt_seal(agent->keys.out, nonce, SV_NONE,
               (struct sv){(const char *)agent->secret, sizeof agent->secret}, &sealed);
    base64_encode(&base64, buf_sv(&sealed));
    jw_object(&w);
    jw_string_at(&w, "Challenge", buf_sv(&base64));
    jw_object_end(&w);
    agent->phase = AGENT_CHALLENGED;
    agent->deadline_ms = clock_mono_ms() + ANSWER_MS;
    agent_say_plain(agent, PAYLOAD_CHALLENGE_REQUEST, buf_sv(&text));
}

/* --- answers ---------------------------------------------------------------------------------- */

static const cJSON *find_action(const cJSON *tree, const char *type)
{
    const cJSON *action = json_items(tree, "ProcessedClientActions");
    while (action && !sv_eq_cstr(json_sv(action, "ActionType"), type))
        action = action->next;
    return action;
}

/* Was it done? When not, the session ends with what the client says. */
static bool was_done(struct agent *agent, const cJSON *action, const char *type)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    if (json_i64(action, "ActionStatus", 0) == ACTION_DONE)
        return true;
    buf_addf(&text, "Failed to process action %s: ", type);
    buf_add(&text, action ? json_sv(action, "Error") : SV("the client has not answered it"));
    agent_fail(agent, buf_cstr(&text));
    return false;
}

static void take_response(struct agent *agent, const cJSON *tree)
{
    const cJSON *encryption = find_action(tree, "KMSEncryption");
    sv_copy(json_sv(tree, "ClientVersion"), agent->client_version, sizeof agent->client_version);
    if (!was_done(agent, find_action(tree, "SessionType"), "SessionType"))
        return;
    if (!encrypts(&agent->plan)) {
        complete(agent);
        return;
    }
    if (!was_done(agent, encryption, "KMSEncryption"))
        return;
    const cJSON *result = json_get(encryption, "ActionResult");
    if (agent->plan.needs_challenge && *agent->challenge &&
        !json_bool(result, "ChallengeAcknowledgement", false))
        agent_fail(agent, "The client has not acknowledged the challenge. Please update the "
                          "session manager plugin.");
    else if (open_key(agent, result))
        challenge(agent);
    else
        agent_fail(agent, "Fetching data key failed: Unable to retrieve data key, Error when "
                          "decrypting data key: InvalidCiphertextException");
}

static void take_secret(struct agent *agent, const cJSON *tree)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE, plain = BUF_NONE;
    if (base64_decode(&sealed, json_sv(tree, "Challenge")) &&
        crypt_open(agent->keys.in, SV_NONE, buf_sv(&sealed), &plain) &&
        plain.len == sizeof agent->secret && bytes_equal(plain.ptr, agent->secret, plain.len))
        complete(agent);
    else
        agent_fail(agent, "Encryption challenge failed: the client has another key.");
}

void handshake_take(struct agent *agent, const struct packet *message)
{
    bool is_secret = agent->phase == AGENT_CHALLENGED;
    AUTO(json_free_at) cJSON *tree = NULL;
    if (message->payload_type !=
        (is_secret ? PAYLOAD_CHALLENGE_RESPONSE : PAYLOAD_HANDSHAKE_RESPONSE))
        return;
    if (json_parse(message->payload, "handshake", &tree, NULL) != OK)
        agent_fail(agent, "The client's answer to the handshake cannot be read.");
    else if (is_secret)
        take_secret(agent, tree);
    else
        take_response(agent, tree);
}
