"""The text files that connect a build's instances: rtl/top.v and fusesoc.core, from templates."""

import re
from collections.abc import Mapping

import jinja2

from compiler.emit.register_map import Memory
from hw_models import hardware
from hw_models.core import stream_words
from hw_models.core.address import Fields
from hw_models.dataflow import Dataflow


def top_level(
    flow: Dataflow,
    instances: hardware.Hardware,
    digit_bits: int,
    bus: Mapping[str, hardware.Instance | None] | None,
    loads: list[Memory],
) -> str:
    """rtl/top.v.

    Args:
        digit_bits: of the digit field of the input's events.
        bus: the instances `guard`, `registers` and `loader` of a core with a bus.
        loads: the memories that can be loaded.
    """
    loader = bus["loader"] if bus else None
    sizes = loader.parameters() if loader else {}
    return (
        templates()
        .get_template("top.v.j2")
        .render(
            title=re.sub(r"[^\w.-]+", " ", flow.name, flags=re.ASCII),
            layers=instances.layers,
            inlets=instances.inlets,
            addr_bits=Fields.of(flow.input.shape).bits,
            digit_bits=digit_bits,
            words=stream_words,
            bus=bus,
            loads={memory.name: memory.select for memory in loads},
            load={f"LOAD_{name}": sizes[name] for name in ("ADDR_BITS", "WORD_BITS") if sizes},
        )
    )


def fusesoc_core(name: str, paths: list[str]) -> str:
    """fusesoc.core, in the folder's root, since FuseSoC takes no files from outside a core's."""
    memories = [path for path in paths if path.startswith("mem/")]
    name = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII)
    return templates().get_template("fusesoc.core.j2").render(name=name, memories=memories)


def templates() -> jinja2.Environment:
    """The compiler's templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("compiler.emit"),
        extensions=["jinja2.ext.do"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["parameters"] = parameter_list
    environment.filters["suffix"] = str.__add__
    environment.filters["pad"] = str.ljust
    return environment


def parameter_list(instance: hardware.Instance, *more: Mapping[str, int | str]) -> str:
    """`.NAME(value),` a line, aligned; of the instance and of `more` parameters by name."""
    parameters = dict(instance.parameters())
    for others in more:
        parameters |= others
    width = max(map(len, parameters))
    return ",\n".join(f"    .{name:<{width}}({value})" for name, value in parameters.items())
