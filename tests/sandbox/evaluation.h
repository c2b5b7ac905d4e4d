#ifndef SANDBOX_EVALUATION_H
#define SANDBOX_EVALUATION_H
struct world;
void evaluations_free(struct world *world);
#endif
