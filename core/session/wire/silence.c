#include "core/session/wire/silence.h"

void silence_begin(struct silence *silence, int64_t now_us)
{
    *silence = (struct silence){.since_us = now_us};
}

void silence_answered(struct silence *silence, int64_t now_us)
{
    if (!silence->has_answered)
        silence->since_us = now_us;
    silence->has_answered = true;
}

enum silence_step silence_look(struct silence *silence, bool is_owing, int64_t now_us)
{
    if (now_us < silence_due_us(silence))
        return SILENCE_WAIT;
    silence->since_us = now_us;
    if (silence->has_answered)
        return SILENCE_TELL;
    return is_owing ? SILENCE_WAIT : SILENCE_ASK;
}

int64_t silence_due_us(const struct silence *silence)
{
    int64_t after_ms = silence->has_answered ? SILENCE_MS : SILENCE_ASK_MS;

    return silence->since_us + after_ms * 1000;
}
