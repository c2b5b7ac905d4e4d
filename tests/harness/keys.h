/*
 * keys: what a terminal sends for a key.
 */
#ifndef TESTS_HARNESS_KEYS_H
#define TESTS_HARNESS_KEYS_H

#include "core/base/str.h"

#define KEY_BYTES_MAX 16

/* The bytes that xterm (cursor keys in normal mode) sends for the key called name ("j", "Down",
 * "ctrl-d", "alt-x", "shift-Tab", "F1"), into bytes[KEY_BYTES_MAX]; 0: no such name. */
size_t key_bytes(struct sv name, char *bytes);

#endif
