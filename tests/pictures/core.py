"""docs/pictures/core.svg: the core, and a layer of it."""

from tests.pictures.svg import Drawing


def core() -> str:
    """The picture."""
    d = Drawing(980, 484, "The core: layers one behind the other, and what a layer is made of")
    d.text(20, 30, "The core", "title")
    says = "all layers work at the same time, each a step behind the one before it"
    d.text(96, 30, says, "faint")
    for x, name in ((150, "layer 1"), (330, "layer 2"), (510, "layer 3"), (690, "readout")):
        d.rect(x, 76, 120, 46, "strong" if name == "layer 2" else "box")
        d.text(x + 60, 104, name, "title", "middle")
    d.text(20, 92, "events in", "accent")
    d.text(20, 110, "{sign, address}", "faint")
    d.arrow((118, 99), (150, 99))
    for x in (270, 450, 630):
        d.arrow((x, 99), (x + 60, 99))
    d.text(302, 115, "events", "faint", "middle")
    d.arrow((810, 99), (852, 99))
    d.text(860, 96, "words out", "accent")
    d.text(860, 114, "{class, logit}", "faint")
    d.arrow((285, 99), (285, 60), (670, 60), (670, 88), (690, 88), kind="line dashed")
    d.text(478, 54, "a shortcut: a layer may have several readers", "faint", "middle")

    d.add('<path class="equal dashed" d="M330 122 L20 174 M450 122 L960 174"/>')
    d.rect(20, 174, 940, 292, "line")
    d.text(36, 198, "A layer that fires", "title")

    d.box(130, 214, 200, 104, "engine", "weights: a row an event", "LANES adders, + or -",
          "accumulators")  # fmt: skip
    d.box(
        130,
        350,
        200,
        98,
        "engine",
        "of another synapse,",
        "such as a shortcut;",
        "any pools before it",
    )
    for y in (266, 399):
        d.arrow((56, y), (130, y))
        d.text(92, y - 8, "events", "faint", "middle")
    d.arrow((330, 266), (440, 266))
    d.text(361, 258, "currents", "faint", "middle")
    d.add('<path class="line" d="M330 399 L402 399 L402 266"/>')
    d.add('<circle class="strong" cx="402" cy="266" r="10"/>')
    d.text(402, 271, "+", "accent", "middle")
    d.text(394, 334, "merge", "faint", "end")

    neuron = (
        "p = leak(v) + current + bias", "p >= v_threshold: spike +1",
        "p <= -v_threshold: spike -1", "v = 0 where it fires, else p",
    )  # fmt: skip
    d.box(440, 214, 236, 142, "update", "sweep at the end of a step:", *neuron, kind="strong")
    d.text(440, 376, "SLICE neurons in a cycle", "faint")
    d.arrow((676, 266), (740, 266))
    d.text(707, 258, "spikes", "faint", "middle")
    d.box(
        740,
        214,
        166,
        104,
        "outlet",
        "buffer of a whole step",
        "credits; serializer:",
        "spikes to events",
    )
    d.box(740, 350, 166, 98, "outlet", "for another reader,", "which takes it when", "it likes")
    d.add('<path class="line" d="M708 266 L708 399"/>')
    d.arrow((708, 399), (740, 399))
    for y in (266, 399):
        d.arrow((906, y), (950, y))
    return d.svg()
