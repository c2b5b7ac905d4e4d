/* The models as they lie in api/, carried inside the program. */
#include "tests/sandbox/wire/api_data.h"

#define EMBED(name)                                            \
    __asm__(".section .rodata\n"                               \
            ".global api_" #name "\n"                          \
            "api_" #name ":\n"                                 \
            ".incbin \"" SANDBOX_API_DIR "/" #name ".json\"\n" \
            ".global api_" #name "_end\n"                      \
            "api_" #name "_end:\n"                             \
            ".byte 0\n"                                        \
            ".previous\n");                                    \
    extern const char api_##name[], api_##name##_end[];

#define SERVICE(name) EMBED(name)
#include "tests/sandbox/services/services.def"
#undef SERVICE

#define SERVICE(name) {#name, api_##name, api_##name##_end},
const struct api_text api_texts[] = {
#include "tests/sandbox/services/services.def"
};
#undef SERVICE
const size_t n_api_texts = sizeof api_texts / sizeof *api_texts;
