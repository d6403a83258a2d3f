"""Values that an argument must refuse, by what it asks for; hypothesis picks among them."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

import numpy as np
import xarray as xr
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.strategies import SearchStrategy

from blochball.support import validation


class Hostile:
    """Fails whenever it is asked for anything: a length, an entry, a number, a text."""

    def _fail(self, *_: object) -> Any:
        raise RuntimeError("hostile")

    __repr__ = __len__ = __iter__ = __array__ = __float__ = __int__ = __index__ = _fail
    __eq__ = __lt__ = __add__ = __getitem__ = _fail
    __hash__ = None


# of no use anywhere
things: SearchStrategy[Any] = st.one_of(
    st.binary(max_size=3),
    st.sampled_from(
        [
            object(), object, len, Ellipsis, NotImplemented, {}, {"a": 1}, {1, 2}, frozenset(),
            decimal.Decimal(1), np.datetime64("2020-01-01"), np.timedelta64(1, "s"),
            datetime.date(2020, 1, 1), bytearray(b"1"), memoryview(b"1"), iter([1.0]),
            np.array(None), np.array("1"), np.str_("1"), xr.Dataset(), slice(3),
        ]
    ),
    st.builds(Hostile),
)  # fmt: skip
texts = st.text(max_size=8)
complexes = st.one_of(
    st.complex_numbers(), st.sampled_from([np.complex64(1), np.array(1j), 1 + 0j])
)
lists = st.one_of(
    st.lists(st.floats(), max_size=3),
    st.lists(st.lists(st.floats(), max_size=2), max_size=3),
    npst.arrays(np.float64, npst.array_shapes(min_dims=1, max_dims=3, max_side=3)),
)
truths = st.sampled_from([True, False, np.True_, np.False_])
not_finite = st.sampled_from(
    [math.nan, math.inf, -math.inf, np.float32("nan"), np.array(np.inf), 1e101, -1e308, 10**400]
)
wholes = st.one_of(st.integers(), st.integers(-(2**63), 2**63 - 1).map(np.int64))
huge = st.sampled_from([validation.MOST + 1, 2**62, 10**30, 10**5000, np.uint64(2**64 - 1)])


def not_real(minimum: float | None = None) -> SearchStrategy[Any]:
    """Return what is no finite real number, or below a minimum."""
    found = st.one_of(st.none(), truths, texts, things, complexes, lists, not_finite)
    if minimum is None:
        return found
    below = st.floats(max_value=minimum, exclude_max=True)
    return found | below | below.map(np.float64) | st.integers(max_value=math.ceil(minimum) - 1)


def not_integer(minimum: int, none: bool = False, most: Any = huge) -> SearchStrategy[Any]:
    """Return what is no integer, below a minimum or too large; None is right if `none`."""
    below = st.integers(max_value=minimum - 1)
    found = st.one_of(truths, texts, things, complexes, lists, st.floats(), below, most)
    return found if none else found | st.none()


not_seed = not_integer(0, most=st.sampled_from([2**63, 10**30, 10**5000, np.uint64(2**64 - 1)]))
not_flag = st.one_of(st.none(), texts, things, complexes, lists, st.floats(), wholes)
# texts are drawn from elsewhere: none of them is an option
not_choice = st.one_of(
    st.none(), truths, things, complexes, lists, st.floats(), wholes,
    st.text("ÄÖÜäöüß ", max_size=5),
)  # fmt: skip
# where a number stands for an array of one
not_array_nor_number = st.one_of(
    truths, texts, things,
    st.sampled_from(
        [
            [[1, 2], [3]], [1, None], ["a", "b"], [True, False], [math.nan], [1, math.inf],
            [1e200], [[1j * math.inf]], [10**400], np.zeros((1, 1, 1)), np.array([1, None]),
            range(10**9), np.broadcast_to(1.0, (10**12,)), np.broadcast_to(1.0, (10**6, 10**6)),
            np.array([np.datetime64("2020-01-01")]), [Hostile()], [[]],
            math.nan, math.inf, 1e200, 10**400, np.array(np.nan),
        ]
    ),
)  # fmt: skip
not_array = st.one_of(not_array_nor_number, complexes, st.floats(), wholes)
not_times = st.one_of(
    not_array,
    st.none(),
    st.lists(st.floats(0, 1e6), min_size=2, max_size=5).filter(lambda t: sorted(set(t)) != t),
    st.lists(st.floats(max_value=0, exclude_max=True), min_size=1, max_size=3),
    st.lists(st.complex_numbers(), max_size=3),
    npst.arrays(np.float64, npst.array_shapes(min_dims=2, max_dims=3, max_side=3)),
    st.just([]),
)


def neither(kind: type) -> SearchStrategy[Any]:
    """Return what is not an object of a class."""
    return st.one_of(
        st.none(), truths, texts, things, complexes, lists, st.floats(), wholes
    ).filter(lambda value: not isinstance(value, kind))


def several(good: Any) -> SearchStrategy[Any]:
    """Return what is no sequence of objects like `good`; some hold it among others."""
    wrong = neither(type(good))
    mixed = st.lists(wrong, min_size=1, max_size=3).map(lambda some: [good, *some])
    # an empty sequence may be right
    return mixed | st.one_of(st.none(), truths, st.floats(), wholes, st.builds(Hostile))
