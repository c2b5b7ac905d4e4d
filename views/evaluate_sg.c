/* evaluate-sg: the policy for security groups over rules in a file, for pipelines. */
#include "core/gov/security_group/sg_evaluate.h"

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/settings.h"
#include "views/once.h"
#include "views/subcommand.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

static enum err_code check_call(const struct options *options, struct err *err)
{
    if (options->n_args != 1)
        return err_set(err, ERR_USAGE, "evaluate-sg", "takes one FILE");
    if (options->format != EXPORT_TABLE && options->format != EXPORT_JSON)
        return err_set(err, ERR_USAGE, "evaluate-sg", "prints --format json alone");
    return OK;
}

static enum err_code evaluate(const struct options *options, struct buf *out, enum severity *worst,
                              struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(FILE_BYTES_MAX);
    struct settings settings;
    enum err_code code = check_call(options, err);

    if (code == OK)
        code = settings_load(options->config_file, &settings, err);
    if (code == OK)
        code = os_read_file(options->args[0], FILE_BYTES_MAX, &text, err);
    if (code == OK)
        code = sg_evaluate(&settings.sg_policy, buf_sv(&text), options->args[0], out, worst, err);
    if (code == ERR_PARSE)
        err_advise(err, code,
                   "give it what `aws ec2 describe-security-group-rules` prints as JSON");
    if (code == OK)
        buf_add_char(out, '\n');
    return code;
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
    .help = "judge the rules that `aws ec2 describe-security-group-rules` has printed",
    .run = run,
};
