"""A rule that `kernels_in_hiding` fetches without an import statement."""

from dynenvs.core.jit import rule


@rule
def double(x):
    return 2 * x
