/*
 * rto: how long a message may stay unacknowledged before it is sent again.
 *
 * The smoothed round trip of RFC 6298, with the constants of the reference client and agent.
 */
#ifndef CORE_SESSION_WIRE_RTO_H
#define CORE_SESSION_WIRE_RTO_H

/* Milliseconds, with fractions. */
struct rto {
    double smoothed_ms, variation_ms, timeout_ms;
};

extern const struct rto rto_initial;

/* A message that was sent once has been acknowledged after sample_ms. Messages that were sent again
 * give no sample: nobody knows which of them was acknowledged (Karn). */
void rto_sample(struct rto *rto, double sample_ms);

#endif
