/*
 * shell_line: what the shells of the product speak over: the data channels of Session Manager.
 */
#ifndef VIEWS_SHELL_LINE_H
#define VIEWS_SHELL_LINE_H

#include "views/shell/shells.h"

extern const struct shell_line shell_line_channel;

#endif
