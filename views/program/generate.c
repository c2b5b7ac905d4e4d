#include "views/program/generate.h"

#include <stdlib.h>
#include <string.h>

#include "core/aws/endpoint/partition.h"
#include "core/aws/op.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/gov/data/data.h"
#include "core/gov/settings.h"
#include "core/session/channel.h"
#include "tui/keymap/keymap.h"
#include "views/program/subcommand.h"
#include "views/view.h"

/* --- man -------------------------------------------------------------------------------------- */

/* roff: a backslash and a leading dot or quote would be instructions, a minus a hyphen. */
static void add_roff(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            buf_add_cstr(out, "\\e");
        else if (*text == '-')
            buf_add_cstr(out, "\\-");
        else
            buf_add_char(out, *text);
    }
}

static void add_item(struct buf *out, const char *term, const char *argument, const char *text)
{
    buf_add_cstr(out, ".TP\n\\fB");
    add_roff(out, term);
    buf_add_cstr(out, argument[0] != '\0' ? "\\fR \\fI" : "");
    add_roff(out, argument);
    buf_add_cstr(out, "\\fR\n");
    add_roff(out, text);
    buf_add_char(out, '\n');
}

static void add_settings(struct buf *out)
{
    struct settings_row row;

    buf_add_cstr(out, ".SH SETTINGS\n.I ~/.config/watchdeck/watchdeck.conf\n"
                      "(or the file of \\-\\-config) has lines of\n\\fIkey\\fR = "
                      "\\fIvalue\\fR;\n# begins a comment.\n"
                      "The screen :settings shows what holds.\n");
    for (size_t i = 0; settings_row(i, &row); i++)
        add_item(out, row.key, row.usage, row.help);
}

static void generate_man(struct buf *out)
{
    struct option_row option;

    buf_add_cstr(
        out,
        ".TH WATCHDECK 1 " WATCHDECK_DATE " \"watchdeck " WATCHDECK_VERSION "\"\n.SH NAME\n"
        "watchdeck \\- a console for those who keep AWS organizations configured\n"
        ".SH SYNOPSIS\n.B watchdeck\n[\\fB:\\fISCREEN\\fR [\\fIARG\\fR...] [\\fB@\\fIACCOUNTS\\fR] "
        "[\\fB#\\fIREGIONS\\fR] [\\fB/\\fIFILTER\\fR]] "
        "[\\fIOPTION\\fR...]\n.br\n.B watchdeck \\-\\-once\n"
        "\\fISCREEN\\fR [\\fIARG\\fR...] [\\fIOPTION\\fR...]\n.br\n"
        ".B watchdeck\n\\fISUBCOMMAND\\fR [\\fIARG\\fR...] [\\fIOPTION\\fR...]\n"
        ".SH OPTIONS\n");
    for (size_t i = 0; options_row(i, &option); i++)
        add_item(out, option.name, option.arg, option.help);
    buf_add_cstr(out, ".SH SUBCOMMANDS\n");
    for (size_t i = 0; i < n_subcommands; i++)
        add_item(out, subcommands[i]->name, subcommands[i]->usage, subcommands[i]->help);
    buf_add_cstr(out, ".SH SCREENS\n");
    for (size_t i = 0; i < n_view_kinds; i++)
        add_item(out, view_kinds[i]->name, view_kinds[i]->usage, view_kinds[i]->help);
    buf_add_cstr(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < n_commands; i++)
        add_item(out, commands[i]->name, commands[i]->usage, commands[i]->help);
    add_settings(out);
    buf_add_cstr(out, ".SH EXIT STATUS\nOf \\-\\-once, the first that applies:\n"
                      "2 usage, 1 internal error, or nobody answered, 5 credentials,\n"
                      "7 integrity, 6 refused by the change gate, 4 partial coverage,\n"
                      "3 findings of HIGH or worse, 0 otherwise.\n"
                      "Of approvals and handover 3 goes before 4: what waits, waits.\n");
}

/* --- completions ------------------------------------------------------------------------------ */

static void add_screens(struct buf *out)
{
    for (size_t i = 0; i < n_screens; i++)
        buf_addf(out, "%s%s", i > 0 ? " " : "", screens[i]->name);
}

static void generate_bash(struct buf *out)
{
    struct option_row option;

    buf_add_cstr(out, "_watchdeck() {\n    local word=${COMP_WORDS[COMP_CWORD]} "
                      "before=${COMP_WORDS[COMP_CWORD-1]}\n    case $before in\n"
                      "    --once) COMPREPLY=($(compgen -W '");
    add_screens(out);
    buf_add_cstr(out,
                 "' -- \"$word\")) ;;\n"
                 "    --format) COMPREPLY=($(compgen -W 'table json ndjson csv md' -- \"$word\")) "
                 ";;\n    --script|--config|--log|--key|--head|--state-dir) "
                 "COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                 "    *) COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < n_subcommands; i++)
        buf_addf(out, "%s ", subcommands[i]->name);
    for (size_t i = 0; options_row(i, &option); i++)
        buf_addf(out, "%s%s", i > 0 ? " " : "", option.name);
    buf_add_cstr(out, "' -- \"$word\")) ;;\n    esac\n}\ncomplete -F _watchdeck watchdeck\n");
}

/* Inside single quotes of a shell: a backslash before what is one of special, and quote, which
 * leaves the quotes for a moment, for a quote. */
static void add_quoted(struct buf *out, const char *text, const char *special, const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_add_cstr(out, quote);
        else
            buf_addf(out, strchr(special, *text) != NULL ? "\\%c" : "%c", *text);
    }
}

static void generate_zsh(struct buf *out)
{
    struct option_row option;

    buf_add_cstr(out, "#compdef watchdeck\n_arguments -s \\\n");
    for (size_t i = 0; options_row(i, &option); i++) {
        buf_addf(out, "  '%s[", option.name);
        add_quoted(out, option.help, "[]:\\", "'\\''");
        buf_add_char(out, ']');
        if (strcmp(option.name, "--once") == 0) {
            buf_add_cstr(out, ":screen:(");
            add_screens(out);
            buf_add_char(out, ')');
        } else if (option.arg[0] != '\0') {
            buf_add_cstr(out, ":value:_files");
        }
        buf_add_cstr(out, "' \\\n");
    }
    buf_add_cstr(out, "  '1::subcommand:(");
    for (size_t i = 0; i < n_subcommands; i++)
        buf_addf(out, "%s%s", i > 0 ? " " : "", subcommands[i]->name);
    buf_add_cstr(out, ")' \\\n  '*::arg:_files'\n");
}

static void generate_fish(struct buf *out)
{
    struct option_row option;

    for (size_t i = 0; options_row(i, &option); i++) {
        bool is_long = option.name[1] == '-';
        buf_addf(out, "complete -c watchdeck -%c %s -d '", is_long ? 'l' : 's',
                 option.name + (is_long ? 2 : 1));
        add_quoted(out, option.help, "\\", "\\'");
        buf_add_char(out, '\'');
        if (strcmp(option.name, "--once") == 0) {
            buf_add_cstr(out, " -xa \"");
            add_screens(out);
            buf_add_char(out, '"');
        } else if (option.arg[0] != '\0') {
            buf_add_cstr(out, " -r");
        }
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < n_subcommands; i++) {
        buf_addf(out, "complete -c watchdeck -n __fish_use_subcommand -a %s -d '",
                 subcommands[i]->name);
        add_quoted(out, subcommands[i]->help, "\\", "\\'");
        buf_add_cstr(out, "'\n");
    }
}

/* --- the table of keys ------------------------------------------------------------------------ */

static void generate_keys(struct buf *out)
{
    static const char *const contexts[] = {"global",   "scroll",   "list",       "tree",   "gaps",
                                           "findings", "triage",   "parameters", "text",   "review",
                                           "sessions", "forwards", "transfers",  "report", "shell",
                                           "reading",  "ended",    "evidence"};
    struct keymap *keymap = keymap_new();
    const struct binding *binding;

    keymap_add_text(keymap, "default.keys", keymap_builtin(SV("default")), NULL, NULL);
    buf_add_cstr(out, "| where | key | does |\n|---|---|---|\n");
    for (size_t c = 0; c < ARRAY_LEN(contexts); c++) {
        for (size_t at = 0; (binding = keymap_next(keymap, contexts[c], &at)) != NULL;) {
            const struct command *command =
                binding->command != NULL ? command_find(sv_of(binding->command)) : NULL;
            AUTO(buf_done) struct buf keys = BUF_NONE;

            if (command == NULL || strcmp(binding->context, contexts[c]) != 0)
                continue;
            binding_keys_text(binding, &keys);
            buf_addf(out, "| %s | `%s` | %s", contexts[c], buf_cstr(&keys), command->help);
            for (size_t i = 0; i < binding->n_args; i++)
                buf_addf(out, "%s%s", i == 0 ? ": " : " ", binding->args[i]);
            buf_add_cstr(out, " |\n");
        }
    }
    keymap_free(keymap);
}

/* --- the IAM policy ----------------------------------------------------------------------------
 */

/* What reads, tells others, changes, opens sessions. What hands out credentials has a statement of
 * its own, or is not signed at all. */
static bool is_read(const struct aws_op *op)
{
    return op->effect != EFFECT_CHANGE && op->effect != EFFECT_SESSION &&
           op->effect != EFFECT_END && op->effect != EFFECT_NOTIFY;
}

static bool is_notice(const struct aws_op *op)
{
    return op->effect == EFFECT_NOTIFY;
}

static bool is_change(const struct aws_op *op)
{
    return op->effect == EFFECT_CHANGE;
}

static bool is_of_sessions(const struct aws_op *op)
{
    return (op->effect == EFFECT_SESSION || op->effect == EFFECT_END) &&
           strcmp(op->service->id, "sts") != 0;
}

/* more: an action that stands for no operation, or NULL. */
static void add_statement(struct json_writer *w, const char *sid,
                          bool (*belongs)(const struct aws_op *op), const char *more)
{
    jw_object(w);
    jw_string_at(w, "Sid", sv_of(sid));
    jw_string_at(w, "Effect", SV("Allow"));
    jw_key(w, "Action");
    jw_array(w);
    for (int id = 0; id < AWS_OP_COUNT; id++) {
        const struct aws_op *op = aws_op((enum aws_op_id)id);

        if (belongs(op))
            jw_string(w, sv_of(op->iam_action));
    }
    if (more != NULL)
        jw_string(w, sv_of(more));
    jw_array_end(w);
    jw_string_at(w, "Resource", SV("*"));
    jw_object_end(w);
}

/* In the partition of AWS_REGION, as ARNs say it. */
static void add_member_role(struct json_writer *w)
{
    AUTO(buf_done) struct buf arn = BUF_NONE;
    const char *region = getenv("AWS_REGION");

    buf_addf(&arn, "arn:%s:iam::*:role/OrganizationAccountAccessRole",
             partition_of(sv_of(region))->id);
    jw_string_at(w, "Resource", buf_sv(&arn));
}

/* From the tables of operations: what is used is what is asked for. */
static void generate_iam_policy(struct buf *out)
{
    struct json_writer w = {.out = out};

    jw_object(&w);
    jw_string_at(&w, "Version", SV("2012-10-17"));
    jw_key(&w, "Statement");
    jw_array(&w);
    add_statement(&w, "WatchdeckReads", is_read, NULL);
    jw_object(&w);
    jw_string_at(&w, "Sid", SV("WatchdeckEntersMemberAccounts"));
    jw_string_at(&w, "Effect", SV("Allow"));
    jw_string_at(&w, "Action", SV("sts:AssumeRole"));
    add_member_role(&w);
    jw_object_end(&w);
    add_statement(&w, "WatchdeckOpensSessions", is_of_sessions, SESSION_SOCKET_ACTION);
    add_statement(&w, "WatchdeckTellsOthers", is_notice, NULL);
    add_statement(&w, "WatchdeckChanges", is_change, NULL);
    jw_array_end(&w);
    jw_object_end(&w);
    buf_add_char(out, '\n');
}

/* The policy for security groups, as a rule for AWS Config. */
static void generate_guard_rule(struct buf *out)
{
    buf_add(out, gov_guard_rule());
}

enum err_code generate(const char *what, struct buf *out, struct err *err)
{
    static const struct {
        const char *what;
        void (*make)(struct buf *out);
    } kinds[] = {
        {"man", generate_man},
        {"bash", generate_bash},
        {"zsh", generate_zsh},
        {"fish", generate_fish},
        {"keys", generate_keys},
        {"iam-policy", generate_iam_policy},
        {"guard-rule", generate_guard_rule},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].what, what) == 0) {
            kinds[i].make(out);
            return OK;
        }
    }
    return err_set(err, ERR_USAGE, "--generate",
                   "takes man, bash, zsh, fish, keys, iam-policy or guard-rule, not \"%s\"", what);
}
