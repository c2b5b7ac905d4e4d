/*
 * clock: three clocks and how they are written.
 *
 * wall: UTC in milliseconds since 1970, for signing and records. mono: for measuring and timers.
 * display: what screens show and ages are counted from; --now freezes it, nothing else.
 */
#ifndef CORE_BASE_CLOCK_H
#define CORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

/* The clocks, now. Any thread. */
int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_display_ms(void);
/* How long the machine has been suspended so far: what CLOCK_BOOTTIME counts and the monotonic
 * clock does not. Any thread. */
int64_t clock_slept_ms(void);
/* The monotonic clock with these times added: for what lasts so long in a person's life, sleep of
 * the machine or not, and whoever sets the wall clock. Any thread. */
int64_t clock_up_ms(void);
/* For tests: as if it had been suspended for so much longer. */
void clock_pretend_sleep(int64_t ms);
/* The display clock stands at wall_ms from now on. Before threads start. */
void clock_freeze_display(int64_t wall_ms);

#define CLOCK_ISO_SIZE 32
/* "2026-03-01T03:00:00Z" (with_ms: "2026-03-01T03:00:00.123Z"); iso holds CLOCK_ISO_SIZE. What lies
 * before the year 0 or behind 9999 becomes the first or last moment of these. */
void clock_iso8601(int64_t wall_ms, bool with_ms, char *iso);
#define CLOCK_AMZ_DATE_SIZE 17
/* "20260301T030000Z", the form of X-Amz-Date; date holds CLOCK_AMZ_DATE_SIZE. */
void clock_amz_date(int64_t wall_ms, char *date);
/* RFC 3339 with Z or an offset, fraction optional; also "...UTC" as old SSO caches have it. A leap
 * second is the first one of the next minute. */
bool clock_parse_iso8601(struct sv text, int64_t *wall_ms);
/* The Date header of HTTP (RFC 9110 5.6.7, IMF-fixdate). */
bool clock_parse_http_date(struct sv text, int64_t *wall_ms);

#define CLOCK_AGE_SIZE 16
/* At most 5 columns: "now", "12s", "4m", "2h", "13d", "5w" (from 14 days on, "9999w" at most);
 * negative ages are "now". age holds CLOCK_AGE_SIZE. */
void clock_age(int64_t age_ms, char *age);
/* What is left of a time: as clock_age; "-3d" when it has been over for so long. text holds
 * CLOCK_AGE_SIZE. */
void clock_left(int64_t left_ms, char *text);
/* What is left of a wait, up to a year of it: as clock_age, but that the last second is "1s". */
void clock_wait(int64_t left_ms, char *text);
/* "15m", "90s", "2h", "1d12h": the units d, h, m, s in this order, each at most once; false for
 * anything else, and for what overflows. */
bool clock_parse_duration(struct sv text, int64_t *duration_ms);

#endif
