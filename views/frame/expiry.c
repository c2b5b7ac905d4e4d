#include "views/frame/expiry.h"

#include <stdio.h>

#include "core/base/clock.h"

#define NEAR_MIN 15

void expiry_describe(struct aws_client *client, char *text, size_t size, bool *is_near)
{
    int64_t login_at_ms = client_login_lapses_at_ms(client);
    int64_t at_ms = login_at_ms != 0 ? login_at_ms : client_lapse_at_ms(client);
    const char *what = login_at_ms != 0 ? "SSO" : "keys";
    int64_t left_min = (at_ms - clock_display_ms()) / 60000;

    text[0] = '\0';
    *is_near = at_ms != 0 && left_min < NEAR_MIN;
    /* Other credentials are renewed before that, and few ask when: they are named when they are
     * not.
     */
    if (at_ms == 0 || (login_at_ms == 0 && !*is_near))
        return;
    if (at_ms <= clock_display_ms())
        snprintf(text, size, "%s expired", what);
    else if (left_min < 60)
        snprintf(text, size, "%s %s%lldm", what, *is_near ? "only " : "", (long long)left_min);
    else
        snprintf(text, size, "%s %lldh%02lldm", what, (long long)left_min / 60,
                 (long long)left_min % 60);
}
