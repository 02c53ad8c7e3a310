/* Who cancels a job says so on Redis's channel sluice:cancel, as
   {"v":1,"job":id}. A slot that hears of its own asks the record at once: a
   message that was made up costs a question, a lost one some seconds. */

#ifndef SLUICE_CANCEL_H
#define SLUICE_CANCEL_H

typedef struct cancel_s cancel_t;

/* Connects when first used. NULL without memory. */
cancel_t *cancel_create(const char *address);
void cancel_free(cancel_t *cancel);

/* Nonzero when the job was cancelled since the last call, as far as was heard.
   Never waits; `cancel` may be NULL. */
int cancel_heard(cancel_t *cancel, const char *job);

#endif
