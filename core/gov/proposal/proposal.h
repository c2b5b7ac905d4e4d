/*
 * proposal: four eyes without a server of ours. Somebody starts an automation of our own document
 * in the account of the resource (form.h: what can be put to somebody else); it waits at
 * aws:approve, and once another person has approved it, it sends the exact calls and looks at what
 * came of them. The change kinds `propose`, `withdraw`, `approve` and `decline`.
 */
#ifndef CORE_GOV_PROPOSAL_H
#define CORE_GOV_PROPOSAL_H

#include "core/gov/planner.h"

/*
 * propose: ssm StartAutomationExecution of our document, which is made, or gets a new version,
 * before, when what is there is not what we have. Two people who propose the same start it once:
 * the client token is made of the item's key, the document and the revision. Done when an execution
 * about the item waits for a yes, or has waited.
 */
extern const struct change_kind change_propose;
/* How a proposal stands by its execution, as GetAutomationExecution tells it: AFTER once its
 * aws:approve has begun to wait, whatever was decided since; UNDERWAY before, FAILED when it has
 * failed before, both with *why. Pure. */
enum change_stand proposal_stand(const cJSON *execution, struct err *why);
/* withdraw, its undo: StopAutomationExecution. Done when it has ended without having been approved.
 */
extern const struct change_kind change_withdraw;
/*
 * approve, decline: SendAutomationSignal with what was decided and why. Whoever has started an
 * execution does not approve it. An approved one is followed to its end, and done is only what AWS
 * shows to be done, by the look of the change that it carries out. Undone as that change is.
 */
extern const struct change_kind change_approve, change_decline;

/* The planners `propose` (another planner's name, its arguments), `approve` (execution) and
 * `decline` (execution, reason): in planners.def. */

/* Whether two others have to approve what is proposed: when the settings want four eyes at all,
 * what is CRITICAL or cannot be taken back. Pure. */
bool proposal_needs_two(const struct gov *gov, const struct change_plan *inner);

#endif
