/*
 * shells: the sessions with nodes that this console holds, each with its terminal. They go on while
 * other screens are used, and end with the console. UI runner only.
 */
#ifndef VIEWS_SHELLS_H
#define VIEWS_SHELLS_H

#include "core/session/channel.h"
#include "tui/widget/pane.h"
#include "views/node/place.h"

struct app;

#define SHELLS_MAX          16
#define SHELL_HISTORY_LINES 10000
#define SHELL_NOTICE_SIZE   512

/* What a shell speaks over: a channel; in tests something of their own. As in channel.h. */
struct shell_line {
    void *(*open)(struct app *app, struct scope *scope, const struct channel_request *request,
                  const struct channel_handlers *handlers);
    size_t (*write)(void *line, struct sv bytes);
    void (*resize)(void *line, unsigned columns, unsigned rows);
    void (*close)(void *line); /* leaves in the background; nothing is called back any more */
};

struct shell {
    unsigned number; /* of its tab; not given again */
    struct shell_place place;
    char reason[SESSION_REASON_SIZE];
    const struct screen *screen; /* as in the wish */
    struct row_ref row;
    struct vt *vt;
    struct pane pane;
    struct channel_status status;
    int64_t since_ms;               /* that it is in that state, by the clock of ages */
    char notice[SHELL_NOTICE_SIZE]; /* what the service or the node last said, raw; "" */
    bool has_spoken;                /* there is something on its screen */
    bool has_news;                  /* output that nobody has seen */
    bool at_line_start;             /* the last key was Enter: `~` is ours */
    /* shells.c alone */
    struct shells *shells;
    void *line;
    struct buf waiting; /* typed and pasted, not taken by the line yet */
};

/* A shell that is to be opened. */
struct shell_wish {
    struct app *app;
    struct shell_place place;
    const struct screen *screen; /* of row; NULL: it is not opened from a list */
    struct row_ref row;          /* its table is held; may have none */
};

struct shells;

/* None yet; freed with the app, which ends those that are left. */
struct shells *shells_new(struct app *app);
void shells_free(struct shells *shells); /* NULL is allowed */
/* For tests, before the first one is opened: what they speak over. line must live on. */
void shells_set_line(struct shells *shells, const struct shell_line *line);

/* How many there are; how many of them have not ended. */
size_t shells_count(const struct shells *shells);
size_t shells_live(const struct shells *shells);
/* In the order of their tabs; i below shells_count. */
struct shell *shells_at(const struct shells *shells, size_t i);
/* The one whose session has that id; NULL when none of them has. */
struct shell *shells_find(const struct shells *shells, struct sv session_id);
/* The one whose tab is on top; NULL when there is none. */
struct shell *shells_current(const struct shells *shells);
/* Brings that tab to the top; nothing beyond the last. */
void shells_choose(struct shells *shells, size_t i);
/* The same with one of them. */
void shells_show(struct shell *shell);
/* The next one, or the one before; goes round. */
void shells_step(struct shells *shells, int by);

/* How many of them have output that nobody has seen. */
size_t shells_with_news(const struct shells *shells);

/* The one place for a wish that waits for its reason: what it held before is let go. */
struct shell_wish *shells_new_wish(struct shells *shells);
/*
 * Begins a session with the node of wish, on a terminal of rows x cols, and brings its tab to the
 * top. reason may be "". ERR_TOO_BIG above SHELLS_MAX.
 */
enum err_code shells_open(struct shells *shells, const struct shell_wish *wish, const char *reason,
                          int rows, int cols, struct err *err);
/* Begins a session with the same node anew, in the same tab: the former one has ended. */
void shell_reopen(struct shell *shell);
/* Its terminal has another size. */
void shell_resize(struct shell *shell, int rows, int cols);
/* Ends the session, in the background, and takes its tab away. */
void shell_close(struct shell *shell);
bool shell_has_ended(const struct shell *shell);
/* "open 12m", "waiting for the node 40s of 5m", "node not connected 1m of 5m", "resuming 2/12",
 * "ended, exit 3". */
void shell_describe(const struct shell *shell, struct buf *out);
/* Why it has ended, when that needs a word; "" else. */
void shell_explain(const struct shell *shell, struct buf *out);

#endif
