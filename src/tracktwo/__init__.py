"""TrackTwo: a back channel that two sides run themselves."""

__version__ = "0.1.0"
