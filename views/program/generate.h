/*
 * generate: the man page, the completions, the table of keys and the IAM policy, made from the
 * tables of options, screens, commands and keys.
 */
#ifndef VIEWS_GENERATE_H
#define VIEWS_GENERATE_H

#include "core/base/err.h"
#include "core/base/str.h"

/* what is man, bash, zsh, fish, keys (Markdown) or iam-policy (JSON); ERR_USAGE otherwise. */
enum err_code generate(const char *what, struct buf *out, struct err *err);

#endif
