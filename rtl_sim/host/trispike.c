/* SPDX-License-Identifier: Apache-2.0 */
#include "trispike.h"

/* Access to registers; a test defines it in a header of its own. */
#ifdef TRISPIKE_IO
#include TRISPIKE_IO
#else
#define TRISPIKE_READ(address) (*(volatile uint32_t *)(address))
#define TRISPIKE_WRITE(address, value) (*(volatile uint32_t *)(address) = (value))
#endif

/* Cache operations before the DMA reads memory and after it wrote it, if caches ignore it. */
#ifndef TRISPIKE_FLUSH
#define TRISPIKE_FLUSH(start, bytes) ((void)0)
#define TRISPIKE_INVALIDATE(start, bytes) ((void)0)
#endif

/* The AXI DMA in simple mode has the same registers for each direction. */
#define MM2S 0x00u
#define S2MM 0x30u
#define DMACR 0x00u
#define DMASR 0x04u
#define ADDRESS 0x18u
#define ADDRESS_MSB 0x1cu
#define LENGTH 0x28u
#define DMACR_RUN 0x0001u
#define DMACR_RESET 0x0004u
#define DMASR_ERRORS 0x0070u
#define DMASR_DONE 0x1000u

#define KIND ((uint32_t)1 << 31)
#define NEG ((uint32_t)1 << 30)
#define DIGIT 24
#define LOGIT_BITS 48

static uint32_t get(const trispike_core *core, uint32_t offset)
{
    return TRISPIKE_READ(core->registers + offset);
}

static void put(const trispike_core *core, uint32_t offset, uint32_t value)
{
    TRISPIKE_WRITE(core->registers + offset, value);
}

static void begin(const trispike_core *core, uint32_t way, uintptr_t start, uint32_t bytes)
{
    uint64_t address = start;

    TRISPIKE_WRITE(core->dma + way + DMASR, DMASR_DONE);
    TRISPIKE_WRITE(core->dma + way + ADDRESS, (uint32_t)address);
    TRISPIKE_WRITE(core->dma + way + ADDRESS_MSB, (uint32_t)(address >> 32));
    TRISPIKE_WRITE(core->dma + way + LENGTH, bytes); /* this starts the transfer */
}

static int finish(const trispike_core *core, uint32_t way)
{
    unsigned long poll;

    for (poll = 0; poll < core->polls; poll++) {
        uint32_t status = TRISPIKE_READ(core->dma + way + DMASR);

        if (status & DMASR_ERRORS)
            return TRISPIKE_DMA_ERROR;
        if (status & DMASR_DONE)
            return TRISPIKE_OK;
    }
    return TRISPIKE_NO_ANSWER;
}

int trispike_open(const trispike_core *core)
{
    unsigned long poll = 0;

    if (get(core, TRISPIKE_REG_ID) != TRISPIKE_MAGIC
        || get(core, TRISPIKE_REG_VERSION) >> 16 != TRISPIKE_MAP_VERSION >> 16)
        return TRISPIKE_NO_CORE;
    if (get(core, TRISPIKE_REG_BUILD) != TRISPIKE_BUILD)
        return TRISPIKE_NOT_BUILT;
    TRISPIKE_WRITE(core->dma + MM2S + DMACR, DMACR_RESET); /* this resets both directions */
    while (TRISPIKE_READ(core->dma + MM2S + DMACR) & DMACR_RESET)
        if (++poll > core->polls)
            return TRISPIKE_NO_ANSWER;
    put(core, TRISPIKE_REG_CONTROL, 1);
    (void)trispike_errors(core);
    TRISPIKE_WRITE(core->dma + MM2S + DMACR, DMACR_RUN);
    TRISPIKE_WRITE(core->dma + S2MM + DMACR, DMACR_RUN);
    return TRISPIKE_OK;
}

/* The signed digits of a value, least exponent first; no two exponents are neighbours. */
static size_t digits(int value, uint32_t address, uint32_t *beats)
{
    unsigned rest = value < 0 ? (unsigned)-value : (unsigned)value;
    uint32_t exponent = 0;
    size_t n = 0;

    for (; rest; rest >>= 1, exponent++) {
        int negative;

        if (!(rest & 1u))
            continue;
        negative = (rest & 3u) == 3u;
        rest = negative ? rest + 1u : rest - 1u;
        beats[n++] = (negative != (value < 0) ? NEG : 0) | exponent << DIGIT | address;
    }
    return n;
}

size_t trispike_encode(const int8_t *x, uint32_t *beats)
{
    size_t n = 0;
    uint32_t frame, c, row, column;

    for (frame = 0; frame < TRISPIKE_FRAMES; frame++) {
        for (c = 0; c < TRISPIKE_CHANNELS; c++)
            for (row = 0; row < TRISPIKE_HEIGHT; row++)
                for (column = 0; column < TRISPIKE_WIDTH; column++) {
                    uint32_t address =
                        row << TRISPIKE_Y_SHIFT | column << TRISPIKE_X_SHIFT | c;

                    n += digits(*x++, address, beats + n);
                }
        beats[n++] = KIND;
    }
    return n;
}

int trispike_infer(const trispike_core *core, const int8_t *x, int64_t *logits, unsigned *winner)
{
    size_t bytes = trispike_encode(x, core->beats) * sizeof *core->beats;
    size_t expected = TRISPIKE_CLASSES * sizeof *core->words;
    size_t n;
    int status;

    TRISPIKE_FLUSH(core->beats, bytes);
    begin(core, S2MM, (uintptr_t)core->words, (uint32_t)expected);
    begin(core, MM2S, (uintptr_t)core->beats, (uint32_t)bytes);
    status = finish(core, MM2S);
    if (status == TRISPIKE_OK)
        status = finish(core, S2MM);
    if (status != TRISPIKE_OK)
        return status;
    TRISPIKE_INVALIDATE(core->words, expected);
    for (n = 0; n < TRISPIKE_CLASSES; n++) {
        uint64_t logit = core->words[n] & (((uint64_t)1 << LOGIT_BITS) - 1);
        uint64_t sign = (uint64_t)1 << (LOGIT_BITS - 1);

        logits[n] = (int64_t)(logit & (sign - 1)) - (int64_t)(logit & sign);
    }
    *winner = (unsigned)(core->words[0] >> LOGIT_BITS);
    return get(core, TRISPIKE_REG_ERRORS) ? TRISPIKE_REFUSED : TRISPIKE_OK;
}

uint64_t trispike_counter(const trispike_core *core, uint32_t low)
{
    uint32_t first = get(core, low); /* this keeps the upper bits for the next read */

    return (uint64_t)get(core, low + 4u) << 32 | first;
}

uint32_t trispike_errors(const trispike_core *core)
{
    uint32_t flags = get(core, TRISPIKE_REG_ERRORS);

    put(core, TRISPIKE_REG_ERRORS, flags);
    return flags;
}

int trispike_load(const trispike_core *core, const trispike_write *writes, size_t count)
{
    size_t n;

    if (get(core, TRISPIKE_REG_STATUS) & 1u)
        return TRISPIKE_BUSY;
    for (n = 0; n < count; n++)
        put(core, writes[n].offset, writes[n].value);
    return get(core, TRISPIKE_REG_ERRORS) ? TRISPIKE_REFUSED : TRISPIKE_OK;
}
