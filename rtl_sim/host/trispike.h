/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host driver of a core with an AXI4-Lite bus (built with --axi-lite) and streams on an AXI DMA.
 *
 * registers.h comes with the build (rtl/registers.h). The DMA is Xilinx's AXI DMA (PG021) in simple
 * mode: MM2S sends 32 bits to s_axis, S2MM takes 64 bits from m_axis, with all of tkeep set. The
 * driver runs on bare metal, or with both register files mapped and with buffers that the DMA can
 * reach.
 */
#ifndef TRISPIKE_H
#define TRISPIKE_H

#include <stddef.h>
#include <stdint.h>

#include "registers.h"

#define TRISPIKE_SIZE (TRISPIKE_CHANNELS * TRISPIKE_HEIGHT * TRISPIKE_WIDTH)

/* The words of the longest sample. The smallest values with 2, 3, 4 signed digits are 3, 11, 43. */
#define TRISPIKE_DIGITS \
    (1u + (TRISPIKE_X_MAX >= 3) + (TRISPIKE_X_MAX >= 11) + (TRISPIKE_X_MAX >= 43))
#if TRISPIKE_STATIC
#define TRISPIKE_FRAMES 1u
#define TRISPIKE_BEATS (TRISPIKE_DIGITS * TRISPIKE_SIZE + 1u)
#else
#define TRISPIKE_FRAMES TRISPIKE_TIMESTEPS
#define TRISPIKE_BEATS (TRISPIKE_TIMESTEPS * (TRISPIKE_SIZE + 1u))
#endif

enum {
    TRISPIKE_OK = 0,
    TRISPIKE_NO_CORE = -1,    /* there is no core, or its registers are of another version */
    TRISPIKE_NOT_BUILT = -2,  /* registers.h comes from another build than the core */
    TRISPIKE_NO_ANSWER = -3,  /* the DMA did not finish */
    TRISPIKE_DMA_ERROR = -4,  /* the DMA reports an error */
    TRISPIKE_REFUSED = -5,    /* the core has set an error flag, see trispike_errors */
    TRISPIKE_BUSY = -6        /* a sample is in the core */
};

typedef struct {
    uintptr_t registers; /* address of the core's registers */
    uintptr_t dma;       /* address of the DMA's registers */
    unsigned long polls; /* number of status reads before giving up */
    uint32_t *beats;     /* buffer of TRISPIKE_BEATS words for an input sample */
    uint64_t *words;     /* buffer of TRISPIKE_CLASSES words for its logits */
} trispike_core;

typedef struct {
    uint32_t offset;
    uint32_t value;
} trispike_write;

/* Check that the core is there, reset it and start the DMA. */
int trispike_open(const trispike_core *core);

/*
 * Encode values as words {kind, neg, digit, address}; return the number of words.
 * x is [FRAMES][CHANNELS][HEIGHT][WIDTH], a static input's values or the spikes of each time step.
 */
size_t trispike_encode(const int8_t *x, uint32_t *beats);

/* Send x and wait for its logits [CLASSES] and its class. */
int trispike_infer(const trispike_core *core, const int8_t *x, int64_t *logits, unsigned *winner);

/* Read a counter by the offset of its _LOW register. */
uint64_t trispike_counter(const trispike_core *core, uint32_t low);

/* Read and clear the error flags TRISPIKE_ERROR_*. */
uint32_t trispike_errors(const trispike_core *core);

/* Load another network of the same shape by the register writes of `python -m compiler load`. */
int trispike_load(const trispike_core *core, const trispike_write *writes, size_t count);

#endif
