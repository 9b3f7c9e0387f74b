/* The fast engine's inner loops: a network of integer layers, event by event, as docs/semantics.md
   defines it. Written from that text, as the Verilog is.

   Arrays are as native.py hands them over: a map lies in memory as [H, W, C], a sum of products is
   an int32, and native.py has made sure from the build's intervals that every one of them fits.
   Vectors are GCC's, which each processor gets in the width that it has. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

enum { LANES = 16, BLOCK = 4 }; /* int32 sums of a vector; vectors that are summed at once */
typedef int32_t Vector __attribute__((vector_size(4 * LANES)));
typedef int32_t Weights __attribute__((vector_size(4 * LANES), aligned(4)));

enum { TERNARY, BINARY, INTEGRATOR };
enum { HARD, SOFT, NONE };

typedef struct {
  int32_t in[3], out[3]; /* channels, height, width */
  int32_t kernel[2], stride[2], padding[2];
} Window;

typedef struct {
  int32_t source;    /* its stream: 0 is the input, i + 1 what layer i fires */
  int32_t is_static; /* the source is the same in all time steps */
  int32_t pools;
  const Window *pool;
  Window conv;
  int32_t groups; /* of the convolution */
  int32_t row;    /* weights of a row: a group's outputs, rounded up to whole vectors */
  int32_t shift;
  const int32_t *w; /* [groups, ky, kx, inputs of a group, row]; depthwise [ky, kx, C] */
} Synapse;

typedef struct {
  int32_t synapses;
  const Synapse *synapse;
  int32_t size; /* neurons */
  int32_t mode, reset, m, k;
  const int32_t *v_threshold, *bias; /* [size] */
} Layer;

typedef struct {  /* of each event: */
  int32_t *at;    /* where its weights are, in a kernel whose row begins at column 0 of the map */
  int32_t *value; /* what it is worth: a spike, or the sum of a pool */
} Events;

typedef struct { /* what a sample needs beside its streams, as large as any layer needs it */
  int32_t *still, *current, *v, *pooled[2], *first;
  Events events;
} Scratch;

/* Whole vectors of append_spikes and append_sums, where the processor packs what is kept itself. */
#ifdef __AVX512F__
#define WHOLE_VECTORS(LOAD)                                                                  \
  const __m512i rows = _mm512_mullo_epi32(                                                   \
      _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),                \
      _mm512_set1_epi32(row));                                                               \
  for (; c + LANES <= inputs; c += LANES) {                                                  \
    __m512i values = LOAD(s + c);                                                            \
    __m512i ats = _mm512_add_epi32(rows, _mm512_set1_epi32(at + c * row));                   \
    __mmask16 some = _mm512_test_epi32_mask(values, values);                                 \
    _mm512_storeu_si512(to.at + n, _mm512_maskz_compress_epi32(some, ats));                  \
    _mm512_storeu_si512(to.value + n, _mm512_maskz_compress_epi32(some, values));            \
    n += __builtin_popcount(some);                                                           \
  }
#define LOAD_SPIKES(s) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(s)))
#else
#define WHOLE_VECTORS(LOAD)
#endif

/* Append those of s[0 .. inputs - 1] that are not 0 as events, the first with its weights at `at`.
   Each value is written, and kept if it is not 0: no branch depends on it. Returns their number. */
#define DEFINE_APPEND(NAME, T, LOAD)                                                         \
  static inline int NAME(const T *s, int inputs, int at, int row, Events to, int n) {        \
    int c = 0;                                                                               \
    WHOLE_VECTORS(LOAD)                                                                      \
    for (; c < inputs; c++) {                                                                \
      to.at[n] = at + c * row;                                                               \
      to.value[n] = s[c];                                                                    \
      n += s[c] != 0;                                                                        \
    }                                                                                        \
    return n;                                                                                \
  }
DEFINE_APPEND(append_spikes, int8_t, LOAD_SPIKES)
DEFINE_APPEND(append_sums, int32_t, _mm512_loadu_si512)

/* The events of `inputs` channels of a map, by position: those of position p are first[p] ..
   first[p + 1] - 1. */
#define DEFINE_EVENTS(NAME, APPEND, T)                                                       \
  static void NAME(const T *s, const Window *o, int inputs, int row, int32_t *first,         \
                   Events events) {                                                          \
    int n = 0;                                                                               \
    for (int y = 0; y < o->in[1]; y++)                                                       \
      for (int x = 0; x < o->in[2]; x++, s += o->in[0]) {                                    \
        *first++ = n;                                                                        \
        n = APPEND(s, inputs, x * inputs * row, row, events, n);                             \
      }                                                                                      \
    *first = n;                                                                              \
  }
DEFINE_EVENTS(events_of_spikes, append_spikes, int8_t)
DEFINE_EVENTS(events_of_sums, append_sums, int32_t)

typedef struct {
  int top, left;      /* where a window begins, outside of the map too */
  int y0, y1, x0, x1; /* its taps that see the map: y0 .. y1 - 1, x0 .. x1 - 1 */
} View;

static inline View view(const Window *o, int y, int x) {
  int top = y * o->stride[0] - o->padding[0], left = x * o->stride[1] - o->padding[1];
  View v = {top, left, top < 0 ? -top : 0, o->in[1] - top, left < 0 ? -left : 0, o->in[2] - left};
  if (v.y1 > o->kernel[0]) v.y1 = o->kernel[0];
  if (v.x1 > o->kernel[1]) v.x1 = o->kernel[1];
  return v;
}

/* The value of channel 0 that a tap sees, in a map of `channels`. */
static inline int64_t seen(const Window *o, const View *v, int ky, int kx, int channels) {
  return ((int64_t)(v->top + ky) * o->in[2] + v->left + kx) * channels;
}

#define DEFINE_POOL(NAME, T)                                                                 \
  static void NAME(const Window *o, const T *s, int32_t *sums) {                             \
    int channels = o->in[0];                                                                 \
    for (int y = 0; y < o->out[1]; y++)                                                      \
      for (int x = 0; x < o->out[2]; x++, sums += channels) {                                \
        View v = view(o, y, x);                                                              \
        memset(sums, 0, 4 * channels);                                                       \
        for (int ky = v.y0; ky < v.y1; ky++)                                                 \
          for (int kx = v.x0; kx < v.x1; kx++) {                                             \
            const T *at = s + seen(o, &v, ky, kx, channels);                                 \
            for (int c = 0; c < channels; c++) sums[c] += at[c];                             \
          }                                                                                  \
      }                                                                                      \
  }
DEFINE_POOL(pool_spikes, int8_t)
DEFINE_POOL(pool_sums, int32_t)

/* current[out position, channel] += (sum of value * w over events) << shift, for `vectors` vectors
   of a group's outputs at every position. The sums stay in registers. In a row of the map, the
   events that a window sees are neighbours, and so are their weights. */
static inline __attribute__((always_inline)) void gather(
    const Synapse *s, int vectors, const int32_t *w, const int32_t *first, Events events,
    int outputs, int32_t *current) {
  const Window *o = &s->conv;
  int tap = o->in[0] / s->groups * s->row;
  for (int y = 0; y < o->out[1]; y++)
    for (int x = 0; x < o->out[2]; x++, current += o->out[0]) {
      View v = view(o, y, x);
      Vector sum[BLOCK] = {{0}};
      for (int ky = v.y0; ky < v.y1 && v.x0 < v.x1; ky++) {
        const int32_t *in_row = first + seen(o, &v, ky, 0, 1);
        int at = (ky * o->kernel[1] - v.left) * tap;
        for (int e = in_row[v.x0]; e < in_row[v.x1]; e++) {
          const Weights *weights = (const Weights *)(w + (at + events.at[e]));
#pragma GCC unroll 4
          for (int i = 0; i < vectors; i++) sum[i] += events.value[e] * weights[i];
        }
      }
      int32_t out[BLOCK * LANES];
      memcpy(out, sum, sizeof out);
      for (int c = 0; c < outputs; c++) current[c] += out[c] << s->shift;
    }
}

static void convolution(const Synapse *s, int group, const int32_t *first, Events events,
                        int32_t *current) {
  const Window *o = &s->conv;
  int outputs = o->out[0] / s->groups, inputs = o->in[0] / s->groups;
  const int32_t *w =
      s->w + (int64_t)group * o->kernel[0] * o->kernel[1] * inputs * s->row;
  current += group * outputs;
  for (int done = 0; done < outputs; done += BLOCK * LANES) {
    int left = outputs - done, some = left < BLOCK * LANES ? left : BLOCK * LANES;
    switch ((some + LANES - 1) / LANES) {
      case 1: gather(s, 1, w + done, first, events, some, current + done); break;
      case 2: gather(s, 2, w + done, first, events, some, current + done); break;
      case 3: gather(s, 3, w + done, first, events, some, current + done); break;
      default: gather(s, 4, w + done, first, events, some, current + done);
    }
  }
}

/* A convolution of one channel in and one out in each group: all channels of a tap at once. */
#define DEFINE_DEPTHWISE(NAME, T)                                                            \
  static void NAME(const Synapse *s, const T *map, int32_t *current) {                       \
    const Window *o = &s->conv;                                                              \
    int channels = o->in[0];                                                                 \
    for (int y = 0; y < o->out[1]; y++)                                                      \
      for (int x = 0; x < o->out[2]; x++, current += channels) {                             \
        View v = view(o, y, x);                                                              \
        for (int ky = v.y0; ky < v.y1; ky++)                                                 \
          for (int kx = v.x0; kx < v.x1; kx++) {                                             \
            const T *at = map + seen(o, &v, ky, kx, channels);                               \
            const int32_t *w = s->w + (ky * o->kernel[1] + kx) * channels;                   \
            for (int c = 0; c < channels; c++) current[c] += (at[c] * w[c]) << s->shift;     \
          }                                                                                  \
      }                                                                                      \
  }
DEFINE_DEPTHWISE(depthwise_spikes, int8_t)
DEFINE_DEPTHWISE(depthwise_sums, int32_t)

/* current += the synapse's sums of one sample's map in one time step. */
static void add(const Synapse *s, const int8_t *map, Scratch *scratch, int32_t *current) {
  const Window *o = &s->conv;
  const int32_t *sums = NULL;
  for (int i = 0; i < s->pools; i++) {
    int32_t *next = scratch->pooled[i % 2];
    if (sums) pool_sums(&s->pool[i], sums, next);
    else pool_spikes(&s->pool[i], map, next);
    sums = next;
  }
  if (s->groups > 1 && s->groups == o->in[0] && s->groups == o->out[0]) {
    if (sums) depthwise_sums(s, sums, current);
    else depthwise_spikes(s, map, current);
    return;
  }
  int inputs = o->in[0] / s->groups;
  for (int g = 0; g < s->groups; g++) {
    if (sums) events_of_sums(sums + g * inputs, o, inputs, s->row, scratch->first, scratch->events);
    else events_of_spikes(map + g * inputs, o, inputs, s->row, scratch->first, scratch->events);
    convolution(s, g, scratch->first, scratch->events, current);
  }
}

/* p = leak(v) + current; s = fire(p); v = reset(p, s), for all neurons of a layer. */
static inline __attribute__((always_inline)) void step(
    const Layer *layer, int mode, int reset, const int32_t *restrict current,
    int32_t *restrict v, int8_t *restrict s) {
  int m = layer->m, k = layer->k;
  const int32_t *restrict v_threshold = layer->v_threshold;
  for (int n = 0; n < layer->size; n++) {
    int32_t magnitude = ((v[n] < 0 ? -v[n] : v[n]) * m) >> k;
    int32_t p = (v[n] < 0 ? -magnitude : magnitude) + current[n];
    if (mode == INTEGRATOR) {
      v[n] = p;
      continue;
    }
    int32_t fired = (p >= v_threshold[n]) - (mode == TERNARY && p <= -v_threshold[n]);
    s[n] = fired;
    v[n] = reset == HARD ? (fired ? 0 : p) : p - fired * v_threshold[n];
  }
}

static void update(const Layer *layer, const int32_t *current, int32_t *v, int8_t *s) {
  if (layer->mode == INTEGRATOR) step(layer, INTEGRATOR, NONE, current, v, s);
  else if (layer->mode == TERNARY)
    layer->reset == HARD ? step(layer, TERNARY, HARD, current, v, s)
                         : step(layer, TERNARY, SOFT, current, v, s);
  else
    layer->reset == HARD ? step(layer, BINARY, HARD, current, v, s)
                         : step(layer, BINARY, SOFT, current, v, s);
}

static void run_layer(const Layer *layer, int8_t *const *streams, int8_t *spikes,
                      int32_t *membranes, int32_t *last, int steps, int samples, int sample,
                      const int64_t *sizes, Scratch *scratch) {
  size_t bytes = 4 * (size_t)layer->size;
  int moving = 0;
  memcpy(scratch->still, layer->bias, bytes);
  for (int i = 0; i < layer->synapses; i++) {
    const Synapse *s = &layer->synapse[i];
    const int8_t *stream = streams[s->source];
    if (s->is_static) add(s, stream + sample * sizes[s->source], scratch, scratch->still);
    else moving = 1;
  }
  memset(scratch->v, 0, bytes);
  for (int t = 0; t < steps; t++) {
    int64_t at = (int64_t)t * samples + sample;
    const int32_t *current = scratch->still;
    if (moving) {
      memcpy(scratch->current, scratch->still, bytes);
      for (int i = 0; i < layer->synapses; i++) {
        const Synapse *s = &layer->synapse[i];
        if (!s->is_static)
          add(s, streams[s->source] + at * sizes[s->source], scratch, scratch->current);
      }
      current = scratch->current;
    }
    update(layer, current, scratch->v, spikes ? spikes + at * layer->size : NULL);
    if (membranes) memcpy(membranes + at * layer->size, scratch->v, bytes);
  }
  if (last) memcpy(last + (int64_t)sample * layer->size, scratch->v, bytes);
}

/* Run all layers on all samples, one sample through the whole network after the other.

   streams: the input int8 [T', B, size], then what each layer fires [T, B, size]; NULL for one that
   does not fire. membranes: by layer [T, B, size], or NULL. last: the last layer's after the last
   step, [B, size]. sizes: of each stream, by sample and step. room: the number of neurons of the
   largest layer, of values of the largest map and of positions. Returns 0, or 1 without memory. */
int run(const Layer *layers, int count, int8_t *const *streams, int32_t *const *membranes,
        int32_t *last, int steps, int samples, const int64_t *sizes, const int64_t *room) {
  Scratch scratch;
  int64_t neurons = room[0], values = room[1], positions = room[2] + 1;
  int64_t events = values + LANES; /* a vector is written behind the last one that is kept */
  int32_t *memory = malloc(4 * (2 * events + 3 * neurons + 2 * values + positions));
  if (!memory) return 1;
  scratch.events = (Events){memory, memory + events};
  scratch.still = memory + 2 * events;
  scratch.current = scratch.still + neurons;
  scratch.v = scratch.current + neurons;
  scratch.pooled[0] = scratch.v + neurons;
  scratch.pooled[1] = scratch.pooled[0] + values;
  scratch.first = scratch.pooled[1] + values;
  for (int b = 0; b < samples; b++)
    for (int i = 0; i < count; i++)
      run_layer(&layers[i], streams, streams[i + 1], membranes[i], i + 1 < count ? NULL : last,
                steps, samples, b, sizes, &scratch);
  free(memory);
  return 0;
}
