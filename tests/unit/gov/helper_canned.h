/* canned: a gov whose reads are answered by a function of the test, on the real runners. */
#ifndef TESTS_GOV_HELPER_CANNED_H
#define TESTS_GOV_HELPER_CANNED_H

#include "core/gov/gov_internal.h"
#include "core/gov/load/load.h"
#include "core/gov/security_group/sg_policy.h"

#define CANNED_PAGES_MAX 4

struct canned_answer {
    const char *pages[CANNED_PAGES_MAX]; /* JSON; NULL ends them */
    struct err err;                      /* after the pages */
    int delay_ms;
    bool never;    /* hangs until its scope is closed */
    bool restarts; /* the second page is the first one again */
};

/* On RUN_WORKER. *answer is zeroed: no pages and no error. */
typedef void canned_fn(const struct aws_request *request, struct canned_answer *answer);

/* Starts the runners. */
struct gov *canned_gov(canned_fn *answer);
struct gov *canned_gov_as(canned_fn *answer, const char *key_id);
void canned_gov_free(struct gov *gov); /* stops them */

extern size_t canned_in_flight_max; /* since canned_gov */
extern size_t canned_account_max;   /* the same for one account */
extern size_t canned_calls;
extern size_t canned_dropped;

/* An organization: management 111111111111 at the root; dev 222222222222 and shop 333333333333 in
 * Workloads; vault 444444444444 in Security; old 555555555555, suspended, in Security. Regions
 * eu-west-1 and us-east-1 (home). False when the request is about something else. */
bool canned_organization(const struct aws_request *request, struct canned_answer *answer);

/* load_open; updates are counted in canned_updates. */
struct load *canned_open(struct gov *gov, const struct screen *screen,
                         const struct selection *selection, const char *const *args, size_t n_args);
/* Turns RUN_UI until is_so, for 5 s at most; *view is the one that was so (load_view_done it). */
void canned_wait(struct load *load, bool (*is_so)(const struct load_view *view),
                 struct load_view *view);
bool canned_has_ended(const struct load_view *view);
extern size_t canned_updates;

/* The rows in the screen's order, as JSON. */
cJSON *canned_rows(const struct screen *screen, const struct load_view *view);
/* The rows of a load that has ended, of one account and region; at NULL: of all of them. */
cJSON *canned_list(struct gov *gov, const struct screen *screen, const struct aws_target *at);

#endif
