#include "core/session/wire/presence.h"

void presence_heard(struct presence *presence, int64_t now_us)
{
    presence->heard_us = now_us;
    presence->gone_us = 0;
}

int64_t presence_due_us(const struct presence *presence, bool is_away)
{
    int64_t silent_us = presence->heard_us + PRESENCE_SILENT_MS * INT64_C(1000);
    int64_t again_us = presence->asked_us + PRESENCE_ASK_MS * INT64_C(1000);

    if (presence->is_asking || presence->may_not_ask)
        return INT64_MAX;
    if (is_away && presence->asked_us < presence->heard_us) /* the first question of this silence */
        return 0;
    if (presence->asked_us == 0 || (silent_us > again_us && !is_away))
        return silent_us;
    return again_us;
}

void presence_asked(struct presence *presence, int64_t now_us)
{
    presence->asked_us = now_us;
    presence->is_asking = true;
}

void presence_answered(struct presence *presence, bool is_connected, int64_t now_us)
{
    presence->is_asking = false;
    if (presence->heard_us > presence->asked_us)
        return;
    if (is_connected)
        presence->gone_us = 0;
    else if (presence->gone_us == 0)
        presence->gone_us = now_us;
}

void presence_failed(struct presence *presence, bool for_good)
{
    presence->is_asking = false;
    presence->may_not_ask |= for_good;
}

int64_t presence_gone_ms(const struct presence *presence, int64_t now_us)
{
    int64_t gone_ms = (now_us - presence->gone_us) / 1000;

    if (presence->gone_us == 0)
        return 0;
    return gone_ms > 0 ? gone_ms : 1;
}
