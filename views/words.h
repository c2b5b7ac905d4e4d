/*
 * words: what AWS and the gate call their states, each with its sign and colour.
 */
#ifndef VIEWS_WORDS_H
#define VIEWS_WORDS_H

/* Teaches the theme these words. At start-up, once. */
void words_register(void);

#endif
