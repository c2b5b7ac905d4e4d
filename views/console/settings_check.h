/*
 * settings_check: what the settings name and the console alone knows.
 */
#ifndef VIEWS_SETTINGS_CHECK_H
#define VIEWS_SETTINGS_CHECK_H

#include "core/gov/settings.h"

/*
 * Whether there are the theme and the key file that the settings name, so that a program without
 * a screen says what is wrong there, too. ERR_CONFIG names file:line and what there is. What is
 * wrong in the key file itself is left to keys_read. Any runner.
 */
enum err_code settings_check(const struct settings *settings, struct err *err);

#endif
