"""The error for everything a user can get wrong."""


class SpatialError(ValueError):
    """
    One clear sentence for the user: the rule, the actual numbers and a remedy.

    The command line tools print it without a traceback. A fault of the compiler itself is a
    `RuntimeError` instead.
    """


class UnsupportedError(SpatialError):
    """Something right that a faster part cannot do; a slower one can."""
