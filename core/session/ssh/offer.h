/*
 * offer: what an SSH server offers, read from the first bytes that it says (RFC 4253 sections 4.2,
 * 6 and 7.1): for a person who wants to know why nothing was in common. Pure.
 */
#ifndef CORE_SESSION_SSH_OFFER_H
#define CORE_SESSION_SSH_OFFER_H

#include "core/base/str.h"

/* The name-lists of SSH_MSG_KEXINIT, in their order there; CS is from client to server. */
enum offer_kind {
    OFFER_KEX,
    OFFER_HOST_KEY,
    OFFER_CRYPT_CS,
    OFFER_CRYPT_SC,
    OFFER_MAC_CS,
    OFFER_MAC_SC,
    OFFER_KINDS
};

struct offer {
    struct sv lists[OFFER_KINDS]; /* names by commas, borrowed, raw */
};

/* False when the bytes hold no whole offer. */
bool offer_read(struct sv bytes, struct offer *offer);
/* Whether own, names by commas, has one of those that are offered. */
bool offer_shares(const struct offer *offer, enum offer_kind kind, struct sv own);
/* ERR_UNSUPPORTED, with both lists and what can be done about it. */
enum err_code offer_refuse(const struct offer *offer, enum offer_kind kind, struct sv own,
                           struct err *err);

#endif
