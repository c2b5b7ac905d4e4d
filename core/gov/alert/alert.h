/*
 * alert: what waits for a person and is HIGH or worse is told of, as alert_topic and alert_ops_item
 * of the settings say: an OpsItem for each thing in its own account and region, a message to the
 * topic for what is new. Each thing once: by the notices of this machine, and between machines by
 * the OpsItem's dedup string, which is the thing's key. Whoever finds that there is an OpsItem
 * already tells the topic nothing: another console has.
 */
#ifndef CORE_GOV_ALERT_H
#define CORE_GOV_ALERT_H

#include "core/gov/queue/item.h"

#define ALERT_TOPIC    "alert_topic" /* the settings, and what their notices go by */
#define ALERT_OPS_ITEM "alert_ops_item"

/*
 * What a load finds to tell of, the load's; NULL when the settings, or the kind of run, tell
 * nobody. Once the list is whole all of it is told of, the worst first, also when the load is
 * closed meanwhile; gov_on_alerted says what came of that. On RUN_WORKER, like what follows.
 */
struct alerts;
struct alerts *alerts_begin(struct load *load);
/* Keeps what has to be told of item, when it is HIGH or worse, unadjusted, and no exception holds
 * for it. alerts may be NULL. */
void alerts_take(struct alerts *alerts, const struct item_waivers *waivers,
                 const struct item *item);

/* At the start of a gov: what its settings consent to. Any runner. */
void alerts_consent(struct gov *gov);

#endif
