/*
 * gov: what the screens and the headless twin share: the client, the gate, the settings and the
 * estate, and the loaders that make rows of it.
 */
#ifndef CORE_GOV_GOV_H
#define CORE_GOV_GOV_H

#include "core/change/gate.h"
#include "core/gov/estate/estate.h"
#include "core/gov/load/coverage.h"
#include "core/model/table.h"

/* --- what a screen shows ------------------------------------------------------------------- */

struct load;

/*
 * A list of rows that can be loaded: a const struct and one line in core/gov/screens/screens.def.
 * `--once NAME` and the screen NAME are this same loader.
 */
struct screen {
    const char *name;  /* "rules": the command, the headless name, the file in views/ */
    const char *title; /* "Config rules" */
    const char *help;  /* one line for help, palette, man page */
    const struct column *columns;
    size_t n_columns;
    struct sort_order order; /* at first */
    const char *args;        /* usage of its arguments: "[RULE]"; "" for none */
    bool regional;           /* asked for each region; else once an account */
    bool local;              /* made of what this program knows: asks AWS for nothing */
    const char *counts;      /* the filter of the rows for which --once ends with EXIT_FINDINGS;
                                NULL: those that are HIGH or worse */
    bool counts_first;       /* that there are such rows is said even when not all could be read */
    /* Starts the calls; runs on RUN_WORKER, once for each load. What it may use: load.h. */
    void (*load)(struct load *load);
};

#define SCREEN(name) extern const struct screen screen_##name;
#include "core/gov/screens/screens.def"
#undef SCREEN

extern const struct screen *const screens[];
extern const size_t n_screens;
/* The list of that name; NULL when there is none. */
const struct screen *screen_find(struct sv name);

/* --- scope: which accounts and regions ------------------------------------------------------- */

/* Patterns, comma-separated; "" means all. Account: id, name, OU path, with * and ?. */
struct selection {
    char accounts[512];
    char regions[256];
};

struct settings;
struct sg_baseline;
struct preferences_baseline;
struct exceptions;

/* --- gov ------------------------------------------------------------------------------------- */

struct gov_options {
    struct aws_options aws;
    const char *state_dir;           /* journal, trail; NULL: the XDG state folder */
    const struct settings *settings; /* copied; NULL: what holds without a file */
    bool read_only;
    bool demo;       /* its organization has a role for automation_role when no file names one */
    bool keep_rows;  /* those last seen, in the XDG cache folder, unless the settings forbid it */
    bool keep_looks; /* what is new on the first screen is counted from this run's looks on */
    bool alerts;     /* what waits is told of, as the settings say: see core/gov/alert */
    int64_t verify_for_ms; /* how long AWS may take to show a change; 0: as the gate has it */
    int64_t look_pause_ms; /* from the first look at it to the second; 0: as the gate has it */
    int64_t undo_pause_ms; /* of an undo where AWS wants one; 0: as AWS does, -1: none */
};

struct gov;

/* Reads credentials, and the files that the settings name (ERR_CONFIG for what is wrong in these);
 * touches no network. After run_start. */
enum err_code gov_new(const struct gov_options *options, struct gov **gov, struct err *err);
void gov_free(struct gov *gov); /* after run_stop */
/* Its client and its gate, borrowed as long as it lives. Any runner. */
struct aws_client *gov_client(struct gov *gov);
struct gate *gov_gate(struct gov *gov);
const struct settings *gov_settings(const struct gov *gov); /* they never change; any runner */
/* What the files named by the settings say; NULL when they name none. They never change; any
 * runner.
 */
const struct sg_baseline *gov_baseline(const struct gov *gov);
const struct preferences_baseline *gov_preferences_baseline(const struct gov *gov);
const struct exceptions *gov_exceptions(const struct gov *gov);
/* The present estate, a reference for the caller; NULL before it is known. Any runner. */
struct estate *gov_estate(struct gov *gov);
/* Steps of changes, on RUN_UI. One listener. */
void gov_on_change(struct gov *gov, void (*fn)(void *arg, const struct change_status *status),
                   void *arg);
/* What became of the changes that an earlier run left without an end: fires on RUN_UI, once, when
 * there were any, n_open of which could not be settled yet, or when the gate is shut (gate_health
 * says why). One listener. */
void gov_on_settled(struct gov *gov, void (*fn)(void *arg, size_t n_settled, size_t n_open),
                    void *arg);
/* What came of telling others of what a list shows. */
struct gov_alerted {
    bool is_record; /* of a decision that others are to know of, not of an alert */
    bool is_retry;  /* ... that could not be told of when it was made */
    size_t n_sent, n_failed;
    struct err err; /* of the first that failed */
};
/* Fires on RUN_UI when all that a list had to tell, or one decision, has been told, or has failed.
 * One listener. */
void gov_on_alerted(struct gov *gov, void (*fn)(void *arg, const struct gov_alerted *alerted),
                    void *arg);
/* Whether some of it is still on its way. Any runner. */
bool gov_is_alerting(const struct gov *gov);
/* ":elevate 15m": lifts read-only for so long; 0 ends it. ERR_REFUSED under --read-only. Beginning
 * and end are recorded in the trail. Another caller of AWS ends it, and so does a restart. Any
 * runner. */
enum err_code gov_elevate(struct gov *gov, int64_t for_ms, struct err *err);
/* Whether one person may consent to the plan alone: OK, or ERR_REFUSED with the way out when the
 * settings want four eyes for it. What only asks, and what another has asked for, anybody may; so
 * may who breaks glass. Pure; any runner. */
enum err_code gov_may_alone(const struct gov *gov, const struct change_plan *plan, struct err *err);
int64_t gov_elevated_until_ms(const struct gov *gov); /* 0: not; any runner */
bool gov_is_read_only(const struct gov *gov, const struct account *account); /* any runner */
/*
 * ":profile NAME": of the profiles that lead to its account, that one is used from now on, and the
 * account is called by it; what has been read stays as it is until it is read anew. done fires on
 * RUN_UI, once, unless asking is closed: ERR_NOT_FOUND when no account is entered by the profile,
 * ERR_UNSUPPORTED for the account of the base credentials. On RUN_UI.
 */
void gov_use_profile(struct gov *gov, const char *name, struct scope *asking,
                     void (*done)(void *arg, const struct err *err), void *arg);
/* ":cache clear": no earlier rows are known any more, whoever's. On RUN_UI. */
void gov_forget_rows(struct gov *gov);

/* --- loads ----------------------------------------------------------------------------------- */

enum load_phase { LOAD_RUNNING, LOAD_DONE, LOAD_CANCELLED };

/* A copy for the reader; call load_view_done on it. */
struct load_view {
    struct table *table;  /* grows while it is running; a reference */
    struct table *cached; /* what was seen cached_at_ms, to be shown meanwhile; NULL: nothing */
    int64_t cached_at_ms; /* wall clock */
    size_t cached_answered, cached_asked; /* accounts, then */
    struct coverage coverage;
    enum load_phase phase;
    size_t calls_done, calls_known; /* for the progress bar */
    size_t rows_expected;           /* in all, where that was counted first; else 0 */
    size_t n_resources;             /* looked at, where they are counted: groups, parameters */
    int64_t started_at_ms, ended_at_ms;
    struct err err; /* why nothing could be loaded at all (no credentials, no network) */
};
void load_view_done(struct load_view *view);
/*
 * How many resources the list was made from, for the belts: 0 when that is not known in full, and
 * why (size bytes) says what is lacking. Pure.
 */
size_t load_view_resources(const struct load_view *view, char *why, size_t size);

enum load_flags {
    LOAD_ESTATE = 1 << 0, /* the estate is read anew, even when it is known */
    LOAD_CACHED = 1 << 1, /* rows that were seen earlier are wanted meanwhile */
};

/*
 * Loads screen for selection. args (n_args of them, copied) are the screen's own. on_change fires
 * on RUN_UI at most every 50 ms while rows, coverage or phase change, and at the end; never after
 * load_close. The estate is loaded first when it is not known. flags: enum load_flags. On RUN_UI.
 *
 * Cached rows are those that the same credentials have seen in the same place, with the same
 * selection and arguments. They are gone from the view once the load has ended well, or once it
 * turns out that somebody else is calling now.
 */
struct load *load_open(struct gov *gov, const struct screen *screen,
                       const struct selection *selection, const char *const *args, size_t n_args,
                       unsigned flags, void (*on_change)(void *arg), void *arg);
void load_read_view(const struct load *load, struct load_view *view); /* on RUN_UI */
/* Gives up what is in flight; the rows so far stay, the phase becomes LOAD_CANCELLED. On RUN_UI. */
void load_cancel(struct load *load);
void load_close(struct load *load); /* cancels what is in flight; NULL is allowed; on RUN_UI */

/*
 * Asks once more for what a list could not see: the newest open load of the screen that has ended
 * and lacks target calls operation ("config:DescribeConfigRules") there again (all regions, when
 * its region is "" or its account could not be entered, and then all of its operations), and
 * nothing else; its rows are told anew. Of what the organization did not tell, the organization is
 * asked again, and the accounts that turn up by that are read. done fires on RUN_UI, once, unless
 * asking is closed: asked is false when no open load could ask for target alone, else the coverage
 * tells what came of it. On RUN_UI.
 */
void gov_retry(struct gov *gov, const struct screen *screen, const struct aws_target *target,
               const char *operation, struct scope *asking, void (*done)(void *arg, bool asked),
               void *arg);

#endif
