"""What the claims about the equations themselves are measured with."""

from __future__ import annotations

import numpy as np
import pytest

from blochball import models
from blochball.twa import phase_space
from paper_checks.anchors import lattice, symbols


@pytest.mark.parametrize("size", [3, 4])
def test_symbols_of_diagonal_operators_are_traces_with_the_kernel(size: int) -> None:
    basis = phase_space.dicke_basis(size)
    spin = size / 2
    m = np.array([m for of, m in basis if of == spin])
    diagonal = 0.7 - 0.3 * m + 0.2 * m**2
    operator = np.zeros((len(basis), len(basis)))
    for value, where in zip(m, diagonal, strict=True):
        place = basis.index((spin, value))
        operator[place, place] = where
    polars = np.array([0.2, 1.1, 2.5])
    expected = [
        np.trace(operator @ phase_space.kernel(size, spin, 0.4, polar, 0.9)).real
        for polar in polars
    ]
    # ascending in M, as `diagonal_symbol` has it
    found = symbols.diagonal_symbol(diagonal[np.argsort(m)], polars)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_effective_jumps_have_the_rates_of_all_emitters() -> None:
    """The sum of l*l over j is the sum of sigma* sigma over the emitters: N/2 - q J^z, or N."""
    size = 4
    basis = phase_space.dicke_basis(size)
    m = np.array([m for _, m in basis])
    for q in symbols.KINDS:
        jumps = [symbols.effective_jump(size, j, q) for j in symbols.KINDS]
        rate = sum(jump.T @ jump for jump in jumps)
        np.testing.assert_allclose(
            rate, np.diag(size / 2 - q * m if q else size + 0 * m), atol=1e-12
        )


def test_an_emitter_alone_decays_into_the_lattice() -> None:
    """Far below the hopping rate the amplitude is exp(-t/2) in units of the lifetime."""
    alone = np.abs(lattice.amplitudes(0.01)[:, 0]) ** 2
    system = models.waveguide_chain(1, 1, 0.0, pump=0.0)
    matrix = lattice.effective(system)
    np.testing.assert_allclose(matrix, [[-0.5j]], atol=1e-15)
    # others reflect some light, so that only early times are those of one alone
    early = lattice.TIMES < 0.05
    np.testing.assert_allclose(alone[early], np.exp(-lattice.TIMES[early]), atol=0.02)


def test_light_that_leaves_the_lattice_is_gone() -> None:
    total = (np.abs(lattice.amplitudes(0.1)) ** 2).sum(axis=1)
    assert total[0] == 1
    assert (np.diff(total) < 1e-9).all()
