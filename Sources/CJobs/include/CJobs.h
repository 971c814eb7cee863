// The hooks of Swift's concurrency runtime by which a program runs the jobs of its tasks and actors itself.
#ifndef HUBWATCH_CJOBS_H
#define HUBWATCH_CJOBS_H

#include <stdint.h>

// Takes a job that may run at once.
typedef void (*hubwatch_job_taker)(void *job);
// Takes a job that may run after so many nanoseconds, counted while the machine sleeps, too.
typedef void (*hubwatch_late_job_taker)(void *job, uint64_t nanoseconds);

// From now on jobs that no actor's own executor runs are handed over, each of which hubwatch_run_job has to run once, on any
// thread. Only before the first task begins.
void hubwatch_take_jobs(hubwatch_job_taker now, hubwatch_late_job_taker later);
// Runs a job to its next suspension.
void hubwatch_run_job(void *job);

#endif
