#include "core/session/ssh/offer.h"

#include <string.h>

#include "core/base/mem.h"

#define MSG_KEXINIT  20
#define COOKIE_BYTES 16
#define HEAD_BYTES   6 /* packet length, padding length, message number */

static bool take_u32(struct sv *rest, uint32_t *value)
{
    const unsigned char *at = (const unsigned char *)rest->ptr;

    if (rest->len < 4)
        return false;
    *value = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    rest->ptr += 4;
    rest->len -= 4;
    return true;
}

static bool skip(struct sv *rest, size_t n)
{
    if (rest->len < n)
        return false;
    rest->ptr += n;
    rest->len -= n;
    return true;
}

/* Behind the line that begins with "SSH-"; others may stand before it. */
static bool skip_greeting(struct sv *rest)
{
    while (rest->ptr != NULL) {
        struct sv line = sv_split(rest, '\n');
        if (sv_starts(line, SV("SSH-")))
            return rest->ptr != NULL;
    }
    return false;
}

bool offer_read(struct sv bytes, struct offer *offer)
{
    uint32_t length;

    if (!skip_greeting(&bytes) || bytes.len < HEAD_BYTES || bytes.ptr[5] != MSG_KEXINIT ||
        !take_u32(&bytes, &length) || bytes.len < length ||
        !skip(&bytes, HEAD_BYTES - 4 + COOKIE_BYTES))
        return false;
    for (size_t i = 0; i < OFFER_KINDS; i++) {
        if (!take_u32(&bytes, &length) || bytes.len < length)
            return false;
        offer->lists[i] = (struct sv){bytes.ptr, length};
        skip(&bytes, length);
    }
    return true;
}

static bool has_name(struct sv list, struct sv name)
{
    while (list.ptr != NULL) {
        if (sv_eq(sv_split(&list, ','), name))
            return true;
    }
    return false;
}

bool offer_shares(const struct offer *offer, enum offer_kind kind, struct sv own)
{
    while (own.ptr != NULL) {
        if (has_name(offer->lists[kind], sv_split(&own, ',')))
            return true;
    }
    return false;
}

/* What it is, and what can be done on the node. */
static const struct {
    const char *name, *remedy;
} kinds[] = {
    [OFFER_KEX] = {"key exchange", "allow curve25519-sha256 in KexAlgorithms of its sshd_config"},
    [OFFER_HOST_KEY] = {"host keys",
                        "ssh-keygen -A there makes a key of the kind ed25519; restart its sshd"},
    [OFFER_CRYPT_CS] = {"ciphers", "allow aes256-ctr in Ciphers of its sshd_config"},
    [OFFER_CRYPT_SC] = {"ciphers", "allow aes256-ctr in Ciphers of its sshd_config"},
    [OFFER_MAC_CS] = {"MACs", "allow hmac-sha2-256 in MACs of its sshd_config"},
    [OFFER_MAC_SC] = {"MACs", "allow hmac-sha2-256 in MACs of its sshd_config"},
};

/* As many names as have room, each whole: who reads it looks for them. */
static void add_names(struct buf *out, struct sv names, size_t max)
{
    bool is_cut = names.len > max;

    if (is_cut)
        names.len = max - strlen("...");
    while (is_cut && names.len > 0 && names.ptr[names.len - 1] != ',')
        names.len--;
    buf_addf(out, SV_FMT "%s", SV_ARG(names), is_cut ? "..." : "");
}

enum err_code offer_refuse(const struct offer *offer, enum offer_kind kind, struct sv own,
                           struct err *err)
{
    AUTO(buf_done) struct buf theirs = BUF_NONE, ours = BUF_NONE;

    add_names(&theirs, offer->lists[kind], 100);
    add_names(&ours, own, 70);
    return err_set(err, ERR_UNSUPPORTED, "ssh",
                   "%s: the node has only %s, here there are %s; %s, or use scp over ssh-proxy",
                   kinds[kind].name, buf_cstr(&theirs), buf_cstr(&ours), kinds[kind].remedy);
}
