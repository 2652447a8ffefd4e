/* The peer of torch's memory kernels: read, copy and triad in plain C, as the STREAM benchmark defines the last two.
 *
 * Built at run time with the machine's own compiler into a shared library (see peer_build.py) and called from the
 * process that times torch, over the same memory and by the same threads (stream_threads.h).
 *
 * Vectors are the compiler's own 64-byte vector type: one register with AVX-512, two with AVX2, four with NEON.
 * Only stores past the cache need the machine's names, hence the macros.
 */
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif
#include "stream_threads.h"

#define LANES 16   /* float32 in a vector */
#define LINES 4    /* places that one thread reads in turn */
#define LOADS 2    /* vectors it reads at each, each added to a sum of its own */

/* aligned to one element only, so that slices may start anywhere a float32 may */
typedef float vector __attribute__((vector_size(64), aligned(4), may_alias));

#if defined(__AVX512F__)
#define PAST 1
static inline void past(float *to, vector value) { _mm512_stream_ps(to, (__m512)value); }
#elif defined(__AVX__)
#define PAST 1
static inline void past(float *to, vector value)
{
    union { vector whole; __m256 half[2]; } parts = {.whole = value};
    _mm256_stream_ps(to, parts.half[0]);
    _mm256_stream_ps(to + 8, parts.half[1]);
}
#elif defined(__SSE2__)
#define PAST 1
static inline void past(float *to, vector value)
{
    union { vector whole; __m128 quarter[4]; } parts = {.whole = value};
    for (int at = 0; at < 4; at++) _mm_stream_ps(to + 4 * at, parts.quarter[at]);
}
#elif defined(__aarch64__)
#define PAST 1
typedef float pair_part __attribute__((vector_size(16)));
static inline void past(float *to, vector value)
{
    union { vector whole; pair_part quarter[4]; } parts = {.whole = value};
    for (int at = 0; at < 4; at += 2)
        __asm__ volatile("stnp %q0, %q1, [%2]"
                         : : "w"(parts.quarter[at]), "w"(parts.quarter[at + 1]), "r"(to + 4 * at) : "memory");
}
#else
#define PAST 0
static inline void past(float *to, vector value) { *(vector *)to = value; }
#endif

/* Make stores past the cache visible before the call returns. */
static inline void settle(void)
{
#if defined(__SSE2__) || defined(__AVX__)
    _mm_sfence();
#else
    __sync_synchronize();
#endif
}

/* Several places of the slice are read in turn: the memory keeps more requests in flight than along a single line. */
static double read_slice(const float *from, size_t count)
{
    vector sums[LINES * LOADS] = {{0}};
    const size_t line = count / LINES / (LOADS * LANES) * (LOADS * LANES);
    for (size_t at = 0; at < line; at += LOADS * LANES)
        for (int load = 0; load < LINES * LOADS; load++)
            sums[load] += *(const vector *)(from + load / LOADS * line + at + load % LOADS * LANES);
    double sum = 0;
    for (int load = 0; load < LINES * LOADS; load++)
        for (int lane = 0; lane < LANES; lane++) sum += sums[load][lane];
    for (size_t at = LINES * line; at < count; at++) sum += from[at];
    return sum;
}

/* The barrier in the loops below keeps the compiler from putting the C library's memcpy in their place. */
#define KEEP __asm__ volatile("" ::: "memory")

static void copy_slice(float *to, const float *from, size_t count)
{
    size_t at = 0;
    for (; at + 4 * LANES <= count; at += 4 * LANES) {
        KEEP;
        for (int part = 0; part < 4; part++) *(vector *)(to + at + part * LANES) = *(const vector *)(from + at + part * LANES);
    }
    for (; at < count; at++) { KEEP; to[at] = from[at]; }
}

static void triad_slice(float *to, const float *first, const float *second, float factor, size_t count)
{
    size_t at = 0;
    for (; at + 4 * LANES <= count; at += 4 * LANES)
        for (int part = 0; part < 4; part++) {
            const size_t here = at + part * LANES;
            *(vector *)(to + here) = *(const vector *)(first + here) + factor * *(const vector *)(second + here);
        }
    for (; at < count; at++) to[at] = first[at] + factor * second[at];
}

/* Elements until `to` is aligned to a vector, as stores past the cache must be. */
static size_t until_aligned(const float *to, size_t count)
{
    const size_t wanted = (size_t)(-(uintptr_t)to & 63) / sizeof(float);
    return wanted < count ? wanted : count;
}

static void copy_past_slice(float *to, const float *from, size_t count)
{
    size_t at = until_aligned(to, count);
    copy_slice(to, from, at);
    for (; at + 4 * LANES <= count; at += 4 * LANES)
        for (int part = 0; part < 4; part++) past(to + at + part * LANES, *(const vector *)(from + at + part * LANES));
    copy_slice(to + at, from + at, count - at);
    settle();
}

static void triad_past_slice(float *to, const float *first, const float *second, float factor, size_t count)
{
    size_t at = until_aligned(to, count);
    triad_slice(to, first, second, factor, at);
    for (; at + 4 * LANES <= count; at += 4 * LANES)
        for (int part = 0; part < 4; part++) {
            const size_t here = at + part * LANES;
            past(to + here, *(const vector *)(first + here) + factor * *(const vector *)(second + here));
        }
    triad_slice(to + at, first + at, second + at, factor, count - at);
    settle();
}

/* One thread's share of a task: slices of whole cache lines, the last one takes what is left. */
static void do_slice(const struct task *task, int index, int slices)
{
    const size_t share = task->count / slices / LANES * LANES, from = index * share;
    const size_t count = index == slices - 1 ? task->count - from : share;
    float *to = task->target + from;
    const float *first = task->first + from, *second = task->second + from;
    switch (task->work) {
    case READ: task->sums[8 * index] = read_slice(first, count); break;
    case COPY: copy_slice(to, first, count); break;
    case TRIAD: triad_slice(to, first, second, task->factor, count); break;
    case COPY_PAST: copy_past_slice(to, first, count); break;
    case TRIAD_PAST: triad_past_slice(to, first, second, task->factor, count); break;
    case LEAVE: break;
    }
}

int stream_has_past(void) { return PAST; }

/* Bytes of the vector registers this was built for. */
int stream_vector_bytes(void)
{
#if defined(__AVX512F__)
    return 64;
#elif defined(__AVX__)
    return 32;
#else
    return 16;
#endif
}

double stream_read(const float *from, size_t count)
{
    double sums[8 * MOST] = {0}, sum = 0;  /* a cache line each */
    everybody((struct task){.work = READ, .first = from, .second = from, .target = (float *)from, .count = count, .sums = sums});
    for (int index = 0; index < MOST; index++) sum += sums[8 * index];
    return sum;
}

void stream_copy(float *to, const float *from, size_t count, int past_the_cache)
{
    const enum work work = past_the_cache ? COPY_PAST : COPY;
    everybody((struct task){.work = work, .target = to, .first = from, .second = from, .count = count});
}

void stream_triad(float *to, const float *first, const float *second, float factor, size_t count, int past_the_cache)
{
    const enum work work = past_the_cache ? TRIAD_PAST : TRIAD;
    everybody((struct task){work, to, first, second, factor, count, NULL});
}
