"""The table of what is kept: operators and their Weyl symbols are the same quantities."""

import numpy as np
import pytest

from blochball import dataset, exact, models
from blochball.moments import DIMS, LONG_NAMES, MOMENTS, TABLE, symbols

VECTOR = {"x": 1.3, "y": -0.4, "z": 2.1}
# J^+, J^-, J^z as complex vectors: A = a . J
COMPONENTS = {"+": [1, 1j, 0], "-": [1, -1j, 0], "z": [0, 0, 1]}


def symbol_of(word):
    """Symbol of a product of at most two operators: a b + (i/2) {a, b}, {J_a, J_b} = eps J_c."""
    j = np.array(list(VECTOR.values()))
    factors = [np.array(COMPONENTS[letter]) for letter in word]
    if len(factors) == 1:
        return factors[0] @ j
    one, other = factors
    return (one @ j) * (other @ j) + 0.5j * np.cross(one, other) @ j


@pytest.mark.parametrize("name", MOMENTS)
def test_a_symbol_is_that_of_its_operator(name):
    found = dict(zip(MOMENTS, symbols(*VECTOR.values()), strict=True))[name]
    expected = sum(factor * symbol_of(word) for factor, word in TABLE[name].words)
    assert found == pytest.approx(expected, rel=1e-14)


def test_every_result_has_the_dims_and_labels_of_the_table():
    ds = exact.solve(models.waveguide_chain(2, 2, 0.3, 1.0), [0.0, 0.1], correlations=[0.1])
    assert set(MOMENTS) <= set(ds)
    for name in set(map(str, ds)) & set(TABLE):
        assert ds[name].dims == DIMS[name]
        assert ds[name].long_name == LONG_NAMES[name]


def test_the_covariance_has_the_order_of_the_moments():
    system = models.superradiant_laser(2, 1.0)
    width = len(MOMENTS)
    ds = dataset.assemble(system, [0.0], {}, covariance=np.zeros((1, 1, width, width)), method="")
    assert ds.moment.values.tolist() == list(MOMENTS)
