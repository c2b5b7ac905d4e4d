/* The scripts of tests/screens, played and compared with their goldens, one test each. */
#ifndef TESTS_UNIT_SCREENS_HELPER_SCRIPTS_H
#define TESTS_UNIT_SCREENS_HELPER_SCRIPTS_H

/*
 * Runs those whose names match the pattern of glob(7) that names is, or of these only the ones with
 * word in their name (NULL: all). Returns how many failed, as main does.
 */
int scripts_run(const char *names, const char *word);

#endif
