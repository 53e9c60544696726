# base: beamlit_c
"""The same by a caller that holds the headers already and asks whether they have changed."""

METRICS = ("hot",)
ENV = {"BEAMLIT_HELD": "1"}
