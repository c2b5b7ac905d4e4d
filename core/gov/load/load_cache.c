/*
 * load_cache: what an earlier load saw is shown until this one has read it anew.
 *
 * An entry stands under everything that its rows depend on: credentials, endpoint, region,
 * selection, arguments, columns. It names the principal who read it; when GetCallerIdentity names
 * another, the rows are dropped. Where the credentials do not say whose they are (see
 * client_fingerprint), nothing is shown before AWS has.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/gov/load/load_internal.h"
#include "core/model/image.h"
#include "core/store/cache.h"

/* A session's own name does not matter, the role's does: it is made up anew for each session. */
static struct sv principal_of(const struct estate *estate)
{
    struct sv arn = sv_of(estate->caller_arn);
    const char *slash = strrchr(estate->caller_arn, '/');
    if (slash && sv_contains(arn, SV(":assumed-role/")))
        arn.len = (size_t)(slash - arn.ptr);
    return arn;
}

/* False when it cannot be known yet whose rows they would be. */
static bool key_of(const struct load *load, char key[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    const struct screen *screen = load->screen;
    bool is_known = client_fingerprint(load->gov->client, &text);
    if (!is_known && load->estate)
        buf_addf(&text, "caller=" SV_FMT "\n", SV_ARG(principal_of(load->estate)));
    gov_profiles_fingerprint(load->gov, &text);
    buf_addf(&text, "columns=%llx\n",
             (unsigned long long)image_layout(screen->columns, screen->n_columns));
    buf_addf(&text, "accounts=%s\nregions=%s %s\n", load->selection.accounts,
             load->selection.regions, load->gov->settings.regions);
    for (size_t i = 0; i < load->n_args; i++)
        buf_addf(&text, "%zu %s\n", strlen(load->args[i]), load->args[i]);
    sha256_hex(buf_sv(&text), key);
    return is_known || load->estate;
}

/* --- finding them ---------------------------------------------------------------------------- */

static void drop(struct load *load)
{
    table_unref(load->now.cached);
    load->now.cached = NULL;
    load->now.cached_at_ms = 0;
}

static size_t take_count(struct sv *rest)
{
    int64_t count = 0;
    return sv_to_i64(sv_split(rest, '\n'), &count) && count > 0 ? (size_t)count : 0;
}

/* An entry is a line for the principal and for either count of accounts, and the image. False: the
 * rows are another's, or nothing that we wrote. */
static bool take_rows(struct load *load, struct sv rest, int64_t at_ms)
{
    struct sv principal = sv_split(&rest, '\n');
    if (load->estate && !sv_eq(principal, principal_of(load->estate)))
        return false;
    load->now.cached_answered = take_count(&rest);
    load->now.cached_asked = take_count(&rest);
    load->now.cached = image_read(rest, load->screen->columns, load->screen->n_columns);
    int64_t now_ms = clock_wall_ms();
    load->now.cached_at_ms = at_ms < now_ms ? at_ms : now_ms;
    sv_copy(principal, load->cached_for, sizeof load->cached_for);
    return load->now.cached != NULL;
}

static void look_up(struct load *load)
{
    AUTO(buf_done) struct buf rows = BUF_NONE;
    char key[SHA256_HEX_SIZE];
    int64_t at_ms;
    if (!key_of(load, key) ||
        !cache_get(gov_cache(load->gov), load->screen->name, key, &rows, &at_ms))
        return;
    if (take_rows(load, buf_sv(&rows), at_ms))
        load_show(load);
    else
        log_info("cache", "%s: what is kept is not for this caller", load->screen->name);
}

void cached_find(struct load *load)
{
    if (!(load->flags & LOAD_CACHED))
        return;
    if (!load->now.cached)
        look_up(load);
    else if (load->estate && !sv_eq_cstr(principal_of(load->estate), load->cached_for))
        drop(load);
}

/* --- keeping them ---------------------------------------------------------------------------- */

static void keep(struct load *load)
{
    AUTO(buf_done) struct buf rows = BUF_CAPPED(CACHE_ROWS_BYTES_MAX);
    struct cache *cache = gov_cache(load->gov);
    const struct coverage *coverage = &load->now.coverage;
    char key[SHA256_HEX_SIZE];
    if (!cache || !load->estate || !key_of(load, key))
        return;
    struct sv principal = principal_of(load->estate);
    buf_addf(&rows, SV_FMT "\n%zu\n%zu\n", SV_ARG(principal), coverage->accounts_answered,
             coverage->accounts_asked);
    if (image_write(load->now.table, &rows) == OK)
        cache_put(cache, load->screen->name, key, buf_sv(&rows),
                  coverage->oldest_ms ? coverage->oldest_ms : load->now.ended_at_ms);
}

void cached_replace(struct load *load)
{
    if (load->now.err.code != OK)
        return; /* nothing has been read: what was seen earlier is all there is */
    if (table_count(load->now.table) > 0 || load->now.coverage.gaps.len == 0)
        keep(load); /* else nobody has answered */
    drop(load);
}
