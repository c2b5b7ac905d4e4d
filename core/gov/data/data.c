#include "core/gov/data/data.h"

#define EMBED(symbol, file)                                                  \
    __asm__(".section .rodata\n"                                             \
            "data_" #symbol ":\n"                                            \
            ".incbin \"" GOV_DATA_DIR "/" file "\"\n"                        \
            "data_" #symbol "_end:\n"                                        \
            ".previous\n");                                                  \
    extern const char data_##symbol[] __attribute__((visibility("hidden"))); \
    extern const char data_##symbol##_end[] __attribute__((visibility("hidden")));

#define DOCUMENT(file, name) EMBED(file, #file ".json")
#include "core/gov/data/documents.def"
#undef DOCUMENT
EMBED(guard_rule, "security-groups.guard")

#define DOCUMENT(file, name)                                                                       \
    struct gov_document gov_document_##file(void)                                                  \
    {                                                                                              \
        struct gov_document document = {name,                                                      \
                                        {data_##file, (size_t)(data_##file##_end - data_##file)}}; \
        return document;                                                                           \
    }
#include "core/gov/data/documents.def"
#undef DOCUMENT

struct sv gov_guard_rule(void)
{
    return (struct sv){data_guard_rule, (size_t)(data_guard_rule_end - data_guard_rule)};
}
