"""What a simulator of NIR computes otherwise than a build, one line for each reason."""

from hw_models.dataflow import STATIC, Build

FLOAT32_BITS = 25  # integers of so many bits, sign included, are exact in float32


def losses(build: Build) -> list[str]:
    """The reasons for which a simulator of the build's NIR graph may give other results.

    The graph's metadata hold what is lost.
    """
    flow = build.dataflow
    spiking = [layer for layer in flow.layers if layer.fires]
    signed = [layer.name for layer in spiking if layer.update.neuron.mode == "ternary"]
    soft = [layer.name for layer in spiking if layer.update.neuron.reset == "soft"]
    leaky = [layer.name for layer in flow.layers if layer.update.neuron.leak.tau != 1]
    bits = max(layer.update.p_bits for layer in flow.layers)
    found = []
    if signed:
        found.append(
            f"NIR has no signed spikes ({', '.join(signed)}): a simulator of binary spikes gives "
            "other results"
        )
    if soft:
        found.append(
            f"NIR resets to v_reset ({', '.join(soft)}): a simulator must subtract the threshold"
        )
    if leaky:
        found.append(
            f"NIR's leak keeps fractions ({', '.join(leaky)}): integers drop them, so single "
            "spikes may differ"
        )
    if bits > FLOAT32_BITS:
        found.append(f"membranes take up to {bits} bits: a simulator needs float64")
    shown = "the same x" if flow.input.encoding == STATIC else "x"
    found.append(
        f"NIR has no number of time steps: show {shown} for {flow.timesteps}; the output after the "
        "last is the logits"
    )
    return found
