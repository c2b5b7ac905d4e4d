#include "tests/sandbox/services/logs_past.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/automation/preferences_seed.h"
#include "tests/sandbox/services/ssm_command_past.h"
#include "tests/sandbox/services/ssm_session_past.h"
#include "tests/sandbox/world/log_store.h"

#define LINE_MS INT64_C(4000) /* between two lines */

/* What was typed and seen, by the reason that was given; the last row is for all others. */
static const struct {
    const char *reason, *shown;
} scripts[] = {
    {"disk is full", "sh-5.2$ df -h /\n"
                     "Filesystem      Size  Used Avail Use% Mounted on\n"
                     "/dev/nvme0n1p1   20G   20G  132K 100% /\n"
                     "sh-5.2$ sudo journalctl --vacuum-size=200M\n"
                     "Vacuuming done, freed 3.1G of archived journals from /var/log/journal.\n"
                     "sh-5.2$ df -h / | tail -1\n"
                     "/dev/nvme0n1p1   20G   17G  3.1G  85% /\n"
                     "sh-5.2$ exit\n"},
    {"patches did not install",
     "sh-5.2$ sudo tail -3 /var/log/amazon/ssm/errors.log\n"
     "Cannot retrieve repository metadata (repomd.xml): No more mirrors to try\n"
     "sh-5.2$ sudo dnf clean all && sudo dnf check-update | wc -l\n"
     "41 files removed\n"
     "17\n"
     "sh-5.2$ exit\n"},
    {"service does not come back after the reboot",
     "sh-5.2$ systemctl --failed\n"
     "  UNIT          LOAD   ACTIVE SUB    DESCRIPTION\n"
     "\033[1;31m*\033[0m app.service loaded failed failed The application\n"
     "sh-5.2$ sudo systemctl restart app && systemctl is-active app\n"
     "active\n"
     "sh-5.2$ exit\n"},
    {NULL, "sh-5.2$ uptime\n"
           " 03:12:44 up 41 days,  2:07,  1 user,  load average: 0.18, 0.22, 0.19\n"
           "sh-5.2$ exit\n"},
};

static struct sv shown_in(const struct session *session)
{
    size_t i = 0;
    while (scripts[i].reason && strcmp(scripts[i].reason, session->reason) != 0)
        i++;
    return sv_of(scripts[i].shown);
}

static void add_stream(struct world *world, struct log_group *group, const struct session *session)
{
    struct log_stream *stream = log_stream_add(world, group, session->id);
    struct sv rest = shown_in(session);
    stream->created_ms = session->ended_ms;
    for (int64_t at_ms = session->started_ms; rest.len > 0; at_ms += LINE_MS)
        log_stream_append(world, stream, at_ms, sv_split(&rest, '\n'));
}

/* --- commands --------------------------------------------------------------------------------- */

static struct log_group *group_of(struct world *world, uint32_t cell, const char *document)
{
    char name[LOG_NAME_SIZE];
    snprintf(name, sizeof name, COMMAND_GROUP "%s", document);
    struct log_group *group = log_group_find(world, cell, name);
    return group ? group : log_group_add(world, cell, name, "");
}

/* The lines of one command, at the time of its end. */
static void add_output(struct world *world, uint32_t cell, const struct past *past)
{
    struct command_look look;
    char name[LOG_NAME_SIZE];
    past_command_fill(world, past, &look);
    if (!look.is_logged)
        return;
    snprintf(name, sizeof name, "%s/%s/aws-runShellScript/stdout", look.id, look.node_id);
    struct log_stream *stream = log_stream_add(world, group_of(world, cell, look.document), name);
    stream->created_ms = past->at_ms;
    for (struct sv rest = sv_of(look.shown); rest.len > 0;)
        log_stream_append(world, stream, past->at_ms + LINE_MS, sv_split(&rest, '\n'));
}

static void add_commands(struct world *world, uint32_t cell)
{
    pasts past = {0};
    past_commands_find(world, cell, &past);
    for (size_t i = 0; i < past.len; i++)
        add_output(world, cell, &past.ptr[i]);
    vec_free(&past);
}

void logs_past_open(struct world *world, uint32_t cell)
{
    const struct preferences_seed *seed = preferences_seed_find(cell_account(world, cell)->name);
    pasts past = {0};
    if (!log_cell_open(world, cell) || !seed || !seed->log_group[0])
        return;
    struct log_group *group = log_group_add(world, cell, seed->log_group, seed->kms_key_id);
    past_sessions_find(world, cell, &past);
    for (size_t i = 0; i < past.len; i++) {
        struct session session;
        past_session_fill(world, &past.ptr[i], &session);
        if (session.log_group[0] && session.status == SESSION_TERMINATED)
            add_stream(world, group, &session);
    }
    vec_free(&past);
    add_commands(world, cell);
}
