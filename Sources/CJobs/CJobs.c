#include "CJobs.h"

#include <time.h>

// What the runtime exports: names, meanings and calling convention from include/swift/Runtime/Concurrency.h of the Swift
// project. An executor is two words; both are 0 for the one that tasks have by default.
#define SWIFT_CALL __attribute__((swiftcall))

typedef SWIFT_CALL void original_enqueue(void *job);
typedef SWIFT_CALL void original_enqueue_delayed(uint64_t nanoseconds, void *job);
typedef SWIFT_CALL void original_enqueue_until(int64_t, int64_t, int64_t, int64_t, int, void *job);

extern SWIFT_CALL void (*swift_task_enqueueGlobal_hook)(void *job, original_enqueue *original);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDelay_hook)(
    uint64_t nanoseconds, void *job, original_enqueue_delayed *original);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDeadline_hook)(
    int64_t seconds, int64_t nanoseconds, int64_t tolerance_seconds, int64_t tolerance_nanoseconds, int clock, void *job,
    original_enqueue_until *original);
extern SWIFT_CALL void swift_job_run(void *job, uintptr_t identity, uintptr_t implementation);
extern SWIFT_CALL void swift_get_time(int64_t *seconds, int64_t *nanoseconds, int clock);

static hubwatch_job_taker take_now;
static hubwatch_late_job_taker take_later;

static SWIFT_CALL void enqueue(void *job, original_enqueue *original) { take_now(job); }

static SWIFT_CALL void enqueue_delayed(uint64_t nanoseconds, void *job, original_enqueue_delayed *original) {
  take_later(job, nanoseconds);
}

static SWIFT_CALL void enqueue_until(
    int64_t seconds, int64_t nanoseconds, int64_t tolerance_seconds, int64_t tolerance_nanoseconds, int clock, void *job,
    original_enqueue_until *original) {
  int64_t now_seconds = 0, now_nanoseconds = 0, left = 0;
  swift_get_time(&now_seconds, &now_nanoseconds, clock);
  // A moment that cannot be counted lies so far away that it never comes.
  if (__builtin_sub_overflow(seconds, now_seconds, &left) || __builtin_mul_overflow(left, 1000000000, &left) ||
      __builtin_add_overflow(left, nanoseconds - now_nanoseconds, &left)) {
    left = seconds > now_seconds ? INT64_MAX : 0;
  }
  take_later(job, left > 0 ? (uint64_t)left : 0);
}

void hubwatch_take_jobs(hubwatch_job_taker now, hubwatch_late_job_taker later) {
  take_now = now;
  take_later = later;
  swift_task_enqueueGlobal_hook = enqueue;
  swift_task_enqueueGlobalWithDelay_hook = enqueue_delayed;
  swift_task_enqueueGlobalWithDeadline_hook = enqueue_until;
}

void hubwatch_run_job(void *job) { swift_job_run(job, 0, 0); }

// Dispatch's threads report to these two when they begin and end, and from the first report on Dispatch looks after its pool
// once a second, for as long as the process lives (_dispatch_workq_monitor_pools, src/event/workqueue.c of
// swift-corelibs-libdispatch). A daemon that rests for hours shall not wake up for that. Where Dispatch is part of the program,
// as in what is installed, the linker takes these in place of its own; where it is a library beside it, nobody calls them.
// What is lost is that the pool grows while its threads are blocked: no job of ours runs there.
void _dispatch_workq_worker_register(void *queue);
void _dispatch_workq_worker_unregister(void *queue);

void _dispatch_workq_worker_register(void *queue) {}
void _dispatch_workq_worker_unregister(void *queue) {}
