#include "views/program/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/limit/budget.h"
#include "core/base/clock.h"
#include "core/base/nearest.h"
#include "views/command.h"
#include "views/program/subcommand.h"

/* Each setter reads one value into its field; false: not a value for it. */
typedef bool set_fn(struct options *options, size_t offset, const char *value);

static bool set_flag(struct options *options, size_t offset, const char *value)
{
    (void)value;
    *(bool *)((char *)options + offset) = true;
    return true;
}

static bool set_text(struct options *options, size_t offset, const char *value)
{
    *(const char **)((char *)options + offset) = value;
    return value[0] != '\0';
}

static bool set_accounts(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    str_copy(options->selection.accounts, value);
    return value[0] != '\0' && strlen(value) < sizeof options->selection.accounts;
}

static bool set_regions(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    str_copy(options->selection.regions, value);
    if (strchr(value, ',') == NULL && strpbrk(value, "*?") == NULL)
        options->region_home = value;
    return value[0] != '\0' && strlen(value) < sizeof options->selection.regions;
}

static bool set_format(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    return export_format_parse(sv_of(value), &options->format);
}

#define SIZE_CELLS_MIN 1
#define SIZE_CELLS_MAX 2000

static bool set_size(struct options *options, size_t offset, const char *value)
{
    struct sv rest = sv_of(value), columns = sv_split(&rest, 'x');
    int64_t x, y;

    (void)offset;
    if (!sv_to_i64(columns, &x) || !sv_to_i64(rest, &y))
        return false;
    options->columns = (int)x;
    options->rows = (int)y;
    return x >= SIZE_CELLS_MIN && y >= SIZE_CELLS_MIN && x <= SIZE_CELLS_MAX && y <= SIZE_CELLS_MAX;
}

static bool set_budget(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    return budget_parse(sv_of(value), &options->budget_percent);
}

static bool set_since(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    return clock_parse_duration(sv_of(value), &options->since_ms) && options->since_ms > 0;
}

static bool set_fail_on(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    options->fail_on = severity_parse(sv_of(value));
    return options->fail_on != SEVERITY_NONE;
}

static bool set_now(struct options *options, size_t offset, const char *value)
{
    return clock_parse_iso8601(sv_of(value), (int64_t *)((char *)options + offset));
}

static bool set_port(struct options *options, size_t offset, const char *value)
{
    (void)offset;
    return sv_to_port(sv_of(value), &options->port);
}

static const struct {
    struct option_row row;
    set_fn *set;
    size_t offset;
} table[] = {
#define FIELD(name) offsetof(struct options, name)
    {{"--demo", "", "browse an organization that lives on loopback"}, set_flag, FIELD(demo)},
    {{"--profile", "NAME", "the profile of the shared config (AWS_PROFILE)"},
     set_text,
     FIELD(profile)},
    {{"--endpoint-url", "URL", "send every request there (AWS_ENDPOINT_URL)"},
     set_text,
     FIELD(endpoint_url)},
    {{"--fips", "", "use the FIPS hosts of AWS (AWS_USE_FIPS_ENDPOINT)"}, set_flag, FIELD(fips)},
    {{"--dual-stack", "", "use the hosts that speak IPv6 too (AWS_USE_DUALSTACK_ENDPOINT)"},
     set_flag,
     FIELD(dual_stack)},
    {{"--budget", "PERCENT|off",
      "use at most that much of the rates that AWS allows an account (default 10)"},
     set_budget,
     0},
    {{"--account", "A,...",
      "only these accounts: id, name, ou:PATH or tag:KEY=VALUE, with * and ?"},
     set_accounts,
     0},
    {{"--region", "R,...",
      "only these regions, with * and ?; a single one is also the home region"},
     set_regions,
     0},
    {{"--scope", "NUMBER|NAME", "a saved scope, as behind the keys 1 to 9"},
     set_text,
     FIELD(scope)},
    {{"--read-only", "",
      "refuse every change, and sessions but for get, whatever the settings say"},
     set_flag,
     FIELD(read_only)},
    {{"--once", "SCREEN [ARG...]", "print the rows of a screen and exit, without a terminal"},
     set_text,
     FIELD(once)},
    {{"--filter", "EXPR", "keep the rows that match, as behind / on the screen"},
     set_text,
     FIELD(filter)},
    {{"--format", "table|json|ndjson|csv|md", "how --once prints (default table)"}, set_format, 0},
    {{"--since", "DURATION", "how far back handover looks for what was decided (default 12h)"},
     set_since,
     0},
    {{"--app", "NAME", "drift looks at this application's parameters alone, beside the groups"},
     set_text,
     FIELD(app)},
    {{"--apply", "", "drift changes what apply_automatically of the settings names, and tells"},
     set_flag,
     FIELD(apply)},
    {{"--fail-on", "CRITICAL|HIGH|MEDIUM|LOW|INFO",
      "drift ends with status 3 from that severity on (default HIGH)"},
     set_fail_on,
     0},
    {{"--script", "FILE", "play keys from a file against the screens"}, set_text, FIELD(script)},
    {{"--size", "COLSxROWS", "the size of the screen for --script"}, set_size, 0},
    {{"--now", "TIME", "freeze the time that is displayed (ISO 8601)"}, set_now, FIELD(now_ms)},
    {{"--dump-screen", "", "print each snap of the script as text"}, set_flag, FIELD(dump_screen)},
    {{"--pictures", "DIR", "write each snap of the script as DIR/NAME.svg"},
     set_text,
     FIELD(pictures_dir)},
    {{"--world", "SPEC", "the demo's size: accounts=24,regions=4,resources=3000,seed=7"},
     set_text,
     FIELD(world)},
    {{"--config", "FILE", "settings to use instead of the user's"}, set_text, FIELD(config_file)},
    {{"--state-dir", "DIR", "where the journal and the trail are kept"},
     set_text,
     FIELD(state_dir)},
    {{"--log", "FILE", "append the log to a file"}, set_text, FIELD(log_file)},
    {{"--command", "CMD", "what session runs on the node, in the place of a shell"},
     set_text,
     FIELD(command)},
    {{"--document", "NAME", "the Session document of session and ssh-proxy"},
     set_text,
     FIELD(document)},
    {{"--reason", "TEXT", "why a session is opened, where the node's account wants to know"},
     set_text,
     FIELD(reason)},
    {{"--user", "NAME", "as whom get and put enter the node (default ec2-user; USER@NODE too)"},
     set_text,
     FIELD(user)},
    {{"--identity", "FILE|agent|instance-connect",
      "the key of get and put (default: the agent's, then one for a minute by EC2 Instance "
      "Connect)"},
     set_text,
     FIELD(identity)},
    {{"--port", "N", "the port of the node's sshd, for get and put (default 22)"}, set_port, 0},
    {{"-r", "", "get and put copy a folder with what is in it; links are left out, and named"},
     set_flag,
     FIELD(recursive)},
    {{"--accept-new", "", "get and put trust a node that known_hosts has nothing of"},
     set_flag,
     FIELD(accept_new)},
    {{"--key", "FILE", "the key for trail verify (default FILE.key)"}, set_text, FIELD(key_file)},
    {{"--head", "FILE", "the head for trail verify (default FILE.head)"},
     set_text,
     FIELD(head_file)},
    {{"--generate", "man|bash|zsh|fish|keys|iam-policy|guard-rule",
      "print what is made from the tables"},
     set_text,
     FIELD(generate)},
    {{"--version", "", "print the version and exit"}, set_flag, FIELD(version)},
    {{"--help", "", "print this help and exit"}, set_flag, FIELD(help)},
#undef FIELD
};

/* Values that would be right, where the row does not show one. */
static const struct {
    const char *option, *value;
} examples[] = {
    {"--endpoint-url", "https://HOST or http://HOST:PORT"},
    {"--budget", "10 (1 to 100)"},
    {"--account", "shop,pay* or ou:Workloads/Prod"},
    {"--region", "eu-west-1 or eu-*"},
    {"--since", "12h or 7d"},
    {"--size", "80x24"},
    {"--now", "2026-03-01T03:00:00Z"},
    {"--port", "22 (1 to 65535)"},
};

/* What an option does nothing without: one of these options and subcommands. */
static const struct {
    const char *options, *with;
} companies[] = {
    {"--world", "--demo"},
    {"--size --dump-screen --pictures", "--script"},
    {"--format", "--once drift handover evaluate-sg"},
    {"--app --apply --fail-on", "drift"},
    {"--since", "handover"},
    {"--key --head", "trail"},
    {"--command", "session"},
    {"--document", "session ssh-proxy get put"},
    {"--reason", "session forward ssh-proxy get put"},
    {"--user --identity --port -r --accept-new", "get put"},
};

bool options_row(size_t i, struct option_row *row)
{
    if (i >= ARRAY_LEN(table))
        return false;
    *row = table[i].row;
    return true;
}

static enum err_code unknown_option(struct sv name, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    AUTO_FREE char *where = sv_dup(name);
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        nearest_offer(&nearest, table[i].row.name);
    nearest_hint(&nearest, &hint);
    return err_set(err, ERR_USAGE, where, "there is no such option%s", buf_cstr(&hint));
}

/* A value that is none: what would be one. */
static enum err_code no_value(const struct option_row *row, const char *value, struct err *err)
{
    const char *like = NULL;

    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        if (strcmp(examples[i].option, row->name) == 0)
            like = examples[i].value;
    }
    err_set(err, ERR_USAGE, row->name, "cannot be \"%s\": it takes %s%s%s", value, row->arg,
            like != NULL ? ", like " : "", like != NULL ? like : "");
    return err_advise(err, ERR_USAGE, "");
}

/* given: of the options of table. */
static enum err_code parse_option(char **argv, int argc, int *i, struct options *options,
                                  bool *given, struct err *err)
{
    const char *word = argv[*i], *equals = strchr(word, '=');
    struct sv name = {word, equals != NULL ? (size_t)(equals - word) : strlen(word)};

    for (size_t t = 0; t < ARRAY_LEN(table); t++) {
        const char *value = equals != NULL ? equals + 1 : NULL;

        if (!sv_eq_cstr(name, table[t].row.name))
            continue;
        if (table[t].row.arg[0] == '\0') {
            if (value != NULL)
                return err_set(err, ERR_USAGE, table[t].row.name, "takes no value");
        } else if (value == NULL) {
            if (*i + 1 >= argc)
                return err_set(err, ERR_USAGE, table[t].row.name, "needs %s", table[t].row.arg);
            value = argv[++*i];
        }
        given[t] = true;
        return table[t].set(options, table[t].offset, value) ? OK
                                                             : no_value(&table[t].row, value, err);
    }
    return unknown_option(name, err);
}

static enum err_code unknown_screen(const char *name, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    struct nearest nearest;

    nearest_init(&nearest, sv_of(name));
    for (size_t i = 0; i < n_screens; i++)
        nearest_offer(&nearest, screens[i]->name);
    nearest_hint(&nearest, &hint);
    return err_set(err, ERR_USAGE, "--once", "no screen is called \"%s\"%s", name, buf_cstr(&hint));
}

/* A word that is no subcommand: it may be a mistyped one, an option's name, or a screen's. */
static enum err_code unknown_word(const char *word, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    struct nearest nearest;

    if (screen_find(sv_of(word)) != NULL) {
        err_set(err, ERR_USAGE, word, "is a screen: :%s opens it, --once %s prints its rows", word,
                word);
        return err_advise(err, ERR_USAGE, "");
    }
    if (word[0] == '\0')
        return err_set(err, ERR_USAGE, "", "an argument is empty: leave it out");
    nearest_init(&nearest, sv_of(word));
    for (size_t i = 0; i < n_subcommands; i++)
        nearest_offer(&nearest, subcommands[i]->name);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strcmp(table[i].row.name + 2, word) == 0)
            nearest.best = table[i].row.name;
    }
    nearest_hint(&nearest, &hint);
    return err_set(err, ERR_USAGE, "", "no subcommand is called \"%s\"%s", word, buf_cstr(&hint));
}

static bool has_company(const char *with, const struct options *options)
{
    return (options->once != NULL && sv_has_word(sv_of(with), SV("--once"))) ||
           (options->script != NULL && sv_has_word(sv_of(with), SV("--script"))) ||
           (options->demo && sv_has_word(sv_of(with), SV("--demo"))) ||
           (options->subcommand != NULL &&
            sv_has_word(sv_of(with), sv_of(options->subcommand->name)));
}

/* "--once, drift or handover" */
static void add_alternatives(struct buf *out, const char *words)
{
    struct sv rest = sv_of(words);

    for (bool is_first = true; rest.ptr != NULL; is_first = false) {
        struct sv word = sv_split(&rest, ' ');

        buf_add_cstr(out, is_first ? "" : rest.ptr != NULL ? ", " : " or ");
        buf_add(out, word);
    }
}

/* An option that does nothing is not passed over in silence. given: of the options of table. */
static enum err_code check_company(const struct options *options, const bool *given,
                                   struct err *err)
{
    for (size_t t = 0; t < ARRAY_LEN(table); t++) {
        for (size_t i = 0; given[t] && i < ARRAY_LEN(companies); i++) {
            AUTO(buf_done) struct buf with = BUF_NONE;

            if (!sv_has_word(sv_of(companies[i].options), sv_of(table[t].row.name)) ||
                has_company(companies[i].with, options))
                continue;
            add_alternatives(&with, companies[i].with);
            err_set(err, ERR_USAGE, table[t].row.name, "does nothing here: it goes with %s",
                    buf_cstr(&with));
            return err_advise(err, ERR_USAGE, "");
        }
    }
    return OK;
}

/* The words from `:SCREEN` on are a line as behind `:`. A word alone may be the whole of it; among
 * others, one with blanks was quoted. */
static enum err_code take_screen(struct options *options, struct err *err)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    for (size_t i = 0; i < options->n_args; i++) {
        const char *word = options->args[i] + (i == 0);
        const char *quote = options->n_args > 1 && strchr(word, ' ') != NULL ? "\"" : "";
        buf_addf(&line, "%s%s%s%s", i > 0 ? " " : "", quote, word, quote);
    }
    options->n_args = 0;
    if (line.len >= sizeof options->screen)
        return err_set(err, ERR_USAGE, ":", "takes at most %zu bytes", sizeof options->screen - 1);
    str_copy(options->screen, buf_cstr(&line));
    return command_check_screen(buf_sv(&line), err);
}

/* What needs what; checked once all is read. */
static enum err_code check(const struct options *options, struct err *err)
{
    const struct screen *screen = options->once != NULL ? screen_find(sv_of(options->once)) : NULL;

    if (options->once != NULL && screen == NULL)
        return unknown_screen(options->once, err);
    if (screen != NULL && screen->args[0] == '\0' && options->n_args > 0)
        return err_set(err, ERR_USAGE, "--once", "%s stands alone: leave out \"%s\"", screen->name,
                       options->args[0]);
    if (options->once != NULL && options->script != NULL)
        return err_set(err, ERR_USAGE, "--once", "does not go with --script");
    if (options->demo && options->endpoint_url != NULL)
        return err_set(err, ERR_USAGE, "--demo", "has its own endpoint: leave out --endpoint-url");
    if (options->n_args > 0 && options->once == NULL && options->subcommand == NULL)
        return unknown_word(options->args[0], err);
    return OK;
}

/* The words that are no options: a first screen, or a subcommand and what it takes. */
static enum err_code take_words(struct options *options, struct err *err)
{
    if (options->n_args == 0 || options->once != NULL)
        return OK;
    if (options->args[0][0] == ':')
        return take_screen(options, err);
    options->subcommand = subcommand_find(options->args[0]);
    if (options->subcommand != NULL) {
        options->args++;
        options->n_args--;
    }
    return OK;
}

enum err_code options_parse(int argc, char **argv, struct options *options, struct err *err)
{
    bool given[ARRAY_LEN(table)] = {false};
    int n_plain = 0;

    *options = (struct options){.format = EXPORT_TABLE};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            enum err_code code = parse_option(argv, argc, &i, options, given, err);

            if (code != OK)
                return code;
        } else {
            argv[1 + n_plain++] = argv[i]; /* plain words move to the front, in order */
        }
    }
    options->args = (const char *const *)&argv[1];
    options->n_args = (size_t)n_plain;
    enum err_code code = take_words(options, err);

    if (code == OK)
        code = check(options, err);
    return code == OK ? check_company(options, given, err) : code;
}

void options_help(struct buf *out)
{
    buf_add_cstr(
        out, "watchdeck " WATCHDECK_VERSION
             ": a console for those who keep AWS organizations configured\n\n"
             "usage: watchdeck [':SCREEN [ARG...] [@ACCOUNTS] [#REGIONS] [/FILTER]'] [OPTION...]\n"
             "       watchdeck --once SCREEN [ARG...] [--format json] [OPTION...]\n"
             "       watchdeck SUBCOMMAND [ARG...] [OPTION...]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct option_row *row = &table[i].row;
        size_t width = strlen(row->name) + 1 + strlen(row->arg);

        buf_addf(out, "  %s %s", row->name, row->arg);
        if (width > 24)
            buf_add_cstr(out, "\n                           ");
        else
            for (; width < 25; width++)
                buf_add_char(out, ' ');
        buf_addf(out, "%s\n", row->help);
    }
    buf_add_cstr(out, "\nsubcommands:\n");
    for (size_t i = 0; i < n_subcommands; i++)
        buf_addf(out, "  %s %s\n      %s\n", subcommands[i]->name, subcommands[i]->usage,
                 subcommands[i]->help);
    buf_add_cstr(out, "\nscreens:\n");
    for (size_t i = 0; i < n_screens; i++)
        buf_addf(out, "  %s%s%s\n      %s\n", screens[i]->name,
                 screens[i]->args[0] != '\0' ? " " : "", screens[i]->args, screens[i]->help);
    buf_add_cstr(out,
                 "\nexit status of --once and of subcommands: 0 all well, 1 internal, or nobody "
                 "answered, 2 usage, 3 findings\n  of HIGH or worse, 4 partial coverage, 5 "
                 "credentials, 6 refused by the gate, 7 integrity; session, ssh-proxy, forward, "
                 "get and put:\n  what the node's command "
                 "gives, else 0; 2 usage; 255 whatever went wrong here\n");
}
