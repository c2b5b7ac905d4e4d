/*
 * owned: documents that AWS owns, and the organization's own one, as they lie in owned/, carried
 * inside the program.
 *
 * Of AWS's remediation documents those are here whose operations the sandbox serves. Their names
 * and parameters are AWS's, their steps are ours.
 */
#include "tests/sandbox/automation/document.h"

#define EMBED(name)                                              \
    __asm__(".section .rodata\n"                                 \
            ".global owned_" #name "\n"                          \
            "owned_" #name ":\n"                                 \
            ".incbin \"" SANDBOX_OWNED_DIR "/" #name ".json\"\n" \
            ".byte 0\n"                                          \
            ".previous\n");                                      \
    extern const char owned_##name[];

#define OWNED(file, name) EMBED(file)
#include "tests/sandbox/automation/owned.def"
#undef OWNED
EMBED(close_rule)

#define OWNED(file, name) {name, owned_##file},
const struct owned_document owned_documents[] = {
#include "tests/sandbox/automation/owned.def"
};
#undef OWNED
const size_t n_owned_documents = sizeof owned_documents / sizeof *owned_documents;

const char *const close_rule_document = owned_close_rule;
