/* evaluate-sg: the policy for security groups over rules in a file, for pipelines. */
#include "core/gov/security_group/sg_evaluate.h"

#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/settings.h"
#include "views/program/once.h"
#include "views/program/subcommand.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

static enum err_code check_call(const struct options *options, struct err *err)
{
    if (options->n_args != 1)
        return err_set(err, ERR_USAGE, "evaluate-sg", "takes one FILE, or - for standard input");
    if (options->format != EXPORT_TABLE && options->format != EXPORT_JSON)
        return err_set(err, ERR_USAGE, "evaluate-sg", "prints --format json alone");
    return OK;
}

static enum err_code read_rules(const char *path, struct buf *text, const char **where,
                                struct err *err)
{
    bool from_stdin = strcmp(path, "-") == 0;

    *where = from_stdin ? "standard input" : path;
    return from_stdin ? os_read_all(STDIN_FILENO, FILE_BYTES_MAX, text, *where, err)
                      : os_read_file(path, FILE_BYTES_MAX, text, err);
}

static enum err_code judge(const struct sg_policy *policy, const char *path, struct buf *out,
                           enum severity *worst, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(FILE_BYTES_MAX);
    const char *where;

    if (read_rules(path, &text, &where, err) != OK)
        return err->code;
    if (sg_evaluate(policy, buf_sv(&text), where, out, worst, err) != OK)
        return err_advise(err, err->code,
                          "give it what `aws ec2 describe-security-group-rules` prints as JSON");
    buf_add_char(out, '\n');
    return OK;
}

static enum err_code evaluate(const struct options *options, struct buf *out, enum severity *worst,
                              struct err *err)
{
    struct settings settings;

    if (check_call(options, err) != OK || settings_load(options->config_file, &settings, err) != OK)
        return err->code;
    return judge(&settings.sg_policy, options->args[0], out, worst, err);
}

static int run(const struct options *options)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    enum severity worst = SEVERITY_NONE;
    struct err err = ERR_NONE;
    int status = subcommand_end(evaluate(options, &out, &worst, &err), &out, &err);

    return status == 0 && worst >= SEVERITY_HIGH ? EXIT_FINDINGS : status;
}

const struct subcommand subcommand_evaluate_sg = {
    .name = "evaluate-sg",
    .usage = "FILE",
    .help = "judge the rules that `aws ec2 describe-security-group-rules` has printed (-: standard "
            "input)",
    .run = run,
};
