/*
 * settings: what a person may set in watchdeck.conf, with what holds when it is silent.
 *
 * The file has lines of `key = value`; `#` begins a comment. Keys: settings_row lists them.
 */
#ifndef CORE_GOV_SETTINGS_H
#define CORE_GOV_SETTINGS_H

#include "core/gov/security_group/sg_policy.h"

#define SETTINGS_MAX  40         /* keys there can be */
#define SETTINGS_DEMO UINT16_MAX /* in the place of a line: the demo has said so */

/* When a session with a node is to have a reason, which StartSession hands on. */
enum session_reason { SESSION_REASON_PRODUCTION, SESSION_REASON_ALWAYS, SESSION_REASON_NEVER };

struct settings {
    /* the console */
    char theme[32];
    char keys[256]; /* a key file over default.keys: its name, or its path; "": none */
    int refresh_s;  /* a list is loaded again when it is that old; 0: only by hand */
    enum session_reason session_reason;
    bool cache; /* rows are kept on this machine, to be shown before they are read anew */

    /* to whom */
    char endpoint_url[256]; /* "": AWS_ENDPOINT_URL, else the rules */
    char member_role[65];   /* "": the client's default */
    int concurrency;        /* requests in flight for one screen */
    int budget_percent;     /* of the rates that AWS allows; BUDGET_OFF: all of them */
    /* How long the network may take; see struct http_timeouts. */
    int connect_timeout_s, tls_timeout_s, silence_timeout_s, total_timeout_s;
    /* Patterns, comma-separated, against an account's id, name and OU path. */
    char production[512];
    char production_tags[256]; /* "Environment=prod*": read when a change is planned */
    char read_only[512];       /* accounts that are read-only beside production */
    bool read_only_production; /* production is read-only until :elevate */
    bool profiles;             /* without an organization, profiles are accounts */
    char prefer_profiles[512]; /* of several that lead to one account: patterns of names */
    char regions[256];         /* "": as EC2 lists them */
    bool egress_open;          /* whether an egress rule open to the world is a finding */
    struct sg_policy sg_policy;
    /* How long a finding may wait for a decision, by severity; 0: for ever. */
    int64_t decide_within_ms[SEVERITY_CRITICAL + 1];

    /* what is approved, and how */
    char baseline[256], exceptions[256]; /* files; "": none */
    char session_preferences[256];       /* the same */
    char freeze[512];                    /* windows, see freeze.h */
    char apply_automatically[512];       /* patterns of item types, see item_type.h */
    char approvers[512];                 /* roles and ARNs; "": the member role */
    char automation_role[65];            /* that AWS's documents act with; "": none is named */
    char document_values[1024];          /* that these are told, see remedy/runbook_value.h */
    enum severity four_eyes;             /* from it on nobody decides alone; NONE: anybody may */
    int64_t alone_wait_ms; /* who decides alone waits so long, from READY on; 0: not */
    char alert_topic[256]; /* an SNS topic's ARN; "": none is told */
    bool alert_ops_item;   /* an OpsItem is made for what waits */
    bool shared_record;    /* decisions are kept in OpsItems, for other consoles */

    /* where they come from */
    char file[256];              /* its name, "" without a file */
    char dir[1024];              /* its folder: other files' names count from there */
    uint16_t line[SETTINGS_MAX]; /* by settings_row's index; 0: not in the file; SETTINGS_DEMO */
};

void settings_init(struct settings *settings); /* what holds without a file */

/*
 * Reads path over *settings. A missing file is fine when must_exist is false. ERR_CONFIG names
 * file:line and what is wrong there (unknown key, a key twice, no number, too long), or the file
 * that cannot be read.
 */
enum err_code settings_read(const char *path, bool must_exist, struct settings *settings,
                            struct err *err);

/*
 * Reads the file of --config, or when config_file is NULL the user's watchdeck.conf, which may be
 * missing, over what holds without one. Errors as settings_read.
 */
enum err_code settings_load(const char *config_file, struct settings *settings, struct err *err);

/* Lets path hold as `baseline`, where nothing is set: what the organization of the demo has
 * approved. Its origin is "the demo". */
void settings_demo_baseline(struct settings *settings, const char *path);

/* Writes where the file named by a setting lies into path: as it is when it begins with "/", under
 * HOME when with "~/", else in the folder of watchdeck.conf. */
void settings_path(const struct settings *settings, const char *value, char *path, size_t size);

/* What is left of the time in which somebody has to decide on what is of that severity and has been
 * there since since_ms at least (0: not known); negative when it is over. False, with *left_ms as
 * it was, when there is no such time, or nothing is known of the age. Pure. */
bool settings_left(const struct settings *settings, enum severity severity, int64_t since_ms,
                   int64_t now_ms, int64_t *left_ms);

/* For the manual and the screen: each key in turn, false at the end. */
struct settings_row {
    const char *key, *usage, *help;
};
bool settings_row(size_t i, struct settings_row *row);
/* Appends what holds for the i-th key, as it would stand in the file. */
void settings_value(const struct settings *settings, size_t i, struct buf *out);
/* Appends where that comes from: "watchdeck.conf:3", "the demo", "default". */
void settings_origin(const struct settings *settings, const char *key, struct buf *out);

/*
 * Whether text matches one of the comma-separated patterns: `*` stands for any run of characters
 * ('/' too), `?` for one; ASCII case does not matter. "" matches nothing.
 */
bool patterns_match(struct sv patterns, struct sv text);
bool pattern_match(struct sv pattern, struct sv text);
/* The next pattern of *rest without blanks around it; false at the end. */
bool pattern_next(struct sv *rest, struct sv *pattern);

#endif
