#include "tests/conformance/agent_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/session/forward/smux.h"
#include "core/session/wire/agent_version.h"
#include "core/session/wire/cipher.h"
#include "core/session/wire/handshake.h"
#include "core/session/wire/rto.h"
#include "tests/conformance/case_line.h"

/* --- encryption ------------------------------------------------------------------------------ */

static struct cipher *make_cipher(const cJSON *kms)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    if (!case_hex(json_sv(kms, "plaintext_data_key_hex"), &bytes))
        return NULL;
    struct secret *key = secret_new(buf_sv(&bytes));
    struct cipher *cipher = cipher_new(key);
    secret_unref(key);
    return cipher;
}

static const char *check_encryption(struct cipher *cipher, const cJSON *item)
{
    AUTO(buf_done) struct buf nonce = BUF_NONE, plain = BUF_NONE, payload = BUF_NONE;
    AUTO(buf_done) struct buf sealed = BUF_NONE, opened = BUF_NONE;
    bool as_agent = sv_eq_cstr(json_sv(item, "direction"), "agent_to_client");
    struct err err;

    if (!case_hex(json_sv(item, "nonce_hex"), &nonce) || nonce.len != CIPHER_NONCE_BYTES ||
        !case_hex(json_sv(item, "plaintext_hex"), &plain) ||
        !case_hex(json_sv(item, "payload_hex"), &payload))
        return "the case cannot be read";
    cipher_seal_as(cipher, as_agent, (const uint8_t *)nonce.ptr, buf_sv(&plain), &sealed);
    if (!sv_eq(buf_sv(&sealed), buf_sv(&payload)))
        return "we would encrypt to other bytes";
    if (cipher_open_as(cipher, as_agent, buf_sv(&payload), &opened, &err) != OK ||
        !sv_eq(buf_sv(&opened), buf_sv(&plain)))
        return "we would decrypt to other bytes";
    if (cipher_open_as(cipher, !as_agent, buf_sv(&payload), &opened, &err) == OK)
        return "the other half of the key opens it too";
    payload.ptr[payload.len - 1] ^= 1;
    if (cipher_open_as(cipher, as_agent, buf_sv(&payload), &opened, &err) == OK)
        return "a changed tag is not seen";
    return NULL;
}

/* What KMS is asked for: an agent decrypts by the same context. */
static void check_key_request(const cJSON *kms, struct tally *tally)
{
    AUTO(json_free_at) cJSON *expected = NULL, *asked = NULL;
    AUTO(buf_done) struct buf session = BUF_NONE, node = BUF_NONE;
    struct handshake handshake = {0};
    const cJSON *context;

    if (json_parse(json_sv(kms, "generate_data_key_request_json"), "request", &expected, NULL) !=
        OK) {
        case_fail(tally, "kms request", "it cannot be read");
        return;
    }
    context = json_get(expected, "EncryptionContext");
    buf_add(&session, json_sv(kms, "session_id"));
    buf_add(&node, json_sv(kms, "target_id"));
    sv_copy(json_sv(expected, "KeyId"), handshake.kms_key_id, sizeof handshake.kms_key_id);
    sv_copy(json_sv(context, "aws:ssm:RandomChallenge"), handshake.challenge,
            sizeof handshake.challenge);
    asked = handshake_key_request(&handshake, buf_cstr(&session), buf_cstr(&node));
    if (cJSON_Compare(asked, expected, true))
        case_ok(tally, "kms request");
    else
        case_fail(tally, "kms request", "we would ask otherwise");
}

void agent_encryption(const cJSON *kms, struct tally *tally)
{
    struct cipher *cipher = make_cipher(kms);

    if (json_get(kms, "generate_data_key_request_json") != NULL)
        check_key_request(kms, tally);
    if (cipher == NULL && kms != NULL)
        case_fail(tally, "kms", "there is no key");
    for (const cJSON *item = json_items(kms, "vectors"); item != NULL && cipher != NULL;
         item = item->next)
        case_named(tally, "kms", item, check_encryption(cipher, item));
    cipher_free(cipher);
}

/* --- time-outs ------------------------------------------------------------------------------- */

static bool is_near(double ms, const cJSON *step, const char *key)
{
    return fabs(ms - json_double(step, key, -1) / 1e6) < 1e-5; /* whole nanoseconds there */
}

void agent_rto(const cJSON *trace, struct tally *tally)
{
    struct rto rto = rto_initial;
    const cJSON *initial = json_get(trace, "initial");
    int number = 0;

    if (initial != NULL && (!is_near(rto.timeout_ms, initial, "rto_ns") ||
                            !is_near(rto.smoothed_ms, initial, "srtt_ns") ||
                            !is_near(rto.variation_ms, initial, "rttvar_ns")))
        case_fail(tally, "rto", "begins otherwise");
    for (const cJSON *step = json_items(trace, "steps"); step != NULL; step = step->next) {
        char id[32];
        rto_sample(&rto, json_double(step, "rtt_sample_ns", 0) / 1e6);
        snprintf(id, sizeof id, "rto step %d", ++number);
        if (is_near(rto.timeout_ms, step, "rto_ns") && is_near(rto.smoothed_ms, step, "srtt_ns") &&
            is_near(rto.variation_ms, step, "rttvar_ns"))
            case_ok(tally, id);
        else
            case_fail(tally, id, "%f ms", rto.timeout_ms);
    }
}

/* --- smux ------------------------------------------------------------------------------------ */

static const char *check_frame(const cJSON *item)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE, again = BUF_NONE;
    struct smux_frame frame;
    size_t used = 0;

    if (!case_hex(json_sv(item, "hex"), &bytes) ||
        smux_read(buf_sv(&bytes), &frame, &used) != SMUX_FRAME || used != bytes.len)
        return "it cannot be read";
    for (size_t len = 0; len < bytes.len; len++) {
        if (smux_read((struct sv){bytes.ptr, len}, &frame, &used) != SMUX_MORE)
            return "its beginning is taken for a whole frame";
    }
    smux_read(buf_sv(&bytes), &frame, &used);
    if (frame.command == SMUX_PSH)
        smux_write_data(frame.stream, frame.data, &again);
    else
        smux_write(frame.command, frame.stream, &again);
    return sv_eq(buf_sv(&again), buf_sv(&bytes)) ? NULL : "we would write other bytes";
}

/* One write of many bytes: the headers of the frames that it becomes. */
static const char *check_split(const cJSON *item)
{
    AUTO(buf_done) struct buf first = BUF_NONE, second = BUF_NONE, out = BUF_NONE;
    size_t total = (size_t)json_i64(item, "total_len", 0);
    struct smux_frame frame;
    size_t used = 0;

    if (!case_hex(json_sv(item, "frame1_header_hex"), &first) ||
        !case_hex(json_sv(item, "frame2_header_hex"), &second))
        return "the case cannot be read";
    size_t n_data = total - first.len - second.len;
    char *data = mem_alloc(n_data);
    smux_write_data(5, (struct sv){data, n_data}, &out);
    mem_free(data);
    if (out.len != total || !sv_starts(buf_sv(&out), buf_sv(&first)) ||
        smux_read(buf_sv(&out), &frame, &used) != SMUX_FRAME ||
        !sv_starts((struct sv){out.ptr + used, out.len - used}, buf_sv(&second)))
        return "it is cut otherwise";
    return NULL;
}

void agent_smux(const cJSON *smux, struct tally *tally)
{
    for (const cJSON *item = json_items(smux, "vectors"); item != NULL; item = item->next) {
        if (json_get(item, "hex") != NULL)
            case_named(tally, "smux", item, check_frame(item));
        else if (json_get(item, "frame1_header_hex") != NULL)
            case_named(tally, "smux", item, check_split(item));
        else
            case_named(tally, "smux", item,
                       json_i64(item, "id", 0) == SMUX_FIRST_STREAM - 1
                           ? NULL
                           : "streams of both sides could have one number");
    }
}

/* --- versions -------------------------------------------------------------------------------- */

void agent_versions(const cJSON *gates, struct tally *tally)
{
    static const struct {
        const char *member;
        enum agent_feature feature;
    } features[] = {
        {"mux", AGENT_MULTIPLEXES},
        {"smux_keepalive_off", AGENT_SENDS_NO_KEEPALIVE},
        {"terminate_flag", AGENT_TAKES_TERMINATE},
    };

    for (; gates != NULL; gates = gates->next) {
        struct sv version = json_sv(gates, "agent_version");
        const char *wrong = NULL;
        char id[64];
        for (size_t i = 0; i < ARRAY_LEN(features); i++) {
            if (agent_has(version, features[i].feature) !=
                json_bool(gates, features[i].member, false))
                wrong = features[i].member;
        }
        snprintf(id, sizeof id, "agent version \"" SV_FMT "\"", SV_ARG(version));
        if (wrong == NULL)
            case_ok(tally, id);
        else
            case_fail(tally, id, "%s", wrong);
    }
}
