/* Who runs a task of stream.c: torch's own OpenMP threads where their runtime can be called, else a pool of our own.
 *
 * A pool of our own loses in turns with torch: OpenMP's threads spin for milliseconds after each call of torch, on the
 * cores where ours are to run.  Lent the same threads, only the kernels differ.
 */
#ifndef STREAM_THREADS_H
#define STREAM_THREADS_H
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define MOST 512  /* threads */

enum work { READ, COPY, TRIAD, COPY_PAST, TRIAD_PAST, LEAVE };

struct task {
    enum work work;
    float *target;
    const float *first, *second;
    float factor;
    size_t count;
    double *sums;  /* of a read: every eighth is one slice's */
};

static void do_slice(const struct task *task, int index, int slices);

/* OpenMP's entry points as GCC's runtime names them; LLVM's has the same names on Linux. */
typedef void (*parallel_call)(void (*body)(void *), void *data, unsigned threads, unsigned flags);
typedef int (*number_call)(void);

static struct {
    int count;  /* threads, the calling one among them; 0: not started */
    parallel_call parallel;
    number_call own_number, number_of_threads;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    pthread_t threads[MOST];
    unsigned long turn;
    int busy;
    struct task task;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .start = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* The body of an OpenMP region; the runtime may grant fewer threads than asked for. */
static void do_own_slices(void *data)
{
    const int step = pool.number_of_threads();
    for (int index = pool.own_number(); index < pool.count; index += step) do_slice(data, index, pool.count);
}

static void *wait_and_work(void *argument)
{
    const int index = (int)(intptr_t)argument;
    unsigned long seen = 0;
    for (;;) {
        pthread_mutex_lock(&pool.lock);
        while (pool.turn == seen) pthread_cond_wait(&pool.start, &pool.lock);
        seen = pool.turn;
        const struct task task = pool.task;
        const int slices = pool.count;
        pthread_mutex_unlock(&pool.lock);
        if (task.work == LEAVE) return NULL;
        do_slice(&task, index, slices);
        pthread_mutex_lock(&pool.lock);
        if (--pool.busy == 0) pthread_cond_signal(&pool.done);
        pthread_mutex_unlock(&pool.lock);
    }
}

static void post(struct task task)
{
    pthread_mutex_lock(&pool.lock);
    pool.task = task;
    pool.busy = pool.count - 1;
    pool.turn++;
    pthread_cond_broadcast(&pool.start);
    pthread_mutex_unlock(&pool.lock);
}

/* Run a task on all threads, the caller among them, and wait. */
static void everybody(struct task task)
{
    if (pool.parallel) {
        pool.parallel(do_own_slices, &task, pool.count, 0);
        return;
    }
    post(task);
    do_slice(&task, 0, pool.count);
    pthread_mutex_lock(&pool.lock);
    while (pool.busy) pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

/* End our own threads, so that the library may be unloaded. */
void stream_stop(void)
{
    if (pool.count && !pool.parallel) {
        post((struct task){.work = LEAVE});
        for (int index = 1; index < pool.count; index++) pthread_join(pool.threads[index], NULL);
    }
    pool.count = 0;
}

/* Make ready for so many threads, of the OpenMP runtime with these functions or (all NULL) our own; 0 when they are. */
int stream_start(int threads, parallel_call parallel, number_call own_number, number_call number_of_threads)
{
    if (threads < 1 || threads > MOST || pool.count) return -1;
    pool.parallel = own_number && number_of_threads ? parallel : NULL;
    pool.own_number = own_number;
    pool.number_of_threads = number_of_threads;
    pool.count = threads;
    if (pool.parallel) return 0;
    for (pool.count = 1; pool.count < threads; pool.count++)
        if (pthread_create(&pool.threads[pool.count], NULL, wait_and_work, (void *)(intptr_t)pool.count) != 0) {
            stream_stop();
            return -1;
        }
    return 0;
}
#endif
