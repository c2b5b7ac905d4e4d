/*
 * describe_application: what an item of drift in Parameter Store is about: one parameter, or all
 * the settings of an application, when these cannot be compared as a whole.
 */
#include "core/gov/describe/describing.h"
#include "core/gov/systems_manager/parameter.h"

#define SETTINGS_SHOWN 40 /* of each side */

/* "/shop" of "/shop/current"; false for what names one parameter. */
static bool application_path(const struct describing *describing, struct buf *path)
{
    AUTO(buf_done) struct buf below = BUF_NONE;
    struct parameter_name parts;
    buf_addf(&below, "%s/x", describing->id);
    if (parameter_name_parse(sv_of(describing->id), &parts) ||
        !parameter_name_parse(buf_sv(&below), &parts))
        return false;
    buf_addf(path, "/" SV_FMT, SV_ARG(parts.application));
    return true;
}

static void setting_begin(struct inquiry *inquiry, struct describing *describing)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    if (!application_path(describing, &path)) {
        describer_parameter.begin(inquiry, describing);
        return;
    }
    inquiry_read(inquiry, OP_ssm_DescribeParameters, &describing->target,
                 parameter_below_params(buf_sv(&path)), NULL);
}

static void tell_side(const struct inquiry *inquiry, struct describing *describing,
                      enum parameter_side side)
{
    static const char *const sections[PARAMETER_SIDES] = {SECTION_APPROVED, "Current"};
    size_t n = 0;
    INQUIRY_EACH(inquiry, OP_ssm_DescribeParameters, "Parameters", item)
    {
        struct parameter_name parts;
        if (!parameter_name_parse(json_sv(item, "Name"), &parts) || parts.side != side ||
            n++ >= SETTINGS_SHOWN)
            continue;
        tellf(describing, sections[side], parts.key, SV_FMT " version %lld by " SV_FMT,
              SV_ARG(json_sv(item, "Type")), (long long)json_i64(item, "Version", 0),
              SV_ARG(json_sv(item, "LastModifiedUser")));
    }
    if (n > SETTINGS_SHOWN)
        tellf(describing, sections[side], SV("and"), "%zu more", n - SETTINGS_SHOWN);
    if (n == 0 && inquiry_page(inquiry, OP_ssm_DescribeParameters, 0))
        tell(describing, sections[side], SV("nothing"), SV("there is none"));
}

static void setting_end(struct inquiry *inquiry, struct describing *describing)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    if (!application_path(describing, &path))
        describer_parameter.end(inquiry, describing);
    for (int side = 0; path.len > 0 && side < PARAMETER_SIDES; side++)
        tell_side(inquiry, describing, (enum parameter_side)side);
}

const struct describer describer_setting = {setting_begin, setting_end};
