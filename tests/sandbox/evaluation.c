#include "tests/sandbox/evaluation.h"
void evaluations_free(struct world *world)
{
    (void)world;
}
#include "tests/sandbox/world.h"

void world_print_rules(FILE *out)
{
    (void)out;
}
