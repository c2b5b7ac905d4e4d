#include "core/session/wire/handshake.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/session/wire/agent_version.h"

#define WHERE "session handshake"

/* --- the request ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum session_kind kind;
} session_types[] = {
    {"Standard_Stream", SESSION_SHELL},
    {"InteractiveCommands", SESSION_SHELL},
    {"NonInteractiveCommands", SESSION_COMMAND},
    {"Port", SESSION_PORT},
};

static enum err_code read_session_type(const cJSON *parameters, struct handshake *handshake,
                                       struct err *err)
{
    struct sv type = json_sv(parameters, "SessionType");
    const cJSON *properties = json_get(parameters, "Properties");

    handshake->is_forward = sv_eq_cstr(json_sv(properties, "type"), "LocalPortForwarding");
    sv_copy(json_sv(properties, "portNumber"), handshake->port, sizeof handshake->port);
    sv_copy(json_sv(properties, "localPortNumber"), handshake->local_port,
            sizeof handshake->local_port);
    sv_copy(json_sv(properties, "host"), handshake->host, sizeof handshake->host);
    for (size_t i = 0; i < ARRAY_LEN(session_types); i++) {
        if (sv_eq_cstr(type, session_types[i].name)) {
            handshake->kind = session_types[i].kind;
            return OK;
        }
    }
    return err_set(err, ERR_UNSUPPORTED, WHERE, "a session of the type \"" SV_FMT "\"",
                   SV_ARG(type));
}

static enum err_code read_kms(const cJSON *parameters, struct handshake *handshake, struct err *err)
{
    struct sv key_id = json_sv(parameters, "KMSKeyId"),
              challenge = json_sv(parameters, "Challenge");

    if (key_id.len == 0 || key_id.len >= sizeof handshake->kms_key_id)
        return err_set(err, ERR_PARSE, WHERE, "encryption with a key that is not named");
    if (challenge.len >= sizeof handshake->challenge)
        return err_set(err, ERR_PARSE, WHERE, "a challenge of %zu bytes", challenge.len);
    handshake->is_encrypted = true;
    sv_copy(key_id, handshake->kms_key_id, sizeof handshake->kms_key_id);
    sv_copy(challenge, handshake->challenge, sizeof handshake->challenge);
    return OK;
}

static enum err_code read_unknown(const cJSON *parameters, struct handshake *handshake,
                                  struct err *err)
{
    (void)parameters, (void)handshake, (void)err;
    return OK; /* the answer says that it is unsupported */
}

static const struct {
    const char *type;
    enum err_code (*read)(const cJSON *parameters, struct handshake *handshake, struct err *err);
} actions[] = {
    [ACTION_SESSION_TYPE] = {"SessionType", read_session_type},
    [ACTION_KMS_ENCRYPTION] = {"KMSEncryption", read_kms},
    [ACTION_UNKNOWN] = {"", read_unknown},
};

static enum handshake_action action_of(struct sv type)
{
    size_t i = 0;

    while (i < ACTION_UNKNOWN && !sv_eq_cstr(type, actions[i].type))
        i++;
    return (enum handshake_action)i;
}

static enum err_code read_action(const cJSON *item, struct handshake *handshake, struct err *err)
{
    struct sv type = json_sv(item, "ActionType");
    enum handshake_action action = action_of(type);

    if (handshake->n_actions == HANDSHAKE_ACTIONS_MAX)
        return err_set(err, ERR_PARSE, WHERE, "more than %d actions", HANDSHAKE_ACTIONS_MAX);
    handshake->actions[handshake->n_actions].action = action;
    sv_copy(type, handshake->actions[handshake->n_actions].type, sizeof handshake->actions[0].type);
    handshake->n_actions++;
    return actions[action].read(json_get(item, "ActionParameters"), handshake, err);
}

static bool has_action(const struct handshake *handshake, enum handshake_action action)
{
    for (size_t i = 0; i < handshake->n_actions; i++) {
        if (handshake->actions[i].action == action)
            return true;
    }
    return false;
}

enum err_code handshake_read(struct sv payload, struct handshake *handshake, struct err *err)
{
    AUTO(json_free_at) cJSON *request = NULL;
    enum err_code code = json_parse(payload, WHERE, &request, err);

    *handshake = (struct handshake){0};
    if (code != OK)
        return code;
    sv_copy(json_sv(request, "AgentVersion"), handshake->agent_version,
            sizeof handshake->agent_version);
    for (const cJSON *item = json_items(request, "RequestedClientActions"); item != NULL;
         item = item->next) {
        code = read_action(item, handshake, err);
        if (code != OK)
            return code;
    }
    if (!has_action(handshake, ACTION_SESSION_TYPE))
        return err_set(err, ERR_PARSE, WHERE, "no session type");
    return OK;
}

/* --- the response ---------------------------------------------------------------------------- */

static void add_kms_result(struct json_writer *w, const struct handshake_kms *kms)
{
    AUTO(buf_done) struct buf base64 = BUF_NONE;

    base64_encode(&base64, kms->ciphertext_key);
    jw_object(w);
    jw_string_at(w, "KMSCipherTextKey", buf_sv(&base64));
    jw_key(w, "KMSCipherTextHash");
    jw_null(w);
    if (kms->has_bound_challenge)
        jw_bool_at(w, "ChallengeAcknowledgement", true);
    jw_object_end(w);
}

static enum action_status status_of(enum handshake_action action, const struct handshake_kms *kms)
{
    if (action == ACTION_UNKNOWN)
        return ACTION_UNSUPPORTED;
    bool failed = action == ACTION_KMS_ENCRYPTION && (kms == NULL || kms->failure != NULL);
    return failed ? ACTION_FAILED : ACTION_SUCCESS;
}

/* The agent quotes this text when it gives the session up. */
static void say_failure(const char *type, enum action_status status,
                        const struct handshake_kms *kms, struct buf *text)
{
    if (status == ACTION_UNSUPPORTED)
        buf_addf(text, "Unsupported action %s", type);
    else if (status == ACTION_FAILED)
        buf_addf(text, "Failed to process action %s: %s", type, kms != NULL ? kms->failure : "");
}

static void add_action(struct json_writer *w, enum handshake_action action, const char *type,
                       const struct handshake_kms *kms)
{
    AUTO(buf_done) struct buf failure = BUF_NONE;
    enum action_status status = status_of(action, kms);

    say_failure(type, status, kms, &failure);
    jw_object(w);
    jw_string_at(w, "ActionType", sv_of(type));
    jw_i64_at(w, "ActionStatus", status);
    jw_key(w, "ActionResult");
    if (action == ACTION_KMS_ENCRYPTION && status == ACTION_SUCCESS)
        add_kms_result(w, kms);
    else
        jw_null(w);
    jw_string_at(w, "Error", buf_sv(&failure));
    jw_object_end(w);
}

static void add_errors(struct json_writer *w, const struct handshake_kms *kms)
{
    jw_key(w, "Errors");
    if (kms == NULL || kms->failure == NULL) {
        jw_null(w);
        return;
    }
    jw_array(w);
    jw_string(w, sv_of(kms->failure));
    jw_array_end(w);
}

void handshake_response(const struct handshake *handshake, const struct handshake_kms *kms,
                        struct buf *out)
{
    struct json_writer w = {.out = out};

    jw_object(&w);
    jw_string_at(&w, "ClientVersion", SV(SESSION_CLIENT_VERSION));
    jw_key(&w, "ProcessedClientActions");
    jw_array(&w);
    for (size_t i = 0; i < handshake->n_actions; i++)
        add_action(&w, handshake->actions[i].action, handshake->actions[i].type, kms);
    jw_array_end(&w);
    add_errors(&w, kms);
    jw_object_end(&w);
}

/* --- the key --------------------------------------------------------------------------------- */

cJSON *handshake_key_request(const struct handshake *handshake, const char *session_id,
                             const char *node)
{
    cJSON *params = cJSON_CreateObject();
    cJSON *context = cJSON_AddObjectToObject(params, "EncryptionContext");

    cJSON_AddStringToObject(context, "aws:ssm:SessionId", session_id);
    cJSON_AddStringToObject(context, "aws:ssm:TargetId", node);
    if (handshake->challenge[0] != '\0')
        cJSON_AddStringToObject(context, "aws:ssm:RandomChallenge", handshake->challenge);
    cJSON_AddStringToObject(params, "KeyId", handshake->kms_key_id);
    cJSON_AddNumberToObject(params, "NumberOfBytes", 64);
    return params;
}

/* --- the end --------------------------------------------------------------------------------- */

enum err_code handshake_complete_read(struct sv payload, struct buf *message, struct err *err)
{
    AUTO(json_free_at) cJSON *complete = NULL;
    enum err_code code = json_parse(payload, WHERE, &complete, err);

    if (code == OK)
        buf_add(message, json_sv(complete, "CustomerMessage"));
    return code;
}
