/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads samples from standard input, as int8 for trispike_encode. Writes the class and the
 * logits of each to standard output, and then the core's counters. An argument names a file of
 * register writes (`python -m compiler load`), which are made first.
 *
 * It needs a flat address space (bare metal, or a port that maps both register files one to one).
 */
#include <inttypes.h>
#include <stdio.h>

#include "trispike.h"

#ifndef REGISTERS
#define REGISTERS 0x43c00000u
#define DMA 0x40400000u
#endif

static uint32_t beats[TRISPIKE_BEATS];
static uint64_t words[TRISPIKE_CLASSES];

static int load(const trispike_core *core, const char *path)
{
    FILE *file = fopen(path, "r");
    trispike_write next;
    int status = file ? TRISPIKE_OK : TRISPIKE_REFUSED;

    while (status == TRISPIKE_OK
           && fscanf(file, "%" SCNx32 " %" SCNx32, &next.offset, &next.value) == 2)
        status = trispike_load(core, &next, 1);
    if (file)
        fclose(file);
    return status;
}

int main(int count, char **arguments)
{
    trispike_core core = {REGISTERS, DMA, 100000000ul, beats, words};
    static int8_t x[TRISPIKE_FRAMES * TRISPIKE_SIZE];
    int64_t logits[TRISPIKE_CLASSES];
    unsigned winner, n;
    int status = trispike_open(&core);

    if (status == TRISPIKE_OK && count > 1)
        status = load(&core, arguments[1]);
    while (status == TRISPIKE_OK && fread(x, 1, sizeof x, stdin) == sizeof x) {
        status = trispike_infer(&core, x, logits, &winner);
        if (status != TRISPIKE_OK)
            break;
        printf("%u:", winner);
        for (n = 0; n < TRISPIKE_CLASSES; n++)
            printf(" %" PRId64, logits[n]);
        printf("\n");
    }
    printf("%" PRIu64 " cycles\n", trispike_counter(&core, TRISPIKE_REG_CYCLES_LOW));
    if (status != TRISPIKE_OK)
        printf("error %d, flags 0x%" PRIx32 "\n", status, trispike_errors(&core));
    return status != TRISPIKE_OK;
}
