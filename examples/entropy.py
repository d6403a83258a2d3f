r"""
How mixed does a decaying ensemble get?
=======================================

After PIQS's notebook on entropies: emitters start inverted and decay, collectively or each by
itself. The density matrix has a block for each total spin :math:`J`, and each block occurs in
:math:`d_J` equal copies; entropy and purity follow from the eigenvalues of the blocks.
"""

from math import lgamma, log

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, pictures

size = 20
times = np.linspace(0, 1.5, 61)


def entropy(state):
    """Von Neumann entropy, in bits."""
    total = 0.0
    for k, block in enumerate(state.blocks()):
        # ways to build J = N/2 - k from N spins 1/2
        copies = log(size - 2 * k + 1) - log(size - k + 1)
        copies += lgamma(size + 1) - lgamma(k + 1) - lgamma(size - k + 1)
        p = np.linalg.eigvalsh(block)
        p = p[p > 1e-14]
        total -= (p * (np.log(p) - copies)).sum() / np.log(2)
    return total


figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for name, coupling, decay in (("collective decay", 1.0, 0.0), ("local decay", 0.0, 1.0)):
    system = models.superradiant_decay(size, coupling, decay=decay)
    states = exact.liouvillian.states(system, times)
    bits = [entropy(state) for state in states]
    left.plot(times, bits, label=name)
    if coupling:
        pictures.husimi(states[np.argmax(bits)], right, view=(1.2, 0.0))
        right.set_title("Husimi function at the largest entropy")
        most = max(bits)
left.set(xlabel=r"time $\Gamma t$", ylabel="entropy (bits)")
left.legend()

# %%
# A collective burst never leaves the 21 states of :math:`J=N/2`, so that its entropy stays below
# :math:`\log_2 21=4.39`; and it ends in the pure ground state. Local decay passes through all of
# the million states.
#
# **Check.** Independent emitters have the entropy :math:`N\,h(e^{-t})`, h that of a coin.

p = np.exp(-times[1:])
coin = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
off = abs(np.array(bits[1:]) - size * coin).max()
print(f"largest difference from independent emitters: {off:.1e}")
assert off < 1e-4
assert most < np.log2(size + 1)
