"""Wrappers that put many parameterisations of a combinational module into one simulation."""

from hw_models.semantics import Leak, Mode, Reset, signed_digits

LEAK_V_BITS = 8
LEAKS = [*Leak.taus()[::5], Leak(1, 0)]  # all k, up to 4 digits

# (p_bits, v_bits, mode, reset)
NEURONS: list[tuple[int, int, Mode, Reset]] = [
    (p_bits, v_bits, mode, reset)
    for p_bits, v_bits in [(2, 2), (3, 1), (6, 6), (12, 9), (20, 20)]
    for mode in ("ternary", "binary")
    for reset in ("hard", "soft")
]


def digit_mask(form: Leak, sign: int) -> str:
    """The digits of one sign of m as a Verilog literal."""
    return f"11'b{sum(1 << e for s, e in signed_digits(form.m) if s == sign):011b}"


def neuron_wrapper() -> str:
    """Module `neuron_bench`: LEAKS on leak_v, and every neuron of NEURONS."""
    ports = [f"input wire signed [{LEAK_V_BITS - 1}:0] leak_v"]
    body = []
    for k, form in enumerate(LEAKS):
        ports.append(f"output wire signed [{LEAK_V_BITS - 1}:0] leak_{k}")
        body.append(
            f"trispike_leak #(.V_BITS({LEAK_V_BITS}), .LEAK_BITS({LEAK_V_BITS + form.k}), "
            f".K({form.k}), "
            f".PLUS({digit_mask(form, 1)}), .MINUS({digit_mask(form, -1)})) "
            f"l{k} (.v_i(leak_v), .leak_o(leak_{k}));"
        )
    for k, (p_bits, v_bits, mode, reset) in enumerate(NEURONS):
        ports += [
            f"input wire signed [{v_bits - 1}:0] leaked_{k}",
            f"input wire signed [{p_bits - 1}:0] drive_{k}",
            f"input wire signed [{p_bits - 1}:0] threshold_{k}",
            f"output wire fire_{k}, output wire neg_{k}",
            f"output wire signed [{v_bits - 1}:0] v_{k}",
        ]
        body.append(
            f"wire signed [{p_bits - 1}:0] limit_{k} = threshold_{k} - 1; "
            f"trispike_neuron #(.P_BITS({p_bits}), .V_BITS({v_bits}), .THRESHOLD_BITS({p_bits}), "
            f".TERNARY({int(mode == 'ternary')}), .SOFT_RESET({int(reset == 'soft')})) "
            f"n{k} (.leaked_i(leaked_{k}), .drive_i(drive_{k}), .limit_i(limit_{k}), "
            f".fire_o(fire_{k}), .neg_o(neg_{k}), .v_o(v_{k}));"
        )
    return "module neuron_bench (\n  {}\n);\n{}\nendmodule\n".format(
        ",\n  ".join(ports), "\n".join(body)
    )
