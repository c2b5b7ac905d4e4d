/* The scripts whose names begin with a to e: a program of its own, so that others run beside it. */
#include <stddef.h>

#include "tests/unit/screens/helper_scripts.h"

/* test_scripts_a_to_e [WORD]: only those with the word in their names. */
int main(int argc, char **argv)
{
    return scripts_run("[a-e]*", argc > 1 ? argv[1] : NULL);
}
