#include "tests/sandbox/world/kms.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/world/event.h"
#include "tests/sandbox/world/world_doc.h"

/* A ciphertext: the key's id, a nonce, a MAC, and as many bytes as there were. */
#define ID_BYTES    36
#define NONCE_BYTES 12
#define HEAD_BYTES  (ID_BYTES + NONCE_BYTES + SHA256_BYTES)

static const struct {
    const char *alias;
    enum key_state state;
    bool managed, restricted;
} own_keys[] = {
    {KEY_DEFAULT, KEY_ENABLED, true, false},   {KEY_PARAMETERS, KEY_ENABLED, false, false},
    {KEY_SESSIONS, KEY_ENABLED, false, false}, {KEY_RESTRICTED, KEY_ENABLED, false, true},
    {KEY_RETIRED, KEY_DISABLED, false, false}, {KEY_SESSIONS, KEY_ENABLED, false, false},
};

/* What an ARN or a name says: the last part, "alias/NAME" or the id. SV_NONE: of another place. */
static struct sv local_name(struct world *world, uint32_t cell, const char *name)
{
    char prefix[80];
    snprintf(prefix, sizeof prefix, "arn:aws:kms:%s:%s:", cell_region(world, cell),
             cell_account(world, cell)->id);
    struct sv rest = sv_of(name);
    if (sv_starts(rest, SV("arn:"))) {
        if (!sv_starts(rest, sv_of(prefix)))
            return SV_NONE;
        rest = sv_of(name + strlen(prefix));
    }
    return sv_starts(rest, SV("key/")) ? (struct sv){rest.ptr + 4, rest.len - 4} : rest;
}

static void set_arn(struct world *world, uint32_t cell, struct key *key)
{
    snprintf(key->arn, sizeof key->arn, "arn:aws:kms:%s:%s:key/%s", cell_region(world, cell),
             cell_account(world, cell)->id, key->id);
}

static bool find_own(struct world *world, uint32_t cell, struct sv name, struct key *key)
{
    for (size_t i = 0; i < ARRAY_LEN(own_keys); i++) {
        char id[37];
        event_uuid(world, UINT64_C(0x6b6d73) << 32 | cell, i, id);
        if (!sv_eq_cstr(name, own_keys[i].alias) && !sv_eq_cstr(name, id))
            continue;
        *key = (struct key){.state = own_keys[i].state,
                            .managed = own_keys[i].managed,
                            .restricted = own_keys[i].restricted};
        str_copy(key->id, id);
        return true;
    }
    return false;
}

/* A key that AWS Config records. */
static bool find_recorded(struct world *world, uint32_t cell, struct sv name, struct key *key)
{
    struct ref ref;
    char id[RESOURCE_ID_SIZE];
    sv_copy(name, id, sizeof id);
    if (!resource_find(world, cell, KMS_KEY, id, &ref))
        return false;
    cJSON *doc = doc_live(world, ref);
    const cJSON *configuration = json_get(doc, "configuration");
    *key = (struct key){.managed = sv_eq_cstr(json_sv(configuration, "keyManager"), "AWS")};
    if (!sv_eq_cstr(json_sv(configuration, "keyState"), "Enabled"))
        key->state = KEY_PENDING_DELETION;
    str_copy(key->id, id);
    cJSON_Delete(doc);
    return doc != NULL && strlen(id) == ID_BYTES;
}

bool key_find(struct world *world, uint32_t cell, const char *name, struct key *key)
{
    struct sv local = local_name(world, cell, name);
    if (!local.ptr ||
        (!find_own(world, cell, local, key) && !find_recorded(world, cell, local, key)))
        return false;
    set_arn(world, cell, key);
    return true;
}

/* --- sealing -------------------------------------------------------------------------------- */

static void key_secret(const struct world *world, const struct key *key, uint8_t secret[32])
{
    hmac_sha256((struct sv){(const char *)&world->spec.seed, sizeof world->spec.seed},
                sv_of(key->id), secret);
}

/* Turns plain into the body of a ciphertext, and back: HMAC over a counter as a stream. */
static void stream(const uint8_t secret[32], const char *nonce, struct sv in, struct buf *out)
{
    uint8_t block[SHA256_BYTES];
    for (size_t i = 0; i < in.len; i++) {
        if (i % SHA256_BYTES == 0) {
            char seed[NONCE_BYTES + sizeof i];
            memcpy(seed, nonce, NONCE_BYTES);
            memcpy(seed + NONCE_BYTES, &i, sizeof i);
            hmac_sha256((struct sv){(const char *)secret, 32}, (struct sv){seed, sizeof seed},
                        block);
        }
        buf_add_char(out, (char)((uint8_t)in.ptr[i] ^ block[i % SHA256_BYTES]));
    }
}

static void seal_mac(const uint8_t secret[32], const char *nonce, struct sv context, struct sv body,
                     uint8_t mac[SHA256_BYTES])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_add(&text, (struct sv){nonce, NONCE_BYTES});
    buf_addf(&text, "%zu:", context.len);
    buf_add(&text, context);
    buf_add(&text, body);
    hmac_sha256((struct sv){(const char *)secret, 32}, buf_sv(&text), mac);
}

void key_seal(const struct world *world, const struct key *key, struct sv context, struct sv plain,
              struct buf *ciphertext)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE, body = BUF_NONE;
    uint8_t secret[32], mac[SHA256_BYTES];
    char nonce[NONCE_BYTES];
    os_random(nonce, sizeof nonce);
    key_secret(world, key, secret);
    stream(secret, nonce, plain, &body);
    seal_mac(secret, nonce, context, buf_sv(&body), mac);
    buf_add(&bytes, (struct sv){key->id, ID_BYTES});
    buf_add(&bytes, (struct sv){nonce, sizeof nonce});
    buf_add(&bytes, (struct sv){(const char *)mac, sizeof mac});
    buf_add(&bytes, buf_sv(&body));
    base64_encode(ciphertext, buf_sv(&bytes));
}

bool key_of_ciphertext(struct sv ciphertext, char id[KEY_ID_SIZE])
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    if (!base64_decode(&bytes, ciphertext) || bytes.len < HEAD_BYTES)
        return false;
    sv_copy((struct sv){bytes.ptr, ID_BYTES}, id, KEY_ID_SIZE);
    return true;
}

bool key_open(const struct world *world, const struct key *key, struct sv context,
              struct sv ciphertext, struct buf *plain)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    uint8_t secret[32], mac[SHA256_BYTES];
    if (!base64_decode(&bytes, ciphertext) || bytes.len < HEAD_BYTES ||
        memcmp(bytes.ptr, key->id, ID_BYTES) != 0)
        return false;
    const char *nonce = bytes.ptr + ID_BYTES;
    struct sv body = {bytes.ptr + HEAD_BYTES, bytes.len - HEAD_BYTES};
    key_secret(world, key, secret);
    seal_mac(secret, nonce, context, body, mac);
    if (!bytes_equal(mac, nonce + NONCE_BYTES, sizeof mac))
        return false;
    stream(secret, nonce, body, plain);
    return true;
}
