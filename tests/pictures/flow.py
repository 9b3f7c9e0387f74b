"""docs/pictures/flow.svg: the way of a network through the packages."""

from tests.pictures.svg import Drawing


def flow() -> str:
    """The picture."""
    d = Drawing(980, 336, "From a network in PyTorch to a Verilog core that is compared with it")
    d.box(20, 34, 172, 122, "your network", "a PyTorch module,", "a line of text,",
          "a NIR graph;", "your own data")  # fmt: skip
    d.box(236, 34, 196, 122, "qtrain", "spikes -1, 0, +1", "weights of 8, 4, 2 bits,",
          "rounded while training", "`trispike train`")  # fmt: skip
    d.box(520, 34, 208, 122, "compiler", "folds norms, amplitudes,", "pools into thresholds;",
          "derives every width", "`trispike build`")  # fmt: skip
    d.arrow((192, 95), (236, 95))
    d.arrow((432, 95), (520, 95))
    d.text(476, 87, "checkpoint", "faint", "middle")

    d.box(760, 34, 200, 122, "build folder", "`dataflow.json`", "`tensors.npz, mem/`",
          "`rtl/  Verilog`", "`reference/  samples`", kind="strong")  # fmt: skip
    d.arrow((728, 95), (760, 95))

    d.box(520, 202, 208, 114, "hw_models", "golden model, in integers;", "accuracy, additions,",
          "energy", "`trispike run`")  # fmt: skip
    d.box(20, 202, 340, 114, "rtl_sim", "the Verilog core: additions, shifts, comparisons",
          "simulated, proven for all inputs, synthesized,", "on a board behind a UART",
          "`trispike simulate, prove, synth, bitstream`")  # fmt: skip
    d.arrow((860, 156), (860, 259), (728, 259))
    d.arrow((840, 156), (840, 180), (200, 180), (200, 202))
    d.text(856, 302, "no torch, no data", "faint", "middle")
    d.text(856, 318, "needed from here on", "faint", "middle")
    d.arrow((360, 259), (520, 259), kind="equal", both=True)
    d.text(440, 249, "equal", "accent", "middle")
    d.text(440, 279, "every spike, every", "faint", "middle")
    d.text(440, 295, "membrane, every logit", "faint", "middle")
    return d.svg()
