"""The words of the core's two outer streams, which are the same for every build.

in:   {kind, neg, 000, digit[2:0], addr[23:0]}   an event, or the marker of a time step
out:  {class[15:0], logit[47:0]}                 one word for each class
"""

ADDR_BITS, DIGIT_BITS = 24, 3
DIGIT, NEG, KIND = 24, 30, 31  # the lowest bit of each field above the address
IN_BITS = KIND + 1

LOGIT_BITS, CLASS_BITS = 48, 16
OUT_BITS = LOGIT_BITS + CLASS_BITS
