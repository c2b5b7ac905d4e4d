#include "core/gov/data/data.h"

#define EMBED(symbol, file)                                                  \
    __asm__(".section .rodata\n"                                             \
            "data_" #symbol ":\n"                                            \
            ".incbin \"" GOV_DATA_DIR "/" file "\"\n"                        \
            "data_" #symbol "_end:\n"                                        \
            ".previous\n");                                                  \
    extern const char data_##symbol[] __attribute__((visibility("hidden"))); \
    extern const char data_##symbol##_end[] __attribute__((visibility("hidden")));

EMBED(close_rule, "close_rule.json")
EMBED(guard_rule, "security-groups.guard")

struct gov_document gov_document_close_rule(void)
{
    struct gov_document document = {
        "Watchdeck-CloseSecurityGroupRule",
        {data_close_rule, (size_t)(data_close_rule_end - data_close_rule)}};
    return document;
}

struct sv gov_guard_rule(void)
{
    return (struct sv){data_guard_rule, (size_t)(data_guard_rule_end - data_guard_rule)};
}
