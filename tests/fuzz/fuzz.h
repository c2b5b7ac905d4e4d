/*
 * fuzz: what the harnesses share. A broken promise ends the process, which libFuzzer reports.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "core/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(truth) ((truth) ? (void)0 : abort())

#endif
