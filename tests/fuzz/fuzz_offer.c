/*
 * Any bytes as the greeting of an SSH server: what is read of it lies in it, each name that is
 * offered is one that is shared, and whatever stands there makes a harmless message.
 */
#include <stdint.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/session/ssh/offer.h"
#include "tests/fuzz/fuzz.h"

static void check_list(const struct offer *offer, enum offer_kind kind, struct sv bytes)
{
    struct sv list = offer->lists[kind], rest = list;
    struct err err;

    PROMISE(list.ptr >= bytes.ptr && list.ptr + list.len <= bytes.ptr + bytes.len);
    while (rest.ptr != NULL)
        PROMISE(offer_shares(offer, kind, sv_split(&rest, ',')));
    PROMISE(offer_refuse(offer, kind, SV("ssh-ed25519"), &err) == ERR_UNSUPPORTED);
    for (const char *c = err.message; *c != '\0'; c++)
        PROMISE((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv bytes = {(const char *)data, size};
    struct offer offer;

    if (!offer_read(bytes, &offer))
        return 0;
    for (enum offer_kind kind = OFFER_KEX; kind < OFFER_KINDS; kind++)
        check_list(&offer, kind, bytes);
    return 0;
}
