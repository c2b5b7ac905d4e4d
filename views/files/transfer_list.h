/* transfer_list: the screen of the transfers, as far as others have to know of it. */
#ifndef VIEWS_FILES_TRANSFER_LIST_H
#define VIEWS_FILES_TRANSFER_LIST_H

#include "views/command.h"

/* The commands end and reopen on a row of that screen. ERR_NOT_FOUND: it has been forgotten. */
enum err_code transfer_end(const struct command_call *call, struct err *err);
/* ERR_UNSUPPORTED: it is not over. */
enum err_code transfer_reopen(const struct command_call *call, struct err *err);

#endif
